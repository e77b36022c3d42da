"""What was agreed anew between two cycles of a subscription, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kalends.billing.compose import AgreedLine

TERMS = {
    "unit_price": "price",
    "quantity": "quantity",
    "discount_per_unit": "discount per unit",
    "discount_percent": "discount in percent",
    "tax_rate": "tax rate",
    "tax_inclusive": "tax inclusive",
}
"""The terms of a line, and what they are called."""


class LineDiffers(NamedTuple):
    """How a line differs: it ``begins``, ``ends``, ``changes``, or is agreed ``anew`` in these ``terms``."""

    line: str
    how: str
    terms: tuple[tuple[str, str, str], ...] = ()


def compare_lines(
    earlier: Sequence[AgreedLine], now: Sequence[AgreedLine], names: Mapping[int, str]
) -> tuple[LineDiffers, ...]:
    """What differs between the lines of two cycles; nothing when the lines are the same."""
    ended = {line.id: line for line in earlier if line not in now}
    begun = {line.id: line for line in now if line not in earlier}
    found: list[LineDiffers] = []
    for line in begun.values():
        name = names.get(line.id, "")
        old = next((id_ for id_ in ended if names.get(id_) == names.get(line.id)), None)
        found.append(LineDiffers(name, "begins") if old is None else _change(name, ended.pop(old), line))
    found += [LineDiffers(names.get(id_, ""), "ends") for id_ in ended]
    return tuple(found)


def in_words(differences: Sequence[LineDiffers]) -> str:
    """The differences as an English sentence.

    >>> in_words([LineDiffers("Fleet Core", "changes", (("unit_price", "100", "120"),)), LineDiffers("Setup", "ends")])
    'Fleet Core changes: price 100 to 120; Setup ends'
    """
    said = "; ".join(f"{each.line or 'a line'} {_how(each)}" for each in differences)
    return said or "the lines are the same; the earlier invoice was made under other terms"


def _how(each: LineDiffers) -> str:
    if each.how == "changes":
        return "changes: " + ", ".join(f"{TERMS[name]} {old} to {new}" for name, old, new in each.terms)
    return "is agreed anew" if each.how == "anew" else each.how


def _change(name: str, before: AgreedLine, after: AgreedLine) -> LineDiffers:
    terms = tuple(
        (term, _plain(old), _plain(new))
        for term, old, new in zip(
            TERMS, before.terms, after.terms, strict=False
        )  # a levy, the last, is billed once
        if old != new
    )
    return LineDiffers(name, "changes" if terms else "anew", terms)


def _plain(value: object) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
