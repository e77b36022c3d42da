"""Counters and dates of a subscription after everything that can happen to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from kalends.billing.changes import (
    cancel_at_period_end,
    cancel_subscriptions,
    change_payment_method,
    keep_after_all,
    pause,
    resume,
)
from kalends.billing.create import NewLine
from kalends.billing.edit import Edit, LineEdit, apply_edit
from kalends.billing.run import run_due
from kalends.catalog.expressions import while_recurring
from kalends.core.pricing import LineTerms
from kalends.payments.again import charge_overdue
from kalends.payments.give_back import send_refunds
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.payments.refund import request_refund
from kalends.proof.verify import verify
from tests.world import World


class Stand(NamedTuple):
    """What a subscription says of itself; amounts in cents, MRR and ARR as its properties show them."""

    status: str
    next: tuple[str, int] | None
    last: tuple[str, int] | None
    completed: int
    failed: int
    collected: int
    mrr: int
    arr: int
    churned: str | None
    expected: int | None = None
    ends: str | None = None


PAID = Stand("active", ("2026-02-01", 10000), ("2026-01-01", 10000), 1, 0, 10000, 10000, 120000, None)
"""A monthly subscription over 100.00 whose January is paid."""
UNPAID = PAID._replace(status="unpaid", last=None, completed=0, failed=1, collected=0, churned="2026-01-01")


def stand(world: World, id_: int) -> Stand:
    """Where a subscription stands; the books are proved on the way."""
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []
    mrr, arr = (while_recurring(column).format(t="s") for column in ("mrr_minor", "arr_minor"))
    row = world.one(
        f"SELECT status, next_due_date, next_amount_minor, last_payment_on, last_payment_amount_minor, "
        f"completed_payments, failed_payments, collected_minor, {mrr} * 100, {arr} * 100, churn_date, "
        f"expected_payments, end_date FROM subscription AS s WHERE id = %s",
        id_,
    )
    status, due, amount, last_on, last, completed, failed, collected, month, year, churned, expected, ends = (
        row
    )
    return Stand(
        status, _pair(due, amount), _pair(last_on, last), completed, failed, collected, int(month), int(year),
        None if churned is None else str(churned), expected, None if ends is None else str(ends),
    )  # fmt: skip


def _pair(day: Any, amount: Any) -> tuple[str, int] | None:
    assert (day is None) == (amount is None)
    return None if day is None else (str(day), amount)


def agree(world: World, outcome: str = "approved", *numbers: int, kind: str = "card", **more: Any) -> int:
    """A subscription of today over 100.00 a month, charged automatically."""
    kari = world.customer()
    return world.subscribe(kari, method=world.method(kari, outcome, *numbers, kind=kind), **more)


@pytest.fixture
def paid(world: World) -> int:
    """A subscription whose January is paid by card; today is 2 January."""
    id_ = agree(world)
    world.until("2026-01-02")
    return id_


def payment_of(world: World, id_: int) -> int:
    """The only payment of a subscription."""
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)[0]


def test_before_the_first_payment(world: World) -> None:
    id_ = agree(world, start=dt.date(2026, 1, 20), payments=3)

    assert stand(world, id_) == Stand(
        "scheduled", ("2026-01-20", 10000), None, 0, 0, 0, 0, 0, None, 3, "2026-04-20"
    )


def test_after_a_payment(world: World, paid: int) -> None:
    assert stand(world, paid) == PAID


def test_after_a_failure(world: World) -> None:
    id_ = agree(world, "stolen")
    world.until("2026-01-02")

    assert stand(world, id_) == UNPAID


def test_after_a_recovery_by_retry(world: World) -> None:
    id_ = agree(world, "approved_after", 2)
    world.until("2026-01-02")

    assert stand(world, id_) == PAID._replace(last=("2026-01-02", 10000), failed=1)


def test_after_a_recovery_by_a_new_method(world: World) -> None:
    id_ = agree(world, "stolen")
    world.until("2026-01-05")
    method = world.method(world.subscription(id_, "contact_id"))
    change_payment_method(world.db, world.ctx, id_, method)
    charge_overdue(world.db, world.ctx, id_)
    run_due(world.db, world.ctx, world.processors)

    assert stand(world, id_) == PAID._replace(last=("2026-01-05", 10000), failed=1)


def test_while_a_bank_debit_is_processing_and_after_it_settled(world: World) -> None:
    id_ = agree(world, kind="sepa")
    world.until("2026-01-05")
    assert stand(world, id_) == PAID._replace(last=None, completed=0, collected=0)

    world.until("2026-01-20")
    settled_on = world.subscription(id_, "last_payment_on")
    assert stand(world, id_) == PAID._replace(last=(str(settled_on), 10000))
    assert dt.date(2026, 1, 5) < settled_on < dt.date(2026, 1, 20)


def test_after_a_bank_debit_came_back(world: World) -> None:
    id_ = agree(world, "insufficient_funds", kind="sepa")
    world.until("2026-01-20")

    assert stand(world, id_) == UNPAID._replace(churned=str(world.subscription(id_, "churn_date")))
    assert world.subscription(id_, "churn_date") > dt.date(2026, 1, 2)


def test_after_a_refund_the_payment_was_made_and_is_collected_no_more(world: World, paid: int) -> None:
    request_refund(world.db, world.ctx, payment_of(world, paid), 4000)
    send_refunds(world.db, world.ctx, world.processors)
    assert stand(world, paid) == PAID._replace(collected=6000)

    request_refund(world.db, world.ctx, payment_of(world, paid), 6000)
    send_refunds(world.db, world.ctx, world.processors)
    assert stand(world, paid) == PAID._replace(collected=0)


@pytest.mark.parametrize("outcome", ["dispute_won", "dispute_lost"])
def test_after_a_dispute_the_subscription_goes_on(world: World, outcome: str) -> None:
    id_ = agree(world, outcome, 3, 9)
    for day in ("2026-01-05", "2026-01-20"):
        world.until(day)
        assert stand(world, id_) == PAID


def test_after_a_payment_by_hand(world: World) -> None:
    id_ = world.subscribe(world.customer(), net_terms_days=10)
    world.until("2026-01-12")
    assert stand(world, id_) == PAID._replace(status="past_due", last=None, completed=0, collected=0)
    (invoice,) = world.invoices(id_, "id")

    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 4000, "check", world.ctx.now)])
    part = PAID._replace(status="past_due", last=("2026-01-12", 4000), collected=4000)
    assert stand(world, id_) == part

    record_payments(world.db, world.ctx, [ReceivedPayment(invoice, 6000, "cash", world.ctx.now)])
    assert stand(world, id_) == part._replace(
        status="active", last=("2026-01-12", 6000), completed=2, collected=10000
    )


def test_after_a_cancellation(world: World, paid: int) -> None:
    cancel_subscriptions(world.db, world.ctx, [paid])

    assert stand(world, paid) == PAID._replace(
        status="canceled", next=None, mrr=0, arr=0, churned="2026-01-02"
    )


def test_after_canceling_what_was_unpaid_the_customer_was_lost_before(world: World) -> None:
    id_ = agree(world, "stolen")
    world.until("2026-01-10")
    cancel_subscriptions(world.db, world.ctx, [id_])

    assert stand(world, id_) == UNPAID._replace(status="canceled", next=None, mrr=0, arr=0)


def test_while_the_paid_period_runs_out_and_after_it_was_kept_or_has_ended(world: World, paid: int) -> None:
    cancel_at_period_end(world.db, world.ctx, paid)
    assert stand(world, paid) == PAID._replace(next=None)
    keep_after_all(world.db, world.ctx, paid)
    assert stand(world, paid) == PAID

    cancel_at_period_end(world.db, world.ctx, paid)
    world.until("2026-02-02")
    assert stand(world, paid) == PAID._replace(
        status="canceled", next=None, mrr=0, arr=0, churned="2026-02-01"
    )


def test_in_a_pause_and_after_it(world: World, paid: int) -> None:
    pause(world.db, world.ctx, paid)
    assert stand(world, paid) == PAID._replace(status="paused", next=None, mrr=0, arr=0)

    world.until("2026-03-15")
    resume(world.db, world.ctx, paid)
    assert stand(world, paid) == PAID._replace(next=("2026-04-01", 10000))


def test_a_pause_moves_the_end_of_a_fixed_term(world: World) -> None:
    id_ = agree(world, payments=3)
    world.until("2026-01-02")
    pause(world.db, world.ctx, id_)
    world.until("2026-03-15")
    resume(world.db, world.ctx, id_)

    assert stand(world, id_) == PAID._replace(next=("2026-04-01", 10000), expected=3, ends="2026-06-01")


def test_after_the_last_charge_and_after_the_end_of_a_fixed_term(world: World) -> None:
    id_ = agree(world, payments=2)
    world.until("2026-02-01")
    last = PAID._replace(
        next=None, last=("2026-02-01", 10000), completed=2, collected=20000, expected=2, ends="2026-03-01"
    )
    assert stand(world, id_) == last

    world.until("2026-03-01")
    assert stand(world, id_) == last._replace(status="expired", mrr=0, arr=0, churned="2026-03-01")


def test_a_term_whose_last_payment_comes_by_a_retry_after_its_end_expires_with_it(world: World) -> None:
    """Weekly, one payment: the last retry, seven days later, succeeds on the end date itself."""
    from kalends.core.calendar import Frequency

    id_ = agree(world, "approved_after", 5, payments=1, frequency=Frequency.WEEKLY)

    world.until("2026-01-08")

    assert world.subscription(id_, "status", "end_date") == ("expired", dt.date(2026, 1, 8))
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []


def test_after_an_edit_of_the_price_and_of_the_day(world: World, paid: int) -> None:
    (line,) = world.one("SELECT id FROM line_item WHERE parent_id = %s", paid)
    dearer = NewLine("Fleet Core", LineTerms(Decimal(150), Decimal(1)))
    apply_edit(world.db, world.ctx, paid, Edit(lines=[LineEdit(line, dearer)]))
    edited = PAID._replace(next=("2026-02-01", 15000), mrr=15000, arr=180000)
    assert stand(world, paid) == edited

    apply_edit(world.db, world.ctx, paid, Edit(next_due=dt.date(2026, 2, 10)))
    assert stand(world, paid) == edited._replace(next=("2026-02-10", 15000))
