"""What a product costs in the currencies that an account bills in.

The price in the account's own currency is the property ``price``. Each other currency has a property of its own, by
HubSpot's name for it (``hs_price_eur``), which the account has while it bills in that currency; its value lies with
those of the account's own properties. A line item that is made of a product takes the price in its own currency, and
nothing is ever converted: what has no price in a currency cannot be sold in it before somebody gives one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import custom_property
from kalends.catalog.groups import PRICING
from kalends.catalog.model import Property, Text

Db = Connection[Any]

_PRICES = """
    SELECT id, CASE WHEN %(own)s THEN price ELSE (custom ->> %(name)s)::numeric END
    FROM product WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[]) AND archived_at IS NULL
"""


def price_name(currency: str) -> str:
    """The property that holds a product's price in a currency that is not the account's own.

    >>> price_name("EUR")
    'hs_price_eur'
    """
    return f"hs_price_{currency.lower()}"


def is_price(name: str) -> bool:
    """Whether a property of a product holds its price in a further currency.

    >>> is_price("hs_price_eur"), is_price("price"), is_price("hs_pricing_model")
    (True, False, False)
    """
    return name.startswith("hs_price_")


def price_properties(own: str, enabled: Sequence[str]) -> tuple[Property, ...]:
    """The properties for prices in the currencies besides the account's own.

    >>> [each.name for each in price_properties("NOK", ["EUR", "NOK", "USD"])]
    ['hs_price_eur', 'hs_price_usd']
    """
    return tuple(
        custom_property(
            price_name(code),
            Text(f"Unit price, {code}", f"Enhetspris, {code}", f"Yksikköhinta, {code}"),
            "money",
            description=f"The price of one unit in {code}; empty: not sold in it.",
            currency=f"'{code}'",
            group=PRICING,
        )
        for code in enabled
        if code != own
    )


def prices_in(db: Db, ctx: AccountContext, ids: Iterable[int], currency: str) -> dict[int, Decimal]:
    """The unit prices of living products in a currency; those that have none in it are left out."""
    wanted = {
        "account_id": ctx.id,
        "ids": sorted(set(ids)),
        "own": currency == ctx.currency,
        "name": price_name(currency),
    }
    return {row[0]: row[1] for row in db.execute(_PRICES, wanted).fetchall() if row[1] is not None}


def price_of(row: Mapping[str, Any], currency: str, own: str) -> Decimal | None:
    """The price in a currency of a product that was read whole; None where it has none.

    >>> price_of({"price": Decimal(100), "custom": {"hs_price_eur": "8.90"}}, "EUR", "NOK")
    Decimal('8.90')
    """
    if currency == own:
        return row["price"]
    kept = row["custom"].get(price_name(currency))
    return None if kept is None else Decimal(kept)


def no_price(name: str, currency: str) -> str:
    """Why a product cannot be sold in a currency, and what to do."""
    return (
        f"The product {name!r} has no price in {currency}. Give it one ({price_name(currency)}), or give the line item "
        f"a price."
    )
