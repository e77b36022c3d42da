"""What happened in workflows: who was in them, what was done, what went wrong, and how they were changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kalends.accounts.context import AccountContext
from kalends.workflows.enrolling import REASONS
from kalends.workflows.flows import Db

LOG_KEPT_FOR = timedelta(days=90)
"""How long the log of actions is kept; who was enrolled is known for good."""


class Enrolled(NamedTuple):
    """A record in a workflow, or one that was. ``reason`` is a sentence, where it ended before its time."""

    id: int
    workflow_id: int
    workflow: str
    object: str
    version: int
    record_id: int
    occasion: str
    status: str
    action: str
    due_at: datetime | None
    done: int
    depth: int
    cause: int | None
    reason: str
    enrolled_at: datetime
    ended_at: datetime | None


class Entry(NamedTuple):
    """An action in the log."""

    enrollment_id: int
    nth: int
    workflow_id: int
    version: int
    record_id: int
    action: str
    kind: str
    outcome: str
    note: str
    at: datetime


class Figures(NamedTuple):
    """How it stands with a workflow: records in it now and in all, how they ended, and what failed lately."""

    active: int = 0
    enrolled: int = 0
    finished: int = 0
    goal: int = 0
    stopped: int = 0
    failed_actions: int = 0


class Version(NamedTuple):
    """A version of a workflow: its number, who made it and when."""

    number: int
    actor: str
    made_at: datetime


class Call(NamedTuple):
    """A webhook of a workflow."""

    id: int
    enrollment_id: int
    url: str
    status: str
    tries: int
    next_try_at: datetime | None
    answer: int | None
    error: str | None
    created_at: datetime


def enrollments(
    db: Db,
    ctx: AccountContext,
    *,
    workflow_id: int | None = None,
    record_id: int | None = None,
    statuses: Sequence[str] = (),
    before: int | None = None,
    limit: int = 100,
) -> list[Enrolled]:
    """Who is or was in workflows, newest first; ``before`` goes on behind an enrollment's number."""
    rows = db.execute(
        "SELECT e.id, e.workflow_id, w.name, w.object, e.version, e.record_id, e.occasion, e.status, e.action, "
        "e.due_at, e.done, e.depth, e.cause, e.reason, e.enrolled_at, e.ended_at FROM enrollment AS e "
        "JOIN workflow AS w ON w.account_id = e.account_id AND w.id = e.workflow_id "
        "WHERE e.account_id = %(account)s AND (%(workflow)s::bigint IS NULL OR e.workflow_id = %(workflow)s) "
        "AND (%(record)s::bigint IS NULL OR e.record_id = %(record)s) "
        "AND (cardinality(%(statuses)s::text[]) = 0 OR e.status = ANY(%(statuses)s::text[])) "
        "AND (%(before)s::bigint IS NULL OR e.id < %(before)s) ORDER BY e.id DESC LIMIT %(limit)s",
        {
            "account": ctx.id,
            "workflow": workflow_id,
            "record": record_id,
            "statuses": list(statuses),
            "before": before,
            "limit": limit,
        },
    ).fetchall()
    found = [Enrolled(*row) for row in rows]
    return [each._replace(reason=REASONS.get(each.reason, each.reason)) for each in found]


def log(
    db: Db,
    ctx: AccountContext,
    *,
    workflow_id: int | None = None,
    enrollment_id: int | None = None,
    record_id: int | None = None,
    outcome: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[Entry]:
    """What was done, newest first."""
    asked: dict[str, Any] = {
        "workflow_id": workflow_id,
        "enrollment_id": enrollment_id,
        "record_id": record_id,
        "outcome": outcome,
        "action": action,
    }
    terms = "".join(f" AND {name} = %({name})s" for name, value in asked.items() if value is not None)
    rows = db.execute(
        "SELECT enrollment_id, nth, workflow_id, version, record_id, action, kind, outcome, note, at "  # type: ignore[arg-type]
        f"FROM workflow_log WHERE account_id = %(account)s{terms} "
        "AND (%(since)s::timestamptz IS NULL OR at >= %(since)s) "
        "AND (%(until)s::timestamptz IS NULL OR at < %(until)s) "
        "ORDER BY at DESC, enrollment_id DESC, nth DESC LIMIT %(limit)s OFFSET %(offset)s",
        {**asked, "account": ctx.id, "since": since, "until": until, "limit": limit, "offset": offset},
    ).fetchall()
    return [Entry(*row) for row in rows]


def figures(db: Db, ctx: AccountContext, ids: Sequence[int]) -> dict[int, Figures]:
    """How it stands with workflows, by number."""
    rows = db.execute(
        "SELECT workflow_id, count(*) FILTER (WHERE ended_at IS NULL), count(*), "
        "count(*) FILTER (WHERE status = 'finished'), count(*) FILTER (WHERE status = 'goal'), "
        "count(*) FILTER (WHERE status IN ('stopped', 'failed')) FROM enrollment "
        "WHERE account_id = %s AND workflow_id = ANY(%s) GROUP BY workflow_id",
        [ctx.id, list(ids)],
    ).fetchall()
    failed = db.execute(
        "SELECT workflow_id, count(*) FROM workflow_log WHERE account_id = %s AND workflow_id = ANY(%s) "
        "AND outcome = 'failed' AND at > %s GROUP BY workflow_id",
        [ctx.id, list(ids), ctx.now - timedelta(days=7)],
    ).fetchall()
    wrong = dict(failed)
    found = {row[0]: Figures._make((*row[1:6], wrong.get(row[0], 0))) for row in rows}
    return {id_: found.get(id_, Figures()) for id_ in ids}


_COUNTED_MAX = 100_000


def passed(db: Db, ctx: AccountContext, workflow_id: int) -> dict[str, int]:
    """How often each of its actions was done as far as the log goes back, or among its last 100,000 entries."""
    rows = db.execute(
        "SELECT action, count(*) FROM (SELECT action FROM workflow_log WHERE account_id = %s AND workflow_id = %s "
        "ORDER BY at DESC LIMIT %s) AS lately GROUP BY action",
        [ctx.id, workflow_id, _COUNTED_MAX],
    ).fetchall()
    return dict(rows)


def versions(db: Db, ctx: AccountContext, workflow_id: int) -> list[Version]:
    """How a workflow was changed, newest first."""
    rows = db.execute(
        "SELECT number, actor, made_at FROM workflow_version WHERE account_id = %s AND workflow_id = %s "
        "ORDER BY number DESC",
        [ctx.id, workflow_id],
    ).fetchall()
    return [Version(*row) for row in rows]


def calls(
    db: Db,
    ctx: AccountContext,
    *,
    workflow_id: int | None = None,
    status: str | None = None,
    limit: int = 100,
) -> list[Call]:
    """Webhooks of workflows, newest first."""
    rows = db.execute(
        "SELECT id, enrollment_id, url, status, tries, next_try_at, answer, error, created_at FROM workflow_call "
        "WHERE account_id = %(account)s AND (%(workflow)s::bigint IS NULL OR workflow_id = %(workflow)s) "
        "AND (%(status)s::text IS NULL OR status = %(status)s) ORDER BY id DESC LIMIT %(limit)s",
        {"account": ctx.id, "workflow": workflow_id, "status": status, "limit": limit},
    ).fetchall()
    return [Call(*row) for row in rows]


def forget_log(db: Db, ctx: AccountContext, limit: int) -> int:
    """Forget actions that were done long ago, and webhooks that arrived then; says how many actions."""
    oldest = ctx.now - LOG_KEPT_FOR
    db.execute(
        "DELETE FROM workflow_call WHERE account_id = %s AND id IN (SELECT id FROM workflow_call "
        "WHERE account_id = %s AND status = 'delivered' AND closed_at < %s LIMIT %s)",
        [ctx.id, ctx.id, oldest, limit],
    )
    return db.execute(
        "DELETE FROM workflow_log AS l USING (SELECT enrollment_id, nth FROM workflow_log WHERE account_id = %s "
        "AND at < %s LIMIT %s) AS old WHERE l.account_id = %s AND l.enrollment_id = old.enrollment_id "
        "AND l.nth = old.nth",
        [ctx.id, oldest, limit, ctx.id],
    ).rowcount
