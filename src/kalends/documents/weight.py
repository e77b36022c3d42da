"""How much there is to draw in an SVG whose parts repeat one another: a few lines can stand for billions of shapes."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)")
_DEEPEST = 60
_PICTURE = 1_000
"""A picture counts as so many parts: it is unpacked anew each time it is drawn."""


class TooMuch(ValueError):
    """A picture that repeats itself without end, or is nested too deeply."""


def weight_of(svg: str) -> int:
    """How many elements there are to draw, each repetition counted. Without entities, which the caller has refused.

    Raises :class:`TooMuch`, and ``ValueError`` for what is no XML.

    >>> weight_of('<svg><g id="a"><rect/><rect/></g><use href="#a"/><use href="#a"/></svg>')
    12
    """
    try:
        root = ET.fromstring(svg)  # noqa: S314 - a document type was refused before
    except ET.ParseError as problem:
        raise ValueError(str(problem)) from problem
    named = {name: each for each in root.iter() if (name := each.get("id"))}
    return _weight(root, named, {}, ())


def _weight(
    element: ET.Element,
    named: dict[str, ET.Element],
    known: dict[str, int],
    above: tuple[str, ...],
) -> int:
    if len(above) > _DEEPEST:
        raise TooMuch("its parts are nested too deeply")
    total = 0
    for each in element.iter():
        total += _PICTURE if each.tag.rpartition("}")[2] == "image" else 1
        for name in _references(each):
            if name not in named:
                continue
            if name in above:
                raise TooMuch("a part of it repeats itself")
            if name not in known:
                known[name] = _weight(named[name], named, known, (*above, name))
            total += known[name]
    return total


def _references(element: ET.Element) -> list[str]:
    found: list[str] = []
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == "href" and value.startswith("#"):
            found.append(value[1:])
        found += _REFERENCE.findall(value)
    return found + _REFERENCE.findall(element.text or "")
