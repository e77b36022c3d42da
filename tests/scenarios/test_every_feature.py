"""Each feature of the life of a subscription has a story, and the table in ``docs/features.md`` says which."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "docs" / "features.md"

FEATURES = [f"F{number}" for number in (5, *range(9, 13), *range(14, 17), *range(27, 47), *range(55, 73))]
"""Terms and dates, selling, agreeing, paying, statuses, managing: from creating to deleting a subscription."""


def stories() -> dict[str, set[str]]:
    """The features of each story, by the story's name."""
    found: dict[str, set[str]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{path.name}::{node.name}"] = _marked(node)
    return found


def _marked(function: ast.FunctionDef) -> set[str]:
    return {
        argument.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.feature"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_each_feature_has_a_story() -> None:
    told = set().union(*stories().values())
    assert [feature for feature in FEATURES if feature not in told] == []


def test_no_story_is_about_a_feature_that_is_not_on_the_list() -> None:
    assert set().union(*stories().values()) - set(FEATURES) == set()


def test_the_table_names_for_each_feature_a_story_that_is_about_it() -> None:
    rows = re.findall(r"^\| (F\d+) \|.*\| `(test_\w+\.py::test_\w+)` \|$", TABLE.read_text(), re.M)
    known = stories()
    assert [feature for feature, _ in rows] == FEATURES
    assert [f"{feature}: {story}" for feature, story in rows if feature not in known.get(story, set())] == []
