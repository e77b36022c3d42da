"""Rounding, sharing and writing money, without the rules that are being checked."""

from fractions import Fraction
from math import floor
from re import findall

_NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())

_SMALLEST = """
    AED 4, AFN 100, ALL 100, AMD 500, ANG 2, AOA 1000, ARS 1000, AUD 1, AWG 2, AZN 2, BAM 2, BBD 2, BDT 100, BGN 2,
    BIF 3000, BMD 1, BND 1, BOB 5, BRL 4, BSD 1, BWP 15, BYN 3, BZD 2, CAD 1, CDF 3000, CHF 1, CLP 1000, CNY 5,
    COP 4000, CRC 500, CVE 100, CZK 30, DJF 150, DKK 5, DOP 100, DZD 100, EGP 50, ETB 100, EUR 1, FJD 2, FKP 0.6,
    GBP 0.6, GEL 3, GIP 0.6, GMD 100, GNF 10000, GTQ 10, GYD 200, HKD 8, HNL 25, HTG 200, HUF 350, IDR 20000, ILS 3,
    INR 50, ISK 100, JMD 150, JPY 100, KES 100, KGS 100, KHR 3000, KMF 400, KRW 1500, KYD 1, KZT 500, LAK 20000,
    LBP 100000, LKR 300, LRD 200, LSL 20, MAD 10, MDL 20, MGA 4000, MKD 50, MMK 2000, MNT 4000, USD 1
"""

SMALLEST_CHARGES: dict[str, str] = dict(findall(r"([A-Z]{3}) ([0-9.]+)", _SMALLEST))
"""The least that cards and bank debits may be charged with since 2025, in major units; others have no such limit."""


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have, by ISO 4217.

    >>> decimals("EUR"), decimals("JPY"), decimals("KWD")
    (2, 0, 3)
    """
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def minor_units(amount: str, currency: str) -> int:
    """An amount that stands in major units, in minor ones.

    >>> minor_units("0.6", "GBP"), minor_units("100", "JPY")
    (60, 100)
    """
    return nearest(Fraction(amount) * 10 ** decimals(currency))


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
