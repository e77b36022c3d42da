"""How a quote takes part in a checkout: it is paid once, as it was published, and not after its day."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.core.adjustments import Adjustments, CannotAdjust, price_quote
from kalends.crm.association_reads import linked
from kalends.events import journal
from kalends.sales.link_lines import SoldLine, sold_lines
from kalends.sales.offers import Settled, SourceRules, Terms, register_source
from kalends.sales.quote_amounts import adjustments_of, named
from kalends.sales.quote_course import is_open_for
from kalends.sales.quote_document import is_as_shown
from kalends.sales.quote_versions import (
    conversion_of,
    current_version,
    language_of_quote,
    payment_state,
)
from kalends.sales.quotes import ACCEPTED, CLICK, SIGNATURE, Quote, find_quote, parties_of
from kalends.sales.trouble import Closed

Db = Connection[Any]


def register() -> None:
    """Say how quotes are bought."""
    register_source("quote", SourceRules(terms_of_quote, _lock, _paid, _deals, lambda _db, _ctx, _id: None))


def terms_of_quote(db: Db, ctx: AccountContext, quote_id: int) -> Terms:
    """What a quote sells, and what it asks of its buyer. Raises ``NoSuchQuote``."""
    quote = find_quote(db, ctx, quote_id)
    sold, adjustments = offered_lines(db, ctx, quote_id), _adjustments(db, ctx, quote)
    methods = quote.allowed_payment_methods
    closed = _closed(db, ctx, quote_id)
    try:
        price_quote([line.offered for line in sold], adjustments, quote.currency or ctx.currency, ctx.today)
    except CannotAdjust:
        adjustments, closed = Adjustments(), closed or "inactive"
    return Terms(
        name=quote.title,
        currency=quote.currency or ctx.currency,
        sold=sold,
        payment_app="QUOTE",
        subscription_app="quote",
        allowed_payment_methods=None if not methods else [each.lower() for each in methods],
        collect_billing_address=bool(quote.collect_billing_address),
        collect_shipping_address=bool(quote.collect_shipping_address),
        text_below_total=quote.terms,
        redirect_url=f"{settings.PUBLIC_URL}/quote/{ctx.id}/{quote.public_key}",
        language=quote.language,
        address=f"/quote/{ctx.id}/{quote.public_key}",
        owner_id=quote.owner_id,
        closed=closed,
        adjustments=adjustments,
    )


def _adjustments(db: Db, ctx: AccountContext, quote: Quote) -> Adjustments:
    """What is on the whole of it, by the names under which its buyer reads it."""
    adjustments = adjustments_of(db, ctx, quote.id)
    if adjustments == Adjustments():
        return adjustments
    language = language_of_quote(db, ctx, quote, parties_of(db, ctx, quote.id).contact_id)
    return named(adjustments, language, ctx.country)


def offered_lines(db: Db, ctx: AccountContext, quote_id: int) -> list[SoldLine]:
    """The lines of a quote: nothing of it is for the buyer to choose, so what is optional is not part of it."""
    return [
        line._replace(offered=line.offered._replace(chooses_quantity=False, chooses_price=False))
        for line in sold_lines(db, ctx, "quote", quote_id)
        if not line.offered.optional
    ]


def _closed(db: Db, ctx: AccountContext, quote_id: int) -> str | None:
    because = is_open_for(db, ctx, quote_id)
    if because is not None:
        return because
    quote, version = find_quote(db, ctx, quote_id), current_version(db, ctx, quote_id)
    assert version is not None
    if not quote.payment_enabled:
        return "inactive"
    # It is agreed to first, and then paid, where it asks for that.
    if quote.acceptance_method in (CLICK, SIGNATURE) and quote.status != ACCEPTED:
        return "inactive"
    if not is_as_shown(db, ctx, quote_id, version.content):
        return "inactive"
    paid = payment_state(db, ctx, quote_id) == "done"
    return "used" if paid or conversion_of(db, ctx, quote_id) is not None else None


def _lock(db: Db, ctx: AccountContext, quote_id: int, checkout_id: int) -> None:
    """Of all checkouts of a quote one is paid; the others are told before anything is charged."""
    db.execute("SELECT FROM quote WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, quote_id])
    because = _closed(db, ctx, quote_id)
    if because is not None:
        raise Closed(because)
    row = db.execute(
        "SELECT FROM checkout WHERE account_id = %s AND source = 'quote' AND source_id = %s "
        "AND status = 'paying' AND id <> %s LIMIT 1",
        [ctx.id, quote_id, checkout_id],
    ).fetchone()
    if row is not None:
        raise Closed("used")


def _paid(db: Db, ctx: AccountContext, quote_id: int, settled: Settled) -> None:
    db.execute(
        "UPDATE quote SET status = 'ACCEPTED', accepted_at = coalesce(accepted_at, %s), updated_at = %s "
        "WHERE account_id = %s AND id = %s",
        [ctx.now, ctx.now, ctx.id, quote_id],
    )
    data = {
        "checkout": settled.checkout_id,
        "contact": settled.contact_id,
        "amount_minor": settled.paid_minor,
        "currency": settled.currency,
        "pending": settled.pending,
    }
    journal.write(db, ctx.id, ctx.now, [journal.NewEvent("quote.paid", "quote", quote_id, None, data)])


def _deals(db: Db, ctx: AccountContext, quote_id: int) -> list[int]:
    return [each.id for each in linked(db, ctx, "quote", [quote_id], "deal", limit=10).get(quote_id, [])]
