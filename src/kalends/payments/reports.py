"""Reports of processors: stored first, then handled; twice, late or out of order, they end in the same state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, load
from kalends.events.journal import encode
from kalends.payments.collect import Processors, attempt_of_key
from kalends.payments.disputes import MEANINGS, record_dispute
from kalends.payments.give_back import Settled, refund_key, refund_of_key, settle_refunds
from kalends.payments.method_news import NEWS, record_news
from kalends.payments.outcomes import Outcome, Written, write_outcomes
from kalends.payments.processors.interface import Report
from kalends.payments.several import not_settled_yet, parts_of_charges, split
from kalends.platform.patience import patient

BLOCK_SIZE = 1_000
CHARGE_OUTCOMES = {"charge.succeeded": "succeeded", "charge.failed": "failed"}
REFUND_OUTCOMES = {"refund.succeeded": "succeeded", "refund.failed": "failed"}


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report in our own inbox that nobody has handled yet."""

    id: int
    processor: str
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


@patient
def store(db: Connection[Any], ctx: AccountContext, name: str, reports: Sequence[Report]) -> int:
    """Put reports into the inbox; an event id that is there already is left alone. Returns how many were new."""
    rows = [(report.event_id, encode(report._asdict())) for report in reports]
    params = {"account_id": ctx.id, "now": ctx.now, "processor": name, **arrays(("events", "payloads"), rows)}
    return db.execute(load("kalends.payments", "store_reports"), params).rowcount


def handle_stored(db: Connection[Any], ctx: AccountContext) -> Written:
    """Handle every stored report that was not handled before, also those of a run that died in between.

    One about a checkout that is being settled waits until its records are there.
    """
    total = Written()
    more = True
    while more:
        waiting = _waiting(db, ctx, CHARGE_OUTCOMES)
        more = len(waiting) == BLOCK_SIZE
        strange = [report.id for report in waiting if not _is_ours(ctx, report.payload)]
        if strange:
            _mark_handled(db, ctx, strange)
            waiting = [report for report in waiting if report.id not in strange]
        keys = [report.payload["idempotency_key"] for report in waiting]
        early = not_settled_yet(db, ctx, keys)
        waiting = [report for report in waiting if report.payload["idempotency_key"] not in early]
        if not waiting:
            break
        written = _handle_charges(db, ctx, waiting)
        total.succeeded += written.succeeded
        total.failed += written.failed
        total.known_before += written.known_before
    _handle_one_by_one(db, ctx)
    return total


@patient
def _handle_charges(db: Connection[Any], ctx: AccountContext, waiting: Sequence[StoredReport]) -> Written:
    outcomes = _outcomes(db, ctx, [report.payload for report in waiting])
    with db.pipeline(), db.transaction():
        written = write_outcomes(db, ctx, outcomes)
        _mark_handled(db, ctx, [report.id for report in waiting])
    return written


def _is_ours(ctx: AccountContext, payload: Mapping[str, Any]) -> bool:
    """Whether a report is about a charge or a refund of this account's.

    A merchant may use a processor for other things besides, and so may another installation of Kalends: what is told
    of those is kept in the inbox, and is none of our business.
    """
    if payload["kind"] in NEWS:
        return True
    if payload["kind"] in REFUND_OUTCOMES:
        return (payload["refund_key"] or "").startswith(refund_key(ctx.known_as, 0).removesuffix("0"))
    try:
        return attempt_of_key(payload["idempotency_key"])[0] == ctx.known_as
    except ValueError:
        return False


def _handle_one_by_one(db: Connection[Any], ctx: AccountContext) -> None:
    """Refunds, disputes and news of methods, which are few; one that comes too early waits for what it belongs to."""
    dealt_with = True
    while dealt_with:
        dealt_with = False
        for report in _waiting(db, ctx, (*REFUND_OUTCOMES, *MEANINGS, *NEWS)):
            dealt_with |= _handle_one(db, ctx, report)


@patient
def _handle_one(db: Connection[Any], ctx: AccountContext, report: StoredReport) -> bool:
    with db.transaction():
        if not _is_ours(ctx, report.payload):
            dealt_with = True
        elif report.payload["kind"] in MEANINGS:
            dealt_with = record_dispute(db, ctx, report.payload)
        elif report.payload["kind"] in NEWS:
            record_news(db, ctx, report.processor, report.payload)
            dealt_with = True
        else:
            settle_refunds(db, ctx, [_settled(report.payload)])
            dealt_with = True
        if dealt_with:
            _mark_handled(db, ctx, [report.id])
    return dealt_with


def _waiting(db: Connection[Any], ctx: AccountContext, kinds: Iterable[str]) -> list[StoredReport]:
    params = {"account_id": ctx.id, "kinds": list(kinds), "limit": BLOCK_SIZE}
    return [StoredReport(*row) for row in fetch(db, load("kalends.payments", "stored_reports"), params)]


def _mark_handled(db: Connection[Any], ctx: AccountContext, ids: Sequence[int]) -> None:
    params = {"account_id": ctx.id, "now": ctx.now, "ids": list(ids)}
    db.execute(load("kalends.payments", "handled_reports"), params)


def _settled(payload: dict[str, Any]) -> Settled:
    return Settled(
        refund_of_key(payload["refund_key"]),
        REFUND_OUTCOMES[payload["kind"]],
        datetime.fromisoformat(payload["occurred_at"]),
        payload["reference"],
        None,
        payload["failure_code"],
        payload["failure_message"],
    )


def _outcomes(db: Connection[Any], ctx: AccountContext, payloads: Sequence[dict[str, Any]]) -> list[Outcome]:
    parts = parts_of_charges(db, ctx, [payload["idempotency_key"] for payload in payloads])
    outcomes: list[Outcome] = []
    for payload in payloads:
        of_charge = parts.get(payload["idempotency_key"])
        outcomes += split(_outcome(payload), of_charge) if of_charge else [_outcome(payload)]
    return outcomes


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
