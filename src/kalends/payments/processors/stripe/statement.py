"""Stripe's balance, movement by movement, to reconcile the ledger with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import stripe

from kalends.payments.processors.interface import StatementKind, StatementLine
from kalends.payments.processors.stripe.amounts import fee_minor, from_stripe
from kalends.payments.processors.stripe.charges import KEY, fee_of_failure, read_back
from kalends.payments.processors.stripe.client import every, moment
from kalends.payments.processors.stripe.refunds import CHARGE_KEY

_WITH = (
    "source",
    "source.charge",
    "source.balance_transaction",
    "source.failure_balance_transaction",
)
DAYS_AT_ONCE = 10
"""Stripe lists the newest first; so many days are in memory at a time, to be told in the order of time."""


def read_statement(
    client: stripe.StripeClient, account_id: int, first: date, last: date
) -> Iterator[StatementLine]:
    """The movements of the UTC days ``first`` to ``last`` that charges of this account caused."""
    ours = f"kalends-{account_id}-"
    lists = client.v1.balance_transactions.list
    start = first
    while start <= last:
        end = min(start + timedelta(days=DAYS_AT_ONCE), last + timedelta(days=1))
        params = {
            "created": {"gte": _seconds(start), "lt": _seconds(end)},
            "expand": [f"data.{name}" for name in _WITH],
        }
        movements = list(every(lists, params))
        for movement in reversed(movements):
            line = line_of(movement, ours)
            if line is not None:
                yield line
        start = end


def line_of(movement: Mapping[str, Any], ours: str) -> StatementLine | None:
    """A movement as a line, None when it is not one of ours, or has moved no money in the end.

    A bank debit stands in Stripe's balance from the day it was submitted, and is taken out again when it comes back:
    of that we know the fee alone. A refund that failed is put back, and is no movement in the end.
    """
    source = movement.get("source")
    if not isinstance(source, Mapping):
        return None
    kind = _kind(movement, source)
    if kind is None:
        return None
    of_charge = kind in ("charge", "charge_failed")
    charge = source if of_charge else source.get("charge")
    around: Mapping[str, str] = (charge.get("metadata") or {}) if isinstance(charge, Mapping) else {}
    own: Mapping[str, str] = source.get("metadata") or {}
    key = around.get(KEY) or own.get(CHARGE_KEY) or ""
    if not key.startswith(ours):
        return None
    amount = abs(from_stripe(source["amount"], source["currency"]))
    gross = {"charge": amount, "dispute_won": amount, "charge_failed": 0}.get(kind, -amount)
    fee = fee_minor(dict(movement), source["amount"], source["currency"])
    if kind == "charge_failed":
        fee = fee_of_failure(source)
        if not fee:
            return None
    at = moment(movement["created"])
    return StatementLine(
        on=at.date(),
        occurred_at=at,
        kind=kind,
        reference=source["payment_intent"] if of_charge else source["id"],
        idempotency_key=key,
        refund_key=own.get(KEY) if kind == "refund" else None,
        metadata={**read_back(around), **(read_back(own) if kind == "refund" else {})},
        currency=source["currency"].upper(),
        gross_minor=gross,
        fee_minor=fee,
        net_minor=gross - fee,
    )


def _kind(movement: Mapping[str, Any], source: Mapping[str, Any]) -> StatementKind | None:
    name = source.get("object")
    if name == "charge" and movement["type"] in ("charge", "payment"):
        return "charge" if source["status"] == "succeeded" else None
    if name == "charge" and movement["type"] == "payment_failure_refund":
        return "charge_failed"
    if name == "refund" and movement["amount"] < 0:
        return "refund" if source["status"] == "succeeded" else None
    if name == "dispute":
        return "dispute" if movement["amount"] < 0 else "dispute_won"
    return None


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(0), UTC).timestamp())
