"""Prorated edits: what the days left of the running period cost and give back when an edit counts from today.

Whatever is agreed for the next cycle comes into force: lines that were not are charged for the days left, on one
invoice, and lines that no longer are get credited for them, on the invoice that charged them. What is credited of a
paid invoice is to the customer's credit and pays the new one first; no money is given back by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load, take_ids
from kalends.billing.balance import apply_balances
from kalends.billing.block import ids_needed, with_ids, write
from kalends.billing.compose import Composed, cycle_date
from kalends.billing.credit import CannotCredit, CreditedLine, IssuedNote, issue_credit_note
from kalends.billing.edit_plan import EditRefused, Line, Plan
from kalends.core.lifecycle import Status
from kalends.core.money import format_minor, minimum_charge
from kalends.core.pricing import PricedDocument, price_document
from kalends.core.proration import prorated_document, prorated_minor, share_left


class ProratedAmount(NamedTuple):
    """One amount of a prorated edit, and how it came about: ``amount = whole x days_left / days``, in minor units.

    ``whole_minor`` is the price of the whole period from ``starts`` to before ``ends``, with tax. ``line_id`` is None
    for a line that the edit adds; ``invoice`` is the number of the invoice on which an amount is credited. Of a line
    that was credited (in part) before, no more is credited than was left.
    """

    name: str
    line_id: int | None
    whole_minor: int
    amount_minor: int
    starts: date
    ends: date
    on: date
    credited: bool
    invoice: str | None = None

    @property
    def days(self) -> int:
        """The days of the whole period."""
        return (self.ends - self.starts).days

    @property
    def days_left(self) -> int:
        """The days of it that are left, the day of the edit among them."""
        return (self.ends - self.on).days

    def how(self, currency: str) -> str:
        """How the amount came about, in words.

        >>> on = date(2026, 4, 16)
        >>> ProratedAmount("Core", 7, 9990, 4995, date(2026, 4, 1), date(2026, 5, 1), on, credited=True).how("EUR")
        '99.90 EUR x 15 of 30 days = 49.95 EUR'
        """
        whole, amount = format_minor(self.whole_minor, currency), format_minor(self.amount_minor, currency)
        exact = prorated_minor(self.whole_minor, self.starts, self.ends, self.on)
        limited = "" if exact == self.amount_minor else ", of which is left"
        return f"{whole} x {self.days_left} of {self.days} days{limited} = {amount}"


class _Charged(NamedTuple):
    """A row of ``sql/charged_lines.sql``: a line of an invoice of the running cycle."""

    invoice_id: int
    number: str | None
    voided: bool
    of_cycle: bool
    line_id: int
    agreed_line_id: int | None
    starts: date
    ends: date
    total_minor: int
    credited_minor: int


class _Credit(NamedTuple):
    """What is credited of an invoice line."""

    invoice_id: int
    line_id: int
    amount: ProratedAmount


@dataclass(frozen=True, slots=True)
class Proration:
    """A prorated edit worked out, before anything is issued.

    ``begun`` are the lines that come into force, in the order in which they are billed, ``ended`` those that go out of
    it; both may hold lines of which nothing is charged or credited. ``priced`` is the invoice's content.
    """

    on: date
    cycle: int
    starts: date
    ends: date
    reason: str
    begun: list[Line]
    ended: list[Line]
    priced: PricedDocument
    credited: list[_Credit]
    amounts: list[ProratedAmount]


@dataclass(slots=True)
class Issued:
    """What a prorated edit came to, in minor units: credited and invoiced, and how the two met.

    ``credit_minor`` = ``settled_minor`` (which made invoices that were not paid smaller) + ``to_balance_minor``.
    ``used_minor`` of the customer's credit pays the invoice, and ``owed_minor`` is what is asked for now.
    """

    credit_minor: int = 0
    settled_minor: int = 0
    to_balance_minor: int = 0
    invoice_minor: int = 0
    used_minor: int = 0
    owed_minor: int = 0
    credit_notes: list[int] = field(default_factory=list[int])
    invoice_id: int | None = None


def work_out(db: Connection[Any], ctx: AccountContext, plan: Plan) -> Proration | None:
    """What the edit comes to for the days left of the running period; None when none runs.

    A subscription that is scheduled has none, and neither has one whose paid period is over before its next payment
    (after a pause, or when its date was moved): there is nothing to prorate then. Raises ``EditRefused``.
    """
    cycle, on = plan.before.next_cycle - 1, ctx.today
    if plan.before.status != Status.ACTIVE or cycle < 0:
        return None
    params = {"account_id": ctx.id, "id": plan.before.id, "cycle": cycle}
    charged = [_Charged(*row) for row in fetch(db, load("kalends.billing", "charged_lines"), params)]
    starts, ends = _running_period(plan, cycle, charged)
    if not starts <= on < ends:
        return None
    following = plan.following
    in_force = [line for line in plan.lines_before if line.in_force(cycle, on)]
    kept = {line.id for line in following} & {line.id for line in in_force}
    begun = sorted((line for line in following if line.id not in kept), key=_as_billed)
    ended = [line for line in in_force if line.id not in kept]
    terms = [line.agreed.terms for line in begun]
    currency = plan.before.currency
    whole = price_document(terms, currency)
    priced = prorated_document(terms, currency, share_left(starts, ends, on))
    credited = [credit for line in ended if (credit := _credit(line, charged, on, currency)) is not None]
    amounts = [credit.amount for credit in credited] + [
        ProratedAmount(
            line.name, line.id if line.id > 0 else None, full.total_minor, part.total_minor, starts, ends, on,
            credited=False,
        )
        for line, full, part in zip(begun, whole.lines, priced.lines, strict=True)
    ]  # fmt: skip
    number = 1 + len({row.invoice_id for row in charged if not row.of_cycle})
    return Proration(on, cycle, starts, ends, f"proration-{number}", begun, ended, priced, credited, amounts)


def _as_billed(line: Line) -> tuple[int, bool, int]:
    """In the order of an invoice: by position, then by id; lines that are to be added get the highest ids, in order."""
    return line.position, line.id < 0, abs(line.id)


def _running_period(plan: Plan, cycle: int, charged: Sequence[_Charged]) -> tuple[date, date]:
    """The period that was billed last, as its invoice says; by the schedule where it was billed elsewhere."""
    for row in charged:
        if row.of_cycle:
            return row.starts, row.ends
    return cycle_date(plan.before, cycle), cycle_date(plan.before, cycle + 1)


def _credit(line: Line, charged: Sequence[_Charged], on: date, currency: str) -> _Credit | None:
    """What is credited of a line that goes out of force; None where nothing was charged for it."""
    row = next((row for row in charged if row.agreed_line_id == line.id), None)
    if row is None:
        if line.in_force_from is None and price_document([line.agreed.terms], currency).total_minor:
            raise EditRefused(
                f"{line.name} was billed elsewhere for the running period, so no invoice is here on which its days "
                f"left could be credited. Save the edit without proration; it then counts from the next payment."
            )
        return None
    left = row.total_minor - row.credited_minor
    minor = min(left, prorated_minor(row.total_minor, row.starts, row.ends, on))
    if row.voided or minor <= 0:
        return None
    amount = ProratedAmount(
        line.name,
        line.id,
        row.total_minor,
        minor,
        row.starts,
        row.ends,
        on,
        credited=True,
        invoice=row.number,
    )
    return _Credit(row.invoice_id, row.line_id, amount)


def issue(
    db: Connection[Any],
    ctx: AccountContext,
    plan: Plan,
    proration: Proration,
    added: Sequence[int],
    *,
    actor: str,
) -> Issued:
    """Issue the credit notes, and the invoice of what they leave to pay; what is to be charged is then collected.

    The lines must have been written; ``added`` are the ids of the new ones. Runs in the caller's transaction. Raises
    ``EditRefused`` for a charge that is too small to be made.
    """
    issued = Issued()
    by_invoice = sorted(proration.credited, key=lambda credit: (credit.invoice_id, credit.line_id))
    for invoice_id, of_invoice in groupby(by_invoice, key=lambda credit: credit.invoice_id):
        lines = [
            CreditedLine(credit.line_id, credit.amount.amount_minor, unused_from=proration.on)
            for credit in of_invoice
        ]
        note = _credited(db, ctx, invoice_id, lines, actor)
        issued.credit_notes.append(note.id)
        issued.credit_minor += note.total_minor
        issued.settled_minor += note.applied_minor
        issued.to_balance_minor += note.to_balance_minor
    if proration.priced.total_minor:
        _invoice(db, ctx, plan, proration, added, issued)
    return issued


def _credited(
    db: Connection[Any], ctx: AccountContext, invoice_id: int, lines: Sequence[CreditedLine], actor: str
) -> IssuedNote:
    try:
        return issue_credit_note(db, ctx, invoice_id, lines, actor=actor)
    except CannotCredit as refusal:
        raise EditRefused(
            f"The days left cannot be credited. {refusal} Or save the edit without proration; it then counts from the "
            f"next payment."
        ) from refusal


def _invoice(
    db: Connection[Any],
    ctx: AccountContext,
    plan: Plan,
    proration: Proration,
    added: Sequence[int],
    issued: Issued,
) -> None:
    (composed,) = apply_balances(db, ctx, [_compose(ctx, plan, proration, added)])
    smallest = minimum_charge(plan.after.currency, ctx.today)
    if 0 < composed.charge_minor < smallest:
        raise EditRefused(
            f"What is to be charged for the days left, {format_minor(composed.charge_minor, plan.after.currency)}, is "
            f"below the smallest charge of {format_minor(smallest, plan.after.currency)}. Save the edit without "
            f"proration; it then counts from the next payment."
        )
    (numbered,) = with_ids([composed], take_ids(db, ids_needed([composed])))
    write(db, ctx, [numbered])
    issued.invoice_id = numbered.invoice_id
    issued.invoice_minor = proration.priced.total_minor
    issued.used_minor, issued.owed_minor = composed.credit_minor, composed.owed_minor


def _compose(ctx: AccountContext, plan: Plan, proration: Proration, added: Sequence[int]) -> Composed:
    """The invoice for the days left of the lines that come into force; the subscription stays where it is."""
    subscription = plan.after
    automatic = subscription.collection == "automatic"
    lines = [
        line.agreed if line.id > 0 else line.agreed._replace(id=added[-line.id - 1])
        for line in proration.begun
    ]
    return Composed(
        subscription=subscription._replace(next_cycle=proration.cycle),
        period_start=proration.on,
        period_end=proration.ends,
        invoice_date=ctx.today,
        due_date=ctx.today if automatic else ctx.today + timedelta(days=subscription.net_terms_days),
        lines=lines,
        priced=proration.priced,
        charge_minor=proration.priced.total_minor if automatic else 0,
        status=subscription.status,
        next_due_date=subscription.next_due_date,
        next_amount_minor=subscription.next_amount_minor,
        reason=proration.reason,
        cycle_start=proration.starts,
    )
