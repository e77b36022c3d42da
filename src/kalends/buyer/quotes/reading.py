"""What a quote's page shows: the version at its address, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from kalends.buyer.door import Guest, NotThere
from kalends.sales.checkouts import DONE
from kalends.sales.quote_accept import Acceptance, acceptance_of
from kalends.sales.quote_source import terms_of_quote
from kalends.sales.quote_versions import Version, current_version, payment_state, version_of_key
from kalends.sales.quotes import Quote, find_quote, parties_of


@dataclass(frozen=True, slots=True)
class Reading:
    """A version of a quote and its standing. ``paid`` is ``paid``, ``processing``, ``paying`` or empty.

    ``newer`` is the address of the version that took its place.
    """

    quote: Quote
    version: Version
    acceptance: Acceptance | None
    paid: str
    may_pay: bool
    newer: str

    @property
    def sheet(self) -> dict[str, Any]:
        """The page as it was published."""
        return self.version.content["sheet"]

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back."""
        return self.version.withdrawn_at is not None


def read(guest: Guest, key: UUID) -> Reading:
    """The quote at an address. Raises ``NotThere`` for an archived one too."""
    db, ctx = guest.db, guest.ctx
    try:
        version = version_of_key(db, ctx, key)
        quote = find_quote(db, ctx, version.quote_id)
    except LookupError as problem:
        raise NotThere from problem
    if quote.archived_at is not None:
        raise NotThere
    newer = current_version(db, ctx, quote.id) if version.withdrawn_at else None
    state = payment_state(db, ctx, quote.id)
    return Reading(
        quote=quote,
        version=version,
        acceptance=acceptance_of(db, ctx, version.id),
        paid=_paid(guest, quote.id) if state == DONE else (state or ""),
        may_pay=version.withdrawn_at is None
        and quote.payment_enabled
        and terms_of_quote(db, ctx, quote.id).closed is None,
        newer=reverse("buyer-quote", args=[ctx.id, newer.public_key]) if newer else "",
    )


def _paid(guest: Guest, quote_id: int) -> str:
    row = guest.db.execute(
        "SELECT bool_or(p.status = 'processing') FROM checkout AS k "
        "JOIN payment AS p ON p.account_id = k.account_id "
        "AND p.id IN (SELECT value::bigint FROM jsonb_array_elements_text(k.made -> 'payments')) "
        "WHERE k.account_id = %s AND k.source = 'quote' AND k.source_id = %s AND k.status = 'done'",
        [guest.ctx.id, quote_id],
    ).fetchone()
    return "processing" if row and row[0] else "paid"


def buyer_known(guest: Guest, quote: Quote) -> dict[str, str]:
    """What is known of the buyer already, for the checkout's form.

    Only for somebody who has accepted the quote or signs it: it is what the quote itself says.
    """
    contact_id = parties_of(guest.db, guest.ctx, quote.id).contact_id
    row = guest.db.execute(
        "SELECT first_name, last_name FROM contact WHERE account_id = %s AND id = %s",
        [guest.ctx.id, contact_id],
    ).fetchone()
    return {name: value for name, value in zip(("first_name", "last_name"), row or (), strict=False) if value}


def begun(guest: Guest, quote_id: int) -> UUID | None:
    """The checkout of a quote that its buyer goes on with, if one is being paid."""
    row = guest.db.execute(
        "SELECT public_key FROM checkout WHERE account_id = %s AND source = 'quote' AND source_id = %s "
        "AND status = 'paying' ORDER BY id DESC LIMIT 1",
        [guest.ctx.id, quote_id],
    ).fetchone()
    return row[0] if row else None
