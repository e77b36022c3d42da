"""Where lines come from: products, and the lines of a deal, which are copied and never shared."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from kalends.billing.create import NewLine
from kalends.catalog import get_object
from kalends.core.calendar import Frequency, number_of_payments
from kalends.core.terms import LineTerms
from kalends.query import NAME, compile_select, fetch, parse
from kalends.staff import formatting
from kalends.staff.create import lines
from kalends.staff.visit import Visit

PRODUCTS_SHOWN = 8
_PRODUCT = get_object("product")
_PRODUCT_ROW = """
    SELECT name, description, sku, unit_cost, product_type, tax_rate_group_id, price, frequency, term
    FROM product WHERE account_id = %s AND id = %s
"""
_LINES_OF_DEAL = """
    SELECT id, name, description, sku, tax_label, unit_cost, product_id, variant_id, product_type, tax_rate_group_id,
        unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive, frequency, term,
        start_date, delay_days, delay_months, currency
    FROM line_item WHERE account_id = %s AND parent_type = 'deal' AND parent_id = %s AND archived_at IS NULL
    ORDER BY position, id
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


def find_products(visit: Visit, search: str) -> list[Product]:
    """Products that are sold and may be seen, found by their names and numbers."""
    if not visit.may("view", "product"):
        return []
    sold = parse(
        _PRODUCT,
        {"groups": [[{"property": "hs_status", "operator": "is_none_of", "values": ["inactive"]}]]},
    )
    sql = compile_select(
        _PRODUCT,
        [NAME, "hs_sku", "price"],
        sold,
        None,
        visit.asking,
        limit=PRODUCTS_SHOWN,
        search=search or None,
    )
    with visit.cursor() as cursor:
        return [
            Product(
                row["id"],
                row[NAME],
                row["hs_sku"] or "",
                ""
                if row["price"] is None
                else f"{formatting.price(row['price'], visit.ctx.currency)} {visit.ctx.currency}",
            )
            for row in fetch(cursor, sql)
        ]


def of_product(visit: Visit, id_: int, currency: str) -> Origin | None:
    """What a product makes of a line. Its price is known in the account's currency; in others it is to be typed."""
    if id_ not in visit.among("view", "product", [id_]):
        return None
    with visit.cursor() as cursor:
        cursor.execute(_PRODUCT_ROW, [visit.ctx.id, id_])
        (found,) = cursor.fetchall()
    name, description, sku, cost, kind, tax_group, price, frequency, term = found
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
    is_own = currency == visit.ctx.currency
    row = {
        "name": name,
        "price": formatting.price(price, currency) if is_own and price is not None else "",
        "frequency": frequency or lines.ONE_TIME,
        **_terms(term, frequency),
    }
    return Origin(f"product:{id_}", line, row)


def of_deal(visit: Visit, deal_id: int) -> list[Origin]:
    """The lines of a deal that may be seen, in their order."""
    if deal_id not in visit.among("view", "deal", [deal_id]):
        return []
    with visit.cursor() as cursor:
        cursor.execute(_LINES_OF_DEAL, [visit.ctx.id, deal_id])
        return [_of_deal_line(row) for row in cursor.fetchall()]


def find(visit: Visit, keys: Sequence[str], currency: str, deal_id: int | None) -> dict[str, NewLine]:
    """The lines that rows say they were made of; what is unknown, or may not be seen, is left out."""
    found: dict[str, NewLine] = {}
    if deal_id is not None and any(key.startswith("line:") for key in keys):
        found |= {origin.key: origin.line for origin in of_deal(visit, deal_id)}
    for key in set(keys):
        kind, _colon, number = key.partition(":")
        if kind == "product" and number.isdecimal() and len(number) < 19:
            origin = of_product(visit, int(number), currency)
            if origin is not None:
                found[key] = origin.line
    return {key: line for key, line in found.items() if key in keys}


def _of_deal_line(row: Sequence[Any]) -> Origin:
    (
        id_, name, description, sku, tax_label, cost, product, variant, kind, tax_group,
        price, quantity, off_each, off_percent, tax, inclusive, frequency, term, start, days,
        months, currency,
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
        "quantity": formatting.number(quantity),
        "price": formatting.price(price, currency),
        "discount": formatting.number(off_each or off_percent) if off_each or off_percent else "",
        "discount_kind": "amount" if off_each else "percent",
        "tax": formatting.number(tax) if tax else "",
        "frequency": frequency or lines.ONE_TIME,
        **_terms(term, frequency),
        **_start(start, days, months),
    }
    return Origin(f"line:{id_}", line, values)


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
