"""Quick filters: a choice of values, or a stretch of time, above the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.catalog import ObjectType
from kalends.staff import formatting
from kalends.staff.cells import Names
from kalends.staff.index.reading import Ignored
from kalends.staff.objects import ObjectPage
from kalends.staff.objects.declare import Preset, QuickFilter

_DAYS = re.compile(r"(last|next)_([1-9][0-9]{0,3})_days")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?")


class Span(NamedTuple):
    """A stretch of time that somebody named by its days; an open end is ``None``."""

    first: date | None
    last: date | None


def read_quick(
    obj: ObjectType, quick: QuickFilter, given: Sequence[str], ignored: Ignored
) -> tuple[str, ...]:
    """The values of a quick filter that can be understood, each once. ``-`` says that there is none."""
    values = tuple(dict.fromkeys(value for value in given if value and value != "-"))
    known = tuple(value for value in values if _is_known(obj, quick, value))
    for value in values:
        if value not in known:
            ignored.say(value)
    return known[:1] if quick.presets else known


def _is_known(obj: ObjectType, quick: QuickFilter, value: str) -> bool:
    if quick.presets:
        return _condition_of_time(quick, value) is not None
    prop = obj.by_name[quick.property]
    if prop.options_from == "owners":
        return value == "me" or (value.isascii() and value.isdigit() and len(value) < 19)
    return value in {option.value for option in prop.options}


def quick_conditions(page: ObjectPage, chosen: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The conditions that the quick filters mean."""
    conditions: list[dict[str, Any]] = []
    for quick in page.quick:
        values = list(chosen.get(quick.word, ()))
        if not values:
            continue
        if quick.presets:
            told = _condition_of_time(quick, values[0])
            assert told is not None, "the address was read with the same words"
            conditions.append({"property": quick.property, **told})
        else:
            conditions.append({"property": quick.property, "operator": "is_any_of", "values": values})
    return conditions


def _preset(quick: QuickFilter, value: str) -> Preset | None:
    return next((each for each in quick.presets if each.key == value), None)


def _condition_of_time(quick: QuickFilter, value: str) -> dict[str, Any] | None:
    preset = _preset(quick, value)
    if preset:
        return {"operator": preset.operator, "values": [preset.value]}
    days = _DAYS.fullmatch(value)
    if days:
        operator = "less_than_days_ago" if days[1] == "last" else "less_than_days_ahead"
        return {"operator": operator, "values": [days[2]]}
    span = read_span(value)
    if span is None:
        return None
    if span.first and span.last:
        return {"operator": "between", "values": [span.first.isoformat(), span.last.isoformat()]}
    if span.first:
        return {"operator": "on_or_after", "values": [span.first.isoformat()]}
    assert span.last is not None
    return {"operator": "on_or_before", "values": [span.last.isoformat()]}


def read_span(value: str) -> Span | None:
    """A stretch of days, from its word.

    >>> read_span("2026-03-01..2026-03-31")
    Span(first=datetime.date(2026, 3, 1), last=datetime.date(2026, 3, 31))
    >>> read_span("2026-03-31..2026-03-01"), read_span(".."), read_span("2026-02-30..")
    (None, None, None)
    """
    found = _RANGE.fullmatch(value)
    if found is None or not (found[1] or found[2]):
        return None
    try:
        span = Span(*(date.fromisoformat(each) if each else None for each in found.groups()))
    except ValueError:
        return None
    return None if span.first and span.last and span.first > span.last else span


def quick_text(
    obj: ObjectType, quick: QuickFilter, values: Sequence[str], language: str, names: Names
) -> str:
    """What people read for the chosen values."""
    if not values:
        return ""
    if quick.presets:
        return _time_text(quick, values[0])
    prop = obj.by_name[quick.property]
    return ", ".join(
        _("Me")
        if value == "me" and prop.options_from == "owners"
        else prop.option_label(value, language)
        if prop.options
        else names.of(prop, value)
        for value in values
    )


def _time_text(quick: QuickFilter, value: str) -> str:
    preset = _preset(quick, value)
    if preset:
        return str(preset.label)
    days = _DAYS.fullmatch(value)
    if days:
        number = int(days[2])
        if days[1] == "last":
            return ngettext("Last %(count)s day", "Last %(count)s days", number) % {"count": number}
        return ngettext("Next %(count)s day", "Next %(count)s days", number) % {"count": number}
    span = read_span(value)
    assert span is not None
    first = formatting.day(span.first) if span.first else "…"
    last = formatting.day(span.last) if span.last else "…"
    return f"{first} – {last}"  # noqa: RUF001 - the typographer's dash of a range
