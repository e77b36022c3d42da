"""What the people of the world remember of what they agreed to, and what follows from it, worked out the slow way.

This is the oracle of the simulator. It imports no rule of the product: dates are counted with :mod:`calendar`, money
with fractions, and what is to be billed is a list of days that a person could write on paper. What people do is
entered here as they do it; what the product made of it is compared by :mod:`kalends.simulation.checks`.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

WEEKS = {"weekly": 1, "biweekly": 2}
MONTHS = {"monthly": 1, "quarterly": 3, "per_six_months": 6, "annually": 12}


def nth_day(anchor: date, frequency: str, n: int) -> date:
    """The day of the n-th period after an anchor: the same day of a later month, or that month's last.

    >>> [str(nth_day(date(2027, 12, 31), "monthly", n)) for n in (1, 2, 3)]
    ['2028-01-31', '2028-02-29', '2028-03-31']
    """
    if frequency in WEEKS:
        return anchor + timedelta(weeks=WEEKS[frequency] * n)
    months = anchor.year * 12 + anchor.month - 1 + MONTHS[frequency] * n
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))


class Item(NamedTuple):
    """Something that is paid for each period: cents for one, how many, and the tax in percent on top."""

    cents: int
    quantity: int
    tax_percent: int


def price(items: tuple[Item, ...]) -> int:
    """What items come to together, in cents: each rate's tax is rounded once, half up, on all that it falls on.

    >>> price((Item(10, 1, 25), Item(10, 1, 25))), price((Item(4990, 3, 24),))
    (25, 18563)
    """
    total = sum(item.cents * item.quantity for item in items)
    for rate in {item.tax_percent for item in items}:
        net = sum(item.cents * item.quantity for item in items if item.tax_percent == rate)
        total += int(Fraction(net * rate, 100) + Fraction(1, 2))
    return total


class Promise(NamedTuple):
    """A payment that an agreement promises: its place in the schedule, its day and what it comes to."""

    place: int
    day: date
    cents: int


@dataclass(slots=True)
class Agreement:
    """One subscription, as its customer remembers it.

    ``state`` is ``running``, ``paused``, ``ending`` (until ``ends_on``) or ``canceled``. Days are counted from
    ``anchor``, and ``place`` is the next one to be written down. ``promised`` are the payments that were due until
    now, as they were agreed then.
    """

    id: int
    contact_id: int
    frequency: str
    anchor: date
    items: tuple[Item, ...]
    automatic: bool
    payments: int | None = None
    state: str = "running"
    place: int = 0
    resumes_on: date | None = None
    ends_on: date | None = None
    promised: list[Promise] = field(default_factory=list[Promise])

    def write_until(self, day: date) -> None:
        """Write down every payment that falls due until that day."""
        while True:
            due = self.next_day()
            if due is None or due > day:
                return
            self.promised.append(Promise(self.place, due, price(self.items)))
            self.place += 1

    def next_day(self) -> date | None:
        """The next day on which something falls due, as the diary stands."""
        if self.state != "running" or (self.payments is not None and len(self.promised) >= self.payments):
            return None
        return nth_day(self.anchor, self.frequency, self.place)

    def let_off(self, billed: int) -> None:
        """What was due and was not billed yet is no promise any more: something else was agreed meanwhile."""
        if billed < len(self.promised):
            self.place = self.promised[billed].place
            del self.promised[billed:]

    def edit(self, billed: int, items: tuple[Item, ...], next_due: date | None) -> None:
        """Other items from the next payment on, perhaps on another day from which later ones are counted."""
        self.let_off(billed)
        self.items = items
        if next_due is not None:
            self.anchor, self.place = next_due, 0

    def pause(self, billed: int, resumes_on: date | None) -> None:
        """Nothing falls due until it goes on."""
        self.let_off(billed)
        self.state, self.resumes_on = "paused", resumes_on

    def resume(self, day: date) -> None:
        """It goes on with the first day of its schedule, from that one on, that was not billed."""
        self.state, self.resumes_on = "running", None
        while nth_day(self.anchor, self.frequency, self.place) < day:
            self.place += 1

    def end(self, billed: int) -> None:
        """It runs until the next payment would fall due, and that is not asked for any more."""
        self.let_off(billed)
        self.ends_on = self.next_day()
        self.state = "ending"

    def keep(self) -> None:
        """It goes on after all."""
        self.state, self.ends_on = "running", None

    def cancel(self, billed: int) -> None:
        """It is over."""
        self.let_off(billed)
        self.state = "canceled"


@dataclass(slots=True)
class Diary:
    """All agreements of one account, and what holds for the whole of it."""

    agreements: dict[int, Agreement] = field(default_factory=dict[int, Agreement])
    held: bool = False
    parked: set[int] = field(default_factory=set[int])

    def day_comes(self, today: date, billed_until: date) -> None:
        """A day on which somebody looks: pauses end, what has run out ends, and payments fall due."""
        if self.held:
            return
        for each in self.agreements.values():
            if each.state == "paused" and each.resumes_on is not None and each.resumes_on <= today:
                each.resume(today)
            if each.state == "ending" and each.ends_on is not None and each.ends_on <= today:
                each.state = "canceled"
            each.write_until(billed_until)

    def running(self) -> Iterator[Agreement]:
        """The agreements that are billed."""
        return (each for each in self.agreements.values() if each.state == "running")
