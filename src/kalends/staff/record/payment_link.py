"""The middle of a payment link's page: where it leads, what it sells, and the checkouts that were begun on it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from kalends.catalog.options import FREQUENCIES
from kalends.core.choices import OfferedLine
from kalends.core.pricing import price_document
from kalends.query.context import Cursor
from kalends.sales.link_lines import lines_of
from kalends.sales.links import Link, find_link
from kalends.staff import formatting
from kalends.staff.links.share import address_of, without_processor
from kalends.staff.record.sales import line_rows
from kalends.staff.visit import Visit

_SHOWN = 10
_CHECKOUTS = """
    SELECT c.id, c.status, c.buyer ->> 'email', c.due_minor, c.currency, coalesce(c.done_at, c.updated_at),
        c.contact_id, c.made::text
    FROM checkout AS c
    WHERE c.account_id = %s AND c.source = 'payment_link' AND c.source_id = %s
    ORDER BY c.id DESC LIMIT %s
"""
_BEGUN = """
    SELECT count(*), count(*) FILTER (WHERE status = 'done') FROM checkout
    WHERE account_id = %s AND source = 'payment_link' AND source_id = %s
"""


class CheckoutRow(NamedTuple):
    """A checkout in the list."""

    status: str
    tone: str
    email: str
    amount: formatting.Money | None
    at: str
    pending: bool


def middle(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """Everything in the middle of the page."""
    link = find_link(visit.psycopg(), visit.ctx, id_)
    cursor.execute(_BEGUN, [visit.ctx.id, id_])
    begun, done = cursor.fetchall()[0]
    cursor.execute(_CHECKOUTS, [visit.ctx.id, id_, _SHOWN])
    rows = cursor.fetchall()
    seen = visit.among("view", "contact", [row[6] for row in rows if row[6]])
    return {
        "link": link,
        "address": address_of(visit.ctx.id, link.public_key),
        "without_processor": without_processor(visit),
        "begun": begun,
        "bought": done,
        "checkouts": [_checkout(visit, row, shown=row[6] is None or row[6] in seen) for row in rows],
        **_sold(cursor, visit, link),
    }


def _sold(cursor: Cursor, visit: Visit, link: Link) -> dict[str, Any]:
    """The line items with how often each is paid and what the buyer decides; the total leaves out optional ones."""
    offered = lines_of(visit.psycopg(), visit.ctx, "payment_link", link.id)
    rows = line_rows(cursor, visit, "payment_link", link.id)["lines"]
    fixed = [line.terms for line in offered if not line.optional]
    total = price_document(fixed, link.currency).total_minor if fixed else 0
    return {
        "lines": [{**row, "said": _said(visit, line)} for row, line in zip(rows, offered, strict=True)],
        "totals": [formatting.minor(total, link.currency)],
    }


def _said(visit: Visit, line: OfferedLine) -> list[str]:
    often = {each.value: each.label.in_language(visit.language) for each in FREQUENCIES}
    said = [_("One time") if line.frequency is None else often[line.frequency]]
    decides = (
        (line.optional, _("Optional: the buyer decides whether to take it")),
        (line.chooses_quantity, _("The buyer chooses the quantity")),
        (line.chooses_price, _("The buyer sets the price")),
    )
    return said + [words for decided, words in decides if decided]


def _checkout(visit: Visit, row: Any, *, shown: bool) -> CheckoutRow:
    _id, status, email, due_minor, currency, at, _contact, made = row
    pending = bool(made and json.loads(made).get("pending"))
    words = {"open": _("Not finished"), "paying": _("Being paid"), "done": _("Bought")}
    tones = {"open": "idle", "paying": "warn", "done": "ok"}
    moment: datetime = at
    return CheckoutRow(
        words.get(status, ""),
        tones.get(status, "idle"),
        (email or "") if shown else "",
        formatting.minor(due_minor, currency) if due_minor is not None else None,
        formatting.instant(moment, visit.ctx.time_zone),
        pending,
    )
