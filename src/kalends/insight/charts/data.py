"""What a chart is drawn from: numbers with the words for them. Nothing here knows a report or a page."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

Form = Literal[
    "line", "area", "column", "bar", "stacked-bar", "combination", "donut", "scatter", "kpi", "gauge", "waterfall",
    "heat-map",
]  # fmt: skip
Tone = Literal["chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "ok-fill", "bad-fill"]
TONES: tuple[Tone, ...] = ("chart-1", "chart-3", "chart-2", "chart-4", "chart-5")
"""The colors of tracks, in their order."""


class Point(NamedTuple):
    """A value and how people read it; ``link`` leads to what stands behind it. No value leaves a gap.

    A scatter chart places a point by ``across`` as well.
    """

    value: Fraction | None
    text: str = ""
    link: str = ""
    across: Fraction | None = None


class Track(NamedTuple):
    """A point for each column. ``as_line`` draws it as a line among columns; ``second``: on an axis of its own, at the
    right. Of a waterfall, ``total`` begins or ends it. ``lead`` are cells that stand before a row of a heat map.
    """

    label: str
    points: tuple[Point, ...]
    tone: Tone | None = None
    as_line: bool = False
    second: bool = False
    total: bool = False
    lead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of one form. ``summary`` says in words what it shows, for those who cannot see it.

    ``unit`` stands at the axis and ``language`` writes its numbers. ``heads`` are those of the cells that stand before
    the rows of a heat map. ``limit`` is the end of a gauge's scale.
    """

    form: Form
    title: str
    summary: str
    columns: tuple[str, ...]
    tracks: tuple[Track, ...]
    unit: str = ""
    language: str = "en"
    heads: tuple[str, ...] = ()
    limit: Fraction | None = None

    def __post_init__(self) -> None:
        for track in self.tracks:
            if len(track.points) != len(self.columns):
                raise ValueError(
                    f"The chart {self.title!r} has {len(self.columns)} columns, but {track.label!r} has "
                    f"{len(track.points)} points. Give one for each column; one without a value leaves a gap."
                )
