"""What the subscriptions index shows besides the catalogue's properties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kalends.accounts.sql import load
from kalends.catalog import ObjectType
from kalends.query import Context, Filter, compile_count, compile_filter, compile_ids
from kalends.query.context import Cursor
from kalends.staff.methods import Method, invoiced, stored


class Companion(NamedTuple):
    """What stands beside a subscription in a list. ``arrears_since`` is the oldest due date that was missed."""

    id: int
    customer: str
    collection: str
    net_days: int
    next_cycle: int
    resume_on: date | None
    method_kind: str | None
    brand: str | None
    last4: str | None
    arrears_since: date | None

    @property
    def method(self) -> Method | None:
        """How it is paid; ``None`` while a customer who is charged automatically has stored nothing."""
        if self.method_kind:
            return stored(self.method_kind, self.brand, self.last4)
        return invoiced(self.net_days) if self.collection == "manual" else None


def companions(cursor: Cursor, account_id: int, ids: Sequence[int]) -> dict[int, Companion]:
    """The companions of subscriptions, by id."""
    if not ids:
        return {}
    cursor.execute(load("kalends.staff", "companions"), {"account_id": account_id, "ids": list(ids)})
    return {row[0]: Companion(*row) for row in cursor.fetchall()}


def count(cursor: Cursor, obj: ObjectType, filter: Filter, ctx: Context, search: str | None = None) -> int:  # noqa: A002
    """How many records pass."""
    sql = compile_count(obj, filter, ctx, search=search)
    cursor.execute(sql.text, sql.params)
    return int(cursor.fetchall()[0][0])


def next_payments(
    cursor: Cursor,
    obj: ObjectType,
    filter: Filter,  # noqa: A002
    ctx: Context,
    search: str | None,
) -> list[tuple[str, int]]:
    """What the next payments of all subscriptions of a list come to, in minor units, a sum for each currency."""
    if search:
        sql = compile_ids(obj, filter, ctx, search=search)
        passes = f"t.account_id = %(account_id)s AND t.id IN ({sql.text})"
    else:
        sql = compile_filter(obj, filter, ctx)
        passes = sql.text
    cursor.execute(
        "SELECT t.currency, sum(t.next_amount_minor)::bigint FROM subscription t "
        f"WHERE {passes} AND t.next_due_date IS NOT NULL AND t.next_amount_minor IS NOT NULL "
        "GROUP BY t.currency ORDER BY 2 DESC",
        sql.params,
    )
    return [(row[0], row[1]) for row in cursor.fetchall()]
