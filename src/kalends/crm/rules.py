"""What holds for the records of one object beyond its catalogue entry: a table of rules that other rooms fill.

``crm`` writes records of every object alike and knows no money. What may change when, what a new status means, and how
a record is deleted is registered here by the room that owns the object (``billing``, ``payments``), so that ``crm``
imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.crm.record_values import REFUSED, Problem, Written

Db = Connection[Any]


class Tie(NamedTuple):
    """A record that a new record is tied to from the start: its object, its number, and the kind of tie."""

    object: str
    id: int
    category: str
    type_id: int


class Refused(ValueError):
    """Something that cannot be done to a record, in a sentence that says what to do instead."""


@dataclass(slots=True)
class Draft:
    """A record to be made. Rules fill in ``columns`` that nobody gave, or add to ``written.problems``."""

    written: Written
    ties: tuple[Tie, ...] = ()
    columns: dict[str, Any] = field(default_factory=dict[str, Any])
    id: int = 0

    def refuse(self, name: str, message: str, code: str = REFUSED) -> None:
        """Say what is wrong with a property."""
        self.written.wrong(name, self.written.values.get(name), code, message)


@dataclass(slots=True)
class Change:
    """A change of a record: the ``row`` as it stands (locked), and what was asked. Rules may add ``columns``."""

    row: Mapping[str, Any]
    written: Written
    columns: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def id(self) -> int:
        """The record's number."""
        return self.row["id"]

    def refuse(self, name: str, message: str, code: str = REFUSED) -> None:
        """Say what is wrong with a property."""
        self.written.wrong(name, self.written.values.get(name), code, message)

    def problems(self) -> list[Problem]:
        """Everything that is wrong."""
        return self.written.problems


def _fill_nothing(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None: ...
def _refuse_nothing(db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None: ...
def _nothing_more(db: Db, ctx: AccountContext, done: Sequence[Any], actor: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one object.

    ``emails`` and ``lowered`` name properties that are kept in lower case; ``identifying`` ones by which a record can
    be found although they need not be unique. ``handled`` are properties that ``created`` and ``changed`` write
    through services, and nobody else; ``decided_by_people`` are those that people and programs decide on, and no
    workflow. ``fill`` looks at records before they are made, ``check`` at changes before they
    are; both may refuse, one property at a time. ``created`` and ``changed`` act afterwards, in the same transaction,
    and raise :class:`Refused`. ``delete`` takes the place of archiving: it returns the ids that are archived as any
    record is, and has dealt with the others.
    """

    emails: frozenset[str] = frozenset()
    lowered: frozenset[str] = frozenset()
    identifying: frozenset[str] = frozenset()
    handled: frozenset[str] = frozenset()
    decided_by_people: frozenset[str] = frozenset()
    fill: Callable[[Db, AccountContext, Sequence[Draft]], None] = _fill_nothing
    check: Callable[[Db, AccountContext, Sequence[Change]], None] = _refuse_nothing
    created: Callable[[Db, AccountContext, Sequence[Draft], str], None] = _nothing_more
    changed: Callable[[Db, AccountContext, Sequence[Change], str], None] = _nothing_more
    delete: Callable[[Db, AccountContext, Sequence[Mapping[str, Any]], str], list[int]] | None = None


_NONE = Rules()
_RULES: dict[str, Rules] = {
    "contact": Rules(emails=frozenset({"email"})),
    "company": Rules(lowered=frozenset({"domain"}), identifying=frozenset({"domain"})),
}


def register(name: str, rules: Rules) -> None:
    """Say what holds for an object; once for each."""
    assert name not in _RULES or _RULES[name] == rules, f"the rules of {name} were registered before"
    _RULES[name] = rules


def rules_of(name: str) -> Rules:
    """What holds for an object."""
    return _RULES.get(name, _NONE)
