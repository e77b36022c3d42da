"""The two copies of a proof, and who works on them: clocks, billing runs and workers, each a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from kalends.core.calendar import resolve_start
from kalends.platform.errors import ExitCode
from kalends.proving.harmless import harmless_environment
from kalends.proving.kills import Part
from kalends.proving.server import OwnServer
from kalends.proving.stage import Stage

QUIET, TROUBLED = "kalends", "troubled"
"""The databases of the two copies."""
MONTHS_MORE_MOST = 24
"""By how many months the billed time may grow until everything was killed as often as was asked for."""
AT_ONCE = 2
"""How many accounts are billed at a time."""
_NOON = 12

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be proved: how often something is killed, from which seed, and how many months are billed."""

    kills: int
    seed: int
    months: int


@dataclass(slots=True)
class Theater:
    """The two copies, the processes that work on them, and who is told how far it has come."""

    server: OwnServer
    stage: Stage
    accounts: Sequence[int]
    wishes: Wishes
    tell: Tell
    months: int = 0
    began: dict[int, datetime] = field(default_factory=dict[int, datetime])
    zones: dict[int, str] = field(default_factory=dict[int, str])

    def environment(self, database: str) -> dict[str, str]:
        """The variables of a process that works on one of the copies, with a home for its letters."""
        home = self.server.folder / f"home-{database}"
        return harmless_environment(home, self.server.dsn(database))

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """A connection for ordinary work in a copy."""
        return psycopg.connect(self.server.application_dsn(database), autocommit=True)

    def end(self, account: int) -> datetime:
        """Until when an account is billed: noon of the day so many months after the copy was made."""
        zone = ZoneInfo(self.zones[account])
        began = self.began[account].astimezone(zone)
        later = resolve_start(began.date(), delay_months=self.months)
        return datetime.combine(later, began.timetz().replace(hour=_NOON, minute=0, second=0, microsecond=0))

    def mover(self, account: int, database: str = TROUBLED) -> Part:
        """Moves an account's clock and bills what falls due on the way. A second one is turned away."""
        words = ("clock", "set", self.end(account).isoformat(), "--account", str(account))
        return Part("clock", words, self.environment(database), frozenset({ExitCode.REFUSED}))

    def scheduler(self, account: int) -> Part:
        """Bills what is due at the moment, beside the clock."""
        return Part("billing run", ("bill", "--account", str(account)), self.environment(TROUBLED))

    def worker(self, database: str = TROUBLED, *, once: bool = False) -> Part:
        """Writes letters, settles checkouts, and does what else a worker does."""
        return Part("worker", ("worker", *(["--once"] if once else [])), self.environment(database))

    def unfinished(self) -> list[int]:
        """Accounts whose clocks have not come to their end."""
        clocks = self._clocks()
        return [each for each in self.accounts if clocks[each] < self.end(each)]

    def done(self) -> float:
        """How much of the months that were asked for is billed, from 0 to 1."""
        clocks = self._clocks()
        shares = [
            (clocks[each] - self.began[each]) / max(self.end(each) - self.began[each], timedelta(days=1))
            for each in self.accounts
        ]
        return sum(shares) / len(shares) * (self.months / self.wishes.months if self.wishes.months else 1)

    def parts(self) -> list[Part]:
        """Who is to live now: two schedulers of each account, a billing run and two workers."""
        left = self.unfinished()
        while not left and self.months < self.wishes.months + MONTHS_MORE_MOST:
            self.months += 1
            left = self.unfinished()
        parts = [self.mover(account) for account in left[:AT_ONCE] for _ in range(2)]
        return [*parts, *map(self.scheduler, left[:1]), self.worker(), self.worker()] if left else []

    def _clocks(self) -> dict[int, datetime]:
        with self.connect(TROUBLED) as db:
            return dict(db.execute("SELECT id, clock_at FROM account").fetchall())
