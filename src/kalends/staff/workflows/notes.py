"""What the log says of actions and enrollments, which is kept in English, in the language of the page."""

from __future__ import annotations

import re
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.staff import formatting
from kalends.staff.workflows import making
from kalends.staff.workflows.desk import Desk
from kalends.workflows.actions.telling import NOBODY
from kalends.workflows.enrolling import A_DAY_MAX, DEPTH_MAX, REASONS

_NOTES = {
    NOBODY: gettext_lazy("There is nobody to tell."),
    "None of those named is in the account any more.": gettext_lazy(
        "None of those named is in the account any more."
    ),
    "It has an owner.": gettext_lazy("It has an owner."),
    "for nobody: it has no owner": gettext_lazy("For nobody: it has no owner"),
    "none met": gettext_lazy("All others"),
    "The other workflow is of another object.": gettext_lazy("The other workflow is for other records."),
    "It is, or was, in there, or may not come in.": gettext_lazy(
        "It is, or was, in there, or may not come in."
    ),
    "It was stopped by the limit on workflows that lead to one another.": gettext_lazy(
        "It was stopped by the limit on workflows that lead to one another."
    ),
    "The record has no contact.": gettext_lazy("The record has no contact."),
    "The contact has no address, or wants no such email.": gettext_lazy(
        "The contact has no address, or wants no such email."
    ),
    "nothing occurred": gettext_lazy("It did not happen in time"),
    "the moment had come": gettext_lazy("The moment had come already"),
    "There is nothing to write it to, or from.": gettext_lazy("There is nothing to write it to, or from."),
}
_UNTIL = re.compile(r"until (\S+)( at the latest)?")
_WRITTEN = re.compile(r"(\w+) = (.*)", re.DOTALL)
_USERS, _CONTACT = (
    re.compile(r"users ([\d, ]+): (.*)", re.DOTALL),
    re.compile(r"contact \d+: (.*)", re.DOTALL),
)
_ENDED = {
    "chain": lambda: (
        _(
            "%(count)s workflows had led to one another, which is the limit. Look for two that set each other off."
        )
        % {"count": DEPTH_MAX}
    ),
    "often": lambda: (
        _("The record came in %(count)s times within a day, which is the limit.") % {"count": A_DAY_MAX}
    ),
    "gone": lambda: _("The record was archived or deleted."),
    "off": lambda: _("The workflow was turned off."),
    "goal": lambda: _("The record met the goal."),
    "left": lambda: _("The record met the conditions for leaving."),
    "unmet": lambda: _("The record no longer meets the conditions for coming in."),
    "suppressed": lambda: _("The record met the conditions that keep it out."),
    "by_hand": lambda: _("Somebody took the record out."),
    "steps": lambda: _("The record went through 1,000 actions, which is the limit."),
}
_KEYS = {sentence: key for key, sentence in REASONS.items()}


def reason_words(reason: str) -> str:
    """Why an enrollment ended before its time."""
    key = _KEYS.get(reason, "")
    return _ENDED[key]() if key in _ENDED else reason


def note_words(desk: Desk, note: str) -> str:
    """What the log says of an action."""
    if note in _NOTES:
        return str(_NOTES[note])
    until = _UNTIL.fullmatch(note)
    if until:
        moment = formatting.instant(datetime.fromisoformat(until[1]), desk.visit.ctx.time_zone)
        words = _("Until %(moment)s at the latest") if until[2] else _("Until %(moment)s")
        return words % {"moment": moment}
    if told := _USERS.fullmatch(note):
        people = ", ".join(desk.names.owners.get(each, each) for each in told[1].split(", "))
        return f"{people}: {told[2]}"
    if made := making.note(note):
        return made
    if sent := _CONTACT.fullmatch(note):
        return _("To the contact: %(subject)s") % {"subject": sent[1]}
    written = _WRITTEN.fullmatch(note)
    if written and written[1] in desk.object.by_name:
        prop = desk.object.by_name[written[1]]
        value = desk.names.owners.get(written[2], "") if prop.options_from == "owners" else ""
        shown = value or (
            _("no value") if written[2] == "no value" else prop.option_label(written[2], desk.visit.language)
        )
        return f"{prop.label.in_language(desk.visit.language)}: {shown}"
    missing = note.removesuffix(" has no value")
    if missing != note and missing in desk.object.by_name:
        return _("%(property)s has no value") % {"property": desk.property_label(missing)}
    return note
