"""Where lines come from: products, and the lines of a deal, which are copied and never shared."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from kalends.billing.create import NewLine
from kalends.catalog import get_object
from kalends.core.calendar import Frequency, number_of_payments
from kalends.core.terms import LineTerms
from kalends.crm.product_prices import prices_in
from kalends.query import NAME, compile_select, fetch, parse
from kalends.staff import formatting
from kalends.staff.create import lines
from kalends.staff.visit import Visit

PRODUCTS_SHOWN = 8
_PRODUCT = get_object("product")
_PRODUCT_ROW = """
    SELECT name, description, sku, unit_cost, product_type, tax_rate_group_id, frequency, term, start_date
    FROM product WHERE account_id = %s AND id = %s
"""
_LINE = """
    SELECT id, name, description, sku, tax_label, unit_cost, product_id, variant_id, product_type, tax_rate_group_id,
        unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive, frequency, term,
        start_date, delay_days, delay_months, currency, is_optional, buyer_quantity, buyer_quantity_min,
        buyer_quantity_max, buyer_price, buyer_price_min
    FROM line_item WHERE account_id = %s AND archived_at IS NULL
"""


class Product(NamedTuple):
    """A product to choose: what it costs a unit, in the account's currency."""

    id: int
    name: str
    sku: str
    price: str


class Origin(NamedTuple):
    """A line as its product or its deal has it, and the values that its row begins with."""

    key: str
    line: NewLine
    row: dict[str, Any]


def find_products(visit: Visit, search: str, currency: str) -> list[Product]:
    """Products that are sold and may be seen, found by their names and numbers, with their prices in a currency."""
    if not visit.may("view", "product"):
        return []
    sold = parse(
        _PRODUCT,
        {"groups": [[{"property": "hs_status", "operator": "is_none_of", "values": ["inactive"]}]]},
    )
    sql = compile_select(
        _PRODUCT, [NAME, "hs_sku"], sold, None, visit.asking, limit=PRODUCTS_SHOWN, search=search or None
    )
    with visit.cursor() as cursor:
        rows = fetch(cursor, sql)
    prices = prices_in(visit.psycopg(), visit.ctx, [row["id"] for row in rows], currency)
    return [
        Product(
            row["id"],
            row[NAME],
            row["hs_sku"] or "",
            f"{formatting.price(prices[row['id']], currency)} {currency}" if row["id"] in prices else "",
        )
        for row in rows
    ]


def of_product(visit: Visit, id_: int, currency: str) -> Origin | None:
    """What a product makes of a line. Without a price in the currency it has none yet: it is to be typed."""
    if id_ not in visit.among("view", "product", [id_]):
        return None
    with visit.cursor() as cursor:
        cursor.execute(_PRODUCT_ROW, [visit.ctx.id, id_])
        (found,) = cursor.fetchall()
    name, description, sku, cost, kind, tax_group, frequency, term, start = found
    price = prices_in(visit.psycopg(), visit.ctx, [id_], currency).get(id_)
    line = NewLine(
        name,
        LineTerms(price or Decimal(0), Decimal(1)),
        description=description,
        sku=sku,
        unit_cost=cost if currency == visit.ctx.currency else None,
        product_id=id_,
        product_type=kind,
        tax_rate_group_id=tax_group,
    )
    row = {
        "name": name,
        "description": description or "",
        "price": formatting.price(price, currency) if price is not None else "",
        "tax_rate": tax_group or "",
        "frequency": frequency or lines.ONE_TIME,
        **_terms(term, frequency),
        **_start(start if start and start > visit.ctx.today else None, None, None),
    }
    return Origin(f"product:{id_}", line, row)


def of_parent(visit: Visit, parent: str, id_: int) -> list[Origin]:
    """The lines of a deal, a quote or a payment link that may be seen, in their order."""
    if id_ not in visit.among("view", parent, [id_]):
        return []
    with visit.cursor() as cursor:
        cursor.execute(
            f"{_LINE} AND parent_type = %s AND parent_id = %s ORDER BY position, id",
            [visit.ctx.id, parent, id_],
        )
        return [_of_line(row) for row in cursor.fetchall()]


def find(visit: Visit, keys: Sequence[str], currency: str) -> dict[str, NewLine]:
    """The lines that rows say they were made of; what is unknown, or may not be seen, is left out."""
    found: dict[str, NewLine] = {}
    wanted = [
        (kind, int(id_)) for kind, _colon, id_ in (key.partition(":") for key in set(keys)) if _number(id_)
    ]
    for kind, id_ in wanted:
        origin = of_product(visit, id_, currency) if kind == "product" else None
        if origin is not None:
            found[origin.key] = origin.line
    copied = visit.among("view", "line_item", [id_ for kind, id_ in wanted if kind == "line"])
    if copied:
        with visit.cursor() as cursor:
            cursor.execute(f"{_LINE} AND id = ANY(%s::bigint[])", [visit.ctx.id, sorted(copied)])
            found |= {origin.key: origin.line for origin in map(_of_line, cursor.fetchall())}
    return found


def _number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _of_line(row: Sequence[Any]) -> Origin:
    (
        id_, name, description, sku, tax_label, cost, product, variant, kind, tax_group,
        price, quantity, off_each, off_percent, tax, inclusive, frequency, term, start, days,
        months, currency, *buyers,
    ) = row  # fmt: skip
    line = NewLine(
        name,
        LineTerms(price, quantity, off_each, off_percent, tax, inclusive),
        description=description,
        sku=sku,
        tax_label=tax_label,
        unit_cost=cost,
        product_id=product,
        variant_id=variant,
        product_type=kind,
        tax_rate_group_id=tax_group,
    )
    values = {
        "name": name,
        "description": description or "",
        "quantity": formatting.number(quantity),
        "price": formatting.price(price, currency),
        "discount": formatting.number(off_each or off_percent) if off_each or off_percent else "",
        "discount_kind": "amount" if off_each else "percent",
        "tax": formatting.number(tax) if tax else "",
        "tax_rate": tax_group or (lines.TYPED if tax else ""),
        "frequency": frequency or lines.ONE_TIME,
        **_terms(term, frequency),
        **_start(start, days, months),
        **_buyers(*buyers, currency=currency),
    }
    return Origin(f"line:{id_}", line, values)


def _buyers(
    optional: Any, quantity: Any, least: Any, most: Any, price: Any, from_price: Any, *, currency: str
) -> dict[str, Any]:
    """What the buyer decides about a line of a payment link, as its row sends it."""
    checks = {"optional": optional, "buyer_quantity": quantity, "buyer_price": price}
    return {
        **{name: "on" for name, checked in checks.items() if checked},
        "buyer_min": "" if least is None else least,
        "buyer_max": "" if most is None else most,
        "buyer_price_min": "" if from_price is None else formatting.price(from_price, currency),
    }


def _terms(term: str | None, frequency: str | None) -> dict[str, Any]:
    """A term of a fixed length as a number of payments; what is no whole number of them renews until canceled."""
    if not term or not frequency:
        return {}
    try:
        return {"terms": lines.PAYMENTS, "payments": number_of_payments(term, Frequency(frequency))}
    except ValueError:
        return {}


def _start(start: Any, days: int | None, months: int | None) -> dict[str, Any]:
    if start is not None:
        return {"start": lines.ON, "start_date": start.isoformat()}
    if days is not None:
        return {"start": lines.DAYS, "delay": days}
    if months is not None:
        return {"start": lines.MONTHS, "delay": months}
    return {}
