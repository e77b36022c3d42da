"""What the pages of imports say in the user's language: states, targets of columns, and what services refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.imports.plan import GOING_ON, KEY, RECORD_ID, parse_target, targets_of
from kalends.imports.problems import BadCell, Problem
from kalends.imports.undo import BILLED, CHANGED
from kalends.staff import formatting
from kalends.staff.index.bulk import CODES

STATUS_WORDS = {
    "new": gettext_lazy("To be mapped"),
    "checking": gettext_lazy("Being rehearsed"),
    "checked": gettext_lazy("Rehearsed"),
    "running": gettext_lazy("Being imported"),
    "done": gettext_lazy("Imported"),
    "canceled": gettext_lazy("Stopped"),
    "undoing": gettext_lazy("Being undone"),
    "undone": gettext_lazy("Undone"),
    "failed": gettext_lazy("Failed"),
}
TONES = {"done": "ok", "failed": "bad", "canceled": "warn"}
VERDICTS = {
    "created": gettext_lazy("New records"),
    "updated": gettext_lazy("Changed records"),
    "unchanged": gettext_lazy("Already the same"),
    "bad": gettext_lazy("Left out"),
}
WHY_NOT = {
    "empty": gettext_lazy("The file is empty: give one with headings in its first row."),
    "too_large": gettext_lazy("The file is too large: divide it."),
    "too_long": gettext_lazy("The file has too many rows: divide it."),
    "too_many": gettext_lazy("There are too many: wait for one import to end, or cancel one."),
    "old_excel": gettext_lazy("This is an XLS file of old: save it as XLSX or CSV, and give that one."),
    "no_table": gettext_lazy("This is neither CSV nor XLSX: save the table as one of them."),
    "headings": gettext_lazy("The first row cannot be read: check its quotation marks."),
    "encoding": gettext_lazy("The letters cannot be read so: choose another encoding."),
    "twice": gettext_lazy("Two columns become the same: leave one of them out."),
    "nothing": gettext_lazy("No column becomes a property: say what at least one of them is."),
    "identify_column": gettext_lazy("No column becomes what records are known by."),
    "identify_nothing": gettext_lazy("Say what records are known by, or make a new one of each row."),
    "record_id": gettext_lazy("The Record ID names a record: know records by it, or leave the column out."),
    "record_id_new": gettext_lazy(
        "New records get a Record ID of their own: by Record ID, only existing ones are changed."
    ),
    "over": gettext_lazy("This import is under way or over: start another one with the file."),
    "order": gettext_lazy("An import is rehearsed first, then run, and undone only afterwards."),
}
SOURCES = {
    "stripe": gettext_lazy("This is an export of Stripe: its columns are known."),
    "elsewhere": gettext_lazy(
        "The Record IDs are those of another system, HubSpot for instance. They are kept as the other system's "
        "numbers, by which further files name these records."
    ),
}
MODES = (
    ("both", gettext_lazy("Make new records and change existing ones")),
    ("create", gettext_lazy("Only make new records")),
    ("update", gettext_lazy("Only change existing records")),
)
DECIMAL_WORDS = ((".", gettext_lazy("Point: 1,234.50")), (",", gettext_lazy("Comma: 1 234,50")))
_BY = {
    "id": gettext_lazy("by Record ID"),
    "key": gettext_lazy("by number in the other system"),
    "email": gettext_lazy("by email"),
    "domain": gettext_lazy("by domain"),
    "name": gettext_lazy("by name"),
}
_KEPT = {
    CHANGED: gettext_lazy("somebody changed it since"),
    BILLED: gettext_lazy("subscriptions, invoices or payments hang on it"),
}


PROBLEMS = {
    **CODES,
    "csv": gettext_lazy("The row cannot be divided into columns: check its quotation marks."),
    "number": gettext_lazy("This is no number in the chosen way of writing: choose the other decimal sign."),
    "date": gettext_lazy("This is no date in the chosen format: choose another one."),
    "encoding": gettext_lazy("The letters cannot be read so: choose another encoding."),
    "ended": gettext_lazy("It has ended: import what was paid for it as payments instead."),
    "identity": gettext_lazy("This is empty, and records are known by it: fill it in."),
    "repeated": gettext_lazy("An earlier row is about the same record: each record has one row."),
    "long": gettext_lazy("The text is too long."),
    "there": gettext_lazy("Such a record is there already."),
    "not_there": gettext_lazy("There is no such record here that you may change."),
    "tie": gettext_lazy("There is no such record here: import it first, or leave the column out."),
    "may_not": gettext_lazy("You may not make such records."),
    "refused": gettext_lazy("Its state or another record does not allow this."),
}
"""What is wrong with a row, by its code; services say it more exactly, in English."""


class Choice(NamedTuple):
    """Something that a column may become."""

    value: str
    label: str


def why(problem: Any) -> str:
    """Why something was refused, in the user's language where there are words for it."""
    return str(WHY_NOT.get(problem.reason, problem))


def remedy(problem: Problem | BadCell, language: str) -> str:
    """What is to be done about a problem: as exactly as it is known in English, in words of the page in others."""
    return problem.remedy if language == "en" else str(PROBLEMS.get(problem.code, problem.remedy))


def why_kept(reason: str, language: str) -> str:
    """Why a record stays when an import is undone."""
    return str(_KEPT.get(reason, reason if language == "en" else PROBLEMS["refused"]))


def choices(obj: ObjectType, language: str) -> list[tuple[str, list[Choice]]]:
    """What a column of a file may become, in groups."""
    groups: dict[str, list[Choice]] = {"property": [], "other": [], "tie": [], "line": []}
    for text in targets_of(obj):
        target = parse_target(text)
        kind = "other" if text in (RECORD_ID, KEY, GOING_ON) else target.kind
        groups[kind].append(Choice(text, label_of(obj, text, language)))
    headings = {
        "property": _("Properties"),
        "other": _("Which record it is"),
        "tie": _("Associated records"),
        "line": _("Line item"),
    }
    groups["property"].sort(key=lambda each: each.label.casefold())
    return [(headings[kind], found) for kind, found in groups.items() if found]


def label_of(obj: ObjectType, text: str, language: str) -> str:
    """What people call a target."""
    if not text:
        return _("Leave out")
    if text == KEY:
        return _("Number in the other system")
    if text == GOING_ON:
        return _("Status: leave out what has ended")
    target = parse_target(text)
    if target.kind == "tie":
        return f"{get_object(target.to).singular_label.in_language(language)} {_BY[target.name]}"
    of = get_object("line_item") if target.kind == "line" else obj
    return of.by_name[target.name].label.in_language(language)


def rows_text(count: int) -> str:
    """A number of rows in words."""
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": formatting.number(Decimal(count))}
