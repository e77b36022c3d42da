"""Measurements as a user asks for them; what they find is nobody's business here, only that everything is asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kalends.bench.measure import Meter
from kalends.bench.page import BEGIN, END, NoFigures, figures, rewritten
from kalends.platform import database
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give

DOCS = Path(__file__).parents[2] / "docs"
_MODULES = (
    "api billing collecting documents exports imports pages proving replaying segments workflows"
).split()
_TELECOM = """customerID,tenure,Contract,PaymentMethod,MonthlyCharges,Churn
A-1,2,Month-to-month,Credit card (automatic),29.85,No
A-2,1,One year,Mailed check,56.95,Yes
"""


@pytest.fixture
def cloned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measurement's own database is a clone of one that is migrated: to migrate another would take seconds."""
    for name in _MODULES:
        __import__(f"kalends.bench.{name}")
        monkeypatch.setattr(sys.modules[f"kalends.bench.{name}"], "scratch_database", fresh_database)


@pytest.mark.usefixtures("cloned")
def test_every_request_of_the_api_is_measured_beside_the_driver(give: Give) -> None:
    answer = give("bench", "api", "--subscriptions", 400, "--rounds", 3, "--clients", 2, "--json")
    measured = answer.json()
    names = [each["request"] for each in measured["requests"]]
    assert names[:6] == [
        "read by id",
        "read by email",
        "list, page 1",
        "list, page 4",
        "search, 2 filters, sorted",
        "batch read of 100",
    ]
    assert {name.partition(" (")[0] for name in names[6:]} == {
        "batch create of 100 contacts",
        "batch create of 100 subscriptions",
        "batch update of 100 contacts",
    }
    for each in measured["requests"]:
        assert each["per_second"] > 0
        for side in ("http", "driver"):
            assert 0 < each[side]["p50_ms"] <= each[side]["p99_ms"]


def test_the_measurement_leaves_no_database_behind(give: Give) -> None:
    answer = give("bench", "collection", "--charges", 3, "--latency", 1)
    assert answer.code == 0, answer.err
    assert "3, 1 ms each, 8 at once" in answer.out
    with database.connect(as_owner=True) as owner:
        left = owner.execute("SELECT datname FROM pg_database WHERE datname = 'kalends_bench'").fetchall()
    assert left == []


@pytest.mark.usefixtures("cloned")
def test_every_page_is_measured_beside_its_statements(give: Give) -> None:
    answer = give("bench", "pages", "--subscriptions", 40, "--rounds", 2, "--json")
    assert answer.code == 0, answer.err
    measured = answer.json()
    names = [each["page"] for each in measured["pages"]]
    for plural in ("subscriptions", "payments", "invoices", "contacts"):
        assert {plural, f"{plural}, 2 filters, sorted", f"{plural}, what it counts"} <= set(names)
    assert names[-2:] == ["a subscription", "search"]
    assert measured["payments"] == 120
    for each in measured["pages"]:
        assert each["statements"] > 3
        for side in ("server", "driver"):
            assert 0 < each[side]["p50_ms"] <= each[side]["p95_ms"]


@pytest.mark.usefixtures("cloned")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("billing --subscriptions 4", {"count": 4, "processes": 1}),
        ("collection --charges 4 --latency 2 --at-once 2", {"count": 4, "latency_ms": 2, "calls_at_once": 2}),
        ("export --subscriptions 40 --rounds 1", {"count": 40, "columns": 20}),
        ("pdf --documents 2", {"count": 2, "documents": 2}),
        ("verify --subscriptions 4 --months 2", {"count": 8, "invoices": 8}),
        ("workflows --enrollments 40", {"count": 40, "actions": 4}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_work_is_measured_beside_its_floor(give: Give, words: str, expected: dict[str, int]) -> None:
    answer = give("bench", *words.split(), "--json")
    assert answer.code == 0, answer.err
    measured = answer.json()
    assert {name: measured[name] for name in expected} == expected
    _is_beside_a_floor(measured)


@pytest.mark.usefixtures("cloned")
def test_an_import_is_measured_in_each_of_its_ways(give: Give) -> None:
    measured = give("bench", "import", "--rows", 6, "--json").json()
    names = [each["import"] for each in measured["imports"]]
    assert names == ["contacts, by command", "subscriptions, by command", "contacts, by the worker"]
    for each in measured["imports"]:
        assert each["count"] == 6
        _is_beside_a_floor(each)


@pytest.mark.usefixtures("cloned")
def test_a_segment_is_filled_and_followed(give: Give) -> None:
    measured = give("bench", "segments", "--contacts", 9, "--changes", 3, "--json").json()
    assert (measured["first"]["count"], measured["changes"]["count"]) == (5, 3)
    for part in ("first", "changes"):
        _is_beside_a_floor(measured[part])


@pytest.mark.usefixtures("cloned")
def test_a_book_is_replayed_beside_its_rows(give: Give, tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text(_TELECOM)
    measured = give("bench", "replay", tmp_path / "book.csv", "--until", "2026-03-01", "--json").json()
    assert (measured["customers"], measured["invoices"]) == (2, 3)
    _is_beside_a_floor(measured)


def _is_beside_a_floor(measured: dict[str, Any]) -> None:
    assert measured["per_second"] > 0
    assert measured["floor_per_second"] > 0
    assert measured["spent"]["seconds"] > 0


def test_what_the_database_does_is_counted_for_the_database(server: str) -> None:
    meter = Meter()
    with database.connect() as db, meter.running():
        db.execute("SELECT count(*) FROM generate_series(1, 300000)")
    assert meter.server is not None
    assert meter.server > meter.here >= 0


def test_all_measurements_are_written_into_one_file_and_from_it_into_a_page(
    shell: Give, give: Give, tmp_path: Path
) -> None:
    file, page = tmp_path / "found.json", tmp_path / "page.md"
    answer = shell("bench", "all", "--size", "small", "--only", "pdf", "--out", file)
    assert (answer.code, answer.out) == (0, f"1 measured: {file}\n"), answer.err
    measured = json.loads(file.read_text())
    assert measured["measurements"][0]["words"] == ["pdf", "--documents", "4"]
    assert measured["measurements"][0]["before"]["load"] >= 0
    assert measured["machine"]["settings"]["fsync"] in ("on", "off")

    page.write_text(f"# Benchmarks\n\n{BEGIN}\nold\n{END}\n\nThe end.\n")
    assert give("bench", "page", file, "--into", page).code == 0
    written = page.read_text()
    assert "| pdf | 4 documents |" in written
    assert "old" not in written
    assert written.endswith(f"{END}\n\nThe end.\n")
    assert give("bench", "page", file).out == figures(measured)


def test_a_measurement_that_fails_is_named_and_the_others_go_on(give: Give, tmp_path: Path) -> None:
    book, file = tmp_path / "book.csv", tmp_path / "found.json"
    book.write_text("no book\n")
    answer = give("bench", "all", "--size", "small", "--only", "replay", "--telco", book, "--out", file)
    assert answer.code == ExitCode.PROBLEM_FOUND
    assert answer.out == f"0 measured: {file}\nfailed: replay\n"
    told = json.loads(file.read_text())["measurements"][0]
    assert "customerID is missing" in told["problem"]
    assert told["words"] == ["replay", "book.csv"]


def test_a_page_without_a_place_and_a_file_without_figures_are_refused(give: Give, tmp_path: Path) -> None:
    with pytest.raises(NoFigures, match="lacks the lines"):
        rewritten("# A page", {"machine": {}, "measurements": []})
    (tmp_path / "other.json").write_text("{}")
    answer = give("bench", "page", tmp_path / "other.json")
    assert answer.code == ExitCode.BAD_INPUT
    assert "no machine and no measurements" in answer.err


def test_the_page_of_benchmarks_tells_what_was_measured() -> None:
    measured = json.loads((DOCS / "benchmarks.json").read_text())
    page = (DOCS / "benchmarks.md").read_text()
    assert rewritten(page, measured) == page, (
        "./kalends bench page docs/benchmarks.json --into docs/benchmarks.md"
    )
