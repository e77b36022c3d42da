"""Recurring revenue: what a subscription is worth per month (MRR), per year (ARR, ACV) and over its term (TCV).

All amounts are minor units **without tax**. ``net_by_line`` is the amount of each recurring line for one period:
for a line whose price includes the tax, pass what is left when the tax is taken out (its total less its tax). An
order discount belongs to the first payment only and is not taken off; one-time items never count in MRR and ARR.

A month is a twelfth of a year and a year has 52 weeks: weekly counts 52/12 times, every two weeks 26/12 times,
exactly. (4.33 is a rounded 52/12 and would lose a cent on every 3 dollars.)
"""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

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


def counts_in_mrr(status: Status, *, unpaid_counts: bool = False) -> bool:
    """Whether a subscription in that status adds to the MRR: an Active or a Past due one.

    Scheduled, Paused, Canceled and Expired ones have none. An Unpaid one is lost until it is paid, unless the account
    reads it otherwise (``unpaid_counts``).

    >>> counts_in_mrr(Status.PAST_DUE), counts_in_mrr(Status.UNPAID)
    (True, False)
    >>> counts_in_mrr(Status.UNPAID, unpaid_counts=True)
    True
    """
    return status in (Status.ACTIVE, Status.PAST_DUE) or (unpaid_counts and status is Status.UNPAID)


class Worth(NamedTuple):
    """What a subscription brings in at a moment: its status, and the MRR that was agreed, in minor units."""

    status: Status
    mrr_minor: int
    currency: str

    def counted(self, *, unpaid_counts: bool = False) -> int:
        """The part of the MRR that counts: all of it or nothing.

        >>> Worth(Status.ACTIVE, 1000, "EUR").counted(), Worth(Status.PAUSED, 1000, "EUR").counted()
        (1000, 0)
        """
        return self.mrr_minor if counts_in_mrr(self.status, unpaid_counts=unpaid_counts) else 0


class Reason(StrEnum):
    """Why the MRR moved."""

    NEW = "new"
    """A subscription counts for the first time."""
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    CHURN = "churn"
    """One counts no more: unpaid, paused, canceled, expired, or with nothing left that recurs."""
    REACTIVATION = "reactivation"
    """One counts again that had been lost."""


class Movement(NamedTuple):
    """The MRR moved by so many minor units, less than nothing when it fell."""

    reason: Reason
    amount_minor: int
    currency: str


def movements(
    before: Worth | None, after: Worth, *, counted_before: bool, unpaid_counts: bool = False
) -> tuple[Movement, ...]:
    """What a change of a subscription does to the MRR: one movement, none where as much counts as before.

    ``before`` is None for a subscription that was just made, and ``counted_before`` says whether it ever counted. One
    that goes over to another currency is lost in the old one and comes back in the new one.

    >>> movements(None, Worth(Status.ACTIVE, 1000, "EUR"), counted_before=False)
    (Movement(reason=<Reason.NEW: 'new'>, amount_minor=1000, currency='EUR'),)
    >>> unpaid, active = Worth(Status.UNPAID, 1000, "EUR"), Worth(Status.ACTIVE, 1000, "EUR")
    >>> movements(unpaid, active, counted_before=True)
    (Movement(reason=<Reason.REACTIVATION: 'reactivation'>, amount_minor=1000, currency='EUR'),)
    >>> movements(unpaid, active, counted_before=True, unpaid_counts=True)
    ()
    """
    if before is not None and before.currency != after.currency:
        left = before._replace(status=after.status, mrr_minor=0)
        gone = movements(before, left, counted_before=counted_before, unpaid_counts=unpaid_counts)
        come = movements(
            None, after, counted_before=counted_before or bool(gone), unpaid_counts=unpaid_counts
        )
        return (*gone, *come)
    had = before.counted(unpaid_counts=unpaid_counts) if before is not None else 0
    has = after.counted(unpaid_counts=unpaid_counts)
    if had == has:
        return ()
    return (Movement(_reason(had, has, counted_before), has - had, after.currency),)


def _reason(had: int, has: int, counted_before: bool) -> Reason:
    if not had:
        return Reason.REACTIVATION if counted_before else Reason.NEW
    if not has:
        return Reason.CHURN
    return Reason.UPGRADE if has > had else Reason.DOWNGRADE
