"""Scales: round numbers for an axis, and where on it a value lies."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from babel import Locale
from babel.numbers import format_compact_decimal, format_decimal

_LOCALES = {"en": "en_GB", "nb": "nb_NO", "fi": "fi_FI"}
_STEPS = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5), Fraction(10))


class Scale(NamedTuple):
    """An axis of values, from the lowest tick to the highest, over so many pixels."""

    low: Fraction
    high: Fraction
    step: Fraction
    start: int
    length: int

    @property
    def ticks(self) -> list[Fraction]:
        """The values that are written at the axis."""
        return [self.low + self.step * at for at in range(int((self.high - self.low) / self.step) + 1)]

    def up(self, value: Fraction) -> Fraction:
        """How far down the picture a value lies: large ones at the top."""
        return self.start + self.length * (self.high - value) / (self.high - self.low)

    def right(self, value: Fraction) -> Fraction:
        """How far to the right a value lies."""
        return self.start + self.length * (value - self.low) / (self.high - self.low)


def scale(values: Iterable[Fraction], start: int, length: int, *, parts: int = 4, zero: bool = True) -> Scale:
    """An axis of about so many parts between round numbers that holds the values, and 0 where ``zero``.

    >>> [int(tick) for tick in scale([Fraction(186)], 0, 100).ticks]
    [0, 50, 100, 150, 200]
    >>> [int(tick) for tick in scale([Fraction(-12), Fraction(30)], 0, 100).ticks]
    [-20, 0, 20, 40]
    """
    known = list(values)
    low, high = min(known, default=Fraction(0)), max(known, default=Fraction(0))
    if zero:
        low, high = min(low, Fraction(0)), max(high, Fraction(0))
    if low == high:
        high = low + 1
    step = _step((high - low) / parts)
    return Scale(low // step * step, -(-high // step) * step, step, start, length)


def _step(wanted: Fraction) -> Fraction:
    power = Fraction(1)
    while power * 10 <= wanted:
        power *= 10
    while power > wanted:
        power /= 10
    return next(step * power for step in _STEPS if step * power >= wanted)


def short(value: Fraction, language: str) -> str:
    """A number as it stands at an axis.

    >>> short(Fraction(150_000), "en"), short(Fraction(5, 2), "fi")
    ('150k', '2,5')
    """
    locale = Locale.parse(_LOCALES.get(language, "en_GB"))
    number = Decimal(value.numerator) / Decimal(value.denominator)
    if abs(number) < 1000:
        text = format_decimal(number, format="#,##0.##", locale=locale)
    else:
        text = format_compact_decimal(number, format_type="short", fraction_digits=1, locale=locale)
    text = text.replace("K", "k") if language == "en" else text
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text
