"""Recurring revenue: what a subscription is worth per month (MRR), per year (ARR, ACV) and over its term (TCV).

All amounts are minor units **without tax**. ``net_by_line`` is the amount of each recurring line for one period:
for a line whose price includes the tax, pass what is left when the tax is taken out (its total less its tax). An
order discount belongs to the first payment only and is not taken off; one-time items never count in MRR and ARR.

A month is a twelfth of a year and a year has 52 weeks: weekly counts 52/12 times, every two weeks 26/12 times,
exactly. (4.33 is a rounded 52/12 and would lose a cent on every 3 dollars.)
"""

from collections.abc import Sequence
from fractions import Fraction

from kalends.core.calendar import Frequency
from kalends.core.lifecycle import Status
from kalends.core.money import round_ratio


def _factor(frequency: Frequency) -> Fraction:
    return Fraction(52, 12 * frequency.count) if frequency.days else Fraction(1, frequency.months)


_FACTORS: dict[Frequency, Fraction] = {frequency: _factor(frequency) for frequency in Frequency}
_RATIOS: dict[Frequency, tuple[int, int]] = {
    frequency: (factor.numerator, factor.denominator) for frequency, factor in _FACTORS.items()
}


def monthly_factor(frequency: Frequency) -> Fraction:
    """How many billing periods of that frequency a month holds.

    >>> monthly_factor(Frequency.WEEKLY), monthly_factor(Frequency.BIWEEKLY), monthly_factor(Frequency.ANNUALLY)
    (Fraction(13, 3), Fraction(13, 6), Fraction(1, 12))
    """
    return _FACTORS[frequency]


def mrr(net_by_line: Sequence[int], frequency: Frequency) -> Fraction:
    """Monthly recurring revenue in minor units, exactly; add these up and round once at the end.

    >>> mrr([1000, 500], Frequency.QUARTERLY), mrr([1000], Frequency.WEEKLY)
    (Fraction(500, 1), Fraction(13000, 3))
    """
    return sum(net_by_line) * _FACTORS[frequency]


def mrr_minor(net_by_line: Sequence[int], frequency: Frequency) -> int:
    """Monthly recurring revenue in whole minor units, rounded half up once.

    >>> mrr_minor([1000], Frequency.WEEKLY), mrr_minor([1000], Frequency.ANNUALLY)
    (4333, 83)
    """
    numerator, denominator = _RATIOS[frequency]
    return round_ratio(sum(net_by_line) * numerator, denominator)


def arr_minor(net_by_line: Sequence[int], frequency: Frequency) -> int:
    """Annual recurring revenue: 12 times the exact MRR, rounded half up once.

    It is not 12 times the rounded MRR: 10.00 a year has an MRR of 0.83 and an ARR of 10.00.

    >>> arr_minor([1000], Frequency.ANNUALLY), arr_minor([1000], Frequency.WEEKLY)
    (1000, 52000)
    """
    numerator, denominator = _RATIOS[frequency]
    return round_ratio(12 * sum(net_by_line) * numerator, denominator)


def tcv_minor(
    net_by_line: Sequence[int], frequency: Frequency, payments: int | None, one_time_minor: int = 0
) -> int:
    """Total contract value: all payments of the term and the one-time items, in minor units.

    Without a fixed term, twelve months are counted.

    >>> tcv_minor([1000], Frequency.MONTHLY, 6, one_time_minor=250)
    6250
    >>> tcv_minor([1000], Frequency.MONTHLY, None)
    12000
    """
    if payments is None:
        return arr_minor(net_by_line, frequency) + one_time_minor
    return sum(net_by_line) * payments + one_time_minor


def acv_minor(
    net_by_line: Sequence[int], frequency: Frequency, payments: int | None, one_time_minor: int = 0
) -> int:
    """Annual contract value: the part of the total that falls on twelve months, rounded half up once.

    A term of up to twelve months has its whole value in the year.

    >>> acv_minor([1000], Frequency.MONTHLY, 24, one_time_minor=240)
    12120
    >>> acv_minor([1000], Frequency.MONTHLY, 6)
    6000
    """
    total = tcv_minor(net_by_line, frequency, payments, one_time_minor)
    if payments is None:
        return total
    periods, months = _RATIOS[frequency]
    if payments * months <= 12 * periods:
        return total
    return round_ratio(total * 12 * periods, payments * months)


def counts_in_mrr(status: Status) -> bool:
    """Whether a subscription in that status adds to the MRR: an Active or a Past due one.

    Unpaid ones are reported apart; Scheduled, Paused, Canceled and Expired ones have none.

    >>> counts_in_mrr(Status.PAST_DUE), counts_in_mrr(Status.UNPAID)
    (True, False)
    """
    return status is Status.ACTIVE or status is Status.PAST_DUE
