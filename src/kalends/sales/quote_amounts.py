"""What a quote comes to: its line items, and the discounts, fees and taxes that belong to the whole of it."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.core.adjustments import Adjustment, Adjustments, price_quote
from kalends.core.checkout import Offer
from kalends.crm.association_reads import linked
from kalends.messages.letters.formats import Formats, language_of, locale_of
from kalends.sales.link_lines import sold_lines
from kalends.sales.quotes import Quote

Db = Connection[Any]
KINDS = ("discount", "fee", "tax")


def amounts_of(db: Db, ctx: AccountContext, quote: Quote) -> Offer:
    """What a quote of this account comes to today. Raises ``CannotAdjust``."""
    lines = [line.offered for line in sold_lines(db, ctx, "quote", quote.id)]
    return price_quote(lines, adjustments_of(db, ctx, quote.id), quote.currency or ctx.currency, ctx.today)


def adjustments_of(db: Db, ctx: AccountContext, quote_id: int) -> Adjustments:
    """The discounts, fees and taxes of a quote: the lowest position counts first, then the oldest record."""
    return Adjustments(*(_read(db, ctx, quote_id, kind) for kind in KINDS))


def named(adjustments: Adjustments, language: str, country: str) -> Adjustments:
    """The same under the names by which a buyer reads them: a share with its percentage, whatever has no label as what
    it is."""
    spoken = language_of(language)
    formats = Formats(locale_of(spoken, country))
    with translation.override(spoken):
        words = (_("Discount"), _("Fee"), _("Tax"))
        return Adjustments(
            *(
                tuple(_named(each, word, formats) for each in all_of_kind)
                for word, all_of_kind in zip(words, adjustments, strict=True)
            )
        )


def _named(each: Adjustment, word: str, formats: Formats) -> Adjustment:
    label = each.label.strip() or word
    return each._replace(label=f"{label} {formats.percent(each.value)}" if each.is_percent else label)


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
