"""Bringing the tables up to date while others work with them: nobody waits long for us, and nobody does it twice.

A migration that wants a lock behind somebody's long statement would make everybody else queue behind itself. So each
one gives up after :data:`LOCK_WAIT`, is taken back whole, and is tried again a little later. Each is one transaction
together with the note that it was done, so a process that is killed leaves it done or not begun.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor

from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.patience import LOST

OWNER = "owner"
LOCK_WAIT = "2s"
"""How long a migration waits for a lock, and so how long others may queue behind it."""

TRIES = 60
REST_SECONDS = (0.2, 5.0)
"""The rest after the first try that found something locked, and the longest one; it doubles from one to the other."""

_ASK = "SELECT pg_try_advisory_lock(hashtext('kalends: migrate'))"
_ASK_AGAIN_SECONDS = 0.2

_WHO = """
    SELECT format('process %s of %s, in a transaction since %s: %s', pid, usename, xact_start::timestamptz(0),
                  left(regexp_replace(query, '\\s+', ' ', 'g'), 120))
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    ORDER BY xact_start LIMIT 3
"""


class _Executor(MigrationExecutor):
    """Django's, with a limit to waiting, and with each migration and its note in one transaction."""

    def apply_migration(self, state: Any, migration: Any, *args: Any, **kwargs: Any) -> Any:
        whole = transaction.atomic(using=OWNER) if migration.atomic else nullcontext()
        # What is done beside the traffic (an index, CONCURRENTLY) waits for others, and nobody waits for it.
        wait = LOCK_WAIT if migration.atomic else "0"
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [wait])
        with whole:
            return super().apply_migration(state, migration, *args, **kwargs)


def take_the_lock(guard: psycopg.Connection[Any], *, wait: Callable[[float], None] = time.sleep) -> None:
    """Be the only process that migrates, until ``guard`` is closed.

    It asks again and again and does not queue: whoever waits inside a statement has a snapshot, and an index that the
    other one builds beside the traffic would wait for that for ever.
    """
    while True:
        row = guard.execute(_ASK).fetchone()
        if row is not None and row[0]:
            return
        wait(_ASK_AGAIN_SECONDS)


def is_behind() -> bool:
    """Whether tables are to be made or changed. Asking first saves each command the second that Django's own takes."""
    executor = MigrationExecutor(connections[OWNER])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate_all(
    targets: list[tuple[str, str]] | None = None, *, wait: Callable[[float], None] = time.sleep
) -> None:
    """Do what was not done yet, up to the newest migrations or these.

    Raises UserFacing (exit code 3) when something stayed locked for minutes; what was done until then stays done.
    """
    rest, longest = REST_SECONDS
    for tried in range(1, TRIES + 1):
        try:
            _migrate(targets)
        except Exception as problem:
            if not _is_locked(problem):
                raise
            if tried == TRIES:
                raise _somebody_holds_it(problem) from problem
        else:
            return
        wait(rest)
        rest = min(2 * rest, longest)


def _migrate(targets: list[tuple[str, str]] | None) -> None:
    connection = connections[OWNER]
    executor = _Executor(connection)
    executor.loader.check_consistent_history(connection)
    wanted = targets or executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(wanted)
    try:
        executor.migrate(wanted, plan=plan)
    finally:
        connection.close()  # and with it what was set for it
    if targets is None:
        emit_post_migrate_signal(0, False, OWNER, plan=plan)  # noqa: FBT003 - Django's own way


def _is_locked(problem: BaseException) -> bool:
    return isinstance(problem.__cause__, (psycopg.errors.LockNotAvailable, *LOST))


def _somebody_holds_it(problem: Exception) -> UserFacing:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(_WHO)
        who = [row[0] for row in cursor.fetchall()]
    return UserFacing(
        "The tables cannot be brought up to date: somebody holds what has to be changed.",
        where="the database",
        value="\n         ".join([str(problem).strip().splitlines()[0], *who]),
        remedy="Let that end, or end it with SELECT pg_terminate_backend(PROCESS), and give the same command again.",
        exit_code=ExitCode.DATABASE_UNAVAILABLE,
    )
