"""Switching billing on for a record that a program made: its schedule is that of its line items."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.create import InvalidSubscription
from kalends.billing.locking import locked
from kalends.billing.record_worth import reckon_worth
from kalends.billing.switch_on import BillingTerms, start_billing
from kalends.core.calendar import Frequency, cycles_before, due_date, end_date, number_of_payments
from kalends.core.grouping import RecurringItem, group_items, why_divided
from kalends.events import journal


class _Line(NamedTuple):
    """What a line item says of its schedule."""

    id: int
    name: str
    frequency: str | None
    term: str | None
    start_date: date | None
    delay_days: int | None
    delay_months: int | None


def start_record(
    db: Connection[Any], ctx: AccountContext, id_: int, *, start_was_given: bool, actor: str = "system"
) -> BillingTerms:
    """Bill a record from its start date on, or, where that is past, from its next due day.

    Lines of one subscription share one schedule, and the record takes it over; a start that was given with the request
    goes before theirs. Payments that fell due before today were made elsewhere. Raises ``InvalidSubscription`` when
    there is no line that recurs, or lines differ in schedule, and whatever
    :func:`~kalends.billing.switch_on.start_billing` raises.
    """
    (row,) = locked(db, ctx, [id_])
    found = db.execute(
        "SELECT start_date, expected_payments, end_date FROM subscription WHERE account_id = %s AND id = %s",
        [ctx.id, id_],
    ).fetchone()
    assert found is not None
    start, payments, ends = found
    lines = _lines(db, ctx, id_)
    _refuse_unbillable(lines)
    items = [_item(line, own_start=not start_was_given) for line in lines]
    try:
        groups = group_items(items, start).groups
    except (ValueError, OverflowError) as problem:
        raise InvalidSubscription("line items", str(problem)) from problem
    if len(groups) > 1:
        raise InvalidSubscription(
            "line items",
            f"Its line items are billed by different schedules, and one subscription has one: {why_divided(groups)} "
            f"Make a subscription for each.",
        )
    group = next(iter(groups))
    agreed = group.payments or payments
    after = {
        "frequency": group.frequency.value,
        "start_date": group.start,
        "expected_payments": agreed,
        "end_date": None if agreed is None else end_date(group.start, group.frequency, agreed),
    }
    _take_over(
        db, ctx, id_, dict(zip(after, (row.frequency, start, payments, ends), strict=True)), after, actor
    )
    first, done = _first_due(ctx, group.start, group.frequency)
    return start_billing(db, ctx, id_, first, cycles_before=done, payments=agreed, actor=actor)


def _first_due(ctx: AccountContext, start: date, frequency: Frequency) -> tuple[date, int]:
    """The first day to be billed here, and how many payments fell due before today."""
    if start >= ctx.today:
        return start, 0
    done = cycles_before(start, frequency, ctx.today)
    return due_date(start, frequency, done), done


def _lines(db: Connection[Any], ctx: AccountContext, id_: int) -> list[_Line]:
    rows = db.execute(
        "SELECT id, name, frequency, term, start_date, delay_days, delay_months FROM line_item "
        "WHERE account_id = %s AND parent_type = 'subscription' AND parent_id = %s AND archived_at IS NULL "
        "ORDER BY position, id",
        [ctx.id, id_],
    ).fetchall()
    return [_Line(*row) for row in rows]


def _refuse_unbillable(lines: list[_Line]) -> None:
    if not any(line.frequency for line in lines):
        raise InvalidSubscription("line items", "It needs at least one line item that recurs.")
    single = next((line for line in lines if not line.frequency), None)
    if single is not None:
        raise InvalidSubscription(
            "line items",
            f"Line item {single.id} ({single.name}) is to be billed once. Take it off and invoice it by itself, or "
            f"give it a billing frequency.",
        )


def _item(line: _Line, *, own_start: bool) -> RecurringItem:
    frequency = Frequency(line.frequency)
    try:
        payments = number_of_payments(line.term, frequency) if line.term else None
    except ValueError as problem:
        raise InvalidSubscription("line items", f"Line item {line.id} ({line.name}): {problem}") from problem
    if not own_start:
        return RecurringItem(line.id, frequency, payments)
    return RecurringItem(line.id, frequency, payments, line.start_date, line.delay_days, line.delay_months)


def _take_over(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    before: dict[str, Any],
    after: dict[str, Any],
    actor: str,
) -> None:
    """Let the record say of its schedule what its lines say."""
    changes = journal.changes(**{name: (before[name], after[name]) for name in after})
    if not changes:
        return
    db.execute(
        "UPDATE subscription SET frequency = %(frequency)s, start_date = %(start_date)s, anchor_date = %(start_date)s, "
        "expected_payments = %(expected_payments)s, end_date = %(end_date)s, updated_at = %(now)s "
        "WHERE account_id = %(account_id)s AND id = %(id)s",
        {**after, "now": ctx.now, "account_id": ctx.id, "id": id_},
    )
    event = journal.NewEvent("subscription.updated", "subscription", id_, id_, {"changes": changes})
    journal.write(db, ctx.id, ctx.now, [event], actor)
    reckon_worth(db, ctx, id_, actor)
