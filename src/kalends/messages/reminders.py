"""Reminders: letters that a day brings by itself, some days before a payment is charged or an invoice falls due.

Both are off until the account sets how many days before; both are decided from the hour at which its charges start.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, LiteralString

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import array, load
from kalends.core.calendar import Frequency
from kalends.core.lifecycle import Status, may_be_charged
from kalends.platform.patience import patient

SHORT_CYCLE_DAYS = 14
"""A payment that comes this often is not announced each time."""

INVOICE_REMINDER_DAYS_MAX = 7
"""How long before its due date an invoice may be brought to mind, at most."""

_SHORT = array([each.value for each in Frequency if 0 < each.days <= SHORT_CYCLE_DAYS])
_CHARGED = array([status.value for status in Status if may_be_charged(status)])
_INSERT: LiteralString = (
    "INSERT INTO message "
    "(account_id, kind, object_id, occasion, recipient, contact_id, language, status, created_at) "
)
_ONCE: LiteralString = " ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING"


@patient
def queue_reminders(db: Connection[Any], ctx: AccountContext) -> int:
    """Decide on the reminders that are due; returns how many are new. Asked again on the same day, it finds none."""
    return sum(db.execute(_INSERT + due + _ONCE, params).rowcount for due, params in _due(ctx))


def reminders_are_due(db: Connection[Any], ctx: AccountContext) -> bool:
    """Whether :func:`queue_reminders` would find any."""
    for due, params in _due(ctx):
        row = db.execute("SELECT EXISTS (" + due + ")", params).fetchone()
        if row is not None and row[0]:
            return True
    return False


def next_reminder(db: Connection[Any], ctx: AccountContext) -> date | None:
    """The first day after the present billing day on which a reminder may fall due; None if there is none to come."""
    payment_days, invoice_days = _days(ctx)
    if not payment_days and not invoice_days:
        return None
    params = {
        "account_id": ctx.id,
        "payment_days": payment_days,
        "invoice_days": invoice_days,
        "payments_until": ctx.billing_day + timedelta(days=payment_days),
        "invoices_until": ctx.billing_day + timedelta(days=invoice_days),
        "short": _SHORT,
    }
    row = db.execute(load("kalends.messages", "next_reminders"), params).fetchone()
    assert row is not None
    return min((day for day in row if day is not None), default=None)


def _days(ctx: AccountContext) -> tuple[int, int]:
    """How many days before a payment and before an invoice's due date customers are reminded; 0 for never."""
    settings = ctx.settings
    return max(settings.reminder_days, 0), min(
        max(settings.invoice_reminder_days, 0), INVOICE_REMINDER_DAYS_MAX
    )


def _due(ctx: AccountContext) -> Iterator[tuple[LiteralString, dict[str, Any]]]:
    """The queries that find the reminders which are due, as rows of the outbox."""
    payment_days, invoice_days = _days(ctx)
    if payment_days:
        params = {**_window(ctx, payment_days), "charged": _CHARGED, "short": _SHORT}
        yield load("kalends.messages", "payment_reminders_due"), params
    if invoice_days:
        params = {**_window(ctx, invoice_days), "days": invoice_days}
        yield load("kalends.messages", "invoice_reminders_due"), params


def _window(ctx: AccountContext, days: int) -> dict[str, Any]:
    """The days after today that are near enough to be told of."""
    return {
        "account_id": ctx.id,
        "now": ctx.now,
        "status": ctx.settings.letters,
        "today": ctx.today,
        "until": ctx.billing_day + timedelta(days=days),
    }
