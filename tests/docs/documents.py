"""The project's documents as data: their links, commands, tables and headings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
DECISIONS = ROOT / "docs" / "decisions"

_FENCE = re.compile(r"^[ ]*```.*?^[ ]*```[ ]*$", re.M | re.S)
_INLINE_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"\bKALENDS_[A-Z_]*[A-Z]\b")


class Spoken(NamedTuple):
    """A command line in a document: the words after ``kalends``."""

    document: str
    words: tuple[str, ...]


def documents() -> list[Path]:
    """Every document there is."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(path: Path) -> str:
    """How a failing test names a document."""
    return path.relative_to(ROOT).as_posix()


def links(text: str) -> list[str]:
    """The targets of a document's links and pictures; what stands in code is none."""
    return _LINK.findall(_INLINE_CODE.sub("", _FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as code hosts make them.

    >>> sorted(anchors("# How a block is billed\\n\\n## MRR, ARR"))
    ['how-a-block-is-billed', 'mrr-arr']
    """
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def spoken_commands(document: str, text: str) -> Iterator[Spoken]:
    """Command lines in blocks of shell and in running text.

    >>> [spoken.words for spoken in spoken_commands("x.md", "Say `./kalends bill --rehearse`, or `kalends serve`.")]
    [('bill', '--rehearse'), ('serve',)]
    """
    lines = [line for block in _FENCE.findall(text) for line in block.splitlines()]
    lines += _INLINE_CODE.findall(_FENCE.sub("", text))
    for line in lines:
        match = re.match(r"\s*(?:[A-Z_]+=\S+ )*(?:\./)?kalends (\S.*)", line)
        if match:
            yield Spoken(document, tuple(match[1].partition(" > ")[0].split()))


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its header."""
    section = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.M)[1]
    table = re.search(r"(?:^\|.*\n)+", section, re.M)
    assert table is not None, f"There is no table under the heading {heading!r}."
    lines = [line.strip().strip("|") for line in table[0].splitlines()]
    return [[cell.strip() for cell in line.split("|")] for line in lines[2:]]


def code_words(cell: str) -> list[str]:
    """What stands in backticks."""
    return _INLINE_CODE.findall(cell)


def variables(text: str) -> set[str]:
    """The names of our environment variables in a text.

    >>> sorted(variables("KALENDS_HOME/mail, KALENDS_, and $KALENDS_SMTP_URL"))
    ['KALENDS_HOME', 'KALENDS_SMTP_URL']
    """
    return set(_VARIABLE.findall(text))


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the sources by its dotted name; migrations are left out."""
    found: dict[str, ast.Module] = {}
    for path in sorted(SRC.rglob("*.py")):
        if "migrations" not in path.parts:
            dotted = ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
            found[dotted] = ast.parse(path.read_text())
    return found


@cache
def defined_names() -> frozenset[str]:
    """Every module, class, function, field and constant of the sources."""
    found = set(trees())
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return frozenset(found)


def calls_of(name: str) -> list[ast.Call]:
    """Every call of a function or class of that name in the sources."""
    return [
        node
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
