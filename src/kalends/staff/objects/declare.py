"""What the pages of an object declare beyond the catalogue: its place, its tabs, quick filters, shapes and cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from kalends.catalog import OBJECTS, ObjectType
from kalends.query import Filter, Period
from kalends.query.context import Cursor
from kalends.staff.cells import Dress
from kalends.staff.visit import Visit
from kalends.views import Content

Label = str | Promise
Beside = Mapping[int, Any]


class StandardView(NamedTuple):
    """A view that the product has: never stored, never deleted."""

    key: str
    label: Label
    content: Content


class Preset(NamedTuple):
    """A stretch of time that a quick filter on a date offers."""

    key: str
    label: Label
    operator: str
    value: str


class QuickFilter(NamedTuple):
    """A filter above the table: the address's word for it, its property, and stretches of time for dates."""

    word: str
    property: str
    presets: tuple[Preset, ...] = ()


class Empty(NamedTuple):
    """What a list says that has no record at all."""

    title: Label
    text: Label


def _nothing_beside(cursor: Cursor, account_id: int, ids: Sequence[int]) -> Beside:  # noqa: ARG001
    return {}


def _no_dresses(visit: Visit, beside: Beside) -> Mapping[str, Dress]:  # noqa: ARG001
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPage:
    """One object's pages for staff.

    ``slug`` is its word in addresses; ``group`` is the heading of the navigation that it stands under, and ``alert``
    counts there how many records want somebody's attention. ``title`` is the property that the name's column stands
    for and is sorted by, ``under`` the one below the name; ``amount`` and ``due`` are shown beside it on a phone.
    ``badges`` are the shapes of the values of status properties; the first is the record's status. ``needs`` are
    properties that dresses read besides the columns. ``beside`` reads what stands beside records in a list, and
    ``dresses`` shows properties that have a better form than their type's (``@under`` shows what stands below the
    name). ``key_properties`` stand in the side panel, ``ties`` are the objects whose records it names.
    """

    object: ObjectType
    slug: str
    icon: str
    group: Literal["commerce", "customers"]
    alert: Filter | None = None
    title: str
    amount: str = ""
    due: str = ""
    under: str = ""
    views: tuple[StandardView, ...]
    quick: tuple[QuickFilter, ...]
    badges: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    columns: tuple[str, ...]
    needs: tuple[str, ...] = ()
    beside: Callable[[Cursor, int, Sequence[int]], Beside] = _nothing_beside
    dresses: Callable[[Visit, Beside], Mapping[str, Dress]] = _no_dresses
    key_properties: tuple[str, ...]
    ties: tuple[str, ...] = ()
    found: Callable[[int], str]
    empty: Empty
    search_hint: Label
    sum_label: Label = ""
    """What the sums of ``amount`` below the list are called; nothing where they would mean nothing."""
    shows_ties: tuple[str, ...] = ()
    """Associated objects whose names the list shows in one way or another, and an export of it therefore as well."""
    day_filter: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    """What a day of the strip above the list means; only subscriptions have one."""

    @property
    def name(self) -> str:
        """The object's name."""
        return self.object.name

    @property
    def tied_columns(self) -> tuple[str, ...]:
        """The objects whose tied records the list can show in columns."""
        return tuple(each for each in self.ties if self.object.association(each))

    @property
    def index(self) -> str:
        """The name of the list's address, which takes the account's number."""
        return self.slug

    @property
    def status(self) -> str:
        """The property that is the record's status, if it has one."""
        return next(iter(self.badges), "")


def object_type(name: str) -> ObjectType:
    """The catalogue's entry."""
    return OBJECTS[name]


def view(key: str, label: Label, *groups: Sequence[Mapping[str, Any]]) -> StandardView:
    """A standard view with a filter; without groups it shows everything."""
    return StandardView(key, label, Content(groups=tuple(list(group) for group in groups)))


def condition(property_: str, operator: str, *values: str) -> dict[str, Any]:
    """A condition in the JSON of filters."""
    told: dict[str, Any] = {"property": property_, "operator": operator}
    return {**told, "values": list(values)} if values else told


def period(key: Period, label: Label) -> Preset:
    """A preset that is a named period."""
    return Preset(key.value, label, "in_period", key.value)


COMING = (
    period(Period.TODAY, gettext_lazy("Today")),
    period(Period.TOMORROW, gettext_lazy("Tomorrow")),
    period(Period.THIS_WEEK, gettext_lazy("This week")),
    period(Period.NEXT_WEEK, gettext_lazy("Next week")),
    period(Period.THIS_MONTH, gettext_lazy("This month")),
    period(Period.NEXT_MONTH, gettext_lazy("Next month")),
    Preset("next_30_days", gettext_lazy("Next 30 days"), "less_than_days_ahead", "30"),
    Preset("later", gettext_lazy("Later than 30 days"), "more_than_days_ahead", "30"),
    Preset("before_today", gettext_lazy("Before today"), "more_than_days_ago", "0"),
)
"""For dates that lie ahead."""

GONE = (
    period(Period.TODAY, gettext_lazy("Today")),
    period(Period.YESTERDAY, gettext_lazy("Yesterday")),
    period(Period.THIS_WEEK, gettext_lazy("This week")),
    period(Period.LAST_WEEK, gettext_lazy("Last week")),
    period(Period.THIS_MONTH, gettext_lazy("This month")),
    period(Period.LAST_MONTH, gettext_lazy("Last month")),
    Preset("last_30_days", gettext_lazy("Last 30 days"), "less_than_days_ago", "30"),
    period(Period.THIS_YEAR, gettext_lazy("This year")),
)
"""For dates that lie behind."""
