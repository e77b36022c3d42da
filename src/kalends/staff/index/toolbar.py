"""What stands between the tabs and the table: search, quick filters, and the ways to advanced filters and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from kalends.catalog import Property
from kalends.staff import formatting
from kalends.staff.cells import Names
from kalends.staff.index.quick import quick_text, read_span
from kalends.staff.index.state import ListState
from kalends.staff.objects.declare import QuickFilter

MANY_OPTIONS = 8
"""From how many options on a list of them can be searched."""


def toolbar(base: str, state: ListState, names: Names, language: str) -> dict[str, Any]:
    """The quick filters with their menus, and the state as hidden fields of each form."""
    return {
        "hidden": hidden_fields(state, "q"),
        "quick": [
            _choice(state, each, names, language) if not each.presets else _time(state, each, names, language)
            for each in state.page.quick
        ],
        "day_label": formatting.day(state.day) if state.day else "",
        "without_day": state.address(day=""),
        "without_search": state.address(q=""),
        "without_all": state.cleared().address(),
        "reset_link": state.reset().address(q=state.search),
        "filters_link": f"{base}/filters{state.address()}",
        "columns_link": f"{base}/columns{state.address()}",
        "without_advanced": state.having(groups=()).address(),
        "stored_fields": hidden_fields(state),
    }


def hidden_fields(state: ListState, *leave_out: str) -> list[tuple[str, str]]:
    """The state as hidden fields of a form that changes some words of it."""
    return [(word, value) for word, value in state.said() if word not in leave_out]


def _common(state: ListState, quick: QuickFilter, names: Names, language: str) -> dict[str, Any]:
    chosen = tuple(state.content.quick.get(quick.word, ()))
    return {
        "word": quick.word,
        "label": state.object.by_name[quick.property].label.in_language(language),
        "chosen": quick_text(state.object, quick, chosen, language, names),
        "without": state.with_quick(quick.word, ()).address(),
        "hidden": hidden_fields(state, quick.word),
    }


def _choice(state: ListState, quick: QuickFilter, names: Names, language: str) -> dict[str, Any]:
    chosen = state.content.quick.get(quick.word, ())
    prop = state.object.by_name[quick.property]
    icons = state.page.badges.get(prop.name, {})
    options = [
        {"value": value, "label": label, "icon": icons.get(value, ""), "chosen": value in chosen}
        for value, label in option_labels(prop, names, language)
    ]
    return {
        **_common(state, quick, names, language),
        "options": options,
        "is_badge": bool(icons),
        "many": len(options) > MANY_OPTIONS,
    }


def option_labels(prop: Property, names: Names, language: str) -> list[tuple[str, str]]:
    """The values that a choice has, with their words; of people, whoever asks stands first."""
    if prop.options_from == "owners":
        return [("me", _("Me")), *_by_name(names.owners)]
    if prop.options_from == "teams":
        return _by_name(names.teams)
    return [(option.value, option.label.in_language(language)) for option in prop.options]


def _by_name(known: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(known.items(), key=lambda each: each[1].casefold())


def _time(state: ListState, quick: QuickFilter, names: Names, language: str) -> dict[str, Any]:
    chosen = next(iter(state.content.quick.get(quick.word, ())), "")
    span = read_span(chosen)
    return {
        **_common(state, quick, names, language),
        "presets": [
            {
                "label": each.label,
                "link": state.with_quick(quick.word, (each.key,)).address(),
                "chosen": each.key == chosen,
            }
            for each in quick.presets
        ],
        "first": span.first.isoformat() if span and span.first else "",
        "last": span.last.isoformat() if span and span.last else "",
    }
