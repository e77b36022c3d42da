"""Billing runs are written down: when one started, for which moment, and what came of it."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.run import RunResult
from kalends.platform.patience import patient


class Run(NamedTuple):
    """A run as it was written down; ``is_running`` while whoever runs it lives."""

    id: int
    as_of: datetime
    started_at: datetime
    ended_at: datetime | None
    due: int
    invoiced: int
    collected: int
    processing: int
    failed: int
    unknown: int
    parked: int
    is_running: bool

    @property
    def was_killed(self) -> bool:
        """Whether it has no end and nobody runs it any more."""
        return self.ended_at is None and not self.is_running

    @property
    def handled(self) -> int:
        """How many of those that were due have been invoiced or put aside."""
        return self.invoiced + self.parked


def last_runs(db: Connection[Any], account_id: int, limit: int) -> list[Run]:
    """The last runs, newest first."""
    params = {"account_id": account_id, "limit": limit}
    return [Run(*row) for row in db.execute(load("kalends.billing", "last_runs"), params).fetchall()]


@patient
def run_started(db: Connection[Any], ctx: AccountContext, started_at: datetime) -> int:
    """Write down that a run starts, with what is due; returns its id. A run that is killed keeps no end."""
    params = {"account_id": ctx.id, "as_of": ctx.now, "day": ctx.billing_day, "started_at": started_at}
    row = db.execute(load("kalends.billing", "run_started"), params).fetchone()
    assert row is not None
    return row[0]


def run_progressed(db: Connection[Any], ctx: AccountContext, run_id: int, result: RunResult) -> None:
    """Write down how far a run has come, for those who look on."""
    _write(db, ctx, run_id, None, result)


def run_ended(
    db: Connection[Any], ctx: AccountContext, run_id: int, ended_at: datetime, result: RunResult
) -> None:
    """Write down what came of a run."""
    _write(db, ctx, run_id, ended_at, result)


@patient
def _write(
    db: Connection[Any], ctx: AccountContext, run_id: int, ended_at: datetime | None, result: RunResult
) -> None:
    params = {
        "account_id": ctx.id,
        "id": run_id,
        "ended_at": ended_at,
        "invoiced": result.invoiced,
        "collected": result.charges.succeeded,
        "processing": result.charges.processing,
        "failed": result.charges.failed,
        "unknown": result.charges.unknown,
        "parked": result.parked,
    }
    db.execute(load("kalends.billing", "run_ended"), params)
