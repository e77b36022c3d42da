"""Pricing: from line items to the totals of a document, in the order discounts, then fees, then taxes.

What each total means, all in minor units:

- a line's **gross** is price times quantity, rounded half up;
- a line's **discount** is computed from the unrounded price times quantity, rounded half up by itself, and then
  subtracted. The discount is rounded, not the net: 11.90 less 15 % is 11.90 - 1.79 = 10.11;
- a line's **net** is gross less discount. If the price includes the tax, so does the net;
- the **subtotal** is the sum of the nets without any tax, before order discounts;
- an **order discount** is taken off the subtotal, each from what those before it left, and is shared among the
  lines in proportion to their nets without tax;
- a **fee** is an amount, or a share of the discounted subtotal;
- the **tax** is computed once for each (rate, included or not) on the sum of what it falls on, rounded half up
  once, and then shared out by largest remainder, so that the taxes of lines add up to the tax of the document;
- a line that is a **fee** or a **tax** on the whole of the document (its ``levy``) is an amount that came about
  elsewhere: no order discount touches it, it bears no tax, and a tax is nothing but tax;
- **total** = subtotal - order discounts + fees + tax, and also the sum of the lines' and the fees' totals.

A price that includes its tax is what the customer pays: while no order discount touches it, the tax is taken out
of it (net times rate / (100 + rate)) and net and tax add up to it. After an order discount, which is an amount
without tax, the tax is that of what is left.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from kalends.core.money import (
    EXACT,
    MAXIMUM_MINOR,
    POWERS_OF_TEN,
    BrokenRule,
    allocate,
    format_minor,
    minor_digits,
    round_ratio,
    to_minor,
)
from kalends.core.terms import (
    TAX,
    Fee,
    LineTerms,
    OrderDiscount,
    require_amount,
    require_percent,
    validate_line,
)

__all__ = [
    "Fee",
    "LineTerms",
    "OrderDiscount",
    "PricedDocument",
    "PricedFee",
    "PricedLine",
    "PricedTax",
    "check_identities",
    "price_document",
    "price_in_full",
    "validate_line",
]


class PricedLine(NamedTuple):
    """A line in minor units.

    ``total_minor`` is what the customer pays for it: net less its share of the order discounts, with its tax.
    ``net_minor`` is before order discounts; of a line whose price includes the tax it holds the tax.
    """

    gross_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int
    order_discount_minor: int = 0


class PricedFee(NamedTuple):
    """A fee in minor units, and the tax on it."""

    amount_minor: int
    tax_minor: int


class PricedTax(NamedTuple):
    """One tax of a document: its rate, whether prices include it, what it falls on (without tax), and the tax."""

    rate: Decimal
    inclusive: bool
    base_minor: int
    tax_minor: int


class PricedDocument(NamedTuple):
    """The totals of a document in minor units; the module says what each of them means.

    ``discount_minor`` is all that was taken off: line discounts and order discounts. ``order_discounts`` are the
    amounts of the order discounts one by one, ``taxes`` those of the tax groups (rates of 0 left out).
    """

    lines: tuple[PricedLine, ...]
    subtotal_minor: int
    discount_minor: int
    order_discount_minor: int
    fees_minor: int
    tax_minor: int
    total_minor: int
    taxes: tuple[PricedTax, ...] = ()
    order_discounts: tuple[int, ...] = ()
    fees: tuple[PricedFee, ...] = ()


def price_document(
    lines: Sequence[LineTerms],
    currency: str,
    order_discounts: Sequence[OrderDiscount] = (),
    fees: Sequence[Fee] = (),
) -> PricedDocument:
    """Price lines, order discounts and fees as one document. The same arguments give the same (cached) result.

    Lines are expected to have passed :func:`validate_line`. Raises ``ValueError`` for an order discount or a fee
    that cannot be, and :class:`~kalends.core.money.BrokenRule` when a total would break an identity.

    >>> priced = price_document([LineTerms(Decimal("11.90"), Decimal(1), discount_percent=Decimal(15))], "EUR")
    >>> priced.lines[0].discount_minor, priced.total_minor
    (179, 1011)
    >>> seats = LineTerms(Decimal("19.99"), Decimal(3), tax_rate=Decimal(25))
    >>> priced = price_document([seats, seats], "NOK", [OrderDiscount(percent=Decimal(10))])
    >>> priced.subtotal_minor, priced.order_discount_minor, priced.tax_minor, priced.total_minor
    (11994, 1199, 2699, 13494)
    """
    return _price(tuple(lines), currency, tuple(order_discounts), tuple(fees))


@lru_cache(maxsize=16384)
def _price(
    lines: tuple[LineTerms, ...],
    currency: str,
    order_discounts: tuple[OrderDiscount, ...],
    fees: tuple[Fee, ...],
) -> PricedDocument:
    if order_discounts or fees or any(line.levy for line in lines):
        priced = price_in_full(lines, currency, order_discounts, fees)
    else:
        priced = _price_plain(lines, currency)
    check_identities(priced)
    return priced


def _round(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))


def _line_amounts(terms: LineTerms, to_minor_units: Decimal) -> tuple[int, int]:
    """Gross and discount of a line, each rounded once from exact numbers."""
    multiply = EXACT.multiply
    exact = multiply(multiply(terms.unit_price, terms.quantity), to_minor_units)
    if terms.discount_percent:
        discount = _round(EXACT.scaleb(multiply(exact, terms.discount_percent), -2))
    elif terms.discount_per_unit:
        discount = _round(multiply(multiply(terms.discount_per_unit, terms.quantity), to_minor_units))
    else:
        discount = 0
    return _round(exact), discount


def _tax_on_top(base: int, rate: Decimal) -> int:
    numerator, denominator = rate.as_integer_ratio()
    return round_ratio(base * numerator, 100 * denominator)


def _tax_within(amount: int, rate: Decimal) -> int:
    numerator, denominator = rate.as_integer_ratio()
    return round_ratio(amount * numerator, 100 * denominator + numerator)


def _members_by_tax(lines: Sequence[LineTerms]) -> dict[tuple[Decimal, bool], list[int]]:
    """Which lines bear which tax, in the order in which the taxes first occur; rates of 0 are left out."""
    members: dict[tuple[Decimal, bool], list[int]] = {}
    for i, terms in enumerate(lines):
        if terms.tax_rate:
            members.setdefault((terms.tax_rate, terms.tax_inclusive), []).append(i)
    return members


def _price_plain(lines: Sequence[LineTerms], currency: str) -> PricedDocument:
    """The common case, without order discounts and fees: the same result as :func:`price_in_full`, sooner."""
    to_minor_units = POWERS_OF_TEN[minor_digits(currency)]
    line_taxes = [0] * len(lines)
    taxes: list[PricedTax] = []
    amounts = [_line_amounts(terms, to_minor_units) for terms in lines]
    for (rate, inclusive), members in _members_by_tax(lines).items():
        nets = [amounts[i][0] - amounts[i][1] for i in members]
        base = sum(nets)
        if inclusive:
            tax = _tax_within(base, rate)
            base -= tax
        else:
            tax = _tax_on_top(base, rate)
        taxes.append(PricedTax(rate, inclusive, base, tax))
        shares = (tax,) if len(members) == 1 else allocate(tax, nets)
        for i, share in zip(members, shares, strict=True):
            line_taxes[i] = share
    priced: list[PricedLine] = []
    subtotal = discounts = 0
    for terms, (gross, discount), tax in zip(lines, amounts, line_taxes, strict=True):
        net = gross - discount
        total = net if terms.tax_inclusive else net + tax
        priced.append(PricedLine(gross, discount, net, tax, total))
        discounts += discount
        subtotal += total - tax
    tax_minor = sum(line_taxes)
    return PricedDocument(
        tuple(priced), subtotal, discounts, 0, 0, tax_minor, subtotal + tax_minor, tuple(taxes)
    )


def price_in_full(
    lines: Sequence[LineTerms], currency: str, order_discounts: Sequence[OrderDiscount], fees: Sequence[Fee]
) -> PricedDocument:
    """The whole rule, with order discounts and fees; :func:`price_document` comes here when there are any."""
    to_minor_units = POWERS_OF_TEN[minor_digits(currency)]
    amounts = [_line_amounts(terms, to_minor_units) for terms in lines]
    levied = [gross if terms.levy == TAX else 0 for terms, (gross, _) in zip(lines, amounts, strict=True)]
    amounts = [(0, 0) if tax else amount for amount, tax in zip(amounts, levied, strict=True)]
    nets = [gross - discount for gross, discount in amounts]
    members_by_tax = _members_by_tax(lines)
    untaxed = _without_included_tax(nets, members_by_tax)
    subtotal = sum(untaxed)

    sold = [0 if terms.levy else net for terms, net in zip(lines, untaxed, strict=True)]
    discounts_taken = _order_discounts(sum(sold), order_discounts, currency)
    order_discount = sum(discounts_taken)
    discount_shares = allocate(order_discount, sold) if order_discount else [0] * len(lines)
    fee_amounts = [_fee(sum(sold) - order_discount, fee, currency) for fee in fees]

    line_taxes, fee_taxes, taxes = _taxes(nets, untaxed, discount_shares, fees, fee_amounts, members_by_tax)
    line_taxes = [tax + own for tax, own in zip(line_taxes, levied, strict=True)]
    priced = tuple(
        PricedLine(gross, discount, gross - discount, tax, before_tax - off + tax, off)
        for (gross, discount), before_tax, off, tax in zip(
            amounts, untaxed, discount_shares, line_taxes, strict=True
        )
    )
    tax_minor = sum(line_taxes) + sum(fee_taxes)
    return PricedDocument(
        lines=priced,
        subtotal_minor=subtotal,
        discount_minor=sum(line.discount_minor for line in priced) + order_discount,
        order_discount_minor=order_discount,
        fees_minor=sum(fee_amounts),
        tax_minor=tax_minor,
        total_minor=subtotal - order_discount + sum(fee_amounts) + tax_minor,
        taxes=tuple(taxes),
        order_discounts=tuple(discounts_taken),
        fees=tuple(PricedFee(amount, tax) for amount, tax in zip(fee_amounts, fee_taxes, strict=True)),
    )


def _without_included_tax(
    nets: Sequence[int], members_by_tax: dict[tuple[Decimal, bool], list[int]]
) -> list[int]:
    """The nets of all lines with the tax taken out of those whose price includes it."""
    untaxed = list(nets)
    for (rate, inclusive), members in members_by_tax.items():
        if inclusive:
            included = [nets[i] for i in members]
            for i, share in zip(members, allocate(_tax_within(sum(included), rate), included), strict=True):
                untaxed[i] -= share
    return untaxed


def _order_discounts(subtotal: int, discounts: Sequence[OrderDiscount], currency: str) -> list[int]:
    left = subtotal
    taken: list[int] = []
    for discount in discounts:
        amount = _amount_or_percent(
            "Order discount", discount.label, discount.amount, discount.percent, left, currency
        )
        if amount > left:
            raise ValueError(
                f"Order discount {discount.label!r} of {format_minor(amount, currency)} is more than the "
                f"{format_minor(left, currency)} it is taken from; give at most that."
            )
        taken.append(amount)
        left -= amount
    return taken


def _fee(discounted_subtotal: int, fee: Fee, currency: str) -> int:
    require_percent(f"Fee {fee.label!r}: tax_rate", fee.tax_rate)
    return _amount_or_percent("Fee", fee.label, fee.amount, fee.percent, discounted_subtotal, currency)


def _amount_or_percent(
    kind: str, label: str, amount: Decimal, percent: Decimal, base: int, currency: str
) -> int:
    if amount and percent:
        raise ValueError(
            f"{kind} {label!r} has both an amount, {amount}, and a percentage, {percent}; give one."
        )
    if percent:
        require_percent(f"{kind} {label!r}: percent", percent)
        return _tax_on_top(base, percent)
    require_amount(f"{kind} {label!r}: amount", amount)
    return to_minor(amount, currency)


def _taxes(
    nets: Sequence[int],
    untaxed: Sequence[int],
    discount_shares: Sequence[int],
    fees: Sequence[Fee],
    fee_amounts: Sequence[int],
    members_by_tax: dict[tuple[Decimal, bool], list[int]],
) -> tuple[list[int], list[int], list[PricedTax]]:
    """The tax of each line, that of each fee, and the taxes of the document. Fees join the lines of their rate."""
    line_taxes, fee_taxes, taxes = [0] * len(nets), [0] * len(fees), list[PricedTax]()
    fees_by_rate: dict[Decimal, list[int]] = {}
    for i, fee in enumerate(fees):
        if fee.tax_rate:
            fees_by_rate.setdefault(fee.tax_rate, []).append(i)
    keys = dict.fromkeys([*members_by_tax, *((rate, False) for rate in fees_by_rate)])
    for rate, inclusive in keys:
        members = members_by_tax.get((rate, inclusive), [])
        with_fees = [] if inclusive else fees_by_rate.get(rate, [])
        bases = [untaxed[i] - discount_shares[i] for i in members] + [fee_amounts[i] for i in with_fees]
        if inclusive and not any(discount_shares[i] for i in members):
            tax = sum(nets[i] - untaxed[i] for i in members)
            shares = [nets[i] - untaxed[i] for i in members]
        else:
            tax = _tax_on_top(sum(bases), rate)
            shares = allocate(tax, bases)
        taxes.append(PricedTax(rate, inclusive, sum(bases), tax))
        for i, share in zip(members, shares, strict=False):
            line_taxes[i] = share
        for i, share in zip(with_fees, shares[len(members) :], strict=True):
            fee_taxes[i] = share
    return line_taxes, fee_taxes, taxes


def check_identities(priced: PricedDocument) -> None:
    """Raise :class:`~kalends.core.money.BrokenRule` unless the totals of a document agree with each other."""
    subtotal, off, fees, tax = (
        priced.subtotal_minor,
        priced.order_discount_minor,
        priced.fees_minor,
        priced.tax_minor,
    )
    line_tax = line_total = 0
    for gross, discount, net, line_tax_minor, total, _ in priced.lines:
        if not 0 <= discount <= gross or net != gross - discount or line_tax_minor < 0 or total < 0:
            raise BrokenRule(
                f"A line of {gross} less {discount} cannot have a net of {net} and a total of {total}."
            )
        line_tax += line_tax_minor
        line_total += total
    fee_tax = sum(fee.tax_minor for fee in priced.fees) if priced.fees else 0
    if (
        priced.total_minor != subtotal - off + fees + tax
        or line_tax + fee_tax != tax
        or line_total + fees + fee_tax != priced.total_minor
        or not 0 <= priced.total_minor <= MAXIMUM_MINOR
    ):
        raise BrokenRule(
            f"The total of {priced.total_minor} is not {subtotal} - {off} + {fees} + {tax}, or not what the lines "
            f"({line_total}, of which tax {line_tax}) "
            f"and fees ({fees} and tax {fee_tax}) come to, or above {MAXIMUM_MINOR}."
        )
