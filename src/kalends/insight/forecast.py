"""The method of the forecast, and how far it would have missed in the past. Pure: amounts in, amounts out.

From the last six full months two figures are taken: the share of the MRR that was lost in a month (churned and
downgraded), and the MRR that came in a month (new, upgraded, reactivated). What is on schedule in *k* months shrinks by
the share *k* times, what comes in is added month by month and shrinks alike, and of all that the usual share is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

LOOKED_AT = 6
"""Months that the figures are taken from; with fewer than :data:`FEWEST` there are none."""
FEWEST = 3


class Month(NamedTuple):
    """A full month: the MRR when it began, what was lost of it, and what came."""

    before: Fraction
    lost: Fraction
    came: Fraction

    @property
    def after(self) -> Fraction:
        """The MRR when it ended."""
        return self.before - self.lost + self.came


class Pace(NamedTuple):
    """The share of the MRR that is lost in a month, and the MRR that comes in one."""

    lost: Fraction
    came: Fraction

    def later(self, amount: Fraction, months: int) -> Fraction:
        """What an amount on schedule becomes in so many months, with what comes until then.

        >>> Pace(Fraction(1, 10), Fraction(20)).later(Fraction(1000), 2)
        Fraction(848, 1)
        """
        for _ in range(months):
            amount = amount * (1 - self.lost) + self.came
        return amount


def pace_of(months: Sequence[Month]) -> Pace | None:
    """The pace of the last months; None where there are too few that began with any MRR.

    >>> pace_of([Month(Fraction(100), Fraction(10), Fraction(30))] * 3)
    Pace(lost=Fraction(1, 10), came=Fraction(30, 1))
    """
    latest = [each for each in months[-LOOKED_AT:] if each.before > 0]
    if len(latest) < FEWEST:
        return None
    lost = sum((each.lost / each.before for each in latest), Fraction(0)) / len(latest)
    return Pace(lost, sum((each.came for each in latest), Fraction(0)) / len(latest))


def misses(months: Sequence[Month], furthest: int) -> dict[int, Fraction]:
    """By how much of the actual MRR the method would have missed, on average, so many months ahead.

    Each month is forecast from every earlier one, with nothing but what was known then. Where there is no month to
    compare with, there is no figure.

    >>> steady = [Month(Fraction(100), Fraction(10), Fraction(10))] * 6
    >>> misses(steady, 3)
    {1: Fraction(0, 1), 2: Fraction(0, 1), 3: Fraction(0, 1)}
    """
    found: dict[int, list[Fraction]] = {}
    for known in range(1, len(months)):
        pace = pace_of(months[:known])
        if pace is None:
            continue
        standing = months[known - 1].after
        for ahead in range(1, min(furthest, len(months) - known) + 1):
            standing = pace.later(standing, 1)
            actual = months[known + ahead - 1].after
            if actual > 0:
                found.setdefault(ahead, []).append(abs(standing - actual) / actual)
    return {ahead: sum(each, Fraction(0)) / len(each) for ahead, each in sorted(found.items())}
