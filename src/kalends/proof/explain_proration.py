"""Why the invoice of a prorated edit comes to its amount, and what credit notes took back for unused days."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.money import format_minor
from kalends.core.pricing import LineTerms, price_document
from kalends.core.proration import prorated_minor
from kalends.proof.explanation import Explanation
from kalends.proof.words import day

REASON = "proration-"
"""How the reason of an invoice begins that bills the days left after a prorated edit."""


class ShareBilled(NamedTuple):
    """A line that was billed for a part of a cycle."""

    name: str
    cycle_start: date
    starts: date
    ends: date
    tax_minor: int
    total_minor: int
    terms: LineTerms

    @property
    def left(self) -> int:
        """How many days are billed."""
        return (self.ends - self.starts).days

    @property
    def days(self) -> int:
        """How many the whole cycle has."""
        return (self.ends - self.cycle_start).days


class _Credited(NamedTuple):
    """A row of ``sql/explain_credited_days.sql``."""

    number: str
    issued_on: date
    name: str
    charged_minor: int
    credited_minor: int
    starts: date
    ends: date
    unused_from: date


def shares_billed(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> list[ShareBilled]:
    """The lines of an invoice that bills the days left of a cycle, as they were priced together."""
    rows = db.execute(
        "SELECT name, cycle_start, period_start, period_end, tax_minor, total_minor, unit_price, quantity, "
        "discount_per_unit, discount_percent, tax_rate, tax_inclusive FROM line_item "
        "WHERE account_id = %s AND parent_id = %s AND cycle_start IS NOT NULL ORDER BY position, id",
        [ctx.id, invoice_id],
    ).fetchall()
    return [
        ShareBilled(name, cycle_start, starts, ends, tax, total, LineTerms(*terms))
        for name, cycle_start, starts, ends, tax, total, *terms in rows
    ]


def tell_days_left(
    explanation: Explanation, shares: Sequence[ShareBilled], cycle: int, subscription: str | None
) -> None:
    """Which days of which cycle are billed."""
    first, name = shares[0], subscription or "a subscription that is deleted"
    text = (
        f"An edit of {day(first.starts)} counted at once: it bills the days left of cycle {cycle + 1} of {name}, "
        f"{first.left} of {first.days} days."
    )
    explanation.tell(
        "reason",
        "days-left-of-cycle",
        text,
        date=first.starts,
        cycle=cycle + 1,
        name=name,
        left=first.left,
        days=first.days,
    )


def tell_shares(explanation: Explanation, shares: Sequence[ShareBilled]) -> int:
    """Line by line, what share of a cycle's price is billed; returns the total."""
    whole = price_document([line.terms for line in shares], explanation.currency)
    total = 0
    for line, priced in zip(shares, whole.lines, strict=True):
        share = prorated_minor(priced.total_minor, line.cycle_start, line.ends, line.starts)
        price = explanation.money(priced.total_minor)
        text = f"{line.name}: {price} x {line.left} of {line.days} days"
        explanation.count(
            "price",
            "+",
            "share-of-cycle",
            text,
            share,
            name=line.name,
            price=price,
            left=line.left,
            days=line.days,
        )
        total += share
    tax = explanation.money(sum(line.tax_minor for line in shares))
    text = f"Total, of which {tax} is tax" if any(line.tax_minor for line in shares) else "Total"
    explanation.count("price", "=", "shares-of-cycle", text, total, tax=tax)
    return total


def tell_credited_days(
    db: Connection[Any], ctx: AccountContext, explanation: Explanation, invoice_id: int
) -> None:
    """Which days credit notes took back of an invoice, and how each amount came about."""
    params = {"account_id": ctx.id, "invoice": invoice_id}
    rows = db.execute(load("kalends.proof", "explain_credited_days"), params).fetchall()
    for credited in map(_Credited._make, rows):
        left, days = (credited.ends - credited.unused_from).days, (credited.ends - credited.starts).days
        charged = format_minor(credited.charged_minor, explanation.currency)
        amount = format_minor(credited.credited_minor, explanation.currency)
        text = (
            f"Credit note {credited.number} of {day(credited.issued_on)} takes back the days of {credited.name} from "
            f"{day(credited.unused_from)} on: {charged} x {left} of {days} days is {amount}."
        )
        explanation.tell(
            "payments", "days-credited", text, number=credited.number, date=credited.issued_on, name=credited.name,
            price=charged, left=left, days=days, amount=amount,
        )  # fmt: skip
