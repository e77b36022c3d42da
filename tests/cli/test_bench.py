"""Measurements as a user asks for them; what they find is nobody's business here, only that everything is asked."""

from __future__ import annotations

from kalends.platform import database
from tests.cli.conftest import Give


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
    answer = give("bench", "api", "--subscriptions", 200, "--rounds", 2, "--clients", 1)
    assert answer.code == 0, answer.err
    assert "batch update of 100 contacts" in answer.out
    with database.connect(as_owner=True) as owner:
        left = owner.execute("SELECT datname FROM pg_database WHERE datname = 'kalends_bench'").fetchall()
    assert left == []


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


def test_an_export_is_measured_beside_the_databases_own_copy_of_the_same_select(give: Give) -> None:
    answer = give("bench", "export", "--subscriptions", 40, "--rounds", 1, "--json")
    assert answer.code == 0, answer.err
    measured = answer.json()
    assert (measured["subscriptions"], measured["columns"]) == (40, 20)
    assert measured["export_bytes"] > 1_000
    assert measured["ratio"] > 0


def test_enrollments_of_a_workflow_are_measured_beside_the_same_rows_in_bare_tables(give: Give) -> None:
    measured = give("bench", "workflows", "--enrollments", 40, "--json").json()
    assert (measured["enrollments"], measured["actions"]) == (40, 4)
    assert measured["per_second"] > 0
    assert measured["floor_per_second"] > 0
