"""How many enrollments a second workflows do, beside the same rows written by one statement for each table.

What is measured is all of it: reading the journal, asking who passes the filter now, letting them in, and four actions
for each (a property, a branch, a task, a wait), with their log. The floor is ``INSERT … SELECT`` of the very rows that
came of it into bare tables, which have primary keys only.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.bench.api_book import make_api_book
from kalends.bench.bare import make_bare_tables, write_again
from kalends.bench.measure import Meter, Progress, beside, settle_tables
from kalends.platform import database
from kalends.platform.scratch import scratch_database
from kalends.workflows.services import create_workflow, turn_on
from kalends.workflows.turn import take_turn

_CHUNK = 20_000

_TABLES = "enrollment workflow_log workflow_match task event subscription".split()
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
            settle_tables()
            before = owner.execute("SELECT max(id) FROM event").fetchone()
            assert before is not None
            progress("enrolling", 0)
            meter = Meter()
            with meter.running():
                turn = take_turn(db, ctx)
            assert turn.enrolled == enrollments, f"{turn.enrolled} came in instead of {enrollments}"
            progress("the floor", 0)
            floor = _floor(owner, ctx, int(before[0]))
    return {
        "enrollments": enrollments,
        "actions": 4,
        **beside(enrollments, meter.wall, floor, meter),
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
    make_bare_tables(owner, _TABLES)
    only = {table: f"AND id > {after:d}" if table == "event" else "" for table in _TABLES}
    return write_again(owner, ctx.id, only)
