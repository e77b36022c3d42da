"""What a report answers: series of figures over columns, each figure with the records that stand behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

from kalends.catalog import get_object
from kalends.catalog.model import Text
from kalends.insight.question import Question, WrongQuestion
from kalends.query import Filter, parse, to_json

if TYPE_CHECKING:
    from kalends.insight.report import Report

Kind = Literal["money", "count", "share"]
"""``money`` is in minor units of the answer's currency, a ``share`` of 0.05 is 5 %."""
Look = Literal["column", "line", "area", "step", "total"]
"""How a series is drawn best; a ``total`` is where a waterfall begins or ends."""
BehindKind = Literal["moved", "standing", "due", "settled", "failed", "recovered", "listed"]


class Behind(NamedTuple):
    """Which records make a figure.

    ``moved``: movements of revenue on the days from ``first`` to ``last``, for ``reasons`` (all without any), told by
    the day on which they happened or, where ``by_start``, by the day on which the subscription was first billed.
    ``standing``: subscriptions that counted at the end of the day ``last``. ``due``: subscriptions with payments on
    schedule on the days from ``first`` to ``last``, where what is overdue counts today. ``listed``: records of an
    object that pass a filter, as its list shows them. ``settled``, ``failed`` and ``recovered``: payments by the day on
    which they settled, or on which a charge of theirs first failed.
    """

    kind: BehindKind
    first: date | None = None
    last: date | None = None
    reasons: tuple[str, ...] = ()
    by_start: bool = False
    object: str = ""
    filter: Filter = Filter()

    def to_text(self) -> str:
        """For an address; :func:`read_behind` reads it.

        >>> Behind("moved", date(2026, 3, 1), date(2026, 3, 31), ("churn",)).to_text()
        '{"kind":"moved","first":"2026-03-01","last":"2026-03-31","reasons":["churn"]}'
        """
        told: dict[str, object] = {"kind": self.kind}
        if self.first is not None:
            told["first"] = self.first.isoformat()
        if self.last is not None:
            told["last"] = self.last.isoformat()
        if self.reasons:
            told["reasons"] = list(self.reasons)
        if self.by_start:
            told["by_start"] = True
        if self.object:
            told |= {"object": self.object, "filter": to_json(get_object(self.object), self.filter)}
        return json.dumps(told, separators=(",", ":"))


_REASONS = frozenset({"new", "upgrade", "downgrade", "churn", "reactivation"})


def read_behind(text: str) -> Behind:
    """What stands behind a figure, as an address has it. Raises :class:`WrongQuestion`."""
    try:
        told = json.loads(text)
        return _behind(told)
    except (ValueError, TypeError, KeyError, AttributeError, LookupError, RecursionError) as problem:
        shown = text if len(text) <= 80 else f"{text[:77]}..."
        raise WrongQuestion(
            "behind", f"{shown!r} names no records. Follow a figure of a report."
        ) from problem


def _behind(told: Mapping[str, object]) -> Behind:
    kind = told["kind"]
    if kind == "listed":
        name = str(told["object"])
        return Behind("listed", object=name, filter=parse(get_object(name), told["filter"]))
    last = date.fromisoformat(str(told["last"]))
    if kind == "standing":
        return Behind("standing", last=last)
    reasons = told.get("reasons", [])
    first = date.fromisoformat(str(told["first"]))
    if kind in ("due", "settled", "failed", "recovered"):
        return Behind(kind, first, last)
    if kind != "moved" or not isinstance(reasons, list) or not set(map(str, reasons)) <= _REASONS:
        raise ValueError(kind)
    return Behind("moved", first, last, tuple(map(str, reasons)), told.get("by_start") is True)


class Figure(NamedTuple):
    """A value, None where there is none (a share of nothing), and what stands behind it."""

    value: int | Fraction | None
    behind: Behind | None = None


class Column(NamedTuple):
    """A stretch of days, or a category; ``key`` is its first day or the category's value."""

    key: str
    label: Text
    first: date | None = None
    last: date | None = None


class Lead(NamedTuple):
    """What stands before the figures of a series: with what a cohort began."""

    label: Text
    kind: Kind
    figure: Figure


class Series(NamedTuple):
    """One figure for each column."""

    key: str
    label: Text
    kind: Kind
    figures: tuple[Figure, ...]
    look: Look = "column"
    lead: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A report, filled. ``total`` has one figure a series, None where a sum over the columns means nothing; ``notes``
    say what a reader has to know, such as amounts that could not be converted.
    """

    report: Report
    question: Question
    currency: str
    columns: tuple[Column, ...]
    series: tuple[Series, ...]
    total: tuple[Figure, ...]
    notes: tuple[Text, ...] = ()

    def of(self, key: str) -> Series:
        """The series of a key. Raises ``KeyError``."""
        for each in self.series:
            if each.key == key:
                return each
        raise KeyError(key)
