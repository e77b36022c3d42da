"""The rules of kalends.core a second time: slow, obvious, and written differently on purpose.

Nothing here imports the code under test. Money is Fractions of major units, rounding is by comparing distances,
dates are stepped with dateutil, shares are handed out one cent at a time, and totals are added up by brute force.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from dateutil.relativedelta import relativedelta


def nearest(value: Fraction) -> int:
    """The nearer of the two whole numbers around a value; of two equally near ones, the one farther from zero."""
    if value < 0:
        return -nearest(-value)
    below = floor(value)
    above = below + 1
    return above if above - value <= value - below else below


def shares(total: int, weights: list[int]) -> list[int]:
    """Give out a total cent by cent, each to the one who is farthest below his exact share."""
    if total < 0:
        return [-share for share in shares(-total, weights)]
    if sum(weights) == 0:
        weights = [1 for _ in weights]
    exact = [Fraction(total) * weight / sum(weights) for weight in weights]
    given = [floor(part) for part in exact]
    while sum(given) < total:
        missing = [part - have for part, have in zip(exact, given, strict=True)]
        given[missing.index(max(missing))] += 1
    return given


STEPS = {
    "weekly": relativedelta(weeks=1),
    "biweekly": relativedelta(weeks=2),
    "monthly": relativedelta(months=1),
    "quarterly": relativedelta(months=3),
    "per_six_months": relativedelta(months=6),
    "annually": relativedelta(years=1),
    "per_two_years": relativedelta(years=2),
    "per_three_years": relativedelta(years=3),
    "per_four_years": relativedelta(years=4),
    "per_five_years": relativedelta(years=5),
}


def nth_date(anchor: date, frequency: str, n: int) -> date:
    return anchor + STEPS[frequency] * n


def cycles_begun(anchor: date, frequency: str, first: int, today: date, payments: int | None) -> list[int]:
    """Try every cycle number from the first on until one lies in the future."""
    found: list[int] = []
    n = first
    while nth_date(anchor, frequency, n) <= today and (payments is None or n < payments):
        found.append(n)
        n += 1
    return found


def monthly_share(frequency: str) -> Fraction:
    """How often a frequency is billed in sixty years (720 months, 3,120 weeks), by the month."""
    per_sixty_years = {
        "weekly": 3120,
        "biweekly": 1560,
        "monthly": 720,
        "quarterly": 240,
        "per_six_months": 120,
        "annually": 60,
        "per_two_years": 30,
        "per_three_years": 20,
        "per_four_years": 15,
        "per_five_years": 12,
    }
    return Fraction(per_sixty_years[frequency], 720)


@dataclass
class Line:
    unit_price: Decimal
    quantity: Decimal
    discount_per_unit: Decimal
    discount_percent: Decimal
    tax_rate: Decimal
    tax_inclusive: bool
    gross: int = 0
    discount: int = 0
    net: int = 0
    untaxed: int = 0
    off: int = 0
    tax: int = 0


@dataclass
class Charge:
    """An order discount or a fee: an amount or a percentage."""

    amount: Decimal
    percent: Decimal
    tax_rate: Decimal = Decimal(0)
    minor: int = 0
    tax: int = 0


@dataclass
class Bill:
    lines: list[Line]
    discounts: list[Charge] = field(default_factory=list["Charge"])
    fees: list[Charge] = field(default_factory=list["Charge"])
    subtotal: int = 0
    order_discount: int = 0
    fee_sum: int = 0
    tax: int = 0
    total: int = 0


def _percent(base: Fraction | int, rate: Decimal) -> int:
    return nearest(Fraction(base) * Fraction(rate) / 100)


def bill(lines: list[Line], digits: int, discounts: list[Charge], fees: list[Charge]) -> Bill:
    """Price a document the long way: every tax rate is looked for in every line."""
    cents = 10**digits
    for line in lines:
        exact = Fraction(line.unit_price) * Fraction(line.quantity) * cents
        line.gross = nearest(exact)
        if line.discount_percent:
            line.discount = nearest(exact * Fraction(line.discount_percent) / 100)
        else:
            line.discount = nearest(Fraction(line.discount_per_unit) * Fraction(line.quantity) * cents)
        line.net = line.untaxed = line.gross - line.discount
    rates = sorted({Fraction(thing.tax_rate) for thing in (*lines, *fees) if thing.tax_rate})
    for rate in rates:
        group = [line for line in lines if line.tax_inclusive and line.tax_rate == rate]
        if group:
            inside = nearest(sum(line.net for line in group) * rate / (100 + rate))
            for line, share in zip(group, shares(inside, [line.net for line in group]), strict=True):
                line.untaxed = line.net - share
    subtotal = left = sum(line.untaxed for line in lines)
    for discount in discounts:
        discount.minor = _percent(left, discount.percent) or int(discount.amount * cents)
        left -= discount.minor
    if subtotal != left:
        for line, share in zip(lines, shares(subtotal - left, [line.untaxed for line in lines]), strict=True):
            line.off = share
    for fee in fees:
        fee.minor = _percent(left, fee.percent) or int(fee.amount * cents)
    for rate in rates:
        _tax_on_top(rate, lines, fees)
        _tax_included(rate, lines)
    result = Bill(lines, discounts, fees, subtotal, subtotal - left, sum(fee.minor for fee in fees))
    result.tax = sum(thing.tax for thing in (*lines, *fees))
    result.total = left + result.fee_sum + result.tax
    return result


def _tax_on_top(rate: Fraction, lines: list[Line], fees: list[Charge]) -> None:
    group = [line for line in lines if line.tax_rate == rate and not line.tax_inclusive]
    with_fees = [fee for fee in fees if fee.tax_rate == rate]
    bases = [line.untaxed - line.off for line in group] + [fee.minor for fee in with_fees]
    if bases:
        tax = nearest(sum(bases) * rate / 100)
        for thing, share in zip((*group, *with_fees), shares(tax, bases), strict=True):
            thing.tax = share


def _tax_included(rate: Fraction, lines: list[Line]) -> None:
    group = [line for line in lines if line.tax_rate == rate and line.tax_inclusive]
    if any(line.off for line in group):
        bases = [line.untaxed - line.off for line in group]
        for line, share in zip(group, shares(nearest(sum(bases) * rate / 100), bases), strict=True):
            line.tax = share
    else:
        for line in group:
            line.tax = line.net - line.untaxed


def easter(year: int) -> date:
    """Easter Sunday by the tables of the church: the first Sunday after the paschal full moon (Lilius, Clavius)."""
    golden = year % 19 + 1
    century = year // 100 + 1
    skipped_leap_years = 3 * century // 4 - 12
    moon_correction = (8 * century + 5) // 25 - 5
    epact = (11 * golden + 20 + moon_correction - skipped_leap_years) % 30
    if epact == 24 or (epact == 25 and golden > 11):
        epact += 1
    full_moon = date(year, 3, 1) + timedelta(44 - epact - 1 if epact <= 23 else 74 - epact - 1)
    return full_moon + timedelta(7 - (full_moon.weekday() + 1) % 7)


def credited_parts(net: int, tax: int, parts: list[int]) -> list[tuple[int, int]]:
    """Net amount and tax of each part of a line: after each, the net amount credited so far is nearest its share."""
    split: list[tuple[int, int]] = []
    for place, part in enumerate(parts):
        so_far = sum(parts[: place + 1])
        nearest_net = nearest(Fraction(net * so_far, net + tax)) if net + tax else 0
        part_net = nearest_net - sum(given for given, _ in split)
        split.append((part_net, part - part_net))
    return split


def credit_used(balance: int, total: int, smallest: int) -> int:
    """Of all that could be used, the most that leaves either nothing or something that may be charged."""
    most = min(balance, total)
    tried = {0, most, max(0, total - smallest)}
    fits = [
        used for used in tried if used <= most and (total == used or total - used >= min(smallest, total))
    ]
    return max(fits)
