"""What a record's page costs: its statements read what belongs to the record, however much there is besides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.test import Client
from psycopg.sql import Composable

from kalends.crm.create import NewCompany, create_companies
from kalends.platform import database
from tests.staff.conftest import SignIn
from tests.staff.stage import give_place, new_user
from tests.world import World

THEIRS, OTHERS, BILLS = 5_000, 20_000, 4_000
BIG = ("contact", "subscription", "invoice", "payment")


class Statements:
    """Everything that pages ask of the database, on Django's cursors and beside them, with the plans of reading."""

    def __init__(self) -> None:
        self.count = 0
        self.nodes: list[dict[str, Any]] = []

    @contextmanager
    def watched(self, *, explained: bool) -> Iterator[None]:
        execute = psycopg.Cursor.execute

        def watching(cursor: Any, query: Any, params: Any = None, **how: Any) -> Any:
            text = query.as_string(cursor.connection) if isinstance(query, Composable) else str(query)
            self.count += 1
            if explained and text.lstrip().startswith(("SELECT", "WITH", "--")) and " FROM " in text:
                beside = cursor.connection.cursor()
                execute(beside, f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", params)  # type: ignore[arg-type]
                told = beside.fetchone()[0]
                self.nodes += _flat((told if isinstance(told, list) else json.loads(told))[0]["Plan"])
            return execute(cursor, query, params, **how)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", watching)
            yield

    def read(self, table: str) -> int:
        """The most rows that one step of a plan read of a table."""
        return max(
            (
                round(
                    (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0))
                    * node.get("Actual Loops", 1)
                )
                for node in self.nodes
                if node.get("Relation Name") == table
            ),
            default=0,
        )

    def read_in_full(self) -> set[str]:
        return {
            node["Relation Name"]
            for node in self.nodes
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
        }


def _flat(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _flat(each)


def _copies(world: World, table: str, count: int, id_: int, **changed: str) -> None:
    """More rows like one; ``changed`` are expressions in ``n``, the number of the copy."""
    fresh = ", ".join(f"'{name}', {to}" for name, to in {"id": "nextval('record_id')", **changed}.items())
    world.db.execute(
        f"INSERT INTO {table} SELECT made.* FROM (SELECT to_jsonb(t) || jsonb_build_object({fresh}) AS told "  # type: ignore[arg-type]
        f"FROM {table} AS t, generate_series(1, %s) AS n WHERE t.account_id = %s AND t.id = %s OFFSET 0) AS each "
        f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, each.told) AS made",
        [count, world.ctx.id, id_],
    )


def _one(world: World, table: str, contact: int) -> int:
    row = world.db.execute(
        f"SELECT id FROM {table} WHERE account_id = %s AND contact_id = %s",  # type: ignore[arg-type]
        [world.ctx.id, contact],
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def company(world: World) -> int:
    return create_companies(world.db, world.ctx, [NewCompany("Large AS")])[0]


@pytest.fixture
def browser(world: World, sign_in: SignIn) -> Client:
    user = new_user()
    give_place(world.db, user, world.ctx.id)
    return sign_in(user)


@pytest.fixture
def contact(world: World, company: int) -> int:
    """A contact of a company with five thousand others and a few bills, in an account with many of everything."""
    customer = world.customer()
    first = world.subscribe(customer, method=world.method(customer))
    world.until("2026-01-02")
    bill, paid = _one(world, "invoice", customer), _one(world, "payment", customer)
    stranger = world.customer()
    numbered = {"number": "'X-' || n", "subscription_id": "NULL", "contact_id": str(stranger)}
    _copies(
        world, "contact", THEIRS, stranger, email="'c' || n || '@c.test'", primary_company_id=str(company)
    )
    _copies(world, "contact", OTHERS, stranger, email="'o' || n || '@o.test'")
    _copies(world, "subscription", BILLS, first, contact_id=str(stranger))
    _copies(world, "invoice", BILLS, bill, **numbered)
    _copies(world, "payment", BILLS, paid, contact_id=str(stranger))
    for table, id_ in (("subscription", first), ("invoice", bill), ("payment", paid)):
        world.db.execute(
            f"UPDATE {table} SET company_id = %s WHERE account_id = %s AND id = %s",  # type: ignore[arg-type]
            [company, world.ctx.id, id_],
        )
    world.db.execute(
        "UPDATE contact SET primary_company_id = %s WHERE account_id = %s AND id = %s",
        [company, world.ctx.id, customer],
    )
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE contact, subscription, invoice, payment, line_item")
    return customer


def test_no_statement_of_a_page_reads_more_than_belongs_to_the_record(
    browser: Client, world: World, company: int, contact: int
) -> None:
    for address, contacts in ((f"companies/{company}", THEIRS + 1), (f"contacts/{contact}", 1)):
        statements = Statements()
        with statements.watched(explained=True):
            page = browser.get(f"/{world.ctx.id}/{address}")
        assert page.status_code == 200
        assert statements.read_in_full() == set(), address
        assert 1 <= statements.read("contact") <= contacts, address
        for table in ("subscription", "invoice", "payment"):
            assert 1 <= statements.read(table) <= 20, (address, table)


def test_a_card_shows_the_newest_counts_so_far_and_leads_to_all(
    browser: Client, world: World, company: int, contact: int
) -> None:
    newest = [
        row[0]
        for row in world.db.execute(
            "SELECT email FROM contact WHERE account_id = %s AND primary_company_id = %s ORDER BY id DESC LIMIT 5",
            [world.ctx.id, company],
        )
    ]
    page = browser.get(f"/{world.ctx.id}/companies/{company}").content.decode()
    card = page.partition('data-card="contact"')[2].partition("</section>")[0]
    assert [card.index(email) for email in newest] == sorted(card.index(email) for email in newest)
    assert card.count("assoc__row--tie") == 5
    assert "200+" in card
    assert f'href="/{world.ctx.id}/contacts?f=' in card


def test_fifty_associated_records_are_read_with_as_many_statements_as_one(
    browser: Client, world: World, company: int
) -> None:
    counted = []
    customer = world.customer(company_id=company)
    address = f"/{world.ctx.id}/companies/{company}"
    browser.get(address)
    for more in (0, 49):
        _copies(world, "contact", more, customer, email="'more' || n || '@c.test'")
        statements = Statements()
        with statements.watched(explained=False):
            page = browser.get(address).content.decode()
        counted.append(statements.count)
        assert f'<span class="count">{more + 1}</span>' in page
    assert counted[0] == counted[1]
