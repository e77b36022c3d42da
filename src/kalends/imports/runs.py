"""Imports as people ask for them: a file comes in, is planned, rehearsed, run, and may be undone.

Each call is one transaction of its caller's. What takes long is done by the worker (:mod:`kalends.imports.carry`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.events import journal
from kalends.imports.plan import Plan
from kalends.imports.problems import Problem

Db = Connection[Any]

PROGRAM = 0
"""Stands for the user where a program asked: its token's scopes were looked at then, and nobody's role counts."""
KEPT = timedelta(days=30)
"""For how long the file of an import is kept; what it did can be undone without it."""
OPEN_MAX = 5
"""How many imports of an account may be under way at once."""
_IN_A_ROW = 10_000
"""More problems than a row can have: its columns are fewer."""
_COLUMNS = (
    "id, name, object, user_id, actor, plan, status, asked_at, ended_at, rows_done, last_row, found, key, "
    "file_size, problem"
)
_NEXT = {
    "rehearse": ("checking", ("new", "checked", "failed")),
    "run": ("running", ("checked",)),
    "undo": ("undoing", ("done", "canceled", "undone")),
}


class ImportRefused(ValueError):
    """Something that cannot be done with an import as it stands; ``reason`` is for pages."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Import(NamedTuple):
    """An import as it stands. ``found`` counts rows by verdict: of the rehearsal, then of the import itself."""

    id: int
    name: str
    object: str
    user_id: int
    actor: str
    plan: Plan
    status: str
    asked_at: datetime
    ended_at: datetime | None
    rows_done: int
    last_row: int
    found: Mapping[str, int]
    key: str
    file_size: int
    problem: str
    asker: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a worker is to do something with it."""
        return self.status in ("checking", "running", "undoing")

    @property
    def of_program(self) -> bool:
        """Whether a program asked for it: nobody looks at a rehearsal then, and the import follows it by itself."""
        return self.user_id == PROGRAM

    @property
    def rows(self) -> int:
        """How many rows were counted, those that cannot be used among them."""
        return sum(self.found.get(each, 0) for each in ("created", "updated", "unchanged", "bad"))


def start(
    db: Db,
    ctx: AccountContext,
    plan: Plan,
    *,
    name: str,
    user_id: int,
    actor: str,
    now: datetime,
    key: str,
    file_size: int,
) -> int:
    """Write down that a file came in; returns the import's number. Raises :class:`ImportRefused`."""
    row = db.execute(
        "SELECT count(*) FROM data_import WHERE account_id = %s AND status IN ('checking', 'running', 'undoing')",
        [ctx.id],
    ).fetchone()
    assert row is not None
    if row[0] >= OPEN_MAX:
        raise ImportRefused(
            "too_many", f"{OPEN_MAX} imports are under way: wait for one of them, or cancel one."
        )
    id_ = take_ids(db, 1)[0]
    db.execute(
        "INSERT INTO data_import (account_id, id, name, object, user_id, actor, plan, asked_at, key, file_size, found) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '{}')",
        [ctx.id, id_, name[:200], plan.object, user_id, actor, Jsonb(plan.stored()), now, key, file_size],
    )
    return id_


def find(db: Db, ctx: AccountContext, id_: int) -> Import | None:
    """The import of this number, if the account has it."""
    found = _read(db, ctx, "d.id = %(id)s", {"id": id_}, 1)
    return found[0] if found else None


def list_imports(db: Db, ctx: AccountContext, *, limit: int = 200) -> list[Import]:
    """The newest imports."""
    return _read(db, ctx, "TRUE", {}, limit)


def list_of_programs(db: Db, ctx: AccountContext, *, before: int = 0, limit: int) -> list[Import]:
    """The newest imports that programs asked for; with ``before`` those older than the import of that number."""
    condition = "d.user_id = %(program)s AND (%(before)s = 0 OR d.id < %(before)s)"
    return _read(db, ctx, condition, {"program": PROGRAM, "before": before}, limit)


def _read(db: Db, ctx: AccountContext, condition: str, params: Mapping[str, Any], limit: int) -> list[Import]:
    columns = ", ".join(
        f"d.{each}::text" if each in ("plan", "found") else f"d.{each}" for each in _COLUMNS.split(", ")
    )
    rows = db.execute(
        cast(
            "Any",
            f"SELECT {columns}, coalesce(u.name, '') FROM data_import AS d "
            "LEFT JOIN membership AS m ON m.account_id = d.account_id AND m.user_id = d.user_id "
            "LEFT JOIN app_user AS u ON u.id = m.user_id "
            f"WHERE d.account_id = %(account_id)s AND {condition} ORDER BY d.id DESC LIMIT %(limit)s",
        ),
        {"account_id": ctx.id, "limit": limit, **params},
    ).fetchall()
    return [
        Import._make((*row[:5], Plan.read(json.loads(row[5])), *row[6:11], json.loads(row[11]), *row[12:]))
        for row in rows
    ]


def set_plan(db: Db, ctx: AccountContext, id_: int, plan: Plan) -> None:
    """Keep how a file is to be read. Raises :class:`ImportRefused` once it is imported, or under way."""
    done = db.execute(
        "UPDATE data_import SET plan = %s, object = %s, status = 'new', found = '{}', problem = '' "
        "WHERE account_id = %s AND id = %s AND status IN ('new', 'checked', 'failed')",
        [Jsonb(plan.stored()), plan.object, ctx.id, id_],
    )
    if done.rowcount == 0:
        raise ImportRefused("over", "This import is under way or over: start another one with the file.")


def let_begin(db: Db, ctx: AccountContext, id_: int, what: str) -> None:
    """Let the worker ``rehearse``, ``run`` or ``undo`` an import. Raises :class:`ImportRefused`."""
    status, before = _NEXT[what]
    if what == "rehearse":
        db.execute(
            "DELETE FROM import_row WHERE account_id = %s AND import_id = %s AND NOT done", [ctx.id, id_]
        )
    kept = "found" if what == "undo" else "'{}'::jsonb"
    done = db.execute(
        cast(
            "Any",
            f"UPDATE data_import SET status = %s, rows_done = 0, last_row = 0, found = {kept}, problem = '', "
            "ended_at = NULL WHERE account_id = %s AND id = %s AND status = ANY(%s)",
        ),
        [status, ctx.id, id_, list(before)],
    )
    if done.rowcount == 0:
        raise ImportRefused("order", "An import is rehearsed first, then run, and undone only afterwards.")


def cancel(db: Db, ctx: AccountContext, id_: int, *, now: datetime, actor: str) -> Import:
    """Stop a rehearsal or an import; what was imported so far stays, and can be undone.

    The file of a rehearsal that a person stops may be mapped anew; a program's import is over.
    """
    done = db.execute(
        "UPDATE data_import SET status = CASE WHEN status = 'checking' AND user_id <> %s THEN 'new' "
        "ELSE 'canceled' END, ended_at = %s, "
        "found = CASE WHEN status = 'running' THEN found ELSE '{}' END "  # a rehearsal has written nothing
        "WHERE account_id = %s AND id = %s AND status IN ('checking', 'checked', 'running') "
        "AND (status <> 'checked' OR user_id = %s)",
        [PROGRAM, now, ctx.id, id_, PROGRAM],
    )
    found = find(db, ctx, id_)
    if found is None or done.rowcount == 0:
        raise ImportRefused("over", "There is nothing to cancel: it is neither rehearsed nor running.")
    tell(db, ctx, found, "canceled", actor)
    return found


def tell(db: Db, ctx: AccountContext, one: Import, verb: str, actor: str) -> None:
    """Write into the journal what happened to an import."""
    data = {"name": one.name, "object": one.object, **one.found}
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent(f"import.{verb}", "import", one.id, None, data)], actor
    )


def problems(db: Db, ctx: AccountContext, id_: int, *, limit: int = 1_000) -> list[Problem]:
    """What is wrong with the rows of a file, by row."""
    rows = db.execute(
        "SELECT row, problems::text FROM import_row "
        "WHERE account_id = %s AND import_id = %s AND verdict = 'bad' ORDER BY row LIMIT %s",
        [ctx.id, id_, limit],
    ).fetchall()
    return [Problem(row, *each) for row, told in rows for each in json.loads(told)]


class Wrong(NamedTuple):
    """A problem with its place among those of an import: its mark is the row and its number in the row."""

    mark: int
    problem: Problem


def problems_after(db: Db, ctx: AccountContext, id_: int, *, after: int, limit: int) -> list[Wrong]:
    """What is wrong with the rows of a file, in order, behind the mark ``after``; 0 begins with the first."""
    row, number = divmod(after, _IN_A_ROW)
    found = db.execute(
        "SELECT r.row, p.number, p.told::text FROM import_row AS r CROSS JOIN LATERAL "
        "jsonb_array_elements(r.problems) WITH ORDINALITY AS p (told, number) "
        "WHERE r.account_id = %s AND r.import_id = %s AND r.verdict = 'bad' AND r.row >= %s "
        "AND (r.row, p.number) > (%s, %s) ORDER BY r.row, p.number LIMIT %s",
        [ctx.id, id_, row, row, number, limit],
    ).fetchall()
    return [Wrong(row * _IN_A_ROW + place, Problem(row, *json.loads(told))) for row, place, told in found]


def bad_lines(db: Db, ctx: AccountContext, id_: int) -> dict[int, Sequence[Sequence[str]]]:
    """The lines that cannot be used, each with what is wrong: column, value, remedy and code."""
    rows = db.execute(
        "SELECT row, problems::text FROM import_row WHERE account_id = %s AND import_id = %s AND verdict = 'bad'",
        [ctx.id, id_],
    ).fetchall()
    return {row: json.loads(told) for row, told in rows}
