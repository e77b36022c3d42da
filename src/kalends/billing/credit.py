"""Credit notes: an invoice, or a part of it, is taken back line by line, with its tax.

What is still owed on the invoice becomes less; the rest is the customer's credit, which their next invoices use up
(:mod:`kalends.billing.balance`). No money moves. A note is never changed or taken back.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, load, take_ids
from kalends.core.credit import Credited, credit_part
from kalends.core.money import format_minor
from kalends.core.postings import credit_applied, credit_issued
from kalends.events import journal
from kalends.events.requests import once
from kalends.ledger import book
from kalends.messages import outbox
from kalends.payments.outcomes import recover_subscriptions


class CannotCredit(ValueError):
    """A credit note that cannot be written; the message says why and what can be done instead."""


class CreditedLine(NamedTuple):
    """What is to be taken back of an invoice line: ``total_minor`` with its tax, or None for all that is left of it.

    ``unused_from`` is the first day that is no longer charged, where days are taken back.
    """

    invoice_line_id: int
    total_minor: int | None = None
    unused_from: date | None = None


class IssuedNote(NamedTuple):
    """A credit note: of its total, ``applied_minor`` made its invoice smaller, the rest went to the balance."""

    id: int
    number: str
    total_minor: int
    applied_minor: int
    to_balance_minor: int


class _Invoice(NamedTuple):
    """An invoice with what was given on it and what of that went back."""

    number: str
    status: str
    currency: str
    total_minor: int
    paid_minor: int
    credited_minor: int
    subscription_id: int | None
    contact_id: int | None
    under_way: bool
    from_balance_minor: int
    refunded_minor: int
    disputed_minor: int
    to_balance_minor: int

    @property
    def owed_minor(self) -> int:
        """What is still to be paid."""
        return self.total_minor - self.paid_minor - self.credited_minor

    @property
    def kept_minor(self) -> int:
        """What the customer gave, in money and in credit, and did not get back."""
        given = self.paid_minor + self.from_balance_minor
        return max(0, given - self.refunded_minor - self.disputed_minor - self.to_balance_minor)


class _Line(NamedTuple):
    id: int
    name: str
    net_minor: int
    tax_minor: int
    credited_minor: int

    @property
    def left_minor(self) -> int:
        """What can still be taken back of it."""
        return self.net_minor + self.tax_minor - self.credited_minor


class _Part(NamedTuple):
    line: _Line
    taken: Credited
    unused_from: date | None


class _Note(NamedTuple):
    """A note worked out, before it is written."""

    parts: Sequence[_Part]
    net_minor: int
    tax_minor: int
    applied_minor: int
    to_balance_minor: int

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


def issue_credit_note(
    db: Connection[Any],
    ctx: AccountContext,
    invoice_id: int,
    lines: Sequence[CreditedLine] | None = None,
    *,
    reason: str = "",
    actor: str = "system",
    request_key: str | None = None,
) -> IssuedNote:
    """Take back ``lines`` of an open or paid invoice, or everything that is left of it.

    Crediting every line, in any order and in any number of parts, gives the invoice to the cent. What is still owed
    is reduced first; an invoice that then owes nothing is paid, and a subscription that was behind for it alone is
    active again. The rest goes to the contact's balance, never more than the customer has paid and not got back.
    The same ``request_key`` again gives the first note.

    Raises ``CannotCredit``, and ``RequestKeyRefused`` for a key that belongs to another request.
    """
    asked = {
        "invoice": invoice_id,
        "lines": None if lines is None else [list(line) for line in lines],
        "reason": reason,
    }

    def issue() -> int:
        db.execute(load("kalends.billing", "lock_invoice"), {"account_id": ctx.id, "id": invoice_id})
        db.execute("SELECT FROM invoice WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, invoice_id])
        invoice = _read(db, ctx, invoice_id)
        note = _worked_out(invoice, _lines(db, ctx, invoice_id), lines)
        _refuse(invoice, note)
        return _write(db, ctx, invoice_id, invoice, note, reason, actor)

    return _issued(db, ctx, once(db, ctx, "credit_note", request_key, asked, issue, actor=actor))


def _read(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> _Invoice:
    params = {"account_id": ctx.id, "id": invoice_id}
    row = db.execute(load("kalends.billing", "invoice_to_credit"), params).fetchone()
    if row is None:
        raise CannotCredit(f"There is no invoice {invoice_id} in this account.")
    invoice = _Invoice(*row)
    if invoice.status == "draft":
        raise CannotCredit("A draft is not credited. Change it, or delete it.")
    if invoice.status == "voided":
        raise CannotCredit(
            f"Invoice {invoice.number} is voided: nobody owes it, so nothing is left to credit."
        )
    return invoice


def _lines(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> dict[int, _Line]:
    params = {"account_id": ctx.id, "id": invoice_id}
    return {row[0]: _Line(*row) for row in fetch(db, load("kalends.billing", "lines_to_credit"), params)}


def _worked_out(invoice: _Invoice, lines: dict[int, _Line], asked: Sequence[CreditedLine] | None) -> _Note:
    if asked is None:
        asked = [CreditedLine(id_) for id_ in lines]
    if len({line.invoice_line_id for line in asked}) != len(asked):
        raise CannotCredit("A line stands twice in one credit note. Add its amounts up.")
    parts: list[_Part] = []
    for wanted in asked:
        line = lines.get(wanted.invoice_line_id)
        if line is None:
            raise CannotCredit(f"Invoice {invoice.number} has no line {wanted.invoice_line_id}.")
        part = line.left_minor if wanted.total_minor is None else wanted.total_minor
        if not 0 <= part <= line.left_minor:
            raise CannotCredit(
                f"{format_minor(part, invoice.currency)} cannot be credited of {line.name} on invoice "
                f"{invoice.number}: {format_minor(line.left_minor, invoice.currency)} is left of that line."
            )
        if part:
            taken = credit_part(line.net_minor, line.tax_minor, line.credited_minor, part)
            parts.append(_Part(line, taken, wanted.unused_from))
    net, tax = sum(part.taken.net_minor for part in parts), sum(part.taken.tax_minor for part in parts)
    applied = min(net + tax, invoice.owed_minor)
    return _Note(parts, net, tax, applied, net + tax - applied)


def _refuse(invoice: _Invoice, note: _Note) -> None:
    """Raise where the note would take back nothing, too much, or what is being collected."""
    currency, number = invoice.currency, invoice.number
    if not note.total_minor:
        raise CannotCredit(
            f"There is nothing to credit: of invoice {number} nothing is left, or nothing was asked."
        )
    if note.applied_minor and invoice.under_way:
        raise CannotCredit(
            f"Invoice {number} is being charged right now, so what is owed on it cannot be changed. "
            f"Wait until that charge is settled."
        )
    if note.to_balance_minor > invoice.kept_minor:
        most = format_minor(invoice.owed_minor + invoice.kept_minor, currency)
        back = {
            "was given back by refunds": invoice.refunded_minor,
            "is disputed at the customer's bank": invoice.disputed_minor,
            "went to the customer's balance": invoice.to_balance_minor,
        }
        told = ", ".join(f"{format_minor(minor, currency)} {words}" for words, minor in back.items() if minor)
        raise CannotCredit(
            f"{format_minor(note.total_minor, currency)} cannot be credited: of what was paid on invoice {number}, "
            f"{told}, and nothing is given back twice. Credit at most {most}."
        )
    if note.to_balance_minor and invoice.contact_id is None:
        raise CannotCredit(
            f"Invoice {number} has no contact, so nobody has a balance for the "
            f"{format_minor(note.to_balance_minor, currency)} that was paid. Refund the payment instead."
        )


def _write(
    db: Connection[Any],
    ctx: AccountContext,
    invoice_id: int,
    invoice: _Invoice,
    note: _Note,
    reason: str,
    actor: str,
) -> int:
    """Write the note and all that follows from it, its number last; returns its id."""
    params: dict[str, Any] = {
        "account_id": ctx.id,
        "invoice_id": invoice_id,
        "subscription_id": invoice.subscription_id,
        "contact_id": invoice.contact_id,
        "currency": invoice.currency,
        "now": ctx.now,
        "today": ctx.today,
        "reason": reason,
        "net": note.net_minor,
        "tax": note.tax_minor,
        "total": note.total_minor,
        "applied": note.applied_minor,
        "to_balance": note.to_balance_minor,
    }
    if note.to_balance_minor:
        # Before the note has its id: whoever holds the balance takes the next id, so ids tell the order of its use.
        db.execute(load("kalends.billing", "add_to_balance"), {**params, "amount": note.to_balance_minor})
    params["id"], application_id = take_ids(db, 2)
    if note.applied_minor:
        applied = {**params, "application_id": application_id, "amount": note.applied_minor}
        db.execute(load("kalends.billing", "credit_invoice"), applied)
    _post(db, ctx, params, application_id)
    if note.applied_minor == invoice.owed_minor > 0 and invoice.subscription_id is not None:
        recover_subscriptions(db, ctx, [invoice.subscription_id])
    if invoice.contact_id is not None:
        letter = outbox.Letter("credit_note", params["id"], invoice.contact_id)
        outbox.queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)
    numbering = {"account_id": ctx.id, "prefix": ctx.settings.credit_note_prefix, "count": 1}
    taken = db.execute(load("kalends.billing", "take_numbers"), numbering).fetchone()
    assert taken is not None
    params["number"] = f"{ctx.settings.credit_note_prefix}{taken[0]}"
    rows = [(part.line.id, *part.taken, part.unused_from) for part in note.parts]
    lines = arrays(("lines", "nets", "taxes", "unused"), rows)
    db.execute(load("kalends.billing", "write_credit_note"), {**params, **lines})
    _announce(db, ctx, invoice, params, actor)
    return params["id"]


def _post(db: Connection[Any], ctx: AccountContext, params: dict[str, Any], application_id: int) -> None:
    currency, invoice_id = params["currency"], params["invoice_id"]
    issued = credit_issued(params["net"], params["tax"])
    applied = credit_applied(params["applied"])
    entries = [
        book.Entry(params["id"], 0, ctx.today, currency, issued, invoice_id),
        book.Entry(application_id, 0, ctx.today, currency, applied, invoice_id),
    ]
    book.post(db, ctx.id, entries)


def _announce(
    db: Connection[Any], ctx: AccountContext, invoice: _Invoice, params: dict[str, Any], actor: str
) -> None:
    credited = invoice.credited_minor + params["applied"]
    paid = invoice.paid_minor + credited == invoice.total_minor
    data = {
        "credit_note": params["id"],
        "number": params["number"],
        "amount_minor": params["total"],
        "applied_minor": params["applied"],
        "to_balance_minor": params["to_balance"],
        "currency": params["currency"],
        "reason": params["reason"] or None,
        **journal.changed(
            credited_minor=(invoice.credited_minor, credited),
            status=(invoice.status, "paid" if paid else invoice.status),
        ),
    }
    event = journal.NewEvent(
        "credit_note.issued", "invoice", params["invoice_id"], params["subscription_id"], data
    )
    journal.write(db, ctx.id, ctx.now, [event], actor)


def _issued(db: Connection[Any], ctx: AccountContext, note_id: int) -> IssuedNote:
    row = db.execute(
        "SELECT id, number, total_minor, applied_minor, to_balance_minor FROM credit_note "
        "WHERE account_id = %s AND id = %s",
        [ctx.id, note_id],
    ).fetchone()
    assert row is not None
    return IssuedNote(*row)
