"""Drawing a chart: data in, SVG out. No script, no style sheet, no font is needed to read it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from xml.sax.saxutils import escape

from kalends.insight.charts import others, upright
from kalends.insight.charts.data import Chart, Form
from kalends.insight.charts.frame import Frame, framed
from kalends.insight.charts.svg import PAGE, PAPER, Palette, element, words

WIDTH, HEIGHT = 560, 220

_FORMS: dict[Form, Callable[[Frame], str]] = {
    "line": upright.lines,
    "area": partial(upright.lines, filled=True),
    "column": upright.columns,
    "combination": upright.columns,
    "stacked-bar": upright.stacked,
    "waterfall": upright.waterfall,
    "scatter": upright.scatter,
    "bar": others.bars,
    "donut": others.donut,
    "gauge": others.gauge,
    "kpi": others.kpi,
    "heat-map": others.heat_map,
}


def draw(chart: Chart, id_: str, *, palette: Palette = PAGE, width: int = WIDTH, height: int = HEIGHT) -> str:
    """A chart as an SVG element of a page, named by its title and described by its summary.

    ``id_`` is unique on the page. A heat map is as high as its rows need. The colors are the page's variables unless
    another palette is given.
    """
    if chart.form == "heat-map":
        height = others.height_of_heat_map(len(chart.tracks))
    frame = framed(chart, palette, width, height)
    linked = any(point.link for track in chart.tracks for point in track.points)
    head = element("title", escape(chart.title), id=f"{id_}-title")
    head += element("desc", escape(chart.summary), id=f"{id_}-desc")
    return element(
        "svg",
        head + _FORMS[chart.form](frame),
        xmlns="http://www.w3.org/2000/svg",
        class_="plot",
        viewBox=f"0 0 {width} {height}",
        role="group" if linked else "img",
        aria_labelledby=f"{id_}-title",
        aria_describedby=f"{id_}-desc",
        font_size="11",
        font_family=palette.font or None,
    )


def has_key(chart: Chart) -> bool:
    """Whether a chart has several tracks that are told apart by their colors alone."""
    return len(chart.tracks) > 1 and chart.form not in (
        "heat-map",
        "waterfall",
        "donut",
        "bar",
        "gauge",
        "kpi",
    )


def key(chart: Chart, palette: Palette = PAPER) -> list[tuple[str, str]]:
    """Each track of a chart with its color, where the chart needs a key."""
    frame = framed(chart, palette, WIDTH, HEIGHT)
    return [(track.label, frame.tone(track)) for track in chart.tracks] if has_key(chart) else []


_MARGIN, _HEAD, _KEY = 16, 44, 20


def sheet(chart: Chart, *, width: int = 800, height: int = 360) -> str:
    """A chart as a picture that stands alone: with its title, its unit and a key, in colors of its own, on white."""
    if chart.form == "heat-map":
        height = others.height_of_heat_map(len(chart.tracks))
    several = has_key(chart)
    top = _MARGIN + _HEAD + (_KEY if several else 0)
    inner = draw(chart, "chart", palette=PAPER, width=width - 2 * _MARGIN, height=height)
    inner = inner.replace(
        "<svg ", f'<svg x="{_MARGIN}" y="{top}" width="{width - 2 * _MARGIN}" height="{height}" ', 1
    )
    fill = PAPER["text"]
    parts = [
        element("rect", width=width, height=top + height + _MARGIN, fill=PAPER["surface"]),
        words(chart.title, x=_MARGIN, y=_MARGIN + 16, fill=fill, font_size="17", font_weight="640"),
        words(chart.unit, x=_MARGIN, y=_MARGIN + 34, fill=PAPER["text-3"], font_size="12"),
        _key(framed(chart, PAPER, width, height), top - 10) if several else "",
        inner,
    ]
    whole = top + height + _MARGIN
    return element(
        "svg",
        "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=whole,
        viewBox=f"0 0 {width} {whole}",
        font_family=PAPER.font,
    )


def _key(frame: Frame, y: int) -> str:
    x, parts = _MARGIN, list[str]()
    for track in frame.chart.tracks:
        parts.append(element("rect", x=x, y=y - 9, width=9, height=9, rx=2, fill=frame.tone(track)))
        parts.append(words(track.label, x=x + 14, y=y, fill=frame.palette["text-2"], font_size="12"))
        x += 14 + len(track.label) * 7 + 16
    return "".join(parts)
