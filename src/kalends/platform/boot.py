"""Bring an installation to life: its folder, its database, Django; the faces call this once at their start."""

from __future__ import annotations

import contextlib
import copy
import gc
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from kalends.platform import database, sealed_off
from kalends.platform.clock import system_now
from kalends.platform.home import Home, open_home

_in_use: dict[str, dict[str, Any]] = {}
"""What Django was last pointed at; Django itself adds to the dictionaries it is given."""

WhenOpen = Callable[[Home, datetime], None]
_when_open: list[WhenOpen] = []


def when_open(look: WhenOpen) -> None:
    """Let a room look at the database each time an installation is opened, before anything else is done with it."""
    if look not in _when_open:
        _when_open.append(look)


def boot(*, migrate: bool = False) -> Home:
    """Open the home and its database and set Django up. Calling it again, also after a fork, is harmless.

    With ``migrate`` the tables are made or brought up to date first, by the owner, and ``kalends_app`` is given
    its rights; several processes may ask for that at once. Raises UserFacing when there can be no database.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kalends.platform.settings")
    if sealed_off.is_asked_for():
        sealed_off.seal_off()
    home = open_home()
    dsn = database.open_database(home)
    _fill_settings(home, dsn)
    _set_up_django()
    if migrate:
        migrate_database(dsn)
    for look in _when_open:
        look(home, system_now())
    return home


def _fill_settings(home: Home, dsn: str) -> None:
    from django.conf import settings

    settings.SECRET_KEY = home.secret_key()
    settings.EMAIL_FILE_PATH = str(home.mail)
    settings.MEDIA_ROOT = str(home.files)
    point_django_at(dsn)


def point_django_at(dsn: str) -> None:
    """Make Django use this database, even when it already read its settings."""
    from django.conf import settings
    from django.db import connections

    databases = database.django_databases(dsn)
    if _in_use == databases:
        return
    _in_use.clear()
    _in_use.update(copy.deepcopy(databases))
    for connection in connections.all(initialized_only=True):
        connection.close()
    settings.DATABASES = databases
    # Django keeps what it once read; a new handler state makes it read again.
    handler: Any = connections
    handler._settings = None  # noqa: SLF001
    handler.__dict__.pop("settings", None)
    for alias in ("default", "owner"):
        with contextlib.suppress(AttributeError):
            del handler[alias]


def _set_up_django() -> None:
    import django
    from django.apps import apps

    from kalends.platform.logs import set_up_logs

    set_up_logs()
    if not apps.ready:
        django.setup()
        gc.freeze()  # what is loaded stays: looking for garbage in it cost imports a quarter of Python's time


def migrate_database(dsn: str) -> None:
    """Under a lock of its own, so that two processes that start at once do not make the same table twice."""
    from kalends.platform import migrating

    with database.connect(as_owner=True, autocommit=True) as guard:
        migrating.take_the_lock(guard)
        database.ensure_application_role(guard)
        if migrating.is_behind():
            migrating.migrate_all()
            database.ensure_application_role(guard)
    database.use(dsn)
    point_django_at(dsn)
