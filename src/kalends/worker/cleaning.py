"""Throwing away what nobody needs any more, and nobody may keep for longer."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.documents.kept_buyers import forget_buyers
from kalends.events import answers, requests
from kalends.messages.backends import file_backend
from kalends.sales.checkouts import forget_checkouts
from kalends.workflows.history import forget_log

FORGOTTEN_IN_A_TURN = 10_000
"""How many rows of a kind an account loses before the others have their turn."""


class Cleaned(NamedTuple):
    """How much was thrown away."""

    sessions: int
    drafts: int


class Forgotten(NamedTuple):
    """How much an account forgot."""

    answers: int
    requests: int
    buyers: int
    checkouts: int
    workflow_actions: int


def clean_up(db: Connection[Any], now: datetime) -> Cleaned:
    """Remove sessions that have expired at ``now``, and unfinished letters that are older than an hour."""
    sessions = db.execute("DELETE FROM django_session WHERE expire_date < %s", [now]).rowcount
    return Cleaned(sessions, file_backend().clear_drafts(now))


def forget_old(db: Connection[Any], ctx: AccountContext, now: datetime) -> Forgotten:
    """Forget requests and answers that are too old to be asked for again, buyers who were kept long enough, and
    checkouts that nobody went on with.

    Answers are as old as the system's clock says, the others as the account's does.
    """
    return Forgotten(
        answers.prune(db, ctx.id, now, FORGOTTEN_IN_A_TURN),
        requests.prune(db, ctx, FORGOTTEN_IN_A_TURN),
        forget_buyers(db, ctx),
        forget_checkouts(db, ctx, FORGOTTEN_IN_A_TURN),
        forget_log(db, ctx, FORGOTTEN_IN_A_TURN),
    )
