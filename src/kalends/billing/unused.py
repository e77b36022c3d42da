"""Unused days: what a customer has paid for the days that are left, and how much of which payment that is.

It is a suggestion for a refund when a subscription is canceled, and says how each amount came about. Only money that
was collected can be given back: what is still owed is taken off first, and a bank debit under way counts as owed.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.core.money import format_minor
from kalends.core.proration import prorated_minor
from kalends.payments.refund import CannotRefund, refundable_minor


class UnusedLine(NamedTuple):
    """A line of a running period: what it was charged for, and what of that belongs to the days that are left.

    ``amount = full x days_left / days``, rounded half up. ``full_minor`` is what was charged less what was credited of
    it; days that were credited before are not left.
    """

    invoice_id: int
    invoice: str
    name: str
    period_start: date
    period_end: date
    full_minor: int
    days: int
    days_left: int
    amount_minor: int


class UnusedPayment(NamedTuple):
    """A payment of a running period: what is suggested to be given back of it, and the most that can be.

    ``by_hand``: it came outside a processor, so a person hands it back.
    """

    payment_id: int
    suggested_minor: int
    left_minor: int
    by_hand: bool


class Unused(NamedTuple):
    """What a subscription has not used of its running periods on a day, and what can be given back of that."""

    on: date
    currency: str
    lines: list[UnusedLine]
    payments: list[UnusedPayment]
    owed_minor: int
    under_way_minor: int

    @property
    def amount_minor(self) -> int:
        """What the days that are left were charged, whether or not it was paid."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def suggested_minor(self) -> int:
        """What is suggested to be given back in all."""
        return sum(payment.suggested_minor for payment in self.payments)

    @property
    def left_minor(self) -> int:
        """The most that can be given back in all."""
        return sum(payment.left_minor for payment in self.payments)


class RefundShare(NamedTuple):
    """What is to be given back of one payment."""

    payment_id: int
    amount_minor: int
    by_hand: bool


class ChargedLine(NamedTuple):
    """A row of ``sql/unused_lines.sql``."""

    invoice_id: int
    invoice: str
    owed_minor: int
    name: str
    period_start: date
    period_end: date
    total_minor: int
    credited_minor: int
    credited_days_minor: int
    unused_from: date | None


def unused_days(db: Connection[Any], ctx: AccountContext, subscription_id: int) -> Unused:
    """What of the paid days of a subscription is left today, and how much of which payment can be given back for it.

    A payment is not touched twice: what is on its way back, or went to the customer's credit, can be given back no
    more. Locks the payments until the transaction ends.
    """
    params = {"account_id": ctx.id, "id": subscription_id, "today": ctx.today}
    charged = [ChargedLine(*row) for row in fetch(db, load("kalends.billing", "unused_lines"), params)]
    lines = [unused_line(each, ctx.today) for each in charged]
    owed = {each.invoice_id: each.owed_minor for each in charged}
    left: dict[int, int] = {}
    for line in lines:
        left[line.invoice_id] = left.get(line.invoice_id, 0) + line.amount_minor
    for invoice_id, owed_minor in owed.items():
        left[invoice_id] = max(0, left[invoice_id] - owed_minor)
    payments, under_way = _payments(db, ctx, left)
    credited = sum(each.credited_days_minor for each in charged)
    payments = _out_of_credit(payments, min(credited, sum(left.values()) - _suggested(payments)))
    row = db.execute(
        "SELECT currency FROM subscription WHERE account_id = %s AND id = %s", [ctx.id, subscription_id]
    ).fetchone()
    currency = ctx.currency if row is None else row[0]
    return Unused(ctx.today, currency, lines, payments, sum(owed.values()), under_way)


def unused_line(charged: ChargedLine, on: date) -> UnusedLine:
    """The part of a line that belongs to the days left on ``on``; that day counts as left.

    30.00 for April, on the 16th; then the same when the days from the 26th on were credited before (5 of 30 days):

    >>> april = ChargedLine(1, "INV-1", 0, "Fiber", date(2026, 4, 1), date(2026, 5, 1), 3000, 0, 0, None)
    >>> unused_line(april, date(2026, 4, 16))[5:]
    (3000, 30, 15, 1500)
    >>> credited = april._replace(credited_days_minor=500, unused_from=date(2026, 4, 26))
    >>> unused_line(credited, date(2026, 4, 16))[5:]
    (3000, 30, 10, 1000)
    """
    start, end = charged.period_start, charged.period_end
    days = (end - start).days
    full = charged.total_minor - charged.credited_minor
    paid_until = end if charged.unused_from is None else min(end, max(start, charged.unused_from))
    days_left = max(0, (paid_until - max(on, start)).days)
    amount = prorated_minor(full, start, end, on) - prorated_minor(full, start, end, max(on, paid_until))
    amount = max(0, min(amount, full - charged.credited_days_minor))
    return UnusedLine(
        charged.invoice_id, charged.invoice, charged.name, start, end, full, days, days_left, amount
    )


def shares_of(unused: Unused, wanted_minor: int) -> list[RefundShare]:
    """How an amount is given back: of each payment what is suggested, and beyond that of the latest that has some left.

    Raises ``CannotRefund`` for less than nothing, or more than the payments have left.
    """
    if not 0 <= wanted_minor <= unused.left_minor:
        raise CannotRefund(
            f"{format_minor(wanted_minor, unused.currency)} cannot be given back: of what was paid for the running "
            f"period {format_minor(unused.left_minor, unused.currency)} can be."
        )
    taken = _take(wanted_minor, [payment.suggested_minor for payment in unused.payments])
    beyond = wanted_minor - sum(taken)
    rest = [payment.left_minor - part for payment, part in zip(unused.payments, taken, strict=True)]
    amounts = [part + more for part, more in zip(taken, _take(beyond, rest), strict=True)]
    return [
        RefundShare(payment.payment_id, amount, payment.by_hand)
        for payment, amount in zip(unused.payments, amounts, strict=True)
        if amount
    ]


def _take(wanted: int, available: Iterable[int]) -> list[int]:
    """How much of each, in order, until there is enough.

    >>> _take(70, [50, 0, 100])
    [50, 0, 20]
    """
    taken: list[int] = []
    for most in available:
        taken.append(min(wanted, most))
        wanted -= taken[-1]
    return taken


def _payments(
    db: Connection[Any], ctx: AccountContext, unused: dict[int, int]
) -> tuple[list[UnusedPayment], int]:
    """The payments that can be given back, with what is suggested of each; and what is under way."""
    params = {"account_id": ctx.id, "invoices": integers(unused)}
    rows = fetch(db, load("kalends.billing", "unused_payments"), params)
    under_way = sum(row[3] for row in rows if row[2] == "processing")
    found: list[UnusedPayment] = []
    for invoice_id, of_invoice in _by_invoice(rows).items():
        lefts = [refundable_minor(db, ctx, payment_id) for payment_id, _ in of_invoice]
        suggested = _take(unused[invoice_id], lefts)
        found += [
            UnusedPayment(payment_id, part, left, by_hand)
            for (payment_id, by_hand), part, left in zip(of_invoice, suggested, lefts, strict=True)
            if left
        ]
    return found, under_way


def _suggested(payments: Iterable[UnusedPayment]) -> int:
    return sum(payment.suggested_minor for payment in payments)


def _out_of_credit(payments: Sequence[UnusedPayment], wanted_minor: int) -> list[UnusedPayment]:
    """What days were paid with that had been credited before, as a prorated edit does: the payments of those days.

    They gave the credit, so what it paid for and is not used comes out of what is left of them.
    """
    rest = _take(wanted_minor, [payment.left_minor - payment.suggested_minor for payment in payments])
    return [
        payment._replace(suggested_minor=payment.suggested_minor + more)
        for payment, more in zip(payments, rest, strict=True)
    ]


def _by_invoice(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[tuple[int, bool]]]:
    groups: dict[int, list[tuple[int, bool]]] = {}
    for invoice_id, payment_id, status, _amount, by_hand in rows:
        if status not in ("processing", "failed"):
            groups.setdefault(invoice_id, []).append((payment_id, by_hand))
    return groups
