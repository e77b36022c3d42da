"""Amounts as Stripe counts them, where that is otherwise than ISO 4217, and shares of converted amounts."""

from __future__ import annotations

from typing import Any

from kalends.core.currencies import MINOR_DIGITS
from kalends.core.money import round_ratio

_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Currencies whose amounts Stripe counts in other units than ISO 4217 (docs.stripe.com/currencies)."""


class NotChargeable(ValueError):
    """An amount that Stripe cannot express."""


def to_stripe(amount_minor: int, currency: str) -> int:
    """An amount in minor units, as Stripe wants it.

    Kronur have no decimals, but Stripe counts hundredths of them; of dinars it counts thousandths, in tens.
    Raises :class:`NotChargeable`.

    >>> to_stripe(12_50, "EUR"), to_stripe(500, "ISK"), to_stripe(500, "JPY"), to_stripe(1_230, "KWD")
    (1250, 50000, 500, 1230)
    """
    own = MINOR_DIGITS[currency]
    theirs = _DIGITS.get(currency, own)
    if theirs < own:
        amount, rest = divmod(amount_minor, 10 ** (own - theirs))
        if rest:
            raise NotChargeable(
                f"{amount_minor} is no whole number of {currency}, and Stripe charges no less."
            )
        return amount
    if own == 3 and amount_minor % 10:
        raise NotChargeable(f"{amount_minor} must end in 0: Stripe charges {currency} in steps of ten.")
    return amount_minor * 10 ** (theirs - own)


def from_stripe(amount: int, currency: str) -> int:
    """An amount of Stripe's in minor units.

    >>> from_stripe(50_000, "isk"), from_stripe(1250, "EUR")
    (500, 1250)
    """
    code = currency.upper()
    own = MINOR_DIGITS[code]
    theirs = _DIGITS.get(code, own)
    if theirs > own:
        return round_ratio(amount, 10 ** (theirs - own))
    return amount * 10 ** (own - theirs)


def fee_minor(movement: dict[str, Any], amount: int, currency: str) -> int:
    """The fee of a movement of Stripe's balance, in the currency that was charged.

    Where Stripe converted, the fee is in the currency of the balance: it is taken as the share that it is of the
    converted amount, rounded half up.

    >>> fee_minor({"fee": 59, "amount": 2000, "currency": "eur"}, 2000, "EUR")
    59
    >>> fee_minor({"fee": 59, "amount": 2000, "currency": "eur"}, 23000, "NOK")
    679
    """
    fee = movement["fee"]
    if movement["currency"].upper() != currency.upper() and movement["amount"]:
        fee = round_ratio(fee * abs(amount), abs(movement["amount"]))
    return from_stripe(fee, currency)
