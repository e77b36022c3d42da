"""What a command says when it fails: the place, the value and the remedy. A traceback goes to a log."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from kalends.platform.clock import system_now
from kalends.platform.correlation import current
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import home_path
from kalends.platform.redaction import without_secrets

FAULT = 70
"""Something that Kalends did not foresee (EX_SOFTWARE of sysexits.h)."""

INTERRUPTED = 130

_INTERRUPTED_TEXT = (
    "Stopped. Nothing is half done: what was finished is kept, what was under way was taken back by the database.\n"
    "Give the same command again to go on from there."
)


def explain(problem: BaseException, arguments: Sequence[str]) -> int:
    """Tell the person at the terminal what went wrong, and return the exit code."""
    if isinstance(problem, click.exceptions.Exit):
        return problem.exit_code
    if isinstance(problem, KeyboardInterrupt | click.Abort):
        _say(_INTERRUPTED_TEXT)
        return INTERRUPTED
    if isinstance(problem, click.ClickException):
        problem.show()
        return problem.exit_code
    known = problem if isinstance(problem, UserFacing) else foreseen(problem)
    if known is not None:
        _say(str(known))
        return int(known.exit_code)
    _say(_fault(problem, arguments))
    return FAULT


def foreseen(problem: BaseException) -> UserFacing | None:
    """What can happen to any command and is nobody's fault: a full disk, a database that went away."""
    if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return _no_room(str(problem.filename or home_path()), problem.strerror or str(problem))
    if isinstance(problem, OSError) and problem.filename is not None:
        return UserFacing(
            "A file or folder cannot be used.",
            where=str(problem.filename),
            value=problem.strerror or str(problem),
            remedy="Check its name and that this user may read or write it.",
        )
    if isinstance(problem, UnicodeEncodeError):
        return _no_text(problem.object[problem.start : problem.end])
    return _of_the_database(problem)


def _of_the_database(problem: BaseException) -> UserFacing | None:
    import psycopg

    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, psycopg.Error):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, psycopg.errors.DiskFull):
        return _no_room("the database server's disk", str(cause).strip())
    if isinstance(cause, psycopg.errors.UntranslatableCharacter):
        return _no_text(cause.diag.message_detail or str(cause))
    if isinstance(
        cause,
        psycopg.errors.DeadlockDetected
        | psycopg.errors.LockNotAvailable
        | psycopg.errors.SerializationFailure,
    ):
        return UserFacing(
            "Somebody else was changing the same records; this change was taken back.",
            where="the database",
            value=str(cause).strip().splitlines()[0],
            remedy="Give the same command again.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )
    if isinstance(cause, psycopg.OperationalError):
        return UserFacing(
            "The database went away while the command was working.",
            where="the database",
            value=str(cause).strip().splitlines()[0] if str(cause).strip() else "the connection was lost",
            remedy="Nothing is half done: see that the server runs, and give the same command again.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )
    return None


def _no_text(value: str) -> UserFacing:
    return UserFacing(
        "A text has characters that cannot be kept.",
        where="the command line, or a file that it names",
        value=repr(value),
        remedy="Give it as UTF-8, without the character NUL.",
    )


def _no_room(where: str, value: str) -> UserFacing:
    return UserFacing(
        "There is no room left on the disk.",
        where=where,
        value=value,
        remedy="Nothing is half written: free some space and give the same command again.",
        exit_code=ExitCode.NO_ROOM,
    )


def _fault(problem: BaseException, arguments: Sequence[str]) -> str:
    summary = traceback.format_exception_only(problem)[-1].strip()
    try:
        log = _write_log(problem, arguments)
    except OSError as no_log:
        log = f"(it could not be written: {no_log})\n{''.join(traceback.format_exception(problem))}"
    return (
        f"This is a fault in Kalends itself: {summary}\n"
        "What was finished before is kept; the change under way was taken back.\n"
        f"  log: {log}\n"
        "  remedy: please report it with that log."
    )


def _write_log(problem: BaseException, arguments: Sequence[str]) -> Path:
    log = home_path() / "logs" / "faults.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"---- {system_now():%Y-%m-%d %H:%M:%S} UTC, {current()}: kalends ")
        file.write(without_secrets(" ".join(arguments)) + "\n")
        file.write(without_secrets("".join(traceback.format_exception(problem))) + "\n")
    return log


def _say(text: str) -> None:
    click.echo(f"kalends: {text}", err=True)
