"""What people look at in a measurement: lists as they open, lists with two filters and an order, a record, a search."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from psycopg import Connection

from kalends.accounts.context import AccountContext


class PageCase(NamedTuple):
    """A page that is measured, and its address in each round."""

    name: str
    address: Callable[[int], str]


class _List(NamedTuple):
    """A list with two filters: on a choice, and on a date; the dates move on from round to round."""

    plural: str
    choice: tuple[str, Sequence[str]]
    date: str
    first_day: int
    sort: str


_LISTS = (
    _List("subscriptions", ("hs_status", ("unpaid", "past_due")), "hs_next_payment_due_date", 30,
          "-hs_next_payment_due_date"),
    _List("payments", ("hs_latest_status", ("failed", "refunded")), "hs_initiated_date", -300, "-hs_initial_amount"),
    _List("invoices", ("hs_invoice_status", ("open",)), "hs_due_date", -300, "-hs_due_date"),
    _List("contacts", ("city", ("Oslo",)), "createdate", -20, "-createdate"),
)  # fmt: skip
_DAYS = 90


def page_cases(db: Connection[Any], ctx: AccountContext) -> list[PageCase]:
    """Everything that is looked at."""
    rows = db.execute(
        "SELECT id FROM subscription WHERE account_id = %s ORDER BY id LIMIT 100000", [ctx.id]
    ).fetchall()
    ids = [row[0] for row in rows]
    random.Random(1).shuffle(ids)  # noqa: S311 - an order that is always the same
    cases: list[PageCase] = []
    for each in _LISTS:
        cases.append(PageCase(each.plural, lambda _, each=each: f"/{ctx.id}/{each.plural}"))
        cases.append(
            PageCase(f"{each.plural}, 2 filters, sorted", lambda n, each=each: _filtered(ctx, each, n))
        )
        cases.append(
            PageCase(
                f"{each.plural}, what it counts",
                lambda n, each=each: _filtered(ctx, each, n).replace("?", "/counts?", 1),
            )
        )
    cases.append(PageCase("a subscription", lambda n: f"/{ctx.id}/subscriptions/{ids[n % len(ids)]}"))
    words = ("buyer{n}@", "Fleet Core {n}", "{n}")
    cases.append(
        PageCase("search", lambda n: f"/{ctx.id}/search?{urlencode({'q': words[n % 3].format(n=1 + n * 7)})}")
    )
    return cases


def _filtered(ctx: AccountContext, each: _List, round_: int) -> str:
    first = ctx.today + timedelta(days=each.first_day + round_ % 100)
    name, values = each.choice
    group = [
        {"property": name, "operator": "is_any_of", "values": list(values)},
        {
            "property": each.date,
            "operator": "between",
            "values": [first.isoformat(), (first + timedelta(days=_DAYS)).isoformat()],
        },
    ]
    said = urlencode({"f": json.dumps([group], separators=(",", ":")), "sort": each.sort})
    return f"/{ctx.id}/{each.plural}?{said}"
