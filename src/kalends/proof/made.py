"""Proofs that were made: when, over how much, and what they found, so that nobody has to remember it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events.journal import encode
from kalends.proof.report import Report

KEPT_BY_NAME = 20
"""How many differences of a proof are kept by name; all of them are counted."""
KEPT_PROOFS = 400
"""How many proofs of an account are kept: more than a year of nights."""


class ProofMade(NamedTuple):
    """A proof: when it was made (system's time), for which moment of the account, over how much, and what differed."""

    made_at: datetime
    as_of: datetime
    invoices: int
    checks: int
    differences: int
    found: tuple[str, ...]


def keep_proof(db: Connection[Any], ctx: AccountContext, report: Report, now: datetime) -> None:
    """Write down a proof that was just made; ``now`` is the system's moment. Older ones are forgotten in time."""
    found = [str(each) for each in report.differences[:KEPT_BY_NAME]]
    with db.transaction():
        db.execute(
            "INSERT INTO proof_made (account_id, made_at, as_of, invoices, checks, differences, found) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb)",
            [ctx.id, now, ctx.now, report.checked, len(report.checks), report.found, encode(found)],
        )
        db.execute(
            "DELETE FROM proof_made WHERE account_id = %(id)s AND id IN (SELECT id FROM proof_made "
            "WHERE account_id = %(id)s ORDER BY made_at DESC, id DESC OFFSET %(kept)s)",
            {"id": ctx.id, "kept": KEPT_PROOFS},
        )


def last_proofs(db: Connection[Any], account_id: int, limit: int = 1) -> list[ProofMade]:
    """The last proofs of an account, the newest first."""
    rows = db.execute(
        "SELECT made_at, as_of, invoices, checks, differences, found::text FROM proof_made "
        "WHERE account_id = %s ORDER BY made_at DESC, id DESC LIMIT %s",
        [account_id, limit],
    ).fetchall()
    return [ProofMade(*row[:5], found=tuple(json.loads(row[5]))) for row in rows]
