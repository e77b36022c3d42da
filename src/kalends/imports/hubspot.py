"""A request of HubSpot's imports API as a plan: its column mappings, its operations, its dates.

A file of ours makes records of one object. Columns of another object name records that are there already, to be
associated; in a file of subscriptions those of line items become the line item that the row brings with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import UnknownName, get_object, infer_object
from kalends.imports.cells import read_moment
from kalends.imports.guessing import guess_decimal, identity_of, values_of_kind
from kalends.imports.plan import IMPORTABLE, RECORD_ID, Mode, Plan, WrongPlan, targets_of
from kalends.imports.sheets import Row, Shape, shown

_OPERATIONS: Mapping[str, Mode] = {"UPSERT": "both", "CREATE": "create", "UPDATE": "update"}
_DATES = {
    "MONTH_DAY_YEAR": ("MM/DD/YYYY",),
    "DAY_MONTH_YEAR": ("DD/MM/YYYY", "DD.MM.YYYY"),
    "YEAR_MONTH_DAY": ("YYYY-MM-DD",),
}
_OBJECT_ID, _ALTERNATE_ID = "HUBSPOT_OBJECT_ID", "HUBSPOT_ALTERNATE_ID"
_KINDS = ("", "STANDARD", _OBJECT_ID, _ALTERNATE_ID)
COLUMNS_MAX = 1_600


class Column(NamedTuple):
    """A column mapping: the heading, whose property it is, and whether records are known by it."""

    heading: str
    object: str
    property: str
    kind: str


class Wanted(NamedTuple):
    """What a request asks for before its file is looked at: the rows' object, what is done, and its columns."""

    object: str
    mode: Mode
    columns: tuple[Column, ...]
    dates: tuple[str, ...]

    @property
    def objects(self) -> list[str]:
        """The rows' object and those that its columns name."""
        return list(dict.fromkeys((self.object, *(each.object for each in self.columns))))

    @property
    def brings_lines(self) -> bool:
        """Whether rows make line items beside their subscriptions."""
        return self.object == "subscription" and any(each.object == "line_item" for each in self.columns)


def read_request(body: Mapping[str, Any]) -> Wanted:
    """What the JSON of a request asks for. Raises :class:`~kalends.imports.plan.WrongPlan`."""
    page = _object(_only_file(body).get("fileImportPage"), "fileImportPage")
    if page.get("hasHeader") is not True:
        raise WrongPlan("header", "hasHeader is to be true: the first row of a file holds its headings.")
    given = page.get("columnMappings")
    mappings = cast("list[Any]", given) if isinstance(given, list) else []
    if not 0 < len(mappings) <= COLUMNS_MAX:
        raise WrongPlan("columns", f"columnMappings is to have from 1 to {COLUMNS_MAX:,} columns.")
    columns = tuple(_column(_object(each, f"columnMappings[{n}]"), n) for n, each in enumerate(mappings))
    operations = _operations(body.get("importOperations"))
    name = _rows_object(columns, operations)
    if name not in IMPORTABLE:
        raise WrongPlan("object", f"A {name} cannot be imported. There are {', '.join(IMPORTABLE)}.")
    form = body.get("dateFormat") or "MONTH_DAY_YEAR"
    if form not in _DATES:
        raise WrongPlan("dates", f"dateFormat is to be one of {', '.join(_DATES)}.")
    return Wanted(name, operations.get(name, "both"), columns, _DATES[form])


def plan_of(
    wanted: Wanted, obj: ObjectType, shape: Shape, headings: Sequence[str], rows: Sequence[Row]
) -> Plan:
    """The plan by which the file is read; ``rows`` are its first ones. Raises ``WrongPlan``."""
    by_heading = {each.heading: each for each in wanted.columns}
    missing = [each for each in by_heading if each not in headings]
    if missing:
        raise WrongPlan(
            "columns", f"The file has no column {missing[0][:80]!r}: its headings are {_some(headings)}."
        )
    known = {*targets_of(obj)}
    columns = [by_heading.get(each) for each in headings]
    targets = [_target(wanted, each, known) if each else "" for each in columns]
    identify = _identify(wanted, obj, targets, columns)
    texts = [[shown(row.cells[place]).strip() for row in rows] for place in range(len(headings))]
    decimals = (
        values_of_kind(obj, targets, texts, "number", "money")
        if known.issuperset(filter(None, targets))
        else []
    )
    mode = wanted.mode
    if mode == "both" and identify in ("", RECORD_ID):
        mode = "update" if identify else "create"
    return Plan(
        object=obj.name,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        targets=tuple(targets),
        identify=identify,
        mode=mode,
        dates=_best(wanted.dates, texts),
        decimal=guess_decimal(decimals, "en"),
    )


def _only_file(body: Mapping[str, Any]) -> Mapping[str, Any]:
    given = body.get("files")
    files = cast("list[Any]", given) if isinstance(given, list) else []
    if len(files) != 1:
        raise WrongPlan(
            "files",
            f"files has {len(files)} files, and an import here is of one: ask for one import after the other.",
        )
    return _object(files[0], "files[0]")


def _object(given: object, name: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise WrongPlan("shape", f"{name} is to be an object.")
    return cast("Mapping[str, Any]", given)


def _named(given: object, where: str) -> str:
    try:
        return infer_object(str(given)).name
    except UnknownName:
        raise WrongPlan(
            "object", f"{where} {str(given)[:40]!r} names no object: give one such as 0-1."
        ) from None


def _column(mapping: Mapping[str, Any], number: int) -> Column:
    where = f"columnMappings[{number}]"
    heading, name = mapping.get("columnName"), mapping.get("propertyName")
    kind = str(mapping.get("columnType") or mapping.get("idColumnType") or "")
    if not isinstance(heading, str) or not heading.strip():
        raise WrongPlan("columns", f"{where}.columnName is to be the heading of a column.")
    if kind not in _KINDS:
        raise WrongPlan(
            "columns", f"{where}.columnType {kind[:40]!r} is not known: there are {', '.join(_KINDS[1:])}."
        )
    obj = _named(
        mapping.get("columnObjectTypeId") or mapping.get("columnObjectType"), f"{where}.columnObjectTypeId"
    )
    if kind == _OBJECT_ID:
        name = RECORD_ID
    if not isinstance(name, str) or not name:
        raise WrongPlan("columns", f"{where}.propertyName is to be the name of a property.")
    return Column(heading.strip(), obj, name, kind)


def _operations(given: object) -> dict[str, Mode]:
    found: dict[str, Mode] = {}
    for each, verb in _object(given or {}, "importOperations").items():
        if verb not in _OPERATIONS:
            raise WrongPlan(
                "operations", f"importOperations is to say one of {', '.join(_OPERATIONS)} for {each[:40]!r}."
            )
        found[_named(each, "importOperations")] = _OPERATIONS[verb]
    return found


def _rows_object(columns: Sequence[Column], operations: Mapping[str, Mode]) -> str:
    """What each row is: the one object for which an operation is asked, or which has more than names of its records."""
    named = list(dict.fromkeys(each.object for each in columns))
    if len(named) == 1:
        return named[0]
    asked = [each for each in named if each in operations]
    if len(asked) == 1:
        return asked[0]
    described = list(
        dict.fromkeys(each.object for each in columns if each.kind not in (_OBJECT_ID, _ALTERNATE_ID))
    )
    if "subscription" in described:
        described = [each for each in described if each != "line_item"]
    if len(described) == 1:
        return described[0]
    raise WrongPlan(
        "objects",
        f"The columns are of {' and '.join(named)}, and a file here makes records of one object. Say which in "
        f"importOperations; columns of the others may name their records, as {_OBJECT_ID} or {_ALTERNATE_ID}.",
    )


def _target(wanted: Wanted, column: Column, known: set[str]) -> str:
    if column.object == wanted.object:
        return column.property
    if wanted.brings_lines and column.object == "line_item":
        return f"line:{column.property}"
    by = "id" if column.property == RECORD_ID else column.property
    target = f"tie:{column.object}:{by}"
    if target not in known:
        ways = [each.rpartition(":")[2] for each in sorted(known) if each.startswith(f"tie:{column.object}:")]
        remedy = f"by {' or '.join(RECORD_ID if each == 'id' else each for each in ways if each != 'key')}"
        raise WrongPlan(
            "target",
            f"The column {column.heading[:80]!r} cannot name a {column.object} of a {wanted.object} by "
            f"{column.property[:80]!r}: {f'name it {remedy}' if ways else 'they are never associated'}.",
        )
    return target


def _identify(
    wanted: Wanted, obj: ObjectType, targets: Sequence[str], columns: Sequence[Column | None]
) -> str:
    for target, column in zip(targets, columns, strict=True):
        if column and column.object == wanted.object and column.kind in (_OBJECT_ID, _ALTERNATE_ID):
            return target
    return "" if wanted.mode == "create" and RECORD_ID not in targets else identity_of(obj, targets)[0]


def _best(forms: Sequence[str], texts: Sequence[Sequence[str]]) -> str:
    """The way of writing days that reads the most cells."""
    return max(
        forms, key=lambda form: sum(read_moment(text, form) is not None for part in texts for text in part)
    )


def _some(headings: Sequence[str]) -> str:
    return ", ".join(headings[:20])


def objects_told(plan: Plan) -> list[str]:
    """The objects of a plan: of its rows, of what they are tied to, and of what they bring, by type id."""
    names = [plan.object]
    for each in plan.targets:
        kind, _, rest = each.partition(":")
        if kind == "tie":
            names.append(rest.partition(":")[0])
        elif kind == "line" and rest:
            names.append("line_item")
    return [get_object(each).type_id for each in dict.fromkeys(names)]
