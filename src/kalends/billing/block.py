"""One block of the billing path: claim what is due, compose, write, number; all in one short transaction.

A block of one is the same code as a block of thousands. What a customer is asked for exists once this transaction
has committed, and not before; nothing outside is called in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import Connection, Cursor
from psycopg.errors import UniqueViolation

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, integers, load, take_ids
from kalends.billing.balance import apply_balances, write_use
from kalends.billing.compose import AgreedLine, Composed, DueSubscription, Refusal, compose
from kalends.billing.due import FIRST_KEY, Key, claim
from kalends.core.postings import invoice_issued
from kalends.core.pricing import LineTerms
from kalends.events import journal
from kalends.ledger import book
from kalends.messages import outbox

BLOCK_SIZE = 5_000


class DoubleBillingStopped(AssertionError):
    """The database refused a second invoice for a cycle, or a subscription moved while its block was written."""


@dataclass(slots=True)
class Block:
    """What one block did. ``last`` is the key to go on from; fewer ``claimed`` than asked for were the last ones.

    ``still_due`` says that a cycle was billed whose next one is due as well.
    """

    claimed: int = 0
    still_due: bool = False
    invoiced: int = 0
    parked: int = 0
    invoiced_minor: dict[str, int] = field(default_factory=dict[str, int])
    last: Key = FIRST_KEY


@dataclass(frozen=True, slots=True)
class Check:
    """How many rows a statement of a pipeline must have written; its count is known once a later answer was read."""

    cursor: Cursor[Any]
    expected: int
    difference: str

    def stop_if_short(self) -> None:
        """Raise ``DoubleBillingStopped`` when it wrote another number of rows."""
        if self.cursor.rowcount != self.expected:
            raise DoubleBillingStopped(f"{self.expected} {self.difference.format(self.cursor.rowcount)}.")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A composed invoice with the ids that its records will have."""

    composed: Composed
    invoice_id: int
    payment_id: int | None
    line_ids: Sequence[int]


def bill_block(
    db: Connection[Any],
    ctx: AccountContext,
    *,
    after: Key = FIRST_KEY,
    size: int = BLOCK_SIZE,
    catch_up: bool = False,
) -> Block:
    """Bill the next cycle of up to ``size`` due subscriptions of the account, oldest due date first.

    Raises ``DoubleBillingStopped`` with nothing written when a result breaks an effect's key.
    """
    try:
        with db.pipeline(), db.transaction():
            due = claim(db, ctx, after=after, size=size, catch_up=catch_up)
            if not due:
                return Block()
            allowed = one_overdue_charge_a_day(due, ctx.billing_day, catch_up=catch_up)
            composed, refused = compose_all(allowed, agreed_lines(db, ctx.id, allowed), ctx.today)
            park(db, ctx, refused)
            composed = apply_balances(db, ctx, composed)
            numbered = with_ids(composed, take_ids(db, ids_needed(composed)))
            write(db, ctx, numbered)
    except UniqueViolation as error:
        raise DoubleBillingStopped(
            f"A cycle was about to be billed twice: {error.diag.message_detail}"
        ) from error
    totals: dict[str, int] = defaultdict(int)
    for cycle in composed:
        totals[cycle.subscription.currency] += cycle.priced.total_minor
    return Block(
        claimed=len(due),
        still_due=any(_is_due(cycle.next_due_date, ctx.billing_day) for cycle in composed),
        invoiced=len(composed),
        parked=len(refused),
        invoiced_minor=dict(totals),
        last=(due[-1].next_due_date, due[-1].id),
    )


def _is_due(next_due_date: date | None, day: date) -> bool:
    return next_due_date is not None and next_due_date <= day


def agreed_lines(
    db: Connection[Any], account_id: int, due: Iterable[DueSubscription]
) -> dict[int, list[AgreedLine]]:
    """The line items of subscriptions, by subscription, in the order in which they are shown."""
    params = {"account_id": account_id, "subscriptions": integers(item.id for item in due)}
    by_subscription: dict[int, list[AgreedLine]] = defaultdict(list)
    for id_, parent, first, until, *terms in fetch(db, load("kalends.billing", "agreed_lines"), params):
        by_subscription[parent].append(AgreedLine(id_, parent, first, until, LineTerms(*terms)))
    return by_subscription


def one_overdue_charge_a_day(
    due: Sequence[DueSubscription], day: date, *, catch_up: bool
) -> Sequence[DueSubscription]:
    """Leave to another day what would charge a customer for a second overdue cycle on this one."""
    if catch_up or due[0].next_due_date >= day:
        return due
    charged: set[int] = set()
    allowed: list[DueSubscription] = []
    for item in due:
        if item.next_due_date < day and item.collection == "automatic" and item.contact_id is not None:
            if item.contact_id in charged:
                continue
            charged.add(item.contact_id)
        allowed.append(item)
    return allowed


def compose_all(
    due: Iterable[DueSubscription], lines: dict[int, list[AgreedLine]], today: date
) -> tuple[list[Composed], list[tuple[DueSubscription, Refusal]]]:
    """Work out every cycle; those that must not be billed come back apart, each with its reason."""
    composed: list[Composed] = []
    refused: list[tuple[DueSubscription, Refusal]] = []
    for subscription in due:
        try:
            composed.append(compose(subscription, lines.get(subscription.id, ()), today))
        except Refusal as refusal:
            refused.append((subscription, refusal))
        except (ValueError, AssertionError) as error:
            remedy = "Correct the value on the subscription or its line items, then release it."
            refused.append((subscription, Refusal("value", str(error), remedy)))
    return composed, refused


def ids_needed(composed: Sequence[Composed]) -> int:
    """How many records a block will make: invoices, payments and invoice lines."""
    return sum(1 + (1 if cycle.charge_minor else 0) + len(cycle.lines) for cycle in composed)


def with_ids(composed: Sequence[Composed], ids: Iterable[int]) -> list[Numbered]:
    """Give each record of the block its id."""
    fresh = iter(ids)
    return [
        Numbered(
            cycle,
            next(fresh),
            next(fresh) if cycle.charge_minor else None,
            [next(fresh) for _ in cycle.lines],
        )
        for cycle in composed
    ]


def write(db: Connection[Any], ctx: AccountContext, block: Sequence[Numbered]) -> None:
    """Write everything that the block makes; the numbers last, so that their series is locked for a moment only."""
    if not block:
        return
    _write_lines(db, ctx, block)
    charged = _write_charges(db, ctx, [item for item in block if item.payment_id is not None])
    _post_and_announce(db, ctx, block)
    write_use(db, ctx, block)
    moved = _move_on(db, ctx, [item for item in block if item.composed.reason == "cycle"])
    _write_invoices(db, ctx, block)
    for check in (charged, moved):
        if check is not None:
            check.stop_if_short()


def _write_lines(db: Connection[Any], ctx: AccountContext, block: Sequence[Numbered]) -> None:
    rows = [
        (
            line_id,
            agreed.id,
            item.invoice_id,
            priced.gross_minor,
            priced.discount_minor,
            priced.net_minor,
            priced.tax_minor,
            priced.total_minor,
            item.composed.period_start,
            item.composed.period_end,
            item.composed.cycle_start,
        )
        for item in block
        for line_id, agreed, priced in zip(
            item.line_ids, item.composed.lines, item.composed.priced.lines, strict=True
        )
    ]
    names = "ids agreed invoices gross discount net tax total starts ends cycle_starts".split()
    params = {"account_id": ctx.id, "now": ctx.now, **arrays(names, rows)}
    db.execute(load("kalends.billing", "write_lines"), params)


def _write_charges(db: Connection[Any], ctx: AccountContext, charged: Sequence[Numbered]) -> Check | None:
    if not charged:
        return None
    rows = [
        (
            item.payment_id,
            item.invoice_id,
            item.composed.subscription.id,
            item.composed.subscription.next_cycle,
            item.composed.charge_minor,
            item.composed.priced.discount_minor - item.composed.priced.order_discount_minor,
        )
        for item in charged
    ]
    names = ("ids", "invoices", "subscriptions", "cycles", "amounts", "discounts")
    params = {"account_id": ctx.id, "now": ctx.now, **arrays(names, rows)}
    written = db.execute(load("kalends.billing", "write_payments"), params)
    db.execute(load("kalends.billing", "write_attempts"), params)
    return Check(written, len(charged), "charges were decided but {} payments written")


def _post_and_announce(db: Connection[Any], ctx: AccountContext, block: Sequence[Numbered]) -> None:
    entries: list[book.Entry] = []
    events: list[journal.NewEvent] = []
    letters: list[outbox.Letter] = []
    for item in block:
        subscription, priced = item.composed.subscription, item.composed.priced
        net = priced.total_minor - priced.tax_minor
        transfers = invoice_issued(net, priced.tax_minor)
        entries.append(
            book.Entry(
                item.invoice_id,
                0,
                item.composed.invoice_date,
                subscription.currency,
                transfers,
                item.invoice_id,
            )
        )
        events.append(
            journal.NewEvent("invoice.issued", "invoice", item.invoice_id, subscription.id, _issued(item))
        )
        if _is_sent(item.composed) and subscription.contact_id:
            letters.append(outbox.Letter("invoice", item.invoice_id, subscription.contact_id))
    book.post(db, ctx.id, entries)
    journal.write(db, ctx.id, ctx.now, events)
    outbox.queue(db, ctx.id, ctx.now, letters, status=ctx.settings.letters)


def _is_sent(composed: Composed) -> bool:
    """Whether the invoice is sent to its customer; one that is charged has a receipt instead, if money moves at all."""
    asks = composed.subscription.collection == "manual" or (
        composed.credit_minor and not composed.charge_minor
    )
    return composed.subscription.email_invoices and bool(asks)


def _issued(item: Numbered) -> dict[str, Any]:
    """What the journal says of an issued invoice, and what it changed on the subscription."""
    composed = item.composed
    before = composed.subscription
    data = {
        "cycle": before.next_cycle,
        "total_minor": composed.priced.total_minor,
        "currency": before.currency,
    }
    if composed.credit_minor:
        data["credited_minor"] = composed.credit_minor
    if composed.reason != "cycle":
        return {**data, "reason": composed.reason}
    data["parent_changes"] = journal.changes(
        status=(before.status, composed.status),
        next_cycle=(before.next_cycle, before.next_cycle + 1),
        next_due_date=(before.next_due_date, composed.next_due_date),
        next_amount_minor=(before.next_amount_minor, composed.next_amount_minor),
    )
    return data


def _move_on(db: Connection[Any], ctx: AccountContext, block: Sequence[Numbered]) -> Check | None:
    if not block:
        return None
    rows = [
        (
            item.composed.subscription.id,
            item.composed.subscription.next_cycle,
            item.composed.status,
            item.composed.next_due_date,
            item.composed.next_amount_minor,
        )
        for item in block
    ]
    names = ("ids", "cycles", "statuses", "next_dues", "next_amounts")
    params = {"account_id": ctx.id, "now": ctx.now, **arrays(names, rows)}
    moved = db.execute(load("kalends.billing", "move_on"), params)
    return Check(moved, len(block), "subscriptions were billed but {} moved on")


def _write_invoices(db: Connection[Any], ctx: AccountContext, block: Sequence[Numbered]) -> None:
    rows = [
        (
            item.invoice_id,
            item.composed.subscription.id,
            item.composed.subscription.next_cycle,
            item.composed.period_start,
            item.composed.period_end,
            item.composed.invoice_date,
            item.composed.due_date,
            item.composed.priced.subtotal_minor,
            item.composed.priced.discount_minor,
            item.composed.priced.order_discount_minor,
            item.composed.priced.tax_minor,
            item.composed.priced.total_minor,
            item.composed.credit_minor,
            item.composed.reason,
        )
        for item in block
    ]
    names = (
        "ids subscriptions cycles starts ends dates dues subtotals discounts order_discounts taxes totals credits "
        "reasons"
    ).split()
    shared = {
        "account_id": ctx.id,
        "now": ctx.now,
        "prefix": ctx.settings.invoice_prefix,
        "count": len(block),
        "partial_payments": ctx.settings.partial_payments,
        **arrays(names, rows),
    }
    # From here until the commit no other block can number its invoices.
    taken = db.execute(load("kalends.billing", "take_numbers"), shared).fetchone()
    assert taken is not None
    db.execute(load("kalends.billing", "write_invoices"), {**shared, "first_number": taken[0]})


def park(
    db: Connection[Any], ctx: AccountContext, refused: Sequence[tuple[DueSubscription, Refusal]]
) -> None:
    """Put subscriptions aside that must not be billed before a person has looked; the run goes on without them."""
    if not refused:
        return
    rows = [
        (item.id, item.next_cycle, refusal.code, refusal.reason, refusal.remedy) for item, refusal in refused
    ]
    params = {
        "account_id": ctx.id,
        "now": ctx.now,
        **arrays(("ids", "cycles", "codes", "reasons", "remedies"), rows),
    }
    db.execute(load("kalends.billing", "park"), params)
    events = [
        journal.NewEvent(
            "subscription.parked",
            "subscription",
            item.id,
            item.id,
            {"code": refusal.code, "reason": refusal.reason},
        )
        for item, refusal in refused
    ]
    journal.write(db, ctx.id, ctx.now, events)
