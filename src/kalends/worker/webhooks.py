"""The sender of webhooks: a thread of the worker beside billing and letters, so that neither waits for the other.

It alone uses its connection: it moves the apps' cursors, takes batches, and writes what came of them. The calls are
made by other threads, which touch no database. An app whose endpoint did not take the last call has one call at a
time until it takes one, so endpoints that are stuck leave the places to the others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from kalends.accounts.context import AccountContext, UnknownAccount, load_context
from kalends.accounts.put_back import tells_nobody
from kalends.accounts.sql import enter_account
from kalends.events.webhooks import delivery
from kalends.events.webhooks.matching import announce
from kalends.events.webhooks.networks import Network, allowed_networks
from kalends.events.webhooks.posting import SECONDS, Outcome
from kalends.events.webhooks.settings import Target, list_targets
from kalends.platform.correlation import new_id, working_under
from kalends.worker.turns import TurnTaker, log, tell_problem

CALLS_AT_ONCE = 50
"""How many calls a worker makes at the same time, for all apps together."""

_RECOVERED_EVERY = timedelta(seconds=10)

_Key = tuple[int, int | None]
"""An account, and one of its apps."""


class _App(NamedTuple):
    """An app of an account that is told of changes."""

    ctx: AccountContext
    target: Target

    @property
    def key(self) -> _Key:
        return self.ctx.id, self.target.app_id


class _Flight(NamedTuple):
    """A call that is under way."""

    app: _App
    post: delivery.Post
    correlation_id: str


@dataclass(slots=True)
class _Trouble:
    """How often an app's work failed here in a row, and until when it is left alone."""

    failures: int
    until: datetime


@dataclass(slots=True)
class Sender(TurnTaker):
    """Sends webhooks. Calls that are under way when it is told to stop are waited for."""

    seconds: float = SECONDS
    _flying: dict[Future[Outcome], _Flight] = field(default_factory=dict["Future[Outcome]", _Flight])
    _recovered: dict[_Key, datetime] = field(default_factory=dict[_Key, datetime])
    _troubles: dict[_Key, _Trouble] = field(default_factory=dict[_Key, _Trouble])
    _failing: dict[_Key, bool] = field(default_factory=dict[_Key, bool])
    _ready: list[_App] = field(default_factory=list[_App])
    _look_again: float = 0.0
    _networks: tuple[Network, ...] = ()

    def run(self) -> None:
        """Send until told to stop. A database that is gone is waited for."""
        with self._pool() as pool:
            self._repeat(lambda: self._turn(pool), self._wait, "webhooks")

    def drain(self) -> bool:
        """Send everything that is due now, each batch once, and return; says whether nothing failed here.

        Raises psycopg's errors or UserFacing when the database is gone.
        """
        self._look_again = 0.0
        with self._pool() as pool:
            while not self.stop.is_set() and (self._turn(pool) or self._flying):
                wait(self._flying, timeout=self.pace.tick_seconds, return_when=FIRST_COMPLETED)
        return not self._troubles

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        """Threads for calls. In the end the calls under way are waited for, and their outcomes written."""
        try:
            with ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="webhook") as pool:
                yield pool
            self._land()
        except (psycopg.OperationalError, psycopg.InterfaceError):
            if not self.stop.is_set():
                raise  # told to stop, what is not written is recovered by the next worker
        finally:
            self._disconnect()

    def _wait(self) -> None:
        if self._flying:
            wait(self._flying, timeout=self.pace.tick_seconds, return_when=FIRST_COMPLETED)
        else:
            self._rest()

    def _turn(self, pool: ThreadPoolExecutor) -> bool:
        """Write what came back and make the calls there is room for; says whether cursors have further to go.

        Now and then it looks at all apps and moves their cursors; in between, only at those that had something to send.
        """
        with working_under(new_id(), task="webhooks"):
            return self._take_turn(pool)

    def _take_turn(self, pool: ThreadPoolExecutor) -> bool:
        self._land()
        more = False
        if time.monotonic() >= self._look_again:
            self._networks = allowed_networks()
            self._failing.clear()
            self._ready = list(self._apps())
            for app in self._ready:
                more |= self._prepare(app)
            self._look_again = 0.0 if more else time.monotonic() + self.pace.tick_seconds
        self._launch_all(pool)
        return more

    def _launch_all(self, pool: ThreadPoolExecutor) -> None:
        """Make calls, one of each app in turn, until there is no room or nothing to send."""
        launched = True
        while launched:
            launched = False
            for app in list(self._ready):
                if self.stop.is_set() or len(self._flying) >= CALLS_AT_ONCE:
                    return
                if self._is_full(app):
                    continue
                if self._launch(app, pool):
                    launched = True
                else:
                    self._ready.remove(app)

    def _is_full(self, app: _App) -> bool:
        """Whether an app has as many calls as it may have."""
        return len(self._held(app)) >= self._most(app)

    def _held(self, app: _App) -> set[int]:
        return {flight.post.slot for flight in self._flying.values() if flight.app.key == app.key}

    def _most(self, app: _App) -> int:
        failing = self._failing.get(app.key, app.target.failures > 0)
        return 1 if failing else app.target.calls_at_once

    def _apps(self) -> Iterator[_App]:
        """The apps that are told of changes, apart from those that are left alone for a while."""
        now = self.clock()
        for account_id in self._accounts():
            found: list[_App] = []
            if not self._is_left_alone((account_id, None), now):
                with self._alone((account_id, None)):
                    found = self._apps_of(account_id, now)
                    self._troubles.pop((account_id, None), None)
            yield from (app for app in found if not self._is_left_alone(app.key, now))

    def _apps_of(self, account_id: int, now: datetime) -> list[_App]:
        db = self._connected()
        enter_account(db, account_id)
        targets = list_targets(db, account_id)
        if targets and tells_nobody(db, account_id):
            return []
        try:
            ctx = load_context(db, account_id, system_now=now) if targets else None
        except UnknownAccount:
            return []
        return [] if ctx is None else [_App(ctx, target) for target in targets]

    def _is_left_alone(self, key: _Key, now: datetime) -> bool:
        trouble = self._troubles.get(key)
        return trouble is not None and trouble.until > now

    def _prepare(self, app: _App) -> bool:
        """Free what was broken off, and move the app's cursor; says whether it has further to go."""
        db, now = self._connected(), self.clock()
        with self._alone(app.key):
            enter_account(db, app.ctx.id)
            last = self._recovered.get(app.key)
            if last is None or now - last >= _RECOVERED_EVERY:
                delivery.recover(db, app.ctx, app.target.app_id, now)
                self._recovered[app.key] = now
            return announce(db, app.ctx, app.target.app_id).more
        return False

    def _launch(self, app: _App, pool: ThreadPoolExecutor) -> bool:
        """Begin one call of an app; says whether there was something to send, and a slot in which nobody sends."""
        db, target = self._connected(), app.target
        if self._is_left_alone(app.key, self.clock()):
            return False
        enter_account(db, app.ctx.id)
        slot = delivery.take_slot(db, app.ctx, target.app_id, self._most(app), self._held(app))
        if slot is None:
            return False
        post = None
        with self._alone(app.key):
            post = delivery.take(db, app.ctx, target, slot, self.clock())
            self._troubles.pop(app.key, None)
        if post is None:
            delivery.free_slot(db, app.ctx, target.app_id, slot)
            return False
        future = pool.submit(delivery.call, post, self.clock(), self._networks, self.seconds)
        self._flying[future] = _Flight(app, post, new_id())
        return True

    def _land(self) -> None:
        """Write what came of the calls that are back."""
        for future in [each for each in self._flying if each.done()]:
            flight = self._flying.pop(future)
            with working_under(flight.correlation_id):
                self._conclude(flight.app, flight.post, future.result())

    def _conclude(self, app: _App, post: delivery.Post, outcome: Outcome) -> None:
        db = self._connected()
        enter_account(db, app.ctx.id)
        status = delivery.conclude(db, app.ctx, post, outcome, self.clock())
        delivery.free_slot(db, app.ctx, post.app_id, post.slot)
        self._failing[app.key] = not outcome.taken
        told: dict[str, Any] = {"account_id": app.ctx.id, "app_id": post.app_id, "events": post.events}
        if outcome.taken:
            # Its slot is free again, perhaps the one that this app was put by for.
            if all(each.key != app.key for each in self._ready):
                self._ready.append(app)
            log.info("webhooks", batch=post.batch_id, **told)
        else:
            log.warning("webhook not taken", batch=post.batch_id, status=status, reason=outcome.error, **told)

    @contextmanager
    def _alone(self, key: _Key) -> Iterator[None]:
        """One's trouble must not become another's: it is told, and the app or account left alone for a while."""
        try:
            yield
        except Exception as problem:
            db = self._connected()
            if db.closed or db.broken:
                raise
            before = self._troubles.get(key)
            failures = 1 if before is None else before.failures + 1
            pause = self.pace.pause(failures)
            self._troubles[key] = _Trouble(failures, self.clock() + pause)
            tell_problem(
                problem, "webhooks", account_id=key[0], app_id=key[1], next_try_in_seconds=pause.seconds
            )
