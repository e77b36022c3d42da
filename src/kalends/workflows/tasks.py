"""Tasks: what somebody is to do about a record by a moment. Workflows make them, and people do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load
from kalends.events import journal

Db = Connection[Any]
PRIORITIES = ("none", "low", "medium", "high")
_COLUMNS = (
    "t.id, t.object, t.record_id, t.subject, t.body, t.priority, t.owner_id, t.due_at, t.done_at, t.done_by, "
    "t.created_at, t.actor"
)


class NewTask(NamedTuple):
    """A task to be made; ``occasion`` is its key, None for one that a person makes."""

    object: str
    record_id: int
    subject: str
    due_at: datetime
    body: str = ""
    priority: str = "none"
    owner_id: int | None = None
    occasion: str | None = None


class Task(NamedTuple):
    """A task. ``done_by`` is the actor who said that it is done, and ``actor`` who made it."""

    id: int
    object: str
    record_id: int
    subject: str
    body: str
    priority: str
    owner_id: int | None
    due_at: datetime
    done_at: datetime | None
    done_by: str
    created_at: datetime
    actor: str


class UnknownTask(LookupError):
    """The account has no such task."""


class BadTask(ValueError):
    """A task that cannot be made; the message says what would be right."""


def make_task(db: Db, ctx: AccountContext, wanted: NewTask, actor: str) -> int:
    """Make a task by hand; returns its number. Raises :class:`BadTask`."""
    subject = wanted.subject.strip()
    if not 0 < len(subject) <= 200:
        raise BadTask("Give the task a subject of 1 to 200 characters.")
    if wanted.priority not in PRIORITIES:
        raise BadTask(f"{wanted.priority!r} is no priority; give {', '.join(PRIORITIES)}.")
    return make_tasks(db, ctx, [wanted._replace(subject=subject, occasion=None)], actor)[0]


def make_tasks(db: Db, ctx: AccountContext, wanted: Sequence[NewTask], actor: str) -> list[int]:
    """Make tasks, each once for its occasion; returns the numbers of those that are new."""
    names = ("objects", "records", "subjects", "dues", "bodies", "priorities", "owners", "occasions")
    rows = [(*task[:3], str(task.due_at), *task[4:]) for task in wanted]
    params = {"account_id": ctx.id, "now": ctx.now, "actor": actor, **arrays(names, rows)}
    return [row[0] for row in db.execute(load("kalends.workflows", "make_tasks"), params).fetchall()]


def finish_task(db: Db, ctx: AccountContext, id_: int, actor: str, *, done: bool = True) -> Task:
    """Say that a task is done, or is not after all. Raises :class:`UnknownTask`."""
    changed = db.execute(
        "UPDATE task SET done_at = %s, done_by = %s WHERE account_id = %s AND id = %s AND (done_at IS NULL) = %s",
        [ctx.now if done else None, actor if done else "", ctx.id, id_, done],
    )
    task = find_task(db, ctx, id_)
    if changed.rowcount:
        kind = "task.finished" if done else "task.reopened"
        event = journal.NewEvent(kind, task.object, task.record_id, _parent(task), {"subject": task.subject})
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return task


def _parent(task: Task) -> int | None:
    return task.record_id if task.object == "subscription" else None


def find_task(db: Db, ctx: AccountContext, id_: int) -> Task:
    """A task by number. Raises :class:`UnknownTask`."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM task AS t WHERE t.account_id = %s AND t.id = %s",
        [ctx.id, id_],
    ).fetchone()
    if row is None:
        raise UnknownTask(f"There is no task {id_} in this account.")
    return Task(*row)


def tasks_of(
    db: Db,
    ctx: AccountContext,
    *,
    record_id: int | None = None,
    owner_id: int | None = None,
    done: bool | None = False,
    limit: int = 200,
) -> list[Task]:
    """Tasks about a record or of an owner (or all of the account), open ones first by when they are due."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM task AS t WHERE t.account_id = %(account)s "
        "AND (%(record)s::bigint IS NULL OR t.record_id = %(record)s) "
        "AND (%(owner)s::bigint IS NULL OR t.owner_id = %(owner)s) "
        "AND (%(done)s::boolean IS NULL OR (t.done_at IS NOT NULL) = %(done)s) "
        "ORDER BY t.done_at DESC NULLS FIRST, t.due_at, t.id LIMIT %(limit)s",
        {"account": ctx.id, "record": record_id, "owner": owner_id, "done": done, "limit": limit},
    ).fetchall()
    return [Task(*row) for row in rows]
