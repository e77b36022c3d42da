"""Columns of tied records: what stands above them, and the first names in each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from kalends.catalog import ObjectType
from kalends.catalog.registry import get_object
from kalends.exports.columns import tied_headers
from kalends.query import fetch
from kalends.query.context import Cursor
from kalends.query.tied_names import compile_tied_names
from kalends.staff.cells import Cell
from kalends.staff.objects import record_address
from kalends.staff.visit import Visit

SHOWN = 3
"""How many tied records a cell names."""


def tied_label(to: str, language: str) -> str:
    """What stands above the names, in lists as in files."""
    return tied_headers(get_object(to), language)[1]


def tied_cells(
    cursor: Cursor, visit: Visit, obj: ObjectType, to: str, ids: Sequence[int]
) -> Mapping[int, Cell]:
    """The cell of each record: the first records that it is tied to, as far as the user may see them."""
    found: dict[int, list[tuple[str, str]]] = {id_: [] for id_ in ids}
    sql = compile_tied_names(obj, get_object(to), ids, visit.asking, limit=SHOWN + 1)
    for row in fetch(cursor, sql) if ids else ():
        found[row["id"]].append((row["name"], record_address(visit.ctx.id, to, row["to"])))
    return {id_: _cell(names) for id_, names in found.items()}


def _cell(names: Sequence[tuple[str, str]]) -> Cell:
    if not names:
        return Cell(kind="empty")
    more = _("and more") if len(names) > SHOWN else ""
    return Cell(kind="links", links=tuple(names[:SHOWN]), note=more)
