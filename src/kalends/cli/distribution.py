"""``kalends distribution``: whether accounts could live on several database machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.session import open_session
from kalends.cli.show import json_option, note, print_json, say
from kalends.platform.errors import ExitCode

if TYPE_CHECKING:
    import psycopg

    from kalends.accounts.distribution import Report, Statement


@click.command(
    epilog="Exit codes: 0 what reaches beyond an account is declared, 1 something is not, 2 wrong use, 3 no database."
)
@click.option(
    "--recorded",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Further statements, as KALENDS_STATEMENTS let the tests record them: one JSON text a line.",
)
@json_option
@click.pass_context
def distribution(click_ctx: click.Context, recorded: Path | None, as_json: bool) -> None:
    """Name what would keep accounts from living on several database machines (Citus, or cells).

    Every key of an account's table has to hold the account, and every statement has to name it; what reaches beyond is
    declared with a reason, or it is named here. Nothing is changed. The statements are looked at where PostgreSQL is 16
    or newer and lets somebody past the walls between accounts, as the server in the home does.

    \b
    Examples:
      kalends distribution
      kalends distribution --json
    """
    with open_session():
        report = _looked_at(recorded)
    if as_json:
        print_json(report.as_json())
    else:
        _tell(report)
    if report.found:
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _looked_at(recorded: Path | None) -> Report:
    from kalends.accounts.distribution import look_at_statements, look_at_tables, written_statements
    from kalends.platform import database

    with database.connect(as_owner=True, autocommit=True) as owner:
        report = look_at_tables(owner)
    with _past_the_walls() as db:
        if db is not None:
            report.add(look_at_statements(db, [*written_statements(), *_read(recorded)]))
    return report


@contextmanager
def _past_the_walls() -> Iterator[psycopg.Connection[Any] | None]:
    """A connection that may look at statements: the owner's, or on the server in the home its administrator's."""
    import psycopg
    from psycopg.conninfo import make_conninfo

    from kalends.accounts.distribution.statements import can_look
    from kalends.platform import database

    for user in ({}, {"user": "postgres"}):
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(make_conninfo(database.current_dsn(), **user), autocommit=True) as db,
        ):
            if can_look(db):
                yield db
                return
    yield None


def _read(recorded: Path | None) -> Iterator[Statement]:
    import json

    from kalends.accounts.distribution import Statement

    if recorded is not None:
        with recorded.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield Statement(f"{recorded.name}:{number}", json.loads(line))


def _tell(report: Report) -> None:
    for each in report.found:
        say(f"{each.kind} {each.what}: {each.why}.")
    seen = ", ".join(f"{number:,} {what}" for what, number in report.looked_at.items())
    say(f"Looked at: {seen}. Declared with a reason: {len(report.declared)}. Found: {len(report.found)}.")
    if "statements" not in report.looked_at:
        note("Statements were not looked at: that needs PostgreSQL 16 and a user with BYPASSRLS.")
    elif report.unseen:
        note(f"{len(report.unseen)} statements are parts of others, and were not looked at by themselves.")
