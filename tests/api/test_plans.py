"""What requests cost in a large account: no statement reads a whole table, a page far back costs what the first does.

The door is asked in this process, and every statement that it sends is explained by the server on the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import RequestFactory

import kalends.api.gate  # noqa: F401 - registers the handlers
from kalends.accounts import connections
from kalends.accounts.sql import enter_account
from kalends.api.door import answer
from kalends.bench.api_book import ApiBook, make_api_book
from kalends.bench.api_reads import Case, read_cases
from kalends.bench.api_server import Request
from kalends.bench.api_writes import write_cases
from kalends.platform import database

SUBSCRIPTIONS = 50_000
LARGE = {"subscription", "contact", "event", "association"}


@dataclass
class Told:
    """The plan of one statement: every node of it, flat."""

    query: str
    nodes: list[dict[str, Any]]

    def read_whole(self) -> list[str]:
        """Large tables that are read from one end to the other."""
        return [
            node["Relation Name"]
            for node in self.nodes
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE
        ]

    def rows(self) -> int:
        """Rows of large tables that were looked at."""
        return sum(
            round(
                (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0))
                * node.get("Actual Loops", 1)
            )
            for node in self.nodes
            if node.get("Relation Name") in LARGE
        )

    def blocks(self) -> int:
        """Blocks that were looked at."""
        return int(self.nodes[0].get("Shared Hit Blocks", 0) + self.nodes[0].get("Shared Read Blocks", 0))


@dataclass
class Explained:
    """Sends requests to the door; ``plans`` are those of the statements that the last one led to."""

    book: ApiBook
    cases: dict[str, Case]
    plans: list[Told] = field(default_factory=list[Told])

    def ask(self, request: Request) -> dict[str, Any]:
        self.plans.clear()
        given = RequestFactory().generic(
            request.method,
            request.path,
            request.body or b"",
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {self.book.token}",
        )
        answered = answer(given)
        assert answered.status_code in (200, 201, 204), answered.content
        assert self.plans
        return json.loads(answered.content or b"{}")

    def search(self, **body: Any) -> dict[str, Any]:
        given = json.dumps(body).encode()
        return self.ask(Request("POST", "/crm/v3/objects/subscriptions/search", given))

    def rows(self) -> int:
        return sum(plan.rows() for plan in self.plans)

    def indexes(self, table: str) -> set[str]:
        """The indexes by which a table was read."""
        nodes = [node for plan in self.plans for node in plan.nodes if node.get("Relation Name") == table]
        return {node["Index Name"] for node in nodes if node["Node Type"] != "ModifyTable"}

    def blocks(self) -> int:
        return sum(plan.blocks() for plan in self.plans)

    def read_whole(self) -> list[str]:
        return [f"{table}: {plan.query}" for plan in self.plans for table in plan.read_whole()]


@pytest.fixture(scope="module")
def book(server: str) -> ApiBook:
    """A large account, as the planner knows it after an hour."""
    with database.connect(autocommit=True) as db:
        made = make_api_book(db, SUBSCRIPTIONS)
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE subscription, contact, company, event, association")
    return made


@pytest.fixture
def explained(book: ApiBook, monkeypatch: pytest.MonkeyPatch) -> Iterator[Explained]:
    """The door with an ear at it."""
    with database.connect(autocommit=True) as db:
        enter_account(db, book.ctx.id)
        cases = [*read_cases(db, book.ctx, 100), *write_cases(db, book.ctx)]
    found = Explained(book, {case.name: case for case in cases})
    execute: Callable[..., Any] = psycopg.Cursor.execute

    def listening(cursor: psycopg.Cursor[Any], query: Any, params: Any = None, **more: Any) -> Any:
        text = query if isinstance(query, str) else query.as_string(cursor)
        verb = text.split(None, 1)[0]
        if verb in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE") and "nextval" not in text:
            how = "ANALYZE, BUFFERS, " if verb in ("SELECT", "WITH") and "FOR UPDATE" not in text else ""
            with psycopg.Cursor(cursor.connection) as beside:
                row = execute(beside, f"EXPLAIN ({how}FORMAT JSON) {text}", params, prepare=False).fetchone()
            found.plans.append(Told(" ".join(text.split()), list(_flat(row[0][0]["Plan"]))))
        return execute(cursor, query, params, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", listening)
    yield found
    kept = connections._kept.connection
    if kept is not None:
        kept.close()


def _flat(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _flat(each)


def test_no_measured_request_reads_a_whole_table(explained: Explained) -> None:
    for case in explained.cases.values():
        explained.ask(case.request(0))
        assert explained.read_whole() == [], case.name


def test_a_read_looks_at_little_more_than_it_tells(explained: Explained) -> None:
    for case in explained.cases.values():
        if case.name.startswith(("read", "list", "batch read")):
            explained.ask(case.request(1))
            assert explained.rows() <= 3 * case.records + 10, case.name


def test_records_are_looked_up_by_their_number_and_nothing_is_walked_through(explained: Explained) -> None:
    """Any index with the id somewhere could find them too, by a walk through all of the account in it."""
    for name, table in (
        ("read by id", "subscription"),
        ("batch read of 100", "subscription"),
        ("batch update of 100 contacts", "contact"),
    ):
        explained.ask(explained.cases[name].request(1))
        assert explained.indexes(table) == {f"{table}_pkey"}, name


def test_a_page_far_back_costs_what_the_first_one_costs(explained: Explained) -> None:
    first, last = (case for case in explained.cases.values() if case.name.startswith("list"))
    explained.ask(first.request(0))
    cost = explained.blocks()
    explained.ask(last.request(0))
    assert explained.blocks() <= cost + 100


def test_a_search_with_two_filters_and_a_sort_looks_at_what_its_filters_meet(explained: Explained) -> None:
    answered = explained.ask(explained.cases["search, 2 filters, sorted"].request(3))
    assert len(answered["results"]) == 100
    assert answered["total"] < SUBSCRIPTIONS / 50
    assert explained.rows() < SUBSCRIPTIONS / 25


@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
def test_a_search_that_most_records_meet_ends_with_its_page_and_its_count_with_the_last_page(
    explained: Explained, direction: str
) -> None:
    answered = explained.search(
        filters=[
            {"propertyName": "hs_recurring_billing_frequency", "operator": "EQ", "value": "monthly"},
            {"propertyName": "hs_invoice_creation", "operator": "EQ", "value": "on"},
        ],
        sorts=[{"propertyName": "hs_next_payment_due_date", "direction": direction}],
    )
    assert answered["total"] == 10_001
    assert explained.read_whole() == []
    assert explained.rows() < 10_100


def test_what_changed_lately_is_found_by_when_it_changed(explained: Explained) -> None:
    since = explained.book.ctx.now - timedelta(hours=2)
    answered = explained.search(
        filters=[{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since.isoformat()}],
        sorts=["hs_lastmodifieddate"],
    )
    assert 100 <= answered["total"] <= 1_000
    assert explained.read_whole() == []
    assert explained.rows() < 1_000


def test_archived_records_are_listed_without_a_look_at_the_living(explained: Explained) -> None:
    first, *_ = explained.ask(Request("GET", "/crm/v3/objects/contacts?limit=3"))["results"]
    archived = json.dumps({"inputs": [{"id": first["id"]}]}).encode()
    explained.ask(Request("POST", "/crm/v3/objects/contacts/batch/archive", archived))
    answered = explained.ask(Request("GET", "/crm/v3/objects/contacts?archived=true"))
    assert [each["id"] for each in answered["results"]] == [first["id"]]
    assert explained.read_whole() == []
    assert explained.rows() <= 2
