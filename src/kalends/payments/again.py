"""Charging again what failed: by staff, a few times, or by a new payment method, for all that is overdue."""

from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.core.dunning import may_be_retried
from kalends.core.lifecycle import Status, may_be_charged
from kalends.events import journal

RETRIES_BY_HAND_MAX = 3


class CannotCharge(ValueError):
    """A charge that cannot be tried again; the message says why and what can be done instead."""


class _Failed(NamedTuple):
    payment_id: int
    status: str
    method_kind: str
    failure_code: str | None
    retries_by_hand: int
    subscription_id: int | None
    subscription_status: str | None
    payment_method_id: int | None
    owed_minor: int
    amount_minor: int


def retry_by_hand(
    db: Connection[Any], ctx: AccountContext, payment_id: int, *, actor: str = "system"
) -> None:
    """Decide to charge a failed card payment once more, by the subscription's payment method.

    At most three times for a payment, and not after a decline that no later day will change. Collecting sends it.
    Raises ``CannotCharge``.
    """
    with db.transaction():
        params = {"account_id": ctx.id, "payment_id": payment_id}
        db.execute(load("kalends.payments", "lock_payment"), params)
        row = db.execute(load("kalends.payments", "failed_payment"), params).fetchone()
        if row is None:
            raise CannotCharge(f"There is no payment {payment_id} in this account.")
        failed = _Failed(*row)
        _refuse(failed)
        _intend(db, ctx, [payment_id], by_hand=True)
        event = journal.NewEvent(
            "payment.retried",
            "payment",
            payment_id,
            failed.subscription_id,
            {"amount_minor": failed.amount_minor, **journal.changed(status=("failed", "processing"))},
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)


def _refuse(failed: _Failed) -> None:
    named = f"Payment {failed.payment_id}"
    if failed.status != "failed":
        raise CannotCharge(
            f"{named} is {failed.status.replace('_', ' ')}; only a failed one is charged again."
        )
    if failed.subscription_status is None or not may_be_charged(Status(failed.subscription_status)):
        raise CannotCharge(f"{named} belongs to no subscription that may be charged.")
    if not may_be_retried(failed.method_kind, failed.failure_code or ""):
        raise CannotCharge(
            f"{named} failed for a reason that stays ({failed.failure_code}), or not by card. Ask the customer for "
            f"another payment method."
        )
    if failed.retries_by_hand >= RETRIES_BY_HAND_MAX:
        raise CannotCharge(
            f"{named} was tried again {RETRIES_BY_HAND_MAX} times already. Ask for another method."
        )
    if failed.owed_minor < failed.amount_minor:
        raise CannotCharge(f"{named} asks for more than its invoice still owes.")
    if failed.payment_method_id is None:
        raise CannotCharge("The subscription has no payment method.")


def charge_overdue(
    db: Connection[Any], ctx: AccountContext, subscription_id: int, *, actor: str = "system"
) -> int:
    """Decide to charge everything that failed on a subscription by its payment method, oldest first, one charge each.

    What a customer expects who has just given a new method. Returns how many charges were decided on; collecting
    sends them.
    """
    with db.transaction():
        params = {"account_id": ctx.id, "id": subscription_id}
        rows = fetch(db, load("kalends.payments", "overdue_charges"), params)
        if not rows or not may_be_charged(Status(rows[0][1])):
            return 0
        ids = [row[0] for row in rows]
        _intend(db, ctx, ids, by_hand=False)
        events = [
            journal.NewEvent(
                "payment.retried",
                "payment",
                id_,
                subscription_id,
                journal.changed(status=("failed", "processing")),
            )
            for id_ in ids
        ]
        journal.write(db, ctx.id, ctx.now, events, actor)
    return len(ids)


def _intend(db: Connection[Any], ctx: AccountContext, ids: list[int], *, by_hand: bool) -> None:
    params = {"account_id": ctx.id, "ids": ids, "now": ctx.now, "by_hand": int(by_hand)}
    db.execute(load("kalends.payments", "charge_again"), params)
