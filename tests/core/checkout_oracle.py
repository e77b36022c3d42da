"""What a checkout comes to, a second time: by hand, in fractions, with the slow oracle of pricing and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from dateutil.relativedelta import relativedelta
from tests.core import oracle


@dataclass
class Item:
    """A line that is bought, in plain words; ``frequency`` empty is billed once."""

    key: int
    terms: tuple[Decimal, Decimal, Decimal, Decimal, Decimal, bool]
    frequency: str = ""
    payments: int | None = None
    start: date | None = None
    delay_days: int | None = None
    delay_months: int | None = None

    def first_day(self, day: date) -> date:
        if not self.frequency:
            return day
        if self.start is not None:
            return self.start if self.start > day else day
        if self.delay_days is not None:
            return day + timedelta(days=self.delay_days)
        return day + relativedelta(months=self.delay_months or 0)


@dataclass
class Part:
    """Items that are billed together, with the bill of the first payment and that of later ones."""

    items: list[Item]
    start: date
    subtotal: int = 0
    off: int = 0
    first: oracle.Bill = field(default_factory=lambda: oracle.Bill([]))
    later: oracle.Bill = field(default_factory=lambda: oracle.Bill([]))


def _bill(items: list[Item], digits: int, off: int) -> oracle.Bill:
    lines = [oracle.Line(*item.terms) for item in items]
    discounts = [oracle.Charge(Decimal(off) / 10**digits, Decimal(0))] if off else []
    return oracle.bill(lines, digits, discounts, [])


def parts(items: Sequence[Item], day: date) -> list[Part]:
    """Put each item beside those that it is billed with: looked for one by one."""
    found: list[Part] = []
    for item in sorted(items, key=lambda item: bool(item.frequency)):
        start = item.first_day(day)
        for part in found:
            other = part.items[0]
            same = (other.frequency, other.payments if other.frequency else None)
            if same == (item.frequency, item.payments if item.frequency else None) and part.start == start:
                part.items.append(item)
                break
        else:
            found.append(Part([item], start))
    return found


def checkout(
    items: Sequence[Item], day: date, digits: int, percent: Decimal | None, fixed: int | None
) -> list[Part] | None:
    """The parts of a checkout with their bills; None where the code cannot be used on it."""
    found = parts(items, day)
    for part in found:
        part.later = _bill(part.items, digits, 0)
        part.subtotal = part.later.subtotal
    now = [part for part in found if part.start == day]
    if percent is not None or fixed is not None:
        due = sum(part.subtotal for part in now)
        off = fixed if percent is None else oracle.nearest(Fraction(due) * Fraction(percent) / 100)
        assert off is not None
        if due == 0 or off >= due:
            return None
        for part in now:
            if not part.items[0].frequency:
                part.off = min(off, part.subtotal)
                off -= part.off
        again = [part for part in now if part.items[0].frequency]
        if off:
            for part, share in zip(again, oracle.shares(off, [part.subtotal for part in again]), strict=True):
                part.off = share
    for part in found:
        part.first = _bill(part.items, digits, part.off)
    return found
