"""The journal of revenue: written with every change of what a subscription brings in, by no matter which path."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalends.billing.changes import cancel_subscriptions, delete_subscription, pause, resume
from kalends.core.lifecycle import Status
from kalends.core.revenue import Worth, movements
from kalends.proof.verify import verify
from tests.business.proof.books import Book, opened_book
from tests.conftest import AnyConnection
from tests.world import World

worths = st.builds(
    Worth,
    st.sampled_from(Status),
    st.sampled_from([0, 900, 1000, 1500]),
    st.sampled_from(["EUR", "EUR", "NOK"]),
)


@pytest.fixture(scope="module")
def book(server: str) -> Iterator[Book]:
    """A small business with one of everything."""
    with opened_book() as made:
        yield made


def told(world: World, subscription: int, reading: str = "") -> list[tuple[str, int, str]]:
    """A subscription's movements in a reading: reason, amount, currency."""
    return world.rows(
        f"SELECT reason{reading}, amount{reading}_minor, currency FROM revenue_movement "
        f"WHERE account_id = %s AND subscription_id = %s AND reason{reading} IS NOT NULL ORDER BY number",
        world.ctx.id,
        subscription,
    )


@given(lives=st.lists(st.lists(worths, min_size=1, max_size=8), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_triggers_write_is_the_rule(world: World, lives: list[list[Worth]]) -> None:
    ids = [world.subscribe(world.customer(), billed_elsewhere=True) for _ in lives]
    first = Worth(Status.ACTIVE, 10_000, "EUR")
    for id_, life in zip(ids, lives, strict=True):
        for worth in life:
            world.db.execute(
                "UPDATE subscription SET status = %s, mrr_minor = %s, currency = %s WHERE account_id = %s AND id = %s",
                [worth.status, worth.mrr_minor, worth.currency, world.ctx.id, id_],
            )

    for id_, life in zip(ids, lives, strict=True):
        for reading, unpaid_counts in (("", False), ("_with_unpaid", True)):
            expected = []
            for before, after in zip([None, first, *life], [first, *life], strict=False):
                expected += movements(
                    before, after, counted_before=bool(expected), unpaid_counts=unpaid_counts
                )
            assert told(world, id_, reading) == [
                (move.reason, move.amount_minor, move.currency) for move in expected
            ]


def test_a_life_is_told_with_its_days_and_its_customer(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, "100", start=world.ctx.today.replace(day=10), method=world.method(kari))
    assert told(world, id_) == []
    world.until("2026-01-15")
    pause(world.db, world.ctx, id_)
    world.until("2026-01-20")
    resume(world.db, world.ctx, id_)
    world.until("2026-01-25")
    cancel_subscriptions(world.db, world.ctx, [id_])

    rows = world.rows(
        "SELECT on_date::text, reason, amount_minor, customer_id, status_before, status_after FROM revenue_movement "
        "WHERE subscription_id = %s ORDER BY number",
        id_,
    )
    assert rows == [
        ("2026-01-10", "new", 10_000, kari, "scheduled", "active"),
        ("2026-01-15", "churn", -10_000, kari, "active", "paused"),
        ("2026-01-20", "reactivation", 10_000, kari, "paused", "active"),
        ("2026-01-25", "churn", -10_000, kari, "active", "canceled"),
    ]


def test_who_did_not_pay_is_lost_in_one_reading_and_counts_in_the_other(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, "100", method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-02")

    assert told(world, id_) == [("new", 10_000, "EUR"), ("churn", -10_000, "EUR")]
    assert told(world, id_, "_with_unpaid") == [("new", 10_000, "EUR")]


def test_a_record_that_is_deleted_takes_its_revenue_along(world: World) -> None:
    id_ = world.subscribe(world.customer(), "100", billed_elsewhere=True)
    delete_subscription(world.db, world.ctx, id_)

    assert told(world, id_) == [("new", 10_000, "EUR"), ("churn", -10_000, "EUR")]
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []


def test_a_cycle_that_is_billed_moves_nothing(world: World) -> None:
    id_ = world.subscribe(world.customer(), "100")
    world.until("2026-01-05")
    before = told(world, id_)
    world.until("2026-04-05")

    assert len(world.invoices(id_, "id")) == 4
    assert before == told(world, id_) == [("new", 10_000, "EUR")]


def test_thousands_are_written_in_one_statement_however_the_session_began(
    world: World, owner: AnyConnection
) -> None:
    """The plan of a session's first statement, which is of one row, serves the later ones."""
    ids = [world.subscribe(world.customer(), "100", billed_elsewhere=True) for _ in range(3)]
    owner.execute(
        "UPDATE subscription SET status = 'paused' WHERE account_id = %s AND id = %s", [world.ctx.id, ids[0]]
    )
    owner.execute("UPDATE subscription SET status = 'paused' WHERE account_id = %s", [world.ctx.id])

    assert [told(world, id_)[-1] for id_ in ids] == [("churn", -10_000, "EUR")] * 3


def test_a_book_from_before_is_told_again_by_its_journal_of_events(book: Book) -> None:
    """The update that brings the journal of revenue finds in the journal of events what triggers would have written."""
    query = (
        "SELECT subscription_id, at, on_date, currency, reason, amount_minor, reason_with_unpaid, "
        "amount_with_unpaid_minor FROM revenue_movement WHERE account_id = %(account)s ORDER BY subscription_id, number"
    )
    update = importlib.import_module("kalends.billing.migrations.0011_revenue_movements")
    written = book.owner.execute(query, book.names()).fetchall()
    forgotten = (
        "ALTER TABLE revenue_movement DISABLE TRIGGER append_only",
        "DELETE FROM revenue_movement WHERE account_id = %(account)s",
        update.TELL_AGAIN.replace("%", "%%"),
        "SELECT tell_revenue_again(%(account)s)",
        f"SELECT set_config('kalends.account_id', '{book.world.ctx.id}', true)",
    )
    with book.broken(*forgotten):
        again = book.owner.execute(query, book.names()).fetchall()

    assert len(written) > 20
    assert again == written
