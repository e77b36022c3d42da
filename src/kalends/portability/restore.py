"""An account into an installation: all of an archive in one transaction, or nothing.

Work is done as the application's role, which sees and writes no account but the new one; only the sequences of numbers
are moved by the owner of the tables, before the first row. Records and events keep their numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.sql import enter_account
from kalends.billing.hold import hold_billing
from kalends.catalog.registry import OBJECTS
from kalends.core.money import minor_digits
from kalends.crm.schema import account_object
from kalends.portability.manifest import TableEntry, refused
from kalends.portability.people import (
    actor_here,
    actors_of,
    custom_here,
    line_here,
    number_here,
    numbers_of,
    own_properties,
    take_in,
)
from kalends.portability.reader import Archive
from kalends.portability.schema import schema_of
from kalends.portability.tables import PEOPLE, Table, account_table, file_name, statement, tables

REACH = 10**12
"""How far an archive may move the sequences of an installation: more than any has, and less than would be missed."""
ROWS_AT_ONCE, BYTES_AT_ONCE = 2_000, 4_000_000
Progress = Callable[[int, str], None]

CHANGED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("event", "object_id"): (
        "CASE WHEN r.object_type = 'account' THEN %(account)s ELSE r.object_id END",
        "events about the account itself name its new number",
    ),
    ("message", "status"): (
        "CASE WHEN r.status IN ('queued', 'sending') THEN 'kept' ELSE r.status END",
        "letters that were not sent yet stay with the old installation and are kept unsent here",
    ),
    ("mailing", "status"): (
        "CASE WHEN r.status = 'sending' THEN 'stopped' ELSE r.status END",
        "an email to a segment that was under way is stopped",
    ),
    ("workflow", "is_on"): ("false", "workflows are off until somebody turns them on"),
    ("enrollment", "status"): (
        "CASE WHEN r.ended_at IS NULL THEN 'off' ELSE r.status END",
        "who was in a workflow is out of it: what it still had to do is done by the old installation",
    ),
    ("enrollment", "ended_at"): ("coalesce(r.ended_at, %(now)s)", "the same"),
    ("enrollment", "due_at"): ("NULL::timestamptz", "the same"),
    ("workflow_call", "status"): (
        "CASE WHEN r.status IN ('waiting', 'sending') THEN 'failed' ELSE r.status END",
        "webhooks of workflows that were not taken yet stay with the old installation",
    ),
    ("workflow_call", "closed_at"): ("coalesce(r.closed_at, %(now)s)", "the same"),
}
"""What is not taken over as it stands, so that two installations never do the same thing: SQL, and in words."""

ACCOUNT_CHANGED: Mapping[str, str] = {
    "id": "the next number of this installation",
    "known_as": "the number under which processors know the account's charges, which they keep",
    "settings": "letters are `kept` until somebody sets them to `queued`; no other account for trying payment links",
}
"""The same of the account's own row."""


class Restored(NamedTuple):
    """What an import made: the account, the rows of each table, and users who are new here."""

    ctx: AccountContext
    rows: dict[str, int]
    invited: list[str]


@dataclass(frozen=True, slots=True)
class _Loading:
    db: Connection[Any]
    archive: Archive
    account_id: int
    now: datetime
    people: Mapping[int, int]
    progress: Progress
    own: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def renamed(self, table: Table, lines: list[bytes]) -> list[bytes]:
        """Lines whose JSON names users by their numbers here; ``own`` are the account's properties that do."""
        if all(there == here for there, here in self.people.items()):
            return lines
        documents = [each.name for each in table.columns if each.form == "JSON" and each.name != "custom"]
        if documents:
            every = frozenset[str]().union(*self.own.values())
            lines = [line_here(line, documents, self.people, every) for line in lines]
        if table.name in self.own:
            lines = [custom_here(line, self.people, self.own[table.name]) for line in lines]
        return lines

    @property
    def params(self) -> dict[str, Any]:
        people = {str(there): here for there, here in self.people.items()}
        return {"account": self.account_id, "now": self.now, "people": Jsonb(people)}


def restore(
    db: Connection[Any],
    archive: Archive,
    *,
    connect_as_owner: Callable[[], Connection[Any]],
    now: datetime,
    actor: str,
    progress: Progress = lambda rows, doing: None,
) -> Restored:
    """Make an account of an archive; its billing is held. ``db`` must not be inside a transaction.

    Raises ``UserFacing`` for what does not fit; then nothing was changed.
    """
    archive.check_shape(schema_of(db))
    _check_reach(db, archive)
    archive.check(lambda rows, table: progress(rows, f"checking {table}"))
    with connect_as_owner() as owner:
        for sequence, highest in archive.manifest.highest.items():
            _move(owner, sequence, highest)
    with db.transaction():
        account_id = _make_account(db, archive)
        enter_account(db, account_id)
        of_people = archive.tables[PEOPLE]
        with _Told(of_people, "its lines"):
            people, new = take_in(db, map(json.loads, archive.lines(of_people)))
        loading = _Loading(db, archive, account_id, now, people, progress)
        rows: dict[str, int] = {}
        for table in tables():
            rows[table.name] = _load(loading, table, sum(rows.values()))
            if table.name == "property_definition":
                _check_properties(db, archive, account_id)
                loading.own.update(own_properties(db, account_id))
        _check_numbers(db, archive, account_id)
        with _Told(archive.tables[account_table().name], "line 1"):
            ctx = load_context(db, account_id, system_now=now)
            _ = ctx.billing_day, minor_digits(ctx.currency)
        _check_objects(db, archive, ctx)
        hold_billing(db, ctx, actor=actor, reason=_reason(archive))
    return Restored(ctx, rows, sorted(set(new) & _members(db, account_id)))


def _reason(archive: Archive) -> str:
    came = archive.manifest
    return (
        f"This account came from another installation ({came.account['name']}, number {came.account['id']}, as of "
        f"{came.made_at[:16]} UTC). Release it once nothing is billed there any more."
    )[:500]


def _members(db: Connection[Any], account_id: int) -> set[str]:
    rows = db.execute(
        "SELECT u.email FROM membership AS m JOIN app_user AS u ON u.id = m.user_id WHERE m.account_id = %s",
        [account_id],
    )
    return {row[0] for row in rows}


def _check_reach(db: Connection[Any], archive: Archive) -> None:
    """No archive takes so many numbers that others would run short of them."""
    for sequence, highest in archive.manifest.highest.items():
        here = _stands_at(db, sequence)
        if highest > here + REACH:
            raise refused(
                "The archive's numbers lie far beyond those of this installation.",
                where=f"manifest.json, highest, {sequence}",
                value=f"{highest:,}; here the highest is {here:,}",
                remedy="Nothing was imported. If the archive is yours and really comes from an installation with so "
                f"many records, move the sequence {sequence} there as the owner of the tables, and import it again.",
            )


def _check_properties(db: Connection[Any], archive: Archive, account_id: int) -> None:
    """The account's own properties are of objects that there are."""
    with _Told(archive.tables["property_definition"], "object_type"):
        rows = db.execute(
            "SELECT DISTINCT object_type FROM property_definition WHERE account_id = %s", [account_id]
        )
        unknown = {row[0] for row in rows} - OBJECTS.keys()
        if unknown:
            raise ValueError(f"no such object: {', '.join(sorted(unknown))}")


def _check_objects(db: Connection[Any], archive: Archive, ctx: AccountContext) -> None:
    """What the account added to objects can be read as the pages read it."""
    for name in OBJECTS:
        with _Told(archive.tables["property_definition"], f"properties of {name}"):
            account_object(db, ctx, name)


def _move(owner: Connection[Any], sequence: str, highest: int) -> None:
    """Let a sequence go on above ``highest``. Nobody takes a number meanwhile; one that is higher stays."""
    if _stands_at(owner, sequence) >= highest:
        return
    with owner.transaction():
        owner.execute("SET LOCAL lock_timeout = '60s'")
        # Changes nothing, and takes the lock that everybody waits for who wants a number.
        owner.execute(statement(f"ALTER SEQUENCE {sequence} CACHE 1"))
        if _stands_at(owner, sequence) < highest:
            owner.execute("SELECT setval(%s::regclass, %s)", [sequence, highest])


def _stands_at(db: Connection[Any], sequence: str) -> int:
    row = db.execute(statement(f"SELECT last_value FROM {sequence}")).fetchone()
    assert row is not None
    return row[0]


def _make_account(db: Connection[Any], archive: Archive) -> int:
    entry = archive.tables[account_table().name]
    if entry.rows != 1:
        raise refused("An archive holds one account.", where=entry.entry.file, value=entry.rows)
    (line,) = archive.lines(entry)
    names = [each.name for each in account_table().columns if each.name != "id"]
    with _Told(entry, "line 1"):
        row = json.loads(line)
        row["settings"] |= {"letters": "kept", "test_account": 0}
        row["known_as"] = row["id"] if row["known_as"] is None else row["known_as"]
        made = db.execute(
            statement(
                f"INSERT INTO account ({', '.join(names)}) SELECT {', '.join(f'r.{name}' for name in names)} "
                "FROM json_populate_record(NULL::account, %s::json) AS r RETURNING id"
            ),
            [json.dumps(row)],
        ).fetchone()
    assert made is not None
    return made[0]


def _load(loading: _Loading, table: Table, before: int) -> int:
    """Write a table, some thousand rows at a time; returns how many."""
    entry, done = loading.archive.tables[table.name], 0
    insert, params = _insert(table), loading.params
    for block in _blocks(loading.archive.lines(entry)):
        with _Told(entry, f"lines {done + 1} to {done + len(block)}"):
            lines = loading.renamed(table, block)
            if table.files:
                written = sum(_insert_with_files(loading, table, line, insert, params) for line in lines)
            else:
                rows = b"[" + b",".join(lines) + b"]"
                written = loading.db.execute(insert, {**params, "rows": rows.decode()}).rowcount
            if written != len(block):
                raise ValueError(f"{len(block):,} lines made {written:,} rows")
        done += len(block)
        loading.progress(before + done, table.name)
    return done


def _insert(table: Table) -> LiteralString:
    """Rows from an array of JSON objects; files come as parameters of their own."""
    numbers, actors = numbers_of(table), actors_of(table)
    values: list[str] = []
    for column in table.columns:
        if (table.name, column.name) in CHANGED:
            values.append(CHANGED[table.name, column.name][0])
        elif column.form == "file":
            values.append(f"%({column.name})s")
        elif column.name in numbers:
            values.append(number_here(column.name))
        elif column.name in actors:
            values.append(actor_here(column.name))
        else:
            values.append(f"r.{column.name}")
    names = ", ".join(each.name for each in table.columns)
    return statement(
        f"INSERT INTO {table.name} (account_id, {names}) SELECT %(account)s, {', '.join(values)} "
        f"FROM json_populate_recordset(NULL::{table.name}, %(rows)s::json) AS r"
    )


def _insert_with_files(
    loading: _Loading, table: Table, line: bytes, insert: LiteralString, params: dict[str, Any]
) -> int:
    row = json.loads(line)
    contents: dict[str, bytes | None] = {}
    for column in table.files:
        name = row.pop(column)
        if name is not None and name != file_name(table.name, column, row["id"]):
            raise ValueError(f"{column} names a file of another row: {name}")
        contents[column] = None if name is None else loading.archive.content(name)
    given = {**params, **contents, "rows": json.dumps([row])}
    return loading.db.execute(insert, given).rowcount


def _blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if len(block) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield block
            block, size = [], 0
    if block:
        yield block


_BAD_ROWS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.RaiseException,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What becomes of rows that no export writes: values that do not fit, nesting without end, something else entirely."""


class _Told:
    """Says in which lines of the archive the database refused something."""

    def __init__(self, entry: TableEntry, place: str) -> None:
        self._where = f"{entry.entry.file}, {place}"

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: object
    ) -> None:
        if isinstance(problem, _BAD_ROWS):
            raise refused(
                "Rows of the archive do not fit.",
                where=self._where,
                value=str(problem).strip().partition("\n")[0],
                remedy="Nothing was imported. Export the account again, from the installation as it is.",
            ) from problem


def _check_numbers(db: Connection[Any], archive: Archive, account_id: int) -> None:
    """No record has a number that this installation could give once more."""
    for table in tables():
        if table.key != ("id",):
            continue
        highest = archive.manifest.highest["event_id" if table.name == "event" else "record_id"]
        row = db.execute(
            statement(f"SELECT min(id), max(id) FROM {table.name} WHERE account_id = %s"), [account_id]
        ).fetchone()
        assert row is not None
        if row[0] is not None and (row[0] < 1 or row[1] > highest):
            raise refused(
                "A record has a number beyond those that the manifest tells of.",
                where=f"tables/{table.name}.jsonl",
                value=f"{row[0]} to {row[1]}; the highest is {highest}",
            )
