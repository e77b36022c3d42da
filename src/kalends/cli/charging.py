"""Charges that were just decided on: sent to the processor now, and told by what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kalends.cli.records import called, spoken
from kalends.cli.session import Session, open_processors
from kalends.core.money import format_minor

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

_CHARGED = """
    SELECT p.id, i.number, p.amount_minor, p.currency, p.status, p.method_kind, p.brand, p.last4,
        p.failure_code, p.failure_reason, p.next_retry_on,
        (SELECT a.status FROM charge_attempt AS a
            WHERE a.account_id = p.account_id AND a.payment_id = p.id ORDER BY a.attempt DESC LIMIT 1)
    FROM payment AS p
    LEFT JOIN invoice AS i ON i.account_id = p.account_id AND i.id = p.invoice_id
    WHERE p.account_id = %(account_id)s AND p.id = ANY(%(ids)s)
    ORDER BY i.cycle, p.id
"""
_UNANSWERED = ("intended", "sent")


class Charged(NamedTuple):
    """What became of a charge."""

    payment: int
    invoice: str | None
    amount_minor: int
    currency: str
    status: str
    method: str
    failure_code: str | None
    failure_reason: str | None
    next_retry_on: Any

    def as_json(self) -> dict[str, Any]:
        """The charge for programs."""
        return self._asdict()

    @property
    def words(self) -> str:
        """The charge for people."""
        named = f"Payment {self.payment} of {format_minor(self.amount_minor, self.currency)} by {self.method}"
        if self.status == "succeeded":
            return f"{named} is collected."
        if self.status == "unknown":
            return f"{named} got no answer; the next run asks the processor what became of it."
        if self.status == "failed":
            again = f" It is tried again on {self.next_retry_on}." if self.next_retry_on else ""
            return f"{named} failed: {self.failure_reason or self.failure_code}{again}"
        return f"{named} is {spoken(self.status)}."


def collect_now(session: Session, ctx: AccountContext, payments: Sequence[int]) -> list[Charged]:
    """Send the account's charges that were decided on, and say what became of these payments, oldest first."""
    from kalends.payments.collect import collect

    with open_processors(ctx) as processors:
        collect(session.db, ctx, processors)
    rows = session.db.execute(_CHARGED, {"account_id": ctx.id, "ids": list(payments)}).fetchall()
    return [
        Charged(
            id_,
            number,
            amount,
            currency,
            "unknown" if attempt in _UNANSWERED else status,
            called(kind, brand, last4),
            code if status == "failed" else None,
            reason if status == "failed" else None,
            retry_on,
        )
        for id_, number, amount, currency, status, kind, brand, last4, code, reason, retry_on, attempt in rows
    ]


def none_failed(charged: Sequence[Charged]) -> bool:
    """Whether nothing was declined and every processor answered."""
    return all(item.status not in ("failed", "unknown") for item in charged)
