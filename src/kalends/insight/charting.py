"""The chart of an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from kalends.catalog.model import Text
from kalends.core.money import minor_digits
from kalends.insight.answer import Answer, Behind, Column, Figure, Kind, Series
from kalends.insight.charts import Chart, Form, Point, Track
from kalends.insight.reports.revenue import STEPS
from kalends.insight.words import summary, written

Link = Callable[[Behind], str]
"""The address of what stands behind a figure."""


def chart_of(
    answer: Answer, language: str, *, form: Form | None = None, link: Link = lambda behind: ""
) -> Chart:
    """The chart of an answer in a language, in the report's own form unless another one is asked for.

    ``link`` makes figures lead to what stands behind them.
    """
    wanted: Form = form or answer.report.form
    if wanted == "waterfall":
        return _waterfall(answer, language, link)
    chosen = _chosen(answer, wanted)
    tracks = tuple(_track(answer, each, wanted, language, link) for each in chosen)
    return Chart(
        wanted,
        answer.report.label.in_language(language),
        summary(answer, language),
        tuple(column.label.in_language(language) for column in answer.columns),
        tracks,
        _unit(answer, chosen),
        language,
        tuple(_head(answer, each.label, each.kind, language) for each in (chosen[0].lead if chosen else ())),
    )


def _head(answer: Answer, label: Text, kind: Kind, language: str) -> str:
    text = label.in_language(language)
    return f"{text} ({answer.currency})" if kind == "money" else text


def _chosen(answer: Answer, form: Form) -> tuple[Series, ...]:
    """One series where a chart shows one: of a ring the counts, else the amounts; no sum beside its own parts."""
    if form in ("bar", "donut", "kpi", "gauge"):
        kind = "count" if form == "donut" else "money"
        return tuple(each for each in answer.series if each.kind == kind)[:1] or answer.series[:1]
    if form == "stacked-bar":
        parts = tuple(each for each in answer.series if each.look == "column")
        return parts or answer.series
    if form in ("line", "area", "column"):
        return tuple(each for each in answer.series if each.kind == answer.series[0].kind)
    return answer.series


def _track(answer: Answer, each: Series, form: Form, language: str, link: Link) -> Track:
    combined = form == "combination"
    amounts = answer.series[0].kind
    return Track(
        each.label.in_language(language),
        tuple(_point(answer, figure, each.kind, language, link) for figure in each.figures),
        as_line=(combined and each.look != "column") or (form == "column" and each.look == "line"),
        second=combined and each.kind != amounts,
        lead=tuple(written(lead.figure.value, lead.kind, answer.currency, language) for lead in each.lead),
    )


def _point(answer: Answer, figure: Figure, kind: Kind, language: str, link: Link) -> Point:
    if figure.value is None:
        return Point(None)
    text = written(figure.value, kind, answer.currency, language)
    return Point(_drawn(answer, figure.value, kind), text, link(figure.behind) if figure.behind else "")


def _drawn(answer: Answer, value: int | Fraction, kind: Kind) -> Fraction:
    """A value at its axis: amounts in major units, shares in percent."""
    if kind == "money":
        return Fraction(value) / 10 ** minor_digits(answer.currency)
    return Fraction(value) * 100 if kind == "share" else Fraction(value)


def _unit(answer: Answer, chosen: tuple[Series, ...]) -> str:
    kinds = {each.kind for each in chosen if not each.lead} or {"share"}
    return answer.currency if "money" in kinds else "%" if "share" in kinds else ""


def _waterfall(answer: Answer, language: str, link: Link) -> Chart:
    """All of the time asked for as one waterfall: its start, each step, its end."""
    totals = {each.key: figure for each, figure in zip(answer.series, answer.total, strict=True)}
    keys = ["start", *STEPS, *(["rates"] if "rates" in totals else []), "end"]
    steps = [each for key in keys for each in answer.series if each.key == key]
    columns = tuple(Column(each.key, each.label) for each in steps)
    tracks: list[Track] = []
    for place, each in enumerate(steps):
        found = _point(answer, totals[each.key], "money", language, link)
        points = tuple(found if place == number else Point(None) for number in range(len(steps)))
        tracks.append(Track(each.label.in_language(language), points, total=each.look == "total"))
    title = answer.report.label.in_language(language)
    names = tuple(column.label.in_language(language) for column in columns)
    chart = Chart(
        "waterfall", title, summary(answer, language), names, tuple(tracks), answer.currency, language
    )
    return chart if answer.columns else replace(chart, columns=(), tracks=())
