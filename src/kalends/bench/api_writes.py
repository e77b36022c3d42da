"""What programs write in a measurement, each beside one statement for the rows and one for their events.

The floor is what a program would send that owns the database and cares for nothing: an INSERT with a hundred rows of
values and one with their events, in a transaction, with the same columns into the same tables. Nothing is checked, and
nothing is read back. Creates have a second, lower floor: the same two statements with one array a column, as Kalends
itself writes blocks, which spares the driver and the server a thousand parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, take_ids
from kalends.bench.api_reads import Case
from kalends.bench.api_server import Request
from kalends.crm.record_columns import columns_of

Db = Connection[Any]
BATCH = 100
_PATH = "/crm/v3/objects"
_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def write_cases(db: Db, ctx: AccountContext) -> list[Case]:
    """Everything that is written."""
    rows = db.execute(
        "SELECT id FROM contact WHERE account_id = %s ORDER BY id LIMIT %s", [ctx.id, 50 * BATCH]
    ).fetchall()
    return [
        _create(ctx, "contact", "contacts", _contact, _contact_row, _insert),
        _create(ctx, "contact", "contacts", _contact, _contact_row, _insert_arrays),
        _create(ctx, "subscription", "subscriptions", _subscription, _subscription_row, _insert),
        _create(ctx, "subscription", "subscriptions", _subscription, _subscription_row, _insert_arrays),
        _update(ctx, [row[0] for row in rows]),
    ]


def _contact(number: int, who: str) -> dict[str, str]:
    return {
        "email": f"{who}{number}@new.example",
        "firstname": "New",
        "lastname": f"No. {number}",
        "city": "Bergen",
        "phone": f"+47 {number:08d}",
    }


def _contact_row(ctx: AccountContext, sent: dict[str, str]) -> dict[str, Any]:
    del ctx
    return {
        "email": sent["email"],
        "first_name": sent["firstname"],
        "last_name": sent["lastname"],
        "city": sent["city"],
        "phone": sent["phone"],
    }


def _subscription(number: int, who: str) -> dict[str, str]:
    return {
        "hs_name": f"{who} {number}",
        "hs_recurring_billing_frequency": "monthly",
        "hs_recurring_billing_start_date": "2026-03-01",
        "hs_currency_code": "EUR",
    }


def _subscription_row(ctx: AccountContext, sent: dict[str, str]) -> dict[str, Any]:
    start = sent["hs_recurring_billing_start_date"]
    return {
        "name": sent["hs_name"],
        "status": "active" if start <= ctx.today.isoformat() else "scheduled",
        "collection": "manual",
        "creates_invoices": False,
        "frequency": sent["hs_recurring_billing_frequency"],
        "currency": sent["hs_currency_code"],
        "start_date": start,
        "anchor_date": start,
        "anchor_cycle": 0,
        "expected_payments": None,
        "end_date": None,
        "mrr_minor": 0,
        "arr_minor": 0,
    }


def _create(
    ctx: AccountContext,
    kind: str,
    plural: str,
    describe: Callable[[int, str], dict[str, str]],
    row_of: Callable[[AccountContext, dict[str, str]], dict[str, Any]],
    insert: Callable[[Db, str, Sequence[dict[str, Any]]], None],
) -> Case:
    words = " (driver: arrays)" if insert is _insert_arrays else ""

    def batch(round_: int, who: str) -> list[dict[str, str]]:
        return [describe(round_ * BATCH + place, f"{who}{len(words)}-") for place in range(BATCH)]

    def request(round_: int) -> Request:
        body = {"inputs": [{"properties": each} for each in batch(round_, "program")]}
        return Request("POST", f"{_PATH}/{plural}/batch/create", _encode(body).encode())

    def bare(db: Db, round_: int) -> Callable[[], object]:
        sent = batch(round_, "driver")
        ids = take_ids(db, BATCH)
        rows = [
            {
                "account_id": ctx.id,
                "id": id_,
                "created_at": ctx.now,
                "updated_at": ctx.now,
                "source_label": "INTEGRATION",
                "source_id": "1",
                **row_of(ctx, each),
            }
            for id_, each in zip(ids, sent, strict=True)
        ]
        events = [_event(ctx, f"{kind}.created", kind, id_, {}) for id_ in ids]

        def run() -> object:
            with db.transaction():
                insert(db, kind, rows)
                insert(db, "event", events)
            return _answer(ids, sent)

        return run

    return Case(f"batch create of 100 {plural}{words}", request, bare, BATCH)


def _update(ctx: AccountContext, ids: Sequence[int]) -> Case:
    def chosen(round_: int) -> list[int]:
        return [ids[(round_ * BATCH + place) % len(ids)] for place in range(min(BATCH, len(ids)))]

    def request(round_: int) -> Request:
        inputs = [{"id": str(each), "properties": {"city": f"Town {round_}"}} for each in chosen(round_)]
        return Request("POST", f"{_PATH}/contacts/batch/update", _encode({"inputs": inputs}).encode())

    def bare(db: Db, round_: int) -> Callable[[], object]:
        numbers, city = chosen(round_), f"City {round_}"
        changes = {"changes": {"city": [f"Town {round_}", city]}}
        events = [_event(ctx, "contact.updated", "contact", id_, changes) for id_ in numbers]

        def run() -> object:
            with db.transaction():
                db.execute(
                    "UPDATE contact SET city = %s, updated_at = %s WHERE account_id = %s AND id = ANY(%s)",
                    [city, ctx.now, ctx.id, numbers],
                )
                _insert(db, "event", events)
            return _answer(numbers, [{"city": city}] * len(numbers))

        return run

    return Case("batch update of 100 contacts", request, bare, BATCH)


def _event(ctx: AccountContext, kind: str, type_: str, id_: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "account_id": ctx.id,
        "at": ctx.now,
        "actor": "api:1",
        "kind": kind,
        "object_type": type_,
        "object_id": id_,
        "parent_id": id_ if type_ == "subscription" else None,
        "data": _encode(data),
    }


def _insert(db: Db, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """One INSERT with a row of values each."""
    columns = list(rows[0])
    places = f"({', '.join(['%s'] * len(columns))})"
    query = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([places] * len(rows))}"
    db.execute(query, [row[name] for row in rows for name in columns])  # pyright: ignore[reportArgumentType]


def _insert_arrays(db: Db, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """One INSERT from one array a column."""
    columns = [columns_of(db, table)[name] for name in rows[0]]
    names = ", ".join(column.name for column in columns)
    places = ", ".join(f"%({column.name})s::{column.type}[]" for column in columns)
    params = arrays([column.name for column in columns], [tuple(row.values()) for row in rows])
    db.execute(f"INSERT INTO {table} ({names}) SELECT * FROM unnest({places})", params)  # pyright: ignore[reportArgumentType]


def _answer(ids: Sequence[int], sent: Sequence[dict[str, str]]) -> str:
    return _encode(
        [{"id": str(id_), "properties": each, "archived": False} for id_, each in zip(ids, sent, strict=True)]
    )
