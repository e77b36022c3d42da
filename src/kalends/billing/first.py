"""The first cycles of subscriptions that were just bought: the one billing path, for these and now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.billing.balance import apply_balances
from kalends.billing.block import Numbered, agreed_lines, ids_needed, with_ids, write
from kalends.billing.compose import Composed, compose
from kalends.billing.locking import locked
from kalends.core.checkout import reduced

Db = Connection[Any]


class NoFirstCycle(AssertionError):
    """A subscription that was just bought has no first cycle to bill: whoever made it made a mistake."""


class FirstInvoice(NamedTuple):
    """The invoice of a subscription's first cycle; ``payment_id`` is None where nothing is asked for."""

    subscription_id: int
    invoice_id: int
    payment_id: int | None
    total_minor: int


def bill_first(
    db: Db, ctx: AccountContext, off: Mapping[int, int], *, use_credit: bool = False
) -> list[FirstInvoice]:
    """Bill the next cycle of these subscriptions, in the caller's transaction; ``off`` says by subscription how many
    minor units a discount on the whole takes off it. Each charged one has a payment and its first attempt, not sent
    yet. ``use_credit`` lets the customer's credit pay, as in every later cycle: not where a charge was made already.

    Raises ``NoFirstCycle``, and ``Refusal`` when one of them must not be billed.
    """
    if not off:
        return []
    due = locked(db, ctx, sorted(off))
    for item in due:
        if item.next_cycle or item.next_due_date is None or item.next_due_date > ctx.today:
            raise NoFirstCycle(f"Subscription {item.id} has no first cycle due on {ctx.today}.")
    lines = agreed_lines(db, ctx.id, due)
    composed = [_reduced(compose(item, lines.get(item.id, ()), ctx.today), off[item.id]) for item in due]
    if use_credit:
        composed = apply_balances(db, ctx, composed)
    numbered = with_ids(composed, take_ids(db, ids_needed(composed)))
    write(db, ctx, numbered)
    return [_made(item) for item in numbered]


def _reduced(cycle: Composed, off_minor: int) -> Composed:
    if not off_minor:
        return cycle
    terms = tuple(line.terms for line in cycle.lines)
    priced = reduced(terms, cycle.subscription.currency, off_minor)
    charge_minor = priced.total_minor if cycle.subscription.collection == "automatic" else 0
    return cycle._replace(priced=priced, charge_minor=charge_minor)


def _made(item: Numbered) -> FirstInvoice:
    return FirstInvoice(
        item.composed.subscription.id, item.invoice_id, item.payment_id, item.composed.priced.total_minor
    )
