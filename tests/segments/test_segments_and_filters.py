"""Whatever the filter and whatever changes: a segment has the records that a search, a list and the oracle find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import Sort
from kalends.crm.schema import account_object
from kalends.query import (
    Associated,
    Filter,
    Member,
    Operator,
    compile_ids,
    compile_select,
    fetch,
    parse,
    to_json,
)
from kalends.query.language import OF_HISTORY
from kalends.segments.evaluation import evaluate, keep
from kalends.segments.proof import check_segments
from kalends.segments.services import create_segment, delete_segment
from tests.query import books, oracle
from tests.segments.makings import change_everything, empty, members, on_the_day, own_properties

WORLD = oracle.World(books.TODAY, books.ZONE, me=None)
PRESENT = [each for each in Operator if each not in OF_HISTORY]
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]

conditions = books.conditions_on(books.CONDITION_PROPERTIES, books.SUBSCRIPTION.by_name, PRESENT)
ties = st.builds(
    Associated,
    st.just("contact"),
    st.lists(
        books.conditions_on(
            ("firstname", "lifecyclestage", "hs_email_optout"), books.CONTACT.by_name, PRESENT
        ),
        max_size=2,
    ).map(tuple),
    st.sampled_from(["any", "none"]),
)
filters = st.lists(
    st.lists(conditions | conditions | ties, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3
).map(lambda groups: Filter(tuple(groups)))


@settings(deadline=None, suppress_health_check=SHARED, max_examples=25)
@given(before=books.books, after=books.books, wanted=filters)
def test_search_list_segment_and_oracle_agree_before_and_after_a_change(
    db: Connection[Any], account: AccountContext, before: books.Book, after: books.Book, wanted: Filter
) -> None:
    ctx = on_the_day(account)
    own_properties(db, ctx)
    obj = account_object(db, ctx, "subscription")
    records = books.write(db, ctx.id, before._replace(changes=[]))
    id_ = create_segment(
        db, ctx, name="Some", object="subscription", kind="active", filter=to_json(obj, wanted)
    )
    keep(db, ctx)

    found = agreed(db, ctx, wanted, id_)
    assert found == [each.id for each in records if oracle.passes(each, wanted, WORLD)]

    change_everything(db, ctx, records, before, after)
    keep(db, ctx)
    followed = agreed(db, ctx, wanted, id_)
    assert followed == [each.id for each in records if oracle.passes(each, wanted, WORLD)]
    evaluate(db, ctx, id_)
    assert members(db, ctx, id_) == followed, "the full evaluation finds what the small ones left"
    assert check_segments(db, ctx) == []
    delete_segment(db, ctx, id_)
    empty(db, ctx)


def agreed(db: Connection[Any], ctx: AccountContext, wanted: Filter, segment: int) -> list[int]:
    """What a search, a list, the records asked by number, the segment and a filter by it all find."""
    asked = replace(books.context(ctx.id), user_id=None)
    obj = account_object(db, ctx, "subscription")
    with db.cursor() as cursor:
        found = [row["id"] for row in fetch(cursor, compile_ids(obj, wanted, asked))]
        listed = compile_select(obj, ["hs_name"], wanted, Sort("hs_object_id"), asked, limit=100)
        assert [row["id"] for row in fetch(cursor, listed)] == found
        every = [row["id"] for row in fetch(cursor, compile_ids(obj, Filter(), asked))]
        assert [row["id"] for row in fetch(cursor, compile_ids(obj, wanted, asked, among=every))] == found
        inside = Filter(((Member(segment),),))
        assert [row["id"] for row in fetch(cursor, compile_ids(obj, inside, asked))] == found
        outside = parse(obj, {"groups": [[{"segment": segment, "quantifier": "none"}]]})
        rest = [row["id"] for row in fetch(cursor, compile_ids(obj, outside, asked, among=every))]
        assert rest == [each for each in every if each not in found]
    assert members(db, ctx, segment) == found
    return found
