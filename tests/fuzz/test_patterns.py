"""No pattern of ours takes long, whatever it is given: each is looked at as the automaton that it is.

Python's ``re`` tries one way after the other. A pattern takes exponentially long where a loop can read a text in two
ways, and quadratically where one loop can hand over to another at each sign of a text. Both show in the automaton,
without any clock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.automaton import automaton_of, quadratic_automaton_of

SOURCE = Path(__file__).parents[2] / "src" / "kalends"
_CALLS = {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer", "subn"}
SHORT = {
    r"""[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+""": "an address of 254 letters, which is looked at first",
    r"""https?://[^\s/?#@<>\"']+\.[^\s<>\"']+""": "an address of 500 letters, which is looked at first",
    r"""lines? (?P<first>\d+)(?:, \d+)*(?: and \d+)?, (?P<what>.+)""": "places of our own services",
    r"""\S*://\S+""": "the last lines of what pip says",
}
"""Patterns with two loops in a row, and what keeps the texts short that they are given."""


def patterns() -> Iterator[tuple[str, str]]:
    """Every pattern that is written out in the source, with its place."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr in _CALLS
            ):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", _text(node.args[0])


def _text(node: ast.expr) -> str:
    """A pattern's text; what is filled in stands for itself once."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        text = ""
        for each in node.values:
            text += str(each.value) if isinstance(each, ast.Constant) else "9" if text.endswith("{") else "~"
        return text
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return ""


PATTERNS = sorted({(text, place) for place, text in patterns() if text})


def test_there_are_patterns_to_look_at() -> None:
    assert len(PATTERNS) > 100


@pytest.mark.parametrize(
    "pattern", [r"(a+)+b", r"(ab|[ac]b)*d", r"(a*)*b", r"([a-z]+\d?)+x", r"(\w+\s?)+$", r"(a{1,50}){1,50}b"]
)
def test_what_takes_exponentially_long_is_seen(pattern: str) -> None:
    assert automaton_of(pattern).exponential()


@pytest.mark.parametrize("pattern", [r"a*a*b", r"\s*\S*\s*\w*x", r"[^@]+@[^@]+\.[^@]+", r".*a.*b"])
def test_what_takes_quadratically_long_is_seen(pattern: str) -> None:
    assert quadratic_automaton_of(pattern).quadratic()
    assert not automaton_of(pattern).exponential()


@pytest.mark.parametrize(
    "pattern", [r"[a-z]+@[a-z]+(\.[a-z]+)+", r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", r"a*b*c*"]
)
def test_what_takes_its_own_length_is_let_through(pattern: str) -> None:
    assert not automaton_of(pattern).exponential()
    assert not quadratic_automaton_of(pattern).quadratic()


def test_no_pattern_takes_exponentially_long() -> None:
    assert [(place, text) for text, place in PATTERNS if automaton_of(text).exponential()] == []


def test_no_pattern_takes_quadratically_long_unless_its_texts_are_short() -> None:
    found = {text: place for text, place in PATTERNS if quadratic_automaton_of(text).quadratic()}
    assert {text: place for text, place in found.items() if text not in SHORT} == {}
    assert SHORT.keys() <= found.keys(), "these are no longer there"
