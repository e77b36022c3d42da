"""Whoever may see some people's records finds those, by whatever way they ask, and nothing else.

The second reading of the rules is as plain as can be: a set of owners for each object, and a walk along the ties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from kalends.catalog import get_object
from kalends.query import (
    Context,
    Filter,
    Scope,
    Sight,
    compile_count,
    compile_filter,
    compile_ids,
    compile_select,
    fetch,
    parse,
)
from tests.query.books import NOW, TODAY, ZONE, insert, subscription_row

ME = 2
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
OWNED = ("contact", "company", "subscription", "invoice", "payment", "deal", "quote")
PARTS = ("line_item", "discount")
KEPT_WITH = {
    "invoice": ("subscription", "contact", "company"),
    "payment": ("subscription", "invoice", "contact", "company"),
}

owners = st.none() | st.sampled_from([1, 2, 3, 4])
places = st.none() | st.integers(0, 1)
sights = st.builds(
    lambda team, unassigned, scopes: Sight(ME, tuple(sorted({ME, *team})), scopes, unassigned),
    st.sets(st.sampled_from([1, 3])),
    st.booleans(),
    st.dictionaries(st.sampled_from(OWNED), st.sampled_from(Scope)),
)


@dataclass
class Record:
    """A row as the oracle sees it: whose it is, and what it is tied to."""

    id: int
    kind: str
    owner: int | None
    name: str
    ties: dict[str, Record | None] = field(default_factory=dict)


def owned_by_somebody_seen(record: Record, sight: Sight) -> bool:
    scope = sight.scopes.get(record.kind, Scope.NONE)
    if scope in (Scope.NONE, Scope.ALL):
        return scope is Scope.ALL
    people = set(sight.team) if scope is Scope.TEAM else {sight.user_id}
    keepers = [record.owner]
    for name in KEPT_WITH.get(record.kind, ()):
        tied = record.ties.get(name)
        keepers.append(tied.owner if tied else None)
    known = {each for each in keepers if each is not None}
    return bool(known & people) or (not known and sight.unassigned)


def seen(record: Record, sight: Sight) -> bool:
    if record.kind not in PARTS:
        return owned_by_somebody_seen(record, sight)
    whole = record.ties.get("whole")
    if whole is not None:
        return owned_by_somebody_seen(whole, sight)
    return record.owner == sight.user_id or (record.owner is None and sight.unassigned)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Two records of each kind: an owner, and for each tie which of the two it leads to, if to any."""
    tied = {
        **dict.fromkeys(OWNED, ()),
        "subscription": ("contact",),
        **KEPT_WITH,
        "line_item": ("whole",),
        "discount": ("whole",),
    }
    return {
        kind: [
            {
                "owner": draw(owners),
                "name": draw(st.sampled_from(["red", "green"])),
                **{tie: draw(places) for tie in ties},
                "whole_kind": draw(st.sampled_from(["invoice", "quote"])),
            }
            for _ in range(2)
        ]
        for kind, ties in tied.items()
    }


def write(db: Connection[Any], account_id: int, plan: Mapping[str, list[dict[str, Any]]]) -> list[Record]:
    """Put a world into the database, and give it as the oracle sees it."""
    made: dict[str, list[Record]] = {}
    for kind in (*("contact", "company", "deal", "quote", "subscription", "invoice", "payment"), *PARTS):
        made[kind] = [_write_one(db, account_id, kind, each, made) for each in plan[kind]]
    return [record for records in made.values() for record in records]


def _write_one(
    db: Connection[Any], account_id: int, kind: str, plan: dict[str, Any], made: dict[str, list[Record]]
) -> Record:
    ties: dict[str, Record | None] = {}
    for name in ("contact", *KEPT_WITH.get(kind, ())) if kind in (*KEPT_WITH, "subscription") else ():
        ties[name] = None if plan[name] is None else made[name][plan[name]]
    if kind in PARTS:
        ties["whole"] = None if plan["whole"] is None else made[plan["whole_kind"]][plan["whole"]]
    columns = {f"{name}_id": tied.id if tied else None for name, tied in ties.items() if name != "whole"}
    id_ = insert(db, kind, _row(account_id, kind, plan, columns, ties.get("whole")))
    if kind == "discount" and ties["whole"] is not None:
        _tie(db, account_id, id_, ties["whole"])
    return Record(id_, kind, plan["owner"], plan["name"], ties)


def _row(
    account_id: int, kind: str, plan: dict[str, Any], columns: dict[str, Any], whole: Record | None
) -> dict[str, Any]:
    stamps = {"account_id": account_id, "created_at": NOW, "updated_at": NOW, "owner_id": plan["owner"]}
    name = plan["name"]
    needed: dict[str, dict[str, Any]] = {
        "contact": {"first_name": name},
        "company": {"name": name},
        "deal": {"name": name, "stage": "appointmentscheduled"},
        "quote": {"title": name, "currency": "EUR", "status": "DRAFT", "expiration_date": TODAY},
        "invoice": {"number": None, "title": name, "status": "draft", "currency": "EUR", "subtotal_minor": 0,
                    "discount_minor": 0, "tax_minor": 0, "total_minor": 0},
        "payment": {"customer_email": name, "status": "succeeded", "status_updated_at": NOW, "currency": "EUR",
                    "amount_minor": 100, "initiated_at": NOW, "method_kind": "card"},
        "line_item": {"name": name, "unit_price": 1, "quantity": 1, "currency": "EUR",
                      "parent_type": whole.kind if whole else None, "parent_id": whole.id if whole else None},
        "discount": {"label": name, "value_type": "FIXED", "value": 1},
    }  # fmt: skip
    if kind == "subscription":
        return subscription_row(account_id, owner_id=plan["owner"], **{**columns, "name": name})
    return {**stamps, **columns, **needed[kind]}


def _tie(db: Connection[Any], account_id: int, discount: int, whole: Record) -> None:
    for one, first, other, second in (
        ("discount", discount, whole.kind, whole.id),
        (whole.kind, whole.id, "discount", discount),
    ):
        db.execute(
            "INSERT INTO association (account_id, from_type, from_id, to_type, to_id, type_id, created_at) "
            "VALUES (%s, %s, %s, %s, %s, 1, %s)",
            (account_id, one, first, other, second, NOW),
        )


def asking(account_id: int, sight: Sight | None) -> Context:
    return Context(account_id, TODAY, NOW, ZONE, user_id=ME, sight=sight)


@settings(deadline=None, suppress_health_check=SHARED, max_examples=80)
@given(plan=worlds(), sight=sights)
def test_list_count_search_and_record_find_what_may_be_seen(
    db: Connection[Any], account_id: int, plan: dict[str, Any], sight: Sight
) -> None:
    with db.transaction(force_rollback=True), db.cursor() as cursor:
        records = write(db, account_id, plan)
        ctx = asking(account_id, sight)
        for kind in (*OWNED, *PARTS):
            obj = get_object(kind)
            mine = [each for each in records if each.kind == kind]
            expected = sorted(each.id for each in mine if seen(each, sight))

            assert [row["id"] for row in fetch(cursor, compile_ids(obj, Filter(), ctx))] == expected, kind
            assert fetch(cursor, compile_count(obj, Filter(), ctx)) == [{"count": len(expected)}]
            page = fetch(cursor, compile_select(obj, ("hs_object_id",), Filter(), None, ctx, limit=10))
            assert sorted(row["id"] for row in page) == expected
            found, every = (
                {row["id"] for row in fetch(cursor, compile_ids(obj, Filter(), each, search="red"))}
                for each in (ctx, asking(account_id, None))
            )
            assert found == every & set(expected)
            for each in mine:
                one = {"property": "hs_object_id", "operator": "is_any_of", "values": [each.id]}
                found = fetch(cursor, compile_ids(obj, parse(obj, {"groups": [[one]]}), ctx))
                assert bool(found) == seen(each, sight)


@settings(deadline=None, suppress_health_check=SHARED, max_examples=80)
@given(plan=worlds(), sight=sights, quantifier=st.sampled_from(["any", "none"]))
def test_conditions_on_associated_records_see_no_further(
    db: Connection[Any], account_id: int, plan: dict[str, Any], sight: Sight, quantifier: str
) -> None:
    with db.transaction(force_rollback=True), db.cursor() as cursor:
        records = write(db, account_id, plan)
        red = {"property": "firstname", "operator": "is_any_of", "values": ["red"]}
        term = {"associated": "contact", "quantifier": quantifier, "conditions": [red]}
        for kind in ("subscription", "invoice", "payment"):
            obj = get_object(kind)
            wanted = parse(obj, {"groups": [[term]]})
            expected = []
            for each in records:
                if each.kind == kind and seen(each, sight):
                    tied = each.ties["contact"]
                    some = tied is not None and seen(tied, sight) and tied.name == "red"
                    if some == (quantifier == "any"):
                        expected.append(each.id)
            ctx = asking(account_id, sight)
            assert [row["id"] for row in fetch(cursor, compile_ids(obj, wanted, ctx))] == sorted(expected)
            condition = compile_filter(obj, wanted, ctx)
            cursor.execute(
                f"SELECT t.id FROM {obj.table} t WHERE {condition.text} ORDER BY 1", condition.params
            )
            assert [row[0] for row in cursor.fetchall()] == sorted(expected)


def test_who_sees_everything_pays_nothing_for_it(account_id: int) -> None:
    subscription = get_object("subscription")
    plain = compile_count(subscription, Filter(), asking(account_id, None)).text
    assert "owner_id" not in plain
    everything = Sight(ME, (ME,), {"subscription": Scope.ALL})
    assert compile_count(subscription, Filter(), asking(account_id, everything)).text == plain


def test_an_object_that_is_not_named_is_not_seen(account_id: int) -> None:
    nothing = Sight(ME, (ME,), {})
    assert compile_count(get_object("contact"), Filter(), asking(account_id, nothing)).text.endswith(
        "AND FALSE"
    )
