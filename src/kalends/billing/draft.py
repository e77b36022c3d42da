"""Invoices that are written by hand: a draft follows its lines, and issuing it makes a claim of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load
from kalends.core.money import from_minor
from kalends.core.postings import invoice_issued
from kalends.core.pricing import LineTerms, PricedDocument, price_document, validate_line
from kalends.core.terms import ImpossibleTerms, OrderDiscount
from kalends.events import journal
from kalends.ledger import book


class CannotIssue(ValueError):
    """A draft that cannot become an invoice; the message says why and what can be done."""


def price_draft(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> PricedDocument:
    """Work out the lines and totals of a draft, and write them down. Raises ``CannotIssue`` for impossible terms.

    An order discount that the draft has (of a checkout's code) is shared among its lines.
    """
    params = {"account_id": ctx.id, "id": invoice_id}
    rows = db.execute(load("kalends.billing", "lines_of_draft"), params).fetchall()
    currency = rows[0][0] if rows else ctx.currency
    terms: list[LineTerms] = []
    for _, _, number, name, *parts in rows:
        line = LineTerms(*parts)
        try:
            validate_line(line, currency)
        except ImpossibleTerms as wrong:
            raise CannotIssue(f"Line item {number} ({name}): {wrong}") from wrong
        terms.append(line)
    off = [OrderDiscount(amount=from_minor(rows[0][1], currency))] if rows and rows[0][1] else []
    priced = price_document(tuple(terms), currency, off)
    lines = [(row[2], *line[:5]) for row, line in zip(rows, priced.lines, strict=True)]
    names = ("ids", "gross", "discounts", "nets", "taxes", "totals")
    db.execute(
        load("kalends.billing", "price_draft"),
        {
            **params,
            **arrays(names, lines),
            "now": ctx.now,
            "subtotal": priced.subtotal_minor,
            "discount": priced.discount_minor,
            "tax": priced.tax_minor,
            "total": priced.total_minor,
        },
    )
    return priced


def issue_draft(db: Connection[Any], ctx: AccountContext, invoice_id: int, *, actor: str = "system") -> str:
    """Make an invoice of a draft: numbered, claimed and never a draft again; returns its number.

    It is dated as the draft says, or today. One that comes to nothing is paid at once. Raises ``CannotIssue`` when it
    is no draft, has no contact or no line item, or would be due before its date.
    """
    with db.transaction():
        row = db.execute(
            "SELECT status, contact_id, currency, invoice_date, due_date, net_terms_days FROM invoice "
            "WHERE account_id = %s AND id = %s FOR UPDATE",
            [ctx.id, invoice_id],
        ).fetchone()
        if row is None:
            raise CannotIssue(f"There is no invoice {invoice_id} in this account.")
        status, contact_id, currency, dated, due, terms = row
        if status != "draft":
            raise CannotIssue(f"Invoice {invoice_id} is {status}: only a draft can be issued.")
        if contact_id is None:
            raise CannotIssue("The invoice needs a contact to bill: associate one with it first.")
        priced = price_draft(db, ctx, invoice_id)
        if not priced.lines:
            raise CannotIssue("The invoice needs at least one line item: associate one with it first.")
        dated = dated or ctx.today
        due = due or date.fromordinal(dated.toordinal() + terms)
        if due < dated:
            raise CannotIssue(
                f"The invoice would be due on {due}, before its date, {dated}. Change one of them."
            )
        return _write(db, ctx, invoice_id, currency, priced, dated, due, actor)


def _write(
    db: Connection[Any],
    ctx: AccountContext,
    invoice_id: int,
    currency: str,
    priced: PricedDocument,
    dated: date,
    due: date,
    actor: str,
) -> str:
    total, tax = priced.total_minor, priced.tax_minor
    shared = {"account_id": ctx.id, "prefix": ctx.settings.invoice_prefix, "count": 1}
    taken = db.execute(load("kalends.billing", "take_numbers"), shared).fetchone()
    assert taken is not None
    number = f"{ctx.settings.invoice_prefix}{taken[0]}"
    after = "open" if total else "paid"
    db.execute(
        load("kalends.billing", "issue_draft"),
        {
            "account_id": ctx.id,
            "id": invoice_id,
            "number": number,
            "status": after,
            "date": dated,
            "due": due,
            "terms": (due - dated).days,
            "now": ctx.now,
        },
    )
    book.post(
        db, ctx.id, [book.Entry(invoice_id, 0, dated, currency, invoice_issued(total - tax, tax), invoice_id)]
    )
    data = {
        "total_minor": total,
        "currency": currency,
        **journal.changed(status=("draft", after), number=(None, number)),
    }
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent("invoice.finalized", "invoice", invoice_id, None, data)], actor
    )
    return number
