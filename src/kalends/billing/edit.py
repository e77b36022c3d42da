"""Editing a subscription: what may be changed, from when it counts, and how its next invoices look before and after.

Without proration an edit counts from the next cycle, and the last one saved before that counts. Old lines are closed
and new ones added, so that every past invoice can still be worked out from what was agreed for its cycle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, fetch, load, take_ids
from kalends.billing.block import agreed_lines
from kalends.billing.changes import UnknownSubscription
from kalends.billing.compose import AgreedLine, DueSubscription, cycle_date, lines_of_cycle, price_cycle
from kalends.billing.create import LINE_COLUMNS, InvalidSubscription, NewLine, nets_without_tax
from kalends.core.calendar import Frequency
from kalends.core.lifecycle import Status, may_be_edited
from kalends.core.money import format_minor, minimum_charge
from kalends.core.pricing import validate_line
from kalends.core.revenue import arr_minor, mrr_minor
from kalends.events import journal
from kalends.messages import outbox

SHOWN = 12
"""How many invoices a preview shows."""


class EditRefused(ValueError):
    """An edit that may not be made, or not now; the message says why and what can be done instead."""


@dataclass(frozen=True, slots=True)
class LineEdit:
    """One change of the lines: ``line_id`` alone removes a line, ``line`` alone adds one, both replace."""

    line_id: int | None = None
    line: NewLine | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be changed; what is None stays. ``address`` replaces the billing address as a whole."""

    lines: Sequence[LineEdit] = ()
    next_due: date | None = None
    contact_id: int | None = None
    payment_method_id: int | None = None
    address: dict[str, str] | None = None
    name: str | None = None
    owner_id: int | None = None

    @property
    def concerns_billing(self) -> bool:
        """Whether it changes what is billed, when, or to whom; a name or an owner may be changed at any time."""
        return bool(self.lines) or any(
            value is not None
            for value in (self.next_due, self.contact_id, self.payment_method_id, self.address)
        )


class Upcoming(NamedTuple):
    """An invoice to come: its cycle, its day, its total in minor units."""

    cycle: int
    due_date: date
    total_minor: int


@dataclass(frozen=True, slots=True)
class EditPreview:
    """The next twelve invoices as they are and as they would be."""

    currency: str
    before: list[Upcoming]
    after: list[Upcoming]


@dataclass(slots=True)
class _Plan:
    """A subscription as the edit would leave it."""

    before: DueSubscription
    after: DueSubscription
    lines_before: list[AgreedLine]
    lines_after: list[AgreedLine]
    closed: list[int] = field(default_factory=list[int])
    added: list[NewLine] = field(default_factory=list[NewLine])


def preview_edit(db: Connection[Any], ctx: AccountContext, id_: int, edit: Edit) -> EditPreview:
    """What the edit would do to the next invoices; nothing is changed. Raises as ``apply_edit`` would."""
    plan = _plan(db, ctx, id_, edit)
    return EditPreview(
        plan.before.currency,
        upcoming(plan.before, plan.lines_before),
        upcoming(plan.after, plan.lines_after),
    )


def upcoming(
    subscription: DueSubscription, lines: Sequence[AgreedLine], count: int = SHOWN
) -> list[Upcoming]:
    """The next invoices of a subscription that is billed."""
    if subscription.next_due_date is None:
        return []
    last = subscription.next_cycle + count
    if subscription.expected_payments is not None:
        last = min(last, subscription.expected_payments)
    return [
        Upcoming(
            cycle,
            cycle_date(subscription, cycle),
            price_cycle(lines_of_cycle(lines, cycle), subscription.currency).total_minor,
        )
        for cycle in range(subscription.next_cycle, last)
    ]


def apply_edit(
    db: Connection[Any], ctx: AccountContext, id_: int, edit: Edit, *, actor: str = "system"
) -> None:
    """Save the edit; the customer is told of what concerns billing.

    Raises ``UnknownSubscription``, ``EditRefused`` when it may not be edited (now), and ``InvalidSubscription`` for a
    value that is not possible; nothing is changed then.
    """
    with db.transaction():
        plan = _plan(db, ctx, id_, edit)
        pairs = _pairs(edit, _write_lines(db, ctx, plan))
        data = {"changes": _write(db, ctx, plan, edit), "lines": pairs}
        event = journal.NewEvent("subscription.edited", "subscription", id_, id_, data)
        event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
        contact = edit.contact_id or plan.before.contact_id
        if edit.concerns_billing and contact is not None:
            letter = outbox.Letter("changed", id_, contact, str(event_id))
            outbox.queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)


def _plan(db: Connection[Any], ctx: AccountContext, id_: int, edit: Edit) -> _Plan:
    rows = fetch(db, load("kalends.billing", "locked"), {"account_id": ctx.id, "ids": f"{{{id_}}}"})
    if not rows:
        raise UnknownSubscription(f"There is no subscription {id_} in this account.")
    before = DueSubscription(*rows[0])
    _refuse_what_may_not_be_edited(db, ctx, before, edit)
    lines = agreed_lines(db, ctx.id, [before]).get(id_, [])
    plan = _Plan(before, before, lines, list(lines))
    for change in edit.lines:
        _change_line(plan, change)
    if edit.next_due is not None:
        plan.after = before._replace(
            anchor_date=edit.next_due, anchor_cycle=before.next_cycle, next_due_date=edit.next_due
        )
    if edit.payment_method_id is not None:
        plan.after = plan.after._replace(payment_method_id=edit.payment_method_id)
    _refuse_impossible_result(ctx, plan)
    return plan


def _refuse_what_may_not_be_edited(
    db: Connection[Any], ctx: AccountContext, row: DueSubscription, edit: Edit
) -> None:
    if not edit.concerns_billing:
        return
    billed = db.execute(
        "SELECT creates_invoices FROM subscription WHERE account_id = %s AND id = %s", [ctx.id, row.id]
    ).fetchone()
    if billed is not None and not billed[0]:
        raise EditRefused(
            "This subscription creates no invoices: it is a record of what is billed elsewhere."
        )
    if not may_be_edited(Status(row.status)):
        raise EditRefused(
            f"The subscription is {row.status.replace('_', ' ')}. Only an active or a scheduled one can be edited."
        )
    if row.next_due_date is None:
        raise EditRefused("Nothing is to be billed any more: all agreed payments were asked for.")
    left = (row.next_due_date - ctx.today).days
    if left <= ctx.settings.notice_days:
        raise EditRefused(
            f"The next payment is due on {row.next_due_date}, in {left} days. Edits close {ctx.settings.notice_days} "
            f"days before, so that the customer has notice; edit it after that day."
        )
    if edit.next_due is not None and edit.next_due <= ctx.today:
        raise EditRefused(f"The next payment due date {edit.next_due} is not after today, {ctx.today}.")
    for table, value in (("contact", edit.contact_id), ("payment_method", edit.payment_method_id)):
        if value is not None and _missing(db, ctx, table, value):
            raise EditRefused(f"There is no {table.replace('_', ' ')} {value} in this account.")


def _missing(db: Connection[Any], ctx: AccountContext, table: str, id_: int) -> bool:
    query = sql.SQL("SELECT FROM {} WHERE account_id = %s AND id = %s").format(sql.Identifier(table))
    return db.execute(query, [ctx.id, id_]).fetchone() is None


def _change_line(plan: _Plan, change: LineEdit) -> None:
    """Close the old line before the next cycle, and let the new one begin with it."""
    cycle = plan.before.next_cycle
    if change.line_id is not None:
        place = next((n for n, line in enumerate(plan.lines_after) if line.id == change.line_id), None)
        if place is None or change.line_id not in {
            line.id for line in lines_of_cycle(plan.lines_after, cycle)
        }:
            raise EditRefused(
                f"Line item {change.line_id} does not bill the next payment of this subscription."
            )
        plan.lines_after[place] = plan.lines_after[place]._replace(until_cycle=cycle)
        plan.closed.append(change.line_id)
    if change.line is not None:
        try:
            validate_line(change.line.terms, plan.before.currency)
        except ValueError as error:
            raise InvalidSubscription("line items", f"{change.line.name}: {error}") from error
        plan.added.append(change.line)
        new = AgreedLine(-len(plan.added), plan.before.id, cycle, None, change.line.terms)
        plan.lines_after.append(new)


def _refuse_impossible_result(ctx: AccountContext, plan: _Plan) -> None:
    following = lines_of_cycle(plan.lines_after, plan.before.next_cycle)
    if not following:
        raise EditRefused("The last line item cannot be removed. Cancel the subscription instead.")
    total = price_cycle(following, plan.after.currency).total_minor
    smallest = minimum_charge(plan.after.currency, ctx.today)
    if plan.after.collection == "automatic" and 0 < total < smallest:
        raise InvalidSubscription(
            "amount",
            f"{format_minor(total, plan.after.currency)} is below the smallest charge of "
            f"{format_minor(smallest, plan.after.currency)}.",
        )


def _pairs(edit: Edit, added: Sequence[int]) -> list[list[int | None]]:
    """For each changed line its id before and after, None where there was none or is none any more."""
    fresh = iter(added)
    return [[change.line_id, None if change.line is None else next(fresh)] for change in edit.lines]


def _write_lines(db: Connection[Any], ctx: AccountContext, plan: _Plan) -> list[int]:
    """Close and add lines; returns the ids of the added ones, in order."""
    ids = take_ids(db, len(plan.added))
    if plan.closed:
        db.execute(
            "UPDATE line_item SET until_cycle = %s, updated_at = %s WHERE account_id = %s AND id = ANY(%s)",
            [plan.before.next_cycle, ctx.now, ctx.id, plan.closed],
        )
    if plan.added:
        rows = _line_rows(plan, ids)
        params = {"account_id": ctx.id, "now": ctx.now, "source": "CRM_UI", **arrays(LINE_COLUMNS, rows)}
        db.execute(load("kalends.billing", "create_lines"), params)
    return ids


def _line_rows(plan: _Plan, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    row = plan.before
    first = len(plan.lines_before)
    return [
        (
            id_, row.id, first + number, line.name, line.description, line.sku, line.terms.unit_price,
            line.terms.quantity, line.terms.discount_per_unit, line.terms.discount_percent, line.terms.tax_rate,
            line.terms.tax_inclusive, line.tax_label, line.unit_cost, row.currency, row.frequency, row.next_cycle,
        )
        for number, (id_, line) in enumerate(zip(ids, plan.added, strict=True))
    ]  # fmt: skip


def _write(db: Connection[Any], ctx: AccountContext, plan: _Plan, edit: Edit) -> dict[str, list[Any]]:
    """Write what the subscription says after the edit; returns what changed."""
    row, after = plan.before, plan.after
    priced = price_cycle(lines_of_cycle(plan.lines_after, row.next_cycle), row.currency)
    nets, frequency = nets_without_tax(priced), Frequency(row.frequency)
    values: dict[str, Any] = {
        "anchor_date": after.anchor_date,
        "anchor_cycle": after.anchor_cycle,
        "next_due_date": after.next_due_date,
        "payment_method_id": after.payment_method_id,
        "contact_id": edit.contact_id or row.contact_id,
    }
    if edit.lines:
        values |= {
            "next_amount_minor": priced.total_minor,
            "mrr_minor": mrr_minor(nets, frequency),
            "arr_minor": arr_minor(nets, frequency),
        }
    if edit.next_due is not None and row.expected_payments is not None:
        values["end_date"] = cycle_date(after, row.expected_payments)
    if edit.next_due is not None and row.next_cycle == 0:
        values["start_date"] = edit.next_due
    values |= {
        name: value for name, value in (("name", edit.name), ("owner_id", edit.owner_id)) if value is not None
    }
    if edit.address is not None:
        parts = ("address", "address2", "city", "state", "zip", "country")
        values |= {f"billing_{part}": edit.address.get(part) for part in parts}
    return _update(db, ctx, row.id, values)


def _update(
    db: Connection[Any], ctx: AccountContext, id_: int, values: dict[str, Any]
) -> dict[str, list[Any]]:
    columns = [sql.Identifier(name) for name in values]
    read = sql.SQL("SELECT {} FROM subscription WHERE account_id = %s AND id = %s")
    before = db.execute(read.format(sql.SQL(", ").join(columns)), [ctx.id, id_]).fetchone()
    assert before is not None
    write = sql.SQL("UPDATE subscription SET {}, updated_at = %s WHERE account_id = %s AND id = %s")
    assignments = sql.SQL(", ").join(sql.SQL("{} = %s").format(column) for column in columns)
    db.execute(write.format(assignments), [*values.values(), ctx.now, ctx.id, id_])
    return journal.changes(**{name: (old, values[name]) for name, old in zip(values, before, strict=True)})
