"""A copy of an installation's books on the proof's own server: read in one snapshot, without keys, sessions or tokens.

What is copied is what an archive of an account carries (:mod:`kalends.portability.tables`); what that leaves behind
because it lets somebody in or out stays behind here as well. The original is only read, in a transaction that the
database itself keeps from writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from kalends.accounts.sql import enter_account
from kalends.platform.errors import ExitCode, UserFacing
from kalends.portability.tables import CARRIED, PEOPLE

NOT_COPIED = frozenset({"stripe_call", "stripe_event", "workflow_call", "security_event"})
"""Calls that were made to the outside, or wait to be: nobody in a copy may go on with them."""
WORKED_OUT = ("unique_value",)
"""What an archive works out anew and a copy simply takes over."""

ROOM_FOR_THE_SERVER_BYTES = 1_500_000_000
"""The server's own files and its log of changes."""
GROWTH = 3
"""How much room is asked for, in sizes of the original: two copies, and what is billed in them."""

Tell = Callable[[str, int], None]


@dataclass(slots=True)
class Copied:
    """What was copied: accounts with their names, and rows by table."""

    accounts: list[tuple[int, str]]
    rows: dict[str, int] = field(default_factory=dict[str, int])

    def count(self, table: str) -> int:
        """Rows of a table."""
        return self.rows.get(table, 0)


@dataclass(frozen=True, slots=True)
class Room:
    """How large the original is, and how much room a proof of it takes. In bytes."""

    original: int
    needed: int


def room_for(source: psycopg.Connection[Any]) -> Room:
    """How much room a proof takes."""
    row = source.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return Room(row[0], GROWTH * row[0] + ROOM_FOR_THE_SERVER_BYTES)


def megabytes(size: int) -> str:
    """A size for people.

    >>> megabytes(26_214_400)
    '25 MB'
    """
    return f"{size // (1024 * 1024):,} MB"


@contextmanager
def reading(source: psycopg.Connection[Any]) -> Iterator[None]:
    """One snapshot of the original, in a transaction that can write nothing."""
    with source.transaction(force_rollback=True):
        source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def refuse_other_version(source: psycopg.Connection[Any], target: psycopg.Connection[Any]) -> None:
    """Raises ``UserFacing`` where the original's tables are not those of this version; a proof changes no tables."""
    made = "SELECT app, name FROM django_migrations ORDER BY 1, 2"
    if source.execute(made).fetchall() != target.execute(made).fetchall():
        raise UserFacing(
            "The tables of this installation are those of another version of Kalends.",
            where="the database",
            remedy="Bring them up to date with any other command, such as `kalends status`. Nothing was copied.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )


def copy_books(
    source: psycopg.Connection[Any],
    target: psycopg.Connection[Any],
    accounts: Sequence[tuple[int, str]],
    tell: Tell = lambda table, rows: None,
) -> Copied:
    """Copy these accounts inside :func:`reading`. ``target`` may do everything in a migrated, empty database.

    ``source`` may be the owner of the tables: walls between accounts hold for it, so each account is entered in turn.
    ``tell`` hears each table with the rows copied so far.
    """
    copied = Copied(list(accounts))
    ids = [id_ for id_, _ in accounts]
    with target.transaction():
        # The rows come as they are: what triggers and keys would work out or check came with them.
        target.execute("SET LOCAL session_replication_role = replica")
        _pour(source, target, copied, "account", sql.SQL("WHERE id = ANY({})").format(sql.Literal(ids)))
        _people(source, target, copied)
        for account_id in ids:
            enter_account(source, account_id)
            for table in (*(name for name in CARRIED if name not in NOT_COPIED), *WORKED_OUT):
                _pour(source, target, copied, table, sql.SQL("WHERE account_id = {}").format(account_id))
                tell(table, sum(copied.rows.values()))
        _move_sequences(source, target)
    target.execute("ANALYZE")
    return copied


def _pour(
    source: psycopg.Connection[Any],
    target: psycopg.Connection[Any],
    copied: Copied,
    table: str,
    which: sql.Composed,
) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, _columns(target, table)))
    reading_ = sql.SQL("COPY (SELECT {} FROM {} {}) TO STDOUT").format(columns, sql.Identifier(table), which)
    copied.rows[table] = copied.count(table) + _flow(source, reading_, target, table, columns)


def _people(source: psycopg.Connection[Any], target: psycopg.Connection[Any], copied: Copied) -> None:
    """Users by name and address, without a password or another way in."""
    names = [name for name in _columns(target, PEOPLE) if name != "last_login"]
    chosen = [sql.SQL("'!'") if name == "password" else sql.Identifier(name) for name in names]
    reading_ = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(chosen), sql.Identifier(PEOPLE)
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copied.rows[PEOPLE] = _flow(source, reading_, target, PEOPLE, columns)


def _flow(
    source: psycopg.Connection[Any],
    reading_: sql.Composed,
    target: psycopg.Connection[Any],
    table: str,
    columns: sql.Composable,
) -> int:
    """Let rows flow from one database into the other; returns how many there were."""
    writing = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with source.cursor() as reader, target.cursor() as writer:
        with reader.copy(reading_) as rows, writer.copy(writing) as into:
            for block in rows:
                into.write(block)
        return writer.rowcount


def _columns(target: psycopg.Connection[Any], table: str) -> list[str]:
    rows = target.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    return [name for (name,) in rows]


def _move_sequences(source: psycopg.Connection[Any], target: psycopg.Connection[Any]) -> None:
    """Numbers go on where the original stands."""
    rows = target.execute(
        "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequencename NOT LIKE 'django%' "
        "AND sequencename NOT LIKE 'auth%'"
    ).fetchall()
    for (name,) in rows:
        found = source.execute(
            sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
        ).fetchone()
        assert found is not None
        target.execute("SELECT setval(%s::regclass, %s, %s)", [name, *found])
