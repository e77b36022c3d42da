"""What a drawing of a stranger (SVG) may hold: shapes, letters, and pictures that lie in it whole.

Whoever draws it would otherwise open files beside the program for it, or work for minutes on one filter, or on a style
for what stands in something that stands in something else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

_FORBIDDEN = frozenset({"script", "foreignobject", "filter"})
_PICTURE = re.compile(r"data:image/(?:png|jpe?g);base64,")
_SIMPLE = re.compile(r"[\w.#*:-]+")
_STYLE_LETTERS_MAX = _TEXT_LETTERS_MAX = 20_000
_SHOWN = 40

Measure = Callable[[bytes], tuple[int, int]]


class Harmful(ValueError):
    """A drawing that holds what it may not; ``what`` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def refuse_harm(svg: str, sides_of: Measure, pixels_max: int) -> None:
    """Let through a drawing that leads nowhere outside itself. Without entities, which the caller has refused.

    ``sides_of`` measures a picture (PNG or JPEG) or raises ``ValueError``; all those in the drawing have at most
    ``pixels_max`` pixels together. A drawing inside of it is none of them: nobody would weigh it.

    Raises :class:`Harmful`, and ``ValueError`` for what is no XML.

    >>> refuse_harm('<svg><use href="#a"/></svg>', lambda _: (1, 1), 1)
    >>> refuse_harm('<svg><image href="photo.png"/></svg>', lambda _: (1, 1), 1)
    Traceback (most recent call last):
    ...
    kalends.documents.harmless.Harmful: photo.png
    """
    try:
        root = ET.fromstring(svg)  # noqa: S314 - a document type was refused before
    except ET.ParseError as problem:
        raise ValueError(str(problem)) from problem
    pixels = letters = 0
    for element in root.iter():
        name = _local(str(element.tag)).lower()
        if name in _FORBIDDEN:
            raise Harmful(f"<{name}")
        if name == "style":
            _refuse_style("".join(element.itertext()))
        letters += len((element.text or "").strip()) + len((element.tail or "").strip())
        for key, value in element.attrib.items():
            if _local(key) == "href":
                width, height = _sides(value.strip(), sides_of)
                pixels += width * height
    if pixels > pixels_max:
        raise Harmful(f"pictures of {pixels:,} pixels")
    if letters > _TEXT_LETTERS_MAX:
        raise Harmful(f"{letters:,} letters")


def _refuse_style(css: str) -> None:
    """Styles of elements, classes and names are let through; each is looked for once in each element."""
    if len(css) > _STYLE_LETTERS_MAX:
        raise Harmful(f"{len(css):,} letters of style")
    first, *rest = css.split("/*")
    for rule in (first + "".join(each.partition("*/")[2] for each in rest)).split("}"):
        selectors, _brace, declared = rule.partition("{")
        for each in selectors.split(",") if rule.strip() else ():
            if not _SIMPLE.fullmatch(each.strip()) or "{" in declared:
                raise Harmful(each.strip()[:_SHOWN])


def _sides(address: str, sides_of: Measure) -> tuple[int, int]:
    """The size of the picture that lies in an address; nothing for a part of the drawing itself."""
    if not address or address.startswith("#"):
        return 0, 0
    begins = _PICTURE.match(address)
    if begins is None:
        raise Harmful(address[:_SHOWN])
    try:
        return sides_of(base64.b64decode("".join(address[begins.end() :].split()), validate=True))
    except binascii.Error as problem:
        raise Harmful(address[:_SHOWN]) from problem


def _local(name: str) -> str:
    return name.rpartition("}")[2]
