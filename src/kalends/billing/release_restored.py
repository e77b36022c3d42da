"""Letting an account go on whose books were put back: its processors are asked first what they did since.

1. What they have to tell by themselves is taken in, and every charge that was under way is looked up.
2. Every charge and refund that they made since the books end, and that the books do not know, is written down
   (``unbooked_charge``). One that paid a cycle which is going to be billed again takes the place of the charge of that
   cycle. For any other, the subscription that it was for, or those of its customer, are parked.
3. Subscriptions whose customers pay invoices by themselves are parked where a cycle fell due in the time that is lost:
   the customer may have an invoice of it.
4. The account is billed again. Letters that the first run decides on are not sent, since customers may have had them:
   they stand among the failed ones, and people send those that are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, integers, load
from kalends.billing.restored import WITHHELD
from kalends.core.calendar import local_date
from kalends.core.money import format_minor
from kalends.events import journal
from kalends.payments.collect import Collected, Processors, attempt_of_key, settle_unknown
from kalends.payments.give_back import refund_of_key
from kalends.payments.processors.interface import Made
from kalends.payments.reports import handle_stored, take_in
from kalends.payments.unbooked import BILLED_FOR
from kalends.platform.patience import patient

MARGIN = timedelta(hours=1)
"""Processors are asked for so much more than what is lost: what was under way when the books end."""

CODE = "restored"
_PAID = (
    "The processor {processor} charged {amount} on {day} ({reference}), which the books that were put back "
    "do not know."
)
_PAID_REMEDY = (
    "See what it was for. Give it back, or record it as a payment, cross it off with `kalends restored --settle "
    "{reference}`, and release the subscription."
)
_INVOICED = (
    "A cycle fell due on {day}, in the time that the books have lost: its customer may have an invoice of it."
)
_INVOICED_REMEDY = (
    "Look into the letters that went out. Release the subscription: the cycle is invoiced under a new number. Tell the "
    "customer that it takes the place of the one they have."
)


class NotPutBack(LookupError):
    """The account's books were not put back, or somebody has let it go on already."""


class Restored(NamedTuple):
    """What came of asking: ``asked`` processors; charges whose end was found; what the books do not know, and how
    many of that take the place of a charge to come; subscriptions that are parked."""

    books_end: datetime
    found_at: datetime
    asked: tuple[str, ...]
    settled: int
    unbooked: int
    awaited: int
    parked: int


class _Lost(NamedTuple):
    books_end: datetime
    found_at: datetime


class _Parking(NamedTuple):
    id: int
    cycle: int
    reason: str
    remedy: str


def release_put_back(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    *,
    actor: str,
    ask: bool = True,
    only_look: bool = False,
) -> Restored:
    """Ask the processors, take in what they know, park what cannot be explained, and let the account go on.

    ``ask`` is False where a processor is gone for good; ``only_look`` lets nothing go on. Both may be repeated. ``db``
    must not be inside a transaction. Raises :class:`NotPutBack`, and ``ProcessorUnavailable`` with nothing let go on.
    """
    lost = _lost(db, ctx.id)
    asked = _processors_of(db, ctx.id) if ask else ()
    settled = _take_in(db, ctx, processors, asked)
    for name in asked:
        _write_down(db, ctx, name, processors(name).made_since(lost.books_end - MARGIN))
    with db.transaction():
        awaited, parking = _judged(db, ctx, lost)
        _park(db, ctx, parking, actor)
        if not only_look:
            _let_go_on(db, ctx, actor)
    counted = db.execute(
        "SELECT (SELECT count(*) FROM unbooked_charge WHERE account_id = %(id)s AND settled IS NULL), "
        "(SELECT count(*) FROM parked_subscription WHERE account_id = %(id)s AND code = %(code)s)",
        {"id": ctx.id, "code": CODE},
    ).fetchone()
    assert counted is not None
    return Restored(lost.books_end, lost.found_at, asked, settled, counted[0], awaited, counted[1])


@patient
def first_run_over(db: Connection[Any], ctx: AccountContext) -> int:
    """The first billing run is over: withhold the letters that it decided on, and send those to come.

    Returns how many were withheld; none where no books were put back. Raises nothing while the account is still held.
    """
    with db.transaction():
        row = db.execute(
            "UPDATE restoration SET caught_up_at = %s WHERE account_id = %s AND caught_up_at IS NULL "
            "AND released_at IS NOT NULL RETURNING first_id",
            [ctx.now, ctx.id],
        ).fetchone()
        if row is None:
            return 0
        return db.execute(
            "UPDATE message SET status = 'failed', error = %s "
            "WHERE account_id = %s AND status = 'queued' AND id >= %s AND created_at <= %s",
            [WITHHELD, ctx.id, row[0], ctx.now],
        ).rowcount


def _lost(db: Connection[Any], account_id: int) -> _Lost:
    row = db.execute(
        "SELECT books_end, found_at FROM restoration WHERE account_id = %s AND released_at IS NULL",
        [account_id],
    ).fetchone()
    if row is None:
        raise NotPutBack("The account's books were not put back, or it goes on already.")
    return _Lost(*row)


def _processors_of(db: Connection[Any], account_id: int) -> tuple[str, ...]:
    """All that ever kept a method or made a payment of the account, connected now or not."""
    rows = db.execute(
        "SELECT processor FROM payment_method WHERE account_id = %(id)s AND processor IS NOT NULL UNION "
        "SELECT 'stripe' FROM stripe_connection WHERE account_id = %(id)s ORDER BY 1",
        {"id": account_id},
    ).fetchall()
    return tuple(row[0] for row in rows)


def _take_in(db: Connection[Any], ctx: AccountContext, processors: Processors, asked: Sequence[str]) -> int:
    for name in asked:
        processors(name).find_lost_reports()
        take_in(db, ctx, processors, name)
    handled = handle_stored(db, ctx)
    total = Collected()
    if asked:
        settle_unknown(db, ctx, processors, total)
    return handled.succeeded + handled.failed + total.succeeded + total.failed


def _write_down(db: Connection[Any], ctx: AccountContext, processor: str, made: Iterable[Made]) -> None:
    """Keep those that the books do not know; told once more, they are there already."""
    rows = [
        (
            each.reference,
            each.idempotency_key,
            each.made_at.isoformat(),
            each.amount_minor,
            each.currency,
            each.customer,
            str(each.metadata.get(BILLED_FOR, "")),
        )
        for each in made
        if not _is_known(db, ctx.id, each)
    ]
    if rows:
        names = ("references", "keys", "instants", "amounts", "currencies", "customers", "billed_for")
        params = {"account_id": ctx.id, "processor": processor, **arrays(names, rows)}
        db.execute(load("kalends.billing", "write_unbooked"), params)


def _is_known(db: Connection[Any], account_id: int, made: Made) -> bool:
    """Whether the books have this charge as an attempt or as one of a checkout, or this refund."""
    if made.amount_minor < 0:
        query = "SELECT 1 FROM refund WHERE account_id = %s AND id = %s"
        return db.execute(query, [account_id, refund_of_key(made.idempotency_key)]).fetchone() is not None
    _, id_, attempt = attempt_of_key(made.idempotency_key)
    query = (
        "SELECT 1 FROM charge_attempt WHERE account_id = %(account)s AND invoice_id = %(id)s AND attempt = %(attempt)s "
        "UNION ALL SELECT 1 FROM checkout_charge "
        "WHERE account_id = %(account)s AND checkout_id = %(id)s AND attempt = %(attempt)s"
    )
    return db.execute(query, {"account": account_id, "id": id_, "attempt": attempt}).fetchone() is not None


def _judged(db: Connection[Any], ctx: AccountContext, lost: _Lost) -> tuple[int, list[_Parking]]:
    """How many unbooked charges take the place of one to come, and the subscriptions to be parked."""
    awaited, parking = 0, list[_Parking]()
    for row in db.execute(load("kalends.billing", "judge_unbooked"), {"account_id": ctx.id}).fetchall():
        reference, processor, amount, currency, made_at, is_awaited, subscriptions, cycles = row
        awaited += is_awaited
        told = {
            "processor": processor,
            "amount": format_minor(amount, currency),
            "day": f"{made_at:%Y-%m-%d}",
            "reference": reference,
        }
        if not is_awaited:
            parking += [
                _Parking(id_, cycle, _PAID.format(**told), _PAID_REMEDY.format(**told))
                for id_, cycle in zip(subscriptions, cycles, strict=True)
            ]
    days = {
        "first": local_date(lost.books_end, ctx.time_zone),
        "last": local_date(lost.found_at, ctx.time_zone),
    }
    invoiced = db.execute(
        load("kalends.billing", "maybe_invoiced"), {"account_id": ctx.id, **days}
    ).fetchall()
    for id_, cycle, day in invoiced:
        parking.append(_Parking(id_, cycle, _INVOICED.format(day=f"{day:%Y-%m-%d}"), _INVOICED_REMEDY))
    return awaited, parking


def _park(db: Connection[Any], ctx: AccountContext, parking: Sequence[_Parking], actor: str) -> None:
    first = {each.id: each for each in reversed(parking)}
    known = db.execute(
        "SELECT id FROM parked_subscription WHERE account_id = %s AND id = ANY(%s::bigint[])",
        [ctx.id, integers(sorted(first))],
    ).fetchall()
    fresh = [each for id_, each in sorted(first.items()) if (id_,) not in known]
    if not fresh:
        return
    rows = [(each.id, each.cycle, CODE, each.reason, each.remedy) for each in fresh]
    names = ("ids", "cycles", "codes", "reasons", "remedies")
    db.execute(load("kalends.billing", "park"), {"account_id": ctx.id, "now": ctx.now, **arrays(names, rows)})
    events = [
        journal.NewEvent(
            "subscription.parked", "subscription", each.id, each.id, {"code": CODE, "reason": each.reason}
        )
        for each in fresh
    ]
    journal.write(db, ctx.id, ctx.now, events, actor)


def _let_go_on(db: Connection[Any], ctx: AccountContext, actor: str) -> None:
    row = db.execute(
        "UPDATE restoration SET released_at = %s, released_by = %s "
        "WHERE account_id = %s AND released_at IS NULL RETURNING reason, found_at",
        [ctx.now, actor, ctx.id],
    ).fetchone()
    if row is None:
        raise NotPutBack("Somebody else has let the account go on.")
    data = {"reason": row[0], "held_since": row[1]}
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent("billing.released", "account", ctx.id, None, data)], actor
    )
