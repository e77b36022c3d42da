"""Throwing away what nobody needs any more: expired sessions, and drafts that a killed process left."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.messages.backends import file_backend


class Cleaned(NamedTuple):
    """How much was thrown away."""

    sessions: int
    drafts: int


def clean_up(db: Connection[Any], now: datetime) -> Cleaned:
    """Remove sessions that have expired at ``now``, and unfinished letters that are older than an hour."""
    sessions = db.execute("DELETE FROM django_session WHERE expire_date < %s", [now]).rowcount
    return Cleaned(sessions, file_backend().clear_drafts(now))
