"""What a quote comes to: its line items, and the discounts, fees and taxes that belong to the whole of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.core.adjustments import Adjusted, Adjustment, Adjustments, adjust
from kalends.core.checkout import Offer, price_offer
from kalends.core.choices import OfferedLine
from kalends.crm.association_reads import linked
from kalends.sales.link_lines import sold_lines
from kalends.sales.quotes import Quote

Db = Connection[Any]


class QuoteAmounts(NamedTuple):
    """A quote as it is priced: its lines after the discounts on the whole, and what comes to that, in minor units."""

    offer: Offer
    adjustments: Adjustments = Adjustments()
    adjusted: Adjusted = Adjusted()

    @property
    def due_minor(self) -> int:
        """The first payment, with everything."""
        return self.offer.due_minor + self.adjusted.added_minor


def price_quote(
    lines: Sequence[OfferedLine], adjustments: Adjustments, currency: str, day: date
) -> QuoteAmounts:
    """What lines come to with discounts, fees and taxes on the whole. Raises ``CannotAdjust``."""
    plain = price_offer(lines, {}, currency, day)
    if adjustments == Adjustments():
        return QuoteAmounts(plain)
    adjusted = adjust(plain.subtotal_minor, adjustments, currency, recurs=plain.subscribes)
    offer = price_offer(lines, {}, currency, day, adjusted.reduction) if adjusted.reduction else plain
    return QuoteAmounts(offer, adjustments, adjusted)


def amounts_of(db: Db, ctx: AccountContext, quote: Quote) -> QuoteAmounts:
    """What a quote of this account comes to today. Raises ``CannotAdjust``."""
    lines = [line.offered for line in sold_lines(db, ctx, "quote", quote.id)]
    return price_quote(lines, adjustments_of(db, ctx, quote.id), quote.currency or ctx.currency, ctx.today)


def is_adjusted(db: Db, ctx: AccountContext, quote_id: int) -> bool:
    """Whether a discount, a fee or a tax belongs to the whole quote."""
    return adjustments_of(db, ctx, quote_id) != Adjustments()


def adjustments_of(db: Db, ctx: AccountContext, quote_id: int) -> Adjustments:
    """The discounts, fees and taxes of a quote: the lowest position counts first, then the oldest record."""
    return Adjustments(*(_read(db, ctx, quote_id, kind) for kind in ("discount", "fee", "tax")))


def _read(db: Db, ctx: AccountContext, quote_id: int, kind: str) -> tuple[Adjustment, ...]:
    found = linked(db, ctx, "quote", [quote_id], kind).get(quote_id, [])
    if not found:
        return ()
    forever = "coalesce(duration = 'FOREVER', false)" if kind == "discount" else "false"
    query = sql.SQL(
        "SELECT value, value_type = 'PERCENT', coalesce(label, ''), {forever} FROM {table} "
        "WHERE account_id = %s AND id = ANY(%s) ORDER BY position, id"
    ).format(forever=sql.SQL(forever), table=sql.Identifier(kind))
    return tuple(Adjustment(*row) for row in db.execute(query, [ctx.id, [each.id for each in found]]))
