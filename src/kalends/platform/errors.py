"""Errors that a person reads: each names the place, the value and the remedy, and carries an exit code."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit status of every ``kalends`` command means."""

    OK = 0
    """Done as asked."""
    PROBLEM_FOUND = 1
    """The command worked and found something wrong, such as ``verify`` finding a difference."""
    BAD_INPUT = 2
    """Wrong use or bad input; nothing was changed."""
    DATABASE_UNAVAILABLE = 3
    """The database cannot be reached, started or used."""
    REFUSED = 4
    """Stopped rather than move money wrongly."""
    NO_ROOM = 5
    """The disk is full; nothing was half written."""


class UserFacing(Exception):
    """A failure that is told to the person who gave the command, without a traceback.

    ``message`` says what is wrong, ``where`` names the place (a file and row, a setting, a record),
    ``value`` what was found there, ``remedy`` what would be right or what to do next.

    >>> problem = UserFacing(
    ...     "This date does not exist.", where="book.csv, row 7, column start", value="2026-02-30",
    ...     remedy="February 2026 ends on the 28th.",
    ... )
    >>> print(problem)
    This date does not exist.
      where: book.csv, row 7, column start
      value: 2026-02-30
      remedy: February 2026 ends on the 28th.
    >>> problem.exit_code
    <ExitCode.BAD_INPUT: 2>
    """

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        value: str = "",
        remedy: str = "",
        exit_code: ExitCode = ExitCode.BAD_INPUT,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.value = value
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        details = (("where", self.where), ("value", self.value), ("remedy", self.remedy))
        return "\n".join([self.message, *(f"  {name}: {text}" for name, text in details if text)])
