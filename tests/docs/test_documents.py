"""Links lead somewhere, names exist, tables are complete, and decision records have their form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kalends.billing.release_restored import CODE as AFTER_A_RESTORE
from tests.browser.pictures import SHOWN
from tests.docs.documents import (
    DECISIONS,
    ROOT,
    SRC,
    anchors,
    calls_of,
    code_words,
    defined_names,
    documents,
    links,
    name_of,
    rows,
    variables,
)

OPERATIONS = ROOT / "docs" / "operations.md"
GLOSSARY = ROOT / "docs" / "glossary.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))
LONGEST_RECORD = 60
"""Lines: one page."""


def _leads_nowhere(path: Path, target: str) -> bool:
    place, _, anchor = target.partition("#")
    if re.match(r"[a-z]+:", place):
        return False
    aim = (path.parent / place).resolve() if place else path
    if not aim.exists():
        return True
    return bool(anchor) and anchor not in anchors(aim.read_text())


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    assert [target for target in links(path.read_text()) if _leads_nowhere(path, target)] == []


@pytest.mark.parametrize("target", ["docs/nowhere.md", "docs/operations.md#nothing", "#nothing"])
def test_a_link_that_leads_nowhere_is_found(target: str) -> None:
    assert _leads_nowhere(ROOT / "README.md", target)


def test_every_picture_is_made_by_the_test_run_and_shown_in_a_document() -> None:
    shown = {
        Path(target).stem
        for path in documents()
        for target in links(path.read_text())
        if target.endswith(".png")
    }
    kept = {path.stem for path in (ROOT / "docs" / "pictures").iterdir()}
    assert shown == kept == set(SHOWN.values())


def test_the_environment_variables_told_are_those_that_are_read() -> None:
    told = {
        name for row in rows(OPERATIONS.read_text(), "Environment variables") for name in code_words(row[0])
    }
    own = Path(__file__).parent
    read = variables((ROOT / "kalends").read_text())
    for path in (*SRC.rglob("*.py"), *(ROOT / "tests").rglob("*.py")):
        if own not in path.parents:
            read |= variables(path.read_text())
    assert told == read | {"DATABASE_URL", "DATABASE_APP_URL"}


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_no_document_names_an_environment_variable_that_is_not_told(path: Path) -> None:
    told = {
        name for row in rows(OPERATIONS.read_text(), "Environment variables") for name in code_words(row[0])
    }
    assert variables(path.read_text()) - told == set()


@pytest.mark.parametrize("heading", re.findall(r"^## (.+)$", GLOSSARY.read_text(), re.M))
def test_what_the_glossary_calls_by_a_name_has_that_name_in_the_code(heading: str) -> None:
    named = {word for row in rows(GLOSSARY.read_text(), heading) for word in code_words(row[1])}
    assert named - defined_names() == set()


def test_the_keys_that_guard_effects_exist() -> None:
    sources = "\n".join(path.read_text() for path in SRC.rglob("*models.py")) + "".join(defined_names())
    table = rows(ARCHITECTURE.read_text(), "What guards each effect")
    named = {word for row in table for word in code_words(row[2])}
    assert all(code_words(row[2]) for row in table)
    assert {word for word in named if word not in sources} == set()


def test_the_reasons_for_parking_are_all_told() -> None:
    given = {
        call.args[0].value
        for call in calls_of("Refusal")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    told = {code_words(row[0])[0] for row in rows(OPERATIONS.read_text(), "What may want attention")}
    assert told == {*given, AFTER_A_RESTORE}


def test_decisions_are_numbered_without_gaps_and_all_listed() -> None:
    numbers = [int(path.name[:4]) for path in RECORDS]
    assert numbers == list(range(1, len(RECORDS) + 1))
    listed = [target for target in links((DECISIONS / "README.md").read_text()) if target[0].isdigit()]
    assert listed == [path.name for path in RECORDS]


@pytest.mark.parametrize("path", RECORDS, ids=name_of)
def test_a_decision_record_has_its_four_sections_and_fits_on_a_page(path: Path) -> None:
    text = path.read_text()
    assert re.match(rf"# {path.name[:4]}: \S", text)
    assert re.findall(r"^## (.+)$", text, re.M) == ["Status", "Context", "Decision", "Consequences"]
    assert re.search(r"^## Status\n\n(Accepted, |Replaced by \[)", text, re.M)
    assert len(text.splitlines()) <= LONGEST_RECORD
