"""Charges that a processor made and the books have lost: they stand for the charges that would be made again.

After the database was put back, a cycle may be billed a second time whose charge was made in the time that is lost.
The processor told of that charge before billing went on (:mod:`kalends.billing.release_restored`), and what it was
for: so the new attempt is not sent, and the old charge takes its place.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    Processor,
    ProcessorUnavailable,
)

BILLED_FOR = "billed_for"
"""Under which name a charge's metadata say what it is for."""


class NotUnbooked(LookupError):
    """There is no such charge that the books do not know."""


class Unbooked(NamedTuple):
    """A charge, or a refund (below 0), that the books do not know."""

    processor: str
    reference: str
    idempotency_key: str
    made_at: datetime
    amount_minor: int
    currency: str
    customer: str
    billed_for: str


_COLUMNS = "processor, reference, idempotency_key, made_at, amount_minor, currency, customer, billed_for"


def open_charges(db: Connection[Any], account_id: int) -> list[Unbooked]:
    """What no books know yet, the oldest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM unbooked_charge WHERE account_id = %s AND settled IS NULL ORDER BY made_at, id",
        [account_id],
    ).fetchall()
    return [Unbooked(*row) for row in rows]


def take_over(
    db: Connection[Any], ctx: AccountContext, processor: Processor, requests: Sequence[ChargeRequest]
) -> list[ChargeOutcome]:
    """What became of those requests whose charge was made before; the others are left out, and may be sent.

    Each old charge is first given the new key at the processor, then crossed off, then written as an outcome by the
    caller: killed in between, the attempt is looked up by its key and found. What was told about it under its old key
    waits under the new one from then on. ``db`` must not be inside a transaction.
    """
    named = {str(each.metadata.get(BILLED_FOR, "")): each for each in requests}
    params: dict[str, Any] = {"account_id": ctx.id, "processor": processor.name, "named": list(named)}
    outcomes: list[ChargeOutcome] = []
    for billed_for, reference, amount_minor, currency, known_by in fetch(
        db, load("kalends.payments", "unbooked_of"), params
    ):
        request = named.pop(billed_for, None)
        if request is None or (request.amount_minor, request.currency) != (amount_minor, currency):
            continue
        try:
            outcome = processor.take_over(reference, request)
        except ProcessorUnavailable:
            outcomes.append(ChargeOutcome(request.idempotency_key, "unknown"))
            continue
        told = {"account_id": ctx.id, "processor": processor.name, "key": request.idempotency_key}
        with db.transaction():
            db.execute(load("kalends.payments", "rename_reports"), {**told, "known_by": known_by})
            _settle(db, ctx, processor.name, reference, "taken_in", "system", "")
        outcomes.append(outcome)
    return outcomes


def settle_by_hand(
    db: Connection[Any], ctx: AccountContext, reference: str, *, actor: str, note: str
) -> None:
    """Somebody has seen to it: given back, recorded as a payment, or explained. Raises :class:`NotUnbooked`."""
    found = db.execute(
        "SELECT processor FROM unbooked_charge WHERE account_id = %s AND reference = %s AND settled IS NULL",
        [ctx.id, reference],
    ).fetchone()
    if found is None:
        raise NotUnbooked(f"There is no charge {reference} that waits for somebody.")
    _settle(db, ctx, found[0], reference, "by_hand", actor, note)


def _settle(
    db: Connection[Any], ctx: AccountContext, processor: str, reference: str, how: str, actor: str, note: str
) -> None:
    db.execute(
        "UPDATE unbooked_charge SET settled = %s, settled_at = %s, settled_by = %s, note = %s "
        "WHERE account_id = %s AND processor = %s AND reference = %s",
        [how, ctx.now, actor, note, ctx.id, processor, reference],
    )
