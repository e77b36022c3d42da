"""Proration: the part of a period's price that belongs to the days that are left of it.

Whole days count, and the day on which something takes effect counts as left. Rounded half up, once.
"""

from datetime import date
from fractions import Fraction

from kalends.core.money import round_half_up


def share_left(start: date, end: date, on: date) -> Fraction:
    """The share of the period ``[start, end)`` that is left on the day ``on``: 1 on its first day, 0 after its last.

    Raises ``ValueError`` for a period without days.

    >>> share_left(date(2026, 4, 1), date(2026, 5, 1), date(2026, 4, 16))
    Fraction(1, 2)
    """
    days = (end - start).days
    if days <= 0:
        raise ValueError(f"The period from {start} to {end} has no days.")
    return Fraction(min(max((end - on).days, 0), days), days)


def prorated_minor(amount_minor: int, start: date, end: date, on: date) -> int:
    """What of an amount for the period ``[start, end)`` belongs to the days left on ``on``, in minor units.

    >>> prorated_minor(10000, date(2026, 1, 31), date(2026, 2, 28), date(2026, 2, 10))
    6429
    """
    return round_half_up(amount_minor * share_left(start, end, on))
