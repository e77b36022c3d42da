"""The hostile processor's own book: what it was asked for, what became of it, and what has moved on the balance.

Nothing of it is in our database, so nothing that we roll back or forget takes it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from kalends.payments.processors.interface import StatementKind, StatementLine

DISPUTE_FEE_MINOR = 1500
RETURN_FEE_MINOR = 500
"""What a bank debit costs that came back."""


@dataclass(slots=True)
class BookedCharge:
    """A charge that the processor took on. Its end is known from the start and true from ``settles_at`` on."""

    key: str
    token: str
    method_kind: str
    amount_minor: int
    currency: str
    metadata: Mapping[str, str | int]
    made_at: datetime
    settles_at: datetime
    end: str
    fee_minor: int
    reference: str
    code: str | None = None
    decline: str | None = None
    disputed_at: datetime | None = None
    decided_at: datetime | None = None
    won: bool = False
    disputed_minor: int | None = None

    def status_at(self, at: datetime) -> str:
        """``processing`` until its end has come."""
        return self.end if at >= self.settles_at else "processing"


@dataclass(slots=True)
class BookedRefund:
    """Money that goes back, or will; as with a charge, its end is known from the start."""

    key: str
    charge: BookedCharge
    amount_minor: int
    metadata: Mapping[str, str | int]
    settles_at: datetime
    end: str
    reference: str
    code: str | None = None

    def status_at(self, at: datetime) -> str:
        """``processing`` until its end has come."""
        return self.end if at >= self.settles_at else "processing"


@dataclass(slots=True)
class Book:
    """Everything that the processor has on its books, in the order in which it was asked for."""

    charges: dict[str, BookedCharge] = field(default_factory=dict[str, BookedCharge])
    refunds: dict[str, BookedRefund] = field(default_factory=dict[str, BookedRefund])

    def given_back_minor(self, charge: BookedCharge) -> int:
        """What was refunded of a charge, or is on its way."""
        return sum(
            each.amount_minor
            for each in self.refunds.values()
            if each.charge is charge and each.end == "succeeded"
        )

    def lines(self, until: datetime) -> list[StatementLine]:
        """Every movement that is true by ``until``, in order of time."""
        found = [line for charge in self.charges.values() for line in _of_charge(charge)]
        found += [
            _line("refund", each.settles_at, each.charge, -each.amount_minor, 0, each)
            for each in self.refunds.values()
            if each.end == "succeeded"
        ]
        return sorted(
            (line for line in found if line.occurred_at <= until),
            key=lambda line: (line.occurred_at, line.idempotency_key),
        )


def _of_charge(charge: BookedCharge) -> Iterator[StatementLine]:
    if charge.end == "succeeded":
        yield _line("charge", charge.settles_at, charge, charge.amount_minor, charge.fee_minor)
    elif charge.fee_minor:
        yield _line("charge_failed", charge.settles_at, charge, 0, charge.fee_minor)
    if charge.disputed_minor and charge.disputed_at is not None:
        yield _line("dispute", charge.disputed_at, charge, -charge.disputed_minor, DISPUTE_FEE_MINOR)
        if charge.won and charge.decided_at is not None:
            yield _line("dispute_won", charge.decided_at, charge, charge.disputed_minor, 0)


def _line(
    kind: StatementKind,
    at: datetime,
    charge: BookedCharge,
    gross: int,
    fee: int,
    refund: BookedRefund | None = None,
) -> StatementLine:
    metadata: dict[str, Any] = {**charge.metadata, **(refund.metadata if refund else {})}
    on: date = at.astimezone(UTC).date()
    return StatementLine(
        on=on,
        occurred_at=at,
        kind=kind,
        reference=refund.reference if refund else charge.reference,
        idempotency_key=charge.key,
        refund_key=refund.key if refund else None,
        metadata=metadata,
        currency=charge.currency,
        gross_minor=gross,
        fee_minor=fee,
        net_minor=gross - fee,
    )
