"""Recurring revenue, counted over a span in which every frequency fits a whole number of times."""

from fractions import Fraction

from kalends.proof.oracle.dates import MONTHS_BETWEEN, WEEKS_BETWEEN, UnknownFrequency
from kalends.proof.oracle.money import nearest

_YEARS = 60
"""Two, three, four and five years all fit into sixty."""
_WEEKS_A_YEAR = 52


def billings_a_year(frequency: str) -> Fraction:
    """How often a year is billed; a year has 52 weeks and 12 months.

    >>> billings_a_year("weekly"), billings_a_year("biweekly"), billings_a_year("per_five_years")
    (Fraction(52, 1), Fraction(26, 1), Fraction(1, 5))
    """
    if frequency in WEEKS_BETWEEN:
        times = _YEARS * _WEEKS_A_YEAR // WEEKS_BETWEEN[frequency]
    elif frequency in MONTHS_BETWEEN:
        times = _YEARS * 12 // MONTHS_BETWEEN[frequency]
    else:
        raise UnknownFrequency(f"Billing frequency {frequency!r} is not known.")
    return Fraction(times, _YEARS)


def yearly(untaxed: int, frequency: str) -> int:
    """Annual recurring revenue of an amount without tax that is billed each period, in minor units.

    >>> yearly(1000, "weekly"), yearly(1000, "per_three_years")
    (52000, 333)
    """
    return nearest(untaxed * billings_a_year(frequency))


def monthly(untaxed: int, frequency: str) -> int:
    """Monthly recurring revenue of an amount without tax that is billed each period, in minor units.

    >>> monthly(1000, "weekly"), monthly(1000, "annually")
    (4333, 83)
    """
    return nearest(untaxed * billings_a_year(frequency) / 12)
