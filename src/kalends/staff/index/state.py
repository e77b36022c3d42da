"""An index page's state, all of it in the address: view, filters, columns, widths, order, search, page.

What the address says of the filters, columns and order is told apart from the view's own: a part that is not said is
the view's, so the address of a view that nobody changed is short, and what was changed is what stands there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.http import QueryDict

from kalends.catalog import ObjectType, Sort
from kalends.query import Filter, Limits, parse
from kalends.staff.index.quick import quick_conditions, read_quick
from kalends.staff.index.reading import Ignored, read_columns, read_groups, read_sort
from kalends.staff.index.tabs import Tab
from kalends.staff.objects import ObjectPage
from kalends.views.content import FROZEN_MAX, ColumnChoice, Content

SIZES = (25, 50, 100)
_PAGING = ("after", "before", "start")
_LONGEST_SEARCH = 200
_TOGETHER = Limits(groups=20, conditions=400)
"""A view's filter is held to the filter's own limits where it is read; quick filters and a day come on top of it."""


@dataclass(frozen=True, slots=True)
class ListState:
    """What the address says. ``ignored`` names what could not be understood in it, and was left out.

    ``segment`` is the number of the segment whose filter is being changed, if any.
    """

    page: ObjectPage
    object: ObjectType
    tab: Tab
    content: Content
    first_tab: str = ""
    day: date | None = None
    search: str = ""
    size: int = SIZES[0]
    after: str = ""
    before: str = ""
    start: int = 1
    month: str = ""
    currency: str = ""
    segment: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def order(self) -> Sort:
        """The order asked for, else the object's own."""
        name = self.content.sort
        return Sort(name.removeprefix("-"), name.startswith("-")) if name else self.object.default_sort

    @property
    def columns(self) -> tuple[ColumnChoice, ...]:
        """The columns behind the name's, in their order."""
        return self.content.columns or tuple(ColumnChoice(name) for name in self.page.columns)

    @property
    def is_changed(self) -> bool:
        """Whether something was changed that a view would keep."""
        return self.content != self.tab.content

    @property
    def is_filtered(self) -> bool:
        """Whether anything besides the view narrows the list."""
        content, own = self.content, self.tab.content
        return bool(self.day or self.search) or (content.quick, content.groups) != (own.quick, own.groups)

    @property
    def has_filters(self) -> bool:
        """Whether there is anything that clearing the filters would take away."""
        return bool(self.day or self.search or self.content.quick or self.content.groups)

    @property
    def condition_count(self) -> int:
        """How many conditions the advanced filters have."""
        return self.advanced().count

    def advanced(self) -> Filter:
        """The advanced filters alone."""
        return parse(self.object, {"groups": list(self.content.groups)}, _TOGETHER)

    def filter(self) -> Filter:
        """Everything that narrows the list together, but the search; read by the one parser of filters."""
        alternatives: list[list[Any]] = [list(group) for group in self.content.groups] or [[]]
        quick = quick_conditions(self.page, self.content.quick)
        alternatives = [[*group, *quick] for group in alternatives]
        if self.day:
            days = [[_on(each, self.day) for each in group] for group in self.page.day_filter]
            alternatives = [[*group, *more] for group in alternatives for more in days]
        return parse(self.object, {"groups": [group for group in alternatives if group]}, _TOGETHER)

    def having(self, **content: Any) -> ListState:
        """The same list with some of the view's parts changed, from its first page."""
        return replace(self, content=replace(self.content, **content), after="", before="", start=1)

    def with_quick(self, word: str, values: tuple[str, ...]) -> ListState:
        """The same list with one quick filter changed."""
        others = {key: each for key, each in self.content.quick.items() if key != word}
        return self.having(quick={**others, **({word: values} if values else {})})

    def reset(self) -> ListState:
        """The view as it was saved."""
        return replace(self, content=self.tab.content, after="", before="", start=1)

    def cleared(self) -> ListState:
        """The same view without any filter."""
        return replace(self.having(quick={}, groups=()), day=None, search="")

    def said(self) -> list[tuple[str, str]]:
        """The words of the address, but for the place in the list."""
        own, now = self.tab.content, self.content
        words: list[tuple[str, str]] = [("view", "" if self.tab.key == self.first_tab else self.tab.key)]
        for quick in self.page.quick:
            chosen = tuple(now.quick.get(quick.word, ()))
            if chosen != tuple(own.quick.get(quick.word, ())):
                words += [(quick.word, value) for value in chosen] or [(quick.word, "-")]
        if now.groups != own.groups:
            words.append(("f", json.dumps(list(now.groups), ensure_ascii=False, separators=(",", ":"))))
        if now.columns != own.columns:
            words.append(("cols", ",".join(_column_word(each) for each in self.columns)))
        if now.frozen != own.frozen:
            words.append(("frozen", str(now.frozen)))
        if now.sort != own.sort:
            words.append(("sort", now.sort or "-"))
        words += [
            ("day", self.day.isoformat() if self.day else ""),
            ("q", self.search),
            ("rows", "" if self.size == SIZES[0] else str(self.size)),
            ("month", self.month),
            ("currency", self.currency),
            ("segment", self.segment),
        ]
        return [(word, value) for word, value in words if value]

    def address(self, **changes: Any) -> str:
        """The query of the address with some plain words changed; a change leads to the first page of the list."""
        words = [(word, value) for word, value in self.said() if word not in changes]
        if changes.keys() & set(_PAGING):
            place = {"after": self.after, "before": self.before, "start": str(self.start)}
            words += [(word, value) for word, value in place.items() if word not in changes]
        words += list(changes.items())
        return "?" + "&".join(f"{_quoted(word)}={_quoted(value)}" for word, value in words if value)


@lru_cache(maxsize=1024)
def _quoted(word: str) -> str:
    """A page has some forty addresses that differ in a word or two."""
    return quote(word, safe=",:'")


def _column_word(choice: ColumnChoice) -> str:
    return f"{choice.name}:{choice.width}" if choice.width else choice.name


def _on(condition: Mapping[str, Any], day: date) -> dict[str, Any]:
    """A condition with its ``{day}`` filled in."""
    filled = dict(condition)
    if "values" in filled:
        filled["values"] = [day.isoformat() if value == "{day}" else value for value in filled["values"]]
    if "conditions" in filled:
        filled["conditions"] = [_on(each, day) for each in filled["conditions"]]
    return filled


def read_state(
    page: ObjectPage, obj: ObjectType, tabs: Mapping[str, Tab], first_tab: str, query: QueryDict
) -> ListState:
    """The state that an address means; what it says wrongly is left out and told in ``ignored``."""
    ignored = Ignored()
    tab = _one_of(query.get("view", ""), tabs, ignored) or tabs[first_tab]
    own = _understood(page, obj, tab.content, ignored)
    tab = tab._replace(content=own)
    content = replace(
        own,
        quick=_read_quick(page, obj, own, query, ignored),
        groups=read_groups(obj, query.get("f", ""), ignored) if "f" in query else own.groups,
        columns=read_columns(page, obj, query.get("cols", ""), ignored) if "cols" in query else own.columns,
        frozen=_read_frozen(query.get("frozen", ""), own.frozen, ignored),
        sort=read_sort(obj, query.get("sort", ""), ignored) if "sort" in query else own.sort,
    )
    return ListState(
        page=page,
        object=obj,
        tab=tab,
        content=content,
        first_tab=first_tab,
        day=_read_day(query.get("day", ""), ignored) if page.day_filter else None,
        search=query.get("q", "").replace("\x00", "").strip()[:_LONGEST_SEARCH].rstrip(),
        size=_one_of(query.get("rows", ""), {str(size): size for size in SIZES}, ignored) or SIZES[0],
        after=query.get("after", ""),
        before=query.get("before", ""),
        start=_read_start(query.get("start", "")),
        month=query.get("month", ""),
        currency=query.get("currency", ""),
        segment=read_number_word(query.get("segment", "")),
        ignored=tuple(ignored),
    )


def _understood(page: ObjectPage, obj: ObjectType, content: Content, ignored: Ignored) -> Content:
    """A view's content as the object has it today: properties may have gone since it was saved."""
    columns: Callable[[str], tuple[ColumnChoice, ...]] = lambda text: read_columns(page, obj, text, ignored)  # noqa: E731
    return replace(
        content,
        quick={
            each.word: chosen
            for each in page.quick
            if (chosen := read_quick(obj, each, content.quick.get(each.word, ()), ignored))
        },
        groups=read_groups(obj, list(content.groups), ignored),
        columns=columns(",".join(_column_word(each) for each in content.columns)),
        sort=read_sort(obj, content.sort, ignored),
    )


def _read_quick(
    page: ObjectPage, obj: ObjectType, own: Content, query: QueryDict, ignored: Ignored
) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = {}
    for each in page.quick:
        given = query.getlist(each.word) or _span_given(query, each.word)
        values = read_quick(obj, each, given, ignored) if given else tuple(own.quick.get(each.word, ()))
        if values:
            chosen[each.word] = values
    return chosen


def _span_given(query: QueryDict, word: str) -> list[str]:
    """The days of a form: two fields of their own."""
    first, last = query.get(f"{word}-from", ""), query.get(f"{word}-to", "")
    return [f"{first}..{last}"] if first or last else []


def _one_of(word: str, known: Mapping[str, Any], ignored: Ignored) -> Any:
    if word and word not in known:
        ignored.append(word)
    return known.get(word)


def _read_frozen(word: str, own: int, ignored: Ignored) -> int:
    if not word:
        return own
    if word in {str(number) for number in range(FROZEN_MAX + 1)}:
        return int(word)
    ignored.append(word)
    return own


def _read_day(word: str, ignored: Ignored) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        ignored.append(word)
        return None


def read_number_word(word: str) -> str:
    """A number as the address says it; empty for anything else."""
    return word if word.isascii() and word.isdigit() and len(word) < 19 else ""


def _read_start(word: str) -> int:
    return int(word) if word.isascii() and word.isdigit() and 0 < len(word) < 10 else 1
