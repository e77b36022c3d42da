"""Requests in one line, and reading everything that is told."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    Processor,
    RefundRequest,
    Report,
)
from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.payments.processors.sandbox.cards import script_of
from kalends.platform import database

FRIDAY = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)
LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)

_OWN_CURRENCY = {"card": "EUR", "ach": "USD", "sepa": "EUR", "bacs": "GBP", "pads": "CAD"}

_merchants = count(900_000_001)


def new_merchant() -> int:
    """The number of an account that nobody else uses."""
    return next(_merchants)


@contextmanager
def opened(merchant: int) -> Generator[SandboxProcessor]:
    """That merchant's processor, with its connections closed at the end."""
    processor = SandboxProcessor(database.connect, merchant)
    try:
        yield processor
    finally:
        processor.close()


def asked(token: str, key: str = "invoice-1:1", amount: int = 12_500, at: datetime = FRIDAY) -> ChargeRequest:
    """A charge with the token's own method and a currency that the method knows."""
    method = script_of(token).method
    metadata: dict[str, str | int] = {"payment_id": 7, "invoice_id": 1, "attempt": 1, "note": "ærlig"}
    return ChargeRequest(key, token, method, amount, _OWN_CURRENCY[method], metadata, at)


def charged(processor: Processor, request: ChargeRequest) -> ChargeOutcome:
    (outcome,) = processor.charge([request])
    return outcome


def giving_back(
    charge: ChargeRequest, amount: int, key: str = "refund-1", at: datetime | None = None
) -> RefundRequest:
    return RefundRequest(
        key, charge.idempotency_key, amount, charge.currency, {"refund_id": 3}, at or charge.at
    )


def told(processor: Processor, until: datetime = LONG_AFTER) -> list[Report]:
    """Every delivery until then, each acknowledged as it is read, one at a time."""
    heard: list[Report] = []
    while delivered := processor.reports(until, 1):
        processor.acknowledge(delivered)
        heard += delivered
    return heard


def story(reports: list[Report]) -> list[tuple[str, str]]:
    """What was told and when it came."""
    return [(report.kind, f"{report.due_at.astimezone(UTC):%Y-%m-%d %H:%M}") for report in reports]
