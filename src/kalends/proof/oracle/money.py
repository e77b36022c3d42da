"""Rounding, sharing and writing money, without the rules that are being checked."""

from fractions import Fraction
from math import floor

_NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have, by ISO 4217.

    >>> decimals("EUR"), decimals("JPY"), decimals("KWD")
    (2, 0, 3)
    """
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def nearest(value: Fraction) -> int:
    """The nearer of the two whole numbers around a value; of two equally near ones, the one farther from zero.

    >>> nearest(Fraction("178.5")), nearest(Fraction("-2.5")), nearest(Fraction("0.49"))
    (179, -3, 0)
    """
    if value < 0:
        return -nearest(-value)
    below = floor(value)
    return below if value - below < below + 1 - value else below + 1


def shares(total: int, weights: list[int]) -> list[int]:
    """Hand out a total unit by unit, each to the one who is farthest below the exact share.

    >>> shares(100, [1, 1, 1]), shares(5, [0, 3, 7]), shares(3, [0, 0])
    ([34, 33, 33], [0, 2, 3], [2, 1])
    """
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    given = [floor(share) for share in exact]
    while sum(given) < total:
        behind = [share - have for share, have in zip(exact, given, strict=True)]
        given[behind.index(max(behind))] += 1
    return given


def written(minor: int, currency: str) -> str:
    """An amount as people read it.

    >>> written(123450, "NOK"), written(-5, "EUR"), written(1200, "JPY")
    ('1,234.50 NOK', '-0.05 EUR', '1,200 JPY')
    """
    digits = decimals(currency)
    whole, part = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    fraction = f".{part:0{digits}d}" if digits else ""
    return f"{sign}{whole:,}{fraction} {currency}"
