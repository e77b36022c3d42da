"""What the people of the world remember of what they agreed to, and what follows from it, worked out the slow way.

This is the oracle of the simulator. It imports no rule of the product: dates are counted with :mod:`calendar`, money
with fractions, and what is to be billed is a list of days that a person could write on paper. What people do is
entered here as they do it; what the product made of it is compared by :mod:`kalends.simulation.checks`.
"""

from __future__ import annotations

import calendar
from collections import Counter
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


class Prorated(NamedTuple):
    """What a change in the middle of a period comes to: what is new, what is given up, and the share that is left."""

    begun: tuple[Item, ...]
    ended: tuple[Item, ...]
    share: Fraction

    def agrees(self, charged: int, credited: int) -> bool:
        """Whether so much may be charged and given back: a cent an item may be lost, and credit may be used up.

        >>> half = Prorated((Item(1000, 1, 0),), (Item(400, 1, 0),), Fraction(1, 2))
        >>> half.agrees(500, 200), half.agrees(500, 0), half.agrees(501, 200), half.agrees(500, 202)
        (True, True, False, False)
        """
        wanted = price(self.begun) * self.share
        most = price(self.ended) * self.share
        slack = max(0, len(self.begun) - 1) + Fraction(1, 2)
        lost = len(self.ended) + Fraction(1, 2)  # an invoice rounds the tax of all its lines at once
        return abs(charged - wanted) <= slack and credited <= most + lost


class Promise(NamedTuple):
    """A payment that an agreement promises: its place in the schedule, its day and what it comes to.

    ``before`` is the period that ran until then, and what its customer had.
    """

    place: int
    day: date
    cents: int
    before: tuple[tuple[date, date] | None, tuple[Item, ...]] = (None, ())


@dataclass(slots=True)
class Agreement:
    """One subscription, as its customer remembers it.

    ``state`` is ``running``, ``paused``, ``ending`` (until ``ends_on``), ``canceled``, or ``elsewhere`` while somebody
    else bills it. Days are counted from ``anchor``, and ``place`` is the next one to be written down. ``promised`` are
    the payments that were due until now, as they were agreed then; of ``term`` payments in all ``payments`` are made
    here. ``period`` is the one that was asked for last, and ``in_force`` what its customer has now. ``pauses_on`` is
    the first day of a pause to come, which ends on ``resumes_on``, if anybody said when.
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
    pauses_on: date | None = None
    resumes_on: date | None = None
    ends_on: date | None = None
    term: int | None = None
    period: tuple[date, date] | None = None
    in_force: tuple[Item, ...] = ()
    promised: list[Promise] = field(default_factory=list[Promise])

    def write_until(self, day: date) -> None:
        """Write down every payment that falls due until that day."""
        while True:
            due = self.next_day()
            if due is None or due > day:
                return
            self.promised.append(Promise(self.place, due, price(self.items), (self.period, self.in_force)))
            self.place += 1
            self.period = due, nth_day(self.anchor, self.frequency, self.place)
            self.in_force = self.items

    def next_day(self) -> date | None:
        """The next day on which something falls due, as the diary stands."""
        if self.state != "running" or self.is_over():
            return None
        day = nth_day(self.anchor, self.frequency, self.place)
        return None if self.pauses_on is not None and day >= self.pauses_on else day

    def is_over(self) -> bool:
        """Whether nothing will ever be asked for any more."""
        done = self.payments is not None and len(self.promised) >= self.payments
        return self.state == "canceled" or done

    def let_off(self, billed: int) -> None:
        """What was due and was not billed yet is no promise any more: something else was agreed meanwhile."""
        if billed < len(self.promised):
            self.place = self.promised[billed].place
            self.period, self.in_force = self.promised[billed].before
            del self.promised[billed:]

    def edit(self, billed: int, items: tuple[Item, ...], next_due: date | None) -> None:
        """Other items from the next payment on, perhaps on another day from which later ones are counted."""
        self.let_off(billed)
        self.items = items
        if next_due is not None:
            self.anchor, self.place = next_due, 0

    def begin_after(self, before: int) -> None:
        """So many of its periods were paid elsewhere; the last of them runs."""
        self.place, self.in_force = before, self.items

    def prorated(self, items: tuple[Item, ...], today: date) -> Prorated:
        """What it costs to have these items from today on, for the days that are left of the running period."""
        period = self.period
        if self.in_force and not self.promised:  # paid elsewhere: there is nothing to go by but the schedule
            last = nth_day(self.anchor, self.frequency, self.place - 1)
            period = last, nth_day(self.anchor, self.frequency, self.place)
        if period is None or not period[0] <= today < period[1]:
            return Prorated((), (), Fraction(0))
        share = Fraction((period[1] - today).days, (period[1] - period[0]).days)
        begun, ended = Counter(items) - Counter(self.in_force), Counter(self.in_force) - Counter(items)
        return Prorated(tuple(begun.elements()), tuple(ended.elements()), share)

    def pause(self, billed: int, resumes_on: date | None) -> None:
        """Nothing falls due until it goes on."""
        self.let_off(billed)
        self.state, self.pauses_on, self.resumes_on = "paused", None, resumes_on

    def plan_pause(self, day: date, resumes_on: date | None) -> None:
        """It will be paused from that day on, and what falls due before is asked for as ever."""
        self.pauses_on, self.resumes_on = day, resumes_on

    def begin_planned_pause(self) -> None:
        """The day of a planned pause has come, and what fell due before it was billed."""
        self.state, self.pauses_on = "paused", None

    def drop_planned_pause(self) -> None:
        """It goes on as if no pause had been planned, since it was in arrears when the day came."""
        self.pauses_on = self.resumes_on = None

    def resume(self, day: date) -> None:
        """It goes on with the first day of its schedule, from that one on, that was not billed."""
        self.state, self.resumes_on = "running", None
        while nth_day(self.anchor, self.frequency, self.place) < day:
            self.place += 1

    def end(self, billed: int) -> None:
        """It runs until the next payment would fall due, and that is not asked for any more."""
        self.let_off(billed)
        self.drop_planned_pause()
        self.ends_on = self.next_day()
        self.state = "ending"

    def keep(self) -> None:
        """It goes on after all, and without a pause."""
        self.state, self.ends_on = "running", None
        self.drop_planned_pause()

    def cancel(self, billed: int) -> None:
        """It is over."""
        self.let_off(billed)
        self.state = "canceled"

    def switch_on(self, first: date, before: int, term: int | None) -> None:
        """From that day on it is billed here; so many of its payments were made elsewhere, and count."""
        self.state, self.anchor, self.place = "running", first, 0
        self.period, self.in_force = None, ()
        self.term = term or self.term
        self.payments = None if self.term is None else self.term - before

    def switch_off(self) -> None:
        """It is billed elsewhere again; nothing ever was here."""
        self.promised.clear()
        self.state = "elsewhere"
        self.drop_planned_pause()


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
