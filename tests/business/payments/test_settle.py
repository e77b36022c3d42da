"""A charge whose outcome stays unknown: asked about, answered late, or settled by staff who looked it up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from kalends.billing.changes import cancel_subscriptions
from kalends.billing.run import run_due
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable, Report
from kalends.payments.settle import CannotSettle, settle_by_hand
from kalends.proof.verify import verify
from tests.world import World


class DeadLine:
    """A processor that cannot be reached, until it is told what it has to say."""

    name = "sandbox"
    batch_size, concurrency = 100, 1

    def __init__(self) -> None:
        self.says: dict[str, str] | None = None

    def next_report_at(self) -> datetime | None:
        return None

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        raise ProcessorUnavailable("The line is dead.")

    def lookup(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        if self.says is None:
            raise ProcessorUnavailable("The line is dead.")
        return {key: ChargeOutcome(key, **self.says) for key in idempotency_keys}  # type: ignore[arg-type]

    def reports(self, until: datetime, limit: int) -> list[Report]:
        return []


@pytest.fixture
def line() -> DeadLine:
    """A dead line."""
    return DeadLine()


@pytest.fixture
def unknown(world: World, line: DeadLine) -> tuple[int, int]:
    """A subscription whose first charge got no answer, and the payment; today is New Year's Day, eight o'clock."""
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    world.ctx = replace(world.ctx, now=world.ctx.now.replace(hour=7))
    run_due(world.db, world.ctx, lambda name: line)  # type: ignore[arg-type, return-value]
    return id_, world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)[0]


def attempts(world: World, payment: int) -> list[tuple[Any, ...]]:
    """Number and status of a payment's attempts."""
    return world.rows(
        "SELECT attempt, status FROM charge_attempt WHERE payment_id = %s ORDER BY attempt", payment
    )


def test_pain_23_a_late_answer_that_says_failed_plans_a_retry(
    world: World, line: DeadLine, unknown: tuple[int, int]
) -> None:
    subscription, payment = unknown
    world.ctx = replace(world.ctx, now=world.ctx.now + dt.timedelta(days=3))
    line.says = {
        "status": "failed",
        "failure_code": "insufficient_funds",
        "failure_message": "No money.",
        "decline": "soft",
    }

    run_due(world.db, world.ctx, lambda name: line)  # type: ignore[arg-type, return-value]

    assert world.one("SELECT status, first_failed_on, next_retry_on FROM payment WHERE id = %s", payment) == (
        "failed", dt.date(2026, 1, 4), dt.date(2026, 1, 5),
    )  # fmt: skip
    assert world.subscription(subscription, "status") == "unpaid"


def test_pain_23_an_unknown_outcome_is_never_charged_again_before_the_processor_was_asked(
    world: World, line: DeadLine, unknown: tuple[int, int]
) -> None:
    for days in range(1, 9):
        later = replace(world.ctx, now=world.ctx.now + dt.timedelta(days=days))
        run_due(world.db, later, lambda name: line)  # type: ignore[arg-type, return-value]

    assert attempts(world, unknown[1]) == [(1, "sent")]


def test_what_staff_found_paid_pays_the_invoice_with_its_reference_and_fee(
    world: World, unknown: tuple[int, int]
) -> None:
    subscription, payment = unknown

    done = settle_by_hand(
        world.db, world.ctx, payment, paid=True, reference="ch_77", fee_minor=320, reason="Seen", actor="kari"
    )

    assert done == ("succeeded", None)
    assert world.one("SELECT processor_ref, fee_minor FROM payment WHERE id = %s", payment) == ("ch_77", 320)
    assert world.invoices(subscription, "status") == ["paid"]
    assert world.subscription(subscription, "status", "completed_payments", "collected_minor") == (
        "active", 1, 10000,
    )  # fmt: skip
    assert world.rows(
        "SELECT kind, actor, data ->> 'reason' FROM event WHERE object_id = %s AND actor = 'kari' ORDER BY id",
        payment,
    ) == [("payment.succeeded", "kari", None), ("payment.settled_by_hand", "kari", "Seen")]
    assert verify(world.db, world.ctx).differences == []


def test_what_staff_found_not_paid_has_failed_and_is_tried_again_on_its_days(
    world: World, unknown: tuple[int, int]
) -> None:
    subscription, payment = unknown

    done = settle_by_hand(world.db, world.ctx, payment, paid=False, reason="Not in their list", actor="kari")

    assert done == ("failed", dt.date(2026, 1, 2))
    assert world.one("SELECT failure_reason FROM payment WHERE id = %s", payment) == ("Not in their list",)
    assert world.subscription(subscription, "status", "failed_payments") == ("unpaid", 1)
    assert verify(world.db, world.ctx).differences == []

    world.reload()
    world.until("2026-01-02")
    assert attempts(world, payment) == [(1, "failed"), (2, "succeeded")]
    assert world.subscription(subscription, "status") == "active"


def test_what_is_settled_after_a_cancellation_is_never_tried_again(
    world: World, unknown: tuple[int, int]
) -> None:
    subscription, payment = unknown
    cancel_subscriptions(world.db, world.ctx, [subscription])

    assert settle_by_hand(world.db, world.ctx, payment, paid=False) == ("failed", None)
    assert world.subscription(subscription, "status") == "canceled"


def test_a_later_answer_of_the_processor_changes_nothing_any_more(
    world: World, line: DeadLine, unknown: tuple[int, int]
) -> None:
    _, payment = unknown
    settle_by_hand(world.db, world.ctx, payment, paid=True, reference="ch_77")
    line.says = {
        "status": "failed",
        "failure_code": "insufficient_funds",
        "failure_message": "x",
        "decline": "soft",
    }

    run_due(world.db, world.ctx, lambda name: line)  # type: ignore[arg-type, return-value]

    assert attempts(world, payment) == [(1, "succeeded")]


@pytest.mark.parametrize(
    ("paid", "reference", "fee", "why"),
    [
        (True, None, 0, "give that"),
        (True, " ", 0, "give that"),
        (True, "ch_1", 10001, "at most 100.00 EUR"),
        (False, None, 1, "does not fit"),
    ],
)
def test_a_paid_charge_has_a_reference_and_a_fee_within_it(
    world: World, unknown: tuple[int, int], paid: bool, reference: str | None, fee: int, why: str
) -> None:
    with pytest.raises(CannotSettle, match=why):
        settle_by_hand(world.db, world.ctx, unknown[1], paid=paid, reference=reference, fee_minor=fee)
    assert attempts(world, unknown[1]) == [(1, "sent")]


@pytest.mark.parametrize("outcome", ["approved", "insufficient_funds"])
def test_what_is_known_is_not_settled_by_hand(world: World, outcome: str) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, outcome))
    world.until("2026-01-01")
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)

    with pytest.raises(CannotSettle, match="its outcome is known"):
        settle_by_hand(world.db, world.ctx, payment, paid=True, reference="ch_1")


def test_a_bank_debit_on_its_way_is_not_unknown(world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)

    with pytest.raises(CannotSettle, match="is processing"):
        settle_by_hand(world.db, world.ctx, payment, paid=False)


def test_a_charge_whose_sender_still_waits_for_the_answer_is_left_to_it(
    world: World, unknown: tuple[int, int]
) -> None:
    (sender,) = world.one("SELECT sender FROM charge_attempt WHERE payment_id = %s", unknown[1])
    world.db.execute("SELECT pg_advisory_lock(%s)", [sender])

    with pytest.raises(CannotSettle, match="at this moment"):
        settle_by_hand(world.db, world.ctx, unknown[1], paid=False)

    world.db.execute("SELECT pg_advisory_unlock(%s)", [sender])


def test_a_payment_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(CannotSettle, match="no payment 999999999"):
        settle_by_hand(world.db, world.ctx, 999_999_999, paid=False)
