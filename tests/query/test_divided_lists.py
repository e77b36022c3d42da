"""A list of several values of a choice, in the order of a time, is put together from the first pages of each value."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kalends.catalog import Sort, get_object
from kalends.query import Context, Filter, compile_select, fetch, key_of, parse
from tests.world import World

INVOICE = get_object("invoice")
DUE = "hs_due_date"


def asking(world: World) -> Context:
    return Context(world.ctx.id, world.ctx.today, world.ctx.now, world.ctx.time_zone)


def wanted(values: list[str]) -> Filter:
    status = {"property": "hs_invoice_status", "operator": "is_any_of", "values": values}
    due = {"property": DUE, "operator": "between", "values": ["2026-01-01", "2026-12-31"]}
    return parse(INVOICE, {"groups": [[status, due]]})


@pytest.fixture
def billed(world: World) -> World:
    for _ in range(2):
        customer = world.customer()
        world.subscribe(customer, method=world.method(customer))
        world.subscribe(world.customer())
    world.until("2026-05-02")
    return world


@pytest.mark.parametrize("descending", [True, False])
def test_its_pages_are_the_whole_list_in_its_order(billed: World, descending: bool) -> None:
    both, order = wanted(["open", "paid", "open"]), Sort(DUE, descending)
    seen, after = [], None
    with billed.db.cursor() as cursor:
        while rows := fetch(
            cursor,
            compile_select(
                INVOICE, (DUE, "hs_invoice_status"), both, order, asking(billed), limit=3, after=after
            ),
        ):
            seen += rows
            after = key_of(rows[-1])
    keys = [(row[DUE], row["id"]) for row in seen]
    assert keys == sorted(set(keys), reverse=descending)
    assert {row["hs_invoice_status"] for row in seen} == {"open", "paid"}
    apart = []
    with billed.db.cursor() as cursor:
        for one in ("open", "paid"):
            sql = compile_select(INVOICE, (DUE,), wanted([one]), order, asking(billed), limit=1_000)
            apart += fetch(cursor, sql)
    assert sorted(row["id"] for row in apart) == sorted(row["id"] for row in seen)
    assert all(a != b for a, b in pairwise(keys))


def test_places_are_counted_over_all_of_it(billed: World) -> None:
    both, order = wanted(["open", "paid"]), Sort(DUE, descending=True)
    with billed.db.cursor() as cursor:
        whole = fetch(cursor, compile_select(INVOICE, (), both, order, asking(billed), limit=1_000))
        third = fetch(cursor, compile_select(INVOICE, (), both, order, asking(billed), limit=2, offset=3))
    assert [row["id"] for row in third] == [row["id"] for row in whole[3:5]]


def test_a_list_by_amount_has_the_same_pages(billed: World) -> None:
    order = Sort("hs_amount_billed", descending=True)
    with billed.db.cursor() as cursor:
        whole = fetch(
            cursor, compile_select(INVOICE, (), wanted(["open", "paid"]), order, asking(billed), limit=1_000)
        )
        page = fetch(
            cursor,
            compile_select(
                INVOICE, (), wanted(["open", "paid"]), order, asking(billed), limit=2, after=key_of(whole[1])
            ),
        )
    assert [row["id"] for row in page] == [row["id"] for row in whole[2:4]]
