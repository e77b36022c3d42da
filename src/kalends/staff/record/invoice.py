"""One invoice as a document, with what was paid on it and why it comes to its amount."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from kalends.accounts.letterhead import LogoName
from kalends.core.pricing import price_document
from kalends.core.terms import TAX
from kalends.documents.invoice import seller_of
from kalends.documents.logo import read_logos
from kalends.messages.letters.formats import Formats, locale_of
from kalends.proof.explain import explain_invoice
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.cells import initials
from kalends.staff.forbidden import NoRecord
from kalends.staff.money_rows import credit_note_entry, payment_entry
from kalends.staff.queries import record as read
from kalends.staff.queries.credit import CreditRow, credit_of_invoice
from kalends.staff.visit import Visit
from kalends.staff.why import tell


def id_of(cursor: Cursor, visit: Visit, number: str) -> int:
    """The id of the invoice of that number, or of that id. Raises ``Http404``."""
    invoice = read.document(cursor, visit.ctx.id, number)
    if invoice is None:
        raise Http404(f"no invoice {number}")
    return invoice.id


def middle(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """The invoice as a document, with what was paid on it; the user may see it."""
    invoice = read.document(cursor, visit.ctx.id, str(id_))
    if invoice is None:
        raise NoRecord("invoice", id_)
    lines = read.lines(cursor, visit.ctx.id, "invoice", invoice.id)
    paid = read.payments(cursor, visit.ctx.id, invoice_id=invoice.id)
    seen = visit.among("view", "payment", [each.id for each in paid])
    credit = credit_of_invoice(cursor, visit.ctx.id, invoice.id)
    name = invoice.number or _("Draft %(id)s") % {"id": invoice.id}
    return {
        "title": _("Invoice %(number)s") % {"number": name},
        "name": name,
        "invoice": invoice,
        "seller": _seller(visit, invoice.tax_ids),
        "bill_to": invoice.company_name or invoice.contact_name or invoice.contact_email or "",
        "address": _address(visit, invoice),
        "lines": [_line(each) for each in lines if each.terms.levy != TAX],
        "totals": _totals(invoice, lines, credit),
        "answers": (invoice.checkout_answers or "").splitlines(),
        "balance": formatting.minor(invoice.balance_minor, invoice.currency),
        "payments": [payment_entry(each, visit) for each in paid if each.id in seen],
        "credit_notes": [credit_note_entry(each, visit, invoice.id) for each in credit if each.number],
        "why": tell(
            explain_invoice(visit.psycopg(), visit.ctx, invoice.number or str(invoice.id)), visit.language
        )
        if lines
        else None,
    }


def _seller(visit: Visit, tax_id: str | None) -> dict[str, Any]:
    """Who sells: initial or logo, color, and the lines below the name."""
    own, party = visit.ctx.letterhead, seller_of(visit.ctx, tax_id)
    picture = read_logos(visit.psycopg(), visit.ctx.id, [own.logo]).get(own.logo)
    lines = (
        *party.address,
        _formats(visit).country(party.country) if party.country else "",
        party.tax_id,
        party.email,
    )
    return {
        "initial": initials(visit.ctx.name)[:1],
        "color": own.brand_color,
        "ink": own.ink,
        "logo": f"data:image/png;base64,{base64.b64encode(picture).decode()}" if picture else "",
        "stands_alone": bool(picture) and LogoName.read(own.logo).stands_alone,
        "address": "\n".join(filter(None, lines)),
    }


def _formats(visit: Visit) -> Formats:
    return Formats(locale_of(visit.language, visit.ctx.country))


def _address(visit: Visit, invoice: read.Document) -> str:
    """Who is billed, below the first name: lines as on an envelope."""
    town = " ".join(filter(None, (invoice.zip, invoice.city)))
    person = invoice.contact_name if invoice.company_name else None
    parts = (
        person,
        invoice.street,
        invoice.street2,
        town,
        invoice.state,
        _formats(visit).country(invoice.country) if invoice.country else None,
        invoice.contact_email,
    )
    return "\n".join(filter(None, parts))


def _period(start: Any, end: Any) -> str:
    """First and last day of a period whose end is the first day of the next one."""
    if start is None or end is None:
        return ""
    given = {"first": formatting.day(start), "last": formatting.day(end - timedelta(days=1))}
    return _("%(first)s to %(last)s") % given


def _line(line: read.Line) -> dict[str, Any]:
    terms = line.terms
    less = ""
    if terms.discount_percent:
        less = _("less %(percent)s %%") % {"percent": formatting.number(terms.discount_percent)}
    elif terms.discount_per_unit:
        less = _("less %(amount)s each") % {
            "amount": formatting.price(terms.discount_per_unit, line.currency)
        }
    return {
        "name": line.name,
        "under": ", ".join(
            filter(None, (line.description, _period(line.period_start, line.period_end), less))
        ),
        "quantity": formatting.number(terms.quantity),
        "price": formatting.price(terms.unit_price, line.currency),
        "tax": f"{formatting.number(terms.tax_rate)} %" if terms.tax_rate else "--",
        "net": formatting.minor(line.net_minor or 0, line.currency),
    }


def _totals(invoice: read.Document, lines: list[read.Line], credit: list[CreditRow]) -> list[dict[str, Any]]:
    """The column under the lines, from the invoice's own figures; taxes one by one where the lines say them."""

    def row(label: str, minor: int, *, strong: bool = False) -> dict[str, Any]:
        return {"label": label, "money": formatting.minor(minor, invoice.currency), "strong": strong}

    rows = [row(_("Net amount"), invoice.subtotal_minor)]
    if invoice.order_discount_minor:
        rows.append(row(_("Discount"), -invoice.order_discount_minor))
    if invoice.fees_minor:
        rows.append(row(_("Fees"), invoice.fees_minor))
    rows += _taxes(invoice, lines, row)
    rows.append(row(_("Total"), invoice.total_minor, strong=True))
    if invoice.paid_minor:
        rows.append(row(_("Paid"), -invoice.paid_minor))
    for each in credit:
        if each.applied_minor:
            label = _("Credit note %(number)s") % {"number": each.number} if each.number else _("Credit used")
            rows.append(row(label, -each.applied_minor))
    return rows


def _taxes(invoice: read.Document, lines: list[read.Line], row: Any) -> list[dict[str, Any]]:
    if not invoice.tax_minor:
        return []
    priced = price_document([line.terms for line in lines], invoice.currency) if lines else None
    if priced is None or priced.tax_minor != invoice.tax_minor:
        return [row(_("Tax"), invoice.tax_minor)]
    return [
        row(
            _("Tax %(rate)s %% of %(base)s")
            % {
                "rate": formatting.number(tax.rate),
                "base": "".join(formatting.minor(tax.base_minor, invoice.currency)[:2]),
            },
            tax.tax_minor,
        )
        for tax in priced.taxes
    ] + [row(line.name, line.tax_minor or 0) for line in lines if line.terms.levy == TAX]
