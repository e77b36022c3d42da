"""What a processor tells of stored methods: a card that its bank replaced, and one that can be charged no more.

What has ended is never charged again. The customers of all that is charged by it are asked for another method at once,
and not when the next payment has failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.lifecycle import Status, is_terminal
from kalends.events import journal
from kalends.messages.ask import CannotAsk, request_new_method
from kalends.payments.processors.interface import MethodNews

NEWS = ("method.ended", "method.updated")
"""The kinds of reports that are about a stored method, which ``reference`` names by its token."""


def record_news(db: Connection[Any], ctx: AccountContext, processor: str, report: Mapping[str, Any]) -> None:
    """Write what a report says of a stored method; told again, it changes nothing. In the caller's transaction."""
    params: dict[str, Any] = {
        "account_id": ctx.id,
        "processor": processor,
        "token": report["reference"],
        "at": report["occurred_at"],
    }
    if report["kind"] == "method.updated":
        news = MethodNews(*report["method"])
        db.execute(load("kalends.payments", "replace_card"), {**params, **news._asdict()})
        return
    subscriptions = db.execute(load("kalends.payments", "end_method"), params).fetchall()
    charged = [(id_, method) for id_, status, method in subscriptions if not is_terminal(Status(status))]
    events = [
        journal.NewEvent("subscription.method_ended", "subscription", id_, id_, {"payment_method": method})
        for id_, method in charged
    ]
    journal.write(db, ctx.id, ctx.now, events)
    for id_, _ in charged:
        with suppress(CannotAsk):
            request_new_method(db, ctx, id_)
