"""How an account stands: what is due, late, put aside, unknown and waiting, the last run and the last proof.

One source for ``kalends status``, the status page, the metrics and what wants attention. Everything here is read by
indexes that hold what is open alone, so that it may be asked every few seconds; what counts whole tables is apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.history import Run, last_runs
from kalends.billing.hold import Hold, find_hold
from kalends.proof.made import ProofMade, last_proofs
from kalends.proof.night import KIND as NIGHTLY
from kalends.proof.reconcile import Reconciled, latest

RUNS_SHOWN = 5
UNKNOWN_NAMED = 10
"""How many charges without an answer are named."""

_BY_ACCOUNTS_CLOCK = frozenset({"letters", "workflows", "workflow_calls", "mailings", "reports"})
"""Kinds whose moments are the account's. A sandbox's clock moves by months at once: nothing there waits for long."""


class Due(NamedTuple):
    """What the next run bills in a currency: subscriptions, their amounts, and how many were due before today."""

    currency: str
    subscriptions: int
    amount_minor: int
    late: int


class Backlog(NamedTuple):
    """How much of a kind could be done now, and for how long the oldest has been waiting."""

    kind: str
    count: int
    seconds: int


class Unanswered(NamedTuple):
    """A charge that was sent and got no answer: of which payment and invoice, and when it was decided on."""

    payment_id: int
    invoice: str
    amount_minor: int
    currency: str
    processor: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An account at a moment. ``late`` are due subscriptions that should have been billed on an earlier day.

    ``unknown`` charges were sent and got no answer, the oldest for ``unknown_seconds``; ``unanswered`` names the first.
    ``proofs_stopped`` counts the proofs of a night that came to no end since the last that did.
    """

    ctx: AccountContext
    due: tuple[Due, ...]
    parked: int
    to_be_sent: int
    unknown: int
    unknown_seconds: int
    unanswered: tuple[Unanswered, ...]
    letters_waiting: int
    letters_failed: int
    webhooks_given_up: int
    proofs_stopped: int
    backlogs: tuple[Backlog, ...]
    hold: Hold | None
    runs: tuple[Run, ...]
    proof: ProofMade | None
    reconciled: Reconciled | None

    @property
    def due_count(self) -> int:
        """Subscriptions that are due, in all currencies."""
        return sum(each.subscriptions for each in self.due)

    @property
    def late(self) -> int:
        """Those that were due before today."""
        return sum(each.late for each in self.due)

    @property
    def run(self) -> Run | None:
        """The last run."""
        return self.runs[0] if self.runs else None


def standing(db: Connection[Any], ctx: AccountContext, now: datetime, *, runs: int = RUNS_SHOWN) -> Standing:
    """How the account stands that ``db`` has entered; ``now`` is the system's moment."""
    params = {"account_id": ctx.id, "day": ctx.billing_day, "as_of": ctx.now, "now": now, "limit": runs}
    params |= {"named": UNKNOWN_NAMED, "proof": NIGHTLY}

    def rows(name: str) -> list[tuple[Any, ...]]:
        return db.execute(load("kalends.operations", name), params).fetchall()

    parked, to_be_sent, unknown, unknown_since, queued, failed, given_up, stopped = rows("account_waiting")[0]
    return Standing(
        ctx=ctx,
        due=tuple(Due(*row) for row in rows("account_due")),
        parked=parked,
        to_be_sent=to_be_sent,
        unknown=unknown,
        unknown_seconds=_seconds(unknown_since, ctx.now),
        unanswered=tuple(Unanswered(*row) for row in rows("account_unknown")) if unknown else (),
        letters_waiting=queued,
        letters_failed=failed,
        webhooks_given_up=given_up,
        proofs_stopped=stopped,
        backlogs=tuple(
            Backlog(kind, count, 0 if ctx.is_sandbox and kind in _BY_ACCOUNTS_CLOCK else _seconds(since, now))
            for kind, count, since in rows("account_backlogs")
        ),
        hold=find_hold(db, ctx.id),
        runs=tuple(last_runs(db, ctx.id, runs)),
        proof=next(iter(last_proofs(db, ctx.id)), None),
        reconciled=next(iter(latest(db, ctx.id)), None),
    )


class Overdue(NamedTuple):
    """Invoices past their due date in a currency, and what is open on them."""

    currency: str
    invoices: int
    open_minor: int


def overdue(db: Connection[Any], account_id: int) -> list[Overdue]:
    """What customers owe past its due date. Reads every open invoice."""
    rows = db.execute(load("kalends.operations", "account_overdue"), {"account_id": account_id}).fetchall()
    return [Overdue(*row) for row in rows]


def by_status(db: Connection[Any], account_id: int) -> Mapping[str, int]:
    """How many subscriptions have which status. Counts all of them."""
    rows = db.execute(load("kalends.operations", "account_statuses"), {"account_id": account_id}).fetchall()
    return dict(rows)


def _seconds(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else max(0, int((now - since).total_seconds()))
