"""What lines and the documents made of them come to, worked out with Fractions the long way."""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from kalends.proof.oracle.money import decimals, nearest, shares


class Terms(NamedTuple):
    """What a line is charged by, as the digits that are stored; percentages are 15 for 15 %.

    ``levy`` is ``tax`` for a line that is nothing but tax, of its price.
    """

    unit_price: str
    quantity: str
    discount_per_unit: str = "0"
    discount_percent: str = "0"
    tax_rate: str = "0"
    tax_inclusive: bool = False
    levy: str = ""


class Line(NamedTuple):
    """What a line comes to, in minor units; ``net`` still holds a tax that the price includes."""

    gross: int
    discount: int
    net: int
    tax: int
    total: int


class Document(NamedTuple):
    """What a document without order discounts and fees comes to, in minor units."""

    lines: tuple[Line, ...]
    subtotal: int
    discount: int
    tax: int
    total: int


@lru_cache(maxsize=65536)
def before_tax(terms: Terms, currency: str) -> tuple[int, int, int]:
    """Gross, discount and net of a line: the discount is rounded by itself, and then subtracted.

    >>> before_tax(Terms("11.90", "1", discount_percent="15"), "EUR")
    (1190, 179, 1011)
    """
    minor_units = Fraction(terms.unit_price) * Fraction(terms.quantity) * 10 ** decimals(currency)
    per_unit = Fraction(terms.discount_per_unit) * Fraction(terms.quantity) * 10 ** decimals(currency)
    percent = Fraction(terms.discount_percent)
    gross = nearest(minor_units)
    discount = nearest(minor_units * percent / 100 if percent else per_unit)
    return gross, discount, gross - discount


@lru_cache(maxsize=65536)
def document(terms: tuple[Terms, ...], currency: str) -> Document:
    """Price lines together: each tax is rounded once, on the sum that it falls on, and then shared out.

    >>> priced = document((Terms("0.10", "1", tax_rate="25"), Terms("0.10", "1", tax_rate="25")), "NOK")
    >>> [line.tax for line in priced.lines], priced.tax, priced.total
    ([3, 2], 5, 25)
    >>> document((Terms("125", "1", tax_rate="25", tax_inclusive=True),), "NOK")[1:]
    (10000, 0, 2500, 12500)
    """
    amounts = [before_tax(line, currency) for line in terms]
    taxes = [amount[0] if line.levy == "tax" else 0 for line, amount in zip(terms, amounts, strict=True)]
    amounts = [(0, 0, 0) if tax else amount for amount, tax in zip(amounts, taxes, strict=True)]
    kinds = {(Fraction(line.tax_rate), line.tax_inclusive) for line in terms}
    for rate, inclusive in kinds:
        members = [
            n
            for n, line in enumerate(terms)
            if (Fraction(line.tax_rate), line.tax_inclusive) == (rate, inclusive)
        ]
        nets = [amounts[n][2] for n in members]
        tax = nearest(sum(nets) * rate / (100 + rate if inclusive else 100))
        for n, share in zip(members, shares(tax, nets), strict=True):
            taxes[n] += share
    lines = tuple(
        Line(gross, discount, net, tax, net if line.tax_inclusive else net + tax)
        for line, (gross, discount, net), tax in zip(terms, amounts, taxes, strict=True)
    )
    tax = sum(line.tax for line in lines)
    total = sum(line.total for line in lines)
    return Document(lines, total - tax, sum(line.discount for line in lines), tax, total)
