"""A month of money by the day on which it falls due, a currency at a time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.catalog import get_object
from kalends.query import Context, compile_ids, fetch, parse
from kalends.query.context import Cursor

_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Day(NamedTuple):
    """What falls due on a day, in minor units: all of it, what of it was collected, what of it failed or is late."""

    day: date
    due: int
    collected: int
    failed: int


class DueMonth(NamedTuple):
    """The days of a month in one currency, and the month's sums in every currency."""

    first: date
    currency: str
    days: list[Day]
    totals: dict[str, int]

    @property
    def due(self) -> int:
        return sum(each.due for each in self.days)

    @property
    def collected(self) -> int:
        return sum(each.collected for each in self.days)

    @property
    def failed(self) -> int:
        return sum(each.failed for each in self.days)

    @property
    def largest(self) -> int:
        """The largest day, to which the others are drawn."""
        return max((each.due for each in self.days), default=0)

    @property
    def previous(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def next(self) -> date:
        return month_after(self.first)


def month_after(first: date) -> date:
    """The first of the next month.

    >>> month_after(date(2026, 12, 1))
    datetime.date(2027, 1, 1)
    """
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def read_month(text: str, today: date) -> date:
    """The first of the month that an address names (2026-12), else of the present month."""
    found = _MONTH.fullmatch(text)
    if found and 2000 <= int(found[1]) <= 2200 and 1 <= int(found[2]) <= 12:
        return date(int(found[1]), int(found[2]), 1)
    return today.replace(day=1)


def falling_due(cursor: Cursor, ctx: AccountContext, first: date, currency: str, asking: Context) -> DueMonth:
    """What falls due in the month that begins with ``first``: invoices by their due dates, and payments to come.

    Only what ``asking`` may see is added up.
    """
    following = month_after(first)
    params: dict[str, object] = {
        "account_id": ctx.id,
        "first": first,
        "following": following,
        "today": ctx.today,
    }
    params["invoices"] = _seen(cursor, "invoice", "hs_due_date", first, following, asking)
    params["subscriptions"] = _seen(
        cursor, "subscription", "hs_next_payment_due_date", first, following, asking
    )
    cursor.execute(load("kalends.staff", "falling_due"), params)
    rows = cursor.fetchall()
    totals: dict[str, int] = {}
    for _, code, due, _, _ in rows:
        totals[code] = totals.get(code, 0) + int(due)
    chosen = currency if currency in totals else ctx.currency
    if chosen not in totals and totals:
        chosen = max(totals, key=lambda code: totals[code])
    found = {
        day: Day(day, int(due), int(got), int(lost)) for day, code, due, got, lost in rows if code == chosen
    }
    every = [first + timedelta(days=n) for n in range((following - first).days)]
    return DueMonth(first, chosen, [found.get(day, Day(day, 0, 0, 0)) for day in every], totals)


def _seen(
    cursor: Cursor, name: str, due: str, first: date, following: date, asking: Context
) -> list[int] | None:
    """The records of the month that may be seen; ``None`` for all of them."""
    if asking.sight is None:
        return None
    obj = get_object(name)
    days = [first.isoformat(), (following - timedelta(days=1)).isoformat()]
    wanted = parse(obj, {"groups": [[{"property": due, "operator": "between", "values": days}]]})
    return [row["id"] for row in fetch(cursor, compile_ids(obj, wanted, asking))]
