"""The screen on which columns are told apart: what each becomes, with values from the file and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import get_object
from kalends.crm.schema import account_object
from kalends.imports import sheets
from kalends.imports.cells import CellReader, reader_for
from kalends.imports.plan import DATE_FORMATS, DECIMALS, MODES, Plan, identifying, parse_target
from kalends.imports.problems import BadCell, shortened
from kalends.imports.runs import Import
from kalends.imports.sheets import Row, WrongFile, shown
from kalends.staff import formatting
from kalends.staff.imports import words
from kalends.staff.visit import Visit

_SHOWN = 3
_LOOKED_AT = 50


class Shown(NamedTuple):
    """A column on the screen; ``read_as`` is what its first value is taken for, ``wrong`` says why it is not."""

    place: int
    heading: str
    target: str
    samples: list[str]
    read_as: str
    wrong: bool


def plan_from(one: Import, posted: Mapping[str, Any], columns: int) -> Plan:
    """The plan that the form asks for; what is not offered stays as it is."""
    plan = one.plan

    def chosen(name: str, offered: Sequence[str], before: str) -> str:
        value = posted.get(name, before)
        return value if value in offered else before

    return replace(
        plan,
        targets=tuple(str(posted.get(f"column-{place}", "")) for place in range(columns)),
        identify=str(posted.get("identify", plan.identify)),
        mode=chosen("mode", MODES, plan.mode),
        dates=chosen("dates", DATE_FORMATS, plan.dates),
        decimal=chosen("decimal", DECIMALS, plan.decimal),
        encoding=chosen("encoding", sheets.ENCODINGS, plan.encoding) if plan.encoding else "",
        delimiter=chosen("delimiter", sheets.DELIMITERS, plan.delimiter) if plan.delimiter else "",
    )


def mapping_context(visit: Visit, plan: Plan, path: Path) -> dict[str, Any]:
    """What the screen shows of a file read by a plan."""
    db = visit.psycopg()
    obj = account_object(db, visit.ctx, plan.object)
    try:
        names, rows = sheets.headings(path, plan.shape), sheets.sample(path, plan.shape, _LOOKED_AT)
    except (WrongFile, OSError) as problem:
        told = words.why(problem) if isinstance(problem, WrongFile) else str(problem.strerror)
        return {"file_problem": told, "plan": plan, **_choices(visit, obj, plan)}
    targets = plan.targets if len(plan.targets) == len(names) else ("",) * len(names)
    reader = reader_for(db, visit.ctx, plan)
    columns = [
        _column(place, heading, target, rows, obj, reader, visit.language)
        for place, (heading, target) in enumerate(zip(names, targets, strict=True))
    ]
    return {"plan": plan, "columns": columns, "source_words": words.SOURCES.get(plan.source, "")} | _choices(
        visit, obj, plan
    )


def _choices(visit: Visit, obj: ObjectType, plan: Plan) -> dict[str, Any]:
    return {
        "groups": words.choices(obj, visit.language),
        "known_by": [
            words.Choice(each, words.label_of(obj, each, visit.language)) for each in identifying(obj)
        ],
        "modes": words.MODES,
        "date_formats": DATE_FORMATS,
        "decimals": words.DECIMAL_WORDS,
        "encodings": sheets.ENCODINGS if plan.encoding else (),
        "delimiters": [(each, {"\t": "Tab"}.get(each, each)) for each in sheets.DELIMITERS]
        if plan.delimiter
        else (),
    }


def _column(
    place: int,
    heading: str,
    target: str,
    rows: Sequence[Row],
    obj: ObjectType,
    reader: CellReader,
    language: str,
) -> Shown:
    cells = [row.cells[place] for row in rows if place < len(row.cells) and shown(row.cells[place]).strip()]
    samples = [shortened(shown(cell)) for cell in cells[:_SHOWN]]
    prop = _property(obj, target)
    if prop is None or not cells:
        return Shown(place, heading, target, samples, "", wrong=False)
    try:
        text = reader.read(prop, heading, cells[0])
    except BadCell as bad:
        return Shown(place, heading, target, samples, words.remedy(bad, language), wrong=True)
    return Shown(place, heading, target, samples, _as_people_read(prop, text, language), wrong=False)


def _property(obj: ObjectType, target: str) -> Property | None:
    if not target:
        return None
    meant = parse_target(target)
    if meant.kind == "line":
        return get_object("line_item").by_name.get(meant.name)
    return obj.by_name.get(meant.name) if meant.kind == "property" else None


def _as_people_read(prop: Property, text: str, language: str) -> str:
    """A value as pages show it, where its form says something that the file's own does not."""
    match prop.type:
        case "date":
            return formatting.day(date.fromisoformat(text))
        case "datetime":
            return formatting.day(datetime.fromisoformat(text).date())
        case "number" | "money":
            return formatting.number(Decimal(text))
        case "enumeration" if prop.options:
            return "; ".join(prop.option_label(part, language) for part in text.split(";"))
        case _:
            return ""
