"""What reports have in common: columns, rounding, and the words for what moves."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from kalends.catalog.model import Text
from kalends.core.money import round_half_up
from kalends.insight.answer import Answer, Behind, Column, Figure, Kind, Look, Series
from kalends.insight.asked import Asked
from kalends.insight.every import Bucket, label
from kalends.insight.report import Report

NOTHING = Figure(None)

NEW = Text("New", "Nye", "Uudet")
UPGRADES = Text("Upgrades", "Oppgraderinger", "Korotukset")
DOWNGRADES = Text("Downgrades", "Nedgraderinger", "Alennukset")
REACTIVATED = Text("Reactivated", "Gjenopptatt", "Palautuneet")
CHURNED = Text("Churned", "Frafalt", "Poistuneet")
SUBSCRIPTIONS = Text("Subscriptions", "Abonnementer", "Tilaukset")
CUSTOMERS = Text("Customers", "Kunder", "Asiakkaat")
MRR = Text("MRR", "MRR", "MRR")


def columns(asked: Asked) -> tuple[Column, ...]:
    """A column for each bucket."""
    return tuple(
        Column(each.first.isoformat(), label(each.first, asked.question.every), each.first, each.last)
        for each in asked.buckets
    )


def money(value: Fraction, behind: Behind | None = None) -> Figure:
    """An amount, rounded once, half up."""
    return Figure(round_half_up(value), behind)


def share(part: Fraction | int, whole: Fraction | int, behind: Behind | None = None) -> Figure:
    """A part of a whole; no figure where there is no whole."""
    return Figure(Fraction(part) / whole, behind) if whole > 0 else NOTHING


def moved(bucket: Bucket, *reasons: str, by_start: bool = False) -> Behind:
    """The movements of a bucket."""
    return Behind("moved", bucket.first, bucket.last, reasons, by_start)


def standing(bucket: Bucket) -> Behind:
    """What counted at the end of a bucket."""
    return Behind("standing", last=bucket.last)


def whole(asked: Asked) -> Bucket:
    """All days of the question that have come."""
    return Bucket(asked.question.first, asked.last)


def series(key: str, text: Text, kind: Kind, figures: Iterable[Figure], look: Look = "column") -> Series:
    """A series of figures."""
    return Series(key, text, kind, tuple(figures), look)


def added(each: Series, behind: Behind | None = None) -> Figure:
    """The sum of a series; the figures are whole already, so that a table adds up."""
    return Figure(sum(int(figure.value) for figure in each.figures if figure.value is not None), behind)


def answer(
    report: Report,
    asked: Asked,
    over: tuple[Column, ...],
    rows: Iterable[Series],
    total: Iterable[Figure] | None = None,
    *notes: Text,
) -> Answer:
    """An answer, with the notes on what could not be converted."""
    rows = tuple(rows)
    totals = tuple(NOTHING for _ in rows) if total is None else tuple(total)
    return Answer(report, asked.question, asked.currency, over, rows, totals, (*notes, *asked.notes()))
