"""The form beside a custom report: records, joined records, rows, columns, measures, filters, chart."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.catalog import ObjectType
from kalends.catalog.registry import OBJECTS
from kalends.insight import EVERY_LABELS
from kalends.insight.custom import SHAPES, Dimension, What
from kalends.insight.custom.definition import JOINS_MAX, MEASURES_MAX
from kalends.insight.custom.sheet import WHAT_LABELS
from kalends.staff.index.filters import Asker, groups_context
from kalends.staff.insight.filters import Choice
from kalends.staff.insight.made import Made
from kalends.staff.visit import Visit

SHAPE_LABELS = {
    "table": gettext_lazy("Table"),
    "pivot": gettext_lazy("Pivot table"),
    "column": gettext_lazy("Columns"),
    "bar": gettext_lazy("Bars"),
    "stacked-bar": gettext_lazy("Stacked bars"),
    "line": gettext_lazy("Lines"),
    "area": gettext_lazy("Area"),
    "combination": gettext_lazy("Columns and lines"),
    "donut": gettext_lazy("Donut"),
    "scatter": gettext_lazy("Scatter"),
    "kpi": gettext_lazy("Single figure"),
    "gauge": gettext_lazy("Gauge"),
}


class Options(NamedTuple):
    """Choices under the name of an object."""

    label: str
    choices: list[Choice]


def builder(made: Made) -> dict[str, Any]:
    """What the form shows."""
    report, language = made.report, made.visit.language
    asker = Asker(made.visit, made.object, made.names)
    return {
        "objects": [
            Choice(each.name, each.plural_label.in_language(language), each.name == report.object)
            for each in seen_objects(made.visit)
        ],
        "joins": _joins(made),
        "joins_max": JOINS_MAX,
        "rows": _dimension(made, report.rows),
        "columns": _dimension(made, report.columns),
        "measures": _measures(made),
        "shapes": [Choice(each, str(SHAPE_LABELS[each]), each == report.shape) for each in SHAPES],
        "own_currency": made.visit.ctx.currency,
        "convert": report.convert,
        "object": report.object,
        "saved": made.saved,
        "panel": groups_context(asker, made.groups, made.picking),
    }


def seen_objects(visit: Visit) -> list[ObjectType]:
    """The objects of which the user may see records."""
    return [each for each in OBJECTS.values() if visit.may("view", each.name)]


def _joins(made: Made) -> list[Choice]:
    report, language = made.report, made.visit.language
    known = {each.name for each in seen_objects(made.visit)}
    return [
        Choice(tie.to, OBJECTS[tie.to].plural_label.in_language(language), tie.to in report.joined)
        for tie in report.primary.associations
        if tie.to != report.object and tie.to in known
    ]


def _dimension(made: Made, chosen: Dimension | None) -> dict[str, Any]:
    every = chosen.every if chosen else None
    return {
        "options": _properties(made, f"{chosen.object}.{chosen.property}" if chosen else ""),
        "is_time": every is not None,
        "every": [
            Choice(each.value, label.in_language(made.visit.language), each is every)
            for each, label in EVERY_LABELS.items()
        ],
    }


def _properties(made: Made, chosen: str, *, records: bool = False) -> list[Options]:
    """All properties of the report's objects; for measures the records themselves first."""
    language = made.visit.language
    found: list[Options] = []
    for name, obj in made.report.objects.items():
        own = [
            Choice(f"{name}.{each.name}", each.label.in_language(language), f"{name}.{each.name}" == chosen)
            for each in obj.properties
        ]
        own.sort(key=lambda each: each.label.casefold())
        label = obj.plural_label.in_language(language)
        if records:
            own.insert(0, Choice(name, _("%(records)s: number") % {"records": label}, name == chosen))
        found.append(Options(label, own))
    return found


def _measures(made: Made) -> list[dict[str, Any]]:
    """A row of fields for each measure, and one for the next."""
    language = made.visit.language
    rows: list[dict[str, Any]] = []
    for number, each in enumerate([*made.report.measures, None][:MEASURES_MAX]):
        path = "" if each is None else f"{each.object}.{each.property}" if each.property else each.object
        prop = made.report.property_of(each) if each is not None and each.property else None
        rows.append(
            {
                "number": number,
                "options": _properties(made, path, records=True),
                "what": [
                    Choice(what.value, label.in_language(language), each is not None and what is each.what)
                    for what, label in WHAT_LABELS.items()
                    if what is not What.COUNT
                ]
                if prop is not None and prop.is_number
                else [],
                "is_next": each is None,
            }
        )
    return rows
