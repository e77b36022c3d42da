"""Nobody is billed or charged twice: not by two schedulers, a lost answer, a report that comes twice, or a backlog."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from kalends.accounts.context import AccountContext
from kalends.billing.run import RunResult, run_due
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.platform import database
from kalends.proof.verify import verify
from tests.conftest import Connect
from tests.world import World

EIGHT_IN_OSLO = dt.datetime(2026, 1, 1, 7, 0, tzinfo=dt.UTC)


def at(ctx: AccountContext, moment: dt.datetime) -> AccountContext:
    """The account as a run at that moment sees it."""
    return replace(ctx, now=moment)


def test_ten_schedulers_at_once_make_one_invoice_and_one_charge_per_subscription(
    world: World, inside: Connect
) -> None:
    for _ in range(120):
        kari = world.customer()
        world.subscribe(kari, "10", method=world.method(kari))
    ctx = at(world.ctx, EIGHT_IN_OSLO)

    def scheduler(db: psycopg.Connection) -> RunResult:
        processors = AccountProcessors(database.connect, ctx.id)
        try:
            return run_due(db, ctx, processors, size=7)
        finally:
            processors.close()

    connections = [inside() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(scheduler, connections))

    assert sum(result.invoiced for result in results) == 120
    assert world.one("SELECT count(*), count(DISTINCT subscription_id) FROM invoice WHERE account_id = %s", ctx.id) == (
        120, 120,
    )  # fmt: skip
    assert world.one("SELECT count(*), sum(amount_minor) FROM sandbox_charge WHERE account_id = %s", ctx.id) == (
        120, 120_000,
    )  # fmt: skip
    numbers = world.rows("SELECT number FROM invoice WHERE account_id = %s", ctx.id)
    assert sorted(row[0] for row in numbers) == [f"INV-{number}" for number in range(1001, 1121)]


@pytest.mark.parametrize("reason", ["cycle", "proration", "first"])
def test_the_database_itself_refuses_a_second_invoice_for_a_cycle(world: World, reason: str) -> None:
    subscription = world.subscribe(world.customer())
    insert = (
        "INSERT INTO invoice (account_id, created_at, updated_at, currency, number, status, subscription_id, cycle, "
        "reason, subtotal_minor, discount_minor, tax_minor, total_minor) "
        "VALUES (%s, '2026-01-01', '2026-01-01', 'EUR', %s, 'open', %s, 0, %s, 1, 0, 0, 1)"
    )
    world.db.execute(insert, [world.ctx.id, f"{reason}-1", subscription, reason])

    with pytest.raises(psycopg.errors.UniqueViolation, match="invoice_once_per_cycle"):
        world.db.execute(insert, [world.ctx.id, f"{reason}-2", subscription, reason])


def test_an_answer_that_got_lost_is_asked_for_and_not_charged_again(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "timeout_charged"))

    world.until("2026-01-03")

    assert world.subscription(subscription, "status", "completed_payments") == ("active", 1)
    assert world.one("SELECT count(*) FROM sandbox_charge WHERE account_id = %s", world.ctx.id) == (1,)
    assert world.one(
        "SELECT count(*), min(calls) FROM charge_attempt WHERE account_id = %s", world.ctx.id
    ) == (1, 1)


def test_a_charge_that_never_arrived_is_sent_again_under_the_same_key(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "timeout_not_charged"))
    other = world.customer()
    world.subscribe(other, start=dt.date(2026, 1, 2), method=world.method(other))

    world.until("2026-01-03")

    assert world.subscription(subscription, "status", "completed_payments") == ("active", 1)
    calls = world.rows(
        "SELECT attempt, calls FROM charge_attempt AS a JOIN invoice AS i ON i.id = a.invoice_id "
        "WHERE i.subscription_id = %s",
        subscription,
    )
    assert calls == [(1, 1)]
    keys = world.rows(
        "SELECT idempotency_key FROM sandbox_charge AS c JOIN payment AS p ON p.processor_ref = c.reference "
        "WHERE p.subscription_id = %s",
        subscription,
    )
    assert len(keys) == 1


def test_a_report_that_comes_twice_counts_once(world: World) -> None:
    kari = world.customer()
    method = world.method(kari, "reports_twice", kind="sepa")
    subscription = world.subscribe(kari, method=method)

    world.until("2026-01-20")

    assert world.subscription(subscription, "completed_payments", "collected_minor") == (1, 10000)
    assert world.balance("payments_in_transit") == 0
    assert [kind for kind, _ in world.letters()] == ["receipt"]


def test_a_customer_who_is_behind_is_charged_for_one_overdue_cycle_a_day(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, start=dt.date(2025, 10, 1), method=world.method(kari))

    first = world.until("2026-01-01")
    assert len(world.invoices(subscription, "id")) == 1
    assert first.waiting == 1

    world.until("2026-01-01", hour=20)
    assert len(world.invoices(subscription, "id")) == 1

    for day in ("2026-01-02", "2026-01-03", "2026-01-04"):
        run = run_due(
            world.db, at(world.ctx, dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")), world.processors
        )
        assert run.invoiced == 1
    assert world.invoices(subscription, "period_start") == [
        dt.date(2025, 10, 1), dt.date(2025, 11, 1), dt.date(2025, 12, 1), dt.date(2026, 1, 1),
    ]  # fmt: skip


def test_staff_may_let_a_backlog_be_collected_at_once(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, start=dt.date(2025, 11, 1), method=world.method(kari))

    result = run_due(world.db, at(world.ctx, EIGHT_IN_OSLO), world.processors, catch_up=True)

    assert (result.invoiced, result.waiting) == (3, 0)
    assert world.subscription(subscription, "completed_payments") == 3


def test_invoices_to_customers_who_pay_by_themselves_are_all_sent_after_an_outage(world: World) -> None:
    subscription = world.subscribe(world.customer(), start=dt.date(2025, 11, 1), net_terms_days=30)

    run_due(world.db, at(world.ctx, EIGHT_IN_OSLO), world.processors)

    assert (
        world.invoices(subscription, "invoice_date", "due_date")
        == [
            (dt.date(2026, 1, 1), dt.date(2026, 1, 31)),
        ]
        * 3
    )


def test_what_differs_from_the_announced_amount_is_parked_and_the_others_are_billed(world: World) -> None:
    kari, ola = world.customer(), world.customer("Ola Brekke")
    wrong, right = world.subscribe(kari), world.subscribe(ola)
    world.db.execute("UPDATE subscription SET next_amount_minor = 9999 WHERE id = %s", [wrong])

    result = world.until("2026-01-01")

    assert (result.invoiced, result.parked) == (1, 1)
    assert world.invoices(wrong, "id") == []
    assert len(world.invoices(right, "id")) == 1
    reason, remedy = world.one("SELECT reason, remedy FROM parked_subscription WHERE id = %s", wrong)
    assert reason == "The payment of 2026-01-01 comes to 100.00 EUR, but 99.99 EUR was announced."
    assert "worked out anew" in remedy


def test_a_parked_subscription_stays_parked_and_does_not_stop_the_clock(world: World) -> None:
    wrong = world.subscribe(world.customer())
    world.db.execute("UPDATE subscription SET next_amount_minor = 1 WHERE id = %s", [wrong])

    world.until("2026-03-01")

    assert world.invoices(wrong, "id") == []
    assert world.ctx.today == dt.date(2026, 3, 1)


@pytest.mark.parametrize("status", ["canceled", "expired", "paused"])
def test_the_database_refuses_a_due_date_on_what_must_not_be_billed(world: World, status: str) -> None:
    subscription = world.subscribe(world.customer())

    with pytest.raises(psycopg.errors.CheckViolation, match="subscription_due_only_while_billed"):
        world.db.execute("UPDATE subscription SET status = %s WHERE id = %s", [status, subscription])


def test_a_charge_that_staff_settled_otherwise_is_not_tried_again(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "approved_after", 2))
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")

    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 10000, "check", world.ctx.now)])
    world.until("2026-01-20")

    assert world.one("SELECT count(*) FROM sandbox_charge WHERE account_id = %s", world.ctx.id) == (1,)
    assert world.subscription(subscription, "status", "collected_minor") == ("active", 10000)
    assert verify(world.db, world.ctx).differences == []


def test_a_charge_is_not_tried_again_for_more_than_is_still_owed(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "approved_after", 2))
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")

    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "check", world.ctx.now)])
    world.until("2026-01-20")

    assert world.invoices(subscription, "status", "paid_minor") == [("paid", 10000)]
    asked = world.rows(
        "SELECT amount_minor FROM charge_attempt WHERE invoice_id = %s ORDER BY attempt", invoice
    )
    assert asked == [(10000,), (4000,), (6000,)], "a charge that failed, a check, and a charge of the rest"


def test_a_charge_that_never_arrived_is_sent_again_within_the_hour(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "timeout_not_charged"))

    world.until("2026-01-01", hour=8)

    assert world.subscription(subscription, "completed_payments") == 1
