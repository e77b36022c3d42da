"""What an accepted quote becomes without a payment: subscriptions that are invoiced, and an invoice of what is once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.billing.agree import AgreementRefused, LineWanted, Wanted, plan
from kalends.billing.create import create_subscriptions
from kalends.billing.first import bill_first
from kalends.core.adjustments import Adjustments, price_quote
from kalends.crm.associations import Wanted as Tie
from kalends.crm.associations import associate_all
from kalends.events import journal
from kalends.sales.agreed import Agreed, Part, agree_on
from kalends.sales.buyers import Buyer
from kalends.sales.naming import named_after_items
from kalends.sales.people import Payer
from kalends.sales.quote_amounts import adjustments_of
from kalends.sales.quote_document import is_as_shown
from kalends.sales.quote_source import terms_of_quote
from kalends.sales.quote_versions import (
    Converted,
    Version,
    conversion_of,
    current_version,
    language_of_quote,
    payment_state,
)
from kalends.sales.quotes import Parties, Quote, QuoteRefused, find_quote, locked, parties_of
from kalends.sales.records import bill_once

Db = Connection[Any]


def convert_quote(
    db: Db, ctx: AccountContext, quote_id: int, *, bill_once_lines: bool = True, actor: str = "system"
) -> Converted:
    """Make subscriptions of a published quote: one for each schedule, paid by invoice, with copies of its lines.

    They belong to its contact, company, deal and the quote, and where the account wants it to its billing contact.
    ``bill_once_lines`` makes an invoice of what is billed once; without, that stays out, which cannot be where
    discounts, fees or taxes are on the whole. What a discount takes off a first payment is taken off at once: that
    payment is invoiced now. A quote is converted once: the second time :class:`QuoteRefused` (``converted``) says so.
    Raises ``AgreementRefused`` too; nothing is made.
    """
    with db.transaction():
        row = locked(db, ctx, quote_id)
        quote, version = find_quote(db, ctx, quote_id), current_version(db, ctx, quote_id)
        if version is None or not quote.is_published:
            raise QuoteRefused("not_published", f"The quote is {row['status']}: publish it first.")
        made_before = conversion_of(db, ctx, quote_id)
        if made_before is not None:
            raise QuoteRefused("converted", f"The quote was converted already, to {made_before}.")
        if payment_state(db, ctx, quote_id) is not None:
            raise QuoteRefused("paid", "The quote was paid on its page: its subscriptions exist.")
        if not is_as_shown(db, ctx, quote_id, version.content):
            raise QuoteRefused(
                "not_as_shown", "What the quote sells was changed after it was published: take it back first."
            )
        if not bill_once_lines and adjustments_of(db, ctx, quote_id) != Adjustments():
            text = (
                "Discounts, fees and taxes on the whole quote count with what is billed once: bill that too."
            )
            raise QuoteRefused("once_too", text)
        made = _make(
            db, ctx, quote, parties_of(db, ctx, quote_id), bill_once_lines=bill_once_lines, actor=actor
        )
        _keep(db, ctx, quote, version, made, actor)
    return made


def _make(
    db: Db, ctx: AccountContext, quote: Quote, parties: Parties, *, bill_once_lines: bool, actor: str
) -> Converted:
    assert parties.contact_id is not None, "a published quote has a contact"
    agreed = _agreed(db, ctx, quote)
    again = [part for part in agreed.parts if part.frequency is not None]
    once = [part for part in agreed.parts if part.frequency is None and bill_once_lines]
    if not again and not once:
        raise QuoteRefused(
            "nothing_recurs", "Nothing of the quote recurs, and what is billed once is left out."
        )
    subscriptions, off = _subscriptions(db, ctx, quote, parties, again, actor) if again else ([], {})
    invoices = [each.invoice_id for each in bill_first(db, ctx, off, use_credit=True)]
    invoices += [_bill_once(db, ctx, quote, parties, agreed, part) for part in once]
    made = Converted(subscriptions, invoices)
    _tie(db, ctx, quote, parties, made)
    return made


def _subscriptions(
    db: Db, ctx: AccountContext, quote: Quote, parties: Parties, parts: Sequence[Part], actor: str
) -> tuple[list[int], dict[int, int]]:
    """The subscriptions, and of those whose first payment a discount makes smaller by how much."""
    assert parties.contact_id is not None
    recurring = [(part, line) for part in parts for line in part.lines]
    language = language_of_quote(db, ctx, quote, parties.contact_id)
    wanted = Wanted(
        contact_id=parties.contact_id,
        company_id=parties.company_id,
        lines=[LineWanted(line, part.frequency, part.payments, part.start) for part, line in recurring],
        currency=quote.currency or ctx.currency,
        start=ctx.today,
        net_terms_days=_net_terms(ctx, quote),
        email_invoices=ctx.settings.email_invoices,
        owner_id=quote.owner_id,
        language=quote.language,
    )
    planned = plan(db, ctx, wanted)
    fresh = [named_after_items(item, language) for item in planned]
    ids = create_subscriptions(db, ctx, fresh, payment_source="quote", actor=actor)
    db.execute(
        "UPDATE subscription SET payment_source_id = %s WHERE account_id = %s AND id = ANY(%s)",
        [str(quote.id), ctx.id, ids],
    )
    off = {
        id_: part.off_minor
        for id_, item in zip(ids, planned, strict=True)
        if (part := recurring[item.lines[0] - 1][0]).off_minor
    }
    return ids, off


def _net_terms(ctx: AccountContext, quote: Quote) -> int:
    return ctx.settings.net_terms_days if quote.net_terms_days is None else quote.net_terms_days


def _bill_once(
    db: Db, ctx: AccountContext, quote: Quote, parties: Parties, agreed: Agreed, part: Part
) -> int:
    """An invoice of what is billed once."""
    assert parties.contact_id is not None
    payer, nobody = Payer(parties.contact_id, parties.company_id), Buyer("")
    days = _net_terms(ctx, quote)
    return bill_once(db, ctx, agreed, part, payer, nobody, quote.language, net_terms_days=days)[0]


def _agreed(db: Db, ctx: AccountContext, quote: Quote) -> Agreed:
    terms = terms_of_quote(db, ctx, quote.id)
    return agree_on(terms, price_quote(terms.lines, terms.adjustments, terms.currency, ctx.today), None)


def _tie(db: Db, ctx: AccountContext, quote: Quote, parties: Parties, made: Converted) -> None:
    def tie(one: str, ones: Sequence[int], other: str, id_: int | None) -> None:
        if ones and id_ is not None:
            associate_all(db, ctx, one, other, [Tie(each, id_, ()) for each in ones])

    for name, ids in (("subscription", made.subscriptions), ("invoice", made.invoices)):
        tie(name, ids, "quote", quote.id)
        tie(name, ids, "deal", parties.deal_id)
    if ctx.settings.associate_billing_contact:
        tie("subscription", made.subscriptions, "contact", parties.billing_contact_id)


def _keep(db: Db, ctx: AccountContext, quote: Quote, version: Version, made: Converted, actor: str) -> None:
    told = {"subscriptions": made.subscriptions, "invoices": made.invoices}
    db.execute(
        "INSERT INTO quote_conversion (account_id, version_id, quote_id, made, at) VALUES (%s, %s, %s, %s, %s)",
        [ctx.id, version.id, quote.id, Jsonb(told), ctx.now],
    )
    event = journal.NewEvent("quote.converted", "quote", quote.id, None, told)
    journal.write(db, ctx.id, ctx.now, [event], actor)


def bill_accepted(db: Db, ctx: AccountContext, quote_id: int) -> None:
    """Make what an accepted quote promises where it is billed by acceptance, in the caller's transaction.

    What cannot be made leaves the acceptance alone: the journal says why, and a person decides.
    """
    quote = find_quote(db, ctx, quote_id)
    if not quote.billing_enabled or quote.payment_enabled:
        return
    try:
        with db.transaction():
            convert_quote(db, ctx, quote_id)
    except (AgreementRefused, QuoteRefused) as refusal:
        event = journal.NewEvent("quote.not_billed", "quote", quote_id, None, {"reason": str(refusal)})
        journal.write(db, ctx.id, ctx.now, [event])
