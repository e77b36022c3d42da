"""What workflows are made of, in words: kinds of steps and triggers, units, outcomes, states; and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.staff import formatting
from kalends.staff.refusals import worded
from kalends.workflows.flows import UnknownWorkflow
from kalends.workflows.services import BY_HAND_MOST, NAME_LENGTH_MAX, WORKFLOWS_MAX, WorkflowRefused
from kalends.workflows.shaping import Misshapen
from kalends.workflows.sheet import DefinitionError


class Kind(NamedTuple):
    """A kind of action: what it is called, what it does, its icon, and the group of the menu in which it stands."""

    label: Any
    about: Any
    icon: str
    group: str


GROUPS = {
    "tell": gettext_lazy("Tell people"),
    "change": gettext_lazy("Change the record"),
    "wait": gettext_lazy("Wait"),
    "branch": gettext_lazy("Branch"),
    "other": gettext_lazy("Elsewhere"),
}
KINDS: dict[str, Kind] = {
    "notify": Kind(gettext_lazy("Notify"), gettext_lazy("Tell users on their pages"), "bell", "tell"),
    "mail_team": Kind(
        gettext_lazy("Email the team"), gettext_lazy("Write an email to users"), "mail", "tell"
    ),
    "mail_contact": Kind(
        gettext_lazy("Email the contact"), gettext_lazy("Write to the customer's contact"), "mail", "tell"
    ),
    "make_task": Kind(
        gettext_lazy("Create a task"), gettext_lazy("For the owner or others"), "clipboard-check", "tell"
    ),
    "set_property": Kind(
        gettext_lazy("Set a property"), gettext_lazy("Set, copy, clear or increment"), "pencil", "change"
    ),
    "create_record": Kind(
        gettext_lazy("Create a record"),
        gettext_lazy("A deal, contact or company, associated with the record"),
        "plus",
        "other",
    ),
    "assign": Kind(
        gettext_lazy("Assign an owner"),
        gettext_lazy("One person, or several in turn"),
        "user-round",
        "change",
    ),
    "change_segment": Kind(
        gettext_lazy("Change a segment"),
        gettext_lazy("Add to a static segment, or remove"),
        "list-filter",
        "change",
    ),
    "wait": Kind(
        gettext_lazy("Wait some time"), gettext_lazy("Minutes, hours, days or weeks"), "timer", "wait"
    ),
    "wait_until": Kind(
        gettext_lazy("Wait for a date"),
        gettext_lazy("A day, or around a date of the record"),
        "calendar-days",
        "wait",
    ),
    "wait_for_time": Kind(
        gettext_lazy("Wait for a time of day"), gettext_lazy("On some days of the week"), "clock", "wait"
    ),
    "wait_for_hours": Kind(
        gettext_lazy("Wait for working hours"), gettext_lazy("Within them it goes on"), "clock", "wait"
    ),
    "wait_for_event": Kind(
        gettext_lazy("Wait for an event"),
        gettext_lazy("And go another way if it does not come"),
        "hourglass",
        "wait",
    ),
    "branch": Kind(
        gettext_lazy("Branch by filters"), gettext_lazy("The first way that fits"), "split", "branch"
    ),
    "branch_by_value": Kind(
        gettext_lazy("Branch by a value"),
        gettext_lazy("A way for each value of a property"),
        "split",
        "branch",
    ),
    "split": Kind(
        gettext_lazy("Split by percent"), gettext_lazy("Different ways by chance"), "percent", "branch"
    ),
    "call_webhook": Kind(
        gettext_lazy("Call a webhook"), gettext_lazy("Tell another program"), "webhook", "other"
    ),
    "enroll": Kind(
        gettext_lazy("Enroll in another workflow"),
        gettext_lazy("The record comes into that one too"),
        "workflow",
        "other",
    ),
}
TRIGGERS: dict[str, Kind] = {
    "match": Kind(
        gettext_lazy("When filter criteria are met"),
        gettext_lazy("As soon as a record begins to pass"),
        "list-filter",
        "",
    ),
    "event": Kind(
        gettext_lazy("When something happens"),
        gettext_lazy("An event, or a property that changes"),
        "zap",
        "",
    ),
    "schedule": Kind(gettext_lazy("On a schedule"), gettext_lazy("Every day, week or month"), "repeat", ""),
    "date": Kind(
        gettext_lazy("Around a date of the record"),
        gettext_lazy("Days before or after it"),
        "calendar-clock",
        "",
    ),
}
UNITS = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
    "weeks": gettext_lazy("weeks"),
}
MODES = {
    "set": gettext_lazy("Set to a value"),
    "copy": gettext_lazy("Copy from another property"),
    "clear": gettext_lazy("Clear"),
    "increment": gettext_lazy("Add a number to it"),
    "now": gettext_lazy("Set to the present day or moment"),
}
PRIORITIES = {
    "none": gettext_lazy("No priority"),
    "low": gettext_lazy("Low priority"),
    "medium": gettext_lazy("Medium priority"),
    "high": gettext_lazy("High priority"),
}
OUTCOMES = {
    "done": gettext_lazy("Done"),
    "skipped": gettext_lazy("Skipped"),
    "failed": gettext_lazy("Failed"),
    "waiting": gettext_lazy("Waiting"),
}
OUTCOME_TONES = {"done": "ok", "skipped": "", "failed": "bad", "waiting": "warn"}
STATUSES = {
    "active": gettext_lazy("In it now"),
    "finished": gettext_lazy("Finished"),
    "goal": gettext_lazy("Met the goal"),
    "left": gettext_lazy("Left"),
    "suppressed": gettext_lazy("Kept out"),
    "removed": gettext_lazy("Taken out"),
    "gone": gettext_lazy("Record gone"),
    "off": gettext_lazy("Workflow turned off"),
    "stopped": gettext_lazy("Stopped at a limit"),
    "failed": gettext_lazy("Failed"),
}
STATUS_TONES = {"active": "warn", "finished": "ok", "goal": "ok", "stopped": "bad", "failed": "bad"}
RULES = {
    "again": gettext_lazy("Re-enrollment"),
    "suppress": gettext_lazy("Suppression"),
    "goal": gettext_lazy("Goal"),
    "leave": gettext_lazy("Unenrollment"),
    "hours": gettext_lazy("Times of day"),
}


def count(number: int) -> str:
    """A number of records as people write it."""
    return formatting.number(Decimal(number))


_REFUSED = {
    "many": lambda: (
        _("At most %(workflows)s workflows, and at most %(records)s records at once: take fewer.")
        % {"workflows": count(WORKFLOWS_MAX), "records": count(BY_HAND_MOST)}
    ),
    "name": lambda: (
        _("Give the workflow a name of 1 to %(count)s characters that no other workflow has.")
        % {"count": count(NAME_LENGTH_MAX)}
    ),
    "off": lambda: _("The workflow is off: turn it on first."),
    "broken": lambda: _(
        "It names something that is gone: look at its steps and settings for what to repair."
    ),
    "record": lambda: _("There is no such record."),
    "object": lambda: _("The kind of its records stays as it is. Make another workflow for others."),
}
worded(WorkflowRefused, lambda problem: _REFUSED[problem.reason](), "name")
worded(UnknownWorkflow, lambda problem: _("This workflow is no longer there."))
worded(
    Misshapen,
    lambda problem: _("This step or place is no longer there: somebody changed the workflow meanwhile."),
)
worded(
    DefinitionError,
    lambda problem: _("The workflow is not ready: the steps and settings say what to repair."),
)
