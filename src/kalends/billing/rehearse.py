"""A billing run without the run: what would be invoiced, charged and parked now, and how it differs from last time.

The claim, the arithmetic and the refusals are those of the billing path itself; only the locks and the writing are
left out. What a run would do is read in one snapshot, block by block; memory does not grow with the number of
subscriptions (one number is kept for each customer who is charged for an overdue cycle, or has credit).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.billing.agenda import work_now
from kalends.billing.balance import Balances, all_balances, with_credit
from kalends.billing.block import BLOCK_SIZE, agreed_lines, compose_all
from kalends.billing.compose import AgreedLine, Composed, DueSubscription, Refusal, lines_of_cycle
from kalends.billing.daybreak import pause_due, resume_paused
from kalends.billing.differences import LineDiffers, compare_lines, in_words
from kalends.billing.due import FIRST_KEY, read_due
from kalends.billing.no_longer_billed import NoLongerBilled, no_longer_billed
from kalends.core.lifecycle import Status, may_be_charged
from kalends.payments.retry import smallest_charges

SHOWN = 20
"""How many invoices, parked subscriptions and differences are kept to be shown; all are counted."""


class WouldInvoice(NamedTuple):
    """An invoice that a run would make. Amounts are in minor units; credit would pay ``credit_minor`` of the total."""

    subscription_id: int
    cycle: int
    period_start: date
    due_date: date
    collection: str
    currency: str
    total_minor: int
    credit_minor: int = 0


class WouldPark(NamedTuple):
    """A subscription that a run would set aside, and why: in words, and as the code of the refusal."""

    subscription_id: int
    cycle: int
    reason: str
    remedy: str
    code: str


class Differs(NamedTuple):
    """A cycle whose amount is not that of the cycle before, and why: in words, and line by line."""

    subscription_id: int
    currency: str
    before_minor: int
    now_minor: int
    why: str
    lines: tuple[LineDiffers, ...]


@dataclass(slots=True)
class Rehearsal:
    """What a run would do. ``invoiced_minor`` = ``charged_minor`` + ``sent_minor`` + ``credited_minor``, by currency.

    ``same``, ``differing`` and ``first_time`` compare with the cycle before; ``before_minor`` is what those cycles
    that have one came to then. ``no_longer_billed`` are those who had a cycle before and have none now.
    """

    invoices: int = 0
    invoiced_minor: Counter[str] = field(default_factory=Counter[str])
    charges: int = 0
    charged_minor: Counter[str] = field(default_factory=Counter[str])
    sent_minor: Counter[str] = field(default_factory=Counter[str])
    credited_minor: Counter[str] = field(default_factory=Counter[str])
    retries: int = 0
    retried_minor: Counter[str] = field(default_factory=Counter[str])
    waiting: int = 0
    parked: int = 0
    same: int = 0
    differing: int = 0
    first_time: int = 0
    before_minor: Counter[str] = field(default_factory=Counter[str])
    no_longer_billed: int = 0
    no_longer_billed_minor: Counter[str] = field(default_factory=Counter[str])
    first_invoices: list[WouldInvoice] = field(default_factory=list[WouldInvoice])
    first_parked: list[WouldPark] = field(default_factory=list[WouldPark])
    first_differences: list[Differs] = field(default_factory=list[Differs])
    first_no_longer_billed: list[NoLongerBilled] = field(default_factory=list[NoLongerBilled])
    names: dict[int, str] = field(default_factory=dict[int, str])


COUNTS = tuple(each.name for each in fields(Rehearsal) if each.default == 0)
AMOUNTS = tuple(each.name for each in fields(Rehearsal) if each.name.endswith("_minor"))
"""What a rehearsal counts, and what it adds up by currency: whoever tells of one tells all of it."""


@dataclass(slots=True)
class _SoFar:
    """What the walk keeps of customers: what credit they have left, and whom it would charge for an overdue cycle."""

    balances: Balances
    charged: set[int] = field(default_factory=set[int])


Progress = Callable[[Rehearsal], None]


def rehearse(
    db: Connection[Any],
    ctx: AccountContext,
    *,
    catch_up: bool = False,
    size: int = BLOCK_SIZE,
    progress: Progress = lambda result: None,
) -> Rehearsal:
    """What a billing run would do at ``ctx.now``. Writes nothing, and keeps no lock on what a real run needs.

    ``db`` must not be inside a transaction. Reports that a processor has not delivered yet are not foreseen.
    """
    result = Rehearsal()
    with db.transaction(force_rollback=True):
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        work = work_now(db, ctx, new_reports=False)
        if work.pausing or work.resuming:
            # Pauses that begin or end today do so before cycles are claimed; the rollback takes this back.
            pause_due(db, ctx)
            resume_paused(db, ctx)
        else:
            db.execute("SET TRANSACTION READ ONLY")
        _count_retries(db, ctx, result)
        result.waiting = _count_waiting(db, ctx)
        so_far = _SoFar(all_balances(db, ctx))
        for block in _blocks(db, ctx, size=size, catch_up=catch_up):
            _rehearse_block(db, ctx, block, result, so_far, catch_up=catch_up)
            progress(result)
        for each in no_longer_billed(db, ctx):
            _count_ended(each, result)
        result.names = _names(db, ctx, result)
    return result


def _blocks(
    db: Connection[Any], ctx: AccountContext, *, size: int, catch_up: bool
) -> Iterator[list[DueSubscription]]:
    """What a run would claim, in its order, without locking it."""
    after = FIRST_KEY
    while due := read_due(db, ctx, after=after, size=size, catch_up=catch_up):
        yield due
        after = (due[-1].next_due_date, due[-1].id)


def _rehearse_block(
    db: Connection[Any],
    ctx: AccountContext,
    due: Sequence[DueSubscription],
    result: Rehearsal,
    so_far: _SoFar,
    *,
    catch_up: bool,
) -> None:
    lines = agreed_lines(db, ctx.id, due)
    before = _previous_totals(db, ctx, due)
    lines_named: dict[int, str] = {}
    for subscription in due:
        terms = lines.get(subscription.id, [])
        previous = before.get(subscription.id)
        for composed in _cycles(subscription, terms, ctx, result, so_far, catch_up=catch_up):
            _count(composed, result)
            _compare(db, ctx, composed, terms, previous, result, lines_named)
            previous = composed.priced.total_minor


def _cycles(
    subscription: DueSubscription,
    lines: list[AgreedLine],
    ctx: AccountContext,
    result: Rehearsal,
    so_far: _SoFar,
    *,
    catch_up: bool,
) -> Iterator[Composed]:
    """The cycles of one subscription that a run would bill one after the other."""
    result.waiting -= 1
    while subscription.next_due_date <= ctx.billing_day:
        overdue_charge = (
            subscription.collection == "automatic" and subscription.next_due_date < ctx.billing_day
        )
        contact = subscription.contact_id
        if overdue_charge and not catch_up and contact in so_far.charged:
            result.waiting += 1
            return
        composed, refused = compose_all([subscription], {subscription.id: lines}, ctx.today)
        if refused:
            _park(refused[0], result)
            return
        cycle = with_credit(composed[0], so_far.balances)
        yield cycle
        if cycle.charge_minor and contact is not None:
            so_far.charged.add(contact)
        if cycle.next_due_date is None:
            return
        subscription = subscription._replace(
            status=cycle.status,
            next_cycle=subscription.next_cycle + 1,
            next_due_date=cycle.next_due_date,
            next_amount_minor=cycle.next_amount_minor,
        )


def _park(refused: tuple[DueSubscription, Refusal], result: Rehearsal) -> None:
    subscription, refusal = refused
    result.parked += 1
    if len(result.first_parked) < SHOWN:
        parked = WouldPark(
            subscription.id, subscription.next_cycle, refusal.reason, refusal.remedy, refusal.code
        )
        result.first_parked.append(parked)


def _count(composed: Composed, result: Rehearsal) -> None:
    subscription, total = composed.subscription, composed.priced.total_minor
    result.invoices += 1
    result.invoiced_minor[subscription.currency] += total
    if composed.charge_minor:
        result.charges += 1
    result.credited_minor[subscription.currency] += composed.credit_minor
    (result.charged_minor if subscription.collection == "automatic" else result.sent_minor)[
        subscription.currency
    ] += composed.owed_minor
    if len(result.first_invoices) < SHOWN:
        shown = WouldInvoice(
            subscription.id,
            subscription.next_cycle,
            composed.period_start,
            composed.due_date,
            subscription.collection,
            subscription.currency,
            total,
            composed.credit_minor,
        )
        result.first_invoices.append(shown)


def _compare(
    db: Connection[Any],
    ctx: AccountContext,
    composed: Composed,
    lines: Sequence[AgreedLine],
    previous: int | None,
    result: Rehearsal,
    lines_named: dict[int, str],
) -> None:
    subscription, total = composed.subscription, composed.priced.total_minor
    if previous is None:
        result.first_time += 1
        return
    result.before_minor[subscription.currency] += previous
    if total == previous:
        result.same += 1
        return
    result.differing += 1
    if len(result.first_differences) < SHOWN:
        earlier = lines_of_cycle(lines, subscription.next_cycle - 1)
        touched = [
            line.id
            for line in (*earlier, *composed.lines)
            if line not in earlier or line not in composed.lines
        ]
        lines_named.update(_line_names(db, ctx, touched))
        changes = compare_lines(earlier, composed.lines, lines_named)
        result.first_differences.append(
            Differs(subscription.id, subscription.currency, previous, total, in_words(changes), changes)
        )


def _count_ended(ended: NoLongerBilled, result: Rehearsal) -> None:
    result.no_longer_billed += 1
    result.no_longer_billed_minor[ended.currency] += ended.before_minor
    if len(result.first_no_longer_billed) < SHOWN:
        result.first_no_longer_billed.append(ended)


def _previous_totals(
    db: Connection[Any], ctx: AccountContext, due: Sequence[DueSubscription]
) -> dict[int, int]:
    params = {
        "account_id": ctx.id,
        "subscriptions": integers(item.id for item in due),
        "cycles": integers(item.next_cycle - 1 for item in due),
    }
    return {row[0]: row[1] for row in fetch(db, load("kalends.billing", "previous_totals"), params)}


def _count_retries(db: Connection[Any], ctx: AccountContext, result: Rehearsal) -> None:
    chargeable = [status.value for status in Status if may_be_charged(status)]
    params = {"account_id": ctx.id, "day": ctx.billing_day, "chargeable": chargeable, **smallest_charges(ctx)}
    for currency, number, minor in fetch(db, load("kalends.billing", "retries_due"), params):
        result.retries += number
        result.retried_minor[currency] += minor


def _count_waiting(db: Connection[Any], ctx: AccountContext) -> int:
    """What is due before the run; the walk takes off what the run would bill or park."""
    params = {"account_id": ctx.id, "billing_day": ctx.billing_day}
    return fetch(db, load("kalends.billing", "count_waiting"), params)[0][0]


def _line_names(db: Connection[Any], ctx: AccountContext, ids: Iterable[int]) -> dict[int, str]:
    query = "SELECT id, name FROM line_item WHERE account_id = %s AND id = ANY(%s)"
    return {row[0]: row[1] for row in db.execute(query, [ctx.id, list(ids)]).fetchall()}


def _names(db: Connection[Any], ctx: AccountContext, result: Rehearsal) -> dict[int, str]:
    """What the subscriptions are called that are kept to be shown."""
    kept = [
        *result.first_invoices,
        *result.first_parked,
        *result.first_differences,
        *result.first_no_longer_billed,
    ]
    query = "SELECT id, name FROM subscription WHERE account_id = %s AND id = ANY(%s)"
    return {
        row[0]: row[1]
        for row in db.execute(query, [ctx.id, [item.subscription_id for item in kept]]).fetchall()
    }
