"""How subscriptions end later, or are taken away: at the end of the paid period, on a day to come, for good."""

import datetime as dt

import pytest

from kalends.billing.changes import (
    cancel_at_period_end,
    cancel_subscriptions,
    change_payment_method,
    delete_subscription,
    keep_after_all,
    pause_later,
)
from kalends.billing.run import run_due
from kalends.billing.void import CannotVoid, void_invoice
from kalends.core.lifecycle import RefusedTransition
from kalends.payments.again import CannotCharge, charge_overdue, retry_by_hand
from kalends.payments.record import ReceivedPayment, record_payments
from tests.world import World


def test_a_subscription_runs_out_at_the_end_of_its_paid_period(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-10")

    assert cancel_at_period_end(world.db, world.ctx, subscription) == dt.date(2026, 2, 1)
    assert world.subscription(subscription, "status", "next_due_date") == ("active", None)

    world.until("2026-03-10")
    assert world.subscription(subscription, "status", "churn_date") == ("canceled", dt.date(2026, 2, 1))
    assert len(world.invoices(subscription, "id")) == 1


def test_until_then_it_can_be_taken_back_and_goes_on_as_if_nothing_was(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-10")
    cancel_at_period_end(world.db, world.ctx, subscription)

    assert keep_after_all(world.db, world.ctx, subscription).next_due_date == dt.date(2026, 2, 1)

    world.until("2026-03-10")
    assert world.invoices(subscription, "period_start") == [
        dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1),
    ]  # fmt: skip


def test_what_is_not_waiting_cannot_be_taken_back(world: World) -> None:
    subscription = world.subscribe(world.customer())

    with pytest.raises(RefusedTransition, match="No cancellation and no pause is waiting"):
        keep_after_all(world.db, world.ctx, subscription)


def test_without_a_paid_period_there_is_no_end_to_wait_for(world: World) -> None:
    scheduled = world.subscribe(world.customer(), start=dt.date(2026, 5, 1))

    with pytest.raises(RefusedTransition, match="cancel it with effect now"):
        cancel_at_period_end(world.db, world.ctx, scheduled)


def test_a_pause_begins_and_ends_on_its_days(world: World) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=900)
    world.until("2026-01-02")
    pause_later(world.db, world.ctx, subscription, dt.date(2026, 2, 15), resume_on=dt.date(2026, 5, 20))

    world.until("2026-03-10")
    assert world.subscription(subscription, "status") == "paused"

    world.until("2026-06-10")
    assert world.invoices(subscription, "period_start") == [
        dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 6, 1),
    ]  # fmt: skip


def test_a_canceled_subscription_is_deleted_for_good_and_its_books_stay(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-02")
    cancel_subscriptions(world.db, world.ctx, [subscription])

    delete_subscription(world.db, world.ctx, subscription)

    assert world.rows("SELECT id FROM subscription WHERE id = %s", subscription) == []
    assert world.one("SELECT count(*) FROM invoice WHERE account_id = %s", world.ctx.id) == (1,)
    assert world.one("SELECT count(*) FROM payment WHERE account_id = %s", world.ctx.id) == (1,)


def test_what_still_runs_cannot_be_deleted(world: World) -> None:
    subscription = world.subscribe(world.customer())

    with pytest.raises(RefusedTransition, match="cancel it first"):
        delete_subscription(world.db, world.ctx, subscription)


def test_a_mere_record_can_be_deleted_whatever_its_status(world: World) -> None:
    record = world.subscribe(world.customer(), billed_elsewhere=True)

    delete_subscription(world.db, world.ctx, record)

    assert world.rows("SELECT id FROM subscription WHERE id = %s", record) == []


def test_staff_may_try_a_declined_card_three_times_more(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "declined"))
    world.until("2026-01-10")
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)

    for _ in range(3):
        retry_by_hand(world.db, world.ctx, payment)
        run_due(world.db, world.ctx, world.processors)

    with pytest.raises(CannotCharge, match="3 times already"):
        retry_by_hand(world.db, world.ctx, payment)
    assert world.one("SELECT attempts, status FROM payment WHERE id = %s", payment) == (8, "failed")


def test_a_stolen_card_is_not_tried_again_by_hand_either(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-01-02")
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)

    with pytest.raises(CannotCharge, match="another payment method"):
        retry_by_hand(world.db, world.ctx, payment)


def test_a_new_method_pays_all_that_is_overdue_oldest_first_and_one_charge_each(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-03-10")
    assert world.invoices(subscription, "status") == ["open", "open", "open"]

    change_payment_method(world.db, world.ctx, subscription, world.method(kari))
    assert len(charge_overdue(world.db, world.ctx, subscription)) == 3
    run_due(world.db, world.ctx, world.processors)

    assert world.invoices(subscription, "status") == ["paid", "paid", "paid"]
    assert world.subscription(subscription, "status", "churn_date", "completed_payments") == (
        "active",
        None,
        3,
    )
    assert charge_overdue(world.db, world.ctx, subscription) == []


def test_voiding_the_only_overdue_invoice_brings_the_subscription_back(world: World) -> None:
    subscription = world.subscribe(world.customer(), tax="25")
    world.until("2026-01-20")
    (invoice,) = world.invoices(subscription, "id")
    assert world.subscription(subscription, "status") == "past_due"

    void_invoice(world.db, world.ctx, invoice, reason="Sent by mistake")

    assert world.invoices(subscription, "status") == ["voided"]
    assert world.subscription(subscription, "status") == "active"
    assert [world.balance(each) for each in ("receivable", "revenue", "tax_payable")] == [0, 0, 0]


def test_what_was_paid_or_is_being_charged_cannot_be_voided(world: World) -> None:
    part, debit = world.subscribe(world.customer()), None
    kari = world.customer()
    debit = world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")
    (partly,), (charging,) = world.invoices(part, "id"), world.invoices(debit, "id")
    record_payments(world.db, world.ctx, [ReceivedPayment(partly, 1, "cash", world.ctx.now)])

    with pytest.raises(CannotVoid, match=r"0\.01 EUR .* was paid"):
        void_invoice(world.db, world.ctx, partly)
    with pytest.raises(CannotVoid, match="being charged right now"):
        void_invoice(world.db, world.ctx, charging)


def test_a_charge_of_a_voided_invoice_is_not_tried_again_by_hand(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "declined"))
    world.until("2026-01-10")
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", subscription)
    void_invoice(world.db, world.ctx, world.invoices(subscription, "id")[0])

    with pytest.raises(CannotCharge, match="more than its invoice still owes"):
        retry_by_hand(world.db, world.ctx, payment)
