"""ISO 4217: which currencies exist, how many decimals each has, and the least that may be charged.

This is data, kept apart from the rules in :mod:`kalends.core.money` that read it.

Only money that people pay with is listed. Codes for funds, precious metals and testing (CLF, UYW, XAU, XDR, XTS
and so on) are left out, since nobody can be billed in them. Two codes that ISO withdrew lately, ANG (2025) and
BGN (2026), stay as long as there are books that hold invoices in them.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"

_TWO_DECIMALS = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
    CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""

_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
"""How many decimals a currency has: the exponent of its minor unit in ISO 4217."""


class MinimumCharge(NamedTuple):
    """The least amount, in major units, that may be charged in a currency from a day on."""

    currency: str
    since: date
    amount: Decimal


# The published list of 2025 as far as it is known (codes A to M), and USD by analogy with AUD, CAD and EUR.
_MINIMUMS_OF_2025 = """
    AED 4, AFN 100, ALL 100, AMD 500, ANG 2, AOA 1000, ARS 1000, AUD 1, AWG 2, AZN 2, BAM 2, BBD 2, BDT 100, BGN 2,
    BIF 3000, BMD 1, BND 1, BOB 5, BRL 4, BSD 1, BWP 15, BYN 3, BZD 2, CAD 1, CDF 3000, CHF 1, CLP 1000, CNY 5,
    COP 4000, CRC 500, CVE 100, CZK 30, DJF 150, DKK 5, DOP 100, DZD 100, EGP 50, ETB 100, EUR 1, FJD 2, FKP 0.6,
    GBP 0.6, GEL 3, GIP 0.6, GMD 100, GNF 10000, GTQ 10, GYD 200, HKD 8, HNL 25, HTG 200, HUF 350, IDR 20000, ILS 3,
    INR 50, ISK 100, JMD 150, JPY 100, KES 100, KGS 100, KHR 3000, KMF 400, KRW 1500, KYD 1, KZT 500, LAK 20000,
    LBP 100000, LKR 300, LRD 200, LSL 20, MAD 10, MDL 20, MGA 4000, MKD 50, MMK 2000, MNT 4000, USD 1
"""

_YEAR_2025 = date(2025, 1, 1)

MINIMUM_CHARGES: tuple[MinimumCharge, ...] = tuple(
    MinimumCharge(code, _YEAR_2025, Decimal(amount))
    for code, amount in (entry.split() for entry in _MINIMUMS_OF_2025.split(","))
)
"""Every known minimum, oldest first for each currency. A change is a new entry with its first day, never an edit."""
