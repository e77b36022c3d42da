"""A billing run: everything that is due in an account now, in one fixed order.

Reports of processors first, then what the day brought (pauses end, invoices fall overdue, terms expire), then
retries, then the cycles that fell due, then the charges, and last what follows from those. Each step may be killed at
any point and started again, here or on another machine: it goes on where it stopped.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.agenda import Work, work_now
from kalends.billing.block import BLOCK_SIZE, bill_block
from kalends.billing.changes import cancel_after_last_retry
from kalends.billing.daybreak import cancel_due, expire_completed, pause_due, resume_paused, roll_overdue
from kalends.billing.due import FIRST_KEY
from kalends.billing.hold import find_hold
from kalends.billing.release_restored import first_run_over
from kalends.messages.reminders import queue_reminders
from kalends.payments.collect import Collected, Processors, collect
from kalends.payments.give_back import send_refunds
from kalends.payments.processors.registry import SANDBOX, has_new_reports, reporting_processors
from kalends.payments.reports import handle_stored, take_in
from kalends.payments.retry import intend_retries
from kalends.platform.patience import patient


@dataclass(slots=True)
class RunResult:
    """What a run did, in numbers of subscriptions and charges; amounts by currency in minor units.

    ``waiting`` are overdue cycles left to the next days, so that no customer is charged for several at once;
    ``given_up`` are subscriptions that were canceled after their last retry; ``held`` says that the account's billing
    was held, so that the run stopped before it was through.
    """

    invoiced: int = 0
    invoiced_minor: Counter[str] = field(default_factory=Counter[str])
    parked: int = 0
    waiting: int = 0
    settled: int = 0
    returned: int = 0
    retried: int = 0
    overdue: int = 0
    resumed: int = 0
    expired: int = 0
    given_up: int = 0
    held: bool = False
    charges: Collected = field(default_factory=Collected)

    def add(self, other: "RunResult") -> None:
        """Add up runs of several instants."""
        for name in (
            *("invoiced", "parked", "settled", "returned", "retried", "overdue", "resumed", "expired"),
            "given_up",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.waiting = other.waiting
        self.held = other.held
        self.invoiced_minor.update(other.invoiced_minor)
        for name in ("sent", "succeeded", "processing", "failed"):
            setattr(self.charges, name, getattr(self.charges, name) + getattr(other.charges, name))
        self.charges.unknown = other.charges.unknown

    def as_json(self) -> dict[str, Any]:
        """The numbers for programs."""
        return {
            **{item.name: getattr(self, item.name) for item in fields(self)},
            "invoiced_minor": dict(self.invoiced_minor),
            "charges": asdict(self.charges),
        }


Progress = Callable[[RunResult], None]


def run_due(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    *,
    work: Work | None = None,
    size: int = BLOCK_SIZE,
    catch_up: bool = False,
    progress: Progress = lambda result: None,
) -> RunResult:
    """Do everything that is due in the account at ``ctx.now``. ``db`` must not be inside a transaction.

    ``work`` is what the caller knows to be due, where it has just read the agenda. While the account's billing is
    held, only what processors report is taken in; a hold that comes during the run stops it after the block at hand.
    """
    result = RunResult()
    with no_garbage_collection():
        work = work or due_work(db, ctx, processors)
        if work.new_reports:
            for name in reporting_processors(db, ctx):
                take_in(db, ctx, processors, name)
        if work.new_reports or work.stored_reports:
            _handle_reports(db, ctx, result)
        result.held = find_hold(db, ctx.id) is not None
        if not result.held:
            _begin_day(db, ctx, work, result)
            if work.retries:
                result.retried = intend_retries(db, ctx)
            if work.cycles or result.resumed:
                bill_everything_due(db, ctx, result, size=size, catch_up=catch_up, progress=progress)
        if not result.held:
            _charge_and_follow_up(db, ctx, processors, work, result, progress)
    if not result.held:
        first_run_over(db, ctx)
    progress(result)
    return result


def _charge_and_follow_up(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    work: Work,
    result: RunResult,
    progress: Progress,
) -> None:
    """Remind, charge, and do what follows from the answers."""

    def goes_on(charges: Collected) -> bool:
        result.charges = charges
        progress(result)
        result.held = find_hold(db, ctx.id) is not None
        return not result.held

    if work.reminders or work.cycles:
        queue_reminders(db, ctx)
    if work.open_attempts or work.retries or work.cycles or result.resumed:
        result.charges = collect(db, ctx, processors, goes_on=goes_on)
    if work.open_attempts and (work.new_reports or work.stored_reports):
        _handle_reports(db, ctx, result)  # what was told before the answer that the run has brought
    if work.pausing and result.invoiced:
        pause_due(db, ctx)
    if work.giving_up or result.charges.failed or result.returned:
        result.given_up = cancel_after_last_retry(db, ctx)
    if work.open_refunds and not result.held:
        send_refunds(db, ctx, processors)
    if work.expiry or result.settled or result.charges.succeeded:
        result.expired = expire_completed(db, ctx)


def _handle_reports(db: Connection[Any], ctx: AccountContext, result: RunResult) -> None:
    handled = handle_stored(db, ctx)
    result.settled += handled.succeeded
    result.returned += handled.failed


def due_work(db: Connection[Any], ctx: AccountContext, processors: Processors) -> Work:
    """What a run would find to do at ``ctx.now``, what the processors have to tell included."""
    report_at = processors(SANDBOX).next_report_at() if ctx.is_sandbox else None
    told = (report_at is not None and report_at <= ctx.now) or has_new_reports(db, ctx)
    return work_now(db, ctx, new_reports=told)


def _begin_day(db: Connection[Any], ctx: AccountContext, work: Work, result: RunResult) -> None:
    """What the day brought by itself, in the order in which it matters for what is billed."""
    if work.canceling:
        cancel_due(db, ctx)
    if work.pausing:
        pause_due(db, ctx)
    if work.resuming:
        result.resumed = resume_paused(db, ctx)
    if work.overdue:
        result.overdue = roll_overdue(db, ctx)


def bill_everything_due(
    db: Connection[Any],
    ctx: AccountContext,
    result: RunResult,
    *,
    size: int,
    catch_up: bool,
    progress: Progress,
) -> None:
    """Block after block until nothing is due: oldest cycles first, again from the start for those still behind."""
    still_due = True
    while still_due:
        still_due, after, more = False, FIRST_KEY, True
        while more:
            block = patient(bill_block)(db, ctx, after=after, size=size, catch_up=catch_up)
            after, more = block.last, block.claimed == size
            still_due |= block.still_due
            result.invoiced += block.invoiced
            result.parked += block.parked
            result.invoiced_minor.update(block.invoiced_minor)
            progress(result)
            if (more or still_due) and find_hold(db, ctx.id):
                result.held, more, still_due = True, False, False
    params = {"account_id": ctx.id, "billing_day": ctx.billing_day}
    counted = db.execute(load("kalends.billing", "count_waiting"), params).fetchone()
    assert counted is not None
    result.waiting = counted[0]


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Blocks make millions of tuples and no cycles: looking for cycles among them would cost a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
