"""The table of a list: its rows, its headings, and the cells between them, all from the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from kalends.query import NAME, Filter, Words, WrongKey, decode_key
from kalends.query.context import Cursor
from kalends.query.tied_names import tied_object
from kalends.staff.cells import Cell, Names, Wardrobe
from kalends.staff.index.state import ListState
from kalends.staff.index.tied import tied_cells, tied_label
from kalends.staff.objects import record_address
from kalends.staff.paging import Page, Wanted, page_after, page_before
from kalends.staff.visit import Visit


class Column(NamedTuple):
    """A heading: what it is called, how it stands, how wide it is, and where sorting by it leads, if anywhere."""

    name: str
    label: str
    css: str
    width: int
    sort_link: str
    direction: str
    next_direction: str


class TableRow(NamedTuple):
    """A record: its number, name and page, what stands under the name, and its cells."""

    id: int
    name: str
    link: str
    under: str
    cells: Sequence[Cell]


class Table(NamedTuple):
    """A page of records as a table; ``name`` is the heading of the names."""

    name: Column
    columns: Sequence[Column]
    rows: Sequence[TableRow]
    page: Page


class Astray(Exception):
    """The address names a page that this list does not have; its first page is what to show."""


def read_page(cursor: Cursor, visit: Visit, state: ListState, asked: Filter, words: Words | None) -> Page:
    """The records of the page. Raises :class:`Astray`."""
    wanted = Wanted(state.object, _read_columns(state), asked, state.order, words)
    try:
        if state.before:
            key = decode_key(state.object, state.order, state.before)
            page = page_before(cursor, wanted, visit.asking, state.size, key)
            if not page.previous and state.start > 1:
                raise Astray
            return page
        after = decode_key(state.object, state.order, state.after) if state.after else None
        return page_after(cursor, wanted, visit.asking, state.size, after)
    except WrongKey as problem:
        raise Astray from problem


def _read_columns(state: ListState) -> list[str]:
    page = state.page
    shown = (each.name for each in state.columns if not tied_object(each.name))
    names = [NAME, *shown, *page.needs, page.under]
    return list(dict.fromkeys(filter(None, names)))


def dressed(cursor: Cursor, visit: Visit, state: ListState, page: Page, names: Names) -> Table:
    """The page as a table."""
    about = state.page
    ids = [row["id"] for row in page.rows]
    beside = about.beside(cursor, visit.ctx.id, ids)
    dresses = about.dresses(visit, beside)
    wardrobe = Wardrobe(state.object, visit.language, visit.ctx.time_zone, names, dresses)
    tied = {
        each.name: tied_cells(cursor, visit, state.object, to, ids)
        for each in state.columns
        if (to := tied_object(each.name))
    }
    rows: list[TableRow] = []
    for row in page.rows:
        under = dresses["@under"](row).text if "@under" in dresses else str(row.get(about.under) or "")
        cells = [
            tied[each.name][row["id"]]
            if each.name in tied
            else wardrobe.cell(state.object.by_name[each.name], row)
            for each in state.columns
        ]
        link = record_address(visit.ctx.id, state.object.name, row["id"])
        name = row[NAME] or str(row["id"])
        rows.append(TableRow(row["id"], name, link, "" if under == name else under, cells))
    return Table(name_column(visit, state), headings(visit, state), rows, page)


def _numeric(state: ListState, name: str) -> str:
    return "num " if state.object.by_name[name].type == "money" else ""


def _place(state: ListState, name: str) -> str:
    """Where a phone shows the value, if it does."""
    about = state.page
    status = about.status or about.object.stage
    return {about.amount: "c-amount", status: "c-status", about.due: "c-due"}.get(name, "")


def headings(visit: Visit, state: ListState) -> list[Column]:
    """The columns behind the names."""
    return [_heading(visit, state, each.name, each.width) for each in state.columns]


def name_column(visit: Visit, state: ListState) -> Column:
    """The heading of the names."""
    column = _heading(visit, state, state.page.title, 0)
    return column._replace(label=_("Name")) if state.page.title == "firstname" else column


def _heading(visit: Visit, state: ListState, name: str, width: int) -> Column:
    """The one that sorts turns around, another one begins ascending; tied records do not sort."""
    if to := tied_object(name):
        return Column(name, tied_label(to, visit.language), "", width, "", "", "")
    prop = state.object.by_name[name]
    order = state.order
    sorts = order.property == name
    turned = f"-{name}" if sorts and not order.descending else name
    return Column(
        name=name,
        label=prop.label.in_language(visit.language),
        css=f"{_numeric(state, name)}{_place(state, name)}".strip(),
        width=width,
        sort_link=sorted_by(state, turned).address(),
        direction=("descending" if order.descending else "ascending") if sorts else "",
        next_direction="descending" if turned.startswith("-") else "ascending",
    )


def sorted_by(state: ListState, order: str) -> ListState:
    """The list in another order; the order that everybody begins with needs no word."""
    own = state.object.default_sort
    first = ("-" if own.descending else "") + own.property
    return state.having(sort="" if order == first else order)
