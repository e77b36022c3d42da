"""Money: whole numbers of a currency's minor unit, and the only place where a fraction of one is rounded away.

An amount is an ``int`` that counts cents (øre, fils, whole yen...) beside an ISO 4217 code. Prices, which may be
finer than a cent, are :class:`~decimal.Decimal` values. No float comes near either.
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from functools import lru_cache

from kalends.core.currencies import MINIMUM_CHARGES, MINOR_DIGITS

EXACT = Context(prec=120, traps=[DivisionByZero, Inexact, InvalidOperation, Overflow])
"""Decimal arithmetic that raises rather than lose a digit; 120 digits hold any product of three legal inputs."""

MAXIMUM_MINOR = 2**63 - 1
"""The largest amount, in minor units, that can be stored (a signed 64-bit column)."""

POWERS_OF_TEN = tuple(Decimal(10) ** digits for digits in range(4))
"""By number of decimals: what turns major units into minor ones."""


class UnknownCurrency(ValueError):
    """The code is not that of a currency in ISO 4217."""


class TooPrecise(ValueError):
    """The amount has more decimals than its currency can be paid in."""


class BrokenRule(AssertionError):
    """A result broke a promise that must hold before money may move: stop, park the document, never guess."""


def minor_digits(currency: str) -> int:
    """How many decimals a currency has (0, 2 or 3), by ISO 4217.

    Raises :class:`UnknownCurrency` for anything that is no upper-case code of a currency.

    >>> minor_digits("NOK"), minor_digits("JPY"), minor_digits("KWD")
    (2, 0, 3)
    """
    digits = MINOR_DIGITS.get(currency)
    if digits is None:
        raise UnknownCurrency(_unknown(currency))
    return digits


def _unknown(currency: str) -> str:
    corrected = currency.strip().upper()
    if corrected in MINOR_DIGITS:
        return f"Currency {currency!r} is not written as ISO 4217 writes it; use {corrected!r}."
    return f"Currency {currency!r} is not a currency of ISO 4217; use its three-letter code, such as 'EUR' or 'NOK'."


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in major units as a whole number of minor units, exactly; nothing is rounded.

    Raises :class:`TooPrecise` when the amount has more decimals than the currency (trailing zeros do not count),
    ``ValueError`` when it is no finite number, :class:`UnknownCurrency` for an unknown code.

    >>> to_minor(Decimal("11.90"), "EUR"), to_minor(Decimal("-1200"), "JPY"), to_minor(Decimal("0.005"), "KWD")
    (1190, -1200, 5)
    """
    digits = minor_digits(currency)
    if not amount.is_finite():
        raise ValueError(f"Amount {amount} is not a finite number; give one such as 12 or 12.50.")
    scaled = EXACT.multiply(amount, POWERS_OF_TEN[digits])
    minor = int(scaled)
    if minor != scaled:
        raise TooPrecise(
            f"Amount {amount} has more than the {digits} decimals of {currency}; "
            f"round it first, for example to {from_minor(round_half_up(scaled), currency)}."
        )
    return minor


def from_minor(minor: int, currency: str) -> Decimal:
    """A whole number of minor units as an amount in major units, with all the currency's decimals.

    >>> from_minor(1190, "EUR"), from_minor(-5, "KWD"), from_minor(1200, "JPY")
    (Decimal('11.90'), Decimal('-0.005'), Decimal('1200'))
    """
    return EXACT.scaleb(Decimal(minor), -minor_digits(currency))


def round_ratio(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` rounded half up to a whole number; a half goes away from zero on both sides.

    The denominator must be positive. This is :func:`round_half_up` without making a Fraction first.

    >>> round_ratio(5, 2), round_ratio(-5, 2), round_ratio(7, 3)
    (3, -3, 2)
    """
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((denominator - 2 * numerator) // (2 * denominator))


def round_half_up(value: Fraction | Decimal) -> int:
    """The nearest whole number; a half is rounded away from zero.

    1.5 becomes 2 and -1.5 becomes -2, so that a credit is rounded exactly as the charge that it takes back.
    (Python's own ``round`` sends halves to the even neighbor and would bill 2.5 cents as 2.)

    >>> round_half_up(Decimal("178.5")), round_half_up(Fraction(-5, 2)), round_half_up(Decimal("0.49"))
    (179, -3, 0)
    """
    if isinstance(value, Decimal):
        return int(value.to_integral_value(ROUND_HALF_UP))
    return round_ratio(value.numerator, value.denominator)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Share out ``total`` in proportion to ``weights`` so that the shares add up to it, to the last unit.

    Largest remainder: everyone gets the whole part of the exact share, and the units left over go one each to
    those with the largest remainders, the first of equals first. A share is thus never more than one unit from
    the exact one, and a weight of zero gets nothing. If all weights are zero the total is spread evenly. A
    negative total is shared as the positive one would be, with the sign changed.

    Raises ``ValueError`` for a negative weight, and for a total that nobody is there to take.

    >>> allocate(100, [1, 1, 1]), allocate(-100, [1, 1, 1]), allocate(5, [0, 3, 7]), allocate(3, [0, 0])
    ([34, 33, 33], [-34, -33, -33], [0, 2, 3], [2, 1])
    """
    if not weights:
        if total:
            raise ValueError(f"An amount of {total} cannot be shared among nobody; give at least one weight.")
        return []
    if min(weights) < 0:
        raise ValueError(f"Weights {list(weights)} hold a negative one; give zero or more for each.")
    if total < 0:
        return [-share for share in allocate(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        return allocate(total, [1] * len(weights))
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    if left:
        by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
        for i in by_remainder[:left]:
            shares[i] += 1
    return shares


@lru_cache(maxsize=4096)
def minimum_charge(currency: str, on: date) -> int:
    """The least that may be charged in a currency on a day, in minor units.

    The table is dated (:data:`~kalends.core.currencies.MINIMUM_CHARGES`). Before a currency's first entry, that
    first entry holds. A currency without an entry has no minimum but its smallest unit: 1.

    >>> minimum_charge("GBP", date(2026, 3, 1)), minimum_charge("JPY", date(2026, 3, 1))
    (60, 100)
    >>> minimum_charge("NOK", date(2026, 3, 1))
    1
    """
    minor_digits(currency)
    entries = [entry for entry in MINIMUM_CHARGES if entry.currency == currency]
    if not entries:
        return 1
    in_force = [entry for entry in entries if entry.since <= on] or entries[:1]
    return to_minor(in_force[-1].amount, currency)


def format_minor(minor: int, currency: str) -> str:
    """An amount for the command line and for explanations, the same in every language.

    >>> format_minor(123450, "NOK"), format_minor(-5, "EUR"), format_minor(1200, "JPY")
    ('1,234.50 NOK', '-0.05 EUR', '1,200 JPY')
    """
    return f"{from_minor(minor, currency):,f} {currency}"
