"""A chart as a PNG: drawn by the typesetter that makes invoices, with the fonts that come along."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from kalends.insight.charts.data import Chart
from kalends.insight.charts.draw import sheet

_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
POINTS_PER_INCH = 144
"""Twice as fine as a screen of old."""


def png(chart: Chart, *, width: int = 800, height: int = 360) -> bytes:
    """The picture of a chart, of so many pixels at single size and twice as many in the file."""
    svg = sheet(chart, width=width, height=height)
    size = _SIZE.search(svg)
    assert size is not None
    page = (
        f"#set page(width: {size[1]}pt, height: {size[2]}pt, margin: 0pt)\n"
        f"#image(bytes(sys.inputs.svg), width: {size[1]}pt, height: {size[2]}pt)\n"
    )
    made = typst.compile(
        page.encode(), format="png", ppi=POINTS_PER_INCH, font_paths=_fonts(), sys_inputs={"svg": svg}
    )
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> Any:
    own = Path(str(files("kalends.documents").joinpath("fonts")))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[own])
