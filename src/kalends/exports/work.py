"""The worker's side: taking an export up, making its file, and throwing files away when their time is over.

An export is one row. Whoever makes its file holds an advisory lock on its number for as long as they live, so an export
that is *running* and whose lock is free was left by a process that is gone: the next worker begins it anew, in place of
the draft that was left. A file gets its name before the row says that it is there, and the row says so once: whether
that transaction was the one that did is what decides on the letter, and on the file of an export that was canceled, or
that is to be begun anew since a person was erased meanwhile.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Place, place_of
from kalends.catalog.registry import UnknownName
from kalends.core.calendar import local_date
from kalends.exports.exports import ACCOUNT, KEPT, LISTED, Export, find, tell
from kalends.exports.files import Target
from kalends.exports.make import Written, make_file
from kalends.exports.request import Progress, WrongRequest
from kalends.messages.exported import tell_of_export
from kalends.messages.letters.facts import Export as Told
from kalends.platform.patience import patient
from kalends.portability.kept import make_archive
from kalends.query import FilterError

Db = Connection[Any]

ATTEMPTS_MAX = 3
"""How often an export is begun before it is given up: one that takes its worker down each time would do so for ever."""


class Canceled(Exception):
    """Somebody took the export back while it was made."""


class MayNotExport(ValueError):
    """Whoever asked may not export these records any more."""


@contextmanager
def taken_up(db: Db, ctx: AccountContext, now: datetime) -> Iterator[Export | None]:
    """The account's oldest export that is to be made, held while the block lasts; None where somebody is at it.

    One export of an account is made at a time: the others wait. ``db`` is in no transaction and is kept meanwhile.
    """
    row = db.execute(
        "SELECT id FROM data_export WHERE account_id = %s AND status IN ('queued', 'running') ORDER BY id LIMIT 1",
        [ctx.id],
    ).fetchone()
    if row is None or not _locked(db, row[0]):
        yield None
        return
    try:
        begun = db.execute(
            "UPDATE data_export SET status = 'running', started_at = %s, attempts = attempts + 1, rows_done = 0, "
            "rows_total = NULL WHERE account_id = %s AND id = %s AND status IN ('queued', 'running')",
            [now, ctx.id, row[0]],
        )
        yield find(db, ctx, row[0]) if begun.rowcount else None
    finally:
        with suppress(psycopg.OperationalError):  # a connection that is gone has let go of its locks
            db.execute("SELECT pg_advisory_unlock(%s)", [row[0]])


def _locked(db: Db, id_: int) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(%s)", [id_]).fetchone()
    return row is not None and bool(row[0])


def put_back(db: Db, ctx: AccountContext, id_: int) -> None:
    """Leave an export to the next worker, since this one was asked to end; it counts as not begun."""
    db.execute(
        "UPDATE data_export SET status = 'queued', attempts = attempts - 1, rows_done = 0 "
        "WHERE account_id = %s AND id = %s AND status = 'running'",
        [ctx.id, id_],
    )


def carry_out(
    db: Db,
    reader: Db,
    ctx: AccountContext,
    export: Export,
    folder: Path,
    *,
    clock: Callable[[], datetime],
    tell_progress: Callable[[Progress], None],
    link: str,
) -> str:
    """Make the file of an export that was taken up, and say so; returns the status that it has then.

    ``reader`` is a connection of its own for the one moment of which the file is. ``link`` leads to the page that the
    letter speaks of. What cannot be made is written down as failed, with a reason.
    """
    target = Target(folder, export.key, export.name, export.asked_at)
    try:
        if export.attempts > ATTEMPTS_MAX:
            raise WrongRequest(
                "stopped",
                f"It was begun {ATTEMPTS_MAX} times, and the worker ended each time. Its log may say why.",
            )
        viewer = _viewer(reader, ctx, export)
        if export.object == ACCOUNT:
            written = make_archive(reader, ctx, target, tell_progress, now=clock())
        else:
            written = make_file(reader, ctx, export.asked, target, tell_progress, viewer=viewer)
    except Canceled:
        _throw_away(folder, export.key)
        return "canceled"
    except (WrongRequest, FilterError, MayNotExport, UnknownName) as refusal:
        _throw_away(folder, export.key)
        return _failed(db, ctx, export, str(refusal), clock())
    except OSError as problem:
        _throw_away(folder, export.key)
        return _failed(db, ctx, export, f"The file cannot be written: {problem.strerror}.", clock())
    return _done(db, ctx, export, written, folder, clock(), link)


def _viewer(db: Db, ctx: AccountContext, export: Export) -> Place | None:
    """Whose sight decides, read at the time of making. Raises :class:`MayNotExport`."""
    if export.user_id is None:
        return None
    with db.cursor() as cursor:
        place = place_of(cursor, ctx.id, export.user_id)
    if place is None:
        raise MayNotExport("Whoever asked has no place in this account any more.")
    if export.object == ACCOUNT:
        if not place.is_administrator:
            raise MayNotExport("Only administrators may export the whole account.")
    elif not (place.grants.allows("export") and place.grants.allows("view", export.object)):
        raise MayNotExport("Whoever asked may not export these records any more.")
    return place


@patient
def note_progress(db: Db, ctx: AccountContext, id_: int, progress: Progress) -> None:
    """Write down how far it has come. Raises :class:`Canceled`."""
    going_on = db.execute(
        "UPDATE data_export SET rows_done = %s, rows_total = %s "
        "WHERE account_id = %s AND id = %s AND status = 'running'",
        [progress.rows, progress.total, ctx.id, id_],
    )
    if going_on.rowcount == 0:
        raise Canceled


@patient
def _done(
    db: Db, ctx: AccountContext, export: Export, written: Written, folder: Path, now: datetime, link: str
) -> str:
    expires = now + KEPT
    made = written.made
    with db.transaction():
        taken = db.execute(
            "UPDATE data_export SET status = 'done', ended_at = %s, expires_at = %s, rows_done = %s, rows_total = %s, "
            "file_name = %s, file_size = %s, files = %s WHERE account_id = %s AND id = %s AND status = 'running'",
            [
                now,
                expires,
                written.rows,
                written.rows,
                made.file_name,
                made.size,
                made.files,
                ctx.id,
                export.id,
            ],
        )
        if taken.rowcount:
            data = {
                "name": export.name,
                "object": export.object,
                "rows": written.rows,
                "user_id": export.user_id,
            }
            tell(db, ctx, export.id, "completed", data, "system")
            if export.user_id is not None:
                told = Told(made.file_name, written.rows, link, local_date(expires, ctx.time_zone))
                tell_of_export(db, ctx, export_id=export.id, user_id=export.user_id, export=told)
            return "done"
    _throw_away(folder, export.key)
    return "canceled"


@patient
def _failed(db: Db, ctx: AccountContext, export: Export, problem: str, now: datetime) -> str:
    with db.transaction():
        taken = db.execute(
            "UPDATE data_export SET status = 'failed', ended_at = %s, problem = %s "
            "WHERE account_id = %s AND id = %s AND status = 'running'",
            [now, problem, ctx.id, export.id],
        )
        if taken.rowcount:
            data = {
                "name": export.name,
                "object": export.object,
                "problem": problem,
                "user_id": export.user_id,
            }
            tell(db, ctx, export.id, "failed", data, "system")
    return "failed"


def _throw_away(folder: Path, key: str) -> None:
    for path in folder.glob(f"{key}*"):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@patient
def expire(db: Db, ctx: AccountContext, folder: Path, now: datetime) -> int:
    """Throw away files whose thirty days are over, and what belongs to no export; returns how many.

    An export is forgotten after 400 days: what was looked for can name people.
    """
    db.execute(
        "UPDATE data_export SET status = 'expired' WHERE account_id = %s AND status = 'done' AND expires_at <= %s",
        [ctx.id, now],
    )
    db.execute(
        "DELETE FROM data_export "
        "WHERE account_id = %s AND status NOT IN ('queued', 'running', 'done') AND asked_at < %s",
        [ctx.id, now - LISTED],
    )
    # Files are listed before keys are asked for: of a file that is begun meanwhile the key is known then.
    found = list(folder.iterdir()) if folder.is_dir() else []
    rows = db.execute(
        "SELECT key FROM data_export WHERE account_id = %s AND status IN ('queued', 'running', 'done')",
        [ctx.id],
    ).fetchall()
    kept = {row[0] for row in rows}
    gone = 0
    for path in found:
        if path.name.split(".")[0] not in kept:
            _remove(path)
            gone += 1
    return gone


def folder_of(files: Path, account_id: int) -> Path:
    """Where the files of an account's exports lie, below the installation's folder for files."""
    return files / "exports" / str(account_id)
