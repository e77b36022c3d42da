"""The books are proved once a night without anybody asking, and people are told of what was not there before.

A night belongs to the account: it begins at two o'clock in its time zone, when the day before is over and charges have
not started. One that nobody was there for is made up for by day. A sandbox is proved in the night of the world as of
its own clock, if that has moved since: nothing happens in one that stands.

Only our own books are worked out again here. Processors are asked night by night about the last days
(:mod:`kalends.proof.nightly`), and about everything by ``kalends verify``: years of their statements are not to be read
each night, and not while a snapshot of the database is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.core.calendar import local_date, start_of_day
from kalends.events.background import begun
from kalends.messages.outbox import tell_administrators
from kalends.platform.patience import patient
from kalends.proof.made import KEPT_BY_NAME, MARKED, keep_proof, known_of_last_night
from kalends.proof.report import Difference, Report

KIND = "nightly_proof"
"""What the work is called while it is under way."""
LETTER = "proof_differs"
_BEGINS = timedelta(hours=2)
"""How long after midnight a night begins."""
TRIES_MAX = 3
"""How often a proof is begun for a night: one that takes its worker down each time would do so for ever."""
_LOCK = (8, 0)
"""Whoever proves in the night holds this lock: there is one proof at a time, however many workers and accounts."""


class Proved(NamedTuple):
    """What came of a night's proof: how many differences, and how many of them were not there the night before."""

    invoices: int
    differences: int
    new: int


def night_of(now: datetime, time_zone: str) -> date:
    """The night that began last in that zone, by the date on which it began.

    >>> from datetime import UTC
    >>> night_of(datetime(2026, 5, 4, 0, 0, tzinfo=UTC), "Europe/Oslo").day  # two o'clock
    4
    >>> night_of(datetime(2026, 5, 3, 23, 59, tzinfo=UTC), "Europe/Oslo").day
    3
    """
    return local_date(now - _BEGINS, time_zone)


def is_due(db: Connection[Any], ctx: AccountContext, night: date) -> bool:
    """Whether the account has books, they are still to be proved for that night, and were not begun too often in it."""
    params = {
        "account_id": ctx.id,
        "night": night,
        "stands_at": ctx.now if ctx.is_sandbox else None,
        "since": start_of_day(night, ctx.time_zone) + _BEGINS,
        "tries": TRIES_MAX,
        "kind": KIND,
    }
    return bool(fetch(db, load("kalends.proof", "night_is_due"), params)[0][0])


@contextmanager
def only_one(db: Connection[Any]) -> Iterator[bool]:
    """Whether nobody else of the installation proves at this moment; if so, nobody does while the block lasts.

    The claim is the connection's: when a prover is killed, the server notices within a second, even in the middle of a
    statement that takes minutes, and the claim is free. What was found has to be kept by the same connection, so that
    nobody who lost the claim can write.
    """
    with suppress(
        psycopg.errors.InvalidParameterValue
    ):  # a server on a system that cannot look notices later
        db.execute("SET client_connection_check_interval = '1s'")
    row = db.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK).fetchone()
    if row is None or not row[0]:
        yield False
        return
    try:
        yield True
    finally:
        if not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)


def under_way(db: Connection[Any], ctx: AccountContext, now: datetime) -> AbstractContextManager[object]:
    """Write down that a proof begins, so that it is counted should it never end. ``now`` is the system's moment."""
    return begun(db, ctx.id, KIND, actor="system", now=now)


def put_back(db: Connection[Any], account_id: int) -> None:
    """Let the proof that was begun last and left on purpose count as not begun. ``db`` has entered the account."""
    db.execute(
        "DELETE FROM background_work WHERE account_id = %(id)s AND kind = %(kind)s AND id = ("
        "SELECT max(id) FROM background_work WHERE account_id = %(id)s AND kind = %(kind)s)",
        {"id": account_id, "kind": KIND},
    )


@patient
def keep_night(
    db: Connection[Any], ctx: AccountContext, report: Report, night: date, now: datetime
) -> Proved:
    """Keep what a night's proof found, and write to administrators if any of it was not there the night before.

    Both happen in one transaction, once for each night. ``now`` is the system's moment.
    """
    with db.transaction():
        known = known_of_last_night(db, ctx.id)
        named = report.differences[:MARKED]
        fresh = [each for each in named if each.mark not in known.marks]
        # Not all are known by their marks where there are thousands: more than before is news as well.
        new = len(fresh) + max(0, report.found - len(named) - known.unmarked)
        proof = keep_proof(db, ctx, report, now, night)
        db.execute("DELETE FROM background_work WHERE account_id = %s AND kind = %s", [ctx.id, KIND])
        if proof is not None and new:
            _tell(db, ctx, proof, report, fresh, new, night)
    return Proved(report.checked, report.found, new)


def _tell(
    db: Connection[Any],
    ctx: AccountContext,
    proof: int,
    report: Report,
    fresh: list[Difference],
    new: int,
    night: date,
) -> None:
    given = {
        "night": night.isoformat(),
        "differences": report.found,
        "new": new,
        "found": [str(each) for each in fresh[:KEPT_BY_NAME]],
        "link": f"{settings.PUBLIC_URL}/{ctx.id}/status",
    }
    tell_administrators(db, ctx, kind=LETTER, object_id=proof, given=given)
