"""Lists: columns, paging, search, the wall between accounts, and text from outside that stays text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from psycopg import Connection, Cursor
from psycopg.types.json import Jsonb

from kalends.catalog import OBJECTS, ObjectType, Sort, UnknownName, get_object
from kalends.query import (
    NAME,
    Associated,
    Condition,
    Filter,
    Key,
    Operator,
    WrongKey,
    compile_count,
    compile_ids,
    compile_select,
    currency_column,
    decode_key,
    encode_key,
    fetch,
    key_of,
)
from tests.query.books import CUSTOM, NOW, SUBSCRIPTION, TODAY, context, insert, subscription_row

EVERYTHING = Filter()


@pytest.fixture
def cursor(db: Connection[Any]) -> Iterator[Cursor[Any]]:
    with db.cursor() as cursor:
        yield cursor


def _add(db: Connection[Any], account_id: int, **columns: Any) -> int:
    return insert(db, "subscription", subscription_row(account_id, **columns))


def _contact(db: Connection[Any], account_id: int, **columns: Any) -> int:
    stamps = {"account_id": account_id, "created_at": NOW, "updated_at": NOW}
    return insert(db, "contact", stamps | columns)


def _ids(
    cursor: Cursor[Any], account_id: int, wanted: Filter = EVERYTHING, search: str | None = None
) -> list[int]:
    sql = compile_ids(SUBSCRIPTION, wanted, context(account_id), search=search)
    return [row["id"] for row in fetch(cursor, sql)]


@pytest.mark.parametrize("obj", OBJECTS.values(), ids=list(OBJECTS))
def test_every_property_can_be_read_sorted_by_and_asked_for(
    cursor: Cursor[Any], account_id: int, obj: ObjectType
) -> None:
    ctx = context(account_id)
    columns = [NAME, *obj.by_name]
    fetch(cursor, compile_select(obj, columns, EVERYTHING, None, ctx, limit=5, search="x"))
    for name in obj.by_name:
        known = Filter(((Condition(name, Operator.KNOWN),),))
        for descending in (False, True):
            fetch(cursor, compile_select(obj, [name], known, Sort(name, descending), ctx, limit=5))


@pytest.mark.parametrize("obj", OBJECTS.values(), ids=list(OBJECTS))
def test_every_column_that_writers_are_told_of_exists(cursor: Cursor[Any], obj: ObjectType) -> None:
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [obj.table])
    there = {row[0] for row in cursor.fetchall()}
    assert {prop.column for prop in obj.properties if prop.column} <= there


@pytest.mark.parametrize("obj", OBJECTS.values(), ids=list(OBJECTS))
def test_every_tie_can_be_asked_for(cursor: Cursor[Any], account_id: int, obj: ObjectType) -> None:
    for tie in obj.associations:
        for quantifier in ("any", "none"):
            wanted = Filter(
                ((Associated(tie.to, (Condition("hs_object_id", Operator.KNOWN),), quantifier),),)
            )
            assert fetch(cursor, compile_count(obj, wanted, context(account_id))) == [{"count": 0}]


def test_an_amount_comes_with_its_currency(db: Connection[Any], cursor: Cursor[Any], account_id: int) -> None:
    _add(db, account_id, currency="KWD", mrr_minor=1)
    (row,) = fetch(
        cursor, compile_select(SUBSCRIPTION, ["hs_mrr", NAME], EVERYTHING, None, context(account_id), limit=9)
    )
    assert str(row["hs_mrr"]) == "0.001"
    assert (row[currency_column("hs_mrr")], row[NAME]) == ("KWD", "Fleet Core")


def test_a_column_asked_for_twice_comes_once(account_id: int) -> None:
    sql = compile_select(SUBSCRIPTION, ["hs_name", "hs_name"], EVERYTHING, None, context(account_id), limit=1)
    assert sql.columns == ("id", "hs_name", "@sort")


def test_an_unknown_column_is_refused(account_id: int) -> None:
    with pytest.raises(UnknownName, match="'hs_mrr'"):
        compile_select(SUBSCRIPTION, ["hs_mmr"], EVERYTHING, None, context(account_id), limit=1)


def test_an_unknown_tie_is_refused(account_id: int) -> None:
    with pytest.raises(UnknownName, match="'contact'"):
        compile_ids(SUBSCRIPTION, Filter(((Associated("contakt"),),)), context(account_id))


SORTED_BY = [
    "hs_name", "hs_invoice_comments", "hs_status", "hubspot_owner_id", "hs_next_payment_amount", "hs_mrr",
    "hs_next_payment_due_date", "hs_paused_date", "hs_createdate", "hs_payment_enabled", "hs_object_id",
    "hs_allowed_payment_methods", "hs_number_of_expected_payments", "fleet_size", "is_pilot", "nickname",
]  # fmt: skip


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", SORTED_BY)
def test_pages_together_are_the_whole_list_and_what_is_empty_comes_last(
    db: Connection[Any], cursor: Cursor[Any], account_id: int, name: str, *, descending: bool
) -> None:
    for n in range(12):
        empty = n % 4 == 3
        _add(
            db,
            account_id,
            name=f"{'aBb'[n % 3]}{n // 6}",
            comments=[None, "", "x", "X"][n % 4],
            status=["unpaid", "active", "paused"][n % 3],
            owner_id=None if empty else n % 3,
            currency=["NOK", "JPY"][n % 2],
            next_amount_minor=None if empty else n % 5,
            mrr_minor=n % 5,
            next_due_date=None if empty else TODAY + timedelta(days=n % 2),
            paused_at=None if empty else NOW + timedelta(microseconds=n % 3),
            created_at=NOW - timedelta(days=n % 2),
            online_payment=n % 2 == 0,
            allowed_payment_methods=[None, [], ["ach"], ["ach", "sepa"]][n % 4],
            expected_payments=None if empty else 1 + n % 3,
            custom=Jsonb(
                {} if empty else {"fleet_size": n % 3, "is_pilot": n % 2 == 0, "nickname": "Zy"[n % 2]}
            ),
        )
    sort, ctx = Sort(name, descending), context(account_id)
    whole = fetch(cursor, compile_select(SUBSCRIPTION, [name], EVERYTHING, sort, ctx, limit=100))
    assert len(whole) == 12
    _assert_sorted(whole, descending=descending)

    pages: list[dict[str, Any]] = []
    after: Key | None = None
    while page := fetch(
        cursor, compile_select(SUBSCRIPTION, [name], EVERYTHING, sort, ctx, limit=5, after=after)
    ):
        pages += page
        after = decode_key(SUBSCRIPTION, sort, encode_key(key_of(page[-1])))
    assert pages == whole


def _assert_sorted(rows: list[dict[str, Any]], *, descending: bool) -> None:
    keys = [(row["@sort"], row["id"]) for row in rows]
    known = [key for key in keys if key[0] is not None]
    empty = [key for key in keys if key[0] is None]
    assert keys == known + empty
    assert known == sorted(known, reverse=descending)
    assert [number for _, number in empty] == sorted((number for _, number in empty), reverse=descending)


def test_options_are_sorted_in_their_own_order(
    db: Connection[Any], cursor: Cursor[Any], account_id: int
) -> None:
    for status in ("scheduled", "active", "unpaid", "past_due"):
        _add(db, account_id, status=status)
    sql = compile_select(
        SUBSCRIPTION, ["hs_status"], EVERYTHING, Sort("hs_status"), context(account_id), limit=9
    )
    assert [row["hs_status"] for row in fetch(cursor, sql)] == ["active", "past_due", "unpaid", "scheduled"]


@pytest.mark.parametrize("text", ["", "x", "WyJ4IiwxXQ", "W251bGwsIjEiXQ", "W251bGwsLTFd", "é", "W10"])
def test_a_page_mark_of_another_list_is_refused(text: str) -> None:
    with pytest.raises(WrongKey, match="begin with the first page"):
        decode_key(SUBSCRIPTION, Sort("hs_next_payment_due_date"), text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("hs_status", "1e5"), ("hs_mrr", "NaN"), ("hs_mrr", "1e999999"), ("hs_createdate", "2026-03-01T00:00:00"),
     ("hs_payment_enabled", "maybe"), ("hs_name", "a\x00"), ("hs_name", "\ud800")],
)  # fmt: skip
def test_a_page_mark_that_was_tampered_with_is_refused(name: str, value: str) -> None:
    import base64
    import json

    mark = base64.urlsafe_b64encode(json.dumps([value, 1]).encode()).decode()
    with pytest.raises(WrongKey):
        decode_key(SUBSCRIPTION, Sort(name), mark)


def test_an_offset_skips_records(db: Connection[Any], cursor: Cursor[Any], account_id: int) -> None:
    ids = [_add(db, account_id) for _ in range(4)]
    sql = compile_select(
        SUBSCRIPTION, [], EVERYTHING, Sort("hs_object_id"), context(account_id), limit=2, offset=1
    )
    assert [row["id"] for row in fetch(cursor, sql)] == ids[1:3]


def test_an_offset_goes_on_behind_the_last_that_has_a_value_to_sort_by(
    db: Connection[Any], cursor: Cursor[Any], account_id: int
) -> None:
    later, sooner = (_add(db, account_id, next_due_date=TODAY + timedelta(days=each)) for each in (9, 2))
    ended = [_add(db, account_id, next_due_date=None) for _ in range(3)]
    latest_first = Sort("hs_next_payment_due_date", descending=True)
    expected = [later, sooner, *reversed(ended)]
    for offset in range(6):
        sql = compile_select(
            SUBSCRIPTION, [], EVERYTHING, latest_first, context(account_id), limit=2, offset=offset
        )
        assert [row["id"] for row in fetch(cursor, sql)] == expected[offset : offset + 2]


def test_a_condition_on_what_is_sorted_by_changes_no_order(
    db: Connection[Any], cursor: Cursor[Any], account_id: int
) -> None:
    due = [_add(db, account_id, next_due_date=TODAY + timedelta(days=each)) for each in (3, 1, 2)]
    _add(db, account_id, next_due_date=None)
    for operator, values in ((Operator.KNOWN, ()), (Operator.ON_OR_AFTER, (TODAY,))):
        wanted = Filter(((Condition("hs_next_payment_due_date", operator, values),),))
        for descending, expected in ((False, [1, 2, 0]), (True, [0, 2, 1])):
            order = Sort("hs_next_payment_due_date", descending)
            sql = compile_select(SUBSCRIPTION, [], wanted, order, context(account_id), limit=9)
            assert [row["id"] for row in fetch(cursor, sql)] == [due[each] for each in expected]


def test_a_count_stops_where_it_is_told_to(db: Connection[Any], cursor: Cursor[Any], account_id: int) -> None:
    for _ in range(4):
        _add(db, account_id)
    for most, told in ((3, 3), (4, 4), (5, 4), (None, 4)):
        sql = compile_count(SUBSCRIPTION, EVERYTHING, context(account_id), most=most)
        assert fetch(cursor, sql) == [{"count": told}]


def test_a_search_finds_names_ids_and_customers(
    db: Connection[Any], cursor: Cursor[Any], account_id: int
) -> None:
    anna = _contact(db, account_id, email="anna@nordhavn.example", first_name="Anna", last_name="Åsen")
    of_anna = _add(db, account_id, name="Fleet 100%", contact_id=anna)
    other = _add(db, account_id, name="Fleet 100")
    assert _ids(cursor, account_id, search="fleet") == [of_anna, other]
    assert _ids(cursor, account_id, search=" ANNA å") == [of_anna]
    assert _ids(cursor, account_id, search="nordhavn.EX") == [of_anna]
    assert _ids(cursor, account_id, search=str(other)) == [other]
    assert _ids(cursor, account_id, search="100%") == [of_anna], "a per cent sign stands for itself"
    assert _ids(cursor, account_id, search="  ") == [of_anna, other]


def test_archived_records_appear_only_when_they_are_asked_for(
    db: Connection[Any], cursor: Cursor[Any], account_id: int
) -> None:
    living, archived = _add(db, account_id), _add(db, account_id, archived_at=NOW)
    assert _ids(cursor, account_id) == [living]
    ctx = context(account_id)
    asked = type(ctx)(ctx.account_id, ctx.today, ctx.now, ctx.time_zone, archived=True)
    assert fetch(cursor, compile_ids(SUBSCRIPTION, EVERYTHING, asked)) == [{"id": archived}]


def test_archived_contacts_do_not_tie(db: Connection[Any], cursor: Cursor[Any], account_id: int) -> None:
    gone = _contact(db, account_id, email="gone@example.com", archived_at=NOW)
    number = _add(db, account_id, contact_id=gone)
    assert _ids(cursor, account_id, Filter(((Associated("contact"),),))) == []
    assert _ids(cursor, account_id, Filter(((Associated("contact", (), "none"),),))) == [number]


def test_a_statement_names_the_account_even_where_the_wall_would_hold(account_id: int) -> None:
    wanted = Filter(((Associated("contact"),),))
    text = compile_ids(SUBSCRIPTION, wanted, context(account_id)).text
    assert text.count("t.account_id = %(account_id)s") == 1
    assert text.count("u.account_id = %(account_id)s") == 2


HOSTILE = [
    "' OR true --",
    "%",
    "_",
    "\\",
    "%(p1)s",
    "%s",
    "{t}",
    "{account}",
    '"',
    "$$",
    ";",
    "*",
    "(",
    "[",
    "a|b",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_stays_text(
    db: Connection[Any], cursor: Cursor[Any], account_id: int, text: str
) -> None:
    own = _add(db, account_id, name=f"a {text} b", comments=text)
    _add(db, account_id, name="harmless", comments="harmless")
    for name, operator in (
        ("hs_invoice_comments", Operator.IS_ANY_OF),
        ("hs_invoice_comments", Operator.STARTS_WITH_ANY_OF),
        ("hs_name", Operator.CONTAINS_ANY_OF),
    ):
        wanted = Filter(((Condition(name, operator, (text,)),),))
        sql = compile_ids(SUBSCRIPTION, wanted, context(account_id), search=text)
        assert (
            sql.text
            == compile_ids(
                SUBSCRIPTION, Filter(((Condition(name, operator, ("z",)),),)), context(account_id), search="z"
            ).text
        ), "the text of a statement does not depend on the values"
        assert [row["id"] for row in fetch(cursor, sql)] == [own]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_word_pattern_is_never_a_broken_one(cursor: Cursor[Any], account_id: int, text: str) -> None:
    _ids(cursor, account_id, Filter(((Condition("hs_name", Operator.HAS_WORD, (text,)),),)))


def test_a_word_may_be_found_with_a_star(db: Connection[Any], cursor: Cursor[Any], account_id: int) -> None:
    number = _add(db, account_id, name="Anna anna@Example.com")

    def found(word: str) -> bool:
        return _ids(cursor, account_id, Filter(((Condition("hs_name", Operator.HAS_WORD, (word,)),),))) == [
            number
        ]

    assert found("*@example.com")
    assert found("ann*")
    assert found("example")
    assert not found("exampl")
    assert not found("*@example.org")


def test_a_custom_property_is_read_filtered_and_named_by_parameters(
    db: Connection[Any], cursor: Cursor[Any], account_id: int
) -> None:
    number = _add(db, account_id, custom=Jsonb({"fleet_size": 12, "colors": "red;blue", "is_pilot": True}))
    _add(db, account_id)
    wanted = Filter(((Condition("fleet_size", Operator.GREATER, (Decimal("11.5"),)),),))
    names = [prop.name for prop in CUSTOM]
    sql = compile_select(SUBSCRIPTION, names, wanted, Sort("fleet_size"), context(account_id), limit=9)
    assert "fleet" not in sql.text
    (row,) = fetch(cursor, sql)
    assert (row["id"], row["fleet_size"], row["colors"], row["is_pilot"], row["nickname"]) == (
        number, 12, ["red", "blue"], True, None,
    )  # fmt: skip


def test_me_is_the_user_who_asks_and_nobody_when_no_user_does(
    db: Connection[Any], cursor: Cursor[Any], account_id: int
) -> None:
    mine = _add(db, account_id, owner_id=2)
    _add(db, account_id, owner_id=3)
    wanted = Filter(((Condition("hubspot_owner_id", Operator.IS_ANY_OF, ("me",)),),))
    ctx = context(account_id)
    assert fetch(cursor, compile_ids(SUBSCRIPTION, wanted, ctx)) == [{"id": mine}]
    nobody = type(ctx)(ctx.account_id, ctx.today, ctx.now, ctx.time_zone)
    assert fetch(cursor, compile_ids(SUBSCRIPTION, wanted, nobody)) == []


def test_the_last_day_of_the_calendar_can_be_asked_for(cursor: Cursor[Any], account_id: int) -> None:
    for operator in (Operator.ON_OR_BEFORE, Operator.AFTER, Operator.IS_ANY_OF):
        for name in ("hs_paused_date", "hs_churn_date"):
            for day in (date.max, date.min):
                _ids(cursor, account_id, Filter(((Condition(name, operator, (day,)),),)))


def test_objects_are_found_by_the_default_order(cursor: Cursor[Any], account_id: int) -> None:
    contact = get_object("contact")
    sql = compile_select(contact, contact.default_columns, EVERYTHING, None, context(account_id), limit=1)
    assert "DESC" in sql.text
    assert fetch(cursor, sql) == []
