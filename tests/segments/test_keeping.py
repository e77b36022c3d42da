"""Segments through changes: ties, days, deletions and merges, evaluators that are killed or meet, and circles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.crm.create import NewContact, create_contacts
from kalends.crm.merge import merge
from kalends.crm.records import Who, archive
from kalends.events.journal import NewEvent, changed, write
from kalends.insight.saved import save_report
from kalends.segments import evaluation
from kalends.segments.evaluation import evaluate, follow, keep
from kalends.segments.members import add_members, remove_members, segments_of
from kalends.segments.proof import check_segments
from kalends.segments.segment import SegmentRefused, find_segment, uses_of
from kalends.segments.services import (
    change_filter,
    clone_segment,
    create_segment,
    delete_segment,
    make_static,
    rename_segment,
    restore_segment,
)
from kalends.views import Content, Viewer, save_view
from tests.conftest import Connect
from tests.query import books
from tests.segments.makings import members

END = "hs_recurring_billing_end_date"
WITH_END = {
    "groups": [[{"associated": "subscription", "conditions": [{"property": END, "operator": "known"}]}]]
}
NAMED_PER = {"property": "firstname", "operator": "is_any_of", "values": ["per"]}
KNOWN = {"groups": [[{"property": "email", "operator": "known"}]]}


def contact(db: Connection[Any], ctx: AccountContext, name: str) -> int:
    return create_contacts(db, ctx, [NewContact(email=f"{name}@example.com", first_name=name)])[0]


def subscription(db: Connection[Any], ctx: AccountContext, customer: int, **columns: Any) -> int:
    row = books.subscription_row(ctx.id, contact_id=customer, **columns)
    id_ = books.insert(db, "subscription", row)
    write(db, ctx.id, ctx.now, [NewEvent("subscription.created", "subscription", id_, id_, {})])
    return id_


def let_end(db: Connection[Any], ctx: AccountContext, id_: int, end: date | None) -> None:
    db.execute("UPDATE subscription SET end_date = %s WHERE account_id = %s AND id = %s", [end, ctx.id, id_])
    data = changed(end_date=(None, "2026-12-01"))
    write(db, ctx.id, ctx.now, [NewEvent("subscription.updated", "subscription", id_, id_, data)])


def make(db: Connection[Any], ctx: AccountContext, name: str, wanted: Any, **more: Any) -> int:
    id_ = create_segment(
        db, ctx, name=name, **{"object": "contact", "kind": "active", "filter": wanted, **more}
    )
    keep(db, ctx)
    return id_


def moves(db: Connection[Any], ctx: AccountContext, segment: int) -> list[dict[str, Any]]:
    of_segment = "account_id = %s AND kind = 'segment.moved' AND object_id = %s"
    query = f"SELECT data::text FROM event WHERE {of_segment} ORDER BY id"
    return [json.loads(row[0]) for row in db.execute(query, [ctx.id, segment]).fetchall()]


def refused(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(SegmentRefused) as refusal:
        call(*args, **more)
    return refusal.value.reason


def test_customers_whose_subscription_has_a_known_end_date_follow_their_subscriptions(
    db: Connection[Any], account: AccountContext
) -> None:
    kari, ola = contact(db, account, "kari"), contact(db, account, "ola")
    first = subscription(db, account, kari, end_date=date(2027, 1, 1))
    second = subscription(db, account, ola)
    id_ = make(db, account, "To renew", WITH_END)
    assert members(db, account, id_) == [kari]

    let_end(db, account, second, date(2027, 2, 1))
    let_end(db, account, first, None)
    kept = keep(db, account)

    assert (kept.full, kept.joined, kept.left) == (0, 1, 1)
    assert members(db, account, id_) == [ola]
    assert moves(db, account, id_) == [
        {"object": "contact", "joined": [kari], "first": True},
        {"object": "contact", "joined": [ola], "left": [kari]},
    ]
    assert [each[:2] for each in segments_of(db, account, ola)] == [(id_, "To renew")]
    assert find_segment(db, account, id_).size == 1
    assert check_segments(db, account) == []


def test_a_subscription_that_goes_to_another_customer_moves_both(
    db: Connection[Any], account: AccountContext
) -> None:
    kari, ola = contact(db, account, "kari"), contact(db, account, "ola")
    one = subscription(db, account, kari, end_date=date(2027, 1, 1))
    id_ = make(db, account, "To renew", WITH_END)
    db.execute(
        "UPDATE subscription SET contact_id = %s WHERE account_id = %s AND id = %s", [ola, account.id, one]
    )
    event = NewEvent("subscription.updated", "subscription", one, one, changed(contact_id=(kari, ola)))
    write(db, account.id, account.now, [event])
    keep(db, account)
    assert members(db, account, id_) == [ola]


def test_a_number_that_is_worked_out_over_ties_is_followed(
    db: Connection[Any], account: AccountContext
) -> None:
    kari = contact(db, account, "kari")
    wanted = {
        "groups": [[{"property": "hs_num_active_subscriptions", "operator": "greater", "values": ["0"]}]]
    }
    id_ = make(db, account, "Active customers", wanted)
    assert members(db, account, id_) == []
    subscription(db, account, kari)
    keep(db, account)
    assert members(db, account, id_) == [kari]


def test_days_are_counted_anew_at_the_account_s_midnight(
    db: Connection[Any], account: AccountContext
) -> None:
    kari = contact(db, account, "kari")
    soon = {"property": END, "operator": "less_than_days_ahead", "values": ["30"]}
    subscription(db, account, kari, end_date=account.today + timedelta(days=30))
    id_ = make(db, account, "Ends soon", {"groups": [[{"associated": "subscription", "conditions": [soon]}]]})
    assert members(db, account, id_) == []

    before_midnight = replace(account, now=account.now.replace(hour=22, minute=59))
    assert keep(db, before_midnight).full == 0
    after_midnight = replace(account, now=account.now.replace(hour=23, minute=1))
    assert keep(db, after_midnight).full == 1, "23:00 UTC is midnight in Oslo"
    assert members(db, account, id_) == [kari]
    assert keep(db, after_midnight).full == 0


def test_one_segment_asks_for_another_and_for_who_is_not_in_it(
    db: Connection[Any], account: AccountContext
) -> None:
    kari, ola = contact(db, account, "kari"), contact(db, account, "ola")
    hand = create_segment(db, account, name="Friends", object="contact", kind="static", records=[kari])
    inside = make(db, account, "In", {"groups": [[{"segment": str(hand)}]]})
    outside = make(db, account, "Out", {"groups": [[{"segment": str(hand), "quantifier": "none"}]]})
    theirs = {"groups": [[{"associated": "contact", "conditions": [{"segment": str(hand)}]}]]}
    one = subscription(db, account, ola)
    through = make(db, account, "Theirs", theirs, object="subscription")
    add_members(db, account, hand, [ola], "user:1")
    remove_members(db, account, hand, [kari], "user:1")
    keep(db, account)
    assert members(db, account, inside) == [ola]
    assert members(db, account, outside) == [kari]
    assert members(db, account, through) == [one]
    view = Content(groups=([{"segment": str(hand), "quantifier": "any"}],))
    save_view(db, account, get_object("contact"), Viewer(1), name="My friends", content=view)
    asking = {"filter": {"groups": [[{"segment": str(hand)}]]}}
    save_report(db, account, Viewer(1), name="Friends by month", content=asking)
    asked_by = {"In", "Out", "Theirs", "My friends", "Friends by month"}
    assert {use.name for use in uses_of(db, account, hand)} == asked_by

    not_theirs = {
        "groups": [[{"associated": "contact", "quantifier": "none", "conditions": [{"segment": str(hand)}]}]]
    }
    others = make(db, account, "Not theirs", not_theirs, object="subscription")
    assert members(db, account, others) == []
    delete_segment(db, account, hand)
    keep(db, account)
    for each in (inside, outside, through, others):
        assert members(db, account, each) == [], "whichever way it is asked, a deleted segment lets nobody in"
    restore_segment(db, account, hand)
    keep(db, account)
    assert members(db, account, inside) == [ola]
    assert members(db, account, outside) == [kari]


def test_segments_cannot_ask_for_each_other_in_a_circle(db: Connection[Any], account: AccountContext) -> None:
    first = make(db, account, "First", KNOWN)
    second = make(db, account, "Second", {"groups": [[{"segment": str(first)}]]})
    third = make(db, account, "Third", {"groups": [[{"segment": str(second)}]]})
    circle = {"groups": [[{"segment": str(third)}]]}
    assert refused(change_filter, db, account, first, circle) == "circle"
    assert refused(change_filter, db, account, first, {"groups": [[{"segment": str(first)}]]}) == "circle"
    missing = {"groups": [[{"segment": "999999999"}]]}
    assert refused(change_filter, db, account, first, missing) == "filter"
    wrong = {"groups": [[{"associated": "company", "conditions": [{"segment": str(second)}]}]]}
    assert refused(change_filter, db, account, first, wrong) == "filter"


def test_a_static_segment_keeps_what_it_was_given_but_for_deleted_and_merged_records(
    db: Connection[Any], account: AccountContext
) -> None:
    kari, ola, per = (contact(db, account, name) for name in ("kari", "ola", "per"))
    once = make(db, account, "Snapshot", KNOWN, kind="static")
    assert members(db, account, once) == [kari, ola, per]
    both = make(db, account, "Both", {"groups": [[NAMED_PER]]}, kind="static", records=[kari])
    assert members(db, account, both) == [kari, per]
    late = contact(db, account, "late")
    keep(db, account)
    assert late not in members(db, account, once)
    people = get_object("contact")
    archive(db, account, people, [kari], Who("user:1", "CRM_UI", "userId:1"))
    merge(db, account, people, late, ola)
    keep(db, account)
    assert members(db, account, once) == [per, late]
    active = make(db, account, "Active", KNOWN)
    assert refused(add_members, db, account, active, [per], "user:1") == "not_static"
    make_static(db, account, active)
    contact(db, account, "later")
    keep(db, account)
    assert members(db, account, active) == [per, late]
    copy = clone_segment(db, account, active, "Copy")
    assert members(db, account, copy) == [per, late]


def test_an_evaluator_that_is_killed_leaves_nothing_and_the_next_one_ends_it(
    db: Connection[Any], account: AccountContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "EVENTS_IN_A_STEP", 2)
    id_ = make(db, account, "Reachable", KNOWN)
    ids = [contact(db, account, f"c{number}") for number in range(5)]
    with db.transaction(force_rollback=True):
        follow(db, account)
    assert members(db, account, id_) == []
    follow(db, account)
    part = members(db, account, id_)
    assert 0 < len(part) < 5
    keep(db, account)
    assert members(db, account, id_) == ids
    told = [each for data in moves(db, account, id_) for each in data["joined"]]
    assert sorted(told) == ids, "each joined once, whatever was begun anew"


def test_two_evaluators_do_not_get_into_each_other_s_way(
    db: Connection[Any], account: AccountContext, inside: Connect
) -> None:
    id_ = make(db, account, "Reachable", KNOWN)
    other = inside()
    with db.transaction():
        evaluate(db, account, id_)
        assert evaluate(other, account, id_) is None
        assert follow(other, account) is None
    assert follow(other, account) is not None


def test_an_edited_filter_moves_members_and_says_that_it_was_edited(
    db: Connection[Any], account: AccountContext
) -> None:
    kari, ola = contact(db, account, "kari"), contact(db, account, "ola")
    id_ = make(
        db,
        account,
        "Some",
        {"groups": [[{"property": "firstname", "operator": "is_any_of", "values": ["kari"]}]]},
    )
    change_filter(
        db,
        account,
        id_,
        {"groups": [[{"property": "firstname", "operator": "is_any_of", "values": ["ola"]}]]},
    )
    assert find_segment(db, account, id_).is_waiting
    keep(db, account)
    assert members(db, account, id_) == [ola]
    assert moves(db, account, id_)[-1] == {
        "object": "contact",
        "joined": [ola],
        "left": [kari],
        "edited": True,
    }


def test_names_are_given_once_and_back_when_a_segment_is_deleted(
    db: Connection[Any], account: AccountContext
) -> None:
    first = make(db, account, "Friends", KNOWN)
    other = make(db, account, "Others", KNOWN)
    assert refused(make, db, account, " Friends ", KNOWN) == "name_taken"
    assert refused(rename_segment, db, account, other, "Friends") == "name_taken"
    assert refused(rename_segment, db, account, other, " ") == "name_missing"
    delete_segment(db, account, first)
    make(db, account, "Friends", KNOWN)
    assert refused(restore_segment, db, account, first) == "name_taken"
    assert refused(find_segment, db, account, first) == "gone"
    assert refused(make, db, account, "Everything", {"groups": []}) == "filter"
