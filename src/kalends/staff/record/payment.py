"""The middle of a payment's page: its amounts, and its course through tries, refunds and disputes."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.accounts.sql import load
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.forbidden import NoRecord
from kalends.staff.methods import stored
from kalends.staff.reasons import reason
from kalends.staff.visit import Visit


def middle(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """What the middle of a payment's page shows; the user may see it."""
    cursor.execute(
        "SELECT status, currency, amount_minor, refunded_minor, fee_minor + platform_fee_minor, method_kind, brand, "
        "last4, failure_code, failure_reason, next_retry_on, initiated_at, settled_at, invoice_id "
        "FROM payment WHERE account_id = %s AND id = %s",
        [visit.ctx.id, id_],
    )
    rows = cursor.fetchall()
    if not rows:
        raise NoRecord("payment", id_)
    (
        status,
        currency,
        amount,
        refunded,
        fees,
        kind,
        brand,
        last4,
        code,
        told,
        retry,
        begun,
        settled,
        invoice,
    ) = rows[0]
    cursor.execute(load("kalends.staff", "payment_course"), {"account_id": visit.ctx.id, "id": id_})
    return {
        "amount": formatting.minor(amount, currency),
        "refunded": formatting.minor(refunded, currency),
        "fees": formatting.minor(fees, currency),
        "method": stored(kind, brand, last4),
        "initiated": formatting.instant(begun, visit.ctx.time_zone),
        "settled": formatting.instant(settled, visit.ctx.time_zone) if settled else "",
        "failed": reason(code, told) if status == "failed" else "",
        "retry": formatting.day(retry) if retry else "",
        "course": [_step(visit, *row) for row in cursor.fetchall()],
        "invoice_link": reverse("invoice", args=[visit.ctx.id, invoice])
        if invoice and visit.may("view", "invoice", invoice)
        else "",
    }


def _step(
    visit: Visit,
    kind: str,
    number: str,
    at: Any,
    status: str,
    amount: int,
    currency: str,
    code: str | None,
    note: str | None,
) -> dict[str, Any]:
    given = {"number": number}
    words = {
        "attempt": _("Charge, try %(number)s") % given,
        "refund": _("Refund %(number)s") % given,
        "dispute": _("Dispute"),
    }
    icon = {"attempt": "credit-card", "refund": "undo-2", "dispute": "triangle-alert"}[kind]
    return {
        "text": words[kind],
        "icon": icon,
        "tone": {"succeeded": "ok", "won": "ok", "failed": "bad", "lost": "bad"}.get(status, ""),
        "status": _status(status),
        "note": note or (reason(code, None) if code else ""),
        "when": formatting.instant(at, visit.ctx.time_zone),
        "money": formatting.minor(amount, currency),
    }


def _status(status: str) -> str:
    return {
        "succeeded": _("Succeeded"),
        "failed": _("Failed"),
        "processing": _("Under way"),
        "requested": _("Asked for"),
        "won": _("Won"),
        "lost": _("Lost"),
    }.get(status, _("Under way"))
