"""What a worker does for an account, and how often."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.agenda import work_now
from kalends.billing.history import run_ended, run_progressed, run_started
from kalends.billing.hold import find_hold
from kalends.billing.release_restored import first_run_over
from kalends.billing.run import RunResult, run_due
from kalends.events.webhooks.upkeep import forget_delivered
from kalends.imports import carry as imports
from kalends.insight.mail.turn import send_due
from kalends.messages.backends import backend_for
from kalends.messages.delivery import deliver
from kalends.payments.collect import ask_about_cards, cards_under_way
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import AccountProcessors, has_new_reports
from kalends.platform import database
from kalends.proof.nightly import listen
from kalends.sales.charges import any_lost, settle_lost
from kalends.segments import evaluation as segments
from kalends.segments import mailings
from kalends.worker.cleaning import FORGOTTEN_IN_A_TURN, forget_old
from kalends.workflows.calls import send_calls
from kalends.workflows.turn import ROUNDS_MAX, take_turn

BLOCKS_IN_A_TURN = 10
"""How many blocks an account's workflows may do before the others have their turn."""

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
    if not any(work):
        withheld = 0 if find_hold(db, ctx.id) else first_run_over(db, ctx)
        return Done({"letters_withheld": withheld} if withheld else {})
    if find_hold(db, ctx.id) and not (work.stored_reports or work.new_reports):
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


def run_workflows(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,
    stopping: Asked,
    thorough: bool,
) -> Done:
    """Let workflows react to the journal and the clock, and send their webhooks; sandboxes' at their own moment."""
    turn = take_turn(db, ctx, stop=stopping, blocks_max=ROUNDS_MAX if thorough else BLOCKS_IN_A_TURN)
    sent = send_calls(db, ctx, now, stop=stopping)
    notes = {"enrolled": turn.enrolled, "looked_after": turn.looked_after, **sent._asdict()}
    return Done({name: value for name, value in notes.items() if value}, more=turn.more)


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
        notes,
        more=max(forgotten._replace(buyers=0)) >= FORGOTTEN_IN_A_TURN,
    )


def keep_segments(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,  # noqa: ARG001
    stopping: Asked,
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Bring segments up to date with what changed, and with the day."""
    kept = segments.keep(db, ctx, stopping)
    notes = {name: value for name, value in kept._asdict().items() if value}
    return Done(notes if kept.full or kept.joined or kept.left else {})


def send_mailings(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,  # noqa: ARG001
    stopping: Asked,
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Decide on the letters of emails to segments, some hundreds at a time."""
    letters = 0
    while not stopping():
        sent = mailings.send_next(db, ctx)
        if sent is None:
            break
        letters += sent[0]
    return Done({"letters": letters} if letters else {})


def send_dashboards(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,  # noqa: ARG001
    stopping: Asked,
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Decide on the letters with dashboards that are due, sandboxes' at their own moment."""
    letters = send_due(db, ctx, stop=stopping)
    return Done({"letters": letters} if letters else {})


def take_files_in(
    db: Connection[Any], ctx: AccountContext, now: datetime, stopping: Asked, thorough: bool
) -> Done:
    """Rehearse, run and undo imports: some blocks of one, so that the others have their turn."""
    blocks = _ALL if thorough else imports.BLOCKS_IN_A_TURN
    turn = imports.take_turn(db, ctx, _imports_folder(ctx), now=now, stopping=stopping, blocks=blocks)
    notes = {} if turn.import_id is None else {"import": turn.import_id, "status": turn.status}
    return Done(notes, more=turn.more)


def forget_files(
    db: Connection[Any],
    ctx: AccountContext,
    now: datetime,
    stopping: Asked,  # noqa: ARG001
    thorough: bool,  # noqa: ARG001
) -> Done:
    """Throw away files of imports that are over."""
    gone = imports.expire(db, ctx, _imports_folder(ctx), now)
    return Done({"files": gone} if gone else {})


def _imports_folder(ctx: AccountContext) -> Path:
    return imports.folder_of(Path(settings.MEDIA_ROOT), ctx.id)


TASKS = (
    Task("billing", timedelta(seconds=60), bill),
    Task("checkouts", timedelta(seconds=30), settle_checkouts),
    Task("workflows", timedelta(seconds=5), run_workflows),
    Task("imports", timedelta(seconds=2), take_files_in),
    Task("dashboards", timedelta(seconds=20), send_dashboards),
    Task("letters", timedelta(seconds=10), write_letters),
    Task("segments", timedelta(seconds=5), keep_segments),
    Task("mailings", timedelta(seconds=5), send_mailings),
    Task("processors", timedelta(minutes=15), hear_processors),
    Task("forgetting", timedelta(days=1), forget),
    Task("old imports", timedelta(hours=1), forget_files),
    Task("old webhooks", timedelta(hours=1), forget_webhooks),
)
"""In the order in which an account takes them: what billing decides on is written at once."""
