"""HTML of what stands on a page by the hundred: icons, amounts, cells and the rows of a list.

Python puts it together, since a template's include for every cell took more time than everything else on a page of a
list. Whatever comes from a record is escaped here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any

from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kalends.staff import formatting
from kalends.staff.cells import Cell
from kalends.staff.index.table import Column, Table, TableRow
from kalends.staff.shell import Entry

NOTHING = mark_safe('<span class="muted">--</span>')


@lru_cache(maxsize=1024)
def icon(name: str, css: str = "", tone: str = "") -> SafeString:
    """A Lucide icon, for the eye only: the words beside it say the same."""
    marked = f' data-s="{escape(tone)}"' if tone else ""
    sprite = f"{static('staff/icons/sprite.svg')}#{name}"
    return mark_safe(  # noqa: S308 - every part is escaped
        f'<svg class="icon {escape(css)}" aria-hidden="true"{marked}><use href="{escape(sprite)}"/></svg>'
    )


def money(value: formatting.Money) -> SafeString:
    """An amount with its decimals and its currency stepping back.

    >>> money(formatting.Money("49", ".50", "EUR"))
    '<span class="money">49<span class="dec">.50</span><span class="cur">EUR</span></span>'
    """
    whole, decimals, currency = map(escape, value)
    return mark_safe(  # noqa: S308 - every part is escaped
        f'<span class="money">{whole}<span class="dec">{decimals}</span><span class="cur">{currency}</span></span>'
    )


def cell(value: Cell) -> SafeString:
    """One value.

    >>> cell(Cell(text="a < b", note="late", note_tone="bad"))
    '<span class="soft">a &lt; b</span><span class="rel rel--bad">late</span>'
    """
    shown = _value(value)
    if value.note:
        tone = f" rel--{escape(value.note_tone)}" if value.note_tone else ""
        shown = f'{shown}<span class="rel{tone}">{escape(value.note)}</span>'
    return mark_safe(shown)  # noqa: S308 - every part is escaped


def _value(value: Cell) -> str:
    text = escape(value.text)
    match value.kind:
        case "money":
            return money(value.money) if value.money is not None else NOTHING
        case "date":
            return f"<time>{text}</time>"
        case "badge":
            return f'<span class="badge" data-s="{escape(value.value)}">{icon(value.icon)}{text}</span>'
        case "name":
            return (
                f'<span class="name"><a class="truncate" href="{escape(value.link)}" data-row-link>{text}</a>'
                f'<small class="truncate">{escape(value.under)}</small></span>'
            )
        case "method":
            return f'<span class="method">{icon(value.icon, "icon--sm")}{text}</span>'
        case "person":
            return (
                f'<span class="row"><span class="avatar" aria-hidden="true">{escape(value.value)}</span>'
                f'<span class="soft">{text}</span></span>'
            )
        case "links":
            return ", ".join(_link(*each) for each in value.links)
        case "empty":
            return NOTHING
        case _:
            return f'<span class="soft">{text}</span>'


def _link(name: str, address: str) -> str:
    if not address:
        return f'<span class="soft">{escape(name)}</span>'
    return f'<a href="{escape(address)}">{escape(name)}</a>'


def strip_day(day: Mapping[str, Any]) -> SafeString:
    """A bar of a month's strip, which leads to what falls due on its day."""
    title = escape(day["title"])
    marks = "".join(
        f" {mark}"
        for mark, holds in (
            ('aria-current="true"', day["chosen"]),
            ("data-today", day["today"]),
            ("data-weekend", day["weekend"]),
        )
        if holds
    )
    bars = "".join(
        f'<rect class="b-{kind}" x="0" width="14" y="{top}" height="{height}"/>'
        for kind, top, height in (
            ("due", day["top"], day["height"]),
            ("ok", day["ok_top"], day["ok_height"]),
            ("bad", day["top"], day["bad_height"]),
        )
    )
    return mark_safe(  # noqa: S308 - every part is escaped or a number
        f'<a class="due__day" href="{escape(day["link"])}" title="{title}" aria-label="{title}"{marks}>'
        f'<svg viewBox="0 0 14 100" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>'
        f"<span>{day['number']}</span></a>"
    )


_ARROWS = {
    "ascending": ("arrow-up", ""),
    "descending": ("arrow-down", ""),
    "": ("chevrons-up-down", "icon--idle"),
}


def heading(column: Column, *, is_name: bool = False) -> SafeString:
    """The head of a column, which sorts by it if its records can be sorted so; all but the name's can be made wider."""
    css = f"{column.css} c-name" if is_name else column.css
    width = f' data-width="{column.width}"' if column.width else ""
    sorts = f' aria-sort="{column.direction}"' if column.direction else ""
    resize = "" if is_name else '<span class="resize" data-resize aria-hidden="true"></span>'
    name = escape(column.name)
    return mark_safe(  # noqa: S308 - every part is escaped
        f'<th scope="col" role="columnheader" class="{css}" data-column="{name}"{width}{sorts}>'
        f"{_sorter(column, name)}{resize}</th>"
    )


def _sorter(column: Column, name: str) -> str:
    label = escape(column.label)
    if not column.sort_link:
        return f"<span>{label}</span>"
    arrow = icon(*_ARROWS[column.direction])
    return f'<a id="sort-{name}" href="{escape(column.sort_link)}">{label}{arrow}</a>'


def nav_link(entry: Entry, current: str) -> SafeString:
    """A link of the navigation, with how many records want attention."""
    here = ' aria-current="page"' if entry.key == current else ""
    count = ""
    if entry.alert:
        need = escape(_("%(number)s need attention") % {"number": entry.alert})
        count = (
            f'<span class="count"><span aria-hidden="true">{escape(entry.alert)}</span>'
            f'<span class="sr">{need}</span></span>'
        )
    return mark_safe(  # noqa: S308 - every part is escaped
        f'<a class="nav__link" href="{escape(entry.link)}"{here}>{icon(entry.icon)}{escape(entry.label)}{count}</a>'
    )


def table_row(table: Table, row: TableRow, base: str) -> SafeString:
    """A record of the list at ``base``: a box to select it, its name, a button to preview it, and its cells."""
    link, name, panel = escape(row.link), escape(row.name), f"{escape(base)}/{row.id}/panel"
    under = f'<small class="truncate">{escape(row.under)}</small>' if row.under else ""
    select = escape(_("Select %(name)s") % {"name": row.name})
    preview = escape(_("Preview %(name)s") % {"name": row.name})
    cells = "".join(
        f'<td role="cell" class="{column.css}">{cell(each)}</td>'
        if column.css
        else f'<td role="cell">{cell(each)}</td>'
        for column, each in zip(table.columns, row.cells, strict=True)
    )
    return mark_safe(  # noqa: S308 - every part is escaped
        f'<tr role="row" data-id="{row.id}"><td role="cell" class="c-check">'
        f'<input type="checkbox" name="id" value="{row.id}" data-row aria-label="{select}"></td>'
        f'<th scope="row" role="rowheader" class="c-name"><span class="name">'
        f'<a class="truncate" href="{link}" data-row-link>{name}</a>{under}</span>'
        f'<a class="btn btn--sm btn--icon peek" href="{link}" hx-get="{panel}" hx-target="#panel" '
        f'hx-swap="innerHTML" hx-push-url="false" data-peek tabindex="-1" aria-label="{preview}">{icon("eye")}</a></th>'
        f"{cells}</tr>"
    )
