"""The rows of line items while somebody works on them: one more, one less, another order. Nothing is stored."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from kalends.core.digits import whole_number
from kalends.staff.create import origins
from kalends.staff.create.lines import fresh_row, numbers, row_fields
from kalends.staff.line_items import LINES_MAX
from kalends.staff.visit import Visit


def change_rows(visit: Visit, values: QueryDict, step: str, what: str, currency: str) -> bool:
    """Do what a button of the editor asks for; says whether it was one of the editor's.

    ``custom`` and ``product`` add a row, ``remove``, ``up`` and ``down`` are about the row of that number.
    """
    number = int(what) if what.isascii() and what.isdecimal() and len(what) < 19 else 0
    if step == "custom":
        add_line(values)
    elif step == "product":
        add_product(visit, values, number, currency)
        values["find_product"] = ""
    elif step == "remove":
        drop_line(values, number)
    elif step in ("up", "down"):
        move_line(values, number, -1 if step == "up" else 1)
    else:
        return False
    return True


def add_line(values: QueryDict, **row: object) -> None:
    """One more row behind the others."""
    places = numbers(values)
    if len(places) < LINES_MAX:
        values.update(fresh_row(max(places, default=-1) + 1, **row))


def add_lines_of(visit: Visit, values: QueryDict, parent: str, id_: int) -> None:
    """The lines of a deal, a quote, a payment link or an invoice, as far as the user may see them."""
    for origin in origins.of_parent(visit, parent, id_):
        add_line(values, origin=origin.key, **origin.row)


def one_line_at_least(values: QueryDict) -> None:
    """An empty row to begin with, where there is none."""
    if not numbers(values):
        add_line(values)


def add_product(visit: Visit, values: QueryDict, id_: int, currency: str) -> None:
    """A line of a product; it takes the place of a row in which nothing was written yet."""
    origin = origins.of_product(visit, id_, currency)
    if origin is None:
        return
    drop_empty(values)
    add_line(values, origin=origin.key, **origin.row)


def drop_line(values: QueryDict, place: int) -> None:
    """Take a row away."""
    for name in row_fields(place):
        values.pop(name, None)


def drop_empty(values: QueryDict) -> None:
    """Take away the rows that have neither a name nor a price."""
    for place in numbers(values):
        if not values.get(f"lines-{place}-name") and not values.get(f"lines-{place}-price"):
            drop_line(values, place)


def move_line(values: QueryDict, place: int, by: int) -> None:
    """Let a row change places with the one before or behind it."""
    places = numbers(values)
    if place not in places or not 0 <= places.index(place) + by < len(places):
        return
    other = places[places.index(place) + by]
    for one, two in zip(row_fields(place), row_fields(other), strict=True):
        here: list[Any] | None = values.getlist(one) if one in values else None
        there: list[Any] | None = values.getlist(two) if two in values else None
        for name, given in ((one, there), (two, here)):
            if given is None:
                values.pop(name, None)
            else:
                values.setlist(name, given)


def follow_currency(visit: Visit, values: QueryDict, currency: str) -> None:
    """Products in another currency: each has the price that it is sold for in it, or none, which is then asked for."""
    if values.get("priced_in") in (None, "", currency):
        return
    values["priced_in"] = currency
    for place in numbers(values):
        kind, _colon, id_ = values.get(f"lines-{place}-origin", "").partition(":")
        number = whole_number(id_)
        if kind == "product" and number is not None:
            origin = origins.of_product(visit, number, currency)
            if origin is not None:
                values[f"lines-{place}-price"] = str(origin.row["price"])
