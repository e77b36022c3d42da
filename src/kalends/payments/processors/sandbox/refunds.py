"""Giving money back: what is refused, how long it takes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32

from kalends.core.banking_days import REFUND_DAYS
from kalends.payments.processors.connections import AnyConnection
from kalends.payments.processors.interface import ProcessorUnavailable, RefundOutcome, RefundRequest
from kalends.payments.processors.sandbox.cards import FAILURES, script_of
from kalends.payments.processors.sandbox.charges import Row, bank_day, reference_for, text_of, utc
from kalends.payments.processors.sandbox.queries import sql
from kalends.payments.processors.sandbox.reports import refund_delivery

CARD_REFUND_DAYS = 5
"""Days until a card refund shows on the customer's statement; the processor calls it done at once."""


class Refundable(NamedTuple):
    """A charge as read by ``lock_charges``."""

    idempotency_key: str
    token: str
    amount_minor: int
    currency: str
    status: str
    settled_at: datetime
    disputed_at: datetime | None
    dispute_decided_at: datetime | None
    dispute_won: bool | None


class BookedRefund(NamedTuple):
    """A refund as the book has it."""

    idempotency_key: str
    charge_key: str
    reference: str
    amount_minor: int
    currency: str
    status: str
    failure_code: str | None
    created_at: datetime
    settled_at: datetime
    token: str


def refund(
    connection: AnyConnection, account_id: int, requests: Sequence[RefundRequest]
) -> list[RefundOutcome]:
    """Book the refunds that are possible, in the order in which they are asked for.

    A refusal moves nothing and does not use up its key.
    """
    with connection.transaction():
        values = {"account": account_id, "keys": sorted({request.charge_key for request in requests})}
        charges = {row[0]: Refundable(*row) for row in connection.execute(sql("lock_charges"), values)}
        booked = {row[0]: BookedRefund(*row) for row in connection.execute(sql("refunds_of_charges"), values)}
        booked |= find(connection, account_id, [request.idempotency_key for request in requests])
        outcomes: list[RefundOutcome] = []
        rows: list[Row] = []
        for request in requests:
            known = booked.get(request.idempotency_key)
            if known is None:
                decided = _decide(request, charges.get(request.charge_key), booked, account_id)
                if isinstance(decided, RefundOutcome):
                    outcomes.append(decided)
                    continue
                rows.append(decided)
                known = booked[request.idempotency_key] = _as_booked(
                    decided, charges[request.charge_key].token
                )
            outcomes.append(_differing(request, known) or answer_as_of(known, known.created_at))
        _book(connection, account_id, rows)
    return outcomes


def find(connection: AnyConnection, account_id: int, keys: Iterable[str]) -> dict[str, BookedRefund]:
    """The refunds in the book under these keys."""
    values = {"account": account_id, "keys": sorted(set(keys))}
    return {row[0]: BookedRefund(*row) for row in connection.execute(sql("find_refunds"), values)}


def answer_as_of(booked: BookedRefund, at: datetime) -> RefundOutcome:
    """What is true of the refund at an instant."""
    settles_on = utc(booked.settled_at).date()
    if at < booked.settled_at:
        return RefundOutcome(booked.idempotency_key, "processing", booked.reference, settles_on)
    if booked.status == "succeeded":
        wait = CARD_REFUND_DAYS if script_of(booked.token).method == "card" else 0
        return RefundOutcome(
            booked.idempotency_key, "succeeded", booked.reference, settles_on + timedelta(days=wait)
        )
    code = booked.failure_code or "refund_failed"
    return RefundOutcome(
        booked.idempotency_key, "failed", booked.reference, None, code, FAILURES[code].message
    )


def _decide(
    request: RefundRequest, charge: Refundable | None, booked: dict[str, BookedRefund], account_id: int
) -> RefundOutcome | Row:
    """The line of the book for a new refund, or why it is refused."""
    if charge is None:
        return _refused(request, "charge_not_found", f"No charge was made under key {request.charge_key!r}.")
    at = utc(request.at)
    if charge.status == "failed" and charge.settled_at <= at:
        return _refused(request, "charge_failed", FAILURES["charge_failed"].message)
    if request.currency != charge.currency:
        return _refused(
            request, "wrong_currency", f"The charge was made in {charge.currency}, not {request.currency}."
        )
    if _is_disputed(charge, at):
        return _refused(request, "charge_disputed", "The customer's bank has taken this money back already.")
    given_back = sum(
        refund.amount_minor
        for refund in booked.values()
        if refund.charge_key == request.charge_key
        and (refund.status == "succeeded" or at < refund.settled_at)
    )
    left = charge.amount_minor - given_back
    if not 0 < request.amount_minor <= left:
        return _refused(
            request,
            "invalid_amount",
            f"{request.amount_minor} cannot be given back; it must be positive and at most {left} is left.",
        )
    return _row(request, charge, account_id)


def _is_disputed(charge: Refundable, at: datetime) -> bool:
    if charge.disputed_at is None or at < charge.disputed_at:
        return False
    decided = charge.dispute_decided_at is not None and charge.dispute_decided_at <= at
    return not (decided and charge.dispute_won)


def _differing(request: RefundRequest, earlier: BookedRefund) -> RefundOutcome | None:
    pairs = (
        ("charge", request.charge_key, earlier.charge_key),
        ("amount", request.amount_minor, earlier.amount_minor),
        ("currency", request.currency, earlier.currency),
    )
    changes = [f"{name} was {before}, now {now}" for name, now, before in pairs if now != before]
    if not changes:
        return None
    return _refused(
        request,
        "idempotency_key_reused",
        f"Key {request.idempotency_key!r} was used before with other parameters: {'; '.join(changes)}. "
        "Use a new key for another refund.",
    )


def _refused(request: RefundRequest, code: str, message: str) -> RefundOutcome:
    return RefundOutcome(request.idempotency_key, "failed", failure_code=code, failure_message=message)


def _row(request: RefundRequest, charge: Refundable, account_id: int) -> Row:
    """The line of the book for a new refund, ready for JSON."""
    script = script_of(charge.token)
    at = utc(request.at)
    failure = (
        "charge_failed" if charge.status == "failed" else "refund_failed" if script.refund_fails else None
    )
    return {
        "idempotency_key": request.idempotency_key,
        "charge_key": request.charge_key,
        "reference": reference_for("re", account_id, request.idempotency_key),
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "metadata": dict(request.metadata),
        "created_at": text_of(at),
        "status": "failed" if failure else "succeeded",
        "failure_code": failure,
        "settled_at": text_of(_settled_at(request, charge, at, failure)),
    }


def _settled_at(request: RefundRequest, charge: Refundable, at: datetime, failure: str | None) -> datetime:
    """A debit that is still processing is given back only after it settled; if it fails, the refund fails with it."""
    script = script_of(charge.token)
    if failure == "charge_failed":
        return charge.settled_at
    if script.banking_days == 0:
        begins = max(at, charge.settled_at)
        return begins if failure is None else begins + timedelta(days=CARD_REFUND_DAYS)
    begins_on = utc(max(at, charge.settled_at)).date()
    # crc32 rather than hash(): the same key must take the same number of days in every process.
    days = REFUND_DAYS[crc32(request.idempotency_key.encode()) % len(REFUND_DAYS)]
    return bank_day(begins_on, script.method, days)


def _as_booked(row: Row, token: str) -> BookedRefund:
    return BookedRefund(
        row["idempotency_key"],
        row["charge_key"],
        row["reference"],
        row["amount_minor"],
        row["currency"],
        row["status"],
        row["failure_code"],
        datetime.fromisoformat(row["created_at"]),
        datetime.fromisoformat(row["settled_at"]),
        token,
    )


def _book(connection: AnyConnection, account_id: int, rows: list[Row]) -> None:
    if not rows:
        return
    told = [refund_delivery(row) for row in rows if row["settled_at"] != row["created_at"]]
    values = {"account": account_id, "refunds": json.dumps(rows), "reports": json.dumps(told)}
    booked = connection.execute(sql("book_refunds"), values).fetchall()
    if len(booked) != len(rows):
        raise ProcessorUnavailable(
            "A refund key is being used by another call at this moment; look it up, try again."
        )
    given = [row for row in rows if row["status"] == "succeeded"]
    appeased = {
        "account": account_id,
        "keys": [row["charge_key"] for row in given],
        "instants": [row["created_at"] for row in given],
    }
    connection.execute(sql("appease"), appeased)
