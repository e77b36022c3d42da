"""How many enrollments a second workflows do, beside the same rows written by one statement for each table.

What is measured is all of it: reading the journal, asking who passes the filter now, letting them in, and four actions
for each (a property, a branch, a task, a wait), with their log. The floor is ``INSERT … SELECT`` of the very rows that
came of it into bare tables, which have primary keys only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, LiteralString

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.bench.api_book import make_api_book
from kalends.platform import database
from kalends.platform.scratch import scratch_database
from kalends.workflows.services import create_workflow, turn_on
from kalends.workflows.turn import take_turn

Progress = Callable[[str, int], None]
_CHUNK = 20_000

_TABLES: dict[LiteralString, LiteralString] = {
    "enrollment": "account_id, id",
    "workflow_log": "account_id, enrollment_id, nth",
    "workflow_match": "account_id, workflow_id, record_id",
    "task": "account_id, id",
    "event": "account_id, id",
    "subscription": "account_id, id",
}
_CHANGE = """
WITH changed AS (
    UPDATE subscription SET comments = 'measured' WHERE account_id = %(account_id)s AND id = ANY(%(ids)s) RETURNING id
)
INSERT INTO event (account_id, at, actor, kind, object_type, object_id, parent_id, data)
SELECT %(account_id)s, %(now)s, 'api:1', 'subscription.updated', 'subscription', id, id,
    '{"changes": {"comments": [null, "measured"]}}'
FROM changed
"""
_DEFINITION: dict[str, Any] = {
    "object": "subscription",
    "triggers": [
        {
            "on": "match",
            "filter": {
                "groups": [
                    [{"property": "hs_invoice_comments", "operator": "is_any_of", "values": ["measured"]}]
                ]
            },
        }
    ],
    "start": "write",
    "actions": [
        {"id": "write", "do": "set_property", "property": "hs_tax_ids", "value": "seen", "next": "which"},
        {
            "id": "which",
            "do": "branch",
            "ways": [
                {
                    "filter": {
                        "groups": [[{"property": "hs_status", "operator": "is_any_of", "values": ["active"]}]]
                    },
                    "next": "task",
                }
            ],
            "next": "wait",
        },
        {"id": "task", "do": "make_task", "subject": "Look at {{ record.name }}", "next": "wait"},
        {"id": "wait", "do": "wait", "amount": 1, "unit": "days"},
    ],
}


def bench_workflows(enrollments: int, progress: Progress = lambda step, done: None) -> dict[str, Any]:
    """Make a book, change all of it, and let a workflow react; returns rates of the workflow and of the floor.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    with scratch_database("kalends_bench"), database.connect(autocommit=True) as db:
        ctx, _token = make_api_book(db, enrollments, lambda made: progress("making the book", made))
        enter_account(db, ctx.id)
        id_ = create_workflow(db, ctx, name="Measured", definition=_DEFINITION, actor="system")
        turn_on(db, ctx, id_, actor="system")
        _change(db, ctx, progress)
        with database.connect(as_owner=True, autocommit=True) as owner:
            enter_account(owner, ctx.id)
            owner.execute("VACUUM ANALYZE")
            before = owner.execute("SELECT max(id) FROM event").fetchone()
            assert before is not None
            progress("enrolling", 0)
            began = time.perf_counter()
            turn = take_turn(db, ctx)
            seconds = time.perf_counter() - began
            assert turn.enrolled == enrollments, f"{turn.enrolled} came in instead of {enrollments}"
            progress("the floor", 0)
            floor = _floor(owner, ctx, int(before[0]))
    return {
        "enrollments": enrollments,
        "actions": 4,
        "seconds": round(seconds, 2),
        "per_second": round(enrollments / seconds),
        "floor_seconds": round(floor, 2),
        "floor_per_second": round(enrollments / floor),
        "ratio": round(floor / seconds, 3),
    }


def _change(db: Connection[Any], ctx: AccountContext, progress: Progress) -> None:
    """Change every record, as a program might: in blocks, each with its event."""
    ids = [
        row[0] for row in db.execute("SELECT id FROM subscription WHERE account_id = %s", [ctx.id]).fetchall()
    ]
    for first in range(0, len(ids), _CHUNK):
        params = {"account_id": ctx.id, "now": ctx.now, "ids": ids[first : first + _CHUNK]}
        db.execute(_CHANGE, params)
        progress("changing records", first)


def _floor(owner: Connection[Any], ctx: AccountContext, after: int) -> float:
    """Seconds that it takes to write the same rows once more, into bare tables."""
    owner.execute("CREATE SCHEMA bare")
    for table, key in _TABLES.items():
        owner.execute(
            sql.SQL("CREATE TABLE bare.{0} (LIKE public.{0}, PRIMARY KEY ({1}))").format(
                sql.Identifier(table), sql.SQL(key)
            )
        )
    began = time.perf_counter()
    for table in _TABLES:
        own = sql.SQL("WHERE account_id = %s" + (" AND id > %s" if table == "event" else ""))
        copy = sql.SQL("INSERT INTO bare.{0} SELECT * FROM public.{0} ").format(sql.Identifier(table))
        owner.execute(copy + own, [ctx.id, after] if table == "event" else [ctx.id])
    return time.perf_counter() - began
