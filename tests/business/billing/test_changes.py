"""Cancel, pause, resume: what stops, what goes on, and what is never made up for."""

import datetime as dt
from dataclasses import replace

import pytest

from kalends.billing.block import bill_block
from kalends.billing.changes import (
    UnknownSubscription,
    cancel_subscriptions,
    change_payment_method,
    pause,
    resume,
)
from kalends.billing.run import run_due
from kalends.core.lifecycle import RefusedTransition
from tests.world import World


def test_nothing_is_billed_charged_or_retried_after_a_cancellation(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "insufficient_funds"))
    world.until("2026-01-01")

    canceled = cancel_subscriptions(world.db, world.ctx, [subscription])
    world.until("2026-04-01")

    assert canceled == (1, 0)
    assert len(world.invoices(subscription, "id")) == 1
    assert world.one("SELECT count(*) FROM charge_attempt WHERE account_id = %s", world.ctx.id) == (1,)
    assert world.subscription(subscription, "status", "next_due_date", "churn_date") == (
        "canceled", None, dt.date(2026, 1, 1),
    )  # fmt: skip
    assert world.letters("canceled") == [("canceled", world.letters()[0][1])]


def test_a_bank_debit_under_way_survives_a_cancellation_and_the_answer_says_so(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")

    canceled = cancel_subscriptions(world.db, world.ctx, [subscription])
    assert canceled.debits_under_way == 1

    world.until("2026-01-20")
    assert world.subscription(subscription, "status", "collected_minor") == ("canceled", 10000)


def test_what_has_ended_cannot_be_canceled_again(world: World) -> None:
    subscription = world.subscribe(world.customer())
    cancel_subscriptions(world.db, world.ctx, [subscription])

    with pytest.raises(RefusedTransition, match="canceled"):
        cancel_subscriptions(world.db, world.ctx, [subscription])


def test_an_unknown_subscription_is_named_and_nothing_is_canceled(world: World) -> None:
    subscription = world.subscribe(world.customer())

    with pytest.raises(UnknownSubscription, match="999999999"):
        cancel_subscriptions(world.db, world.ctx, [subscription, 999_999_999])
    assert world.subscription(subscription, "status") == "active"


def test_cycles_skipped_by_a_pause_are_never_billed_and_the_schedule_goes_on(world: World) -> None:
    subscription = world.subscribe(world.customer(), start=dt.date(2026, 1, 31), net_terms_days=900)
    world.until("2026-02-15")
    pause(world.db, world.ctx, subscription)
    world.until("2026-05-10")

    due = resume(world.db, world.ctx, subscription)
    world.until("2026-06-02")

    assert due == dt.date(2026, 5, 31)
    assert world.invoices(subscription, "cycle", "period_start") == [
        (0, dt.date(2026, 1, 31)), (1, dt.date(2026, 5, 31)),
    ]  # fmt: skip


def test_a_fixed_term_keeps_its_number_of_payments_over_a_pause(world: World) -> None:
    subscription = world.subscribe(
        world.customer(), start=dt.date(2026, 1, 15), payments=3, net_terms_days=900
    )
    world.until("2026-01-20")
    pause(world.db, world.ctx, subscription, resume_on=dt.date(2026, 4, 1))

    world.until("2026-04-02")
    assert world.subscription(subscription, "status", "next_due_date", "end_date") == (
        "active", dt.date(2026, 4, 15), dt.date(2026, 6, 15),
    )  # fmt: skip

    world.until("2026-12-01")
    assert len(world.invoices(subscription, "id")) == 3


def test_only_an_active_subscription_can_be_paused(world: World) -> None:
    scheduled = world.subscribe(world.customer(), start=dt.date(2026, 6, 1))

    with pytest.raises(RefusedTransition):
        pause(world.db, world.ctx, scheduled)


def test_a_day_of_resuming_lies_in_the_future(world: World) -> None:
    subscription = world.subscribe(world.customer())

    with pytest.raises(ValueError, match="not after today"):
        pause(world.db, world.ctx, subscription, resume_on=world.ctx.today)


def test_a_new_payment_method_is_charged_from_the_next_cycle_on(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    new = world.method(kari, kind="sepa")

    change_payment_method(world.db, world.ctx, subscription, new)
    world.until("2026-02-01")

    kinds = world.rows(
        "SELECT method_kind FROM payment WHERE subscription_id = %s ORDER BY initiated_at", subscription
    )
    assert [row[0] for row in kinds] == ["card", "sepa"]


def test_a_debit_that_came_back_during_a_pause_makes_the_resumed_subscription_unpaid(world: World) -> None:
    kari = world.customer()
    method = world.method(kari, "insufficient_funds", kind="sepa")
    subscription = world.subscribe(kari, method=method)
    world.until("2026-01-02")
    pause(world.db, world.ctx, subscription)
    world.until("2026-01-20")
    assert world.subscription(subscription, "status") == "paused"

    resume(world.db, world.ctx, subscription)

    assert world.subscription(subscription, "status", "churn_date") == ("unpaid", dt.date(2026, 1, 20))


def test_an_invoice_that_fell_overdue_during_a_pause_makes_the_resumed_subscription_past_due(
    world: World,
) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=15)
    world.until("2026-01-02")
    pause(world.db, world.ctx, subscription)
    world.until("2026-02-20")

    resume(world.db, world.ctx, subscription)

    assert world.subscription(subscription, "status", "churn_date") == ("past_due", None)


def test_a_resumed_subscription_does_not_fall_due_in_the_past(world: World) -> None:
    subscription = world.subscribe(world.customer(), net_terms_days=900)
    world.until("2026-01-10")
    pause(world.db, world.ctx, subscription)

    with pytest.raises(ValueError, match="2026-01-09 lies before today"):
        resume(world.db, world.ctx, subscription, next_due=dt.date(2026, 1, 9))


def test_canceling_before_a_charge_was_sent_charges_nothing_and_writes_one_letter(world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))
    eight = replace(world.ctx, now=world.ctx.now.replace(hour=7))
    bill_block(world.db, eight)

    cancel_subscriptions(world.db, eight, [subscription])
    run_due(world.db, eight, world.processors)

    assert world.one("SELECT count(*) FROM sandbox_charge WHERE account_id = %s", world.ctx.id) == (0,)
    assert [kind for kind, _ in world.letters()] == ["canceled"]
    changes = world.rows(
        "SELECT data -> 'changes' ->> 'status' FROM event WHERE object_id = %s AND data -> 'changes' ? 'status'",
        subscription,
    )
    assert changes == [('["active", "canceled"]',)]
