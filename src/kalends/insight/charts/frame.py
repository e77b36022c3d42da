"""The frame of a chart with axes: its grid, the numbers at its side, and the names of its columns."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from kalends.insight.charts.data import TONES, Chart, Track
from kalends.insight.charts.scale import Scale, scale, short
from kalends.insight.charts.svg import Palette, element, words

LETTER = 6
"""About how wide a letter is, in pixels."""
_SIDE, _TOP, _BOTTOM = 44, 12, 26


class Frame(NamedTuple):
    """Where things lie: the plot from ``left`` to ``right`` and ``top`` to ``bottom``, in pixels."""

    chart: Chart
    palette: Palette
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int

    @property
    def slot(self) -> Fraction:
        """How wide a column is with its margin."""
        return Fraction(self.right - self.left, max(1, len(self.chart.columns)))

    def middle(self, at: int) -> Fraction:
        """The middle of a column."""
        return self.left + self.slot * at + self.slot / 2

    def tone(self, track: Track) -> str:
        """The color of a track: its own, or the next one of the palette."""
        return self.palette[track.tone or TONES[self.chart.tracks.index(track) % len(TONES)]]


def framed(chart: Chart, palette: Palette, width: int, height: int) -> Frame:
    """The frame of a chart; room at the right for a second axis, where a track has one."""
    right = width - (_SIDE if any(track.second for track in chart.tracks) else 8)
    return Frame(chart, palette, width, height, _SIDE, right, _TOP, height - _BOTTOM)


def axis(frame: Frame, values: Iterable[Fraction], *, zero: bool = True) -> Scale:
    """The scale of values over the height of the plot."""
    return scale(values, frame.top, frame.bottom - frame.top, zero=zero)


def known(tracks: Iterable[Track]) -> list[Fraction]:
    """Every value of some tracks."""
    return [point.value for track in tracks for point in track.points if point.value is not None]


def grid(frame: Frame, values: Scale, *, second: bool = False) -> str:
    """The lines of a scale and its numbers; a second scale has numbers only, at the right."""
    parts: list[str] = []
    for tick in values.ticks:
        y = values.up(tick)
        text = short(tick, frame.chart.language)
        if second:
            parts.append(words(text, x=frame.right + 6, y=y + 4, fill=frame.palette["text-3"]))
            continue
        color = frame.palette["line-strong" if tick == 0 else "chart-grid"]
        parts.append(element("line", x1=frame.left, x2=frame.right, y1=y, y2=y, stroke=color))
        parts.append(words(text, x=frame.left - 6, y=y + 4, text_anchor="end", fill=frame.palette["text-3"]))
    return "".join(parts)


def names(frame: Frame) -> str:
    """The names of the columns: as many as fit beside each other, the last one among them."""
    columns = frame.chart.columns
    longest = max((len(name) for name in columns), default=0)
    every = max(1, -(-(longest * LETTER + 10) // max(1, int(frame.slot))))
    last = len(columns) - 1
    return "".join(
        words(
            name, x=frame.middle(at), y=frame.height - 8, text_anchor="middle", fill=frame.palette["text-3"]
        )
        for at, name in enumerate(columns)
        if (last - at) % every == 0
    )


def told(frame: Frame, track: Track, at: int) -> str:
    """What a mark says: its column, its track and its value."""
    point = track.points[at]
    return f"{frame.chart.columns[at]}, {track.label}: {point.text}"
