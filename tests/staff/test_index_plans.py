"""What a page of a large list costs: it is read through an index, from wherever it begins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from kalends.platform import database
from kalends.staff.index import counts, pages
from tests.staff.conftest import SignIn
from tests.staff.stage import give_place, new_user
from tests.world import World

ROWS = 20_000


@pytest.fixture
def many(world: World, sign_in: SignIn) -> Client:
    """Somebody in an account with twenty thousand payments, all like one that was made, an hour apart."""
    contact = world.customer()
    world.subscribe(contact, method=world.method(contact))
    world.until("2026-01-02")
    user = new_user()
    give_place(world.db, user, world.ctx.id)
    world.db.execute(
        "INSERT INTO payment SELECT made.* FROM payment AS p, generate_series(1, %s) AS n, "
        "jsonb_populate_record(p, jsonb_build_object("
        "'id', nextval('record_id'), 'initiated_at', p.initiated_at + n * interval '1 hour')) AS made "
        "WHERE p.account_id = %s",
        [ROWS, world.ctx.id],
    )
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE payment")
    return sign_in(user)


class Plans:
    """Explains every statement on payments that a request leads to."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.search(r"FROM payment (t|WHERE)\b", sql) and "count(*)" not in sql:
            with connection.connection.cursor() as beside:
                beside.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                told = beside.fetchone()[0]
            self.nodes += list(_flat((told if isinstance(told, list) else json.loads(told))[0]["Plan"]))
        return execute(sql, params, many, context)

    def ways(self) -> set[str]:
        return {node["Node Type"] for node in self._on_payments()}

    def rows(self) -> int:
        return max(
            round(node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0))
            for node in self._on_payments()
        )

    def _on_payments(self) -> list[dict[str, Any]]:
        return [node for node in self.nodes if node.get("Relation Name") == "payment"]


def _flat(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _flat(each)


def test_a_page_reads_its_records_and_no_others_and_a_search_no_more_than_the_newest(
    many: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/{world.ctx.id}/payments"
    for _ in range(3):
        plans = Plans()
        with connection.execute_wrapper(plans):
            page = many.get(address).content.decode()
        assert plans.ways() & {"Index Scan", "Index Only Scan"}
        assert "Seq Scan" not in plans.ways()
        assert plans.rows() <= 26
        found = re.search(r'rel="next" href="([^"]+)"', page)
        assert found
        address = f"/{world.ctx.id}/payments{found.group(1).replace('&amp;', '&')}"
    monkeypatch.setattr(counts, "LARGE", 1_000)
    monkeypatch.setattr(pages, "NEWEST", 500)
    plans = Plans()
    with connection.execute_wrapper(plans):
        page = many.get(f"/{world.ctx.id}/payments?q=nobody").content.decode()
    assert "Nothing matches" in page
    assert 0 < plans.rows() <= 500
