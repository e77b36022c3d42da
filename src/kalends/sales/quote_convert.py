"""What an accepted quote becomes without a payment: subscriptions that are invoiced, and an invoice of what is once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.billing.agree import AgreementRefused, LineWanted, Wanted, agree
from kalends.core.checkout import price_offer
from kalends.crm.associations import Wanted as Tie
from kalends.crm.associations import associate_all
from kalends.events import journal
from kalends.sales.agreed import Agreed, agree_on
from kalends.sales.buyers import Buyer
from kalends.sales.people import Payer
from kalends.sales.quote_amounts import is_adjusted
from kalends.sales.quote_source import offered_lines, terms_of_quote
from kalends.sales.quote_versions import (
    Converted,
    Version,
    adjusted_refusal,
    conversion_of,
    current_version,
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
    ``bill_once_lines`` makes an invoice of what is billed once; without, that stays out. A quote is converted once:
    the second time :class:`QuoteRefused` (``converted``) says so. Raises ``AgreementRefused`` too; nothing is made.
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
        if is_adjusted(db, ctx, quote_id):
            raise adjusted_refusal()
        made = _make(
            db, ctx, quote, parties_of(db, ctx, quote_id), bill_once_lines=bill_once_lines, actor=actor
        )
        _keep(db, ctx, quote, version, made, actor)
    return made


def _make(
    db: Db, ctx: AccountContext, quote: Quote, parties: Parties, *, bill_once_lines: bool, actor: str
) -> Converted:
    assert parties.contact_id is not None, "a published quote has a contact"
    lines = offered_lines(db, ctx, quote.id)
    again = [line for line in lines if line.offered.frequency is not None]
    if not again and not bill_once_lines:
        raise QuoteRefused(
            "nothing_recurs", "Nothing of the quote recurs, and what is billed once is left out."
        )
    subscriptions: list[int] = []
    if again:
        wanted = Wanted(
            contact_id=parties.contact_id,
            company_id=parties.company_id,
            lines=[
                LineWanted(
                    line.new,
                    line.offered.frequency,
                    line.offered.payments,
                    max(line.offered.start, ctx.today) if line.offered.start else None,
                    line.offered.delay_days,
                    line.offered.delay_months,
                )
                for line in again
            ],
            currency=quote.currency or ctx.currency,
            start=ctx.today,
            net_terms_days=_net_terms(ctx, quote),
            email_invoices=ctx.settings.email_invoices,
            owner_id=quote.owner_id,
            language=quote.language,
        )
        subscriptions = [each.id for each in agree(db, ctx, wanted, actor=actor).subscriptions]
        db.execute(
            "UPDATE subscription SET payment_source_app = 'quote', payment_source_id = %s WHERE account_id = %s "
            "AND id = ANY(%s)",
            [str(quote.id), ctx.id, subscriptions],
        )
    invoices = _once(db, ctx, quote, parties) if bill_once_lines else []
    made = Converted(subscriptions, invoices)
    _tie(db, ctx, quote, parties, made)
    return made


def _net_terms(ctx: AccountContext, quote: Quote) -> int:
    return ctx.settings.net_terms_days if quote.net_terms_days is None else quote.net_terms_days


def _once(db: Db, ctx: AccountContext, quote: Quote, parties: Parties) -> list[int]:
    """An invoice of what is billed once, if anything is."""
    agreed = _agreed(db, ctx, quote)
    part = next((part for part in agreed.parts if part.frequency is None), None)
    if part is None:
        return []
    assert parties.contact_id is not None
    payer, nobody = Payer(parties.contact_id, parties.company_id), Buyer("")
    days = _net_terms(ctx, quote)
    invoice_id, _total = bill_once(db, ctx, agreed, part, payer, nobody, quote.language, net_terms_days=days)
    return [invoice_id]


def _agreed(db: Db, ctx: AccountContext, quote: Quote) -> Agreed:
    terms = terms_of_quote(db, ctx, quote.id)
    return agree_on(terms, price_offer(terms.lines, {}, terms.currency, ctx.today), None)


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
