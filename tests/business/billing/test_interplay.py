"""Where two things meet: a cancellation and a debit, a failure and the calendar, a pause and a schedule."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from kalends.billing.changes import (
    cancel_at_period_end,
    cancel_subscriptions,
    change_payment_method,
    pause,
    resume,
)
from kalends.billing.run import run_due
from kalends.core.calendar import Frequency
from kalends.payments.again import CannotCharge, charge_overdue, retry_by_hand
from kalends.proof.verify import verify
from tests.world import World


def agree(world: World, outcome: str = "approved", *numbers: int, kind: str = "card", **more: object) -> int:
    """A subscription of today over 100.00 a month, charged automatically."""
    kari = world.customer()
    return world.subscribe(kari, method=world.method(kari, outcome, *numbers, kind=kind), **more)


def attempts(world: World, id_: int) -> list[tuple[dt.date, str]]:
    """Day and end of every charge of a subscription."""
    return world.rows(
        "SELECT (a.intended_at AT TIME ZONE 'Europe/Oslo')::date, a.status FROM charge_attempt AS a "
        "JOIN payment AS p ON p.id = a.payment_id WHERE p.subscription_id = %s ORDER BY a.intended_at, a.attempt",
        id_,
    )  # type: ignore[return-value]


def january(*days: int) -> list[dt.date]:
    """Days of January 2026."""
    return [dt.date(2026, 1, day) for day in days]


def test_a_debit_that_comes_back_after_the_cancellation_changes_no_status_and_is_not_tried_again(
    world: World,
) -> None:
    id_ = agree(world, "insufficient_funds", kind="sepa")
    world.until("2026-01-02")
    assert cancel_subscriptions(world.db, world.ctx, [id_]).debits_under_way == 1

    world.until("2026-03-01")

    assert world.subscription(id_, "status", "churn_date", "completed_payments", "failed_payments") == (
        "canceled", dt.date(2026, 1, 2), 0, 1,
    )  # fmt: skip
    assert [status for _, status in attempts(world, id_)] == ["failed"]
    assert world.invoices(id_, "status") == ["open"]
    assert verify(world.db, world.ctx).differences == []


def test_a_debit_that_settles_after_the_cancellation_is_counted_and_brings_nothing_back_to_life(
    world: World,
) -> None:
    id_ = agree(world, kind="sepa")
    world.until("2026-01-02")
    cancel_subscriptions(world.db, world.ctx, [id_])

    world.until("2026-03-01")

    assert world.subscription(id_, "status", "completed_payments", "collected_minor") == (
        "canceled",
        1,
        10000,
    )
    assert verify(world.db, world.ctx).differences == []


@pytest.mark.parametrize("after_days", [0, 1, 3, 5])
def test_pain_20_no_retry_comes_after_a_cancellation(world: World, after_days: int) -> None:
    id_ = agree(world, "insufficient_funds")
    world.until(dt.date(2026, 1, 1) + dt.timedelta(days=after_days))
    before = len(attempts(world, id_))

    cancel_subscriptions(world.db, world.ctx, [id_])
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)
    with pytest.raises(CannotCharge):
        retry_by_hand(world.db, world.ctx, payment)
    world.until("2026-03-01")

    assert len(attempts(world, id_)) == before
    assert world.one("SELECT status, next_retry_on FROM payment WHERE id = %s", payment) == ("failed", None)


def test_pain_20_nor_after_the_paid_period_has_run_out(world: World) -> None:
    id_ = agree(world, "insufficient_funds", frequency=Frequency.WEEKLY)
    world.until("2026-01-04")
    cancel_at_period_end(world.db, world.ctx, id_)

    world.until("2026-03-01")

    assert [day for day, _ in attempts(world, id_)] == january(1, 2, 4, 6)
    assert world.subscription(id_, "status") == "canceled"


def test_pain_20_nor_in_a_pause(world: World) -> None:
    id_ = agree(world, "approved_after", 9, kind="sepa")
    world.until("2026-01-02")
    pause(world.db, world.ctx, id_)

    world.until("2026-03-01")

    assert len(attempts(world, id_)) == 1


def test_pain_21_four_retries_on_four_days_make_five_tries_and_not_four(world: World) -> None:
    id_ = agree(world, "insufficient_funds")

    world.until("2026-01-31")

    assert attempts(world, id_) == [(day, "failed") for day in january(1, 2, 4, 6, 8)]


def test_pain_21_a_retry_by_hand_takes_none_of_the_days_away(world: World) -> None:
    id_ = agree(world, "insufficient_funds")
    world.until("2026-01-01")
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)

    retry_by_hand(world.db, world.ctx, payment)
    run_due(world.db, world.ctx, world.processors)
    world.until("2026-01-31")

    assert [day for day, _ in attempts(world, id_)] == january(1, 1, 2, 4, 6, 8)


def test_pain_22_a_recovery_charges_what_was_billed_and_no_cycle_in_advance_or_twice(world: World) -> None:
    """Three months unpaid: each month has its invoice, and the new method pays just those, once each."""
    id_ = agree(world, "stolen")
    world.until("2026-03-10")
    change_payment_method(world.db, world.ctx, id_, world.method(world.subscription(id_, "contact_id")))
    charge_overdue(world.db, world.ctx, id_)
    run_due(world.db, world.ctx, world.processors)

    assert world.invoices(id_, "period_start", "status") == [
        (dt.date(2026, month, 1), "paid") for month in (1, 2, 3)
    ]
    charged = [day for day, status in attempts(world, id_) if status == "succeeded"]
    assert charged == [dt.date(2026, 3, 10)] * 3
    assert world.subscription(id_, "status", "next_due_date") == ("active", dt.date(2026, 4, 1))

    for _ in range(3):
        run_due(world.db, world.ctx, world.processors)
    assert len(world.invoices(id_, "id")) == 3


def test_pain_22_a_pause_that_ends_bills_none_of_the_missed_periods(world: World) -> None:
    id_ = agree(world)
    world.until("2026-01-10")
    pause(world.db, world.ctx, id_)
    world.until("2026-07-10")

    resume(world.db, world.ctx, id_)
    run_due(world.db, world.ctx, world.processors)
    assert len(world.invoices(id_, "id")) == 1

    world.until("2026-08-01")
    assert world.invoices(id_, "period_start") == [dt.date(2026, 1, 1), dt.date(2026, 8, 1)]


def test_pain_30_pausing_twice_parks_nothing_and_an_annual_one_goes_on(world: World) -> None:
    id_ = agree(world, frequency=Frequency.ANNUALLY)
    world.until("2026-02-01")
    for first, last in (("2026-02-01", "2026-04-01"), ("2026-06-01", "2027-02-01")):
        world.until(first)
        pause(world.db, world.ctx, id_, resume_on=dt.date.fromisoformat(last))
        world.until(last)
        assert world.subscription(id_, "status") == "active"

    world.until("2028-01-02")

    assert world.invoices(id_, "period_start") == [dt.date(2026, 1, 1), dt.date(2028, 1, 1)]
    assert world.rows("SELECT id FROM parked_subscription WHERE account_id = %s", world.ctx.id) == []
    assert verify(world.db, world.ctx).differences == []


def test_pain_30_an_anchor_on_the_31st_survives_a_pause(world: World) -> None:
    id_ = agree(world, start=dt.date(2026, 1, 31))
    world.until("2026-02-10")
    pause(world.db, world.ctx, id_, resume_on=dt.date(2026, 4, 15))

    world.until("2026-06-01")

    assert world.invoices(id_, "period_start") == [
        dt.date(2026, 1, 31), dt.date(2026, 4, 30), dt.date(2026, 5, 31),
    ]  # fmt: skip


def test_what_runs_out_while_it_is_unpaid_ends_on_its_day_all_the_same(world: World) -> None:
    id_ = agree(world, "stolen")
    world.until("2026-01-10")
    cancel_at_period_end(world.db, world.ctx, id_)

    world.until("2026-02-01")

    assert world.subscription(id_, "status", "churn_date") == ("canceled", dt.date(2026, 1, 1))
    assert world.rows(
        "SELECT data ->> 'cause' FROM event WHERE object_id = %s AND kind = 'subscription.canceled'", id_
    ) == [("period_ended",)]
    assert verify(world.db, world.ctx).differences == []


def test_a_debit_that_came_back_is_tried_again_only_where_the_account_wants_that(world: World) -> None:
    left_alone = agree(world, "insufficient_funds", kind="sepa")
    world.until("2026-01-20")
    assert len(attempts(world, left_alone)) == 1

    wanted = dataclasses.replace(world.ctx.settings, retry_bank_debits=True)
    world.ctx = dataclasses.replace(world.ctx, settings=wanted)
    tried_again = agree(world, "insufficient_funds", kind="sepa")
    world.until("2026-02-19")

    (failed_on,) = world.one("SELECT first_failed_on FROM payment WHERE subscription_id = %s", tried_again)
    (first, _), (second, end), *_ = attempts(world, tried_again)
    assert (first, second, end) == (dt.date(2026, 1, 20), failed_on + dt.timedelta(1), "failed")
    assert verify(world.db, world.ctx).differences == []
