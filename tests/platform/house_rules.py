"""The rules of the house that a linter from the shelf does not know; each offense names its place and its rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

CLOCK = "kalends/platform/clock.py"
MONEY_ROOMS = ("kalends/core/", "kalends/billing/", "kalends/payments/", "kalends/ledger/")
RULES_FLOOR = "kalends/core/"

_ASKING_THE_TIME = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("timezone", "now"),
    ("timezone", "localdate"),
    ("timezone", "localtime"),
}
_EXAMPLES_OF_QUESTIONS = {"platform/house_rules.py", "platform/test_house_rules.py"}
_FIELDS_THAT_ASK_THE_TIME = {"auto_now", "auto_now_add"}
_SQL_ASKING_THE_TIME = re.compile(
    r"\b(now\s*\(|clock_timestamp\s*\(|statement_timestamp\s*\(|current_(date|time|timestamp)\b|localtime)",
    re.I,
)


def offenses_in_python(path: str, source: str) -> list[str]:
    """Every offense in a Python file; ``path`` is relative to ``src`` and decides which rules hold."""
    tree = ast.parse(source)
    found = list(_sizes(source, tree))
    if path != CLOCK:
        found += _clock(tree)
    if path.startswith(MONEY_ROOMS):
        found += _rounding(tree)
    if path.startswith(RULES_FLOOR):
        found += _floats(tree)
    return [f"{path}:{offense}" for offense in found]


def offenses_in_sql(path: str, source: str) -> list[str]:
    """Time is an argument of SQL as well."""
    lines = (line.partition("--")[0] for line in source.splitlines())
    return [
        f"{path}:{number}: asks the server for the time; pass it as a parameter"
        for number, line in enumerate(lines, start=1)
        if _SQL_ASKING_THE_TIME.search(line)
    ]


def offenses_in_tree(src: Path) -> list[str]:
    """Every offense in the project's sources; migrations are generated and left out."""
    found: list[str] = []
    for path in sorted(src.rglob("*.py")):
        if "migrations" not in path.parts:
            found += offenses_in_python(path.relative_to(src).as_posix(), path.read_text())
    for path in sorted(src.rglob("*.sql")):
        found += offenses_in_sql(path.relative_to(src).as_posix(), path.read_text())
    return found


def offenses_in_tests(tests: Path) -> list[str]:
    """Every place where a test asks for the time: it would pass on some days and fail on others.

    The files that hold examples of such questions, to see whether they are found, are left out.
    """
    found: list[str] = []
    for path in sorted(tests.rglob("*.py")):
        name = path.relative_to(tests).as_posix()
        if name not in _EXAMPLES_OF_QUESTIONS:
            found += offenses_in_test(name, path.read_text())
    return found


def offenses_in_test(path: str, source: str) -> list[str]:
    """As :func:`offenses_in_tests`, for one file: Python, SQL in its strings, and our own clock."""
    tree = ast.parse(source)
    found = list(_clock(tree))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _SQL_ASKING_THE_TIME.search(node.value)
        ):
            found.append(f"{node.lineno}: asks the server for the time; pass it as a parameter")
        elif isinstance(node, ast.Call) and _last_name(node.func) == "system_now":
            found.append(f"{node.lineno}: system_now() asks for the time; give a date")
    return [f"{path}:{offense}" for offense in found]


def _sizes(source: str, tree: ast.Module) -> Iterator[str]:
    lines = len(source.splitlines())
    if lines > LONGEST_FILE:
        yield f"1: {lines} lines; divide the file along its meaning ({LONGEST_FILE} at most)"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _length(node)
            if length > LONGEST_FUNCTION:
                yield f"{node.lineno}: {node.name} has {length} lines; divide it ({LONGEST_FUNCTION} at most)"


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring, whose worked examples are no burden."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def _clock(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (_last_name(node.value), node.attr) in _ASKING_THE_TIME:
            yield f"{node.lineno}: {_last_name(node.value)}.{node.attr} asks for the time; take it as an argument"
        elif isinstance(node, ast.keyword) and node.arg in _FIELDS_THAT_ASK_THE_TIME:
            yield f"{node.value.lineno}: {node.arg} asks for the time; take it as an argument"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for name in node.names:
                if ("time", name.name) in _ASKING_THE_TIME:
                    yield f"{node.lineno}: time.{name.name} asks for the time; take it as an argument"


def _rounding(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("round", "float")
        ):
            yield f"{node.lineno}: {node.func.id}() near money; use kalends.core.money"


def _floats(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{node.lineno}: the float {node.value} near money; use an integer or a Decimal"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
