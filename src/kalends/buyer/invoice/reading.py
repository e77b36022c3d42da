"""What an invoice's page shows besides the document: who reads it, what was paid, and why it comes to its amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from kalends.accounts.signed_links import SignedLink
from kalends.buyer.door import Guest, NotThere
from kalends.core.calendar import local_date
from kalends.documents.invoice import read_invoice
from kalends.documents.logo import read_logos
from kalends.documents.sheet import Sheet, sheet
from kalends.documents.typeset import typeset
from kalends.messages.letters.facts import Method
from kalends.messages.letters.words import method_words
from kalends.payments.pay_now import Payable, payable
from kalends.proof.explain import explain_invoice
from kalends.proof.tell import Why, Writer, tell


class Reader(NamedTuple):
    """The contact to whose letter a link came, and who may use what is stored for them; nobody by other links."""

    id: int = 0
    name: str | None = None
    email: str | None = None
    language: str | None = None


class PaidPart(NamedTuple):
    """A payment of the invoice that has arrived or is on its way."""

    on: date
    how: str
    amount_minor: int
    refunded_minor: int
    is_under_way: bool


def reader_of(guest: Guest, contact_id: int) -> Reader:
    """The contact of a link."""
    row = guest.db.execute(
        "SELECT id, nullif(concat_ws(' ', first_name, last_name), ''), email, language FROM contact "
        "WHERE account_id = %s AND id = %s AND archived_at IS NULL",
        [guest.ctx.id, contact_id],
    ).fetchone()
    return Reader(*row) if row else Reader()


def invoice_of(guest: Guest, link: SignedLink) -> Payable:
    """The invoice that a link leads to; one that is not issued or was deleted is not there. Raises ``NotThere``."""
    found = payable(guest.db, guest.ctx, link.record_id)
    if found is None or found.archived or found.status == "draft":
        raise NotThere
    return found


def sheet_for(guest: Guest, invoice_id: int) -> Sheet:
    """The document in words, in the language of the page."""
    document = read_invoice(guest.db, guest.ctx, invoice_id)
    return sheet(replace(document, language=guest.language))


def pdf_for(guest: Guest, invoice_id: int) -> tuple[str, bytes]:
    """The name of the PDF, and the PDF as it went out: in the invoice's own language."""
    page = sheet(read_invoice(guest.db, guest.ctx, invoice_id))
    logo = read_logos(guest.db, guest.ctx.id, [page["logo"]]).get(page["logo"])
    return page["file_name"], typeset(page, logo)


def why_for(guest: Guest, found: Payable) -> Why:
    """Why the invoice comes to its amount."""
    formats = guest.formats
    writer = Writer(guest.language, formats.locale, formats.figure, formats.short_day)
    return tell(explain_invoice(guest.db, guest.ctx, found.number or str(found.id)), writer)


def paid_parts(guest: Guest, invoice_id: int) -> list[PaidPart]:
    """The invoice's payments, oldest first; what was declined is none."""
    rows: list[Any] = guest.db.execute(
        "SELECT coalesce(settled_at, initiated_at), method_kind, brand, last4, bank_or_issuer, amount_minor, "
        "refunded_minor, status = 'processing' FROM payment WHERE account_id = %s AND invoice_id = %s "
        "AND status <> 'failed' ORDER BY id",
        [guest.ctx.id, invoice_id],
    ).fetchall()
    return [_part(guest, *row) for row in rows]


def _part(
    guest: Guest,
    at: datetime,
    kind: str,
    brand: str | None,
    last4: str | None,
    bank: str | None,
    amount: int,
    refunded: int,
    under_way: bool,
) -> PaidPart:
    how = method_words(Method(kind, brand, last4, bank))
    on = local_date(at, guest.ctx.time_zone)
    return PaidPart(on, how[:1].upper() + how[1:], amount, refunded, under_way)
