"""Guessing is slow: who fails to come in several times waits, twice as long after each further failure.

Counted in the database, so that all processes of an installation count together. An attempt counts as failed before it
is looked at, and is taken back when it succeeds: of many at once none comes in for free.
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import NamedTuple

from kalends.query.context import Cursor

FREE = 5
"""Failures for an address, or for whatever else is guessed at, before one has to wait."""

FREE_FOR_A_MACHINE = 20
"""The same for one machine, behind which there may be an office."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


class Subject(NamedTuple):
    """Whose failures are counted: an address that was typed, a machine, a user's second factor, ..."""

    kind: str
    value: str

    @property
    def digest(self) -> str:
        """What is stored: the address of a person who failed to come in is nobody's business later."""
        return f"{self.kind}:{hashlib.sha256(self.value.strip().lower().encode()).hexdigest()}"

    @property
    def free(self) -> int:
        """How many failures are free."""
        return FREE_FOR_A_MACHINE if self.kind == "machine" else FREE


def begin(cursor: Cursor, now: datetime, *subjects: Subject) -> timedelta | None:
    """Count an attempt against each subject. None: go on; else how long to wait, whatever is tried.

    Inside a transaction, which is to be committed before the attempt is looked at.
    """
    for each in sorted(subjects, key=lambda subject: subject.digest):
        cursor.execute(
            "INSERT INTO sign_in_attempt AS a (subject, failures, last_at) VALUES (%(subject)s, 1, %(now)s) "
            "ON CONFLICT (subject) DO UPDATE SET last_at = %(now)s, "
            "failures = CASE WHEN a.last_at < %(forgotten)s THEN 1 ELSE a.failures + 1 END "
            "WHERE a.closed_until IS NULL OR a.closed_until <= %(now)s RETURNING failures",
            {"subject": each.digest, "now": now, "forgotten": now - FORGOTTEN_AFTER},
        )
        rows = cursor.fetchall()
        if not rows:
            return _closed_for(cursor, now, each)
        if wait := wait_after(rows[0][0], each.free):
            cursor.execute(
                "UPDATE sign_in_attempt SET closed_until = %s WHERE subject = %s", [now + wait, each.digest]
            )
    return None


def succeeded(cursor: Cursor, *subjects: Subject) -> None:
    """The attempt was no failure: what was guessed at is open again, and a machine has one failure less."""
    for each in sorted(subjects, key=lambda subject: subject.digest):
        if each.kind == "machine":
            cursor.execute(
                "UPDATE sign_in_attempt SET failures = greatest(failures - 1, 0), closed_until = NULL "
                "WHERE subject = %s",
                [each.digest],
            )
        else:
            cursor.execute("DELETE FROM sign_in_attempt WHERE subject = %s", [each.digest])


def wait_after(failures: int, free: int) -> timedelta | None:
    """How long the door is closed after so many failures.

    >>> [wait_after(failures, 5) for failures in (4, 5, 6, 12)]
    [None, datetime.timedelta(seconds=30), datetime.timedelta(seconds=60), datetime.timedelta(seconds=900)]
    """
    if failures < free:
        return None
    return min(FIRST_WAIT * 2 ** min(failures - free, 16), LONGEST_WAIT)


def minutes(wait: timedelta) -> int:
    """A wait in whole minutes, rounded up.

    >>> minutes(timedelta(seconds=30)), minutes(timedelta(seconds=61))
    (1, 2)
    """
    return max(1, math.ceil(wait / timedelta(minutes=1)))


def _closed_for(cursor: Cursor, now: datetime, subject: Subject) -> timedelta:
    cursor.execute("SELECT closed_until FROM sign_in_attempt WHERE subject = %s", [subject.digest])
    rows = cursor.fetchall()
    closed_until = rows[0][0] if rows else None
    return timedelta() if closed_until is None else max(closed_until - now, timedelta())
