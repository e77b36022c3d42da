"""What the sandbox processor keeps of a charge, as dated data by processor, method and currency.

The rates are those of a plain processor: 2.9 % of a card payment, 1 % of a bank debit with a cap of ten units. A new
price is a new line with the day from which it holds; a charge costs what held on the day it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from kalends.core.money import round_ratio

PROCESSOR = "sandbox"
ANY_CURRENCY = "*"
_MILLION = 1_000_000


class FeeRule(NamedTuple):
    """From ``since`` on: so many millionths of the amount, plus ``fixed_minor``, at most ``cap_minor``."""

    processor: str
    method: str
    currency: str
    since: date
    millionths: int
    fixed_minor: int = 0
    cap_minor: int | None = None


class DisputeFee(NamedTuple):
    """What a dispute costs from ``since`` on, won or lost."""

    processor: str
    currency: str
    since: date
    fee_minor: int


_FROM_THE_START = date(1999, 1, 1)

FEES: tuple[FeeRule, ...] = (
    FeeRule(PROCESSOR, "card", ANY_CURRENCY, _FROM_THE_START, 29_000),
    FeeRule(PROCESSOR, "ach", "USD", _FROM_THE_START, 10_000, cap_minor=10_00),
    FeeRule(PROCESSOR, "sepa", "EUR", _FROM_THE_START, 10_000, cap_minor=10_00),
    FeeRule(PROCESSOR, "bacs", "GBP", _FROM_THE_START, 10_000, cap_minor=10_00),
    FeeRule(PROCESSOR, "pads", "CAD", _FROM_THE_START, 10_000, cap_minor=10_00),
)
"""A method without a line for a currency cannot be charged in it: bank debits know their own currency only."""

DISPUTE_FEES: tuple[DisputeFee, ...] = (
    DisputeFee(PROCESSOR, "USD", _FROM_THE_START, 15_00),
    DisputeFee(PROCESSOR, "EUR", _FROM_THE_START, 15_00),
    DisputeFee(PROCESSOR, "GBP", _FROM_THE_START, 15_00),
    DisputeFee(PROCESSOR, "CAD", _FROM_THE_START, 15_00),
    DisputeFee(PROCESSOR, "NOK", _FROM_THE_START, 150_00),
)
"""A dispute in any other currency costs nothing."""


def rule_for(rules: Sequence[FeeRule], method: str, currency: str, on: date) -> FeeRule | None:
    """The rule that holds on that day: of those for the currency (else for any), the latest that has begun.

    None means that the method is not offered in that currency on that day.

    >>> rule_for(FEES, "sepa", "NOK", date(2026, 3, 1)) is None
    True
    """
    for code in (currency, ANY_CURRENCY):
        begun = [
            rule for rule in rules if (rule.method, rule.currency) == (method, code) and rule.since <= on
        ]
        if begun:
            return max(begun, key=lambda rule: rule.since)
    return None


@lru_cache(maxsize=4096)
def current_rule(method: str, currency: str, on: date) -> FeeRule | None:
    """:func:`rule_for` on the sandbox's own list."""
    return rule_for(FEES, method, currency, on)


def fee_minor(amount_minor: int, rule: FeeRule) -> int:
    """The fee on an amount, in minor units: the share rounded half up, then the fixed part, then the cap.

    >>> fee_minor(1_000_00, FEES[0]), fee_minor(1_000_00, FEES[1]), fee_minor(5_000_00, FEES[1])
    (2900, 1000, 1000)
    >>> fee_minor(50, FeeRule("sandbox", "card", "EUR", date(2026, 1, 1), 29_000, fixed_minor=25))
    26
    """
    fee = round_ratio(amount_minor * rule.millionths, _MILLION) + rule.fixed_minor
    return fee if rule.cap_minor is None else min(fee, rule.cap_minor)


def dispute_fee_minor(currency: str, on: date) -> int:
    """What a dispute that is opened on that day costs, in minor units.

    >>> dispute_fee_minor("NOK", date(2026, 3, 1)), dispute_fee_minor("JPY", date(2026, 3, 1))
    (15000, 0)
    """
    begun = [fee for fee in DISPUTE_FEES if fee.currency == currency and fee.since <= on]
    return max(begun, key=lambda fee: fee.since).fee_minor if begun else 0
