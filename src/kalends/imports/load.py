"""An import: the whole file is read and checked first, then written in one transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.imports.agreements import SubscriptionImport
from kalends.imports.mapping import ImportMapping
from kalends.imports.outcome import Outcome
from kalends.imports.people import PeopleImport
from kalends.imports.problems import Problems
from kalends.imports.reading import FileRow, Reader
from kalends.imports.staging import Staged, Staging
from kalends.platform.errors import ExitCode, UserFacing

Progress = Callable[[str, int], None]
"""Told what is being done, and how many rows of it are done."""


class Importer(Protocol):
    """What an object's import does with rows. ``whole_records``: one bad row spoils all rows of its record."""

    whole_records: bool

    def stage(self, row: FileRow, problems: Problems) -> Staged:
        """Say which record a row is about."""
        ...

    def check(self, staging: Staging, problems: Problems) -> None:
        """Find what is wrong between rows, and between the file and the account; mark those rows as bad."""
        ...

    def write(self, staging: Staging, outcome: Outcome, block: list[Staged]) -> None:
        """Write the records of a block."""
        ...


def import_file(
    db: Connection[Any],
    ctx: AccountContext,
    path: Path,
    mapping: ImportMapping,
    *,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    progress: Progress = lambda doing, rows: None,
) -> Outcome:
    """Import a file into the account that ``db`` has entered; ``db`` must not be inside a transaction.

    Nothing is written when a row is wrong, unless ``skip_bad_rows``; with ``dry_run`` everything is done and taken
    back. A second import into the same account waits for the first. Raises UserFacing, or OSError for no file.
    """
    outcome = Outcome()
    db.execute("SELECT pg_advisory_lock(hashtext('kalends: import'), %s::int)", [ctx.id % 2**31])
    try:
        staging = Staging(db)
        importer: Importer = (SubscriptionImport if mapping.object == "subscription" else PeopleImport)(
            db, ctx, mapping
        )
        reader = Reader(path, mapping, outcome.problems)
        staging.fill(_staged(reader, importer, outcome, progress))
        outcome.rows, outcome.ignored_columns = reader.rows, reader.ignored
        if not reader.rows:
            raise UserFacing(
                "The file has headings and no rows.",
                where=str(path),
                value="0 rows",
                remedy="Give a file with a row for each record.",
            )
        importer.check(staging, outcome.problems)
        if outcome.problems.found:
            outcome.left_out = outcome.rows - staging.usable(whole_records=importer.whole_records)
        if not outcome.problems.found or skip_bad_rows:
            _write(db, staging, importer, outcome, dry_run=dry_run, progress=progress)
        staging.drop()
    except psycopg.errors.UniqueViolation as problem:
        raise UserFacing(
            "Somebody made one of these records while the file was imported; nothing of it was kept.",
            where=str(path),
            value=str(problem.diag.message_detail or problem),
            remedy="Give the same command again.",
            exit_code=ExitCode.REFUSED,
        ) from problem
    finally:
        if not db.closed and not db.broken:
            db.execute("SELECT pg_advisory_unlock(hashtext('kalends: import'), %s::int)", [ctx.id % 2**31])
    return outcome


def _staged(reader: Reader, importer: Importer, outcome: Outcome, progress: Progress) -> Iterator[Staged]:
    for row in reader.read():
        if reader.rows % 1_000 == 0:
            progress("reading", reader.rows)
        yield importer.stage(row, outcome.problems)


def _write(
    db: Connection[Any],
    staging: Staging,
    importer: Importer,
    outcome: Outcome,
    *,
    dry_run: bool,
    progress: Progress,
) -> None:
    done = 0
    with db.transaction(force_rollback=dry_run):
        for block in staging.good_blocks("writing", whole_records=importer.whole_records):
            importer.write(staging, outcome, block)
            done += len(block)
            progress("writing", done)
    outcome.written = not dry_run
