"""Every report, against figures worked out movement by movement."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

from kalends.accounts.currencies import set_rate
from kalends.core.calendar import Frequency
from kalends.insight import (
    REPORTS,
    Answer,
    Every,
    Question,
    ask,
    read_behind,
    read_question,
    records,
    summary,
    table,
)
from kalends.query import Scope, Sight
from tests.business.proof.books import Book
from tests.world import World

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 4, 30)


class Move(NamedTuple):
    """A movement as it lies there."""

    subscription: int
    day: dt.date
    currency: str
    reason: str
    amount: int


def moves_of(world: World) -> list[Move]:
    rows = world.rows(
        "SELECT subscription_id, on_date, currency, reason, amount_minor FROM revenue_movement "
        "WHERE account_id = %s AND reason IS NOT NULL ORDER BY subscription_id, number",
        world.ctx.id,
    )
    return [Move(*row) for row in rows]


def asked(world: World, name: str, **more: Any) -> Answer:
    question = Question(more.pop("first", FIRST), more.pop("last", LAST), **more)
    return ask(world.db, world.ctx, name, question)


def values(answer: Answer, key: str) -> list[Any]:
    return [figure.value for figure in answer.of(key).figures]


@pytest.mark.parametrize("every", Every)
def test_mrr_and_its_movements_are_those_of_each_subscription_added_up(book: Book, every: Every) -> None:
    moves = [each for each in moves_of(book.world) if each.currency == "EUR"]
    answer = asked(book.world, "net-new-mrr", every=every, currency="EUR")

    reasons = {
        "new": "new",
        "upgrades": "upgrade",
        "reactivated": "reactivation",
        "downgrades": "downgrade",
        "churned": "churn",
    }
    for at, column in enumerate(answer.columns):
        assert column.first is not None
        assert column.last is not None
        within = [each for each in moves if column.first <= each.day <= column.last]
        for key, reason in reasons.items():
            assert values(answer, key)[at] == sum(each.amount for each in within if each.reason == reason)
        assert values(answer, "end")[at] == sum(each.amount for each in moves if each.day <= column.last)
        assert values(answer, "net")[at] == sum(each.amount for each in within)
    assert values(answer, "end") == values(asked(book.world, "mrr", every=every, currency="EUR"), "mrr")


def test_the_mrr_of_today_is_that_of_the_records(book: Book) -> None:
    (stands,) = book.world.one(
        "SELECT sum(mrr_minor)::bigint FROM subscription WHERE account_id = %s AND currency = 'EUR' "
        "AND status IN ('active', 'past_due')",
        book.world.ctx.id,
    )
    assert values(asked(book.world, "mrr", currency="EUR"), "mrr")[-1] == stands
    assert values(asked(book.world, "arr", currency="EUR"), "arr")[-1] == 12 * stands
    assert asked(book.world, "by-status", currency="EUR").total[1].value == stands
    assert asked(book.world, "by-frequency", currency="EUR").total[1].value == stands
    assert asked(book.world, "by-owner", currency="EUR").total[1].value == stands
    assert asked(book.world, "by-product", currency="EUR").total[1].value == pytest.approx(stands, abs=2)


@pytest.mark.parametrize("every", [Every.DAILY, Every.MONTHLY])
def test_subscriptions_and_customers_are_counted_as_one_by_one(book: Book, every: Every) -> None:
    moves = moves_of(book.world)
    customer_of = dict(
        book.world.rows(
            "SELECT id, coalesce(company_id, contact_id) FROM subscription WHERE account_id = %s",
            book.world.ctx.id,
        )
    )
    answer = asked(book.world, "active", every=every)

    for at, column in enumerate(answer.columns):
        assert column.last is not None
        worth: dict[int, int] = defaultdict(int)
        for each in moves:
            if each.day <= column.last:
                worth[each.subscription] += each.amount
        there = {subscription for subscription, amount in worth.items() if amount}
        assert values(answer, "subscriptions")[at] == len(there)
        assert values(answer, "customers")[at] == len({customer_of[each] for each in there})


def test_retention_compares_each_subscription_with_itself(book: Book) -> None:
    moves = [each for each in moves_of(book.world) if each.currency == "EUR"]
    answer = asked(book.world, "retention", currency="EUR")

    for at, column in enumerate(answer.columns):
        before: dict[int, int] = defaultdict(int)
        after: dict[int, int] = defaultdict(int)
        for each in moves:
            assert column.first is not None
            assert column.last is not None
            before[each.subscription] += each.amount if each.day < column.first else 0
            after[each.subscription] += each.amount if each.day <= column.last else 0
        start = sum(before.values())
        if not start:
            assert values(answer, "gross")[at] is None
            continue
        kept = sum(min(worth, after[id_]) for id_, worth in before.items())
        grown = sum(after[id_] for id_, worth in before.items() if worth)
        assert values(answer, "gross")[at] == Fraction(kept, start)
        assert values(answer, "net")[at] == Fraction(grown, start)


def test_money_collected_is_what_the_ledger_received(book: Book) -> None:
    answer = asked(book.world, "collected", currency="EUR")
    (settled, back) = book.world.one(
        "SELECT coalesce(sum(amount_minor) FILTER (WHERE status NOT IN ('failed', 'processing')), 0)::bigint, "
        "(SELECT coalesce(sum(amount_minor), 0)::bigint FROM refund WHERE account_id = p.account_id "
        "AND status = 'succeeded' AND currency = 'EUR') "
        "FROM payment AS p WHERE account_id = %s AND currency = 'EUR' GROUP BY account_id",
        book.world.ctx.id,
    )

    assert answer.total[0].value == settled
    assert answer.total[1].value == -back
    assert asked(book.world, "by-method", currency="EUR").total[0].value == settled


def test_failures_are_told_with_what_came_in_after_all(book: Book) -> None:
    answer = asked(book.world, "failed")
    rows = book.world.rows(
        "SELECT status FROM payment WHERE account_id = %s AND first_failed_on IS NOT NULL", book.world.ctx.id
    )
    came = [status for (status,) in rows if status not in ("failed", "processing")]

    assert len(rows) > len(came) > 0
    assert sum(values(answer, "payments")) == len(rows)
    assert sum(values(answer, "payments_recovered")) == len(came)
    assert answer.total[-1].value == Fraction(len(came), len(rows))


@pytest.mark.parametrize("name", REPORTS)
def test_behind_each_figure_are_the_records_that_make_it(book: Book, name: str) -> None:
    answer = asked(book.world, name, currency="EUR")
    looked = 0
    for each in answer.series:
        for figure in each.figures:
            if figure.behind is None or figure.value is None or each.kind == "share":
                continue
            behind = read_behind(figure.behind.to_text())
            assert behind == figure.behind
            if behind.kind == "listed":
                continue
            rows = records(book.world.db, book.world.ctx, behind, answer.question, limit=10_000)
            looked += 1
            if each.kind == "count" and each.key != "customers":
                assert len(rows) == figure.value, (each.key, behind)
            elif each.key in (
                "new",
                "mrr",
                "start",
                "end",
                "churned",
                "net",
                "collected",
                "failed",
                "recovered",
                "scheduled",
            ):
                total = sum(row.amount_minor for row in rows)
                refunded = (
                    answer.of("refunded").figures if each.key == "net" and name == "collected" else None
                )
                assert abs(total) == abs(int(figure.value)) or refunded, (each.key, behind)
    assert looked or answer.report.shape != "time" or name in ("churn", "retention")


def test_behind_what_is_scheduled_stand_weekly_ones_months_of_all_lengths_and_terms_that_end(
    world: World,
) -> None:
    for frequency, start, payments in (
        ("weekly", "2026-01-05", None),
        ("biweekly", "2026-01-09", 9),
        ("monthly", "2025-12-31", 14),
        ("quarterly", "2025-11-30", None),
        ("annually", "2026-01-31", 2),
    ):
        day = dt.date.fromisoformat(start)
        world.subscribe(world.customer(), start=day, frequency=Frequency(frequency), payments=payments)
    world.until("2026-01-20")
    answer = asked(world, "forecast", currency="EUR")
    seen = 0
    for figure in answer.of("scheduled").figures:
        if figure.behind is not None:
            rows = records(world.db, world.ctx, figure.behind, answer.question, limit=1000)
            assert sum(row.amount_minor for row in rows) == figure.value, figure.behind
            seen += len(rows)
    assert seen > 30


def test_what_lies_in_pages_is_what_lies_in_one(book: Book) -> None:
    answer = asked(book.world, "new-revenue")
    behind = answer.total[0].behind
    assert behind is not None
    whole = records(book.world.db, book.world.ctx, behind, answer.question, limit=1000)
    pages, after = [], None
    while True:
        more = {"after": after} if after else {}
        page = records(book.world.db, book.world.ctx, behind, answer.question, limit=3, **more)
        pages += page
        if len(page) < 3:
            break
        after = page[-1].key
    assert pages == whole
    assert len(whole) > 6


def test_other_currencies_are_converted_at_the_rate_of_the_day_and_the_rest_is_said(world: World) -> None:
    world.subscribe(world.customer(), "100", currency="NOK", billed_elsewhere=True)
    ends = world.ctx.today
    whole = Question(ends, ends, Every.MONTHLY)
    without = ask(world.db, world.ctx, "mrr", whole)
    assert values(without, "mrr") == [0]
    assert "NOK" in without.notes[0].en

    set_rate(world.db, world.ctx, "NOK", Decimal("0.09"), since=ends)
    set_rate(world.db, world.ctx, "NOK", Decimal("0.10"), since=ends + dt.timedelta(days=31))
    world.until("2026-02-15")
    question = Question(ends, world.ctx.today, Every.MONTHLY)
    answer = ask(world.db, world.ctx, "net-new-mrr", question)
    assert values(answer, "end") == [900, 1000]
    assert values(answer, "new") == [900, 0]
    assert values(answer, "rates") == [0, 100]
    only = ask(world.db, world.ctx, "mrr", Question(ends, ends, currency="NOK"))
    assert (only.currency, values(only, "mrr")) == ("NOK", [10_000])


def test_whoever_sees_only_their_own_is_told_of_their_own(world: World) -> None:
    user = 424_242
    mine = world.subscribe(world.customer(), "70", billed_elsewhere=True)
    world.subscribe(world.customer(), "30", billed_elsewhere=True)
    world.db.execute("UPDATE subscription SET owner_id = %s WHERE id = %s", [user, mine])
    sight = Sight(user, (user,), {"subscription": Scope.OWNED, "payment": Scope.NONE})
    question = Question(FIRST, LAST)

    def told(name: str, key: str, **more: Any) -> Any:
        answer = ask(world.db, world.ctx, name, question, **more)
        return answer.of(key).figures[0].value

    assert told("mrr", "mrr") == 10_000
    assert told("mrr", "mrr", sight=sight) == 7_000
    assert told("active", "customers", sight=sight) == 1
    assert told("by-owner", "mrr", sight=sight) == 7_000
    assert values(ask(world.db, world.ctx, "mrr", Question(FIRST, LAST, owners=(user,))), "mrr") == [7_000]
    behind = ask(world.db, world.ctx, "mrr", question).of("mrr").figures[0].behind
    assert behind is not None
    assert [row.id for row in records(world.db, world.ctx, behind, question, sight=sight)] == [mine]
    assert ask(world.db, world.ctx, "collected", question, sight=sight).total[0].value == 0


@pytest.mark.parametrize("name", ["mrr", "new-revenue", "collected"])
def test_behind_a_figure_customers_have_names_for_whoever_may_see_them(book: Book, name: str) -> None:
    question = Question(FIRST, LAST)
    world = book.world
    everything = dict.fromkeys(("subscription", "payment", "company", "contact"), Scope.ALL)
    hidden = everything | {"company": Scope.NONE, "contact": Scope.OWNED}

    def customers(scopes: dict[str, Scope]) -> list[str | None]:
        sight = Sight(424_242, (424_242,), scopes)
        answer = ask(world.db, world.ctx, name, question, sight=sight)
        behind = [each.behind for series in answer.series for each in series.figures if each.behind]
        found = [records(world.db, world.ctx, each, question, sight=sight) for each in behind]
        return [row.customer for rows in found for row in rows]

    assert any(customers(everything))
    assert customers(hidden) == [None] * len(customers(everything))


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_is_told_in_words_and_in_a_table(book: Book, name: str) -> None:
    answer = asked(book.world, name)
    told = set()
    for language in ("en", "nb", "fi"):
        head, rows = table(answer, language)
        assert all(len(row) == len(head) for row in rows)
        assert rows
        told |= {summary(answer, language), answer.report.about.in_language(language)}
    assert len(told) == 6
    assert min(map(len, told)) > 12


def test_a_report_without_anything_says_so(world: World) -> None:
    for name in REPORTS:
        answer = ask(world.db, world.ctx, name, Question(FIRST, LAST))
        assert summary(answer, "en")
        head, rows = table(answer, "fi")
        assert all(len(row) == len(head) for row in rows)


def test_a_question_survives_its_address(book: Book) -> None:
    text = {
        "from": "2026-01-01", "to": "2026-03-31", "every": "weekly", "currency": "NOK", "owner": "7,9", "product": "4",
        "filter": '{"groups": [[{"property": "hs_status", "operator": "is_any_of", "values": ["active"]}]]}',
    }  # fmt: skip
    question = read_question(text, book.world.ctx)
    assert read_question(question.to_text(), book.world.ctx) == question
    assert ask(book.world.db, book.world.ctx, "mrr", question).of("mrr").figures[-1].value == 0
