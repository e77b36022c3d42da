"""What a workflow is: triggers, a graph of actions, and when records leave it. Plain values, read and checked before.

:mod:`kalends.workflows.reading` makes a :class:`Definition` of JSON and tells everything that is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from types import MappingProxyType
from typing import Literal, NamedTuple

from kalends.core.timetable import Rhythm, Window
from kalends.query import Filter

Unit = Literal["minutes", "hours", "days", "weeks"]
Priority = Literal["none", "low", "medium", "high"]


class Occurrence(NamedTuple):
    """Events of the journal that count: of these kinds, or that changed one of these properties."""

    kinds: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Span(NamedTuple):
    """An amount of time; days are days by the calendar of the account."""

    amount: int
    unit: Unit


class Around(NamedTuple):
    """A time of day some days after (or, when negative, before) the day that a property names."""

    property: str
    days: int
    at: time


@dataclass(frozen=True, slots=True)
class OnMatch:
    """Enrolls a record when it begins to pass a filter."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class OnEvent:
    """Enrolls a record when something occurs to it, if it passes the filter then."""

    occurrence: Occurrence
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True, slots=True)
class OnSchedule:
    """Enrolls all records that pass a filter, again and again."""

    rhythm: Rhythm
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True, slots=True)
class OnDate:
    """Enrolls records around a date that they have, if they pass the filter then."""

    around: Around
    filter: Filter = field(default_factory=Filter)


Trigger = OnMatch | OnEvent | OnSchedule | OnDate


@dataclass(frozen=True, slots=True)
class Again:
    """Whether a record may come in again after it has left: ``never``, ``always``, or once for ``each_value`` of a
    property, which may be a computed one."""

    when: Literal["never", "always", "each_value"] = "never"
    property: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that is done to a record, under a name of its own in the workflow; ``next`` is what follows, or ""."""

    id: str
    next: str = ""

    @property
    def targets(self) -> tuple[str, ...]:
        """The actions that may follow."""
        return (self.next,)


class People(NamedTuple):
    """Who is told: users, teams (all of their users), and the record's owner."""

    users: tuple[int, ...] = ()
    teams: tuple[int, ...] = ()
    owner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Action):
    """Tells users on their pages."""

    to: People
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTeam(Action):
    """Writes an email to users."""

    to: People
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailContact(Action):
    """Writes an email to the contact of the record, or to the record, if it is one."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProperty(Action):
    """Writes a property of the record, or of the records of an object that it is tied to (``on``)."""

    property: str
    mode: Literal["set", "copy", "clear", "increment", "now"]
    value: str = ""
    source: str = ""
    on: str = ""


class Given(NamedTuple):
    """A property of a record to be, and its value: a text with placeholders."""

    property: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRecord(Action):
    """Makes a record of another object, associated with the record and with the contacts and companies of it."""

    object: str
    given: tuple[Given, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Action):
    """Gives the record an owner: the one user, or several in turn."""

    to: People
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTask(Action):
    """Makes a task about the record."""

    subject: str
    body: str = ""
    priority: Priority = "none"
    to: People
    due_days: int = 0
    due_at: time = time(9)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSegment(Action):
    """Adds the record to a static segment, or removes it."""

    segment: int
    add: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWebhook(Action):
    """Tells another program, with these properties of the record."""

    url: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollElsewhere(Action):
    """Enrolls the record in another workflow."""

    workflow: int


class Way(NamedTuple):
    """One way out of a branch: its name, who goes it, and where it leads."""

    name: str
    filter: Filter
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Action):
    """Sends a record the first way whose filter it passes; ``next`` if none."""

    ways: tuple[Way, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """The actions that may follow."""
        return (*(way.next for way in self.ways), self.next)


class Case(NamedTuple):
    """One way out of a branch by value."""

    values: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchByValue(Action):
    """Sends a record the way of its value of a property (``by``); ``next`` with another value, or none."""

    by: str
    cases: tuple[Case, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """The actions that may follow."""
        return (*(case.next for case in self.cases), self.next)


class Part(NamedTuple):
    """One way out of a split, and how many in a hundred go it."""

    percent: int
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Action):
    """Sends records different ways by chance, which is the same chance however often it is asked."""

    parts: tuple[Part, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """The actions that may follow."""
        return tuple(part.next for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor(Action):
    """Lets some time pass."""

    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitUntil(Action):
    """Waits for a day that is given, or around one that the record has; a moment that has passed is not waited for."""

    day: date | None = None
    at: time = time(9)
    around: Around | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForTime(Action):
    """Waits for the next time that clocks show a time, on some days of the week."""

    days: frozenset[int]
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForHours(Action):
    """Waits until some hours begin; within them it does not wait."""

    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForEvent(Action):
    """Waits until something occurs to the record, but no longer than ``span``; then it goes ``otherwise``."""

    occurrence: Occurrence
    span: Span
    otherwise: str = ""

    @property
    def targets(self) -> tuple[str, ...]:
        """The actions that may follow."""
        return (self.next, self.otherwise)


WAITS = (WaitFor, WaitUntil, WaitForTime, WaitForHours, WaitForEvent)
"""Actions in which time may pass."""

NAMES: Mapping[type[Action], str] = MappingProxyType(
    {
        Notify: "notify",
        MailTeam: "mail_team",
        MailContact: "mail_contact",
        SetProperty: "set_property",
        CreateRecord: "create_record",
        Assign: "assign",
        MakeTask: "make_task",
        ChangeSegment: "change_segment",
        CallWebhook: "call_webhook",
        EnrollElsewhere: "enroll",
        Branch: "branch",
        BranchByValue: "branch_by_value",
        Split: "split",
        WaitFor: "wait",
        WaitUntil: "wait_until",
        WaitForTime: "wait_for_time",
        WaitForHours: "wait_for_hours",
        WaitForEvent: "wait_for_event",
    }
)
"""What the JSON form calls each kind of action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A workflow, whole. ``object`` is the kind of its records, ``start`` the first action, or "" when there is none.

    A record in it leaves when it passes ``goal`` (which is success), ``leave`` or ``suppress``; who passes
    ``suppress`` does not come in. With ``leave_when_unmet`` it leaves too when it passes its filter trigger no longer.
    Actions are done within ``hours`` only.
    """

    object: str
    triggers: tuple[Trigger, ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict[str, Action])
    start: str = ""
    again: Again = Again()
    suppress: Filter | None = None
    goal: Filter | None = None
    leave: Filter | None = None
    leave_when_unmet: bool = False
    hours: Window | None = None

    @property
    def matching(self) -> Filter | None:
        """The filter of its filter trigger, if it has one."""
        return next((each.filter for each in self.triggers if isinstance(each, OnMatch)), None)
