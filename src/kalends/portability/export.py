"""An account out of an installation: every table in one snapshot, packed while it is read.

PostgreSQL writes the lines (``COPY`` of ``row_to_json``); nothing but a few lines is ever in memory. The archive gets
its name only when it is complete.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.exports.files import private_file
from kalends.portability.manifest import NAME, Entry, Manifest, TableEntry
from kalends.portability.people import named_people
from kalends.portability.schema import product_version, schema_of
from kalends.portability.tables import (
    FILES,
    LEFT_BEHIND,
    PERSON_COLUMNS,
    Column,
    Table,
    account_table,
    file_name,
    people_table,
    tables,
)

Progress = Callable[[int, str], None]
"""Told how many rows are written, and of which table."""
_PACKING = 4


class Exported(NamedTuple):
    """What was written."""

    manifest: Manifest
    rows: int
    size: int


@dataclass(slots=True)
class _Archive:
    """The archive that is being written; every file in it bears the moment of the export."""

    zip: zipfile.ZipFile
    at: datetime
    progress: Progress
    rows: int = 0
    tables: list[TableEntry] = field(default_factory=list[TableEntry])
    files: list[Entry] = field(default_factory=list[Entry])

    def add_table(self, db: Connection[Any], table: Table, query: sql.Composed) -> None:
        name = f"tables/{table.name}.jsonl"
        digest, size, rows = hashlib.sha256(), 0, 0
        with (
            self.zip.open(self._info(name), "w", force_zip64=True) as entry,
            db.cursor() as cursor,
            cursor.copy(query) as copied,
        ):
            for chunk in copied:
                # A line of JSON has no character that COPY escapes but the backslash.
                lines = bytes(chunk).replace(b"\\\\", b"\\")
                entry.write(lines)
                digest.update(lines)
                size += len(lines)
                rows += lines.count(b"\n")
                self.progress(self.rows + rows, table.name)
        self.rows += rows
        columns = tuple((each.name, each.form) for each in table.columns)
        self.tables.append(TableEntry(table.name, columns, rows, Entry(name, size, digest.hexdigest())))

    def add_file(self, name: str, content: bytes) -> None:
        self.zip.writestr(self._info(name), content)
        self.files.append(Entry(name, len(content), hashlib.sha256(content).hexdigest()))

    def add_manifest(self, manifest: Manifest) -> None:
        self.zip.writestr(self._info(NAME), manifest.written())

    def _info(self, name: str) -> zipfile.ZipInfo:
        at = self.at.astimezone(UTC)
        info = zipfile.ZipInfo(name, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second))
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        return info


def export_account(
    db: Connection[Any],
    ctx: AccountContext,
    out: Path,
    *,
    now: datetime,
    progress: Progress = lambda rows, table: None,
) -> Exported:
    """Write the account that ``db`` has entered to ``out``, which must not be there. ``now`` is the system's moment.

    Raises ``FileExistsError``; a file that was left in the middle is removed.
    """
    if out.exists():
        raise FileExistsError(17, "It is there already", str(out))
    draft = out.with_name(out.name + ".part")
    try:
        with (
            private_file(draft) as disk,
            zipfile.ZipFile(disk, "w", zipfile.ZIP_DEFLATED, compresslevel=_PACKING) as packed,
            _snapshot(db),
        ):
            archive = _Archive(packed, now, progress)
            manifest = _write(db, ctx, archive)
        draft.rename(out)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Exported(manifest, archive.rows, out.stat().st_size)


def _write(db: Connection[Any], ctx: AccountContext, archive: _Archive) -> Manifest:
    carried = tables()
    own, people = account_table(), people_table()
    archive.add_table(db, own, _lines(own, sql.SQL("id = {}").format(ctx.id)))
    of_people = sql.SQL("id = ANY({})").format(named_people(db, ctx.id, carried))
    archive.add_table(db, people, _lines(people, of_people))
    for table in carried:
        archive.add_table(db, table, _lines(table, sql.SQL("account_id = {}").format(ctx.id)))
    for table in carried:
        for column in table.files:
            for name, content in _contents(db, ctx.id, table, column):
                archive.add_file(name, content)
    manifest = Manifest(
        product_version=product_version(),
        schema=schema_of(db),
        account={
            "id": ctx.id,
            "name": ctx.name,
            "mode": ctx.mode,
            "currency": ctx.currency,
            "time_zone": ctx.time_zone,
        },
        made_at=archive.at.astimezone(UTC).isoformat(),
        highest={name: _highest(db, name) for name in ("record_id", "event_id")},
        tables=archive.tables,
        files=archive.files,
        left_behind=left_behind(),
    )
    archive.add_manifest(manifest)
    return manifest


def left_behind() -> list[dict[str, str]]:
    """What no archive has, why, and what is to be done about it in the new installation."""
    ways_in = {
        "what": "passwords, second factors, passkeys and sessions of users",
        "why": "let people in",
        "again": f"Users are told by {', '.join(PERSON_COLUMNS)} only; who is new sets a password by letter.",
    }
    return [
        ways_in,
        *({"what": name, "why": left.why, "again": left.again} for name, left in LEFT_BEHIND.items()),
    ]


def _lines(table: Table, condition: sql.Composable) -> sql.Composed:
    """The rows of a table as lines of JSON, in the order of its key."""
    return sql.SQL(
        "COPY (SELECT row_to_json(r) FROM (SELECT {columns} FROM {table} WHERE {condition} ORDER BY {key}) AS r) "
        "TO STDOUT"
    ).format(
        columns=sql.SQL(", ").join(_written(table, each) for each in table.columns),
        table=sql.Identifier(table.name),
        condition=condition,
        key=sql.SQL(", ").join(map(sql.Identifier, table.key)),
    )


def _written(table: Table, column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.form == "decimal":
        return sql.SQL("{0}::text AS {0}").format(name)
    if column.form == "file":
        before, after = f"files/{table.name}/{column.name}/", f".{FILES[table.name, column.name]}"
        return sql.SQL("CASE WHEN {0} IS NOT NULL THEN {1} || id || {2} END AS {0}").format(
            name, before, after
        )
    return name


def _contents(db: Connection[Any], account_id: int, table: Table, column: str) -> Iterator[tuple[str, bytes]]:
    """Each file of a column, one at a time."""
    query = sql.SQL("SELECT id, {0} FROM {1} WHERE account_id = {2} AND {0} IS NOT NULL ORDER BY id").format(
        sql.Identifier(column), sql.Identifier(table.name), account_id
    )
    with db.cursor("files_of_an_account") as cursor:
        cursor.itersize = 1
        cursor.execute(query)
        for id_, content in cursor:
            yield file_name(table.name, column, id_), bytes(content)


def _highest(db: Connection[Any], sequence: str) -> int:
    row = db.execute(sql.SQL("SELECT last_value FROM {}").format(sql.Identifier(sequence))).fetchone()
    assert row is not None
    return row[0]


@contextmanager
def _snapshot(db: Connection[Any]) -> Iterator[None]:
    """One unchanging view of the database, whose moments are written in UTC."""
    with db.transaction(force_rollback=True):
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        db.execute("SET LOCAL timezone = 'UTC'")
        db.execute("SET LOCAL datestyle = 'ISO'")
        db.execute("SET LOCAL cursor_tuple_fraction = 1")
        db.execute("SET LOCAL jit = off")
        yield
