"""The maker of exports: a thread of the worker beside billing, letters and webhooks, so that none waits for a long one.

It takes accounts in turn, one export each. Any number of workers may run: an export is held by whoever makes it
(:mod:`kalends.exports.work`), and one that was left in the middle is begun anew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from django.conf import settings

from kalends.accounts.context import UnknownAccount, load_context
from kalends.accounts.sql import enter_account
from kalends.exports.exports import Export
from kalends.exports.request import Progress
from kalends.exports.work import carry_out, expire, folder_of, note_progress, put_back, taken_up
from kalends.platform.correlation import new_id, working_under
from kalends.platform.errors import UserFacing
from kalends.worker.turns import TurnTaker, log, tell_problem

_TOLD_EVERY_SECONDS = 0.5
_THROWN_AWAY_EVERY = timedelta(hours=1)


class Stopped(Exception):
    """The worker was asked to end: the export is begun anew by the next one."""


@dataclass(slots=True)
class Maker(TurnTaker):
    """Makes the files of exports. One that is being made when it is told to stop is left in the middle."""

    _swept_at: datetime | None = None

    def run(self) -> None:
        """Work until told to stop. A database that is gone is waited for."""
        try:
            self._repeat(lambda: self.turn() > 0, self._rest, "export")
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
            tell_problem(problem, "export")
            return False
        finally:
            self._disconnect()
        return True

    def turn(self) -> int:
        """Make one export of each account that has any; says how many there were."""
        made = 0
        now = self.clock()
        sweeps = self._swept_at is None or now - self._swept_at >= _THROWN_AWAY_EVERY
        for account_id in self._accounts():
            if self.stop.is_set():
                break
            with working_under(new_id(), task="export", account_id=account_id):
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


def files_folder() -> Path:
    """The installation's folder for files."""
    return Path(settings.MEDIA_ROOT)


def link_of(account_id: int, export: Export) -> str:
    """The page from which the file is fetched; it asks whoever comes to sign in."""
    return f"{settings.PUBLIC_URL}/{account_id}/exports/{export.id}"
