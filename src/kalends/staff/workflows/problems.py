"""What is wrong with a definition, in the language of the page, at the step, the trigger or the setting that has it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.query import Problem
from kalends.staff.workflows import making
from kalends.staff.workflows.kinds import RULES
from kalends.workflows.reading import Json

_ACTION, _TRIGGER = re.compile(r"(?:workflow, )?action (\d+)"), re.compile(r"workflow, trigger (\d+)")
_BY_ID = re.compile(r"action (.+?)(?:, next)?")
_REMEDIES = {
    "filter": gettext_lazy("Give at least one condition, and to each condition a value that fits."),
    "to": gettext_lazy("Say who: the owner, users or teams of this account."),
    "users": gettext_lazy("Somebody named here has left the account: choose who is meant."),
    "teams": gettext_lazy("A team named here is gone: choose another one."),
    "text": gettext_lazy("Write a text; its placeholders name properties of the record."),
    "subject": gettext_lazy("Write a subject; its placeholders name properties of the record."),
    "body": gettext_lazy("Write a text; its placeholders name properties of the record."),
    "property": gettext_lazy("Choose a property that fits here."),
    "source": gettext_lazy("Choose the property from which to copy."),
    "value": gettext_lazy("Give a value that the property can have."),
    "segment": gettext_lazy("Choose a static segment of these records."),
    "workflow": gettext_lazy("Choose another workflow of these records."),
    "url": gettext_lazy("Give an address on the internet that begins with https://."),
    "properties": gettext_lazy("Choose properties that are there."),
    "object": gettext_lazy("Choose what is made."),
    "events": gettext_lazy("Choose events, or properties whose change counts."),
    "changed": gettext_lazy("Choose properties whose changes are recorded."),
    "values": gettext_lazy("Choose one value or more."),
    "parts": gettext_lazy("Let the shares be whole numbers that add up to 100."),
    "percent": gettext_lazy("Let the shares be whole numbers that add up to 100."),
    "ways": gettext_lazy("Add at least one way."),
    "cases": gettext_lazy("Add at least one way."),
    "amount": gettext_lazy("Give a whole number that is not too large."),
    "days": gettext_lazy("Give days as whole numbers."),
    "date": gettext_lazy("Give a day."),
    "at": gettext_lazy("Give a time of day, such as 09:30."),
    "from": gettext_lazy("Give a time of day, such as 08:00."),
    "hours": gettext_lazy("Let the hours end after they begin, on the same day."),
    "next": gettext_lazy("Choose where it goes on: the step to which it led is gone."),
    "do": gettext_lazy("These records cannot have such a step: take it out."),
    "each_value_of": gettext_lazy("Choose the property whose new value lets a record in again."),
    "leave_when_unmet": gettext_lazy(
        "Only who came in by a filter trigger can leave so: add one, or untick it."
    ),
    "triggers": gettext_lazy("Join the filter triggers into one: its groups are joined by OR."),
}


class Told(NamedTuple):
    """A problem where it belongs: at a ``step`` by id, a ``trigger`` by number from 0, a ``rule`` by key, or nowhere.

    ``field`` is what is wrong with it.
    """

    home: str
    key: str
    field: str
    text: str


def told(definition: Json, problems: Iterable[Problem]) -> list[Told]:
    """The problems of a definition, each once."""
    return list(dict.fromkeys(_told(definition, each) for each in problems))


def _told(definition: Json, problem: Problem) -> Told:
    place = problem.place
    if by_number := _ACTION.match(place):
        actions = definition.get("actions", [])
        number = int(by_number[1]) - 1
        if place.startswith("workflow") and number < len(actions):
            step, words = actions[number], [each.strip() for each in place.split(",")]
            if step.get("do") == making.KIND and words[-2:-1] == ["properties"]:
                return Told("step", str(step["id"]), "properties", making.problem(step, words))
            return _at("step", str(step["id"]), place, problem)
    if by_number := _TRIGGER.match(place):
        return _at("trigger", str(int(by_number[1]) - 1), place, problem)
    by_id = _BY_ID.fullmatch(place)
    if by_id:
        if problem.remedy.startswith("A record would go round"):
            return Told(
                "step",
                by_id[1],
                "circle",
                _("A record would go round for ever: put a delay into the circle."),
            )
        return _at("step", by_id[1], "next", problem)
    for rule in RULES:
        if place.startswith(f"workflow, {rule}"):
            return _at("rule", rule, place, problem)
    return _at("rule" if "unmet" in place else "", "leave" if "unmet" in place else "", place, problem)


def _at(home: str, key: str, place: str, problem: Problem) -> Told:
    words = [re.sub(r" \d+$", "", each.strip()) for each in place.split(",")]
    field = next((each for each in reversed(words) if each in _REMEDIES), "")
    if home == "rule" and not field:
        field = "hours" if key == "hours" else "filter"
    if "filter" in words:
        field = "filter"
    remedy = str(_REMEDIES.get(field, problem.remedy))
    placeholder = field in ("text", "subject", "body") and problem.value != "nothing"
    if placeholder and not problem.remedy.startswith("Give a text"):
        remedy = _(
            "There is no such placeholder: %(name)s. The list below the text has those that there are."
        ) % {"name": problem.value}
    return Told(home, key, field, remedy)
