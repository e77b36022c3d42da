"""Sending refunds to processors, and writing down what became of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.core.calendar import local_date
from kalends.core.postings import refund_failed, refund_returned, refund_settled
from kalends.events import journal
from kalends.ledger import book
from kalends.messages import outbox
from kalends.payments.collect import Processors, idempotency_key
from kalends.payments.processors.answers import refund_answers, refunds_known
from kalends.payments.processors.interface import (
    Processor,
    ProcessorUnavailable,
    RefundOutcome,
    RefundRequest,
)
from kalends.payments.sender import named_sender
from kalends.platform.patience import patient

BLOCK_SIZE = 200


class Settled(NamedTuple):
    """What became of a refund: ``processing``, ``succeeded`` or ``failed``, and when."""

    refund_id: int
    status: str
    at: datetime
    reference: str | None = None
    settles_on: date | None = None
    failure_code: str | None = None
    failure_reason: str | None = None


class _Sent(NamedTuple):
    refund_id: int
    payment_id: int
    amount_minor: int
    currency: str
    processor: str
    invoice_id: int
    attempt: int
    charge_key: str | None


class _Standing(NamedTuple):
    refund_id: int
    status: str
    amount_minor: int
    currency: str
    payment_id: int
    payment_status: str
    payment_amount_minor: int
    refunded_minor: int
    others_open: bool
    by_hand: bool
    invoice_id: int | None
    subscription_id: int | None
    contact_id: int | None


def refund_key(account_id: int, refund_id: int) -> str:
    """The key under which a processor is asked for a refund; the same refund always has the same key."""
    return f"kalends-refund-{account_id}-{refund_id}"


def refund_of_key(key: str) -> int:
    """The refund's id in such a key. Raises ``ValueError`` for a key that is not ours."""
    head, _, refund_id = key.rpartition("-")
    if not head.startswith("kalends-refund-") or not refund_id.isdecimal():
        raise ValueError(f"{key!r} is not a refund's key of Kalends.")
    return int(refund_id)


def send_refunds(db: Connection[Any], ctx: AccountContext, processors: Processors) -> int:
    """Send every refund that was decided on and write what became of it; returns how many were sent.

    A refund whose answer got lost is looked up before it is sent again, under the same key.
    """
    sent_in_all = 0
    _give_up_on_failed_debits(db, ctx)
    _ask_about_lost(db, ctx, processors)
    with named_sender(db) as sender:
        while True:
            sent = _mark_sent(db, ctx, sender)
            if not sent:
                return sent_in_all
            sent_in_all += len(sent)
            for name, items in _by_processor(sent).items():
                settle_refunds(db, ctx, _answers(ctx, _refund(processors(name), _requests(ctx, items))))


@patient
def _mark_sent(db: Connection[Any], ctx: AccountContext, sender: int) -> list[_Sent]:
    params = {"account_id": ctx.id, "sender": sender, "limit": BLOCK_SIZE}
    with db.transaction():
        return [_Sent(*row) for row in fetch(db, load("kalends.payments", "mark_refunds_sent"), params)]


def _give_up_on_failed_debits(db: Connection[Any], ctx: AccountContext) -> None:
    """A debit that came back has nothing to give back."""
    rows = db.execute(load("kalends.payments", "refunds_of_failed_debits"), {"account_id": ctx.id}).fetchall()
    reason = "The bank debit came back, so there is nothing to give back."
    settle_refunds(
        db,
        ctx,
        [Settled(row[0], "failed", ctx.now, None, None, "charge_failed", reason) for row in rows],
    )


def _by_processor(sent: Sequence[_Sent]) -> dict[str, list[_Sent]]:
    groups: dict[str, list[_Sent]] = {}
    for item in sent:
        groups.setdefault(item.processor, []).append(item)
    return groups


def _requests(ctx: AccountContext, items: Sequence[_Sent]) -> list[RefundRequest]:
    return [
        RefundRequest(
            refund_key(ctx.known_as, item.refund_id),
            item.charge_key or idempotency_key(ctx.known_as, item.invoice_id, item.attempt),
            item.amount_minor,
            item.currency,
            {"account_id": ctx.id, "refund_id": item.refund_id},
            ctx.now,
        )
        for item in items
    ]


def _refund(processor: Processor, requests: Sequence[RefundRequest]) -> list[RefundOutcome]:
    outcomes: list[RefundOutcome] = []
    for start in range(0, len(requests), processor.batch_size):
        batch = requests[start : start + processor.batch_size]
        try:
            outcomes += refund_answers(batch, processor.refund(batch))
        except ProcessorUnavailable:
            outcomes += [RefundOutcome(request.idempotency_key, "unknown") for request in batch]
    return outcomes


def _answers(ctx: AccountContext, outcomes: Sequence[RefundOutcome]) -> list[Settled]:
    return [
        Settled(
            refund_of_key(outcome.idempotency_key),
            outcome.status,
            ctx.now,
            outcome.reference,
            outcome.settles_on,
            outcome.failure_code,
            outcome.failure_message,
        )
        for outcome in outcomes
        if outcome.status != "unknown"
    ]


def _ask_about_lost(db: Connection[Any], ctx: AccountContext, processors: Processors) -> None:
    """Look up refunds whose sender is gone; those that the processor never saw may be sent again."""
    lost = [
        _Sent(*row) for row in fetch(db, load("kalends.payments", "lost_refunds"), {"account_id": ctx.id})
    ]
    for name, items in _by_processor(lost).items():
        keys = [refund_key(ctx.known_as, item.refund_id) for item in items]
        try:
            found = refunds_known(keys, processors(name).lookup_refunds(keys, ctx.now))
        except ProcessorUnavailable:
            continue
        settle_refunds(db, ctx, _answers(ctx, list(found.values())))
        _free(db, ctx, [item.refund_id for item, key in zip(items, keys, strict=True) if key not in found])


@patient
def _free(db: Connection[Any], ctx: AccountContext, unseen: Sequence[int]) -> None:
    """Let refunds that the processor never saw be sent again, under the same key."""
    db.execute(
        "UPDATE refund SET status = 'intended', sender = NULL "
        "WHERE account_id = %s AND id = ANY(%s) AND status = 'sent'",
        [ctx.id, unseen],
    )


@patient
def settle_refunds(db: Connection[Any], ctx: AccountContext, answers: Sequence[Settled]) -> int:
    """Write what became of refunds; what is known already is left alone. Returns how many were new."""
    if not answers:
        return 0
    latest = {answer.refund_id: answer for answer in answers}
    written = 0
    with db.transaction():
        ids = {"account_id": ctx.id, "ids": integers(sorted(latest))}
        db.execute(load("kalends.payments", "lock_subscriptions_of_refunds"), ids)
        for refund_id in sorted(latest):
            row = db.execute(
                load("kalends.payments", "refund_standing"), {"account_id": ctx.id, "id": refund_id}
            ).fetchone()
            if row is not None and _is_news(_Standing(*row), latest[refund_id].status):
                _settle(db, ctx, _Standing(*row), latest[refund_id])
                written += 1
    return written


def _is_news(standing: _Standing, now: str) -> bool:
    before = standing.status
    if before == "processing":
        return now != "processing"
    return before in ("intended", "sent") or _is_returned(standing, now)


def _is_returned(standing: _Standing, now: str) -> bool:
    """Whether a bank sends back what it had taken: a refund may fail days after it succeeded."""
    return standing.status == "succeeded" and now == "failed" and not standing.by_hand


def _settle(db: Connection[Any], ctx: AccountContext, standing: _Standing, answer: Settled) -> None:
    done, returned = answer.status == "succeeded", _is_returned(standing, answer.status)
    given = standing.amount_minor if done else -standing.amount_minor if returned else 0
    refunded = standing.refunded_minor + given
    status = _payment_status(standing, answer.status, refunded)
    params = {
        "account_id": ctx.id,
        "id": standing.refund_id,
        "payment_id": standing.payment_id,
        "status": answer.status,
        "reference": answer.reference,
        "settles_on": answer.settles_on,
        "settled_at": answer.at if done else None,
        "returned_at": answer.at if returned else None,
        "code": answer.failure_code,
        "failure": answer.failure_reason,
        "payment_status": status,
        "given_minor": given,
        "now": ctx.now,
        "at": answer.at,
    }
    db.execute(load("kalends.payments", "settle_refund"), params)
    _post(db, ctx, standing, answer)
    data: dict[str, Any] = {"amount_minor": standing.amount_minor, "currency": standing.currency}
    data |= journal.changed(
        status=(standing.payment_status, status), refunded_minor=(standing.refunded_minor, refunded)
    )
    if answer.status == "failed":
        data["reason"] = answer.failure_reason
    kind = {"succeeded": "payment.refunded", "failed": "payment.refund_failed"}.get(
        answer.status, "payment.refund_processing"
    )
    event = journal.NewEvent(kind, "payment", standing.payment_id, standing.subscription_id, data)
    journal.write(db, ctx.id, ctx.now, [event])
    if done and standing.contact_id is not None:
        letter = outbox.Letter("refund", standing.refund_id, standing.contact_id)
        outbox.queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)


def _payment_status(standing: _Standing, outcome: str, refunded_minor: int) -> str:
    """The payment's status once a refund of it is known; a debit under way and a dispute stay so."""
    if standing.payment_status in ("processing", "failed") or standing.payment_status.startswith("disputed_"):
        return standing.payment_status
    if outcome == "processing" or standing.others_open:
        return "processing_refund"
    if refunded_minor == 0:
        return "succeeded"
    return "refunded" if refunded_minor == standing.payment_amount_minor else "partially_refunded"


def _post(db: Connection[Any], ctx: AccountContext, standing: _Standing, answer: Settled) -> None:
    if standing.by_hand or answer.status == "processing":
        return
    post = {"succeeded": refund_settled, "failed": refund_failed}[answer.status]
    if _is_returned(standing, answer.status):
        post = refund_returned
    transfers = post(standing.amount_minor)
    day = local_date(answer.at, ctx.time_zone)
    entry = book.Entry(
        standing.refund_id, 0, day, standing.currency, transfers, standing.invoice_id, standing.payment_id
    )
    book.post(db, ctx.id, [entry])
