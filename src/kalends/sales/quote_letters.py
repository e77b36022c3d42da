"""Letters about quotes: the quote itself, the code that a signer is sent, and that it was accepted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events import journal
from kalends.messages.quotes import tell_contact, tell_owner
from kalends.sales.quote_versions import Version, current_version
from kalends.sales.quotes import Quote, QuoteRefused, find_quote, parties_of

Db = Connection[Any]


def address_of(ctx: AccountContext, version: Version) -> str:
    """Where the buyer reads a version."""
    return f"{settings.PUBLIC_URL}/quote/{ctx.id}/{version.public_key}"


def send_quote(db: Db, ctx: AccountContext, quote_id: int, *, actor: str = "system") -> str:
    """Send the published quote's address to its contact; returns their email address.

    Once a day for each version. Raises :class:`QuoteRefused` and ``NoSuchQuote``.
    """
    with db.transaction():
        quote, version = find_quote(db, ctx, quote_id), current_version(db, ctx, quote_id)
        if version is None:
            raise QuoteRefused("not_published", "The quote is a draft: publish it first.")
        contact_id = parties_of(db, ctx, quote_id).contact_id
        given = {**facts_of(ctx, quote, version), "link": address_of(ctx, version)}
        email = tell_contact(
            db, ctx, "quote_sent", quote_id, contact_id or 0, f"{version.number}:{ctx.today}", given
        )
        if email is None:
            raise QuoteRefused(
                "no_email",
                "The letter was not sent: the contact has no email address, or it was sent today already.",
            )
        event = journal.NewEvent(
            "quote.sent", "quote", quote_id, None, {"email": email, "version": version.number}
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return email


def send_code(
    db: Db, ctx: AccountContext, version: Version, contact_id: int, signing_id: int, key: UUID, minutes: int
) -> bool:
    """Send a signer the code that goes with a key; says whether there is an address to send it to."""
    given = {
        **facts_of(ctx, find_quote(db, ctx, version.quote_id), version),
        "signing": str(key),
        "minutes": minutes,
    }
    return tell_contact(db, ctx, "quote_code", signing_id, contact_id, "", given) is not None


def tell_of_acceptance(db: Db, ctx: AccountContext, version: Version, name: str) -> None:
    """Tell the quote's owner, or while nobody owns it the administrators, that it was accepted."""
    quote = find_quote(db, ctx, version.quote_id)
    link = f"{settings.PUBLIC_URL}/{ctx.id}/quotes/{quote.id}"
    given = {**facts_of(ctx, quote, version), "link": link, "signer": name}
    tell_owner(db, ctx, "quote_accepted", version.id, quote.owner_id, given)


def facts_of(ctx: AccountContext, quote: Quote, version: Version) -> dict[str, Any]:
    """What every letter about a quote may say."""
    return {
        "title": quote.title,
        "number": quote.number(),
        "expires_on": quote.expiration_date.isoformat(),
        "currency": quote.currency or ctx.currency,
        "first_minor": version.content["first_minor"],
        "recurs": version.content["recurs"],
        "version": version.number,
    }
