"""Whole numbers that come in from outside as digits: numbers of records, places in a list, counts.

``str.isdigit`` lets through what ``int`` does not read (a superscript two), and ``int`` refuses very long texts of
digits with an error of its own. Here there is one answer for all of it.
"""

from __future__ import annotations

_MOST_DIGITS = 18
"""What these hold fits into a column of the database (a signed 64-bit number), whatever the digits are."""


def whole_number(text: str) -> int | None:
    """The number that a text of 1 to 18 ASCII digits means; None for any other text.

    >>> whole_number("4711"), whole_number("007"), whole_number("0")
    (4711, 7, 0)
    >>> whole_number(""), whole_number("-1"), whole_number("²"), whole_number("٣"), whole_number("9" * 19)
    (None, None, None, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
