"""What a buyer may choose at checkout: which lines, how many, at which price; and what cannot be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from kalends.core.calendar import Frequency, resolve_start
from kalends.core.money import MAXIMUM_MINOR, from_minor, minor_digits, to_minor
from kalends.core.terms import LineTerms

QUANTITY_MOST = 1_000_000
PRICE_MOST = Decimal(10**9)
"""The most of a thing that a buyer may ask for, and the highest price that a buyer may name."""
TOTAL_MOST_MINOR = MAXIMUM_MINOR // 4
"""The most that a checkout may come to: with taxes it can still be kept."""


class OfferedLine(NamedTuple):
    """A line that somebody may buy. ``key`` is the line item's number; ``frequency`` None is billed once, at checkout.

    ``payments`` None renews until canceled. At most one of ``start``, ``delay_days`` and ``delay_months`` is given;
    without any, and with a start that has passed, billing starts at checkout. Where the buyer chooses the quantity it
    is a whole number from ``quantity_from`` (1 if not given) to ``quantity_to``; where the buyer names the price it is
    at least ``price_from``, and no less than the line takes off each unit.
    """

    key: int
    name: str
    terms: LineTerms
    frequency: Frequency | None = None
    payments: int | None = None
    start: date | None = None
    delay_days: int | None = None
    delay_months: int | None = None
    optional: bool = False
    chooses_quantity: bool = False
    quantity_from: int | None = None
    quantity_to: int | None = None
    chooses_price: bool = False
    price_from: Decimal | None = None


class Choice(NamedTuple):
    """What a buyer chose of a line; None leaves it as it is offered. ``taken`` matters for optional lines only."""

    taken: bool = True
    quantity: Decimal | None = None
    price: Decimal | None = None


class Wrong(NamedTuple):
    """A choice that cannot be: of which line (None: of the whole), what of it, why, and the bound that it breaks.

    ``about`` is ``taken``, ``quantity``, ``price`` or ``total``; ``code`` is ``missing``, ``not_whole``, ``too_small``,
    ``too_large``, ``too_precise`` or ``not_offered``.
    """

    key: int | None
    about: str
    code: str
    bound: Decimal | None = None


class Bought(NamedTuple):
    """A line as somebody buys it: its terms as chosen, and the day on which its billing starts."""

    line: OfferedLine
    terms: LineTerms
    starts: date


def wrong_of_line(line: OfferedLine, choice: Choice, currency: str) -> Iterator[Wrong]:
    """What is wrong with the choice of one line."""
    if not choice.taken and not line.optional:
        yield Wrong(line.key, "taken", "missing")
    if choice.quantity is not None:
        yield from _wrong_quantity(line, choice.quantity)
    if choice.price is not None:
        yield from _wrong_price(line, choice.price, currency)


def _wrong_quantity(line: OfferedLine, quantity: Decimal) -> Iterator[Wrong]:
    least, most = Decimal(line.quantity_from or 1), Decimal(line.quantity_to or QUANTITY_MOST)
    if not line.chooses_quantity:
        if quantity != line.terms.quantity:
            yield Wrong(line.key, "quantity", "not_offered", line.terms.quantity)
    elif not quantity.is_finite() or quantity != quantity.to_integral_value():
        yield Wrong(line.key, "quantity", "not_whole")
    elif quantity < least:
        yield Wrong(line.key, "quantity", "too_small", least)
    elif quantity > most:
        yield Wrong(line.key, "quantity", "too_large", most)


def _wrong_price(line: OfferedLine, price: Decimal, currency: str) -> Iterator[Wrong]:
    least = max(line.price_from or Decimal(0), line.terms.discount_per_unit)
    if not line.chooses_price:
        if price != line.terms.unit_price:
            yield Wrong(line.key, "price", "not_offered", line.terms.unit_price)
    elif not _can_be_paid(price, currency):
        yield Wrong(line.key, "price", "too_precise", Decimal(minor_digits(currency)))
    elif price < least:
        yield Wrong(line.key, "price", "too_small", least)
    elif price > PRICE_MOST:
        yield Wrong(line.key, "price", "too_large", PRICE_MOST)


def is_too_large(
    lines: Sequence[OfferedLine], choices: Mapping[int, Choice], currency: str, day: date
) -> bool:
    """Whether the lines come to more than a document may, before discounts and taxes."""
    gross = sum(
        (each.terms.unit_price * each.terms.quantity for each in bought_lines(lines, choices, day)), Decimal()
    )
    return gross > from_minor(TOTAL_MOST_MINOR, currency)


def _can_be_paid(price: Decimal, currency: str) -> bool:
    """Whether a price is a whole number of the currency's minor units."""
    try:
        to_minor(price, currency)
    except (ValueError, ArithmeticError):
        return False
    return True


def is_taken(line: OfferedLine, choices: Mapping[int, Choice]) -> bool:
    """Nobody buys an optional line by saying nothing."""
    choice = choices.get(line.key)
    return not line.optional or (choice is not None and choice.taken)


def bought_lines(lines: Sequence[OfferedLine], choices: Mapping[int, Choice], day: date) -> Iterator[Bought]:
    """The lines that are bought, as they were chosen."""
    for line in lines:
        if not is_taken(line, choices):
            continue
        choice = choices.get(line.key) or Choice()
        terms = line.terms
        if choice.quantity is not None:
            terms = terms._replace(quantity=choice.quantity)
        if choice.price is not None:
            terms = terms._replace(unit_price=choice.price)
        yield Bought(line, terms, _starts(line, day))


def _starts(line: OfferedLine, day: date) -> date:
    if line.frequency is None:
        return day
    return max(
        day, resolve_start(day, on=line.start, delay_days=line.delay_days, delay_months=line.delay_months)
    )
