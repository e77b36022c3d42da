"""Every message that the sources ask to have translated, found in Python with Babel and in templates with Django."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file
from django.utils.translation.template import templatize

SRC = Path(__file__).resolve().parents[2] / "src" / "kalends"
_FUNCTIONS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
# What templatize() makes of a template: calls of gettext among letters that stand for everything else.
_CALL = re.compile(
    r"""(?<!\w)(n?gettext|_)\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:,\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))?"""
)

Message = str | tuple[str, str]


def messages_used(src: Path = SRC) -> set[Message]:
    """The messages of all pages, letters and modules: a text, or singular and plural."""
    found: set[Message] = set()
    for path in src.rglob("*.py"):
        if "migrations" not in path.parts:
            found.update(_in_python(path))
    for path in src.rglob("templates/**/*"):
        if path.suffix in (".html", ".txt"):
            found.update(_in_template(path))
    return found


def _in_python(path: Path) -> Iterator[Message]:
    for _, message, _, _ in extract_from_file("python", path, keywords=_FUNCTIONS):
        if isinstance(message, tuple):
            yield message[0], message[1]
        elif message:
            yield message


def _in_template(path: Path) -> Iterator[Message]:
    for _function, first, second in _CALL.findall(templatize(path.read_text("utf-8"), origin=str(path))):
        one = ast.literal_eval(first)
        yield (one, ast.literal_eval(second)) if second else one
