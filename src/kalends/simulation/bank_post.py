"""How the hostile processor tells things: late, twice, under two names, in the wrong order, nonsense, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from kalends.payments.processors.interface import Report, ReportKind
from kalends.simulation.bank_book import DISPUTE_FEE_MINOR, BookedCharge, BookedRefund


@dataclass(slots=True)
class _Delivery:
    due_at: datetime
    report: Report
    lost: bool = False


@dataclass(slots=True)
class BankPost:
    """Reports that were not acknowledged yet. What is ``lost`` comes when somebody asks for what was lost."""

    random: Random
    wildness: float
    tally: Counter[str]
    waiting: list[_Delivery] = field(default_factory=list[_Delivery])
    written: int = 0

    def tell_of_charge(self, charge: BookedCharge) -> None:
        """Report the end of a charge."""
        kind: ReportKind = "charge.succeeded" if charge.end == "succeeded" else "charge.failed"
        self._send(self._of_charge(charge, kind, charge.amount_minor, charge.fee_minor, charge.settles_at))

    def tell_of_dispute(self, charge: BookedCharge) -> None:
        """Report that a charge is disputed, and what the bank has decided: perhaps in the wrong order."""
        assert charge.disputed_at is not None
        assert charge.decided_at is not None
        amount = charge.disputed_minor or 0
        opened = self._of_charge(charge, "charge.disputed", amount, DISPUTE_FEE_MINOR, charge.disputed_at)
        kind: ReportKind = "dispute.won" if charge.won else "dispute.lost"
        decided = self._of_charge(charge, kind, amount, 0, charge.decided_at)
        reversed_order = self._happens(0.3)
        if reversed_order:
            self.tally["disputes told in the wrong order"] += 1
            opened = opened._replace(due_at=charge.decided_at + timedelta(days=1))
        self._send(opened)
        self._send(decided)

    def tell_of_refund(self, refund: BookedRefund) -> None:
        """Report the end of a refund."""
        kind: ReportKind = "refund.succeeded" if refund.end == "succeeded" else "refund.failed"
        report = self._of_charge(refund.charge, kind, refund.amount_minor, 0, refund.settles_at)
        metadata = {**refund.charge.metadata, **refund.metadata}
        self._send(
            report._replace(
                refund_key=refund.key,
                reference=refund.reference,
                metadata=metadata,
                failure_code=refund.code,
                failure_message=None if refund.code is None else "The bank sent the refund back.",
            )
        )

    def tell_that_method_ended(self, token: str, at: datetime) -> None:
        """Report that a stored method cannot be charged any more."""
        self.written += 1
        self._send(
            Report(
                f"ev-{self.written}", "method.ended", "", None, {}, token, "", 0, 0, None, None, None, at, at
            )
        )

    def due(self, until: datetime, limit: int) -> list[Report]:
        """What is delivered now; sometimes the latest first."""
        found = [each for each in self.waiting if not each.lost and each.due_at <= until]
        found.sort(key=lambda each: (each.due_at, each.report.event_id))
        if len(found) > 1 and self._happens(0.3):
            self.tally["reports out of order"] += 1
            found.reverse()
        return [each.report for each in found[:limit]]

    def forget(self, reports: Sequence[Report]) -> None:
        """Stop the deliveries that were acknowledged."""
        taken = {(each.event_id, each.due_at) for each in reports}
        self.waiting = [
            each for each in self.waiting if (each.report.event_id, each.report.due_at) not in taken
        ]

    def find_lost(self, at: datetime) -> int:
        """Let what was lost on the way be delivered after all."""
        lost = [each for each in self.waiting if each.lost and each.due_at <= at]
        for each in lost:
            each.lost = False
        self.tally["lost reports found"] += len(lost)
        return len(lost)

    def next_at(self) -> datetime | None:
        """When the next delivery is due that is not lost."""
        return min((each.due_at for each in self.waiting if not each.lost), default=None)

    def on_its_way(self, key: str, *kinds: str) -> bool:
        """Whether something of these kinds is still to be told of a charge or a refund, if only when it is found."""
        return any(
            key in (each.report.idempotency_key, each.report.refund_key) and each.report.kind in kinds
            for each in self.waiting
        )

    def is_lost(self, key: str) -> bool:
        """Whether the end of a charge was told and lost on the way, and nobody has asked for what was lost since."""
        ends = ("charge.succeeded", "charge.failed")
        return any(
            each.lost and each.report.idempotency_key == key and each.report.kind in ends
            for each in self.waiting
        )

    def _of_charge(
        self, charge: BookedCharge, kind: ReportKind, amount_minor: int, fee_minor: int, at: datetime
    ) -> Report:
        self.written += 1
        failed = kind == "charge.failed"
        return Report(
            event_id=f"ev-{self.written}",
            kind=kind,
            idempotency_key=charge.key,
            refund_key=None,
            metadata=dict(charge.metadata),
            reference=charge.reference,
            currency=charge.currency,
            amount_minor=amount_minor,
            fee_minor=fee_minor,
            failure_code=charge.code if failed else None,
            failure_message="The bank refused." if failed else None,
            decline="hard" if failed and charge.decline == "hard" else "soft" if failed else None,
            occurred_at=at,
            due_at=at,
        )

    def _send(self, report: Report) -> None:
        if self._happens(0.15):
            self.tally["reports late"] += 1
            report = report._replace(due_at=report.due_at + timedelta(hours=self.random.randint(1, 200)))
        lost = self._happens(0.08)
        self.tally["reports lost"] += lost
        self.waiting.append(_Delivery(report.due_at, report, lost))
        if self._happens(0.1):
            self.tally["reports replayed"] += 1
            again = report._replace(due_at=report.due_at + timedelta(hours=self.random.randint(1, 100)))
            self.waiting.append(_Delivery(again.due_at, again))
        if self._happens(0.1):
            self.tally["reports under two names"] += 1
            self.written += 1
            other = report._replace(event_id=f"ev-{self.written}")
            self.waiting.append(_Delivery(other.due_at, other))
        if self._happens(0.03):
            self._send_nonsense(report)

    def _send_nonsense(self, report: Report) -> None:
        """Something about a charge that is not ours, or a kind that nobody knows."""
        self.tally["reports of nonsense"] += 1
        self.written += 1
        what = self.random.choice(["kind", "charge", "key"])
        odd = report._replace(event_id=f"ev-{self.written}")
        if what == "kind":
            odd = odd._replace(kind="charge.pondered")
        elif what == "charge":
            odd = odd._replace(kind="charge.succeeded", idempotency_key="kalends-1-1-1", refund_key=None)
        else:
            odd = odd._replace(kind="charge.succeeded", idempotency_key="order-1001", refund_key=None)
        self.waiting.append(_Delivery(odd.due_at, odd))

    def _happens(self, probability: float) -> bool:
        return self.random.random() < probability * self.wildness
