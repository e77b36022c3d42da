"""Discounts, fees and taxes on a whole quote: what each of them comes to, without a database.

They count in this order. A **discount** is a share of what the discounts before it left, rounded half up by itself, or
a fixed amount; together they leave something to pay. A **fee** is a share of what all discounts left, or an amount.
A **tax** is on top: a share of that sum with the fees, or an amount; taxes of line items are apart, and bear none.

All of it is about the first payment. What discounts take off is taken off what is billed once, and only what is left of
it off what recurs (:func:`kalends.core.checkout.price_offer` does that); later payments are the full ones. Fees and
taxes are billed once, each as a line of its own beside what else is billed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from kalends.core.checkout import Added, Offer, Reduction, price_offer
from kalends.core.choices import OfferedLine
from kalends.core.money import format_minor, from_minor
from kalends.core.pricing import PricedDocument, price_document
from kalends.core.terms import FEE, TAX, ZERO, Fee, LineTerms, OrderDiscount

DISCOUNT = "discount"


class Adjustment(NamedTuple):
    """A discount, a fee or a tax: an amount in major units, or per cent. ``forever`` asks for every payment."""

    value: Decimal
    is_percent: bool = False
    label: str = ""
    forever: bool = False


class Adjustments(NamedTuple):
    """All of a quote, each kind in the order in which it counts."""

    discounts: tuple[Adjustment, ...] = ()
    fees: tuple[Adjustment, ...] = ()
    taxes: tuple[Adjustment, ...] = ()


class Adjusted(NamedTuple):
    """What each of them comes to, in minor units."""

    discounts: tuple[int, ...] = ()
    fees: tuple[int, ...] = ()
    taxes: tuple[int, ...] = ()

    @property
    def added_minor(self) -> int:
        """What fees and taxes add to a sum that is discounted already."""
        return sum(self.fees) + sum(self.taxes)

    @property
    def reduction(self) -> Reduction | None:
        """What the discounts take off the first payment, if anything."""
        off = sum(self.discounts)
        return Reduction(amount_minor=off) if off else None


class CannotAdjust(ValueError):
    """A discount that leaves nothing to pay or reaches later payments, or a value that no sum can be adjusted by."""


def adjust(subtotal_minor: int, adjustments: Adjustments, currency: str, *, recurs: bool = False) -> Adjusted:
    """What the adjustments of a first payment of ``subtotal_minor`` without tax come to.

    ``recurs`` says that payments follow. Raises :class:`CannotAdjust`.

    >>> spring, early = Adjustment(Decimal(15), is_percent=True), Adjustment(Decimal("0.11"))
    >>> freight, vat = Adjustment(Decimal(5)), Adjustment(Decimal("25.5"), is_percent=True)
    >>> adjust(1190, Adjustments((spring, early), (freight,), (vat,)), "EUR")
    Adjusted(discounts=(179, 11), fees=(500,), taxes=(383,))

    The tax falls on 11.90 - 1.79 - 0.11 + 5.00 = 15.00. A discount leaves something to pay:

    >>> adjust(11, Adjustments((early,)), "EUR")
    Traceback (most recent call last):
    kalends.core.adjustments.CannotAdjust: The discounts take off 0.11 EUR of 0.11 EUR without tax; give less.
    """
    if recurs and any(each.forever for each in adjustments.discounts):
        raise CannotAdjust(
            "A discount on every payment cannot be on the whole of what recurs; put it into the line items."
        )
    try:
        off = _priced(subtotal_minor, currency, adjustments.discounts)
        taken = off.order_discount_minor
        if taken and taken >= subtotal_minor:
            due, less = format_minor(subtotal_minor, currency), format_minor(taken, currency)
            raise CannotAdjust(f"The discounts take off {less} of {due} without tax; give less.")
        with_fees = _priced(subtotal_minor - taken, currency, on_top=adjustments.fees)
        taxed = _priced(subtotal_minor - taken + with_fees.fees_minor, currency, on_top=adjustments.taxes)
    except CannotAdjust:
        raise
    except ValueError as wrong:
        raise CannotAdjust(str(wrong)) from wrong
    return Adjusted(
        off.order_discounts,
        tuple(each.amount_minor for each in with_fees.fees),
        tuple(each.amount_minor for each in taxed.fees),
    )


def price_quote(lines: Sequence[OfferedLine], adjustments: Adjustments, currency: str, day: date) -> Offer:
    """What lines come to on ``day`` with discounts, fees and taxes on the whole. Raises :class:`CannotAdjust`.

    >>> phone = OfferedLine(1, "Phone", LineTerms(Decimal("11.90"), Decimal(1)))
    >>> vat = Adjustment(Decimal(25), is_percent=True, label="VAT")
    >>> offer = price_quote([phone], Adjustments(taxes=(vat,)), "EUR", date(2026, 3, 1))
    >>> offer.due_minor, offer.added
    (1488, (Added(kind='tax', label='VAT', amount_minor=298),))
    """
    offer = price_offer(lines, {}, currency, day)
    if adjustments == Adjustments():
        return offer
    adjusted = adjust(offer.subtotal_minor, adjustments, currency, recurs=offer.subscribes)
    if adjusted.reduction:
        offer = price_offer(lines, {}, currency, day, adjusted.reduction)
    return offer._replace(
        due_minor=offer.due_minor + adjusted.added_minor, added=tuple(_added(adjustments, adjusted))
    )


def _added(adjustments: Adjustments, adjusted: Adjusted) -> list[Added]:
    signs = ((DISCOUNT, -1), (FEE, 1), (TAX, 1))
    return [
        Added(kind, each.label, sign * minor)
        for (kind, sign), all_of_kind, minors in zip(signs, adjustments, adjusted, strict=True)
        for each, minor in zip(all_of_kind, minors, strict=True)
    ]


def _priced(
    sum_minor: int,
    currency: str,
    off: Sequence[Adjustment] = (),
    on_top: Sequence[Adjustment] = (),
) -> PricedDocument:
    """A sum with order discounts, or with what is added to it, by the rule of every document."""
    return price_document(
        [LineTerms(from_minor(sum_minor, currency), Decimal(1))],
        currency,
        [OrderDiscount(*_amount_and_percent(each), label=each.label) for each in off],
        [Fee(*_amount_and_percent(each), label=each.label) for each in on_top],
    )


def _amount_and_percent(each: Adjustment) -> tuple[Decimal, Decimal]:
    return (ZERO, each.value) if each.is_percent else (each.value, ZERO)
