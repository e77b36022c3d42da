"""What programs read in a measurement, each beside the same statements sent straight through the driver."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.bench.api_server import Request
from kalends.catalog.model import ObjectType, Sort
from kalends.catalog.registry import get_object
from kalends.catalog.render import to_api
from kalends.crm.record_reads import ID, asking
from kalends.query import (
    Condition,
    Filter,
    Operator,
    Sql,
    compile_count,
    compile_lookup,
    compile_select,
    fetch,
    from_hubspot_search,
)
from kalends.query.hubspot import LAST_RECORD

Db = Connection[Any]
PAGE = 100
PAGES_BACK = 10_000
_PATH = "/crm/v3/objects"
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Case(NamedTuple):
    """Something that is measured: the request of a round, and what the driver alone does for it.

    ``bare`` prepares a round, which costs no time that counts, and gives back the part that does.
    """

    name: str
    request: Callable[[int], Request]
    bare: Callable[[Db, int], Callable[[], object]]
    records: int = 1


def read_cases(db: Db, ctx: AccountContext, rounds: int) -> list[Case]:
    """Everything that is read."""
    ids = _spread(db, ctx, "subscription", rounds)
    return [
        _by_id(ctx, ids),
        _by_email(db, ctx, rounds),
        *_pages(db, ctx),
        _search(ctx),
        _batch(ctx, ids),
    ]


def answer_of(obj: ObjectType, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    """Rows as the API writes them, in JSON."""
    return _encode(
        [
            {
                "id": str(row["id"]),
                "properties": {name: to_api(obj.by_name[name], row[name]) for name in names},
                "createdAt": to_api(obj.by_name[obj.created], row[obj.created]),
                "updatedAt": to_api(obj.by_name[obj.modified], row[obj.modified]),
                "archived": False,
            }
            for row in rows
        ]
    )


def names_of(obj: ObjectType) -> tuple[str, ...]:
    """The properties that an answer has when nobody asked for any."""
    return tuple(dict.fromkeys((obj.created, obj.modified, ID, *obj.api_defaults)))


def _spread(db: Db, ctx: AccountContext, table: str, count: int) -> list[int]:
    """Numbers of records from everywhere in the table, in an order of their own that is always the same."""
    query = sql.SQL("SELECT id FROM {} WHERE account_id = %s ORDER BY id").format(sql.Identifier(table))
    rows = db.execute(query, [ctx.id]).fetchall()
    ids = [row[0] for row in rows]
    return random.Random(7).choices(ids, k=max(count, PAGE))  # noqa: S311 - places in a table, not secrets


def _bare(
    db: Db, obj: ObjectType, names: Sequence[str], query: Sql, counting: Sql | None = None
) -> Callable[[], object]:
    def run() -> object:
        with db.cursor() as cursor:
            rows = fetch(cursor, query)
            if counting is not None:
                fetch(cursor, counting)
        return answer_of(obj, rows, names)

    return run


def _numbered(ctx: AccountContext, obj: ObjectType, ids: Sequence[int]) -> Sql:
    return compile_lookup(obj, names_of(obj), ids, asking(ctx))


def _by_id(ctx: AccountContext, ids: Sequence[int]) -> Case:
    obj = get_object("subscription")

    def request(round_: int) -> Request:
        return Request("GET", f"{_PATH}/subscriptions/{ids[round_ % len(ids)]}")

    def bare(db: Db, round_: int) -> Callable[[], object]:
        return _bare(db, obj, names_of(obj), _numbered(ctx, obj, [ids[round_ % len(ids)]]))

    return Case("read by id", request, bare)


def _by_email(db: Db, ctx: AccountContext, rounds: int) -> Case:
    obj = get_object("contact")
    chosen = _spread(db, ctx, "contact", rounds)
    found = db.execute(
        "SELECT id, email FROM contact WHERE account_id = %s AND id = ANY(%s)", [ctx.id, chosen]
    ).fetchall()
    emails = dict(found)

    def request(round_: int) -> Request:
        email = emails[chosen[round_ % len(chosen)]]
        return Request("GET", f"{_PATH}/contacts/{email}?idProperty=email")

    def bare(db: Db, round_: int) -> Callable[[], object]:
        email = emails[chosen[round_ % len(chosen)]]
        wanted = Filter(((Condition("email", Operator.IS_ANY_OF, (email,)),),))
        by_email = compile_select(obj, names_of(obj), wanted, Sort(ID), asking(ctx), limit=1)
        # As a program that knows its database would ask: by the key itself.
        text = by_email.text.replace("lower((t.email)) = ANY(", "t.email = ANY(")
        return _bare(db, obj, names_of(obj), Sql(text, by_email.params, by_email.columns))

    return Case("read by email", request, bare)


def _pages(db: Db, ctx: AccountContext) -> list[Case]:
    """The first page of the list and one far back, each by its mark."""
    obj = get_object("subscription")
    row = db.execute("SELECT count(*) FROM subscription WHERE account_id = %s", [ctx.id]).fetchone()
    there = row[0] // PAGE if row else 0
    number = max(2, min(PAGES_BACK, there))
    marked = db.execute(
        "SELECT id FROM subscription WHERE account_id = %s ORDER BY id OFFSET %s LIMIT 1",
        [ctx.id, (number - 1) * PAGE - 1],
    ).fetchone()
    mark = marked[0] if marked else 0

    def page(name: str, after: int) -> Case:
        where = f"&after={after}" if after else ""

        def request(round_: int) -> Request:
            del round_
            return Request("GET", f"{_PATH}/subscriptions?limit={PAGE}{where}")

        def bare(db: Db, round_: int) -> Callable[[], object]:
            del round_
            behind = Filter(((Condition(ID, Operator.GREATER, (Decimal(after),)),),))
            query = compile_select(obj, names_of(obj), behind, Sort(ID), asking(ctx), limit=PAGE + 1)
            return _bare(db, obj, names_of(obj), query)

        return Case(name, request, bare, PAGE)

    return [page("list, page 1", 0), page(f"list, page {number:,}", mark)]


def _search(ctx: AccountContext) -> Case:
    """The search of HubSpot's own example: two statuses, due within a month, the latest first."""
    obj = get_object("subscription")
    names = ["hs_name", "hs_status", "hs_next_payment_due_date", "hs_mrr"]

    def body(round_: int) -> dict[str, Any]:
        first = ctx.today + timedelta(days=round_ * 7 % 330)
        dates = {"value": first.isoformat(), "highValue": (first + timedelta(days=30)).isoformat()}
        return {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": "hs_status", "operator": "IN", "values": ["unpaid", "past_due"]},
                        {"propertyName": "hs_next_payment_due_date", "operator": "BETWEEN", **dates},
                    ]
                }
            ],
            "sorts": [{"propertyName": "hs_next_payment_due_date", "direction": "DESCENDING"}],
            "properties": names,
            "limit": PAGE,
        }

    def request(round_: int) -> Request:
        return Request("POST", f"{_PATH}/subscriptions/search", _encode(body(round_)).encode())

    def bare(db: Db, round_: int) -> Callable[[], object]:
        search = from_hubspot_search(obj, body(round_))
        context = asking(ctx)
        query = compile_select(obj, search.columns, search.filter, search.sort, context, limit=search.limit)
        counting = compile_count(obj, search.filter, context, most=LAST_RECORD + 1)
        return _bare(db, obj, search.columns, query, counting)

    return Case("search, 2 filters, sorted", request, bare, PAGE)


def _batch(ctx: AccountContext, ids: Sequence[int]) -> Case:
    obj = get_object("subscription")

    def chosen(round_: int) -> list[int]:
        return list(dict.fromkeys(ids[(round_ * 7 + place) % len(ids)] for place in range(PAGE)))

    def request(round_: int) -> Request:
        body = {"inputs": [{"id": str(each)} for each in chosen(round_)], "properties": []}
        return Request("POST", f"{_PATH}/subscriptions/batch/read", _encode(body).encode())

    def bare(db: Db, round_: int) -> Callable[[], object]:
        return _bare(db, obj, names_of(obj), _numbered(ctx, obj, chosen(round_)))

    return Case("batch read of 100", request, bare, PAGE)
