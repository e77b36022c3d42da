"""A subscription is billed cycle by cycle: what comes due, what it becomes, what stands on the record afterwards."""

import datetime as dt

import pytest

from kalends.billing.clock import ClockRefused, advance
from kalends.core.calendar import Frequency
from tests.world import World

pytestmark = pytest.mark.usefixtures("server")


def test_an_automatic_subscription_is_charged_on_its_day(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari), tax="25")

    world.until("2026-01-01")

    assert world.invoices(subscription, "number", "status", "total_minor", "tax_minor", "paid_minor") == [
        ("INV-1001", "paid", 12500, 2500, 12500)
    ]
    assert world.subscription(
        subscription, "status", "next_due_date", "next_amount_minor", "completed_payments", "collected_minor"
    ) == ("active", dt.date(2026, 2, 1), 12500, 1, 12500)
    assert world.balance("receivable") == 0
    assert world.balance("revenue") == -10000
    assert world.balance("tax_payable") == -2500
    assert world.balance("processor_balance") + world.balance("processing_fees") == 12500
    assert [kind for kind, _ in world.letters()] == ["receipt"]


def test_nothing_is_charged_before_seven_in_the_morning_where_the_account_is(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))

    world.until("2026-01-01", hour=5)
    assert world.invoices(subscription, "id") == []

    world.until("2026-01-01", hour=6)
    assert len(world.invoices(subscription, "id")) == 1


def test_the_31st_comes_back_after_a_short_month(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, start=dt.date(2026, 1, 31), method=world.method(kari))

    world.until("2026-06-01")

    assert world.invoices(subscription, "period_start") == [
        dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31), dt.date(2026, 4, 30), dt.date(2026, 5, 31),
    ]  # fmt: skip


def test_a_year_of_invoices_is_numbered_without_gaps(world: World) -> None:
    for number in range(3):
        kari = world.customer()
        world.subscribe(
            kari, start=dt.date(2026, 1, 1 + number), frequency=Frequency.MONTHLY, net_terms_days=400
        )

    world.until("2026-12-31")

    numbers = [row[0] for row in world.rows("SELECT number FROM invoice WHERE account_id = %s", world.ctx.id)]
    assert sorted(numbers) == [f"INV-{number}" for number in range(1001, 1001 + 36)]


def test_a_fixed_term_ends_on_its_end_date_after_its_last_payment(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, start=dt.date(2026, 3, 1), payments=6, method=world.method(kari))
    assert world.subscription(subscription, "status", "end_date") == ("scheduled", dt.date(2026, 9, 1))

    world.until("2026-08-02")
    assert world.subscription(subscription, "status", "next_due_date", "next_amount_minor", "completed_payments") == (
        "active", None, None, 6,
    )  # fmt: skip

    world.until("2026-09-02")
    assert world.subscription(subscription, "status", "churn_date") == ("expired", dt.date(2026, 9, 1))
    assert len(world.invoices(subscription, "id")) == 6


def test_a_bank_debit_is_processing_for_its_banking_days_and_then_collected(world: World) -> None:
    kari = world.customer()
    method = world.method(kari, kind="sepa")
    subscription = world.subscribe(kari, start=dt.date(2026, 1, 5), method=method)

    world.until("2026-01-05")
    assert world.subscription(subscription, "status", "last_payment_status", "completed_payments") == (
        "active", "processing", 0,
    )  # fmt: skip
    assert world.balance("payments_in_transit") == 10000

    world.until("2026-01-13")
    assert world.subscription(subscription, "last_payment_status", "completed_payments") == ("succeeded", 1)
    assert world.balance("payments_in_transit") == 0
    assert world.invoices(subscription, "status") == ["paid"]


def test_a_bank_debit_that_comes_back_makes_the_subscription_unpaid(world: World) -> None:
    kari = world.customer()
    method = world.method(kari, "insufficient_funds", kind="sepa")
    subscription = world.subscribe(kari, start=dt.date(2026, 1, 5), method=method)

    world.until("2026-01-20")

    assert world.subscription(subscription, "status", "churn_date", "failed_payments", "completed_payments") == (
        "unpaid", dt.date(2026, 1, 12), 1, 0,
    )  # fmt: skip
    assert world.balance("payments_in_transit") == 0
    assert world.balance("receivable") == 10000
    assert [kind for kind, _ in world.letters()] == ["charge_failed"]


def test_a_declined_card_is_tried_again_on_the_days_of_the_schedule(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "insufficient_funds"))

    world.until("2026-01-20")

    days = world.rows(
        "SELECT (intended_at AT TIME ZONE 'Europe/Oslo')::date FROM charge_attempt WHERE account_id = %s ORDER BY 1",
        world.ctx.id,
    )
    assert [row[0].day for row in days] == [1, 2, 4, 6, 8]
    assert world.subscription(subscription, "status", "failed_payments") == ("unpaid", 5)
    assert len(world.invoices(subscription, "id")) == 1


def test_a_retry_that_succeeds_brings_the_subscription_back(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "approved_after", 2))

    world.until("2026-01-01")
    assert world.subscription(subscription, "status", "churn_date") == ("unpaid", dt.date(2026, 1, 1))

    world.until("2026-01-06")
    assert world.subscription(subscription, "status", "churn_date", "completed_payments") == (
        "active",
        None,
        1,
    )
    assert world.invoices(subscription, "status", "paid_minor") == [("paid", 10000)]


def test_a_hard_decline_is_never_tried_again(world: World) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, "stolen"))

    world.until("2026-01-20")

    assert world.one("SELECT count(*) FROM charge_attempt WHERE account_id = %s", world.ctx.id) == (1,)


def test_an_invoice_that_is_not_paid_in_time_makes_its_subscription_past_due(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, net_terms_days=15)

    world.until("2026-01-16")
    assert world.subscription(subscription, "status") == "active"

    world.until("2026-01-17")
    assert world.subscription(subscription, "status", "churn_date") == ("past_due", None)
    assert [kind for kind, _ in world.letters()] == ["invoice"]


def test_a_look_at_the_clock_that_has_grown_old_does_not_set_it_back(world: World) -> None:
    earlier = world.ctx
    world.until("2026-01-20")

    with pytest.raises(ClockRefused, match="stands at 2026-01-20"):
        advance(world.db, earlier, world.processors, dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC))

    assert world.reload().now == dt.datetime(2026, 1, 20, 12, tzinfo=dt.UTC)
