"""A report as a card: its chart with a key, its summary in words, its table, and files of all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from kalends.insight import Answer, chart_of
from kalends.insight.charts import TONES, Chart, draw
from kalends.staff.insight.cells import Grid, grid
from kalends.staff.insight.links import Links
from kalends.staff.insight.state import Asking
from kalends.staff.visit import Visit

_WITHOUT_KEY = ("heat-map", "waterfall", "donut", "bar", "kpi", "gauge")
_BAR, _ENDS = 28, 16


class Key(NamedTuple):
    """A color and what has it."""

    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class Card:
    """A report on a page. ``id`` is unique there; ``plot`` is empty where there is nothing to draw."""

    id: str
    name: str
    heading: str
    summary: str
    unit: str
    plot: SafeString | str
    key: list[Key]
    grid: Grid
    notes: list[str]
    link: str
    files: list[tuple[str, str]]
    is_table: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.grid.lines if self.is_table else self.plot)


def card(
    visit: Visit, answer: Answer, asking: Asking, id_: str, *, width: int = 760, height: int = 260
) -> Card:
    """The card of an answer."""
    language, name = visit.language, answer.report.name
    links = Links(visit, name, asking)
    chart = chart_of(answer, language, link=links)
    return Card(
        id=id_,
        name=name,
        heading=chart.title,
        summary=chart.summary,
        unit=chart.unit,
        plot=plotted(chart, id_, width, height) if has_figures(answer) else "",
        key=key_of(chart),
        grid=grid(answer, language, links),
        notes=[each.in_language(language) for each in answer.notes],
        link=reverse("report", args=[visit.ctx.id, name]) + asking.query(),
        files=[
            (kind.upper(), reverse("report-file", args=[visit.ctx.id, name, kind]) + asking.query())
            for kind in ("csv", "png", "svg")
        ],
    )


def has_figures(answer: Answer) -> bool:
    """Whether anything but nothing is in it."""
    return any(figure.value for each in answer.series for figure in each.figures)


def plotted(chart: Chart, id_: str, width: int, height: int) -> SafeString:
    """The picture, of the size that its form needs."""
    if chart.form == "bar":
        height = max(_BAR * len(chart.columns) + _ENDS, 4 * _BAR)
    return mark_safe(draw(chart, id_, width=width, height=height))  # noqa: S308 - drawn and escaped by us


def key_of(chart: Chart) -> list[Key]:
    """Which color is which, where the picture does not say so itself."""
    if chart.form in _WITHOUT_KEY or len(chart.tracks) < 2:
        return []
    return [
        Key(track.label, track.tone or TONES[number % len(TONES)])
        for number, track in enumerate(chart.tracks)
    ]
