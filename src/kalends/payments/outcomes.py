"""Writing down what became of charges: one path for answers, reports, and money recorded by hand.

A block of outcomes moves attempts, payments, invoices and subscriptions, posts to the ledger, and announces, in
one transaction. An outcome that was written before is left alone, so a report that comes twice, late, or after the
answer it belongs to does no harm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, integers, load
from kalends.core.calendar import local_date
from kalends.core.dunning import next_retry, tries_by_schedule
from kalends.core.lifecycle import Cause, Status, is_terminal, transition
from kalends.core.postings import (
    Transfer,
    payment_failed,
    payment_pending,
    payment_recorded,
    payment_settled,
)
from kalends.events import journal
from kalends.ledger import book
from kalends.messages import outbox
from kalends.platform.patience import patient

SETTLED = "succeeded"
PENDING = "processing"
FAILED = "failed"
NOT_YET_ANSWERED = ("intended", "sent")
ENDED_UNSENT, PAUSED_UNSENT = "subscription_ended", "subscription_paused"
NEVER_SENT = frozenset({ENDED_UNSENT, PAUSED_UNSENT})
"""Failure codes of charges that were given up before they were sent: nobody was asked for money, so nobody is told."""
NOT_THE_CUSTOMERS = frozenset({"invalid_amount", "idempotency_key_reused", "request_refused"})
"""Failure codes of charges that the processor did not understand or accept from us: staff is told, and no customer."""


class Outcome(NamedTuple):
    """What became of one attempt: ``status`` is ``processing``, ``succeeded`` or ``failed``; ``at`` when it did.

    ``fee_minor`` is what the processor kept: of what was collected, or for a bank debit that came back.
    """

    invoice_id: int
    attempt: int
    status: str
    at: datetime
    reference: str | None = None
    fee_minor: int = 0
    failure_code: str | None = None
    failure_reason: str | None = None
    decline: str | None = None


class _Standing(NamedTuple):
    """Where an attempt, its payment, its invoice and its subscription stand before an outcome is written.

    ``of_cycle``: the invoice bills a cycle. What a prorated edit charges is no payment of the agreed ones.
    ``at_hand``: a buyer pays by card on the invoice's page. Declined, it is archived at once: they are told there, may
    try another card, and nothing but the record of the try comes of it. ``charge_key`` is set where one charge paid
    several invoices: its customer gets one receipt for all of it.
    """

    invoice_id: int
    attempt: int
    attempt_status: str
    payment_id: int
    amount_minor: int
    currency: str
    method_kind: str
    processor: str
    contact_id: int | None
    first_failed_on: date | None
    subscription_id: int | None
    subscription_status: str | None
    subscription_end: date | None
    of_cycle: bool
    at_hand: bool
    charge_key: str | None


@dataclass(slots=True)
class _OfSubscription:
    """All that one block's outcomes mean for one subscription."""

    before: str
    after: str
    settled_minor: int = 0
    settled_count: int = 0
    failed_count: int = 0
    last_amount_minor: int | None = None
    last_on: date | None = None
    last_status: str = ""
    churn_date: date | None = None


@dataclass(slots=True)
class Written:
    """How many outcomes were new, by what they said."""

    succeeded: int = 0
    processing: int = 0
    failed: int = 0
    known_before: int = 0


@dataclass(slots=True)
class _Block:
    """Rows gathered for the statements that write a block."""

    attempts: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    payments: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    paid: dict[int, int] = field(default_factory=dict[int, int])
    subscriptions: dict[int, _OfSubscription] = field(default_factory=dict[int, _OfSubscription])
    entries: list[book.Entry] = field(default_factory=list[book.Entry])
    events: list[journal.NewEvent] = field(default_factory=list[journal.NewEvent])
    letters: list[outbox.Letter] = field(default_factory=list[outbox.Letter])
    notices: list[outbox.Letter] = field(default_factory=list[outbox.Letter])
    declined_at_hand: list[int] = field(default_factory=list[int])
    receipts: set[str] = field(default_factory=set[str])


@patient
def record_outcomes(
    db: Connection[Any], ctx: AccountContext, outcomes: Sequence[Outcome], *, actor: str = "system"
) -> Written:
    """Write a block of outcomes in a transaction of its own; says how many were new. ``actor`` is who found out."""
    if not outcomes:
        return Written()
    with db.pipeline(), db.transaction():
        return write_outcomes(db, ctx, outcomes, actor=actor)


def write_outcomes(
    db: Connection[Any], ctx: AccountContext, outcomes: Sequence[Outcome], *, actor: str = "system"
) -> Written:
    """As ``record_outcomes``, in the transaction of the caller."""
    written = Written()
    latest = {(outcome.invoice_id, outcome.attempt): outcome for outcome in outcomes}
    block = _Block()
    for standing in _standings(db, ctx.id, latest):
        outcome = latest[standing.invoice_id, standing.attempt]
        if not _is_news(standing, outcome):
            written.known_before += 1
            continue
        setattr(written, outcome.status, getattr(written, outcome.status) + 1)
        _gather(block, ctx, standing, outcome)
    _write(db, ctx, block, actor)
    _recover(db, ctx, block)
    return written


def _standings(db: Connection[Any], account_id: int, keys: Iterable[tuple[int, int]]) -> list[_Standing]:
    invoices, attempts = zip(*sorted(keys), strict=True)
    params = {"account_id": account_id, "invoices": integers(invoices), "attempts": integers(attempts)}
    db.execute(load("kalends.payments", "lock_subscriptions"), params)
    return [_Standing(*row) for row in fetch(db, load("kalends.payments", "standings"), params)]


def _is_news(standing: _Standing, outcome: Outcome) -> bool:
    """Whether an outcome moves its attempt on; what is settled or failed stays so; what was sent is not given up."""
    if outcome.failure_code in NEVER_SENT:
        return standing.attempt_status == "intended"
    if outcome.status == PENDING:
        return standing.attempt_status in NOT_YET_ANSWERED
    return standing.attempt_status in (*NOT_YET_ANSWERED, PENDING)


def _gather(block: _Block, ctx: AccountContext, standing: _Standing, outcome: Outcome) -> None:
    day = local_date(outcome.at, ctx.time_zone)
    settled = outcome.status == SETTLED
    failed = outcome.status == FAILED
    block.attempts.append(
        (
            standing.invoice_id,
            standing.attempt,
            outcome.status,
            outcome.reference,
            outcome.failure_code,
            outcome.fee_minor if failed else 0,
        )
    )
    retry_on = _retry_on(ctx, standing, outcome, day) if failed and not standing.at_hand else None
    if failed and standing.at_hand:
        block.declined_at_hand.append(standing.payment_id)
    block.payments.append(
        (
            standing.payment_id,
            outcome.status,
            outcome.fee_minor if settled else 0,
            outcome.at,
            outcome.at if settled else None,
            outcome.reference,
            outcome.failure_code,
            outcome.failure_reason,
            retry_on,
            day if failed and standing.first_failed_on is None else standing.first_failed_on,
        )
    )
    transfers = _transfers(standing, outcome)
    if transfers:
        block.entries.append(
            book.Entry(
                standing.payment_id,
                standing.attempt,
                day,
                standing.currency,
                transfers,
                standing.invoice_id,
                standing.payment_id,
            )
        )
    if settled:
        block.paid[standing.invoice_id] = block.paid.get(standing.invoice_id, 0) + standing.amount_minor
    if standing.subscription_id is not None:
        _gather_subscription(block, standing, outcome, day)
    _announce(block, standing, outcome, retry_on)


def _transfers(standing: _Standing, outcome: Outcome) -> tuple[Transfer, ...]:
    was_pending = standing.attempt_status == PENDING
    if outcome.status == PENDING:
        return payment_pending(standing.amount_minor)
    if outcome.status == FAILED:
        return payment_failed(standing.amount_minor if was_pending else 0, outcome.fee_minor)
    if standing.processor == "none":
        return payment_recorded(standing.amount_minor)
    return payment_settled(standing.amount_minor, outcome.fee_minor, was_pending)


def _retry_on(ctx: AccountContext, standing: _Standing, outcome: Outcome, day: date) -> date | None:
    """When to try again: never once the subscription has ended."""
    status = standing.subscription_status
    if status is None or is_terminal(Status(status)) or outcome.decline == "hard":
        return None
    first, schedule = standing.first_failed_on or day, ctx.settings.retry_days
    return next_retry(
        first,
        tries_by_schedule(first, day, standing.attempt, schedule),
        schedule,
        method=standing.method_kind,
        decline=outcome.failure_code or "",
        bank_debits=ctx.settings.retry_bank_debits,
    )


def _gather_subscription(block: _Block, standing: _Standing, outcome: Outcome, day: date) -> None:
    assert standing.subscription_id is not None
    assert standing.subscription_status is not None
    of = block.subscriptions.get(standing.subscription_id)
    if of is None:
        of = _OfSubscription(standing.subscription_status, standing.subscription_status)
        block.subscriptions[standing.subscription_id] = of
    of.last_status = outcome.status
    if outcome.status == SETTLED:
        of.settled_minor += standing.amount_minor
        of.settled_count += 1 if standing.of_cycle else 0
        of.last_amount_minor, of.last_on = standing.amount_minor, day
    elif outcome.status == FAILED:
        of.failed_count += 1
        status = Status(of.after)
        moves = not standing.at_hand and outcome.failure_code not in NEVER_SENT
        if moves and not is_terminal(status) and status != Status.PAUSED:
            of.after = transition(status, Cause.CHARGE_FAILED).value
            of.churn_date = day


_KINDS = {SETTLED: "payment.succeeded", PENDING: "payment.processing", FAILED: "payment.failed"}
_LETTERS = {SETTLED: ("receipt", "payment_made"), FAILED: ("charge_failed", "payment_failed")}


def _announce(block: _Block, standing: _Standing, outcome: Outcome, retry_on: date | None) -> None:
    data: dict[str, Any] = {
        "amount_minor": standing.amount_minor,
        "currency": standing.currency,
        "attempt": standing.attempt,
        **journal.changed(status=(PENDING, outcome.status)),
    }
    if outcome.status == FAILED:
        data |= {"reason": outcome.failure_reason, "code": outcome.failure_code, "retry_on": retry_on}
    block.events.append(
        journal.NewEvent(
            _KINDS[outcome.status], "payment", standing.payment_id, standing.subscription_id, data
        )
    )
    if standing.contact_id is None or outcome.status == PENDING or outcome.failure_code in NEVER_SENT:
        return
    if outcome.status == FAILED and standing.at_hand:
        return
    if outcome.status == SETTLED and standing.charge_key is not None:
        if standing.charge_key in block.receipts:
            return
        block.receipts.add(standing.charge_key)
    occasion = str(standing.attempt)
    kind, notice = _LETTERS[outcome.status]
    if outcome.failure_code not in NOT_THE_CUSTOMERS:
        block.letters.append(outbox.Letter(kind, standing.payment_id, standing.contact_id, occasion))
    block.notices.append(outbox.Letter(notice, standing.payment_id, standing.contact_id, occasion))


def _write(db: Connection[Any], ctx: AccountContext, block: _Block, actor: str) -> None:
    if not block.attempts:
        return
    shared = {"account_id": ctx.id, "now": ctx.now}
    names = ("invoices", "attempts", "statuses", "references", "codes", "fees")
    db.execute(load("kalends.payments", "answer_attempts"), {**shared, **arrays(names, block.attempts)})
    names = (
        "ids",
        "statuses",
        "fees",
        "ats",
        "settled",
        "references",
        "codes",
        "reasons",
        "retries",
        "failed_on",
    )
    db.execute(load("kalends.payments", "move_payments"), {**shared, **arrays(names, block.payments)})
    if block.declined_at_hand:
        declined = {**shared, "ids": integers(block.declined_at_hand)}
        db.execute(load("kalends.payments", "archive_declined"), declined)
    if block.paid:
        paid = arrays(("invoices", "amounts"), list(block.paid.items()))
        db.execute(load("kalends.payments", "pay_invoices"), {**shared, "actor": actor, **paid})
    _write_subscriptions(db, shared, block)
    book.post(db, ctx.id, block.entries)
    journal.write(db, ctx.id, ctx.now, block.events, actor)
    outbox.queue(db, ctx.id, ctx.now, block.letters, status=ctx.settings.letters)
    outbox.notify_staff(db, ctx.id, ctx.now, block.notices, status=ctx.settings.letters)


def _write_subscriptions(db: Connection[Any], shared: dict[str, Any], block: _Block) -> None:
    if not block.subscriptions:
        return
    rows = [
        (
            id_,
            of.after,
            of.settled_minor,
            of.settled_count,
            of.failed_count,
            of.last_amount_minor,
            of.last_on,
            of.last_status,
            of.churn_date,
        )
        for id_, of in block.subscriptions.items()
    ]
    names = ("ids", "statuses", "settled", "completed", "failed", "amounts", "days", "last", "churned")
    db.execute(load("kalends.payments", "count_on_subscriptions"), {**shared, **arrays(names, rows)})
    for id_, of in block.subscriptions.items():
        if of.after != of.before:
            data = journal.changed(status=(of.before, of.after), churn_date=(None, of.churn_date))
            block.events.append(journal.NewEvent("subscription.unpaid", "subscription", id_, id_, data))


def _recover(db: Connection[Any], ctx: AccountContext, block: _Block) -> None:
    """Bring subscriptions back to Active whose last arrears this block has cleared."""
    behind = [
        id_
        for id_, of in block.subscriptions.items()
        if of.settled_minor and of.after in (Status.UNPAID, Status.PAST_DUE)
    ]
    if behind:
        recover_subscriptions(db, ctx, behind)


def recover_subscriptions(db: Connection[Any], ctx: AccountContext, ids: Sequence[int]) -> int:
    """Make Active again those of the subscriptions that owe nothing overdue any more; their churn date is cleared."""
    params = {"account_id": ctx.id, "now": ctx.now, "today": ctx.today, "ids": integers(ids)}
    params["active"] = transition(Status.UNPAID, Cause.ARREARS_CLEARED).value
    rows = fetch(db, load("kalends.payments", "recover_subscriptions"), params)
    events = [
        journal.NewEvent(
            "subscription.recovered",
            "subscription",
            id_,
            id_,
            journal.changed(status=(before, params["active"]), churn_date=(churned, None)),
        )
        for id_, before, churned in rows
    ]
    journal.write(db, ctx.id, ctx.now, events)
    return len(rows)
