"""Proofs that were made: when, over how much, and what they found, so that nobody has to remember it."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events.journal import encode
from kalends.proof.report import Report

KEPT_BY_NAME = 20
"""How many differences of a proof are kept by name; all of them are counted."""
MARKED = 2_000
"""How many differences of a night's proof are kept by their marks, by which the next night knows them again."""
KEPT_PROOFS = 400
"""How many proofs of an account are kept: more than a year of nights."""


class ProofMade(NamedTuple):
    """A proof: when it was made (system's time), for which moment of the account, over how much, and what differed.

    ``night`` is the night for which the worker made it by itself; of one that somebody asked for it is None.
    """

    made_at: datetime
    as_of: datetime
    invoices: int
    checks: int
    differences: int
    found: tuple[str, ...]
    night: date | None = None


class Known(NamedTuple):
    """What was found in the last night: the marks of differences, and how many there were besides."""

    marks: frozenset[str]
    unmarked: int


def keep_proof(
    db: Connection[Any], ctx: AccountContext, report: Report, now: datetime, night: date | None = None
) -> int | None:
    """Write down a proof that was just made; ``now`` is the system's moment. Older ones are forgotten in time.

    Returns its number; None if that ``night`` has one already, and then nothing is written.
    """
    found = [str(each) for each in report.differences[:KEPT_BY_NAME]]
    marks = [] if night is None else [each.mark for each in report.differences[:MARKED]]
    with db.transaction():
        row = db.execute(
            "INSERT INTO proof_made (account_id, made_at, as_of, invoices, checks, differences, found, night, marks) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::jsonb) "
            "ON CONFLICT ON CONSTRAINT proof_made_once_a_night DO NOTHING RETURNING id",
            [
                ctx.id,
                now,
                ctx.now,
                report.checked,
                len(report.checks),
                report.found,
                encode(found),
                night,
                encode(marks),
            ],
        ).fetchone()
        db.execute(
            "DELETE FROM proof_made WHERE account_id = %(id)s AND id IN (SELECT id FROM proof_made "
            "WHERE account_id = %(id)s ORDER BY made_at DESC, id DESC OFFSET %(kept)s)",
            {"id": ctx.id, "kept": KEPT_PROOFS},
        )
    return None if row is None else row[0]


def last_proofs(db: Connection[Any], account_id: int, limit: int = 1) -> list[ProofMade]:
    """The last proofs of an account, the newest first."""
    rows = db.execute(
        "SELECT made_at, as_of, invoices, checks, differences, found::text, night FROM proof_made "
        "WHERE account_id = %s ORDER BY made_at DESC, id DESC LIMIT %s",
        [account_id, limit],
    ).fetchall()
    return [ProofMade(*row[:5], found=tuple(json.loads(row[5])), night=row[6]) for row in rows]


def known_of_last_night(db: Connection[Any], account_id: int) -> Known:
    """What the last proof found that the worker made by itself; nothing, if there was none."""
    row = db.execute(
        "SELECT differences, marks::text FROM proof_made WHERE account_id = %s AND night IS NOT NULL "
        "ORDER BY night DESC LIMIT 1",
        [account_id],
    ).fetchone()
    if row is None:
        return Known(frozenset(), 0)
    marks = json.loads(row[1])
    return Known(frozenset(marks), row[0] - len(marks))
