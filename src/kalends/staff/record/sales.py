"""The middle of a deal's page, its line items, and of a product's, where it is used."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from kalends.catalog import OBJECTS
from kalends.core.pricing import price_document
from kalends.query import compile_ids
from kalends.query.context import Cursor
from kalends.query.language import Filter
from kalends.staff import formatting
from kalends.staff.queries import record as read
from kalends.staff.visit import Visit


def of_deal(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """A deal's line items and what they come to."""
    edit = reverse("deal-lines", args=[visit.ctx.id, id_]) if visit.may("edit", "deal", id_) else ""
    return {**line_rows(cursor, visit, "deal", id_), "uses": None, "edit_lines": edit}


def line_rows(cursor: Cursor, visit: Visit, parent: str, id_: int) -> dict[str, Any]:
    """The line items of something that is sold, and what they come to in each currency."""
    lines = read.lines(cursor, visit.ctx.id, parent, id_)
    totals: list[formatting.Money] = []
    rows: list[dict[str, Any]] = []
    for currency in dict.fromkeys(line.currency for line in lines):
        some = [line for line in lines if line.currency == currency]
        priced = price_document([line.terms for line in some], currency)
        totals.append(formatting.minor(priced.total_minor, currency))
        rows += [
            {
                "name": line.name,
                "quantity": formatting.number(line.terms.quantity),
                "price": formatting.price(line.terms.unit_price, currency),
                "net": formatting.minor(part.net_minor, currency),
            }
            for line, part in zip(some, priced.lines, strict=True)
        ]
    return {"lines": rows, "totals": totals}


def of_product(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """How many subscriptions have a line of the product, as far as the user may see them."""
    if not visit.may("view", "subscription"):
        return {"lines": [], "totals": [], "uses": None}
    seen = compile_ids(OBJECTS["subscription"], Filter(), visit.asking)
    cursor.execute(
        "SELECT count(DISTINCT l.parent_id) FROM line_item AS l WHERE l.account_id = %(account_id)s "
        "AND l.product_id = %(product)s AND l.parent_type = 'subscription' AND l.archived_at IS NULL "
        f"AND l.parent_id IN ({seen.text})",
        {**seen.params, "product": id_},
    )
    return {"lines": [], "totals": [], "uses": cursor.fetchall()[0][0]}
