"""Charts without columns of time: bars that lie, rings, a gauge, one figure, and the heat map."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import cos, pi, sin

from kalends.insight.charts.data import TONES, Point
from kalends.insight.charts.frame import LETTER, Frame, known, told
from kalends.insight.charts.scale import scale
from kalends.insight.charts.svg import at, element, mark, words

_LONGEST_NAME = 24
_ROW = 24


def bars(frame: Frame) -> str:
    """Bars that lie below each other, the first track only; each with its name and its value."""
    if not frame.chart.tracks:
        return ""
    track = frame.chart.tracks[0]
    named = min(max((len(name) for name in frame.chart.columns), default=0), _LONGEST_NAME) * LETTER + 16
    valued = max((len(point.text) for point in track.points), default=0) * LETTER + 12
    length = max(20, frame.width - named - valued)
    values = scale(known([track]), named, length)
    slot = Fraction(frame.height - 8, max(1, len(frame.chart.columns)))
    thick = min(Fraction(20), slot * Fraction(7, 10))
    parts: list[str] = []
    for number, name in enumerate(frame.chart.columns):
        point, y = track.points[number], 4 + slot * number + slot / 2
        parts.append(words(_cut(name), x=named - 8, y=y + 4, text_anchor="end", fill=frame.palette["text-2"]))
        if point.value is None:
            continue
        zero, end = values.right(Fraction(0)), values.right(point.value)
        shape = element(
            "rect",
            x=min(zero, end),
            y=y - thick / 2,
            width=max(Fraction(1), abs(end - zero)),
            height=thick,
            rx=2,
            fill=frame.tone(track),
        )
        parts.append(mark(shape, told(frame, track, number), point.link))
        parts.append(words(point.text, x=max(zero, end) + 6, y=y + 4, fill=frame.palette["text"]))
    return "".join(parts)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def donut(frame: Frame) -> str:
    """A ring of shares, with a key beside it; what is not above 0 has no share."""
    if not frame.chart.tracks:
        return ""
    track = frame.chart.tracks[0]
    shares = [
        (number, point.value)
        for number, point in enumerate(track.points)
        if point.value is not None and point.value > 0
    ]
    total = sum((value for _, value in shares), Fraction(0))
    middle, outer = Fraction(frame.height, 2), Fraction(frame.height, 2) - 8
    parts: list[str] = []
    turned = Fraction(0)
    for place, (number, value) in enumerate(shares):
        tone = frame.palette[TONES[place % len(TONES)]]
        opacity = None if place < len(TONES) else "0.55"
        arc = _arc(middle, middle, outer - 13, turned / total, (turned + value) / total)
        shape = element("path", d=arc, fill="none", stroke=tone, stroke_width=26, stroke_opacity=opacity)
        parts.append(mark(shape, told(frame, track, number), track.points[number].link))
        y = 20 + place * 20
        if y < frame.height:
            parts.append(
                element(
                    "rect",
                    x=frame.height + 12,
                    y=y - 9,
                    width=10,
                    height=10,
                    rx=2,
                    fill=tone,
                    fill_opacity=opacity,
                )
            )
            text = f"{_cut(frame.chart.columns[number])}  {track.points[number].text}"
            parts.append(words(text, x=frame.height + 28, y=y, fill=frame.palette["text-2"]))
        turned += value
    return "".join(parts)


def _arc(x: Fraction, y: Fraction, radius: Fraction, start: Fraction, end: Fraction) -> str:
    """The path of an arc between two shares of a circle, from the top on; a whole circle stops short of its start."""
    if end - start >= 1:
        end = start + Fraction(9999, 10_000)
    first, last = _on(x, y, radius, start), _on(x, y, radius, end)
    large = 1 if end - start > Fraction(1, 2) else 0
    return f"M{first}A{at(radius)} {at(radius)} 0 {large} 1 {last}"


def _on(x: Fraction, y: Fraction, radius: Fraction, share: Fraction) -> str:
    angle = 2 * pi * (share.numerator / share.denominator)
    across, down = Fraction(sin(angle)), Fraction(-cos(angle))
    return f"{at(x + radius * across)} {at(y + radius * down)}"


def gauge(frame: Frame) -> str:
    """Half a ring from 0 to the limit, filled as far as the first point goes."""
    point = _first(frame)
    limit = frame.chart.limit or (point.value if point.value and point.value > 0 else Fraction(1))
    share = min(Fraction(1), max(Fraction(0), (point.value or Fraction(0)) / limit))
    x, y = Fraction(frame.width, 2), Fraction(frame.height) - 34
    radius = min(x - 24, y - 20)
    ring = {"fill": "none", "stroke_width": 22}
    back = element(
        "path",
        d=_arc(x, y, radius, Fraction(-1, 4), Fraction(1, 4)),
        stroke=frame.palette["chart-grid"],
        **ring,
    )
    parts = [back]
    if share:
        end = Fraction(-1, 4) + share / 2
        over = element(
            "path", d=_arc(x, y, radius, Fraction(-1, 4), end), stroke=frame.palette["chart-1"], **ring
        )
        parts.append(mark(over, f"{frame.chart.title}: {point.text}", point.link))
    style = {"text_anchor": "middle", "font_size": "26", "font_weight": "640"}
    parts.append(words(point.text, x=x, y=y - 6, fill=frame.palette["text"], **style))
    return "".join(parts)


def kpi(frame: Frame) -> str:
    """One figure in large letters, and the change since the point before it, if there is one."""
    points = [point for track in frame.chart.tracks[:1] for point in track.points if point.value is not None]
    if not points:
        return ""
    latest = points[-1]
    large = words(
        latest.text,
        x=8,
        y=frame.height // 2 + 6,
        fill=frame.palette["text"],
        font_size="34",
        font_weight="640",
    )
    parts = [mark(large, f"{frame.chart.title}: {latest.text}", latest.link)]
    if len(points) > 1:
        name = next(
            name
            for name, point in zip(frame.chart.columns, frame.chart.tracks[0].points, strict=True)
            if point is points[-2]
        )
        before = f"{name}: {points[-2].text}"
        parts.append(words(before, x=8, y=frame.height // 2 + 30, fill=frame.palette["text-3"]))
    return "".join(parts)


def _first(frame: Frame) -> Point:
    points = (point for track in frame.chart.tracks for point in track.points if point.value is not None)
    return next(points, Point(None, ""))


def heat_map(frame: Frame) -> str:
    """A row for each track: its name, its first cells, and a cell for each column, the deeper the larger its value."""
    values = known(frame.chart.tracks)
    low, high = min(values, default=Fraction(0)), max(values, default=Fraction(1))
    span = (high - low) or Fraction(1)
    starts = list(_starts(frame))
    cell = Fraction(frame.width - starts[-1], max(1, len(frame.chart.columns)))
    fits = cell > 4 * LETTER
    parts = _heads(frame, starts, cell, fits=fits)
    for place, track in enumerate(frame.chart.tracks):
        y = _ROW * (place + 1)
        parts.append(words(track.label, x=0, y=y + 16, fill=frame.palette["text-2"]))
        for text, start in zip(track.lead, starts[1:], strict=False):
            parts.append(words(text, x=start - 10, y=y + 16, text_anchor="end", fill=frame.palette["text-2"]))
        for number, point in enumerate(track.points):
            if point.value is None:
                continue
            depth = Fraction(15, 100) + (point.value - low) / span * Fraction(70, 100)
            x = starts[-1] + cell * number
            box = element(
                "rect",
                x=x + 1,
                y=y + 1,
                width=cell - 2,
                height=_ROW - 2,
                rx=3,
                fill=frame.palette["chart-1"],
                fill_opacity=f"0.{int(depth * 100):02d}",
            )
            ink = frame.palette["surface" if depth > Fraction(55, 100) else "text"]
            text = words(point.text, x=x + cell / 2, y=y + 16, text_anchor="middle", fill=ink) if fits else ""
            parts.append(mark(box + text, told(frame, track, number), point.link))
    return "".join(parts)


def _starts(frame: Frame) -> Iterator[int]:
    """Where each of the cells before the map ends: the name of a row, and its first cells."""
    end = max((len(track.label) for track in frame.chart.tracks), default=0) * LETTER + 14
    yield end
    for at_, head in enumerate(frame.chart.heads):
        cells = (track.lead[at_] for track in frame.chart.tracks if at_ < len(track.lead))
        end += max((len(text) for text in (head, *cells)), default=0) * LETTER + 16
        yield end


def _heads(frame: Frame, starts: list[int], cell: Fraction, *, fits: bool) -> list[str]:
    color = frame.palette["text-3"]
    parts = [
        words(head, x=start - 10, y=16, text_anchor="end", fill=color)
        for head, start in zip(frame.chart.heads, starts[1:], strict=True)
    ]
    every = 1 if fits else 6
    parts += [
        words(name, x=starts[-1] + cell * number + cell / 2, y=16, text_anchor="middle", fill=color)
        for number, name in enumerate(frame.chart.columns)
        if number % every == 0
    ]
    return parts


def height_of_heat_map(rows: int) -> int:
    """How high a heat map of so many rows is."""
    return _ROW * (rows + 1) + 4
