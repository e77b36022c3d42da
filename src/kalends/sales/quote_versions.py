"""The versions of quotes as they were published: read, made, and withdrawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.core.adjustments import CannotAdjust
from kalends.core.checkout import is_chargeable
from kalends.core.money import format_minor, minimum_charge
from kalends.events import journal
from kalends.sales.link_lines import sold_lines
from kalends.sales.quote_amounts import amounts_of
from kalends.sales.quote_document import write_document
from kalends.sales.quotes import Quote, QuoteRefused, find_quote, parties_of

Db = Connection[Any]
EMPTIED = "{}"
"""The document of a version that nobody agreed to and whose buyer was erased."""
_SELECT = (
    "SELECT id, quote_id, number, public_key, document, document_hash, pdf_hash, published_at, withdrawn_at "
    "FROM quote_version WHERE account_id = %s"
)


class NoSuchVersion(LookupError):
    """There is no such version of a quote in this account."""


@dataclass(frozen=True)
class Version:
    """A quote as it was published."""

    id: int
    quote_id: int
    number: int
    public_key: UUID
    document: str
    document_hash: str
    pdf_hash: str
    published_at: datetime
    withdrawn_at: datetime | None

    @cached_property
    def content(self) -> dict[str, Any]:
        """What its canonical JSON says."""
        return json.loads(self.document)


def version_of_key(db: Db, ctx: AccountContext, key: UUID) -> Version:
    """The version at a public address. Raises :class:`NoSuchVersion`, for one too whose buyer was erased."""
    row = db.execute(_SELECT + " AND public_key = %s", [ctx.id, key]).fetchone()
    if row is None or row[4] == EMPTIED:
        raise NoSuchVersion("There is no such quote in this account.")
    return Version(*row)


def current_version(db: Db, ctx: AccountContext, quote_id: int) -> Version | None:
    """The version that buyers read now; None of a draft."""
    row = db.execute(_SELECT + " AND quote_id = %s AND withdrawn_at IS NULL", [ctx.id, quote_id]).fetchone()
    return None if row is None else Version(*row)


def pdf_of(db: Db, ctx: AccountContext, version_id: int) -> bytes:
    """The page of a version: the signed one, once it was accepted."""
    row = db.execute(
        "SELECT coalesce(a.pdf, v.pdf) FROM quote_version AS v LEFT JOIN quote_acceptance AS a "
        "ON a.account_id = v.account_id AND a.version_id = v.id WHERE v.account_id = %s AND v.id = %s",
        [ctx.id, version_id],
    ).fetchone()
    if row is None or not row[0]:
        raise NoSuchVersion(f"There is no version {version_id} of a quote in this account.")
    return bytes(row[0])


def language_of_quote(db: Db, ctx: AccountContext, quote: Quote, contact_id: int | None) -> str:
    """In which language a quote is written: its own, its contact's, the account's."""
    row = db.execute(
        "SELECT language FROM contact WHERE account_id = %s AND id = %s", [ctx.id, contact_id]
    ).fetchone()
    return quote.language or (row[0] if row else None) or ctx.language


def make_version(db: Db, ctx: AccountContext, quote_id: int, actor: str) -> Version:
    """Keep a quote as it is published, in the caller's transaction, which has locked it. Raises ``QuoteRefused``."""
    quote, parties = find_quote(db, ctx, quote_id), parties_of(db, ctx, quote_id)
    refuse_unfit(db, ctx, quote)
    assert parties.contact_id is not None
    row = db.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM quote_version WHERE account_id = %s AND quote_id = %s",
        [ctx.id, quote_id],
    ).fetchone()
    assert row is not None
    number = row[0]
    written = write_document(
        db,
        ctx,
        quote,
        number,
        contact_id=parties.contact_id,
        company_id=parties.company_id,
        language=language_of_quote(db, ctx, quote, parties.contact_id),
    )
    db.execute(
        "INSERT INTO quote_version (account_id, quote_id, number, public_key, document, document_hash, pdf, pdf_hash, "
        "published_at, published_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [ctx.id, quote_id, number, quote.public_key, *written, ctx.now, actor],
    )
    slug = f"quote/{ctx.id}/{quote.public_key}"
    db.execute(
        "UPDATE quote SET domain = %s, slug = %s, pdf_url = %s WHERE account_id = %s AND id = %s",
        [urlsplit(settings.PUBLIC_URL).netloc, slug, f"{settings.PUBLIC_URL}/{slug}/pdf", ctx.id, quote_id],
    )
    data = {"version": number, "document_hash": written.document_hash, "pdf_hash": written.pdf_hash}
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent("quote.published", "quote", quote_id, None, data)], actor
    )
    made = current_version(db, ctx, quote_id)
    assert made is not None
    return made


def refuse_unfit(db: Db, ctx: AccountContext, quote: Quote) -> None:
    """Raise ``QuoteRefused`` unless the quote is complete: a deal, a contact, a line item, a day that is to come."""
    parties = parties_of(db, ctx, quote.id)
    if parties.deal_id is None:
        raise QuoteRefused("no_deal", "A quote belongs to a deal: associate it with one first.")
    if parties.contact_id is None:
        raise QuoteRefused(
            "no_contact", "Nobody is offered anything yet: associate the quote with a contact first."
        )
    lines = sold_lines(db, ctx, "quote", quote.id)
    if not any(not line.offered.optional for line in lines):
        raise QuoteRefused("no_line", "The quote offers nothing yet: add a line item.")
    if quote.is_expired(ctx.today):
        raise QuoteRefused("expired", f"The quote expired on {quote.expiration_date}: give a later day.")
    currency = quote.currency or ctx.currency
    rows = db.execute(
        "SELECT DISTINCT currency FROM line_item WHERE account_id = %s AND parent_type = 'quote' AND parent_id = %s "
        "AND archived_at IS NULL AND currency <> %s",
        [ctx.id, quote.id, currency],
    ).fetchall()
    if rows:
        raise QuoteRefused(
            "currency", f"Line items are in {rows[0][0]}, and the quote in {currency}: change one."
        )
    try:
        offer = amounts_of(db, ctx, quote)
    except CannotAdjust as wrong:
        raise QuoteRefused("adjustment", str(wrong)) from wrong
    if quote.payment_enabled and not is_chargeable(offer):
        least = format_minor(minimum_charge(currency, ctx.today), currency)
        raise QuoteRefused(
            "too_small",
            f"A payment on the quote's page would be below {least}, the smallest charge: ask for more, or for no "
            "payment.",
        )


def withdraw(db: Db, ctx: AccountContext, quote_id: int, actor: str) -> None:
    """Take the published version back, in the caller's transaction: its page says so, and the next has a new address.

    Raises ``QuoteRefused`` for one that was paid, is being paid or was converted: it would be billed a second time.
    """
    version = current_version(db, ctx, quote_id)
    if version is None:
        return
    state = payment_state(db, ctx, quote_id)
    if state is not None:
        code = "being_paid" if state == "paying" else "paid"
        raise QuoteRefused(code, "The quote was paid, or is being paid: it stays as it is.")
    made = conversion_of(db, ctx, quote_id)
    if made is not None:
        text = f"The quote was converted, to {made}: it stays as it is. Make another one of the deal."
        raise QuoteRefused("converted_stays", text)
    db.execute(
        "UPDATE quote_version SET withdrawn_at = %s WHERE account_id = %s AND id = %s",
        [ctx.now, ctx.id, version.id],
    )
    db.execute(
        "UPDATE quote SET public_key = gen_random_uuid(), domain = NULL, slug = NULL, pdf_url = NULL, "
        "accepted_at = NULL WHERE account_id = %s AND id = %s",
        [ctx.id, quote_id],
    )
    event = journal.NewEvent("quote.recalled", "quote", quote_id, None, {"version": version.number})
    journal.write(db, ctx.id, ctx.now, [event], actor)


@dataclass(frozen=True, slots=True)
class Converted:
    """What a quote was made into."""

    subscriptions: list[int]
    invoices: list[int]

    def __str__(self) -> str:
        named = (
            *(f"subscription {each}" for each in self.subscriptions),
            *(f"invoice {each}" for each in self.invoices),
        )
        return ", ".join(named)


def conversion_of(db: Db, ctx: AccountContext, quote_id: int) -> Converted | None:
    """What a quote was made into without a payment on its page, if it was: by whichever of its versions."""
    row = db.execute(
        "SELECT c.made -> 'subscriptions', c.made -> 'invoices' FROM quote_version AS v JOIN quote_conversion AS c "
        "ON c.account_id = v.account_id AND c.version_id = v.id WHERE v.account_id = %s AND v.quote_id = %s "
        "ORDER BY v.number DESC LIMIT 1",
        [ctx.id, quote_id],
    ).fetchone()
    return None if row is None else Converted(*row)


def payment_state(db: Db, ctx: AccountContext, quote_id: int) -> str | None:
    """``done`` of a quote that was paid at checkout, ``paying`` while a payment's answer is outstanding; else None."""
    row = db.execute(
        "SELECT min(status) FROM checkout WHERE account_id = %s AND source = 'quote' AND source_id = %s "
        "AND status IN ('done', 'paying')",
        [ctx.id, quote_id],
    ).fetchone()
    return None if row is None else row[0]
