"""What the billing page reads: what is due, how runs went, and what waits for a person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.query.context import Cursor

PARKED_SHOWN, FAILED_SHOWN = 50, 20
WEEK = 6
"""Days after today that belong to what is due within a week."""


class Ahead(NamedTuple):
    """What is late, due today, and due in the six days after, in one currency; amounts in minor units."""

    currency: str
    late: int
    late_minor: int
    today: int
    today_minor: int
    week: int
    week_minor: int


class ParkedRow(NamedTuple):
    """A subscription that was put aside; ``reason`` is the whole story in English, ``code`` its kind."""

    id: int
    name: str
    customer: str | None
    currency: str
    next_amount_minor: int | None
    cycle: int
    since: datetime
    code: str
    reason: str


class FailedRow(NamedTuple):
    """A charge that failed and is still owed."""

    id: int
    name: str
    customer: str | None
    currency: str
    amount_minor: int
    failure_code: str | None
    failure_reason: str | None
    method_kind: str
    brand: str | None
    last4: str | None
    invoice_number: str | None
    next_retry_on: date | None


class Waiting(NamedTuple):
    """Charges that were decided and not sent yet, and those that were sent and got no answer."""

    to_be_sent: int
    unknown: int


def ahead(cursor: Cursor, ctx: AccountContext) -> list[Ahead]:
    """What the next runs bill, the currency with most subscriptions first."""
    until = ctx.today + timedelta(days=WEEK)
    rows = _rows(cursor, "billing_ahead", account_id=ctx.id, today=ctx.today, until=until)
    return [Ahead(*row) for row in rows]


def parked(cursor: Cursor, account_id: int) -> list[ParkedRow]:
    """What was put aside, longest waiting first; one more than is shown."""
    rows = _rows(cursor, "billing_parked", account_id=account_id, limit=PARKED_SHOWN + 1)
    return [ParkedRow(*row) for row in rows]


def failed(cursor: Cursor, account_id: int) -> list[FailedRow]:
    """Charges that failed, the newest subscription first; one more than is shown."""
    rows = _rows(cursor, "billing_failed", account_id=account_id, limit=FAILED_SHOWN + 1)
    return [FailedRow(*row) for row in rows]


def waiting(cursor: Cursor, account_id: int) -> Waiting:
    """Charges without an outcome."""
    cursor.execute(
        "SELECT count(*) FILTER (WHERE status = 'intended'), count(*) FILTER (WHERE status = 'sent') "
        "FROM charge_attempt WHERE account_id = %(account_id)s AND status IN ('intended', 'sent')",
        {"account_id": account_id},
    )
    return Waiting(*cursor.fetchall()[0])


def _rows(cursor: Cursor, name: str, **params: Any) -> list[Any]:
    cursor.execute(load("kalends.staff", name), params)
    return list(cursor.fetchall())
