"""The worker's side: rehearsing, running and undoing an import in blocks, each block one transaction.

Whoever works on an import holds an advisory lock on its number while they do. How far it has come stands in its row,
and what became of each row of the file is written with the records themselves, under a unique key: a worker that is
killed leaves whole blocks, and the next one goes on behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import ROLES, Place, place_of
from kalends.accounts.sql import array, integers
from kalends.crm.schema import account_object
from kalends.events.journal import encode
from kalends.imports import sheets
from kalends.imports.block import Block
from kalends.imports.cells import reader_for
from kalends.imports.drafts import DraftReader, RowDraft, refuse_repeated
from kalends.imports.runs import KEPT, PROGRAM, Import, find, let_begin, tell
from kalends.imports.sheets import WrongFile
from kalends.imports.undo import undo_block

Db = Connection[Any]

BLOCK_ROWS = 500
_COMING_IN = timedelta(days=1)
BLOCKS_IN_A_TURN = 20
"""How many blocks an account's import may do before the others have their turn."""
_ENDED = {"checking": "checked", "running": "done", "undoing": "undone"}
_FAILED = {"checking": "failed", "running": "canceled", "undoing": "done"}
"""What a failure leaves behind: what was imported before it can be undone, and what was not undone be undone again."""
_KEEP = """
    INSERT INTO import_row (account_id, import_id, row, identity, verdict, problems)
    SELECT %(account_id)s, %(import_id)s, f.row, f.identity, f.verdict, f.problems::jsonb
    FROM unnest(%(rows)s::bigint[], %(identities)s::text[], %(verdicts)s::text[], %(problems)s::text[])
        AS f (row, identity, verdict, problems)
"""
_DONE = """
    UPDATE import_row AS r SET verdict = f.verdict, record_id = f.record_id, problems = f.problems::jsonb, done = TRUE
    FROM unnest(%(rows)s::bigint[], %(verdicts)s::text[], %(records)s::bigint[], %(problems)s::text[])
        AS f (row, verdict, record_id, problems)
    WHERE r.account_id = %(account_id)s AND r.import_id = %(import_id)s AND r.row = f.row AND NOT r.done
"""


class Stopped(Exception):
    """Somebody canceled the import, or asked the worker to end."""


class Turn(NamedTuple):
    """What a turn did: the import's number and status then, and whether more waits. Nothing where nothing waited."""

    import_id: int | None = None
    status: str = ""
    more: bool = False


def take_turn(
    db: Db,
    ctx: AccountContext,
    folder: Path,
    *,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    blocks: int = BLOCKS_IN_A_TURN,
) -> Turn:
    """Do some blocks of the account's oldest import that waits. ``db`` is in the account, in no transaction."""
    row = db.execute(
        "SELECT id FROM data_import WHERE account_id = %s AND status IN ('checking', 'running', 'undoing') "
        "ORDER BY id LIMIT 1",
        [ctx.id],
    ).fetchone()
    if row is None or not _locked(db, row[0]):
        return Turn()
    try:
        one = find(db, ctx, row[0])
        if one is None or not one.is_open:
            return Turn()
        try:
            ended = _Work(db, ctx, one, folder, stopping).do(blocks)
        except Stopped:
            return Turn(one.id, "stopped")
        except (WrongFile, OSError, MayNotImport) as problem:
            text = f"The file is gone: {problem.strerror}." if isinstance(problem, OSError) else str(problem)
            _end(db, ctx, one, _FAILED[one.status], now, text)
            return Turn(one.id, "failed", more=True)
        if ended:
            _end(db, ctx, one, _ENDED[one.status], now)
        return Turn(one.id, one.status, more=True)
    finally:
        if not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s)", [row[0]])


_A_PROGRAMS = Place(PROGRAM, "admin", None, ROLES["admin"], (), ())
"""What a program may: its scopes were looked at when it asked."""


class MayNotImport(ValueError):
    """Whoever asked may not import these records any more."""


def _locked(db: Db, id_: int) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(%s)", [id_]).fetchone()
    return row is not None and bool(row[0])


class _Work:
    """One turn with one import."""

    def __init__(
        self, db: Db, ctx: AccountContext, one: Import, folder: Path, stopping: Callable[[], bool]
    ) -> None:
        self._db, self._ctx, self._one, self._stopping = db, ctx, one, stopping
        self._path = folder / one.key
        self._found = dict(one.found)
        self._done = one.rows_done

    def do(self, blocks: int) -> bool:
        """Do so many blocks; says whether that was the end. Raises :class:`Stopped` and what is wrong as a whole."""
        place = self._place()
        if self._one.status == "undoing":
            return self._undo(blocks)
        obj = account_object(self._db, self._ctx, self._one.object)
        plan = self._one.plan
        headings = sheets.headings(self._path, plan.shape)
        reader = DraftReader(obj, plan, headings, reader_for(self._db, self._ctx, plan))
        block = Block(self._db, self._ctx, obj, plan, reader, place, self._one.id)
        given = sheets.rows(self._path, plan.shape, after=self._one.last_row)
        for _ in range(blocks):
            rows = list(islice(given, BLOCK_ROWS))
            if not rows:
                return True
            with self._db.transaction():
                drafts = self._wanted(reader, rows)
                if self._one.status == "checking":
                    self._check(block, reader, drafts)
                else:
                    self._write(block, drafts)
                self._progress(rows[-1].line, drafts)
        return False

    def _place(self) -> Place:
        if self._one.of_program:
            return _A_PROGRAMS
        with self._db.cursor() as cursor:
            place = place_of(cursor, self._ctx.id, self._one.user_id)
        if place is None or not place.grants.allows("import"):
            raise MayNotImport("Whoever asked may not import records any more.")
        return place

    def _wanted(self, reader: DraftReader, rows: Sequence[sheets.Row]) -> list[RowDraft]:
        """The rows to be looked at: in the import itself those that the rehearsal found right, and are not done."""
        if self._one.status == "checking":
            return [reader.read(row) for row in rows]
        found = self._db.execute(
            "SELECT row FROM import_row WHERE account_id = %s AND import_id = %s AND row = ANY(%s) "
            "AND verdict <> 'bad' AND NOT done",
            [self._ctx.id, self._one.id, [row.line for row in rows]],
        ).fetchall()
        right = {row[0] for row in found}
        self._found["bad"] = self._found.get("bad", 0) + len(rows) - len(right)
        return [reader.read(row) for row in rows if row.line in right]

    def _check(self, block: Block, reader: DraftReader, drafts: Sequence[RowDraft]) -> None:
        identities = [each.identity for each in drafts if each.identity is not None]
        before = self._db.execute(
            "SELECT identity, row FROM import_row WHERE account_id = %s AND import_id = %s AND identity = ANY(%s)",
            [self._ctx.id, self._one.id, identities],
        ).fetchall()
        identify = self._one.plan.identify
        kind = "key" if identify.startswith(":") else "property"
        refuse_repeated(drafts, reader.heading_of(identify, kind), dict(before))
        with self._db.transaction(force_rollback=True):
            block.work(drafts)
        self._db.execute(
            _KEEP, {**self._columns(drafts), "identities": array([each.identity for each in drafts])}
        )

    def _write(self, block: Block, drafts: Sequence[RowDraft]) -> None:
        block.work(drafts)
        records = array([None if each.problems else each.record_id for each in drafts])
        self._db.execute(_DONE, {**self._columns(drafts), "records": records})

    def _columns(self, drafts: Sequence[RowDraft]) -> dict[str, Any]:
        return {
            "account_id": self._ctx.id,
            "import_id": self._one.id,
            "rows": integers(each.line for each in drafts),
            "verdicts": array([verdict_of(each) for each in drafts]),
            "problems": array([encode([wrong[1:] for wrong in each.problems]) for each in drafts]),
        }

    def _progress(self, last: int, drafts: Sequence[RowDraft]) -> None:
        for each in drafts:
            verdict = verdict_of(each)
            self._found[verdict] = self._found.get(verdict, 0) + 1
        self._done = sum(self._found.values())
        going_on = self._db.execute(
            "UPDATE data_import SET rows_done = %s, last_row = %s, found = %s "
            "WHERE account_id = %s AND id = %s AND status = %s",
            [self._done, last, Jsonb(self._found), self._ctx.id, self._one.id, self._one.status],
        )
        if going_on.rowcount == 0 or self._stopping():
            raise Stopped

    def _undo(self, blocks: int) -> bool:
        for _ in range(blocks):
            with self._db.transaction():
                done = undo_block(self._db, self._ctx, self._one, BLOCK_ROWS)
                self._done += done
                self._db.execute(
                    "UPDATE data_import SET rows_done = %s WHERE account_id = %s AND id = %s",
                    [self._done, self._ctx.id, self._one.id],
                )
            if not done:
                return True
            if self._stopping():
                raise Stopped
        return False


def verdict_of(draft: RowDraft) -> str:
    """What became of a row: created, updated, unchanged, or bad."""
    if draft.problems:
        return "bad"
    if draft.created:
        return "created"
    return "updated" if draft.changed else "unchanged"


def _end(db: Db, ctx: AccountContext, one: Import, status: str, now: datetime, problem: str = "") -> None:
    with db.transaction():
        done = db.execute(
            "UPDATE data_import SET status = %s, ended_at = %s, problem = %s "
            "WHERE account_id = %s AND id = %s AND status = %s",
            [status, now, problem, ctx.id, one.id, one.status],
        )
        if done.rowcount and status == "checked" and one.of_program:
            let_begin(db, ctx, one.id, "run")
        after = find(db, ctx, one.id)
        if done.rowcount and after is not None and status in ("done", "undone"):
            tell(db, ctx, after, {"done": "completed", "undone": "undone"}[status], one.actor)


def expire(db: Db, ctx: AccountContext, folder: Path, now: datetime) -> int:
    """Throw away files of imports that came in thirty days ago or are not to be kept, and what belongs to none since a
    day, because a file is there before its import is; returns how many.

    What their rows were known by, and what was wrong with them, goes with them: it may name people.
    """
    db.execute(
        "UPDATE import_row AS r SET identity = NULL, problems = '[]' FROM data_import AS d "
        "WHERE d.account_id = %s AND d.asked_at <= %s AND d.status NOT IN ('checking', 'running') "
        "AND r.account_id = d.account_id AND r.import_id = d.id AND (r.identity IS NOT NULL OR r.problems <> '[]')",
        [ctx.id, now - KEPT],
    )
    there = (
        list(folder.iterdir()) if folder.is_dir() else []
    )  # before the imports are read: one may come meanwhile
    rows = db.execute(
        "SELECT key, status IN ('checking', 'running') OR asked_at > %s AND file_size > 0 FROM data_import "
        "WHERE account_id = %s",
        [now - KEPT, ctx.id],
    ).fetchall()
    kept = dict(rows)
    gone = [path for path in there if not (kept[path.name] if path.name in kept else _is_new(path, now))]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _is_new(path: Path, now: datetime) -> bool:
    try:
        written = path.stat().st_mtime
    except FileNotFoundError:  # whoever brought it was refused meanwhile
        return True
    return written > (now - _COMING_IN).timestamp()


def folder_of(files: Path, account_id: int) -> Path:
    """Where the files of an account's imports lie, below the installation's folder for files."""
    return files / "imports" / str(account_id)


def bad_rows(path: Path, one: Import, told: Mapping[int, Sequence[Sequence[str]]]) -> Iterator[list[str]]:
    """The rows that cannot be used, as the file has them, and behind each what is wrong: to mend and give again."""
    names = sheets.headings(path, one.plan.shape)
    yield [*names, "Kalends"]
    for row in sheets.rows(path, one.plan.shape):
        if row.line in told:
            why = " ".join(
                f"{column}: {remedy}" if column else remedy for column, _, remedy, *_code in told[row.line]
            )
            cells = [sheets.printable(sheets.shown(cell)) for cell in row.cells]
            yield [*cells, *[""] * (len(names) - len(cells)), why]
