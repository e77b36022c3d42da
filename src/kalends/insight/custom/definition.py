"""A custom report as somebody puts it together: an object with others tied to it, dimensions, measures, a filter.

Its JSON form is what is kept and what addresses say; :func:`read_report` holds it to the catalogue, the account's own
properties included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, cast

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import OBJECTS
from kalends.crm.schema import account_object
from kalends.insight.charts import Form
from kalends.insight.every import Every
from kalends.query import Filter, FilterError, parse, to_json

JOINS_MAX, MEASURES_MAX = 4, 5
LAYOUTS = ("table", "pivot")
FORMS: tuple[Form, ...] = (
    "column", "bar", "stacked-bar", "line", "area", "combination", "donut", "scatter", "kpi", "gauge",
)  # fmt: skip
SHAPES = (*LAYOUTS, *FORMS)
"""A table, a pivot table, and the charts."""
WITHOUT_ROWS = ("kpi", "gauge")


class What(StrEnum):
    """What a measure works out of the records of a group, each counted once."""

    COUNT = "count"
    DISTINCT = "distinct"
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"


class Dimension(NamedTuple):
    """A property by whose values records are grouped, or for dates how finely."""

    object: str
    property: str
    every: Every | None = None

    def word(self) -> str:
        """As an address says it: ``payment.hs_initiated_date:monthly``."""
        return f"{self.object}.{self.property}" + (f":{self.every}" if self.every else "")


class Measure(NamedTuple):
    """What is worked out of which property; a count is of the records themselves."""

    what: What
    object: str
    property: str = ""

    def word(self) -> str:
        """As an address says it: ``sum:payment.hs_initial_amount``, ``count:payment``."""
        return f"{self.what}:{self.object}" + (f".{self.property}" if self.property else "")


class WrongReport(ValueError):
    """A report that cannot be made; ``field`` names the part, the message its value and the remedy."""

    def __init__(self, field_: str, value: str, message: str) -> None:
        super().__init__(message)
        self.field, self.value = field_, value


@dataclass(frozen=True, slots=True)
class CustomReport:
    """``object`` is the primary one: its records decide which rows there are. ``joined`` are tied to it.

    ``convert`` sums amounts in the account's currency, each at the rate of the day on which its record was made;
    otherwise each currency is a column of its own. ``objects`` are all of them as the account has them.
    """

    object: str
    objects: Mapping[str, ObjectType]
    joined: tuple[str, ...] = ()
    rows: Dimension | None = None
    columns: Dimension | None = None
    measures: tuple[Measure, ...] = ()
    filter: Filter = field(default_factory=Filter)
    convert: bool = False
    shape: str = "table"

    @property
    def primary(self) -> ObjectType:
        """The primary object."""
        return self.objects[self.object]

    def property_of(self, of: Dimension | Measure) -> Property:
        """The property of a dimension, or of a measure that has one."""
        return self.objects[of.object].by_name[of.property]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Those that the shape shows: a single figure has none."""
        if self.shape in WITHOUT_ROWS:
            return ()
        return tuple(each for each in (self.rows, self.columns) if each is not None)

    def stored(self) -> dict[str, Any]:
        """The JSON form that :func:`read_report` reads."""
        return {
            "object": self.object,
            "joined": list(self.joined),
            "rows": self.rows.word() if self.rows else "",
            "columns": self.columns.word() if self.columns else "",
            "measures": [each.word() for each in self.measures],
            "filter": to_json(self.primary, self.filter)["groups"],
            "convert": self.convert,
            "shape": self.shape,
        }


def read_report(db: Connection[Any], ctx: AccountContext, told: Mapping[str, Any]) -> CustomReport:
    """A report from its JSON form. Raises :class:`WrongReport`."""
    name = str(told.get("object", ""))
    if name not in OBJECTS:
        raise WrongReport("object", name, f"There is no object {name!r}. There are {', '.join(OBJECTS)}.")
    joined = tuple(dict.fromkeys(map(str, _list(told.get("joined")))))
    for each in joined:
        if OBJECTS[name].association(each) is None or each == name:
            ties = ", ".join(tie.to for tie in OBJECTS[name].associations)
            raise WrongReport("joined", each, f"A {name} is not tied to a {each!r}. It is to {ties}.")
    if len(joined) > JOINS_MAX:
        raise WrongReport("joined", joined[JOINS_MAX], f"Join at most {JOINS_MAX} objects.")
    objects = {each: account_object(db, ctx, each) for each in (name, *joined)}
    shape = str(told.get("shape", "") or "table")
    if shape not in SHAPES:
        raise WrongReport("shape", shape, f"There is no chart {shape!r}. There are {', '.join(SHAPES)}.")
    rows = _dimension("rows", str(told.get("rows", "") or ""), objects)
    columns = _dimension("columns", str(told.get("columns", "") or ""), objects)
    return CustomReport(
        name,
        objects,
        joined,
        rows,
        columns if columns != rows else None,
        _measures(_list(told.get("measures")), name, objects),
        _filter(objects[name], told.get("filter")),
        told.get("convert") is True,
        shape,
    )


def _list(given: object) -> Sequence[object]:
    return cast("list[object]", given) if isinstance(given, list) else ()


def _dimension(part: str, word: str, objects: Mapping[str, ObjectType]) -> Dimension | None:
    if not word:
        return None
    path, _, every = word.partition(":")
    object_, _, name = path.partition(".")
    prop = _property(part, object_, name, word, objects)
    if not prop.is_time:
        return Dimension(object_, name)
    if every not in ("", *Every):
        raise WrongReport(part, word, f"{every!r} is no length of time. Give {', '.join(Every)}.")
    return Dimension(object_, name, Every(every or Every.MONTHLY))


def _property(part: str, object_: str, name: str, word: str, objects: Mapping[str, ObjectType]) -> Property:
    if object_ not in objects:
        raise WrongReport(
            part, word, f"{word!r}: the report has no {object_!r}. It has {', '.join(objects)}."
        )
    if name not in objects[object_].by_name:
        raise WrongReport(
            part, word, f"{word!r}: a {object_} has no property {name!r}. Choose one that it has."
        )
    return objects[object_].by_name[name]


def _measures(
    words: Sequence[object], primary: str, objects: Mapping[str, ObjectType]
) -> tuple[Measure, ...]:
    found = tuple(dict.fromkeys(_measure(str(word), objects) for word in words if word))
    if len(found) > MEASURES_MAX:
        raise WrongReport("measures", found[MEASURES_MAX].word(), f"Give at most {MEASURES_MAX} measures.")
    return found or (Measure(What.COUNT, primary),)


def _measure(word: str, objects: Mapping[str, ObjectType]) -> Measure:
    verb, _, path = word.partition(":")
    object_, _, name = path.partition(".")
    if verb not in list(What):
        raise WrongReport("measures", word, f"{word!r}: there is no {verb!r}. There are {', '.join(What)}.")
    if verb == What.COUNT:
        if object_ not in objects:
            raise WrongReport("measures", word, f"{word!r}: the report has no {object_!r}.")
        return Measure(What.COUNT, object_)
    prop = _property("measures", object_, name, word, objects)
    if verb != What.DISTINCT and not prop.is_number:
        raise WrongReport("measures", word, f"{word!r}: {name} is no number. Count its distinct values.")
    return Measure(What(verb), object_, name)


def _filter(obj: ObjectType, given: object) -> Filter:
    if not given:
        return Filter()
    try:
        return parse(obj, {"groups": given})
    except FilterError as problem:
        raise WrongReport("filter", str(given), f"The filter cannot be read. {problem}") from problem
