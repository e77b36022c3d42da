"""The maker of exports: a thread of the worker beside billing, letters and webhooks, so that none waits for a long one.

It takes accounts in turn, one export each. Any number of workers may run: an export is held by whoever makes it
(:mod:`kalends.exports.work`), and one that was left in the middle is begun anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import structlog
from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import UnknownAccount, account_ids, load_context
from kalends.accounts.sql import enter_account
from kalends.exports.exports import Export
from kalends.exports.request import Progress
from kalends.exports.work import carry_out, expire, folder_of, note_progress, put_back, taken_up
from kalends.platform.errors import UserFacing
from kalends.worker.pace import Pace

_TOLD_EVERY_SECONDS = 0.5
_THROWN_AWAY_EVERY = timedelta(hours=1)

log = structlog.get_logger("kalends.worker")


class Stopped(Exception):
    """The worker was asked to end: the export is begun anew by the next one."""


@dataclass(slots=True)
class Maker:
    """Makes the files of exports for every account. ``clock`` says what time it really is; ``stop`` ends it."""

    clock: Callable[[], datetime]
    connect: Callable[[], Connection[Any]]
    stop: threading.Event = field(default_factory=threading.Event)
    pace: Pace = field(default_factory=Pace)
    _db: Connection[Any] | None = None
    _swept_at: datetime | None = None

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Make files in a thread of its own until the block is left; one that is being made is left in the middle."""
        thread = threading.Thread(target=self.run, name="exports", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join()

    def run(self) -> None:
        """Work until told to stop. A database that is gone is waited for."""
        failed = 0
        try:
            while not self.stop.is_set():
                try:
                    made = self.turn()
                    failed = 0
                except Exception as problem:  # noqa: BLE001 - whatever it is, letters go on, and so does this
                    self._disconnect()
                    failed += 1
                    pause = self.pace.pause(failed).total_seconds()
                    self._tell(problem, pause)
                    self.stop.wait(pause)
                    continue
                if not made:
                    self.stop.wait(self.pace.tick_seconds)
        finally:
            self._disconnect()

    def drain(self) -> bool:
        """Make everything that waits, and return; says whether nothing failed here.

        Raises psycopg's errors or UserFacing when the database is gone.
        """
        try:
            while not self.stop.is_set() and self.turn():
                pass
        except (psycopg.OperationalError, psycopg.InterfaceError, UserFacing):
            raise
        except Exception as problem:  # noqa: BLE001 - told, and the others have had their turn
            self._tell(problem, 0)
            return False
        finally:
            self._disconnect()
        return True

    def turn(self) -> int:
        """Make one export of each account that has any; says how many there were."""
        made = 0
        now = self.clock()
        sweeps = self._swept_at is None or now - self._swept_at >= _THROWN_AWAY_EVERY
        for account_id in account_ids(self._connected()):
            if self.stop.is_set():
                break
            made += self._take(account_id)
            if sweeps:
                self._sweep(account_id, now)
        if sweeps:
            self._swept_at = now
        return made

    def _take(self, account_id: int) -> int:
        db, now = self._connected(), self.clock()
        enter_account(db, account_id)
        try:
            ctx = load_context(db, account_id, system_now=now)
        except UnknownAccount:
            return 0
        with taken_up(db, ctx, now) as export:
            if export is None:
                return 0
            notes = {"account_id": account_id, "export": export.id, "object": export.object}
            told_at = 0.0

            def tell(progress: Progress) -> None:
                nonlocal told_at
                if self.stop.is_set():
                    raise Stopped
                if time.monotonic() - told_at >= _TOLD_EVERY_SECONDS:
                    note_progress(db, ctx, export.id, progress)
                    told_at = time.monotonic()

            try:
                with self.connect() as reader:
                    enter_account(reader, account_id)
                    status = carry_out(
                        db,
                        reader,
                        ctx,
                        export,
                        folder_of(files_folder(), account_id),
                        clock=self.clock,
                        tell_progress=tell,
                        link=link_of(account_id, export),
                    )
            except Stopped:
                put_back(db, ctx, export.id)
                log.info("export left", **notes)
                return 0
        log.info("export", status=status, **notes)
        return 1

    def _sweep(self, account_id: int, now: datetime) -> None:
        db = self._connected()
        enter_account(db, account_id)
        try:
            ctx = load_context(db, account_id, system_now=now)
        except UnknownAccount:
            return
        gone = expire(db, ctx, folder_of(files_folder(), account_id), now)
        if gone:
            log.info("old exports", account_id=account_id, files=gone)

    def _tell(self, problem: Exception, pause: float) -> None:
        if isinstance(problem, psycopg.OperationalError | psycopg.InterfaceError | UserFacing):
            log.warning("database gone", reason=str(problem), next_try_in_seconds=round(pause))
        else:
            log.error(
                "export failed", reason=str(problem), exc_info=problem, next_try_in_seconds=round(pause)
            )

    def _connected(self) -> Connection[Any]:
        if self._db is None or self._db.closed:
            self._db = self.connect()
        return self._db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def files_folder() -> Path:
    """The installation's folder for files."""
    return Path(settings.MEDIA_ROOT)


def link_of(account_id: int, export: Export) -> str:
    """The page from which the file is fetched; it asks whoever comes to sign in."""
    return f"{settings.PUBLIC_URL}/{account_id}/exports/{export.id}"
