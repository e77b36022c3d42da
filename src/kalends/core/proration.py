"""Proration: the part of a period's price that belongs to the days that are left of it.

Whole days count, and the day on which something takes effect counts as left. Amounts are rounded half up, once:

- what is charged for the days left is worked out over the whole period first, as an invoice would be, and of each
  line's **total** and **discount** the share is taken and rounded. The tax in the total is split off as a credit note
  splits it (:func:`~kalends.core.credit.credit_part`), in proportion to that of the whole line; gross and net follow,
  so that a line adds up whatever was rounded;
- what is given back for days that are not used is the same share of what was charged for that period. So what was
  charged for some days and is given back on the first of them comes to exactly zero, its tax as well.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from kalends.core.credit import credit_part
from kalends.core.money import round_half_up
from kalends.core.pricing import PricedDocument, PricedLine, PricedTax, check_identities, price_document
from kalends.core.terms import LineTerms


def share_left(start: date, end: date, on: date) -> Fraction:
    """The share of the period ``[start, end)`` that is left on the day ``on``: 1 on its first day, 0 after its last.

    Raises ``ValueError`` for a period without days.

    >>> share_left(date(2026, 4, 1), date(2026, 5, 1), date(2026, 4, 16))
    Fraction(1, 2)
    """
    days = (end - start).days
    if days <= 0:
        raise ValueError(f"The period from {start} to {end} has no days.")
    return Fraction(min(max((end - on).days, 0), days), days)


def prorated_minor(amount_minor: int, start: date, end: date, on: date) -> int:
    """What of an amount for the period ``[start, end)`` belongs to the days left on ``on``, in minor units.

    >>> prorated_minor(10000, date(2026, 1, 31), date(2026, 2, 28), date(2026, 2, 10))
    6429
    """
    return round_half_up(amount_minor * share_left(start, end, on))


def prorated_line(line: PricedLine, share: Fraction, *, tax_inclusive: bool) -> PricedLine:
    """The share of a line that was priced over its whole period.

    Total and discount are rounded; the net is what the tax leaves of the total (all of it where the price includes the
    tax), and the gross is net and discount together.

    >>> whole = PricedLine(gross_minor=9990, discount_minor=0, net_minor=9990, tax_minor=2498, total_minor=12488)
    >>> prorated_line(whole, Fraction(15, 30), tax_inclusive=False)
    PricedLine(gross_minor=4995, discount_minor=0, net_minor=4995, tax_minor=1249, total_minor=6244, ...)
    """
    total = round_half_up(line.total_minor * share)
    discount = round_half_up(line.discount_minor * share)
    without_tax, tax = credit_part(line.total_minor - line.tax_minor, line.tax_minor, 0, total)
    net = total if tax_inclusive else without_tax
    return PricedLine(net + discount, discount, net, tax, total)


def prorated_document(lines: Sequence[LineTerms], currency: str, share: Fraction) -> PricedDocument:
    """What lines come to for a share of their period, as one document without order discounts or fees.

    >>> from decimal import Decimal
    >>> seats = LineTerms(Decimal("150"), Decimal(1), tax_rate=Decimal(25))
    >>> half = prorated_document([seats], "EUR", Fraction(15, 30))
    >>> half.subtotal_minor, half.tax_minor, half.total_minor
    (7500, 1875, 9375)
    """
    whole = price_document(lines, currency)
    parts = tuple(
        prorated_line(line, share, tax_inclusive=terms.tax_inclusive)
        for line, terms in zip(whole.lines, lines, strict=True)
    )
    tax = sum(part.tax_minor for part in parts)
    total = sum(part.total_minor for part in parts)
    priced = PricedDocument(
        parts, total - tax, sum(part.discount_minor for part in parts), 0, 0, tax, total,
        tuple(_tax_of_parts(each, lines, parts) for each in whole.taxes),
    )  # fmt: skip
    check_identities(priced)
    return priced


def _tax_of_parts(tax: PricedTax, lines: Sequence[LineTerms], parts: Sequence[PricedLine]) -> PricedTax:
    """One tax of a prorated document: the taxes of the lines that bear it, and what they fall on."""
    borne = [
        part
        for terms, part in zip(lines, parts, strict=True)
        if (terms.tax_rate, terms.tax_inclusive) == (tax.rate, tax.inclusive)
    ]
    amount = sum(part.tax_minor for part in borne)
    return tax._replace(base_minor=sum(part.total_minor for part in borne) - amount, tax_minor=amount)
