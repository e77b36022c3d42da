"""The records behind a figure, one page after the other."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.core.calendar import Frequency, start_of_day
from kalends.insight.answer import Behind
from kalends.insight.asked import Asked
from kalends.insight.question import Question
from kalends.query import Sight
from kalends.query.context import Binder

PAGE = 50


class Row(NamedTuple):
    """A record behind a figure: a subscription or a payment. ``name`` is None for one that was deleted.

    ``reason`` says why revenue moved, or how the payment stands. ``number`` is, with day and id, the key of paging.
    """

    object: str
    id: int
    name: str | None
    customer: str | None
    day: date
    reason: str | None
    amount_minor: int
    currency: str
    number: int

    @property
    def key(self) -> tuple[date, int, int]:
        """Where the next page goes on from."""
        return self.day, self.id, self.number


_FIRST = (date.min, 0, 0)


def records(
    db: Connection[Any],
    ctx: AccountContext,
    behind: Behind,
    question: Question,
    *,
    sight: Sight | None = None,
    user_id: int | None = None,
    limit: int = PAGE,
    after: tuple[date, int, int] = _FIRST,
) -> list[Row]:
    """What stands behind a figure, ordered by day. What is ``listed`` has a page of its own, and none here."""
    asked = Asked(db, ctx, question, sight, user_id)
    customers, theirs = asked.customers()
    page: dict[str, Any] = {
        "limit": limit,
        "after_day": after[0],
        "after_id": after[1],
        "after_number": after[2],
        **theirs,
    }
    if behind.kind in ("moved", "standing"):
        days = {"first": behind.first or date.min, "last": behind.last}
        query = "behind_standing" if behind.kind == "standing" else "behind_moved"
        found = asked.named(**customers).rows(
            query, reasons=list(behind.reasons) or None, by_start=behind.by_start, **days, **page
        )
        return [Row("subscription", *row) for row in found]
    if behind.kind == "due":
        return [Row("subscription", *row) for row in _due(asked.named(**customers), behind, page)]
    if behind.kind == "listed" or behind.first is None or behind.last is None:
        return []
    named = asked.named(name=Binder(asked.context).fill(get_object("payment").display, "t"), **customers)
    zone = ctx.time_zone
    found = named.rows(
        "behind_payments",
        named.payments(),
        kind=behind.kind,
        first=behind.first,
        last=behind.last,
        since=start_of_day(behind.first, zone),
        until=start_of_day(behind.last + timedelta(days=1), zone),
        **page,
    )
    return [Row("payment", *row) for row in found]


def _due(asked: Asked, behind: Behind, page: dict[str, Any]) -> list[tuple[Any, ...]]:
    frequencies = {
        "months": json.dumps({each.value: each.months for each in Frequency}),
        "days": json.dumps({each.value: each.days for each in Frequency}),
    }
    scope = asked.passing("subscription", asked.question.narrowed())
    span = {"first": behind.first, "last": behind.last}
    return list(asked.rows("behind_due", scope, **frequencies, **span, **page))
