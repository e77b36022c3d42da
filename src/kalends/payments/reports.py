"""Reports of processors: stored first, then handled; twice, late or out of order, they end in the same state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, load
from kalends.events.journal import encode
from kalends.payments.collect import Processors, attempt_of_key
from kalends.payments.outcomes import Outcome, Written, record_outcomes
from kalends.payments.processors.interface import Report

BLOCK_SIZE = 1_000
CHARGE_OUTCOMES = {"charge.succeeded": "succeeded", "charge.failed": "failed"}


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report in our own inbox that nobody has handled yet."""

    id: int
    payload: dict[str, Any]


def take_in(db: Connection[Any], ctx: AccountContext, processors: Processors, name: str) -> int:
    """Store what the processor has to tell until now, then acknowledge it; returns how many were new."""
    processor = processors(name)
    taken = 0
    while True:
        reports = processor.reports(ctx.now, BLOCK_SIZE)
        if reports:
            taken += store(db, ctx, name, reports)
            processor.acknowledge(reports)
        if len(reports) < BLOCK_SIZE:
            return taken


def store(db: Connection[Any], ctx: AccountContext, name: str, reports: Sequence[Report]) -> int:
    """Put reports into the inbox; an event id that is there already is left alone. Returns how many were new."""
    rows = [(report.event_id, encode(report._asdict())) for report in reports]
    params = {"account_id": ctx.id, "now": ctx.now, "processor": name, **arrays(("events", "payloads"), rows)}
    return db.execute(load("kalends.payments", "store_reports"), params).rowcount


def handle_stored(db: Connection[Any], ctx: AccountContext) -> Written:
    """Handle every stored charge report that was not handled before, also those of a run that died in between."""
    total = Written()
    while True:
        waiting = [
            StoredReport(*row)
            for row in fetch(
                db,
                load("kalends.payments", "stored_reports"),
                {"account_id": ctx.id, "kinds": list(CHARGE_OUTCOMES), "limit": BLOCK_SIZE},
            )
        ]
        if not waiting:
            return total
        params = {"account_id": ctx.id, "now": ctx.now, "ids": [report.id for report in waiting]}
        with db.transaction():
            written = record_outcomes(db, ctx, [_outcome(report.payload) for report in waiting])
            db.execute(load("kalends.payments", "handled_reports"), params)
        total.succeeded += written.succeeded
        total.failed += written.failed
        total.known_before += written.known_before


def _outcome(payload: dict[str, Any]) -> Outcome:
    _, invoice_id, attempt = attempt_of_key(payload["idempotency_key"])
    return Outcome(
        invoice_id,
        attempt,
        CHARGE_OUTCOMES[payload["kind"]],
        datetime.fromisoformat(payload["occurred_at"]),
        payload["reference"],
        payload["fee_minor"],
        payload["failure_code"],
        payload["failure_message"],
        payload["decline"],
    )
