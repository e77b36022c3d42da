"""What is done about processors without being asked: what was lost on the way is found, and books are compared."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.messages.outbox import tell_administrators
from kalends.payments.ask import ask_about_open
from kalends.payments.collect import Processors
from kalends.payments.payouts import write_payouts
from kalends.payments.processors.registry import SANDBOX, reporting_processors
from kalends.payments.reports import handle_stored, take_in
from kalends.proof.reconcile import Reconciled, latest, reconcile

DAYS = 3
"""How many days back a night looks: a movement that was told late is found by the next nights as well."""
HOUR = 2
"""From which hour (UTC) on the day before is compared."""


class Heard(NamedTuple):
    """What came of it: reports that had been lost, what was compared, how much differs, and who was erased there."""

    lost_reports: int = 0
    compared: int = 0
    differences: int = 0
    erased: int = 0


def listen(db: Connection[Any], ctx: AccountContext, processors: Processors, now: datetime) -> Heard:
    """Find lost reports of the account's real processors; once a night, compare the days before with them.

    ``now`` is real time; ``db`` must not be inside a transaction. Raises ``ProcessorUnavailable``.
    """
    heard = Heard()
    for name in reporting_processors(db, ctx):
        if name == SANDBOX:
            continue
        lost = processors(name).find_lost_reports()
        if ctx.is_sandbox:  # its billing runs with its own clock: what is told is not left waiting for that
            take_in(db, ctx, processors, name)
            handle_stored(db, ctx)
        erased = processors(name).forget_people(now)
        heard = heard._replace(lost_reports=heard.lost_reports + lost, erased=heard.erased + erased)
        if not ctx.is_sandbox and _is_due(db, ctx, name, now):
            done = reconcile_days(db, ctx, processors, name, now)
            heard = heard._replace(
                compared=heard.compared + 1, differences=heard.differences + done.differences
            )
    return heard


def reconcile_days(
    db: Connection[Any], ctx: AccountContext, processors: Processors, name: str, now: datetime
) -> Reconciled:
    """Take in what there is to know, payouts too, then compare the last days with a processor."""
    take_in(db, ctx, processors, name)
    ask_about_open(db, ctx, processors, name)
    handle_stored(db, ctx)
    last = now.date() - timedelta(days=1)
    write_payouts(db, ctx, processors(name).payouts(last - timedelta(days=DAYS - 1), now.date()))
    done = reconcile(db, ctx, processors, name, last - timedelta(days=DAYS - 1), last, now=now)
    if not done.agrees:
        _tell_administrators(db, ctx, done)
    return done


def _tell_administrators(db: Connection[Any], ctx: AccountContext, done: Reconciled) -> None:
    given = {
        "first": done.first.isoformat(),
        "last": done.last.isoformat(),
        "differences": done.differences,
        "found": list(done.found),
        "link": f"{settings.PUBLIC_URL}/{ctx.id}/settings/processor",
    }
    tell_administrators(db, ctx, kind="books_differ", object_id=done.id, given=given)


def _is_due(db: Connection[Any], ctx: AccountContext, name: str, now: datetime) -> bool:
    yesterday = now.date() - timedelta(days=1)
    done = any(each.processor == name and each.last >= yesterday for each in latest(db, ctx.id, 5))
    return now.hour >= HOUR and not done
