"""Segments in words: their kinds, what they ask for, and why something cannot be done to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.catalog import ObjectType
from kalends.query import RULES, Operator
from kalends.segments.segment import Segment, SegmentRefused, Use
from kalends.segments.services import NAME_LENGTH_MAX, SEGMENTS_MAX
from kalends.staff.cells import Names
from kalends.staff.index.filter_rows import Row, about, property_of, rows_of
from kalends.staff.index.filters import MEMBERSHIP, PERIODS, property_label
from kalends.staff.index.toolbar import option_labels
from kalends.staff.refusals import worded

KINDS = {
    "active": gettext_lazy("Active: follows its filter"),
    "static": gettext_lazy("Static: stays as it is until somebody changes it"),
}
SHORT = {"active": gettext_lazy("Active"), "static": gettext_lazy("Static")}
_USES = {
    "segment": gettext_lazy("The segment %(name)s asks for it."),
    "view": gettext_lazy("The view %(name)s asks for it."),
    "report": gettext_lazy("The report %(name)s asks for it."),
    "workflow": gettext_lazy("The workflow %(name)s asks for it."),
    "mailing": gettext_lazy("The email %(name)s goes to it."),
}
_REASONS: dict[str, Callable[[], str]] = {
    "name_missing": lambda: _("Give the segment a name."),
    "name_long": lambda: _("A name has at most %(count)s characters.") % {"count": NAME_LENGTH_MAX},
    "name_taken": lambda: _("There is a segment of this name already: choose another one."),
    "too_many": lambda: (
        _("There are %(count)s segments, which is as many as can be: delete one first.")
        % {"count": SEGMENTS_MAX}
    ),
    "gone": lambda: _("This segment is no longer there."),
    "filter": lambda: _("The filter does not hold for a segment: look at its conditions."),
    "not_static": lambda: _(
        "The members of an active segment follow from its filter. Convert it to a static one first."
    ),
    "not_active": lambda: _("A static segment has no filter to change."),
    "circle": lambda: _("The segment that it asks for asks for this one in turn. Leave one of them out."),
}
worded(SegmentRefused, lambda problem: _REASONS[problem.reason](), "name")


def use_words(use: Use) -> str:
    """What would be without the segment."""
    return str(_USES.get(use.kind, _USES["workflow"])) % {"name": use.name}


def conditions(
    segment: Segment, obj: ObjectType, names: Names, segments: dict[int, str], language: str
) -> list[list[str]]:
    """The conditions of a segment's filter in words, by group."""
    return filter_words(segment.filter, obj, names, segments, language)


def filter_words(
    wanted: Mapping[str, Any] | None, obj: ObjectType, names: Names, segments: dict[int, str], language: str
) -> list[list[str]]:
    """The conditions of a filter, in its JSON form, in words, by group."""
    groups = rows_of((wanted or {}).get("groups", ()))
    return [[_sentence(row, obj, names, segments, language) for row in group] for group in groups]


def _sentence(row: Row, obj: ObjectType, names: Names, segments: dict[int, str], language: str) -> str:
    of = about(obj, row)
    if of is None or (row.name and not row.asks_for_segment and row.name not in of.by_name):
        return _("A property that is no longer there: %(name)s") % {"name": row.path}
    label = property_label(obj, row, language)
    if row.object and row.quantifier == "none":
        label = _("No %(record)s") % {"record": label}
    if row.asks_for_segment:
        known = segments.get(int(row.values[0]), row.values[0])
        return f"{label} {MEMBERSHIP[row.operator]} {known}"
    if not row.operator:
        return label if row.quantifier == "none" else _("%(record)s: there is one") % {"record": label}
    rule = RULES[Operator(row.operator)].label.in_language(language)
    said = f"{label} {rule} {_values(row, obj, names, language)}".strip()
    return said if not row.include_empty else _("%(condition)s, or without a value") % {"condition": said}


def _values(row: Row, obj: ObjectType, names: Names, language: str) -> str:
    prop = property_of(obj, row)
    assert prop is not None, "a row whose property is not there is told before"
    operand = RULES[Operator(row.operator)].operand
    known: dict[str, Any] = {}
    if operand == "periods":
        known = {period.value: label for period, label in PERIODS.items()}
    elif operand == "property":
        known = {each.name: each.label.in_language(language) for each in about(obj, row).properties}
    elif prop.options or prop.options_from:
        known = dict(option_labels(prop, names, language))
    return ", ".join(str(known.get(value, value)) for value in row.values)
