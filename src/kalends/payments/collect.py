"""Collecting: what was decided in a billing transaction is now asked of the processor, outside any transaction.

Intention, call, outcome. An attempt is marked ``sent`` by a named sender and committed before the call; the sender
holds an advisory lock for as long as it lives. Whatever is ``sent`` by a sender whose lock is free is unknown: the
processor is asked what became of it, and only what it never saw is sent again, under the same idempotency key.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, load
from kalends.payments.outcomes import Outcome, Written, record_outcomes
from kalends.payments.processors.answers import charge_answers, charges_known
from kalends.payments.processors.interface import (
    ChargeOutcome,
    ChargeRequest,
    Processor,
    ProcessorUnavailable,
)
from kalends.payments.sender import named_sender
from kalends.payments.unbooked import BILLED_FOR, open_charges, take_over
from kalends.payments.unsent import give_up_freed
from kalends.platform.patience import patient

Processors = Callable[[str], Processor]
"""Gives the account's processor of a name."""

BLOCK_SIZE = 1_000
METHOD_ENDED = "method_ended"
"""The failure code of a charge that was not sent, since its method had ended."""
CALLS_MAX = 5
"""How many calls for an attempt may end without an answer before it waits for a person."""


class CustomerThere(NamedTuple):
    """A customer who waits for one payment of theirs, and where the bank's page sends them back to."""

    payment_id: int
    return_url: str


class AtTheBank(NamedTuple):
    """A payment that its customer has to confirm at the bank, and the page on which they do."""

    payment_id: int
    amount_minor: int
    url: str


class _Sent(NamedTuple):
    invoice_id: int
    attempt: int
    payment_id: int
    amount_minor: int
    currency: str
    processor: str
    token: str
    method_kind: str
    is_ended: bool = False
    billed_for: str = ""


@dataclass(slots=True)
class Collected:
    """What came of collecting, in numbers of charge attempts. ``unknown`` ones are asked about on the next run.

    ``action_urls`` are pages on which customers who are there confirm their payments.
    """

    sent: int = 0
    succeeded: int = 0
    processing: int = 0
    failed: int = 0
    unknown: int = 0
    action_urls: list[str] = field(default_factory=list[str])

    def add(self, written: Written) -> None:
        """Count outcomes that were written."""
        self.succeeded += written.succeeded
        self.processing += written.processing
        self.failed += written.failed


def idempotency_key(account_id: int, invoice_id: int, attempt: int) -> str:
    """The key under which a processor is asked for one attempt; the same attempt always has the same key.

    ``account_id`` is the number by which processors know the account (``AccountContext.known_as``).
    """
    return f"kalends-{account_id}-{invoice_id}-{attempt}"


def attempt_of_key(key: str) -> tuple[int, int, int]:
    """Account, invoice and attempt of an idempotency key. Raises ``ValueError`` for a key that is not ours."""
    parts = key.split("-")
    if len(parts) != 4 or parts[0] != "kalends" or not all(part.isdecimal() for part in parts[1:]):
        raise ValueError(f"{key!r} is not a key of Kalends: those read kalends-account-invoice-attempt.")
    return int(parts[1]), int(parts[2]), int(parts[3])


def collect(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    *,
    size: int = BLOCK_SIZE,
    goes_on: Callable[[Collected], bool] = lambda so_far: True,
    there: CustomerThere | None = None,
) -> Collected:
    """Send every intended charge of the account and write what became of it.

    First settles what an earlier run left without an answer. ``goes_on`` is asked between two batches, with what came
    of it so far. With a customer who is ``there``, only that payment is sent and settled. ``db`` must not be inside a
    transaction.
    """
    total = Collected()
    unsure = settle_unknown(db, ctx, processors, total, there)
    never_seen: list[_Sent] = []
    with named_sender(db) as sender:
        more = True
        while more:
            sent = _mark_sent(db, ctx, sender, size, there)
            more = len(sent) == size
            total.sent += len(sent)
            outcomes = _taken_over(db, ctx, processors, sent)
            left = _without(ctx, sent, outcomes)
            outcomes += _call(ctx, processors, [item for item in left if not item.is_ended], there)
            outcomes += _not_sent(ctx, left)
            total.action_urls += [outcome.action_url for outcome in outcomes if outcome.action_url]
            total.add(record_outcomes(db, ctx, _known(ctx, outcomes)))
            if unanswered := _unanswered(ctx, sent, outcomes):
                unsure = True
                _count_unanswered(db, ctx, unanswered)
                never_seen += _ask(db, ctx, processors, unanswered, total)
            more = more and goes_on(total)
    _free(db, ctx, never_seen)
    total.unknown = _count_unknown(db, ctx) if unsure else 0
    return total


def settle_unknown(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    total: Collected,
    there: CustomerThere | None = None,
) -> bool:
    """Ask about attempts whose sender is gone: write what is known, free what the processor never saw.

    Returns whether there were any.
    """
    params = {"account_id": ctx.id, "payment_id": there.payment_id if there else None}
    lost = [_Sent(*row) for row in fetch(db, load("kalends.payments", "lost_attempts"), params)]
    never_seen = _ask(db, ctx, processors, lost, total)
    _free(db, ctx, never_seen)
    return bool(lost)


def cards_under_way(
    db: Connection[Any], ctx: AccountContext, *, payment_id: int | None = None, invoice_id: int | None = None
) -> list[_Sent]:
    """Charges of cards that a processor has taken and not decided: of a payment, of an invoice, or of all."""
    params = {"account_id": ctx.id, "payment_id": payment_id, "invoice_id": invoice_id}
    return [_Sent(*row) for row in fetch(db, load("kalends.payments", "card_attempts_under_way"), params)]


def ask_about_cards(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    *,
    payment_id: int | None = None,
    invoice_id: int | None = None,
    give_up: bool = False,
) -> list[AtTheBank]:
    """Find out what banks have decided about such charges, and write it; returns those that wait for their customers.

    With ``give_up`` nothing waits afterwards, where the processor can be reached: what nobody has confirmed takes no
    money any more. ``db`` must not be inside a transaction.
    """
    cards = cards_under_way(db, ctx, payment_id=payment_id, invoice_id=invoice_id)
    pages: dict[str, str] = {}
    _ask(db, ctx, processors, cards, Collected(), give_up=give_up, pages=pages)
    return [
        AtTheBank(item.payment_id, item.amount_minor, pages[key])
        for item in cards
        if (key := idempotency_key(ctx.known_as, item.invoice_id, item.attempt)) in pages
    ]


@patient
def _count_unanswered(db: Connection[Any], ctx: AccountContext, unanswered: Sequence[_Sent]) -> None:
    db.execute(load("kalends.payments", "count_unanswered"), {"account_id": ctx.id, **_attempts(unanswered)})


@patient
def _free(db: Connection[Any], ctx: AccountContext, never_seen: Sequence[_Sent]) -> None:
    """Let the next run send again, under the same key, what the processor says it never saw.

    What belongs to a subscription that was canceled or paused meanwhile is given up instead.
    """
    if never_seen:
        params = {"account_id": ctx.id, "calls_max": CALLS_MAX, **_attempts(never_seen)}
        with db.transaction():
            db.execute(load("kalends.payments", "lock_subscriptions"), params)
            db.execute(load("kalends.payments", "free_lost_attempts"), params)
            give_up_freed(db, ctx, [item.invoice_id for item in never_seen])


def _attempts(items: Sequence[_Sent]) -> dict[str, str]:
    return arrays(("invoices", "attempts"), [(item.invoice_id, item.attempt) for item in items])


@patient
def _mark_sent(
    db: Connection[Any], ctx: AccountContext, sender: int, size: int, there: CustomerThere | None
) -> list[_Sent]:
    only = there.payment_id if there else None
    params = {"account_id": ctx.id, "sender": sender, "limit": size, "payment_id": only}
    return [_Sent(*row) for row in fetch(db, load("kalends.payments", "mark_sent"), params)]


def _requests(ctx: AccountContext, sent: Sequence[_Sent], there: CustomerThere | None) -> list[ChargeRequest]:
    return [
        ChargeRequest(
            idempotency_key=idempotency_key(ctx.known_as, item.invoice_id, item.attempt),
            token=item.token,
            method_kind=item.method_kind,
            amount_minor=item.amount_minor,
            currency=item.currency,
            metadata={
                "account_id": ctx.id,
                "payment_id": item.payment_id,
                "invoice_id": item.invoice_id,
                "attempt": item.attempt,
                BILLED_FOR: item.billed_for,
            },
            at=ctx.now,
            on_session=there is not None,
            return_url=there.return_url if there else None,
        )
        for item in sent
    ]


def _by_processor(sent: Sequence[_Sent]) -> dict[str, list[_Sent]]:
    groups: dict[str, list[_Sent]] = {}
    for item in sent:
        groups.setdefault(item.processor, []).append(item)
    return groups


def _taken_over(
    db: Connection[Any], ctx: AccountContext, processors: Processors, sent: Sequence[_Sent]
) -> list[ChargeOutcome]:
    """Those of the charges that were made already, before the books were put back."""
    if not open_charges(db, ctx.id):
        return []
    outcomes: list[ChargeOutcome] = []
    for name, items in _by_processor(sent).items():
        outcomes += take_over(db, ctx, processors(name), _requests(ctx, items, None))
    return outcomes


def _without(ctx: AccountContext, sent: Sequence[_Sent], known: Sequence[ChargeOutcome]) -> list[_Sent]:
    keys = {outcome.idempotency_key for outcome in known}
    return [item for item in sent if idempotency_key(ctx.known_as, item.invoice_id, item.attempt) not in keys]


def _call(
    ctx: AccountContext, processors: Processors, sent: Sequence[_Sent], there: CustomerThere | None
) -> list[ChargeOutcome]:
    """Charge through each processor: several calls at once, and no more a second than the account allows."""
    outcomes: list[ChargeOutcome] = []
    for name, items in _by_processor(sent).items():
        processor = processors(name)
        requests = _requests(ctx, items, there)
        batches = [
            requests[start : start + processor.batch_size]
            for start in range(0, len(requests), processor.batch_size)
        ]
        if len(batches) == 1:
            outcomes += _one_call(processor, batches[0])
            continue
        pace = _pace(0 if ctx.is_sandbox else ctx.settings.charges_per_second / processor.batch_size)
        with ThreadPoolExecutor(processor.concurrency) as pool:
            calls = [pool.submit(_one_call, processor, batch) for batch in _paced(batches, pace)]
            for call in calls:
                outcomes += call.result()
    return outcomes


def _not_sent(ctx: AccountContext, sent: Sequence[_Sent]) -> list[ChargeOutcome]:
    """Charges by methods that the processor told us to have ended: it is not asked, and the customer is."""
    message = "The payment method cannot be charged any more."
    return [
        ChargeOutcome(
            idempotency_key(ctx.id, item.invoice_id, item.attempt),
            "failed",
            failure_code=METHOD_ENDED,
            failure_message=message,
            decline="hard",
        )
        for item in sent
        if item.is_ended
    ]


def _pace(per_second: float) -> float:
    return 1 / per_second if per_second else 0.0


def _paced(batches: Sequence[list[ChargeRequest]], seconds_between: float) -> Iterator[list[ChargeRequest]]:
    for number, batch in enumerate(batches):
        if number and seconds_between:
            time.sleep(seconds_between)
        yield batch


def _one_call(processor: Processor, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
    try:
        return charge_answers(requests, processor.charge(requests))
    except ProcessorUnavailable:
        return [ChargeOutcome(request.idempotency_key, "unknown") for request in requests]


def _known(ctx: AccountContext, outcomes: Sequence[ChargeOutcome]) -> list[Outcome]:
    known: list[Outcome] = []
    for outcome in outcomes:
        if outcome.status == "unknown":
            continue
        _, invoice_id, attempt = attempt_of_key(outcome.idempotency_key)
        known.append(
            Outcome(
                invoice_id,
                attempt,
                outcome.status,
                ctx.now,
                outcome.reference,
                outcome.fee_minor,
                outcome.failure_code,
                outcome.failure_message,
                outcome.decline,
            )
        )
    return known


def _unanswered(ctx: AccountContext, sent: Sequence[_Sent], outcomes: Sequence[ChargeOutcome]) -> list[_Sent]:
    keys = {outcome.idempotency_key for outcome in outcomes if outcome.status == "unknown"}
    return [item for item in sent if idempotency_key(ctx.known_as, item.invoice_id, item.attempt) in keys]


def _ask(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    sent: Sequence[_Sent],
    total: Collected,
    *,
    give_up: bool = False,
    pages: dict[str, str] | None = None,
) -> list[_Sent]:
    """Look up what became of attempts and write it; returns those that the processor never saw.

    What cannot be learned now stays unknown. ``pages`` gets the pages of banks on which customers confirm, by key.
    """
    never_seen: list[_Sent] = []
    for name, items in _by_processor(sent).items():
        keys = [idempotency_key(ctx.known_as, item.invoice_id, item.attempt) for item in items]
        try:
            processor = processors(name)
            said = processor.give_up(keys, ctx.now) if give_up else processor.lookup(keys, ctx.now)
            found = charges_known(keys, said)
        except ProcessorUnavailable:
            continue
        total.add(record_outcomes(db, ctx, _known(ctx, list(found.values()))))
        if pages is not None:
            pages |= {key: outcome.action_url for key, outcome in found.items() if outcome.action_url}
        never_seen += [item for item, key in zip(items, keys, strict=True) if key not in found]
    return never_seen


def _count_unknown(db: Connection[Any], ctx: AccountContext) -> int:
    row = db.execute(
        "SELECT count(*) FROM charge_attempt WHERE account_id = %s AND status = 'sent'", [ctx.id]
    ).fetchone()
    assert row is not None
    return row[0]
