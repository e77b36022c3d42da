"""Buyers who were erased, as their invoices named them: kept as long as bookkeeping wants invoices as issued.

Norway wants five years from the end of the year, Finland six, other countries up to ten: the account's setting
``keep_buyers_years`` says how long, and 0 keeps nobody. Only name and postal address are kept, no email and no number,
and only the document reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.documents.invoice import read_invoices


def kept_until(issued_on: date, years: int) -> date:
    """The last day on which the buyer of an invoice is kept.

    >>> kept_until(date(2026, 3, 1), 5)
    datetime.date(2031, 12, 31)
    """
    return date(issued_on.year + years, 12, 31)


def keep_buyers(db: Connection[Any], ctx: AccountContext, invoices: Sequence[int]) -> None:
    """Write down the buyers of these issued invoices, before their contact is erased."""
    years = ctx.settings.keep_buyers_years
    for id_, document in read_invoices(db, ctx, invoices).items():
        until = kept_until(document.invoice_date, years)
        if years and until >= ctx.today:
            buyer = document.buyer
            params = {
                "account_id": ctx.id,
                "id": id_,
                "name": "" if "@" in buyer.name else buyer.name,
                "attention": buyer.attention,
                "address": list(buyer.address),
                "country": buyer.country,
                "until": until,
            }
            db.execute(load("kalends.documents", "keep_buyer"), params)


def forget_buyers(db: Connection[Any], ctx: AccountContext) -> int:
    """Forget the buyers whose time is over; says how many."""
    return db.execute(
        "DELETE FROM kept_buyer WHERE account_id = %s AND until < %s", [ctx.id, ctx.today]
    ).rowcount
