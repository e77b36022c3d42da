"""An index page's state, all of it in the address: view, quick filters, search, order, page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.functional import Promise

from kalends.catalog import ObjectType, Sort
from kalends.query import Filter, Period, parse

SIZES = (25, 50, 100)
_PAGING = ("after", "before", "start")
_LONGEST_SEARCH = 200


class SavedView(NamedTuple):
    """A tab: a name and a filter in the language of :mod:`kalends.query`."""

    key: str
    label: str | Promise
    filter: Mapping[str, Any]


class Preset(NamedTuple):
    """A stretch of time that a quick filter on a date offers."""

    key: str
    label: str | Promise
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Index:
    """What the index page of an object offers: its tabs and its quick filters."""

    object: ObjectType
    views: Sequence[SavedView]
    choice: tuple[str, str]
    """The address's word for the quick filter on an enumeration, and that property."""
    time: tuple[str, str]
    """The same for a date."""
    presets: Sequence[Preset]
    day_filter: Sequence[Sequence[Mapping[str, Any]]]
    """What a day of the strip means: groups of conditions in which ``{day}`` stands for the date."""


@dataclass(frozen=True, slots=True)
class ListState:
    """What the address says. ``ignored`` holds what could not be understood in it, and was left out."""

    index: Index
    view: SavedView
    choices: tuple[str, ...] = ()
    preset: Preset | None = None
    day: date | None = None
    search: str = ""
    sort: Sort | None = None
    size: int = SIZES[0]
    after: str = ""
    before: str = ""
    start: int = 1
    month: str = ""
    currency: str = ""
    ignored: tuple[str, ...] = field(default=())

    @property
    def order(self) -> Sort:
        """The order asked for, else the object's own."""
        return self.sort or self.index.object.default_sort

    @property
    def is_filtered(self) -> bool:
        """Whether anything besides the tab narrows the list."""
        return bool(self.choices or self.preset or self.day or self.search)

    def filter(self) -> Filter:
        """The tab's filter and the quick ones together, read by the one parser of filters."""
        alternatives: list[list[Any]] = [list(group) for group in self.view.filter.get("groups", [])] or [[]]
        quick: list[Any] = []
        if self.choices:
            quick.append(
                {"property": self.index.choice[1], "operator": "is_any_of", "values": list(self.choices)}
            )
        if self.preset:
            quick.append(
                {
                    "property": self.index.time[1],
                    "operator": self.preset.operator,
                    "values": [self.preset.value],
                }
            )
        alternatives = [[*group, *quick] for group in alternatives]
        if self.day:
            days = [[_on(each, self.day) for each in group] for group in self.index.day_filter]
            alternatives = [[*group, *more] for group in alternatives for more in days]
        return parse(self.index.object, {"groups": [group for group in alternatives if group]})

    def address(self, **changes: Any) -> str:
        """The query of the address with some words changed; a change of anything but the page leads to the first."""
        said: dict[str, Any] = {
            "view": "" if self.view is self.index.views[0] else self.view.key,
            self.index.choice[0]: list(self.choices),
            self.index.time[0]: self.preset.key if self.preset else "",
            "day": self.day.isoformat() if self.day else "",
            "q": self.search,
            "sort": ("-" if self.sort.descending else "") + self.sort.property if self.sort else "",
            "rows": "" if self.size == SIZES[0] else str(self.size),
            "month": self.month,
            "currency": self.currency,
        }
        if changes.keys() & set(_PAGING):
            said |= {"after": self.after, "before": self.before, "start": str(self.start)}
        said |= changes
        query = QueryDict(mutable=True)
        for word, value in said.items():
            query.setlist(word, [each for each in (value if isinstance(value, list) else [value]) if each])
        return "?" + query.urlencode()


def _on(condition: Mapping[str, Any], day: date) -> dict[str, Any]:
    """A condition with its ``{day}`` filled in."""
    filled = dict(condition)
    if "values" in filled:
        filled["values"] = [day.isoformat() if value == "{day}" else value for value in filled["values"]]
    if "conditions" in filled:
        filled["conditions"] = [_on(each, day) for each in filled["conditions"]]
    return filled


def read_state(index: Index, query: QueryDict) -> ListState:
    """The state that an address means; what it says wrongly is left out and told in ``ignored``."""
    ignored: list[str] = []
    choice_word, choice_property = index.choice
    known = [option.value for option in index.object.by_name[choice_property].options]
    choices = tuple(dict.fromkeys(query.getlist(choice_word)))
    ignored += [value for value in choices if value not in known]
    view = _one_of(query.get("view", ""), {each.key: each for each in index.views}, ignored)
    return ListState(
        index=index,
        view=view or index.views[0],
        choices=tuple(value for value in choices if value in known),
        preset=_one_of(query.get(index.time[0], ""), {each.key: each for each in index.presets}, ignored),
        day=_read_day(query.get("day", ""), ignored),
        search=query.get("q", "").replace("\x00", "").strip()[:_LONGEST_SEARCH],
        sort=_read_sort(index.object, query.get("sort", ""), ignored),
        size=_one_of(query.get("rows", ""), {str(size): size for size in SIZES}, ignored) or SIZES[0],
        after=query.get("after", ""),
        before=query.get("before", ""),
        start=_read_start(query.get("start", "")),
        month=query.get("month", ""),
        currency=query.get("currency", ""),
        ignored=tuple(ignored),
    )


def _one_of(word: str, known: Mapping[str, Any], ignored: list[str]) -> Any:
    if word and word not in known:
        ignored.append(word)
    return known.get(word)


def _read_day(word: str, ignored: list[str]) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        ignored.append(word)
        return None


def _read_sort(obj: ObjectType, word: str, ignored: list[str]) -> Sort | None:
    name = word.removeprefix("-")
    if name and name not in obj.by_name:
        ignored.append(word)
        return None
    return Sort(name, descending=word.startswith("-")) if name else None


def _read_start(word: str) -> int:
    return int(word) if word.isascii() and word.isdigit() and 0 < len(word) < 10 else 1


def period(key: Period, label: str | Promise) -> Preset:
    """A preset that is a named period."""
    return Preset(key.value, label, "in_period", key.value)
