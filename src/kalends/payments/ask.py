"""Asking a processor what became of what it still owes us an answer about, in case its report never comes.

What it says is put into the inbox as a report of its own, and handled as any: what was told before changes nothing.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.payments.collect import Processors, idempotency_key
from kalends.payments.give_back import refund_key
from kalends.payments.processors.answers import charges_known, refunds_known
from kalends.payments.processors.interface import ChargeOutcome, RefundOutcome, Report, ReportKind
from kalends.payments.reports import store

AT_ONCE = 200


def ask_about_open(db: Connection[Any], ctx: AccountContext, processors: Processors, name: str) -> int:
    """Ask about every charge and refund of a processor's that is processing; returns how many have come to an end.

    ``db`` must not be inside a transaction. Raises ``ProcessorUnavailable``.
    """
    params = {"account_id": ctx.id, "processor": name}
    rows = fetch(db, load("kalends.payments", "open_charges"), params)
    charges = {row[2] or idempotency_key(ctx.known_as, row[0], row[1]): (row[3], row[4]) for row in rows}
    refunds = {
        refund_key(ctx.known_as, row[0]): (row[1], row[2])
        for row in fetch(db, load("kalends.payments", "open_refunds"), params)
    }
    processor, told = processors(name), 0
    for keys in _parts(list(charges)):
        found = charges_known(keys, processor.lookup(keys, ctx.now))
        ended = [
            _charge_report(ctx, outcome, *charges[key])
            for key, outcome in found.items()
            if outcome.status in ("succeeded", "failed")
        ]
        told += store(db, ctx, name, ended) if ended else 0
    for keys in _parts(list(refunds)):
        given = refunds_known(keys, processor.lookup_refunds(keys, ctx.now))
        over = [
            _refund_report(ctx, outcome, *refunds[key])
            for key, outcome in given.items()
            if outcome.status in ("succeeded", "failed")
        ]
        told += store(db, ctx, name, over) if over else 0
    return told


def _parts(keys: list[str]) -> Sequence[list[str]]:
    return [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]


def _charge_report(ctx: AccountContext, outcome: ChargeOutcome, amount_minor: int, currency: str) -> Report:
    kind: ReportKind = "charge.succeeded" if outcome.status == "succeeded" else "charge.failed"
    return Report(
        f"asked/{outcome.idempotency_key}/{kind}",
        kind,
        outcome.idempotency_key,
        None,
        {},
        outcome.reference or "",
        currency,
        amount_minor,
        outcome.fee_minor,
        outcome.failure_code,
        outcome.failure_message,
        outcome.decline,
        ctx.now,
        ctx.now,
    )


def _refund_report(ctx: AccountContext, outcome: RefundOutcome, amount_minor: int, currency: str) -> Report:
    kind: ReportKind = "refund.succeeded" if outcome.status == "succeeded" else "refund.failed"
    return Report(
        f"asked/{outcome.idempotency_key}/{kind}",
        kind,
        "",
        outcome.idempotency_key,
        {},
        outcome.reference or "",
        currency,
        amount_minor,
        0,
        outcome.failure_code,
        outcome.failure_message,
        None,
        ctx.now,
        ctx.now,
    )
