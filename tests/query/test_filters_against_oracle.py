"""Whatever the filter and whatever the book: PostgreSQL finds exactly the records that the slow reading finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from kalends.query import Filter, Operator, compile_count, compile_filter, compile_ids, fetch, parse, to_json
from tests.query import books, oracle

WORLD = oracle.World(books.TODAY, books.ZONE, me="2")
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("operator", Operator)
@settings(deadline=None, suppress_health_check=SHARED, max_examples=6)
@given(data=st.data())
def test_each_operator_finds_what_the_oracle_finds(
    db: Connection[Any], account_id: int, operator: Operator, data: st.DataObject
) -> None:
    book = data.draw(books.books)
    conditions = data.draw(st.lists(books.conditions_with(operator), min_size=10, max_size=20))
    with db.transaction(force_rollback=True), db.cursor() as cursor:
        records = books.write(db, account_id, book)
        for condition in conditions:
            expected = [r.id for r in records if oracle.condition_holds(r, condition, WORLD)]
            sql = compile_ids(books.SUBSCRIPTION, Filter(((condition,),)), books.context(account_id))
            assert [row["id"] for row in fetch(cursor, sql)] == expected, condition


@settings(deadline=None, suppress_health_check=SHARED, max_examples=60)
@given(book=books.books, wanted=books.filters)
def test_groups_and_ties_find_what_the_oracle_finds(
    db: Connection[Any], account_id: int, book: books.Book, wanted: Filter
) -> None:
    with db.transaction(force_rollback=True), db.cursor() as cursor:
        records = books.write(db, account_id, book)
        expected = [record.id for record in records if oracle.passes(record, wanted, WORLD)]
        ctx = books.context(account_id)

        found = [row["id"] for row in fetch(cursor, compile_ids(books.SUBSCRIPTION, wanted, ctx))]
        assert found == expected
        assert fetch(cursor, compile_count(books.SUBSCRIPTION, wanted, ctx)) == [{"count": len(expected)}]
        condition = compile_filter(books.SUBSCRIPTION, wanted, ctx)
        cursor.execute(f"SELECT t.id FROM subscription t WHERE {condition.text} ORDER BY 1", condition.params)
        assert [row[0] for row in cursor.fetchall()] == expected


@settings(deadline=None, max_examples=150)
@given(books.filters)
def test_a_filter_survives_its_json_form(wanted: Filter) -> None:
    assert parse(books.SUBSCRIPTION, to_json(books.SUBSCRIPTION, wanted)) == wanted
