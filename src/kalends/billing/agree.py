"""Making subscriptions of what was agreed: one request becomes one subscription for each schedule in it.

Lines that are billed equally often, from the same day and for the same number of payments share a subscription (a delay
is a date by then); any difference makes another. All of them are made in one transaction, or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.agreement import (
    AgreementRefused,
    LineWanted,
    Problem,
    Wanted,
    completed,
    kept_methods,
    problems_in,
)
from kalends.billing.create import InvalidSubscription, NewSubscription, check, create_subscriptions
from kalends.core.calendar import cycles_before, cycles_due, due_date
from kalends.core.grouping import Group, RecurringItem, describe_group, group_items, why_divided
from kalends.core.pricing import PricedDocument
from kalends.events.requests import once

__all__ = [
    "Agreed",
    "AgreementRefused",
    "Foreseen",
    "LineWanted",
    "Made",
    "Payment",
    "Planned",
    "Problem",
    "Wanted",
    "agree",
    "divide",
    "foresee",
    "plan",
]

SHOWN = 12
"""How many payments to come a preview shows."""


class Payment(NamedTuple):
    """A payment to come: its place in the term (from 0), its day, what it comes to in minor units."""

    cycle: int
    due_date: date
    total_minor: int


class Made(NamedTuple):
    """A subscription that was made: of which lines of the request (from 1), and on which terms, in words."""

    id: int
    name: str
    lines: list[int]
    terms: str


class Agreed(NamedTuple):
    """What a request has become: its subscriptions in the order of their first lines, and why they are several."""

    subscriptions: list[Made]
    why: str


class Foreseen(NamedTuple):
    """A subscription as a request would make it. ``overdue`` of its payments would fall due at once, before today."""

    name: str
    lines: list[int]
    terms: str
    currency: str
    billed_before: int
    overdue: int
    payments: list[Payment]


class Planned(NamedTuple):
    """A subscription to make: of which lines of the request (from 1), by which schedule, and what one payment is."""

    fresh: NewSubscription
    lines: list[int]
    group: Group
    priced: PricedDocument


def agree(
    db: Connection[Any],
    ctx: AccountContext,
    wanted: Wanted,
    *,
    actor: str = "system",
    source: str = "CRM_UI",
    request_key: str | None = None,
) -> Agreed:
    """Make the subscriptions of a request, one for each schedule, and say why they are several.

    The same ``request_key`` makes them once. Raises ``AgreementRefused`` with everything that is wrong; nothing is made
    then.
    """

    def do() -> dict[str, Any]:
        planned = plan(db, ctx, wanted)
        ids = create_subscriptions(db, ctx, [item.fresh for item in planned], source=source, actor=actor)
        made = [
            Made(id_, item.fresh.name, item.lines, describe_group(item.group))._asdict()
            for id_, item in zip(ids, planned, strict=True)
        ]
        return {"subscriptions": made, "why": why_divided([item.group for item in planned])}

    done = once(db, ctx, "agreement", request_key, asdict(wanted), do, actor=actor)
    return Agreed([Made(**made) for made in done["subscriptions"]], done["why"])


def foresee(
    db: Connection[Any], ctx: AccountContext, wanted: Wanted, *, count: int = SHOWN
) -> tuple[list[Foreseen], str]:
    """What ``agree`` would make, with the next payments of each, and why they are several. Raises as it does."""
    planned = plan(db, ctx, wanted)
    return [_foreseen(ctx, item, count) for item in planned], why_divided([item.group for item in planned])


def _foreseen(ctx: AccountContext, item: Planned, count: int) -> Foreseen:
    fresh, first = item.fresh, item.fresh.cycles_before
    last = first + count if fresh.payments is None else min(first + count, fresh.payments)
    cycles = range(first, last) if not fresh.billed_elsewhere else range(0)
    late = cycles_due(fresh.start, fresh.frequency, first, ctx.today, fresh.payments)
    return Foreseen(
        name=fresh.name,
        lines=item.lines,
        terms=describe_group(item.group),
        currency=fresh.currency,
        billed_before=first,
        overdue=0
        if fresh.billed_elsewhere
        else sum(due_date(fresh.start, fresh.frequency, cycle) < ctx.today for cycle in late),
        payments=[
            Payment(cycle, due_date(fresh.start, fresh.frequency, cycle), item.priced.total_minor)
            for cycle in cycles
        ],
    )


def plan(db: Connection[Any], ctx: AccountContext, wanted: Wanted) -> list[Planned]:
    """The subscriptions to make, each with its schedule and price. Raises ``AgreementRefused``."""
    wanted = completed(ctx, wanted)
    problems = problems_in(db, ctx, wanted)
    if problems:
        raise AgreementRefused(problems)
    return divide(ctx, wanted)


def divide(ctx: AccountContext, wanted: Wanted) -> list[Planned]:
    """The subscriptions that the lines come to, whoever pays: for a request that is still being written.

    Raises ``AgreementRefused`` for what schedules and prices cannot be; expects lines that are right by themselves.
    """
    problems: list[Problem] = []
    wanted = completed(ctx, wanted)
    items = [
        RecurringItem(
            number,
            line.frequency,
            line.payments,
            line.start if line.is_delayed else wanted.start,
            line.delay_days,
            line.delay_months,
        )
        for number, line in enumerate(wanted.lines, start=1)
    ]
    grouping = group_items(items, ctx.today)
    planned: list[Planned] = []
    for group in grouping.groups:
        try:
            planned.append(_planned(ctx, wanted, group, alone=len(grouping.groups) == 1))
        except AgreementRefused as refusal:
            problems += refusal.problems
    if problems:
        raise AgreementRefused(problems)
    return planned


def _planned(ctx: AccountContext, wanted: Wanted, group: Group, *, alone: bool) -> Planned:
    numbers = [int(str(item.key)) for item in group.items]
    lines = [wanted.lines[number - 1].line for number in numbers]
    fresh = NewSubscription(
        name=_name(wanted.name, lines[0].name, alone=alone),
        contact_id=wanted.contact_id,
        frequency=group.frequency,
        start=group.start,
        currency=wanted.currency,
        lines=lines,
        automatic=wanted.automatic,
        payments=group.payments,
        company_id=wanted.company_id,
        payment_method_id=wanted.payment_method_id,
        owner_id=wanted.owner_id,
        net_terms_days=wanted.net_terms_days,
        billed_elsewhere=wanted.billed_elsewhere,
        cycles_before=0 if wanted.billed_elsewhere else _billed_before(ctx, wanted, group, _of(numbers)),
        online_payment=bool(wanted.online_payment),
        email_invoices=wanted.email_invoices,
        allowed_payment_methods=kept_methods(wanted.allowed_payment_methods or ()),
        collect_address_types=wanted.collect_address_types or None,
        comments=wanted.comments,
        language=wanted.language,
        address=wanted.address,
    )
    try:
        describe_group(group)
    except (ValueError, OverflowError) as problem:
        remedy = "The last of them lies beyond the calendar; give fewer."
        raise AgreementRefused(
            [Problem(f"{_of(numbers)}, number of payments", str(group.payments), remedy)]
        ) from problem
    try:
        priced = check(fresh, ctx)
    except InvalidSubscription as problem:
        raise AgreementRefused(
            [Problem(f"{_of(numbers)}, {problem.field_name}", "", str(problem))]
        ) from problem
    return Planned(fresh, numbers, group, priced)


def _name(given: str | None, first_line: str, *, alone: bool) -> str:
    """What a subscription is called: several of one request are told apart by their first line."""
    if given is None:
        return first_line
    return given if alone else f"{given}: {first_line}"


def _billed_before(ctx: AccountContext, wanted: Wanted, group: Group, place: str) -> int:
    """How many payments were made elsewhere; history is never billed by accident."""
    if wanted.bill_from is None:
        if group.start >= ctx.today:
            return 0
        due = len(cycles_due(group.start, group.frequency, 0, ctx.today, group.payments))
        many = "1 payment" if due == 1 else f"{due} payments"
        remedy = (
            f"This lies before today, {ctx.today}, and {many} would be billed at once. Say which is the first day to "
            f"be billed here (bill_from): what fell due before it was paid elsewhere."
        )
        raise AgreementRefused([Problem(f"{place}, start", str(group.start), remedy)])
    if group.start >= ctx.today:
        if wanted.bill_from > group.start:
            remedy = (
                f"This lies after the start of {place}, {group.start}, which is still to come; leave it out."
            )
            raise AgreementRefused([Problem("first day billed here", str(wanted.bill_from), remedy)])
        return 0
    return cycles_before(group.start, group.frequency, wanted.bill_from)


def _of(numbers: Sequence[int]) -> str:
    """Lines by their numbers.

    >>> _of([2]), _of([1, 3, 4])
    ('line 2', 'lines 1, 3 and 4')
    """
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    *most, last = map(str, numbers)
    return f"lines {', '.join(most)} and {last}"
