"""Invoices and payments as entries of a card."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.catalog import OBJECTS
from kalends.core.calendar import local_date
from kalends.staff import formatting
from kalends.staff.methods import stored
from kalends.staff.queries.credit import CreditRow
from kalends.staff.queries.record import InvoiceRow, PaymentRow
from kalends.staff.reasons import reason
from kalends.staff.statuses import INVOICE, TONES, payment_icon
from kalends.staff.visit import Visit


def invoice_status(
    status: str, due: date | None, balance: int, today: date, language: str
) -> tuple[str, str]:
    """The status to show and its name; an open invoice beyond its due date is told to be overdue."""
    if status == "open" and balance and due is not None and due < today:
        return "overdue", _("Overdue")
    return status, OBJECTS["invoice"].by_name["hs_invoice_status"].option_label(status, language)


def invoice_entry(row: InvoiceRow, visit: Visit, today: date) -> dict[str, Any]:
    """An invoice that leads to its page."""
    status, label = invoice_status(row.status, row.due_date, row.balance_minor, today, visit.language)
    number = row.number or str(row.id)
    return {
        "number": number,
        "link": reverse("invoice", args=[visit.ctx.id, number]),
        "icon": INVOICE[status],
        "tone": TONES.get(status, "idle"),
        "status": status,
        "label": label,
        "day": formatting.day(row.invoice_date) if row.invoice_date else "",
        "money": formatting.minor(row.total_minor, row.currency),
        "retry": formatting.day(row.next_retry_on) if row.next_retry_on else "",
    }


def credit_note_entry(row: CreditRow, visit: Visit, invoice_id: int) -> dict[str, Any]:
    """A credit note of an invoice, with its reason and what became of it; it leads to its PDF."""
    kept = formatting.minor(row.to_balance_minor, row.currency) if row.to_balance_minor else None
    return {
        "number": row.number,
        "link": reverse("credit-note-pdf", args=[visit.ctx.id, invoice_id, row.id]),
        "day": formatting.day(row.day),
        "reason": row.reason,
        "money": formatting.minor(row.total_minor, row.currency),
        "to_balance": _("%(amount)s to the customer's credit") % {"amount": kept} if kept else "",
    }


def payment_entry(row: PaymentRow, visit: Visit) -> dict[str, Any]:
    """A payment with its method, and with its reason where it failed."""
    status = OBJECTS["payment"].by_name["hs_latest_status"]
    day = local_date(row.settled_at or row.initiated_at, visit.ctx.time_zone)
    return {
        "icon": payment_icon(row.status),
        "tone": TONES.get(row.status, "idle"),
        "status": row.status,
        "label": status.option_label(row.status, visit.language),
        "day": formatting.day(day),
        "method": stored(row.method_kind, row.brand, row.last4),
        "reason": reason(row.failure_code, row.failure_reason) if row.status == "failed" else "",
        "retry": formatting.day(row.next_retry_on) if row.next_retry_on else "",
        "money": formatting.minor(row.amount_minor, row.currency),
        "refunded": formatting.minor(row.refunded_minor, row.currency) if row.refunded_minor else None,
        "link": reverse("invoice", args=[visit.ctx.id, row.invoice_number or str(row.invoice_id)])
        if row.invoice_id
        else "",
    }
