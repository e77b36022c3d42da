"""One request becomes one subscription for each schedule in it, all of them or none, and says what it made and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kalends.accounts.change import change_settings
from kalends.accounts.context import ACCEPTED
from kalends.accounts.people import add_member, add_user
from kalends.billing.agree import AgreementRefused, LineWanted, Problem, Wanted, agree, foresee
from kalends.billing.create import NewLine
from kalends.billing.run import run_due
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewCompany, create_companies
from kalends.events.requests import RequestKeyRefused
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.conftest import Connect
from tests.world import World

MONTHLY, ANNUALLY = Frequency.MONTHLY, Frequency.ANNUALLY


def line(name: str, price: str = "100", frequency: Frequency | None = MONTHLY, **more: Any) -> LineWanted:
    terms = LineTerms(Decimal(price), Decimal(more.pop("quantity", "1")), **more.pop("terms", {}))
    return LineWanted(NewLine(name, terms), frequency, **more)


@pytest.fixture
def kari(world: World) -> int:
    """A customer."""
    return world.customer()


def wanted(contact: int, *lines: LineWanted, **more: Any) -> Wanted:
    return Wanted(contact_id=contact, lines=lines, currency=more.pop("currency", "EUR"), **more)


def problems(world: World, request: Wanted) -> list[tuple[str, str]]:
    """Place and value of everything that was refused; that nothing was made is checked here."""
    with pytest.raises(AgreementRefused) as refused:
        agree(world.db, world.ctx, request)
    assert world.one("SELECT count(*) FROM subscription WHERE account_id = %s", world.ctx.id) == (0,)
    assert all(problem.remedy.endswith(".") for problem in refused.value.problems)
    return [(problem.place, problem.value) for problem in refused.value.problems]


def remedy(world: World, request: Wanted) -> str:
    with pytest.raises(AgreementRefused) as refused:
        agree(world.db, world.ctx, request)
    (problem,) = refused.value.problems
    return problem.remedy


def test_lines_billed_alike_share_a_subscription_named_after_the_first(world: World, kari: int) -> None:
    made = agree(world.db, world.ctx, wanted(kari, line("Fiber", "499"), line("TV", "199")))

    (one,) = made.subscriptions
    assert (one.name, one.lines, made.why) == ("Fiber", [1, 2], "")
    assert one.terms == "billed monthly from 1 January 2026 until canceled"
    assert world.subscription(one.id, "status", "collection", "next_amount_minor") == (
        "active", "manual", 69800,
    )  # fmt: skip


def test_any_difference_of_schedule_makes_another_subscription_and_the_answer_says_why(
    world: World, kari: int
) -> None:
    made = agree(
        world.db,
        world.ctx,
        wanted(
            kari,
            line("Fiber"),
            line("Insurance", frequency=ANNUALLY),
            line("Router rent", payments=24),
            line("TV", start=dt.date(2026, 3, 1)),
            line("Support"),
            name="Home",
        ),
    )

    assert [(each.name, each.lines, each.terms) for each in made.subscriptions] == [
        ("Home: Fiber", [1, 5], "billed monthly from 1 January 2026 until canceled"),
        ("Home: Insurance", [2], "billed annually from 1 January 2026 until canceled"),
        ("Home: Router rent", [3], "billed monthly from 1 January 2026, 24 payments, until 1 January 2028"),
        ("Home: TV", [4], "billed monthly from 1 March 2026 until canceled"),
    ]
    assert made.why == (
        "The lines differ in how often they are billed, when billing starts and the number of payments."
    )
    statuses = [world.subscription(each.id, "status") for each in made.subscriptions]
    assert statuses == ["active", "active", "active", "scheduled"]


def test_delays_are_dates_before_lines_are_compared(world: World, kari: int) -> None:
    made = agree(
        world.db,
        world.ctx,
        wanted(
            kari,
            line("A", delay_days=31),
            line("B", delay_months=1),
            line("C"),
            start=dt.date(2026, 2, 1),
        ),
    )

    assert [each.lines for each in made.subscriptions] == [[1, 2, 3]]
    assert world.subscription(made.subscriptions[0].id, "status", "start_date") == (
        "scheduled", dt.date(2026, 2, 1),
    )  # fmt: skip


def test_what_was_agreed_is_billed_as_it_was_foreseen(world: World, kari: int) -> None:
    request = wanted(
        kari, line("Fiber", "499", terms={"tax_rate": Decimal(25)}), line("Insurance", "1200", ANNUALLY)
    )
    foreseen, why = foresee(world.db, world.ctx, request)
    made = agree(world.db, world.ctx, request)
    world.until("2026-12-31")

    assert why == made.why == "The lines differ in how often they are billed."
    for each, subscription in zip(foreseen, made.subscriptions, strict=True):
        billed = world.invoices(subscription.id, "cycle", "invoice_date", "total_minor")
        assert billed == [tuple(payment) for payment in each.payments[: len(billed)]]
    assert [len(each.payments) for each in foreseen] == [12, 12]
    assert verify(world.db, world.ctx).differences == []


def test_looking_ahead_makes_nothing(world: World, kari: int) -> None:
    foresee(world.db, world.ctx, wanted(kari, line("Fiber")))

    assert world.one("SELECT count(*) FROM subscription WHERE account_id = %s", world.ctx.id) == (0,)


def test_everything_that_is_agreed_stands_on_the_subscription(world: World, kari: int) -> None:
    company = create_companies(world.db, world.ctx, [NewCompany(name="Nordlys")])[0]
    user = add_user(world.db, email=f"ola.{world.ctx.id}@nordlys.test", name="Ola", password_hash="!")
    add_member(world.db, world.ctx.id, user, role="member")
    made = agree(
        world.db,
        world.ctx,
        wanted(
            kari,
            line("Fiber"),
            company_id=company,
            owner_id=user,
            net_terms_days=45,
            online_payment=False,
            allowed_payment_methods=["credit_or_debit_card", "sepa"],
            collect_address_types=["billing_address", "shipping_address"],
            address={"address": "Storgata 1", "zip": "0155", "city": "Oslo", "country": "NO"},
            comments="Thank you",
            currency="NOK",
        ),
        actor="ola",
    )

    columns = (
        "company_id", "owner_id", "net_terms_days", "online_payment", "allowed_payment_methods",
        "collect_address_types", "billing_address", "billing_city", "comments", "currency",
    )  # fmt: skip
    assert world.subscription(made.subscriptions[0].id, *columns) == (
        company, user, 45, False, ["credit_or_debit_card", "sepa"], ["billing_address", "shipping_address"],
        "Storgata 1", "Oslo", "Thank you", "NOK",
    )  # fmt: skip
    told = "SELECT actor FROM event WHERE kind = 'subscription.created' AND account_id = %s"
    assert world.one(told, world.ctx.id) == ("ola",)


def test_automatic_payments_are_charged_by_the_contacts_own_method(world: World, kari: int) -> None:
    card = world.method(kari)
    made = agree(world.db, world.ctx, wanted(kari, line("Fiber"), automatic=True, payment_method_id=card))
    world.until("2026-01-01")

    assert world.invoices(made.subscriptions[0].id, "status") == ["paid"]


def test_a_mere_record_is_never_billed_whenever_it_began(world: World, kari: int) -> None:
    made = agree(
        world.db,
        world.ctx,
        wanted(kari, line("Fiber"), billed_elsewhere=True, start=dt.date(2024, 5, 1)),
    )
    world.until("2026-06-01")

    (one,) = made.subscriptions
    assert world.subscription(one.id, "creates_invoices", "next_due_date", "mrr_minor") == (
        False,
        None,
        10000,
    )
    assert world.invoices(one.id, "id") == []


# Existing subscriptions are brought (pains, 30)


def test_what_began_earlier_goes_on_where_the_other_system_stopped(world: World, kari: int) -> None:
    request = wanted(
        kari, line("Fiber", payments=12), start=dt.date(2025, 8, 31), bill_from=dt.date(2026, 1, 5)
    )
    (foreseen,), _ = foresee(world.db, world.ctx, request)
    (made,) = agree(world.db, world.ctx, request).subscriptions
    world.until("2026-12-31")

    assert (foreseen.billed_before, foreseen.overdue) == (5, 0)
    assert world.invoices(made.id, "cycle", "period_start") == [
        (5, dt.date(2026, 1, 31)), (6, dt.date(2026, 2, 28)), (7, dt.date(2026, 3, 31)), (8, dt.date(2026, 4, 30)),
        (9, dt.date(2026, 5, 31)), (10, dt.date(2026, 6, 30)), (11, dt.date(2026, 7, 31)),
    ]  # fmt: skip
    assert world.subscription(made.id, "end_date", "next_due_date") == (dt.date(2026, 8, 31), None)
    assert verify(world.db, world.ctx).differences == []


def test_history_is_never_billed_by_accident(world: World, kari: int) -> None:
    world.until("2026-01-15")
    request = wanted(kari, line("Fiber"), start=dt.date(2025, 11, 1))

    assert problems(world, request) == [("line 1, start", "2025-11-01")]
    assert "before today, 2026-01-15, and 3 payments would be billed at once" in remedy(world, request)


def test_arrears_are_billed_at_once_when_somebody_says_so(world: World, kari: int) -> None:
    world.until("2026-01-15")
    request = wanted(kari, line("Fiber"), start=dt.date(2025, 11, 1), bill_from=dt.date(2025, 12, 1))
    (foreseen,), _ = foresee(world.db, world.ctx, request)
    (made,) = agree(world.db, world.ctx, request).subscriptions
    run_due(world.db, world.ctx, world.processors)

    assert (foreseen.billed_before, foreseen.overdue) == (1, 2)
    assert world.invoices(made.id, "cycle", "invoice_date") == [
        (1, dt.date(2026, 1, 15)), (2, dt.date(2026, 1, 15)),
    ]  # fmt: skip


def test_the_first_day_that_is_billed_here_counts_for_lines_that_began_and_for_no_others(
    world: World, kari: int
) -> None:
    request = wanted(
        kari,
        line("Fiber", start=dt.date(2025, 11, 20)),
        line("TV", start=dt.date(2026, 2, 1)),
        bill_from=dt.date(2026, 1, 1),
    )
    foreseen, _ = foresee(world.db, world.ctx, request)

    assert [each.billed_before for each in foreseen] == [2, 0]
    assert [each.payments[0].due_date for each in foreseen] == [dt.date(2026, 1, 20), dt.date(2026, 2, 1)]


def test_no_payment_that_was_agreed_is_left_or_none_was_to_be_skipped(world: World, kari: int) -> None:
    over = wanted(kari, line("A", payments=2), start=dt.date(2025, 1, 1), bill_from=dt.date(2026, 1, 1))
    future = wanted(kari, line("A"), start=dt.date(2026, 3, 1), bill_from=dt.date(2026, 4, 1))

    assert problems(world, over) == [("line 1, number of payments", "")]
    assert problems(world, future) == [("first day billed here", "2026-04-01")]


# Nothing half-made


def test_everything_that_is_wrong_is_told_at_once_by_place_and_value(world: World, kari: int) -> None:
    request = wanted(
        kari,
        line("Fiber"),
        line("TV", "-1"),
        line(" ", quantity="0"),
        line("Set-up", frequency=None),
        line("Rent", payments=0),
        line("Late", start=dt.date(2026, 2, 1), delay_days=3),
        line("Later", delay_months=-1),
        net_terms_days=400,
        language="xx",
        collect_address_types=["mailbox"],
        address={"street": "Storgata 1"},
    )

    assert problems(world, request) == [
        ("due terms", "400 days"),
        ("addresses to collect", "mailbox"),
        ("billing address", "street"),
        ("language", "xx"),
        ("line 2, unit price", "-1"),
        ("line 3, name", "' '"),
        ("line 3, quantity", "0"),
        ("line 4, frequency", "one time"),
        ("line 5, number of payments", "0"),
        ("line 6, start", "2026-02-01 and 3"),
        ("line 7, start", "in -1 months"),
    ]


def test_a_line_billed_once_is_told_how_it_can_be(world: World, kari: int) -> None:
    assert "give it a frequency and 1 payment" in remedy(world, wanted(kari, line("Set-up", frequency=None)))

    made = agree(world.db, world.ctx, wanted(kari, line("Fiber"), line("Set-up", "990", payments=1)))
    world.until("2026-03-02")

    fiber, once = (each.id for each in made.subscriptions)
    assert world.invoices(once, "total_minor") == [99000]
    assert len(world.invoices(fiber, "id")) == 3
    assert world.subscription(once, "next_due_date", "end_date") == (None, dt.date(2026, 2, 1))


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"contact_id": 999_999_999}, "contact", "no such contact"),
        ({"company_id": 999_999_999}, "company", "no such company"),
        ({"owner_id": 999_999_999}, "owner", "No user of this account"),
        ({"currency": "SEK"}, "currency", "it bills in EUR, NOK, USD"),
        ({"automatic": True}, "payment method", "name it, or send invoices instead"),
        ({"automatic": True, "payment_method_id": 999_999_999}, "payment method", "no payment method 999999999"),
        ({"payment_method_id": 1}, "payment method", "charge automatically, or leave it out"),
        ({"allowed_payment_methods": []}, "accepted methods", "leave it out for those that the account accepts"),
        ({"allowed_payment_methods": ["gold"]}, "accepted methods", "known are credit_or_debit_card"),
        ({"lines": []}, "lines", "at least one line"),
        ({"name": " "}, "name", "at least one letter"),
        ({"start": dt.date(2300, 1, 1)}, "start", "to before 2200-01-01"),
        ({"billed_elsewhere": True, "bill_from": dt.date(2026, 1, 1)}, "first day billed here", "leave it out"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_with_what_would_be_right(
    world: World, kari: int, change: dict[str, Any], place: str, said: str
) -> None:
    request = Wanted(**{"contact_id": kari, "lines": [line("Fiber")], "currency": "EUR", **change})

    with pytest.raises(AgreementRefused) as refused:
        agree(world.db, world.ctx, request)
    (problem,) = refused.value.problems
    assert problem.place == place
    assert said in problem.remedy


def test_a_method_must_be_the_contacts_own_of_an_accepted_kind_and_valid(world: World, kari: int) -> None:
    other, debit, old = world.method(world.customer()), world.method(kari, kind="sepa"), world.method(kari)
    world.db.execute("UPDATE payment_method SET expires_on = '2025-12-31' WHERE id = %s", [old])

    def said(method: int, **more: Any) -> str:
        return remedy(world, wanted(kari, line("A"), automatic=True, payment_method_id=method, **more))

    assert "belongs to another contact" in said(other)
    assert "only credit or debit card is accepted" in said(
        debit, allowed_payment_methods=["credit_or_debit_card"]
    )
    assert "expired on 2025-12-31" in said(old)


def test_the_smallest_charge_counts_for_each_subscription_by_itself(world: World, kari: int) -> None:
    request = wanted(
        kari,
        line("Fiber"),
        line("Stamp", "0.10", ANNUALLY),
        automatic=True,
        payment_method_id=world.method(kari),
    )

    assert problems(world, request) == [("line 2, amount", "")]


def test_terms_and_automatic_payments_exclude_each_other(world: World, kari: int) -> None:
    request = wanted(kari, line("A"), automatic=True, payment_method_id=world.method(kari), net_terms_days=30)

    assert problems(world, request) == [("due terms", "30 days")]


def test_a_term_beyond_the_calendar_is_refused(world: World, kari: int) -> None:
    request = wanted(kari, line("A", frequency=Frequency.PER_FIVE_YEARS, payments=5000))

    assert problems(world, request) == [("line 1, number of payments", "5000")]


# Once


def test_a_request_sent_twice_makes_its_subscriptions_once(world: World, kari: int) -> None:
    request = wanted(kari, line("Fiber"), line("Insurance", frequency=ANNUALLY))

    first = agree(world.db, world.ctx, request, request_key="form 7")
    world.until("2026-01-09")
    again = agree(world.db, world.ctx, request, request_key="form 7")

    assert again == first
    assert world.one("SELECT count(*) FROM subscription WHERE account_id = %s", world.ctx.id) == (2,)
    with pytest.raises(RequestKeyRefused, match="its currency was"):
        agree(world.db, world.ctx, wanted(kari, *request.lines, currency="NOK"), request_key="form 7")


def test_two_clicks_at_the_same_moment_make_one_subscription(
    world: World, kari: int, inside: Connect
) -> None:
    request = wanted(kari, line("Fiber"))
    one, two = inside(), inside()

    first, second = at_once(
        lambda: agree(one, world.ctx, request, request_key="click"),
        lambda: agree(two, world.ctx, request, request_key="click"),
    )

    assert first == second
    assert world.one("SELECT count(*) FROM subscription WHERE account_id = %s", world.ctx.id) == (1,)


def test_a_refused_request_may_be_corrected_under_its_key(world: World, kari: int) -> None:
    with pytest.raises(AgreementRefused):
        agree(world.db, world.ctx, wanted(kari, line("Fiber", "-1")), request_key="form 7")

    assert agree(world.db, world.ctx, wanted(kari, line("Fiber")), request_key="form 7").subscriptions


def test_a_problem_reads_as_place_value_and_remedy() -> None:
    assert (
        str(Problem("line 2, unit price", "-1", "Give 0 or more."))
        == "line 2, unit price (-1): Give 0 or more."
    )


OWN = {
    "accepted_methods": ("sepa", "credit_or_debit_card"),
    "payment_links": False,
    "collect_billing_address": True,
    "collect_shipping_address": True,
}
TERMS = ("allowed_payment_methods", "online_payment", "collect_address_types")


def test_what_a_request_does_not_say_is_as_the_account_set_it(world: World, kari: int) -> None:
    ctx = change_settings(world.db, world.ctx, OWN).ctx
    made = agree(world.db, ctx, wanted(kari, line("Fiber")))
    assert world.subscription(made.subscriptions[0].id, *TERMS) == (
        ["sepa", "credit_or_debit_card"],
        False,
        ["billing_address", "shipping_address"],
    )


def test_what_a_request_says_counts(world: World, kari: int) -> None:
    ctx = change_settings(world.db, world.ctx, OWN).ctx
    said = {"allowed_payment_methods": ACCEPTED, "online_payment": True, "collect_address_types": []}
    made = agree(world.db, ctx, wanted(kari, line("Fiber"), **said))
    assert world.subscription(made.subscriptions[0].id, *TERMS) == (None, True, None)


def test_a_changed_default_changes_nothing_that_is_there(world: World, kari: int) -> None:
    before = agree(world.db, world.ctx, wanted(kari, line("Fiber"))).subscriptions[0].id
    world.until("2026-01-01")
    change_settings(world.db, world.ctx, OWN)
    assert world.subscription(before, *TERMS) == (None, True, None)
    assert world.invoices(before, "allowed_payment_methods", "collect_address_types") == [(None, None)]


def test_a_stored_method_that_the_account_does_not_accept_is_refused_unless_the_request_accepts_it(
    world: World, kari: int
) -> None:
    ctx = change_settings(world.db, world.ctx, {"accepted_methods": ("sepa",)}).ctx
    request = wanted(kari, line("Fiber"), automatic=True, payment_method_id=world.method(kari))
    with pytest.raises(AgreementRefused, match="payment method"):
        agree(world.db, ctx, request)
    assert agree(world.db, ctx, replace(request, allowed_payment_methods=["credit_or_debit_card"]))
