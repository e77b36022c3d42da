"""Terms: what was agreed with a customer about lines, order discounts and fees, and what may be agreed at all.

Amounts here are decimals in major units, finer than a cent if need be; what they come to in cents is decided in
:mod:`kalends.core.pricing`.
"""

from decimal import Decimal
from typing import NamedTuple

from kalends.core.money import EXACT, MAXIMUM_MINOR, POWERS_OF_TEN, minor_digits

ZERO = Decimal(0)
FEE, TAX = "fee", "tax"
"""What a line can be that is not sold, but added to the whole of a document."""
_HUNDRED = Decimal(100)
PRICE_DECIMALS = 6
"""Most decimals of a unit price, a unit discount, a quantity or a percentage, in any currency."""
_LIMIT = Decimal(10) ** 12


class ImpossibleTerms(ValueError):
    """Terms that nobody can be billed by: which field, what is wrong with it, and what would be right."""

    def __init__(self, field: str, wrong: str, remedy: str) -> None:
        super().__init__(f"{wrong}; {remedy}.")
        self.field, self.remedy = field, remedy


class LineTerms(NamedTuple):
    """What a line is charged by. Amounts are in major units, percentages are 15 for 15 %.

    At most one of the two discounts is given. ``tax_inclusive`` says that the price already holds the tax. ``levy`` is
    empty for what is sold; a ``fee`` and a ``tax`` are on the whole of the document, an amount each: no order discount
    takes anything off them, and all of a ``tax`` is tax.
    """

    unit_price: Decimal
    quantity: Decimal
    discount_per_unit: Decimal = ZERO
    discount_percent: Decimal = ZERO
    tax_rate: Decimal = ZERO
    tax_inclusive: bool = False
    levy: str = ""


class OrderDiscount(NamedTuple):
    """Something off the whole order, before tax: an amount in major units or a percentage, not both."""

    amount: Decimal = ZERO
    percent: Decimal = ZERO
    label: str = ""


class Fee(NamedTuple):
    """Something added to the order: an amount in major units or a percentage of the discounted subtotal."""

    amount: Decimal = ZERO
    percent: Decimal = ZERO
    tax_rate: Decimal = ZERO
    label: str = ""


def validate_line(terms: LineTerms, currency: str) -> None:
    """Raise ``ImpossibleTerms`` for terms that nobody can be billed by; the message names field, value and remedy.

    >>> validate_line(LineTerms(Decimal("-1"), Decimal(1)), "EUR")
    Traceback (most recent call last):
    kalends.core.terms.ImpossibleTerms: unit_price is -1; give 0 or more.
    """
    power = POWERS_OF_TEN[minor_digits(currency)]
    for field in ("unit_price", "quantity", "discount_per_unit"):
        require_amount(field, getattr(terms, field))
    if not terms.quantity:
        raise ImpossibleTerms("quantity", "quantity is 0", "give more than 0, or leave the line out")
    require_percent("discount_percent", terms.discount_percent)
    require_percent("tax_rate", terms.tax_rate)
    if terms.discount_per_unit and terms.discount_percent:
        both = (
            f"discount_per_unit is {terms.discount_per_unit} and discount_percent is {terms.discount_percent}"
        )
        raise ImpossibleTerms("discount_per_unit", both, "give one")
    if terms.discount_per_unit > terms.unit_price:
        above = f"discount_per_unit is {terms.discount_per_unit}, above the unit_price"
        raise ImpossibleTerms("discount_per_unit", above, f"give at most {terms.unit_price}")
    gross = EXACT.multiply(EXACT.multiply(terms.unit_price, terms.quantity), power)
    if gross > MAXIMUM_MINOR // 4:
        large = f"unit_price {terms.unit_price} times quantity {terms.quantity} is too large to keep"
        raise ImpossibleTerms("unit_price", large, "divide the line")


def require_amount(field: str, value: Decimal) -> None:
    """Raise ``ImpossibleTerms`` unless the value is from 0 to below 10^12 with at most six decimals."""
    if not value.is_finite():
        raise ImpossibleTerms(field, f"{field} is {value}", "give a number such as 12.50")
    if value < 0:
        raise ImpossibleTerms(field, f"{field} is {value}", "give 0 or more")
    if value >= _LIMIT:
        raise ImpossibleTerms(field, f"{field} is {value}", f"give less than {_LIMIT:,}")
    exponent = value.normalize(EXACT).as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PRICE_DECIMALS:
        raise ImpossibleTerms(field, f"{field} is {value}", f"give at most {PRICE_DECIMALS} decimals")


def require_percent(field: str, value: Decimal) -> None:
    """Raise ``ImpossibleTerms`` unless the value is a percentage from 0 to 100."""
    require_amount(field, value)
    if value > _HUNDRED:
        raise ImpossibleTerms(field, f"{field} is {value}", "give a percentage from 0 to 100")
