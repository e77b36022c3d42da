"""Charts over columns: lines, areas, columns beside and on each other, both together, scatter, and the waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from kalends.insight.charts.data import Track
from kalends.insight.charts.frame import Frame, axis, grid, known, names, told
from kalends.insight.charts.scale import Scale, scale, short
from kalends.insight.charts.svg import at, element, mark, words

_WIDEST = 40


def lines(frame: Frame, *, filled: bool = False) -> str:
    """Lines, from point to point; where there is no value, a line stops and begins anew."""
    values = axis(frame, known(frame.chart.tracks))
    parts = [grid(frame, values)]
    for track in frame.chart.tracks:
        if filled:
            parts.append(_area(frame, values, track))
        parts.append(_line(frame, values, track))
    return "".join([*parts, names(frame)])


def columns(frame: Frame) -> str:
    """Columns beside each other, and lines over them; tracks on the second axis have a scale of their own."""
    standing = [track for track in frame.chart.tracks if not track.as_line]
    over = [track for track in frame.chart.tracks if track.as_line]
    first = axis(frame, known(track for track in frame.chart.tracks if not track.second))
    parts = [grid(frame, first)]
    second = axis(frame, known(track for track in frame.chart.tracks if track.second))
    if any(track.second for track in frame.chart.tracks):
        parts.append(grid(frame, second, second=True))
    wide = min(Fraction(_WIDEST), frame.slot * Fraction(4, 5) / max(1, len(standing)))
    for place, track in enumerate(standing):
        values = second if track.second else first
        shift = wide * (Fraction(2 * place - len(standing) + 1, 2))
        for number, point in enumerate(track.points):
            if point.value:
                x = frame.middle(number) + shift - wide / 2
                parts.append(_bar(frame, values, track, number, x, wide, Fraction(0), point.value))
    parts += [_line(frame, second if track.second else first, track) for track in over]
    return "".join([*parts, names(frame)])


def stacked(frame: Frame) -> str:
    """Columns on each other; lines over them stand for themselves."""
    standing = [track for track in frame.chart.tracks if not track.as_line]
    over = [track for track in frame.chart.tracks if track.as_line]
    tops = [[Fraction(0), Fraction(0)] for _ in frame.chart.columns]
    blocks: list[tuple[Track, int, Fraction, Fraction]] = []
    for track in standing:
        for number, point in enumerate(track.points):
            if point.value:
                side = 0 if point.value > 0 else 1
                start = tops[number][side]
                tops[number][side] = start + point.value
                blocks.append((track, number, start, start + point.value))
    values = axis(frame, [*(each for pair in tops for each in pair), *known(t for t in over if not t.second)])
    second = axis(frame, known(track for track in over if track.second))
    wide = min(Fraction(_WIDEST), frame.slot * Fraction(7, 10))
    parts = [grid(frame, values)]
    if any(track.second for track in over):
        parts.append(grid(frame, second, second=True))
    for track, number, start, end in blocks:
        parts.append(_bar(frame, values, track, number, frame.middle(number) - wide / 2, wide, start, end))
    parts += [_line(frame, second if track.second else values, track) for track in over]
    return "".join([*parts, names(frame)])


def waterfall(frame: Frame) -> str:
    """One step after the other, between a total at the start and one at the end: a track has one point a column."""
    level, steps = Fraction(0), list[tuple[Track, int, Fraction, Fraction]]()
    for number in range(len(frame.chart.columns)):
        track = next((each for each in frame.chart.tracks if each.points[number].value is not None), None)
        if track is None:
            continue
        value = track.points[number].value or Fraction(0)
        start = Fraction(0) if track.total else level
        level = start + value
        steps.append((track, number, start, level))
    values, cut = _of_steps(frame, steps)
    wide = min(Fraction(2 * _WIDEST), frame.slot * Fraction(7, 10))
    parts = [grid(frame, values)]
    for place, (track, number, start, end) in enumerate(steps):
        x = frame.middle(number) - wide / 2
        tone = "chart-1" if track.total else "ok-fill" if end >= start else "bad-fill"
        bar = _bar(frame, values, track._replace(tone=tone), number, x, wide, max(start, values.low), end)
        parts.append(bar + (_tear(frame, x, wide) if cut and track.total else ""))
        above = values.up(max(start, end)) - 5
        text = track.points[number].text
        fill = frame.palette["text"]
        parts.append(words(text, x=frame.middle(number), y=above, text_anchor="middle", fill=fill))
        if place + 1 < len(steps):
            y, dots = values.up(end), frame.palette["text-3"]
            line = element(
                "line", x1=x + wide, x2=x + frame.slot, y1=y, y2=y, stroke=dots, stroke_dasharray="2 2"
            )
            parts.append(line)
    return "".join([*parts, names(frame)])


def _of_steps(frame: Frame, steps: Sequence[tuple[Track, int, Fraction, Fraction]]) -> tuple[Scale, bool]:
    """The scale of a waterfall, and whether it is cut off below: where what stays is far more than what moves."""
    levels = [level for track, _, start, end in steps for level in ((end,) if track.total else (start, end))]
    low, high = min(levels, default=Fraction(0)), max(levels, default=Fraction(0))
    if low > high / 2 > 0 and high > low:
        return axis(frame, [low - (high - low) / 2, high], zero=False), True
    return axis(frame, [*levels, Fraction(0)]), False


def _tear(frame: Frame, x: Fraction, wide: Fraction) -> str:
    """A torn line across a bar that does not begin at 0."""
    teeth, y = 4, frame.bottom - 14
    places = ((x + wide * place / teeth, y + (5 if place % 2 else 0)) for place in range(teeth + 1))
    outline = "M" + "L".join(f"{at(across)} {at(down)}" for across, down in places)
    return element("path", d=outline, fill="none", stroke=frame.palette["surface"], stroke_width="3")


def scatter(frame: Frame) -> str:
    """Points by two values each."""
    pairs = [
        (track, number, point.across, point.value)
        for track in frame.chart.tracks
        for number, point in enumerate(track.points)
        if point.value is not None and point.across is not None
    ]
    upright = axis(frame, [value for *_, value in pairs])
    across = scale([each for *_, each, _ in pairs], frame.left, frame.right - frame.left)
    parts = [grid(frame, upright)]
    for tick in across.ticks:
        x, text = across.right(tick), short(tick, frame.chart.language)
        parts.append(words(text, x=x, y=frame.height - 8, text_anchor="middle", fill=frame.palette["text-3"]))
    for track, number, over, value in pairs:
        dot = element(
            "circle",
            cx=across.right(over),
            cy=upright.up(value),
            r=4,
            fill=frame.tone(track),
            fill_opacity="0.8",
        )
        parts.append(mark(dot, told(frame, track, number), track.points[number].link))
    return "".join(parts)


def _bar(
    frame: Frame,
    values: Scale,
    track: Track,
    number: int,
    x: Fraction,
    wide: Fraction,
    start: Fraction,
    end: Fraction,
) -> str:
    top, bottom = values.up(max(start, end)), values.up(min(start, end))
    shape = element(
        "rect", x=x, y=top, width=wide, height=max(Fraction(1), bottom - top), rx=2, fill=frame.tone(track)
    )
    return mark(shape, told(frame, track, number), track.points[number].link)


def _runs(track: Track) -> list[list[int]]:
    """Columns that follow one another with values."""
    runs: list[list[int]] = [[]]
    for number, point in enumerate(track.points):
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(number)
    return [run for run in runs if run]


def _path(frame: Frame, values: Scale, track: Track, run: Sequence[int]) -> str:
    places = ((frame.middle(each), values.up(track.points[each].value or Fraction(0))) for each in run)
    return "L".join(f"{at(x)} {at(y)}" for x, y in places)


def _area(frame: Frame, values: Scale, track: Track) -> str:
    floor = at(values.up(max(values.low, min(Fraction(0), values.high))))
    parts: list[str] = []
    for run in _runs(track):
        start, end = at(frame.middle(run[0])), at(frame.middle(run[-1]))
        outline = f"M{start} {floor}L{_path(frame, values, track, run)}L{end} {floor}Z"
        parts.append(element("path", d=outline, fill=frame.tone(track), fill_opacity="0.1"))
    return "".join(parts)


def _line(frame: Frame, values: Scale, track: Track) -> str:
    tone = frame.tone(track)
    parts = [
        element("path", d=f"M{_path(frame, values, track, run)}", fill="none", stroke=tone, stroke_width="2")
        for run in _runs(track)
        if len(run) > 1
    ]
    for run in _runs(track):
        for number in run:
            point = track.points[number]
            x, y = frame.middle(number), values.up(point.value or Fraction(0))
            seen = number == run[-1] or len(frame.chart.columns) <= 13
            dot = element(
                "circle", cx=x, cy=y, r=3 if seen else 6, fill=tone, fill_opacity=None if seen else "0"
            )
            parts.append(mark(dot, told(frame, track, number), point.link))
    return "".join(parts)
