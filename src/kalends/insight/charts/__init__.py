"""Charts that the server draws: data in, SVG or PNG out; nothing here knows a report."""

from kalends.insight.charts.data import TONES, Chart, Form, Point, Tone, Track
from kalends.insight.charts.draw import draw, key, sheet
from kalends.insight.charts.picture import png
from kalends.insight.charts.svg import PAGE, PAPER, Palette

__all__ = [
    "PAGE",
    "PAPER",
    "TONES",
    "Chart",
    "Form",
    "Palette",
    "Point",
    "Tone",
    "Track",
    "draw",
    "key",
    "png",
    "sheet",
]
