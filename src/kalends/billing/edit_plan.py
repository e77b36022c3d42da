"""What an edit would leave: the subscription and its lines before and after it, and whether it may be made at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.billing.agreement import ADDRESS_PARTS
from kalends.billing.compose import AgreedLine, DueSubscription, lines_of_cycle, price_cycle
from kalends.billing.create import InvalidSubscription, NewLine
from kalends.billing.locking import locked
from kalends.core.lifecycle import Status, may_be_edited
from kalends.core.money import format_minor, minimum_charge
from kalends.core.pricing import LineTerms, validate_line
from kalends.payments.methods import MethodRefused, accepted_methods, usable_method

_CONTACT = "SELECT FROM contact WHERE account_id = %s AND id = %s AND archived_at IS NULL"
_MEMBER = "SELECT FROM membership WHERE account_id = %s AND user_id = %s"


class EditRefused(ValueError):
    """An edit that may not be made, or not now; the message says why and what can be done instead."""


@dataclass(frozen=True, slots=True)
class LineEdit:
    """One change of the lines: ``line_id`` alone removes a line, ``line`` alone adds one, both replace.

    A line that replaces another keeps its place and whatever it does not state itself.
    """

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


class Line(NamedTuple):
    """A line of a subscription with what an edit needs to know of it. One that is to be added has an id below 0."""

    agreed: AgreedLine
    name: str
    position: int
    in_force_from: date | None = None
    in_force_until: date | None = None

    @property
    def id(self) -> int:
        """Its id."""
        return self.agreed.id

    def in_force(self, cycle: int, on: date) -> bool:
        """Whether it is what the customer has on a day of the running cycle ``cycle``.

        It is when it bills that cycle, or was added with proration for the days left of it; and no longer from the day
        on which another edit took it out of force.
        """
        line = self.agreed
        billed = line.from_cycle <= cycle and (line.until_cycle is None or cycle < line.until_cycle)
        added = line.from_cycle == cycle + 1 and self.in_force_from is not None and self.in_force_from <= on
        return (billed or added) and (self.in_force_until is None or on < self.in_force_until)


@dataclass(frozen=True, slots=True)
class Added:
    """A line that is to be written: its place, and the line that it replaces."""

    new: NewLine
    position: int
    replaces: int | None


@dataclass(slots=True)
class Plan:
    """A subscription as the edit would leave it. ``lines_after`` holds what is added under ids from -1 downwards."""

    before: DueSubscription
    after: DueSubscription
    lines_before: list[Line]
    lines_after: list[Line]
    closed: list[int] = field(default_factory=list[int])
    added: list[Added] = field(default_factory=list[Added])

    @property
    def following(self) -> list[Line]:
        """The lines that bill the next cycle after the edit."""
        billed = {line.id for line in lines_of_cycle(agreed(self.lines_after), self.before.next_cycle)}
        return [line for line in self.lines_after if line.id in billed]


def agreed(lines: Sequence[Line]) -> list[AgreedLine]:
    """What the lines say of cycles and prices."""
    return [line.agreed for line in lines]


def plan_edit(db: Connection[Any], ctx: AccountContext, id_: int, edit: Edit, *, prorate: bool) -> Plan:
    """What the edit would leave; the subscription is locked until the transaction ends.

    Raises ``UnknownSubscription``, ``EditRefused`` and ``InvalidSubscription``.
    """
    (before,) = locked(db, ctx, [id_])
    _refuse_what_may_not_be_edited(db, ctx, before, edit, prorate=prorate)
    lines = _lines(db, ctx, id_)
    plan = Plan(before, before, lines, list(lines))
    for change in edit.lines:
        _change_line(plan, change)
    if edit.next_due is not None:
        plan.after = before._replace(
            anchor_date=edit.next_due, anchor_cycle=before.next_cycle, next_due_date=edit.next_due
        )
    if edit.payment_method_id is not None:
        plan.after = plan.after._replace(payment_method_id=edit.payment_method_id)
    if edit.contact_id is not None:
        plan.after = plan.after._replace(contact_id=edit.contact_id)
    if edit.concerns_billing or prorate:
        _refuse_impossible_result(ctx, plan)
    return plan


def _lines(db: Connection[Any], ctx: AccountContext, id_: int) -> list[Line]:
    rows = fetch(db, load("kalends.billing", "lines_of_edit"), {"account_id": ctx.id, "id": id_})
    return [
        Line(AgreedLine(line, id_, first, until, LineTerms(*terms)), name, position, begins, ends)
        for line, first, until, begins, ends, name, position, *terms in rows
    ]


def _nothing_to_come(db: Connection[Any], ctx: AccountContext, id_: int) -> str:
    """Why nothing is to be billed any more on a subscription that has not ended."""
    row = db.execute(
        "SELECT cancel_on FROM subscription WHERE account_id = %s AND id = %s", [ctx.id, id_]
    ).fetchone()
    if row is not None and row[0] is not None:
        return f"It is to be canceled on {row[0]}. Take that back first, then edit it."
    return "Nothing is to be billed any more: all agreed payments were asked for."


def _refuse_what_may_not_be_edited(
    db: Connection[Any], ctx: AccountContext, row: DueSubscription, edit: Edit, *, prorate: bool
) -> None:
    _refuse_unknown(db, ctx, edit)
    if not edit.concerns_billing and not prorate:
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
        raise EditRefused(_nothing_to_come(db, ctx, row.id))
    left = (row.next_due_date - ctx.today).days
    if left < 0:
        raise EditRefused(
            f"The payment that was due on {row.next_due_date} has not been billed yet. Edit it after that was done."
        )
    if left <= ctx.settings.notice_days:
        when = {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")
        raise EditRefused(
            f"The next payment is due on {row.next_due_date}, {when}. Edits close {ctx.settings.notice_days} "
            f"days before, so that the customer has notice; edit it after that day."
        )
    if edit.next_due is not None and edit.next_due <= ctx.today:
        raise EditRefused(f"The next payment due date {edit.next_due} is not after today, {ctx.today}.")
    if prorate:
        _refuse_beside_proration(edit)
    if edit.payment_method_id is not None:
        try:
            usable_method(db, ctx, edit.payment_method_id, accepted_methods(db, ctx, row.id))
        except MethodRefused as refusal:
            raise EditRefused(str(refusal)) from refusal


def _refuse_unknown(db: Connection[Any], ctx: AccountContext, edit: Edit) -> None:
    """Raise for a record that is not there, or a part that no address has."""
    named: tuple[tuple[str, LiteralString, int | None], ...] = (
        ("contact", _CONTACT, edit.contact_id),
        ("user", _MEMBER, edit.owner_id),
    )
    for words, query, value in named:
        if value is not None and db.execute(query, [ctx.id, value]).fetchone() is None:
            raise EditRefused(f"There is no {words} {value} in this account.")
    unknown = sorted((edit.address or {}).keys() - set(ADDRESS_PARTS))
    if unknown:
        raise InvalidSubscription(
            "billing address", f"An address has no part {unknown[0]!r}; give {', '.join(ADDRESS_PARTS)}."
        )


def _refuse_beside_proration(edit: Edit) -> None:
    if edit.next_due is not None:
        raise EditRefused(
            "The days left of the running period are prorated by the schedule as it stands. Change the date in an edit "
            "of its own, before or after this one."
        )
    if edit.contact_id is not None:
        raise EditRefused(
            "What is credited belongs to the customer who was billed for it. Change the contact in an edit of its own, "
            "before or after this one."
        )


def _change_line(plan: Plan, change: LineEdit) -> None:
    """Close the old line before the next cycle, and let the new one begin with it, in its place."""
    cycle = plan.before.next_cycle
    position = 1 + max((line.position for line in plan.lines_after), default=-1)
    if change.line_id is not None:
        old = next((line for line in plan.following if line.id == change.line_id), None)
        if old is None:
            raise EditRefused(
                f"Line item {change.line_id} does not bill the next payment of this subscription."
            )
        place = plan.lines_after.index(old)
        plan.lines_after[place] = old._replace(agreed=old.agreed._replace(until_cycle=cycle))
        plan.closed.append(change.line_id)
        position = old.position
    if change.line is not None:
        try:
            validate_line(change.line.terms, plan.before.currency)
        except ValueError as error:
            raise InvalidSubscription("line items", f"{change.line.name}: {error}") from error
        plan.added.append(Added(change.line, position, change.line_id))
        new = AgreedLine(-len(plan.added), plan.before.id, cycle, None, change.line.terms)
        plan.lines_after.append(Line(new, change.line.name, position))


def _refuse_impossible_result(ctx: AccountContext, plan: Plan) -> None:
    if not plan.following:
        raise EditRefused("The last line item cannot be removed. Cancel the subscription instead.")
    total = price_cycle(agreed(plan.following), plan.after.currency).total_minor
    smallest = minimum_charge(plan.after.currency, ctx.today)
    if plan.after.collection == "automatic" and 0 < total < smallest:
        raise InvalidSubscription(
            "amount",
            f"{format_minor(total, plan.after.currency)} is below the smallest charge of "
            f"{format_minor(smallest, plan.after.currency)}.",
        )
