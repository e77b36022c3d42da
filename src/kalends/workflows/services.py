"""What changes workflows: made, edited, turned on and off, deleted; records enrolled by hand and taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.crm.schema import account_object
from kalends.events import journal
from kalends.events.webhooks.networks import allowed_networks
from kalends.query import Filter
from kalends.segments.segment import read_segments
from kalends.workflows.definition import Definition
from kalends.workflows.enrolling import Came, admit, end
from kalends.workflows.flows import (
    Db,
    Flow,
    Flows,
    Stored,
    definition_json,
    find_workflow,
    list_workflows,
    passing,
)
from kalends.workflows.matching import begin_reading, mark_passing
from kalends.workflows.reading import Json, read_definition
from kalends.workflows.sheet import Known
from kalends.workflows.timers import clear_timers, let_in_existing, set_timers

NAME_LENGTH_MAX, WORKFLOWS_MAX, BY_HAND_MOST = 200, 1_000, 10_000


class WorkflowRefused(ValueError):
    """Something that cannot be done to a workflow; ``reason`` is a word for pages, and the message says the remedy."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TurnedOff(NamedTuple):
    """A workflow that was turned off: how many records were taken out, and how many finish what they began."""

    ended: int
    going_on: int


def known_of(db: Db, ctx: AccountContext) -> Known:
    """What the account has that a definition may name."""
    users = db.execute("SELECT user_id FROM membership WHERE account_id = %s", [ctx.id]).fetchall()
    teams = db.execute("SELECT id FROM team WHERE account_id = %s", [ctx.id]).fetchall()
    segments = read_segments(db, ctx)
    return Known(
        lambda name: account_object(db, ctx, name),
        users=frozenset(row[0] for row in users),
        teams=frozenset(row[0] for row in teams),
        workflows={each.id: each.object for each in list_workflows(db, ctx)},
        segments={each.id: each.object for each in segments if not each.is_active},
        networks=allowed_networks(),
        living=lambda: {each.id for each in segments},
    )


def check_definition(db: Db, ctx: AccountContext, data: object) -> Definition:
    """A definition as the account may have it. Raises ``DefinitionError``."""
    return read_definition(data, known_of(db, ctx))


def create_workflow(
    db: Db,
    ctx: AccountContext,
    *,
    name: str,
    definition: Mapping[str, Any],
    actor: str,
    owner_id: int | None = None,
) -> int:
    """Make a workflow, which is off; returns its number.

    Raises :class:`WorkflowRefused` and ``DefinitionError``.
    """
    made = check_definition(db, ctx, definition)
    with db.transaction():
        count = len(list_workflows(db, ctx))
        if count >= WORKFLOWS_MAX:
            raise WorkflowRefused(
                "many", f"The account has {count:,} workflows, and may have no more; delete one."
            )
        id_ = take_ids(db, 1)[0]
        taken = db.execute(
            "INSERT INTO workflow (account_id, id, name, object, version, owner_id, created_at, updated_at) "
            "VALUES (%s, %s, %s, %s, 1, %s, %s, %s) "
            "ON CONFLICT (account_id, name) WHERE archived_at IS NULL DO NOTHING",
            [ctx.id, id_, _name(name), made.object, owner_id, ctx.now, ctx.now],
        )
        if not taken.rowcount:
            raise WorkflowRefused(
                "name", f"There is a workflow called {name.strip()!r} already; give another name."
            )
        _write_version(db, ctx, id_, 1, definition, actor)
        _tell(db, ctx, id_, "created", {"name": name.strip()}, actor)
    return id_


def edit_workflow(
    db: Db,
    ctx: AccountContext,
    id_: int,
    *,
    actor: str,
    definition: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> int:
    """Give a workflow another definition, or another name; returns the number of its version.

    Records that are in it finish by the version by which they came in. Raises ``UnknownWorkflow``,
    :class:`WorkflowRefused` and ``DefinitionError``.
    """
    with db.transaction():
        was = find_workflow(db, ctx, id_, lock=True)
        if name is not None and _name(name) != was.name:
            _rename(db, ctx, was, _name(name), actor)
        if definition is None or definition == definition_json(db, ctx, id_, was.version):
            return was.version
        made = check_definition(db, ctx, definition)
        if made.object != was.object:
            raise WorkflowRefused("object", f"It is a workflow of the object {was.object}, and stays one.")
        version = was.version + 1
        _write_version(db, ctx, id_, version, definition, actor)
        db.execute(
            "UPDATE workflow SET version = %s, problem = '', updated_at = %s WHERE account_id = %s AND id = %s",
            [version, ctx.now, ctx.id, id_],
        )
        _tell(db, ctx, id_, "edited", {"name": was.name, "version": version}, actor)
        if was.is_on:
            before = Flows(db, ctx).flow(id_, was.version)
            _go_on(db, ctx, _flow(db, ctx, id_, version), None if isinstance(before, str) else before)
    return version


def turn_on(db: Db, ctx: AccountContext, id_: int, *, actor: str, existing: bool = False) -> int:
    """Turn a workflow on; returns how many records came in at once.

    With ``existing`` those that pass its filter trigger already come in, the first 20,000 at once and the others with
    the worker's turns; without, only who begins to pass from here on. Events count from here on in any case.
    Raises ``UnknownWorkflow``, :class:`WorkflowRefused`, and ``DefinitionError`` when what it names is gone.
    """
    with db.transaction():
        was = find_workflow(db, ctx, id_, lock=True)
        check_definition(db, ctx, definition_json(db, ctx, id_, was.version))
        if was.is_on:
            return 0
        since = begin_reading(db, ctx)
        db.execute(
            "UPDATE workflow SET is_on = TRUE, since = %s, problem = '', updated_at = %s WHERE account_id = %s "
            "AND id = %s",
            [since, ctx.now, ctx.id, id_],
        )
        came = _begin(db, ctx, _flow(db, ctx, id_, was.version), existing=existing)
        _tell(db, ctx, id_, "turned_on", {"name": was.name, "enrolled": came}, actor)
    return came


def turn_off(db: Db, ctx: AccountContext, id_: int, *, actor: str, finish: bool = False) -> TurnedOff:
    """Turn a workflow off: nobody comes in any more, and who is in it leaves, or with ``finish`` goes on to the end.

    Raises ``UnknownWorkflow``.
    """
    with db.transaction():
        was = find_workflow(db, ctx, id_, lock=True)
        db.execute(
            "UPDATE workflow SET is_on = FALSE, updated_at = %s WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.id, id_],
        )
        clear_timers(db, ctx, id_)
        db.execute("DELETE FROM workflow_match WHERE account_id = %s AND workflow_id = %s", [ctx.id, id_])
        ended = 0 if finish else end(db, ctx, id_, "off", "off")
        going_on = count_active(db, ctx, id_)
        if was.is_on:
            _tell(db, ctx, id_, "turned_off", {"name": was.name, "ended": ended}, actor)
    return TurnedOff(ended, going_on)


def delete_workflow(db: Db, ctx: AccountContext, id_: int, *, actor: str) -> None:
    """Delete a workflow: who is in it leaves, and its history stays. Raises ``UnknownWorkflow``."""
    with db.transaction():
        turn_off(db, ctx, id_, actor=actor)
        name = find_workflow(db, ctx, id_).name
        db.execute(
            "UPDATE workflow SET archived_at = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.now, ctx.id, id_],
        )
        _tell(db, ctx, id_, "deleted", {"name": name}, actor)


def enroll_by_hand(
    db: Db, ctx: AccountContext, id_: int, records: Sequence[int], *, actor: str
) -> list[Came]:
    """Enroll records in a workflow that is on, whether or not they meet a trigger; returns those that came in.

    Who is in, was in and may come but once, or is kept out does not. Raises ``UnknownWorkflow`` and
    :class:`WorkflowRefused`.
    """
    with db.transaction():
        was = find_workflow(db, ctx, id_, lock=True)
        if not was.is_on:
            raise WorkflowRefused("off", "The workflow is off; turn it on first.")
        if len(records) > BY_HAND_MOST:
            raise WorkflowRefused("many", f"Give at most {BY_HAND_MOST:,} records at once.")
        flow = _flow(db, ctx, id_, was.version)
        there = passing(db, ctx, flow.object, Filter(), records)
        came = admit(db, ctx, flow, there, f"by hand {take_ids(db, 1)[0]}")
        if came:
            _tell(
                db,
                ctx,
                id_,
                "enrolled",
                {"name": was.name, "records": [each.record_id for each in came][:100]},
                actor,
            )
    return came


def unenroll(db: Db, ctx: AccountContext, id_: int, records: Sequence[int], *, actor: str) -> int:
    """Take records out of a workflow; says how many were in it. Raises ``UnknownWorkflow``."""
    with db.transaction():
        name = find_workflow(db, ctx, id_).name
        ended = end(db, ctx, id_, "removed", "by_hand", records)
        if ended:
            _tell(db, ctx, id_, "unenrolled", {"name": name, "records": list(records)[:100]}, actor)
    return ended


def count_active(db: Db, ctx: AccountContext, id_: int) -> int:
    """How many records are in a workflow."""
    row = db.execute(
        "SELECT count(*) FROM enrollment WHERE account_id = %s AND workflow_id = %s AND ended_at IS NULL",
        [ctx.id, id_],
    ).fetchone()
    return 0 if row is None else int(row[0])


def _begin(db: Db, ctx: AccountContext, flow: Flow, *, existing: bool) -> int:
    """See who passes already, and set the clock's triggers."""
    set_timers(db, ctx, flow)
    return _see_who_passes(db, ctx, flow, existing=existing)


def _see_who_passes(db: Db, ctx: AccountContext, flow: Flow, *, existing: bool) -> int:
    if flow.made.matching is None:
        db.execute("DELETE FROM workflow_match WHERE account_id = %s AND workflow_id = %s", [ctx.id, flow.id])
        return 0
    if existing:
        db.execute("DELETE FROM workflow_match WHERE account_id = %s AND workflow_id = %s", [ctx.id, flow.id])
        return let_in_existing(db, ctx, flow)
    mark_passing(db, ctx, flow)
    return 0


def _go_on(db: Db, ctx: AccountContext, flow: Flow, before: Flow | None) -> None:
    """Let an edited workflow go on; what was asked before, and still is, goes on as if nothing had been edited.

    So who began to pass, and what came due, shortly before the edit is not forgotten by it.
    """
    set_timers(db, ctx, flow, before)
    if flow.made.matching is None or before is None or flow.made.matching != before.made.matching:
        _see_who_passes(db, ctx, flow, existing=False)


def _flow(db: Db, ctx: AccountContext, id_: int, version: int) -> Flow:
    flow = Flows(db, ctx).flow(id_, version)
    if isinstance(flow, str):
        raise WorkflowRefused("broken", flow)
    return flow


def _name(name: str) -> str:
    clean = name.strip()
    if not 0 < len(clean) <= NAME_LENGTH_MAX or not clean.isprintable():
        raise WorkflowRefused("name", f"Give the workflow a name of 1 to {NAME_LENGTH_MAX} characters.")
    return clean


def _rename(db: Db, ctx: AccountContext, was: Stored, name: str, actor: str) -> None:
    if any(each.name == name and each.id != was.id for each in list_workflows(db, ctx)):
        raise WorkflowRefused("name", f"There is a workflow called {name!r} already; give another name.")
    db.execute(
        "UPDATE workflow SET name = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [name, ctx.now, ctx.id, was.id],
    )
    _tell(db, ctx, was.id, "renamed", {"name": name, "changes": {"name": [was.name, name]}}, actor)


def _write_version(
    db: Db, ctx: AccountContext, id_: int, number: int, definition: Mapping[str, Any], actor: str
) -> None:
    stored: Json = dict(definition)
    db.execute(
        "INSERT INTO workflow_version (account_id, workflow_id, number, definition, actor, made_at) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        [ctx.id, id_, number, Jsonb(stored), actor, ctx.now],
    )


def _tell(db: Db, ctx: AccountContext, id_: int, verb: str, data: Mapping[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"workflow.{verb}", "workflow", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
