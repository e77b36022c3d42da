"""What a worker does for an account, and how often."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.agenda import work_now
from kalends.billing.history import run_ended, run_progressed, run_started
from kalends.billing.hold import find_hold
from kalends.billing.run import RunResult, run_due
from kalends.events.webhooks.upkeep import forget_delivered
from kalends.messages.backends import backend_for
from kalends.messages.delivery import deliver
from kalends.payments.collect import ask_about_cards, cards_under_way
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import AccountProcessors, has_new_reports
from kalends.platform import database
from kalends.proof.nightly import listen
from kalends.sales.charges import any_lost, settle_lost
from kalends.worker.cleaning import FORGOTTEN_IN_A_TURN, forget_old

LETTERS_IN_A_TURN = 500
"""How many letters an account may send before the others have their turn."""

_ALL = 1_000_000_000

Asked = Callable[[], bool]


class Stopping(Exception):
    """The worker was asked to stop between two blocks."""


class Done(NamedTuple):
    """What came of a task: numbers for the log (none when nothing happened), and whether more is waiting."""

    notes: Mapping[str, Any]
    more: bool = False


class Task(NamedTuple):
    """Something that an account needs now and then. ``do`` is told whether to stop, and whether to leave nothing."""

    name: str
    every: timedelta
    do: Callable[[Connection[Any], AccountContext, datetime, Asked, bool], Done]


def bill(db: Connection[Any], ctx: AccountContext, now: datetime, stopping: Asked, thorough: bool) -> Done:  # noqa: ARG001
    """A billing run of a live account. A sandbox only ever moves with its own clock.

    Raises ``Stopping`` after the block at hand when the worker is asked to stop.
    """
    if ctx.is_sandbox:
        return Done({})

    def after_block(result: RunResult) -> None:
        run_progressed(db, ctx, run, result)
        if stopping():
            raise Stopping

    work = work_now(db, ctx, new_reports=has_new_reports(db, ctx))
    if not any(work) or (find_hold(db, ctx.id) and not (work.stored_reports or work.new_reports)):
        return Done({})
    run = run_started(db, ctx, now)
    with closing(AccountProcessors(database.connect, ctx.id)) as processors:
        result = run_due(db, ctx, processors, work=work, progress=after_block)
    run_ended(db, ctx, run, now, result)
    happened = {name: value for name, value in result.as_json().items() if isinstance(value, int) and value}
    charges = {name: value for name, value in result.as_json()["charges"].items() if value}
    return Done(happened | ({"charges": charges} if charges else {}))


def write_letters(
    db: Connection[Any], ctx: AccountContext, now: datetime, stopping: Asked, thorough: bool
) -> Done:
    """Deliver what the account's outbox holds. Raises ``MailUnavailable``."""
    limit = _ALL if thorough else LETTERS_IN_A_TURN
    delivered = deliver(db, ctx, backend_for(ctx), limit, now=now, stop=stopping)
    notes = {name: value for name, value in delivered._asdict().items() if value}
    return Done(notes, more=sum(delivered) >= limit)


def hear_processors(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,
    stopping: Asked,  # noqa: ARG001
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Find what processors told and never arrived, and compare the books with theirs once a night."""
    with closing(AccountProcessors(database.connect, ctx.id)) as processors:
        try:
            heard = listen(db, ctx, processors, now)
        except ProcessorUnavailable as problem:
            return Done({"no_answer": str(problem)})
    return Done({name: value for name, value in heard._asdict().items() if value})


def settle_checkouts(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,  # noqa: ARG001
    stopping: Asked,  # noqa: ARG001
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Find out what became of checkouts that somebody was paying when their process ended, sandboxes' as well.

    So with invoices whose customers were sent to a bank, and did not come back.
    """
    lost, cards = any_lost(db, ctx), cards_under_way(db, ctx)
    if not lost and not cards:
        return Done({})
    with closing(AccountProcessors(database.connect, ctx.id)) as processors:
        if cards:
            ask_about_cards(db, ctx, processors)
        return Done({"checkouts": settle_lost(db, ctx, processors)} if lost else {})


def forget_webhooks(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,
    stopping: Asked,  # noqa: ARG001
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Delete webhooks that arrived long ago."""
    forgotten = forget_delivered(db, ctx, now)
    return Done({"batches": forgotten} if forgotten else {})


def forget(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,
    stopping: Asked,  # noqa: ARG001
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Forget what is too old."""
    forgotten = forget_old(db, ctx, now)
    notes = {name: value for name, value in forgotten._asdict().items() if value}
    return Done(
        notes, more=max(forgotten.answers, forgotten.requests, forgotten.checkouts) >= FORGOTTEN_IN_A_TURN
    )


TASKS = (
    Task("billing", timedelta(seconds=60), bill),
    Task("checkouts", timedelta(seconds=30), settle_checkouts),
    Task("letters", timedelta(seconds=10), write_letters),
    Task("processors", timedelta(minutes=15), hear_processors),
    Task("forgetting", timedelta(days=1), forget),
    Task("old webhooks", timedelta(hours=1), forget_webhooks),
)
"""In the order in which an account takes them: what billing decides on is written at once."""
