"""Charging again what failed: by staff, a few times, or by a new payment method, for all that is overdue."""

from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, load, take_ids
from kalends.billing.changes import UnknownSubscription, change_payment_method
from kalends.core.dunning import may_be_retried
from kalends.core.lifecycle import Status, may_be_charged
from kalends.core.money import minimum_charge
from kalends.events import journal
from kalends.events.requests import once

RETRIES_BY_HAND_MAX = 3


class CannotCharge(ValueError):
    """A charge that cannot be tried again; the message says why and what can be done instead."""


class Overdue(NamedTuple):
    """What is owed on an invoice besides what is under way; ``payment_id`` is the payment that failed over just that.

    Without one, a part was paid or credited meanwhile, and the rest is a payment of its own.
    """

    invoice_id: int
    number: str
    owed_minor: int
    payment_id: int | None


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
    attempts: int
    archived: bool


class _Charged(NamedTuple):
    """A subscription that may be charged, with its row locked or not."""

    status: str
    currency: str
    payment_method_id: int | None


def retry_by_hand(
    db: Connection[Any],
    ctx: AccountContext,
    payment_id: int,
    *,
    actor: str = "system",
    request_key: str | None = None,
) -> int:
    """Decide to charge a failed card payment once more, by the subscription's payment method.

    At most three times for a payment, and not after a decline that no later day will change. Collecting sends it.
    Returns how many attempts the payment has then. The same ``request_key`` charges once. Raises ``CannotCharge``.
    """
    return once(
        db,
        ctx,
        "retry",
        request_key,
        {"payment": payment_id},
        lambda: _retry(db, ctx, payment_id, actor),
        actor=actor,
    )


def _retry(db: Connection[Any], ctx: AccountContext, payment_id: int, actor: str) -> int:
    params = {"account_id": ctx.id, "payment_id": payment_id}
    db.execute(load("kalends.payments", "lock_payment"), params)
    db.execute(load("kalends.payments", "lock_payment_row"), params)
    row = db.execute(load("kalends.payments", "failed_payment"), params).fetchone()
    if row is None:
        raise CannotCharge(f"There is no payment {payment_id} in this account.")
    failed = _Failed(*row)
    _refuse(ctx, failed)
    _charge_again(db, ctx, [payment_id], by_hand=True)
    event = journal.NewEvent(
        "payment.retried",
        "payment",
        payment_id,
        failed.subscription_id,
        {"amount_minor": failed.amount_minor, **journal.changed(status=("failed", "processing"))},
    )
    journal.write(db, ctx.id, ctx.now, [event], actor)
    return failed.attempts + 1


def _refuse(ctx: AccountContext, failed: _Failed) -> None:
    named = f"Payment {failed.payment_id}"
    if failed.status != "failed":
        raise CannotCharge(
            f"{named} is {failed.status.replace('_', ' ')}; only a failed one is charged again."
        )
    if failed.subscription_status is None or not may_be_charged(Status(failed.subscription_status)):
        raise CannotCharge(f"{named} belongs to no subscription that may be charged.")
    if failed.archived:
        raise CannotCharge(
            f"{named} is archived, as is what was declined while its customer paid by hand: it is in no list, and "
            f"neither would its money be. Charge what is overdue instead."
        )
    decline, debits = failed.failure_code or "", ctx.settings.retry_bank_debits
    if not may_be_retried(failed.method_kind, decline, bank_debits=debits):
        raise CannotCharge(
            f"{named} failed for a reason that stays ({failed.failure_code}), or not by card. Ask the customer for "
            f"another payment method."
        )
    if failed.retries_by_hand >= RETRIES_BY_HAND_MAX:
        raise CannotCharge(
            f"{named} was tried again {RETRIES_BY_HAND_MAX} times already. Ask for another method."
        )
    if failed.owed_minor < failed.amount_minor:
        raise CannotCharge(
            f"{named} asks for more than its invoice still owes. Charge what is overdue instead: it asks for the rest."
        )
    if failed.payment_method_id is None:
        raise CannotCharge("The subscription has no payment method.")


def overdue(db: Connection[Any], ctx: AccountContext, subscription_id: int) -> list[Overdue]:
    """What would be charged if everything overdue were charged now, oldest first; nothing is changed.

    Only what is charged automatically, and no rest below the smallest charge of its currency. Raises
    ``UnknownSubscription``.
    """
    currency = _subscription(db, ctx, subscription_id).currency
    params = {
        "account_id": ctx.id,
        "id": subscription_id,
        "today": ctx.today,
        "smallest": max(1, minimum_charge(currency, ctx.today)),
    }
    return [Overdue(*row) for row in fetch(db, load("kalends.payments", "overdue_charges"), params)]


def charge_overdue(
    db: Connection[Any],
    ctx: AccountContext,
    subscription_id: int,
    *,
    actor: str = "system",
    request_key: str | None = None,
) -> list[int]:
    """Decide to charge everything overdue on a subscription by its payment method, oldest first, one charge each.

    What a customer expects who has just given a new method. Returns the payments that were decided on; collecting
    sends them. What is under way is not asked for again, so asking twice at the same moment charges once. Nothing is
    charged without a method, or on a subscription that may not be charged. The same ``request_key`` charges once, even
    when it was declined in between.
    """

    def do() -> dict[str, list[int]]:
        return {"payments": _charge_all(db, ctx, subscription_id, actor)}

    asked = {"subscription": subscription_id}
    return once(db, ctx, "charge_overdue", request_key, asked, do, actor=actor)["payments"]


def _charge_all(db: Connection[Any], ctx: AccountContext, subscription_id: int, actor: str) -> list[int]:
    params = {"account_id": ctx.id, "id": subscription_id}
    db.execute(load("kalends.payments", "lock_subscription"), params)
    subscription = _subscription(db, ctx, subscription_id)
    if subscription.payment_method_id is None or not may_be_charged(Status(subscription.status)):
        return []
    charged: list[int] = []
    for item in overdue(db, ctx, subscription_id):
        if item.payment_id is None:
            charged.append(_charge_rest(db, ctx, item))
            continue
        charged.append(item.payment_id)
        _charge_again(db, ctx, [item.payment_id], by_hand=False)
        data = journal.changed(status=("failed", "processing"))
        event = journal.NewEvent("payment.retried", "payment", item.payment_id, subscription_id, data)
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return charged


def pay_by_new_method(
    db: Connection[Any],
    ctx: AccountContext,
    subscription_id: int,
    method_id: int,
    *,
    actor: str = "system",
    request_key: str | None = None,
) -> list[int]:
    """Take a payment method for a subscription, and decide to charge everything overdue by it at once.

    The method may be the one that it has: entered again, it is charged again. The same ``request_key`` charges once.
    Returns the payments decided on, oldest first. Raises as ``change_payment_method`` does.
    """

    def do() -> dict[str, list[int]]:
        change_payment_method(db, ctx, subscription_id, method_id, actor=actor)
        return {"payments": charge_overdue(db, ctx, subscription_id, actor=actor)}

    asked = {"subscription": subscription_id, "method": method_id}
    return once(db, ctx, "new_method", request_key, asked, do, actor=actor)["payments"]


def _subscription(db: Connection[Any], ctx: AccountContext, id_: int) -> _Charged:
    row = db.execute(
        "SELECT status, currency, payment_method_id FROM subscription WHERE account_id = %s AND id = %s",
        [ctx.id, id_],
    ).fetchone()
    if row is None:
        raise UnknownSubscription(f"There is no subscription {id_} in this account.")
    return _Charged(*row)


def _charge_again(db: Connection[Any], ctx: AccountContext, ids: list[int], *, by_hand: bool) -> None:
    params = {"account_id": ctx.id, "ids": ids, "now": ctx.now, "by_hand": int(by_hand)}
    db.execute(load("kalends.payments", "charge_again"), params)


def _charge_rest(db: Connection[Any], ctx: AccountContext, item: Overdue) -> int:
    payment_id = take_ids(db, 1)[0]
    rows = arrays(("ids", "invoices", "amounts"), [(payment_id, item.invoice_id, item.owed_minor)])
    db.execute(load("kalends.payments", "charge_rest"), {"account_id": ctx.id, "now": ctx.now, **rows})
    return payment_id
