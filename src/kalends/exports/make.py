"""Making the file of an export: one statement in one moment, written as it comes.

All of an export is of one moment: a record that changes meanwhile stands in it as it was when the export began, or not
at all. CSV is written by PostgreSQL itself (``COPY … TO STDOUT``), a line a message; here lines are only counted and
packed. Spreadsheets are written cell by cell from a cursor of the server's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

from psycopg import Connection, Cursor, ServerCursor

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Place
from kalends.catalog.model import ObjectType
from kalends.crm.schema import account_object
from kalends.exports.columns import Column, columns_of
from kalends.exports.files import Made, Target, TextFiles, one_or_packed
from kalends.exports.request import ROWS_MAX, Progress, Request
from kalends.exports.spreadsheets import SHEETS, Rows
from kalends.exports.statement import compile_export, compile_total
from kalends.exports.values import Words, defused_text
from kalends.query import Context, Sql

_AT_ONCE = 2_000
"""How many lines or rows are taken before somebody is told, or may say stop."""
_MARK = "\ufeff"
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_FOR_ALL_OF_IT = (
    # Every row is wanted, dates as ISO 8601 writes them, and a sort may take what a page's may not.
    "SELECT set_config('cursor_tuple_fraction', '1', true), set_config('datestyle', 'ISO, YMD', true), "
    "set_config('work_mem', '64MB', true)"
)
_PEOPLE = """
    SELECT 'owners', u.id::text, u.name FROM membership AS m JOIN app_user AS u ON u.id = m.user_id
    WHERE m.account_id = %(account_id)s
    UNION ALL SELECT 'teams', t.id::text, t.name FROM team AS t WHERE t.account_id = %(account_id)s
    UNION ALL SELECT 'tax_rates', r.id::text, r.name FROM tax_rate AS r WHERE r.account_id = %(account_id)s
"""

Report = Callable[[Progress], None]
"""Is told how far it has come; what it raises ends the export."""


class Written(NamedTuple):
    """A file that was made, and how many records are in it."""

    made: Made
    rows: int


def make_file(
    db: Connection[Any],
    ctx: AccountContext,
    asked: Request,
    target: Target,
    report: Report,
    *,
    viewer: Place | None = None,
) -> Written:
    """Make the file, of what ``viewer`` may see (without one of all records), at one moment.

    ``db`` is inside the account and in no transaction. Raises :class:`~kalends.exports.request.WrongRequest` and
    :class:`~kalends.query.FilterError` for what cannot be made any more, and whatever ``report`` raises.
    """
    with db.transaction():
        db.execute(_ONE_MOMENT)
        db.execute(_FOR_ALL_OF_IT)
        obj = account_object(db, ctx, asked.object)
        columns = columns_of(asked, obj)
        seen = context_of(ctx, viewer)
        total = _total(db, compile_total(asked, obj, seen))
        report(Progress(0, total))
        typed = asked.format != "csv"
        statement = compile_export(asked, obj, columns, seen, people_of(db, ctx.id), typed=typed)

        def tell(rows: int) -> None:
            report(Progress(rows, total))

        if typed:
            return _spreadsheets(db, statement, asked, obj, columns, target, tell)
        return _text(db, statement, asked, columns, target, tell)


def context_of(ctx: AccountContext, viewer: Place | None) -> Context:
    """The account as the query floor knows it, seen by somebody."""
    if viewer is None:
        return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone)
    return Context(
        ctx.id, ctx.today, ctx.now, ctx.time_zone, user_id=viewer.user_id, sight=viewer.sight("view")
    )


def _total(db: Connection[Any], sql: Sql) -> int:
    row = db.execute(cast("Any", sql.text), sql.params).fetchone()
    assert row is not None
    return int(row[0])


PEOPLE = ("owners", "teams", "tax_rates")
"""Where options come from whose words are names: values of theirs are numbers, which nobody reads."""


def people_of(db: Connection[Any], account_id: int) -> dict[str, Words]:
    """The names of owners, teams and tax rates by their values, by what options come from."""
    found: dict[str, dict[str, str]] = {"owners": {}, "teams": {}, "tax_rates": {}}
    for kind, id_, name in db.execute(_PEOPLE, {"account_id": account_id}).fetchall():
        found[kind][id_] = name
    return dict(found)


def head_of(asked: Request, columns: Sequence[Column]) -> bytes:
    """The first line of a CSV file."""
    line = io.StringIO()
    headers = [defused_text(each.header) for each in columns]
    csv.writer(line, lineterminator="\n").writerow(headers)
    return ((_MARK if asked.mark else "") + line.getvalue()).encode()


def _text(
    db: Connection[Any],
    statement: Sql,
    asked: Request,
    columns: Sequence[Column],
    target: Target,
    tell: Callable[[int], None],
) -> Written:
    most, rows = ROWS_MAX[asked.format], 0
    copying = cast("Any", f"COPY ({statement.text}) TO STDOUT (FORMAT csv)")
    with (
        TextFiles(target, head_of(asked, columns)) as files,
        db.cursor() as cursor,
        cursor.copy(copying, statement.params) as copy,
    ):
        held = (
            bytearray()
        )  # lines that are kept one by one cost four times as much as those put together at once
        for line in copy:  # libpq gives one record at a time, and never a part of one
            if rows and not rows % most:
                files.write(held)
                files.begin()
                held = bytearray()
            held += line
            rows += 1
            if not rows % _AT_ONCE:
                files.write(held)
                held = bytearray()
                tell(rows)
        files.write(held)
        tell(rows)
        return Written(files.end(), rows)


def _spreadsheets(
    db: Connection[Any],
    statement: Sql,
    asked: Request,
    obj: ObjectType,
    columns: Sequence[Column],
    target: Target,
    tell: Callable[[int], None],
) -> Written:
    title = obj.plural_label.in_language(asked.language)
    most, written = ROWS_MAX[asked.format], 0
    target.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts: list[Path] = []
    with (
        TemporaryDirectory(dir=target.folder, prefix=f"{target.key}.") as beside,
        ServerCursor(db, "export") as cursor,
    ):
        cursor.itersize = _AT_ONCE
        cursor.execute(cast("Any", statement.text), statement.params)
        rows = _batches(cursor)
        batch = next(rows, [])
        while batch or not parts:
            path = Path(beside) / f"{len(parts) + 1}.{asked.format}"
            sheet = SHEETS[asked.format](path, target, title)
            into = Rows(sheet, columns)
            while batch and into.next <= most:
                room = most - into.next + 1
                for row in batch[:room]:
                    into.add(row)
                written += len(batch[:room])
                tell(written)
                batch = batch[room:] or next(rows, [])
            sheet.end()
            path.chmod(0o600)
            parts.append(path)
        return Written(one_or_packed(target, parts, asked.format), written)


def _batches(cursor: Cursor[Any]) -> Iterator[list[Any]]:
    while batch := cursor.fetchmany(_AT_ONCE):
        yield batch
