"""Writing SVG: elements, coordinates to a tenth of a pixel, and colors that a page or a picture can look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from kalends.core.money import round_half_up

Length = Fraction | int


@dataclass(frozen=True, slots=True)
class Palette:
    """The colors by name; ``font`` only where no page gives one."""

    colors: Mapping[str, str]
    font: str = ""

    def __getitem__(self, name: str) -> str:
        return self.colors[name]


_NAMES = (
    "chart-1 chart-2 chart-3 chart-4 chart-5 chart-grid ok-fill bad-fill surface text text-2 text-3 line-strong accent"
).split()
PAGE = Palette(MappingProxyType({name: f"var(--{name})" for name in _NAMES}))
"""Colors that follow the page, light or dark."""
PAPER = Palette(
    MappingProxyType(
        {
            "chart-1": "#702557", "chart-2": "#2f7f8f", "chart-3": "#b9852b", "chart-4": "#6b7fb8",
            "chart-5": "#8f8899", "chart-grid": "#ece9f0", "ok-fill": "#2f9960", "bad-fill": "#d5463c",
            "surface": "#ffffff", "text": "#1d1823", "text-2": "#5d5668", "text-3": "#766f82",
            "line-strong": "#b9b3c2", "accent": "#702557",
        }
    ),
    "Inter Sheet, Inter, sans-serif",
)  # fmt: skip
"""The light colors themselves, for a picture that stands alone."""


def at(length: Length) -> str:
    """A coordinate.

    >>> at(Fraction(10, 3)), at(7), at(Fraction(-1, 4))
    ('3.3', '7', '-0.3')
    """
    tenths = round_half_up(Fraction(length) * 10)
    sign, tenths = ("-", -tenths) if tenths < 0 else ("", tenths)
    return f"{sign}{tenths // 10}" + (f".{tenths % 10}" if tenths % 10 else "")


def element(name: str, content: str = "", **attributes: Length | str | None) -> str:
    """An element; ``text_anchor`` becomes ``text-anchor``, and an attribute of None is left out.

    >>> element("rect", x=1, fill="<red>")
    '<rect x="1" fill="&lt;red&gt;"/>'
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(value if isinstance(value, str) else at(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def words(text: str, **attributes: Length | str | None) -> str:
    """A text that is drawn."""
    return element("text", escape(text), **attributes)


def mark(shape: str, told: str, link: str = "") -> str:
    """A shape with what it says when it is pointed at, and where it leads."""
    group = element("g", element("title", escape(told)) + shape)
    return element("a", group, href=link, aria_label=told) if link else group
