"""Whether this process lives, and whether it is ready to work: what a supervisor and a load balancer ask.

``/health/live`` answers as long as the process does: a supervisor that gets no answer starts it anew. ``/health`` says
whether requests should come here: the database answers, its tables are those of this version, and the keys are there.
Both say nothing that a stranger may not know.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from kalends.platform.errors import UserFacing
from kalends.platform.home import Home, home_path


class Health(NamedTuple):
    """What was looked at, each with what was found. All is well when each says so."""

    database: str
    tables: str
    keys: str

    @property
    def is_ready(self) -> bool:
        """Whether requests should come here."""
        return self == READY


READY = Health("answers", "up to date", "there")
_NOT_KNOWN = "not known"


def look() -> Health:
    """Look at what this process needs."""
    keys = READY.keys if _keys_are_there() else "missing"
    try:
        tables = (
            READY.tables
            if _tables_are_there()
            else "older than this version: give any command, such as status"
        )
    except (DatabaseError, UserFacing):
        return Health("does not answer", _NOT_KNOWN, keys)
    return Health(READY.database, tables, keys)


def _tables_are_there() -> bool:
    """Whether every migration of this version was applied. Newer ones do no harm: they only add."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return _migrations() <= set(cursor.fetchall())


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _keys_are_there() -> bool:
    """Whether the files of the keys are there still, and the signing key is the one that this process signs with."""
    home = Home(home_path())
    try:
        signing = (home.keys / "signing-key").read_text().strip()
        sealing = (home.keys / "sealing-keys").read_text().strip()
    except OSError:
        return False
    return bool(sealing) and signing == settings.SECRET_KEY
