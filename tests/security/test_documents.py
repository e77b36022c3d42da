"""The documents about security name files that exist, requirements once each, and packages as they are locked."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASVS = ROOT / "docs" / "asvs.md"
THREATS = ROOT / "docs" / "threat-model.md"
DEPENDENCIES = ROOT / "docs" / "dependencies.md"
ANSWERS = {"met", "partly", "not met", "does not apply"}

AT_LEVELS = {"1": 70, "2": 183}
"""How many requirements version 5.0.0 has at each level."""
CHAPTERS = range(1, 18)


class Answer(NamedTuple):
    """A row of the checklist."""

    id: str
    level: str
    asked: str
    answer: str
    how: str


def answers(text: str) -> list[Answer]:
    """The rows of the checklist's tables."""
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.*) \|$", text, re.MULTILINE)
    return [Answer(id_, *rest.split(" | ", 3)) for id_, rest in rows]


def evidence(text: str) -> list[str]:
    """The files and folders that a text names."""
    return re.findall(r"`((?:src|tests|docs|requirements|deploy)/[^`\s]+|pyproject\.toml)`", text)


ALL = answers(ASVS.read_text("utf-8"))


def test_each_requirement_is_answered_once() -> None:
    assert [id_ for id_, times in Counter(each.id for each in ALL).items() if times > 1] == []
    assert Counter(each.level for each in ALL) == AT_LEVELS
    assert {int(each.id.split(".")[0]) for each in ALL} == set(CHAPTERS)
    numbers = [tuple(map(int, each.id.split("."))) for each in ALL]
    assert numbers == sorted(numbers)


def test_each_answer_is_one_of_four_and_says_how() -> None:
    assert {each.answer for each in ALL} <= ANSWERS
    assert [each.id for each in ALL if not each.how.strip() or not each.asked.strip()] == []


def test_the_count_at_the_top_is_right() -> None:
    count = Counter(each.answer for each in ALL)
    told = (
        f"Of {len(ALL)} requirements {count['met']} are met, {count['partly']} partly, {count['not met']} are not met, "
        f"and {count['does not apply']} do not apply."
    )
    assert told in ASVS.read_text("utf-8")


@pytest.mark.parametrize("document", [ASVS, THREATS, DEPENDENCIES], ids=lambda path: path.name)
def test_what_is_named_as_evidence_is_there(document: Path) -> None:
    named = evidence(document.read_text("utf-8"))
    assert named
    assert sorted({each for each in named if not (ROOT / each).exists()}) == []


def test_files_that_are_not_there_would_be_found() -> None:
    text = "| 1.1.1 | 1 | asked | met | `tests/nowhere.py` and `src/kalends` |"
    assert answers(text) == [Answer("1.1.1", "1", "asked", "met", "`tests/nowhere.py` and `src/kalends`")]
    assert evidence(text) == ["tests/nowhere.py", "src/kalends"]


def locked() -> set[tuple[str, str]]:
    """Name and version of each package that a running Kalends has."""
    lock = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s\\;]+)", lock, re.MULTILINE))


def test_the_packages_are_those_of_the_lock_each_with_its_license() -> None:
    section = DEPENDENCIES.read_text("utf-8").partition("## Packages")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\S+) \| (\S+) \| ([^|]*) \| (?:asked for|comes along) \|", section, re.MULTILINE)

    assert {(name, version) for name, version, _ in rows} == locked()
    assert [name for name, _, license_ in rows if not license_.strip()] == []


def test_every_package_is_locked_with_its_hashes_and_without_an_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text("utf-8")
        packages = re.split(r"\n(?=[a-z0-9])", text[text.index("\n#") :])[1:]
        assert [each[:40] for each in packages if "--hash=sha256:" not in each] == [], lock.name
        assert "://" not in text, lock.name


def test_what_others_wrote_and_lies_beside_the_code_is_listed_with_its_license() -> None:
    beside = {
        path.parent.relative_to(ROOT).as_posix()
        for pattern in ("*.min.js", "*.woff2", "*.ttf", "sprite.svg")
        for path in (ROOT / "src").rglob(pattern)
    }
    told = DEPENDENCIES.read_text("utf-8").partition("## What lies beside the code")[2]

    assert beside
    assert {each for each in beside if f"`{each}`" not in told} == set()
    assert all(list((ROOT / each).glob("LICENSE*")) for each in beside)
