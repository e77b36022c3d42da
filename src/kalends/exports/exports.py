"""Asking for exports, looking at them, and taking them back. Each call is one transaction of its caller's."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.catalog.model import ObjectType
from kalends.core.calendar import local_date
from kalends.events import journal
from kalends.exports.columns import columns_of
from kalends.exports.request import Request, WrongRequest, check

Db = Connection[Any]

KEPT = timedelta(days=30)
"""For how long a file can be fetched."""
LISTED = timedelta(days=400)
"""For how long it is known that there was an export."""
ACCOUNT = "account"
"""What is named in place of an object where all of an account is exported (:mod:`kalends.portability`)."""
WAITING_MAX = 20
"""How many exports of one user may wait at once."""
A_DAY = timedelta(hours=24)
PROGRAMS_A_DAY = 30
"""How many exports programs may ask for in any twenty-four hours."""

_COLUMNS = (
    "id, object, name, user_id, actor, asked, status, asked_at, started_at, ended_at, expires_at, attempts, "
    "rows_total, rows_done, key, file_name, file_size, files, problem"
)


class Export(NamedTuple):
    """An export as it stands; ``asker`` is the user's name, nothing for a program."""

    id: int
    object: str
    name: str
    user_id: int | None
    actor: str
    asked: Request
    status: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    attempts: int
    rows_total: int | None
    rows_done: int
    key: str
    file_name: str
    file_size: int
    files: int
    problem: str
    asker: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be made."""
        return self.status in ("queued", "running")

    def can_be_fetched(self, now: datetime) -> bool:
        """Whether its file is there."""
        return self.status == "done" and self.expires_at is not None and now < self.expires_at

    @property
    def percent(self) -> int:
        """How far it has come, as far as anybody knows; complete is what is done."""
        if self.status == "done":
            return 100
        return min(99, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


def ask(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    asked: Request,
    *,
    now: datetime,
    user_id: int | None,
    name: str = "",
    actor: str = "system",
) -> int:
    """Let an export be made as soon as a worker has time; returns its number. ``now`` is the system's moment.

    ``name`` is what the file is called, without an ending. Raises :class:`~kalends.exports.request.WrongRequest`, and
    :class:`~kalends.query.FilterError` for a filter that does not hold.
    """
    check(asked, obj)
    columns_of(asked, obj)
    called = fitting_name(name) or f"{obj.plural}-{local_date(now, ctx.time_zone).isoformat()}"
    return _write(db, ctx, asked, called, now=now, user_id=user_id, actor=actor)


def ask_account(db: Db, ctx: AccountContext, *, now: datetime, user_id: int, actor: str) -> int:
    """Let an archive of the whole account be made, for an administrator; returns its number.

    Raises :class:`~kalends.exports.request.WrongRequest`.
    """
    called = f"{fitting_name(ctx.name) or ACCOUNT}-{local_date(now, ctx.time_zone).isoformat()}"
    return _write(db, ctx, Request(object=ACCOUNT), called, now=now, user_id=user_id, actor=actor)


def _write(
    db: Db,
    ctx: AccountContext,
    asked: Request,
    called: str,
    *,
    now: datetime,
    user_id: int | None,
    actor: str,
) -> int:
    if user_id is not None and _waiting(db, ctx, user_id) >= WAITING_MAX:
        raise WrongRequest(
            "too_many", f"{WAITING_MAX} exports of yours are waiting: wait for one of them, or cancel one."
        )
    id_ = take_ids(db, 1)[0]
    db.execute(
        "INSERT INTO data_export (account_id, id, object, name, user_id, actor, asked, asked_at, key) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            ctx.id,
            id_,
            asked.object,
            called,
            user_id,
            actor,
            Jsonb(asked.stored()),
            now,
            secrets.token_urlsafe(32),
        ],
    )
    told = {"name": called, "object": asked.object, "format": asked.format, "scope": asked.scope}
    tell(db, ctx, id_, "requested", told, actor)
    return id_


def fitting_name(name: str) -> str:
    """A name that every system of files takes; nothing where nothing is left of it.

    >>> fitting_name("Utestående/2026: Q1"), fitting_name("../..")
    ('Utestående-2026- Q1', '')
    """
    kept = "".join(each if each.isalnum() or each in " -_." else "-" for each in name)
    return kept.strip(" .-_")[:100].strip()


def tell(db: Db, ctx: AccountContext, id_: int, verb: str, data: Mapping[str, Any], actor: str) -> None:
    """Write into the journal what happened to an export."""
    event = journal.NewEvent(f"export.{verb}", "export", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)


def _waiting(db: Db, ctx: AccountContext, user_id: int) -> int:
    row = db.execute(
        "SELECT count(*) FROM data_export "
        "WHERE account_id = %s AND user_id = %s AND status IN ('queued', 'running')",
        [ctx.id, user_id],
    ).fetchone()
    assert row is not None
    return int(row[0])


def asked_by_programs(db: Db, ctx: AccountContext, now: datetime) -> int:
    """How many exports programs have asked for in the last twenty-four hours; whoever asks meanwhile waits for us."""
    db.execute("SELECT pg_advisory_xact_lock(hashtextextended('kalends: exports of programs', %s))", [ctx.id])
    row = db.execute(
        "SELECT count(*) FROM data_export WHERE account_id = %s AND user_id IS NULL AND asked_at > %s",
        [ctx.id, now - A_DAY],
    ).fetchone()
    assert row is not None
    return int(row[0])


def find(db: Db, ctx: AccountContext, id_: int) -> Export | None:
    """The export of this number, if the account has it."""
    found = _read(db, ctx, "e.id = %(id)s", {"id": id_}, 1)
    return found[0] if found else None


def list_exports(
    db: Db, ctx: AccountContext, *, user_id: int | None = None, limit: int = 200
) -> list[Export]:
    """The newest exports, of one user or of everybody."""
    if user_id is None:
        return _read(db, ctx, "TRUE", {}, limit)
    return _read(db, ctx, "e.user_id = %(user_id)s", {"user_id": user_id}, limit)


def _read(db: Db, ctx: AccountContext, condition: str, params: Mapping[str, Any], limit: int) -> list[Export]:
    columns = ", ".join(f"e.{each}" for each in _COLUMNS.replace("asked,", "asked::text,").split(", "))
    rows = db.execute(
        cast(
            "Any",
            f"SELECT {columns}, coalesce(u.name, '') FROM data_export e "
            "LEFT JOIN membership m ON m.account_id = e.account_id AND m.user_id = e.user_id "
            "LEFT JOIN app_user u ON u.id = m.user_id "
            f"WHERE e.account_id = %(account_id)s AND {condition} ORDER BY e.id DESC LIMIT %(limit)s",
        ),
        {"account_id": ctx.id, "limit": limit, **params},
    ).fetchall()
    return [as_export(row) for row in rows]


def as_export(row: Sequence[Any]) -> Export:
    """A row of the table, with the JSON as text and the asker's name behind it."""
    return Export._make((*row[:5], Request.read(json.loads(row[5])), *row[6:]))


def cancel(db: Db, ctx: AccountContext, id_: int, *, now: datetime, actor: str = "system") -> Export:
    """Take back an export that is not made yet; whoever makes it stops. Raises :class:`WrongRequest`."""
    taken = db.execute(
        "UPDATE data_export SET status = 'canceled', ended_at = %s "
        "WHERE account_id = %s AND id = %s AND status IN ('queued', 'running')",
        [now, ctx.id, id_],
    )
    export = find(db, ctx, id_)
    if export is None:
        raise WrongRequest("gone", f"There is no export {id_}.")
    if taken.rowcount == 0:
        raise WrongRequest(
            "over", f"The export {export.name} is {export.status}: there is nothing to cancel."
        )
    tell(db, ctx, id_, "canceled", {"name": export.name, "object": export.object}, actor)
    return export
