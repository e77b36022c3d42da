"""Workflows as they are kept: read with the definition that counts, and the object as the account has it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString, NamedTuple, cast

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.crm.schema import account_object
from kalends.exports.make import people_of
from kalends.exports.values import Words
from kalends.query import Context, Filter, compile_ids, fetch
from kalends.workflows.definition import Definition
from kalends.workflows.reading import read_definition
from kalends.workflows.sheet import DefinitionError, Known

Db = Connection[Any]
AT_ONCE = 5_000
"""About how many records is asked in one statement."""

_COLUMNS = (
    "w.id, w.name, w.object, w.version, w.is_on, w.since, w.owner_id, w.problem, w.created_at, w.updated_at"
)


class Stored(NamedTuple):
    """A workflow as its row has it."""

    id: int
    name: str
    object: str
    version: int
    is_on: bool
    since: int
    owner_id: int | None
    problem: str
    created_at: datetime
    updated_at: datetime


class UnknownWorkflow(LookupError):
    """The account has no such workflow."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow in one of its versions, ready to run."""

    id: int
    version: int
    object: ObjectType
    made: Definition
    since: int = 0
    is_on: bool = False
    name: str = ""

    @property
    def actor(self) -> str:
        """Who the journal says did what it did."""
        return f"workflow:{self.id}"


def find_workflow(db: Db, ctx: AccountContext, id_: int, *, lock: bool = False) -> Stored:
    """A workflow by number. Raises :class:`UnknownWorkflow`."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM workflow AS w WHERE w.account_id = %s AND w.id = %s AND w.archived_at IS NULL"
        + (" FOR UPDATE" if lock else ""),
        [ctx.id, id_],
    ).fetchone()
    if row is None:
        raise UnknownWorkflow(f"There is no workflow {id_} in this account.")
    return Stored(*row)


def list_workflows(
    db: Db,
    ctx: AccountContext,
    *,
    object: str | None = None,  # noqa: A002 - the field's word
    only_on: bool = False,
) -> list[Stored]:
    """The account's workflows, by name."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM workflow AS w WHERE w.account_id = %s AND w.archived_at IS NULL "
        "AND (%s::text IS NULL OR w.object = %s) AND (w.is_on OR NOT %s) ORDER BY lower(w.name), w.id",
        [ctx.id, object, object, only_on],
    ).fetchall()
    return [Stored(*row) for row in rows]


def definition_json(db: Db, ctx: AccountContext, workflow_id: int, number: int) -> dict[str, Any]:
    """A version in its JSON form. Raises :class:`UnknownWorkflow`."""
    row = db.execute(
        "SELECT definition::text FROM workflow_version WHERE account_id = %s AND workflow_id = %s AND number = %s",
        [ctx.id, workflow_id, number],
    ).fetchone()
    if row is None:
        raise UnknownWorkflow(f"The workflow {workflow_id} has no version {number}.")
    return json.loads(row[0])


@dataclass(slots=True)
class Flows:
    """The workflows of an account as they are asked for, each read once; for one turn, and no longer."""

    db: Db
    ctx: AccountContext
    _objects: dict[str, ObjectType] = field(default_factory=dict[str, ObjectType])
    _read: dict[tuple[int, int], Flow | str] = field(default_factory=dict[tuple[int, int], Flow | str])
    _living: frozenset[int] | None = None
    _people: Mapping[str, Words] | None = None

    def object(self, name: str) -> ObjectType:
        """An object as the account has it. Raises ``UnknownName``."""
        found = self._objects.get(name)
        if found is None:
            found = self._objects[name] = account_object(self.db, self.ctx, name)
        return found

    def people(self) -> Mapping[str, Words]:
        """The names of the account's users, teams and tax rates, by what options come from and by number."""
        if self._people is None:
            self._people = people_of(self.db, self.ctx.id)
        return self._people

    def living_segments(self) -> frozenset[int]:
        """The numbers of the account's segments."""
        if self._living is None:
            rows = self.db.execute(
                "SELECT id FROM segment WHERE account_id = %s AND archived_at IS NULL", [self.ctx.id]
            ).fetchall()
            self._living = frozenset(row[0] for row in rows)
        return self._living

    def flow(self, workflow_id: int, version: int) -> Flow | str:
        """A workflow in a version; why it cannot run, in words, when what it names is gone."""
        key = (workflow_id, version)
        if key not in self._read:
            self._read[key] = self._load(workflow_id, version)
        return self._read[key]

    def _load(self, workflow_id: int, version: int) -> Flow | str:
        row = self.db.execute(
            "SELECT name, since, is_on FROM workflow WHERE account_id = %s AND id = %s",
            [self.ctx.id, workflow_id],
        ).fetchone()
        if row is None:
            return "The workflow is not there any more."
        try:
            made = read_definition(
                definition_json(self.db, self.ctx, workflow_id, version),
                Known(self.object, living=self.living_segments),
            )
        except (DefinitionError, UnknownWorkflow) as error:
            return str(error).partition("\n")[0]
        return Flow(workflow_id, version, self.object(made.object), made, row[1], row[2], row[0])

    def active(self) -> list[Flow]:
        """The workflows that are on and can run, in the order in which they were made; who cannot is told why."""
        rows = self.db.execute(
            "SELECT id, version, problem FROM workflow WHERE account_id = %s AND is_on AND archived_at IS NULL "
            "ORDER BY id",
            [self.ctx.id],
        ).fetchall()
        found: list[Flow] = []
        for id_, version, told in rows:
            flow = self.flow(id_, version)
            problem = flow if isinstance(flow, str) else ""
            if problem != told:
                self.db.execute(
                    "UPDATE workflow SET problem = %s WHERE account_id = %s AND id = %s",
                    [problem, self.ctx.id, id_],
                )
            if isinstance(flow, Flow):
                found.append(flow)
        return found


def asking(ctx: AccountContext) -> Context:
    """What the filter compiler needs to know: a workflow acts for the account, and sees all of it."""
    return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone)


def passing(
    db: Db, ctx: AccountContext, obj: ObjectType, wanted: Filter, among: Sequence[int] | None = None
) -> list[int]:
    """The living records that pass a filter, in the order of their numbers; only ``among`` some, when they are given.

    Without ``among`` it is one statement over all records.
    """
    with db.cursor() as cursor:
        if among is None:
            everyone = compile_ids(obj, wanted, asking(ctx))
            return [row[0] for row in cursor.execute(cast("LiteralString", everyone.text), everyone.params)]
        found: list[int] = []
        ordered = sorted(set(among))
        for first in range(0, len(ordered), AT_ONCE):
            part = ordered[first : first + AT_ONCE]
            found += [row["id"] for row in fetch(cursor, compile_ids(obj, wanted, asking(ctx), among=part))]
        return found
