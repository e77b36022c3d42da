"""Disputes: the customer asks the bank for the money back, and the processor takes it until the bank has decided."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load, take_ids
from kalends.core.calendar import local_date
from kalends.core.postings import dispute_lost, dispute_opened, dispute_won
from kalends.events import journal
from kalends.ledger import book
from kalends.messages import outbox
from kalends.payments.collect import attempt_of_key
from kalends.payments.several import parts_of_charges, share

EVIDENCE_DAYS = 7
"""How long the business has to answer a dispute."""


class _Meaning(NamedTuple):
    """What a kind of report makes of the payment and the dispute, and whom it is told to."""

    payment_status: str
    dispute_status: str
    notice: str


MEANINGS = {
    "charge.disputed": _Meaning("disputed_action_required", "open", "dispute_opened"),
    "dispute.won": _Meaning("disputed_won", "won", "dispute_won"),
    "dispute.lost": _Meaning("disputed_lost", "lost", "dispute_lost"),
}


class _Disputed(NamedTuple):
    payment_id: int
    payment_status: str
    currency: str
    subscription_id: int | None
    contact_id: int | None
    dispute_id: int | None
    dispute_status: str | None


def record_dispute(db: Connection[Any], ctx: AccountContext, report: dict[str, Any]) -> bool:
    """Write a report about a dispute; says whether the report is dealt with.

    The invoice stays paid and the subscription goes on. A report that was written before is dealt with. A decision
    that comes before the dispute it decides is not: it waits until that has come. A charge that paid several invoices
    is disputed in each of its payments that has a share in what is disputed.
    """
    key = report["idempotency_key"]
    parts = parts_of_charges(db, ctx, [key]).get(key)
    if parts is None:
        _, invoice_id, attempt = attempt_of_key(key)
        return _record_one(db, ctx, report, invoice_id, attempt)
    shares = zip(parts, share(report["amount_minor"], parts), strict=True)
    disputed = [(part, amount) for part, amount in shares if amount]
    fees = share(report["fee_minor"], [part for part, _ in disputed])
    with db.transaction():
        dealt_with = [
            _record_one(
                db, ctx, {**report, "amount_minor": amount, "fee_minor": fee}, part.invoice_id, part.attempt
            )
            for (part, amount), fee in zip(disputed, fees, strict=True)
        ]
    return all(dealt_with)


def _record_one(
    db: Connection[Any], ctx: AccountContext, report: dict[str, Any], invoice_id: int, attempt: int
) -> bool:
    kind, meaning = report["kind"], MEANINGS[report["kind"]]
    at = datetime.fromisoformat(report["occurred_at"])
    with db.transaction():
        params = {"account_id": ctx.id, "invoice_id": invoice_id, "attempt": attempt}
        row = db.execute(load("kalends.payments", "disputed_payment"), params).fetchone()
        if row is None:
            return False
        disputed = _Disputed(*row)
        opens = kind == "charge.disputed"
        if disputed.dispute_id is None and not opens:
            return False
        if disputed.dispute_id is not None and (opens or disputed.dispute_status != "open"):
            return True
        dispute_id = disputed.dispute_id or take_ids(db, 1)[0]
        day = local_date(at, ctx.time_zone)
        values = {
            "account_id": ctx.id,
            "id": dispute_id,
            "payment_id": disputed.payment_id,
            "amount": report["amount_minor"],
            "fee": max(0, report["fee_minor"]),
            "fee_back": max(0, -report["fee_minor"]),
            "currency": disputed.currency,
            "status": meaning.dispute_status,
            "payment_status": meaning.payment_status,
            "at": at,
            "decided_at": None if opens else at,
            "evidence_due": day + timedelta(days=EVIDENCE_DAYS),
            "now": ctx.now,
        }
        db.execute(load("kalends.payments", "write_dispute"), values)
        amount = report["amount_minor"]
        transfers = {
            "charge.disputed": lambda: dispute_opened(amount, report["fee_minor"]),
            "dispute.won": lambda: dispute_won(amount, max(0, -report["fee_minor"])),
            "dispute.lost": lambda: dispute_lost(amount),
        }[kind]()
        entry = book.Entry(dispute_id, 0, day, disputed.currency, transfers, invoice_id, disputed.payment_id)
        book.post(db, ctx.id, [entry])
        _tell(db, ctx, disputed, meaning, amount)
    return True


def _tell(
    db: Connection[Any], ctx: AccountContext, disputed: _Disputed, meaning: _Meaning, amount_minor: int
) -> None:
    data = {
        "amount_minor": amount_minor,
        "currency": disputed.currency,
        **journal.changed(status=(disputed.payment_status, meaning.payment_status)),
    }
    event = journal.NewEvent(
        f"payment.{meaning.notice}", "payment", disputed.payment_id, disputed.subscription_id, data
    )
    journal.write(db, ctx.id, ctx.now, [event])
    if disputed.contact_id is not None:
        letter = outbox.Letter(meaning.notice, disputed.payment_id, disputed.contact_id)
        outbox.notify_staff(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)
