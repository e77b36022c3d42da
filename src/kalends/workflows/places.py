"""Enrollments on their way: where each stands, what was done to it in this block, and writing both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load
from kalends.workflows.definition import NAMES, Action
from kalends.workflows.flows import Db

STEPS_MAX = 1_000
"""How many actions an enrollment may go through."""

NOTE_MAX = 500


class Result(NamedTuple):
    """What came of an action for one record.

    ``outcome`` is ``done``, ``skipped`` (there was nothing to do), ``failed`` or ``waiting``, and ``note`` says more.
    ``next`` is what follows; ``due_at`` is when, if not at once. With ``waits_after`` it stays where it is until an
    event numbered after that.
    """

    outcome: str
    note: str = ""
    next: str = ""
    due_at: datetime | None = None
    waits_after: int | None = None


class Logged(NamedTuple):
    """An action in the log."""

    nth: int
    action: str
    kind: str
    outcome: str
    note: str


@dataclass(slots=True)
class Place:
    """An enrollment in hand, locked. ``status`` and the rest are what it will have when the block is written."""

    id: int
    workflow_id: int
    version: int
    record_id: int
    action: str
    done: int
    depth: int
    waits_after: int | None = None
    status: str = "active"
    reason: str = ""
    due_at: datetime | None = None
    log: list[Logged] = field(default_factory=list[Logged])

    @property
    def occasion(self) -> str:
        """What the effects of the action at hand are keyed by: no other action of any enrollment has it."""
        return f"{self.id}.{self.done}"

    @property
    def at_work(self) -> bool:
        """Whether there is something to do at once."""
        return self.status == "active" and self.due_at is None

    def leave(self, status: str, reason: str = "") -> None:
        """End it."""
        self.status, self.reason, self.due_at, self.waits_after = status, reason, None, None

    def take(self, action: Action, result: Result) -> None:
        """Note what came of an action, and go on."""
        note = result.note if len(result.note) <= NOTE_MAX else f"{result.note[: NOTE_MAX - 3]}..."
        note = note.replace("\x00", "")
        self.log.append(Logged(self.done, action.id, NAMES[type(action)], result.outcome, note))
        self.done += 1
        self.waits_after, self.due_at = result.waits_after, result.due_at
        if result.waits_after is None:
            self.action = result.next
            if not result.next and result.due_at is None:
                self.leave("finished")
        if self.done >= STEPS_MAX and self.status == "active":
            self.leave("stopped", "steps")


def write_back(db: Db, ctx: AccountContext, places: Sequence[Place]) -> None:
    """Write where enrollments stand now, and what was done."""
    rows = [
        (
            p.id,
            p.status,
            p.action,
            None if p.due_at is None else str(p.due_at),
            p.waits_after,
            p.done,
            p.reason,
        )
        for p in places
    ]
    logged = [
        (p.id, entry.nth, p.workflow_id, p.version, p.record_id, *entry[1:])
        for p in places
        for entry in p.log
    ]
    shared = {"account_id": ctx.id, "now": ctx.now}
    if rows:
        names = ("ids", "statuses", "actions", "dues", "waits", "dones", "reasons")
        db.execute(load("kalends.workflows", "write_back"), {**shared, **arrays(names, rows)})
    if logged:
        names = (
            "enrollments", "nths", "workflows", "versions", "records", "actions", "kinds", "outcomes", "notes",
        )  # fmt: skip
        db.execute(load("kalends.workflows", "write_log"), {**shared, **arrays(names, logged)})
