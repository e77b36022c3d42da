"""Which events of the journal become webhooks, for whom, and that none is passed by or told twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.integration_apps import create_app
from kalends.accounts.sql import load
from kalends.billing.cancel import cancel
from kalends.catalog.registry import OBJECTS
from kalends.crm.associations import End, associate, dissociate
from kalends.crm.create import NewCompany, NewContact, create_companies, create_contacts
from kalends.crm.erasure import erase_contact
from kalends.crm.merge import merge
from kalends.crm.properties import create_property
from kalends.crm.property_terms import Definition
from kalends.crm.records import (
    New,
    Who,
    Wish,
    archive,
    prepare_changes,
    prepare_new,
    write_changes,
    write_new,
)
from kalends.crm.schema import account_object
from kalends.events import journal
from kalends.events.webhooks.delivery import take
from kalends.events.webhooks.kinds import NAMED, BadEventType, read_event_type
from kalends.events.webhooks.matching import announce
from kalends.events.webhooks.settings import find_target, set_target
from kalends.events.webhooks.subscriptions import (
    CannotSubscribe,
    SubscribedAlready,
    subscribe,
    switch,
    unsubscribe,
)
from tests.at_once import at_once
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect
from tests.world import World

Subscribe = Callable[..., int]
WHO = Who("api:7", "INTEGRATION", "7")


@pytest.fixture
def app(db: AnyConnection, account: AccountContext) -> int:
    """An app that is told at an address nobody calls here."""
    made = create_app(db, account.id, name="Ledger sync", now=FIRST_MOMENT).app.id
    with db.transaction():
        set_target(db, account, made, url="https://example.org/told", now=FIRST_MOMENT)
    return made


@pytest.fixture
def wants(db: AnyConnection, account: AccountContext, app: int) -> Subscribe:
    """Subscribes the app to a change; returns the subscription's number."""

    def wanting(
        name: str, prop: str | None = None, object_type: str | None = None, *, active: bool = True
    ) -> int:
        event_type = read_event_type(name, object_type)
        with db.transaction():
            return subscribe(
                db, account, app, event_type, property_name=prop, active=active, now=FIRST_MOMENT
            ).id

    return wanting


def told(db: AnyConnection, ctx: AccountContext, app: int) -> list[dict[str, Any]]:
    """What the app would be sent now."""
    while announce(db, ctx, app).more:
        pass
    target = find_target(db, ctx, app)
    assert target is not None
    found: list[dict[str, Any]] = []
    while (post := take(db, ctx, target, 0, FIRST_MOMENT)) is not None:
        found += json.loads(post.body)
    return found


def particular(event: dict[str, Any]) -> dict[str, Any]:
    """What an event says beyond what all of them say."""
    common = {"eventId", "subscriptionId", "portalId", "appId", "occurredAt", "attemptNumber", "isSensitive"}
    return {name: value for name, value in event.items() if name not in common}


def contact(db: AnyConnection, ctx: AccountContext, email: str = "kari@customers.test") -> int:
    return create_contacts(db, ctx, [NewContact(email=email)])[0]


def make(db: AnyConnection, ctx: AccountContext, name: str, **properties: Any) -> int:
    obj = account_object(db, ctx, name)
    with db.transaction():
        drafts = prepare_new(db, ctx, obj, [New(properties)])
        assert [draft.written.problems for draft in drafts] == [[]]
        return write_new(db, ctx, obj, drafts, WHO)[0]


def change(db: AnyConnection, ctx: AccountContext, name: str, id_: int, **properties: Any) -> None:
    obj = account_object(db, ctx, name)
    with db.transaction():
        prepared = prepare_changes(db, ctx, obj, [Wish(id_, properties)])
        assert [each.written.problems for each in prepared.changes] == [[]]
        write_changes(db, ctx, obj, prepared.changes, WHO)


def test_a_new_contact_a_changed_one_and_one_that_goes(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    for name in ("contact.creation", "contact.deletion"):
        wants(name)
    wants("contact.propertyChange", "email")
    id_ = make(db, account, "contact", email="kari@customers.test")
    change(db, account, "contact", id_, email="kåre@customers.test", firstname="Kåre")
    change(db, account, "contact", id_, email="")
    with db.transaction():
        archive(db, account, OBJECTS["contact"], [id_], WHO)
    shared = {"objectId": id_, "objectTypeId": "0-1", "changeSource": "INTEGRATION", "sourceId": "api-7"}
    changed = {"subscriptionType": "contact.propertyChange", "propertyName": "email"}
    assert [particular(event) for event in told(db, account, app)] == [
        {**shared, "subscriptionType": "contact.creation", "changeFlag": "NEW"},
        {**shared, **changed, "propertyValue": "kåre@customers.test"},
        {**shared, **changed, "propertyValue": ""},
        {**shared, "subscriptionType": "contact.deletion", "changeFlag": "DELETED"},
    ]


def test_each_changed_property_is_an_event_of_its_own_and_others_are_none(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    for prop in ("email", "firstname", "city"):
        wants("contact.propertyChange", prop)
    id_ = contact(db, account)
    change(db, account, "contact", id_, email="kare@customers.test", firstname="Kåre", lastname="Hansen")
    events = told(db, account, app)
    assert {(event["propertyName"], event["propertyValue"]) for event in events} == {
        ("email", "kare@customers.test"),
        ("firstname", "Kåre"),
    }
    assert len({event["eventId"] for event in events}) == 1
    assert len({event["subscriptionId"] for event in events}) == 2


def test_an_own_property_and_an_amount_in_its_currency_are_told_as_the_api_writes_them(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, world: World
) -> None:
    with db.transaction():
        new = Definition(
            name="seats", label="Seats", type="number", field_type="number", group="contactinformation"
        )
        create_property(db, account, OBJECTS["contact"], new)
    wants("object.propertyChange", "seats", "0-1")
    wants("object.propertyChange", "hs_next_payment_amount", "0-69")
    kari = contact(db, account)
    change(db, account, "contact", kari, seats="12.50")
    id_ = world.subscribe(kari, "100", currency="NOK", start=account.today)
    db.execute(
        "UPDATE subscription SET archived_at = %s WHERE account_id = %s AND id = %s",
        [account.now, account.id, id_],
    )
    data = {"changes": {"next_amount_minor": [10_000, 12_345]}}
    journal.write(
        db, account.id, account.now, [journal.NewEvent("subscription.edited", "subscription", id_, id_, data)]
    )
    assert [event["propertyValue"] for event in told(db, account, app)] == ["12.5", "123.45"]


def test_ties_are_told_from_both_ends_with_which_is_primary(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    wants("contact.associationChange")
    wants("object.associationChange", None, "0-2")
    kari = contact(db, account)
    (company,) = create_companies(db, account, [NewCompany(name="Nordlys")])
    associate(db, account, End("contact", kari), End("company", company), types=[("HUBSPOT_DEFINED", 1)])
    dissociate(db, account, End("contact", kari), End("company", company))
    events = [
        (
            event["subscriptionType"],
            event["associationType"],
            event["fromObjectId"],
            event["toObjectId"],
            event["associationRemoved"],
            event["isPrimaryAssociation"],
        )
        for event in told(db, account, app)
    ]
    named = ("contact.associationChange", "CONTACT_TO_COMPANY", kari, company)
    generic = ("object.associationChange", "COMPANY_TO_CONTACT", company, kari)
    assert events == [
        (*named, False, True),
        (*generic, False, True),
        (*named, True, False),
        (*generic, True, False),
    ]


def test_a_merge_names_both_records_and_the_one_that_goes_is_told_as_deleted(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    wants("contact.merge")
    wants("contact.deletion")
    here, there = contact(db, account), contact(db, account, "kare@customers.test")
    change(db, account, "contact", there, city="Oslo")
    merge(db, account, OBJECTS["contact"], here, there)
    merged, deleted = told(db, account, app)
    assert merged["primaryObjectId"] == merged["newObjectId"] == merged["objectId"] == here
    assert merged["mergedObjectIds"] == [there]
    assert merged["numberOfPropertiesMoved"] == 2
    assert (deleted["objectId"], deleted["changeFlag"]) == (there, "DELETED")


def test_an_erased_contact_is_told_as_a_deletion_for_privacy(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    wants("contact.privacyDeletion")
    wants("contact.deletion")
    event = journal.NewEvent("contact.erased", "contact", 51, None, {})
    journal.write(db, account.id, account.now, [event])
    kinds = {(event["subscriptionType"], event["objectId"]) for event in told(db, account, app)}
    assert kinds == {("contact.privacyDeletion", 51), ("contact.deletion", 51)}


def test_what_was_to_be_told_of_an_erased_contact_is_told_without_its_words(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    wants("contact.creation")
    wants("contact.propertyChange", "email")
    wants("contact.privacyDeletion")
    kari = contact(db, account)
    change(db, account, "contact", kari, email="kare@customers.test")
    announce(db, account, app)
    erase_contact(db, account, kari)
    events = told(db, account, app)
    assert [event["subscriptionType"] for event in events] == ["contact.creation", "contact.privacyDeletion"]
    assert "customers.test" not in json.dumps(events)


def test_billing_is_told_new_subscriptions_invoices_and_payments_each_once(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, world: World
) -> None:
    for object_type in ("0-69", "0-53", "0-101"):
        wants("object.creation", None, object_type)
    wants("object.propertyChange", "hs_next_payment_due_date", "0-69")
    kari = world.customer()
    id_ = world.subscribe(kari, "100", start=account.today, method=world.method(kari, "approved"))
    world.until("2026-02-02")
    ctx = world.reload()
    events = told(db, ctx, app)
    created = [event["objectTypeId"] for event in events if event["subscriptionType"] == "object.creation"]
    assert sorted(created) == ["0-101", "0-101", "0-53", "0-53", "0-69"]
    due = [event for event in events if event["subscriptionType"] == "object.propertyChange"]
    assert [(event["objectId"], event["propertyValue"]) for event in due] == [
        (id_, "2026-02-01"),
        (id_, "2026-03-01"),
    ]


def test_a_payment_by_debit_is_created_once_though_its_status_changes_later(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, world: World
) -> None:
    wants("object.creation", None, "0-101")
    kari = world.customer()
    world.subscribe(kari, "100", start=account.today, method=world.method(kari, kind="sepa"))
    world.until("2026-01-20")
    kinds = world.rows("SELECT kind FROM event WHERE account_id = %s AND object_type = 'payment'", account.id)
    assert len(kinds) > 1
    assert len(told(db, world.reload(), app)) == 1


@pytest.mark.parametrize("object_type", sorted(each.type_id for each in OBJECTS.values()))
def test_every_kind_of_record_can_be_subscribed_to(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, object_type: str
) -> None:
    for name in ("creation", "deletion", "merge", "restore", "associationChange"):
        wants(f"object.{name}", None, object_type)
    obj = next(each for each in OBJECTS.values() if each.type_id == object_type)
    journal.write(
        db, account.id, account.now, [journal.NewEvent(f"{obj.name}.created", obj.name, 7, None, {})]
    )
    (event,) = told(db, account, app)
    assert (event["objectTypeId"], event["objectId"], event["changeFlag"]) == (object_type, 7, "NEW")


def test_what_happened_before_a_subscription_or_while_it_was_off_is_not_told(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    wants("contact.deletion")
    contact(db, account)
    id_ = wants("contact.creation", active=False)
    contact(db, account, "a@customers.test")
    with db.transaction():
        switch(db, account, app, {id_: True}, account.now)
    later = contact(db, account, "b@customers.test")
    assert [event["objectId"] for event in told(db, account, app)] == [later]
    with db.transaction():
        assert unsubscribe(db, account, app, id_)
    contact(db, account, "c@customers.test")
    assert told(db, account, app) == []


def test_what_was_taken_back_is_never_told_and_what_commits_late_is_told_once(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, inside: Connect
) -> None:
    wants("contact.creation")
    slow, gone = inside(), inside()
    slow.execute("BEGIN")
    late = contact(slow, account, "slow@customers.test")
    gone.execute("BEGIN")
    contact(gone, account, "gone@customers.test")
    quick = contact(db, account, "quick@customers.test")
    assert told(db, account, app) == []
    gone.execute("ROLLBACK")
    slow.execute("COMMIT")
    assert [event["objectId"] for event in told(db, account, app)] == [late, quick]
    assert told(db, account, app) == []


def test_two_that_move_the_cursor_at_once_write_each_delivery_once(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, inside: Connect
) -> None:
    wants("contact.creation")
    create_contacts(db, account, [NewContact(email=f"c{number}@customers.test") for number in range(500)])
    others = [inside() for _ in range(4)]
    steps = at_once(*(lambda other=other: announce(other, account, app, limit=100) for other in others))
    written = sum(step.deliveries for step in steps)
    while (step := announce(db, account, app, limit=100)).events:
        written += step.deliveries
    rows = db.execute("SELECT count(*) FROM webhook_delivery WHERE account_id = %s", [account.id]).fetchone()
    assert written == 500
    assert rows == (500,)


@pytest.mark.parametrize(
    ("name", "object_type", "prop"),
    [
        ("contact.explosion", None, None),
        ("subscription.creation", None, None),
        ("object.creation", None, None),
        ("object.creation", "0-999", None),
        ("contact.creation", "0-2", None),
        ("company.privacyDeletion", None, None),
        ("contact.creation", None, "email"),
        ("contact.propertyChange", None, None),
        ("contact.propertyChange", None, "nothing_like_this"),
        ("object.propertyChange", "0-69", "hs_mrr"),
        ("", None, None),
    ],
)
def test_what_cannot_be_told_is_refused(
    wants: Subscribe, name: str, object_type: str | None, prop: str | None
) -> None:
    with pytest.raises((BadEventType, CannotSubscribe)):
        wants(name, prop, object_type)


def test_the_same_subscription_twice_is_refused(wants: Subscribe) -> None:
    wants("contact.propertyChange", "email")
    wants("contact.propertyChange", "city")
    with pytest.raises(SubscribedAlready):
        wants("contact.propertyChange", "email")


def test_the_names_of_six_objects_stand_for_their_type_ids() -> None:
    types = {name: read_event_type(f"{name}.creation", None).obj.type_id for name in NAMED}
    assert types == {
        "contact": "0-1",
        "company": "0-2",
        "deal": "0-3",
        "ticket": "0-5",
        "line_item": "0-8",
        "product": "0-7",
    }


def test_no_statement_reads_a_whole_table_however_much_was_told(
    db: AnyConnection, owner: AnyConnection, account: AccountContext, app: int, wants: Subscribe
) -> None:
    id_ = wants("contact.creation")
    owner.execute(
        "INSERT INTO webhook_batch (account_id, id, app_id, status, tries, created_at, closed_at, next_try_at) "
        "SELECT %(account)s, 900000000 + n, %(app)s, CASE WHEN n %% 1000 = 0 THEN 'waiting' ELSE 'delivered' END, 1, "
        "%(now)s, CASE WHEN n %% 1000 > 0 THEN %(now)s::timestamptz END, "
        "CASE WHEN n %% 1000 = 0 THEN %(now)s::timestamptz END FROM generate_series(1, 20000) AS n",
        {"account": account.id, "app": app, "now": account.now},
    )
    owner.execute(
        "INSERT INTO webhook_delivery (account_id, subscription_id, event_id, app_id, batch_id) "
        "SELECT %(account)s, %(id)s, n, %(app)s, CASE WHEN n %% 100 > 0 THEN 900000000 + n / 10 END "
        "FROM generate_series(1, 200000) AS n",
        {"account": account.id, "app": app, "id": id_},
    )
    owner.execute(
        "INSERT INTO event (account_id, at, kind, object_type, object_id, actor, data) "
        "SELECT %s, %s, 'contact.updated', 'contact', n, 'system', '{}' FROM generate_series(1, 50000) AS n",
        [account.id, account.now],
    )
    owner.execute("ANALYZE webhook_batch, webhook_delivery, event")
    last = db.execute("SELECT max(id) FROM event WHERE account_id = %s", [account.id]).fetchone()
    assert last is not None
    params = {
        "account_id": account.id, "app_id": app, "slot": 0, "now": account.now, "limit": 100, "batch": 900000007,
        "tries_max": 11, "reason": "", "oldest": account.now, "after": last[0] - 100, "upto": last[0],
        "settled": last[0], "subscriptions": f"{{{id_}}}", "objects": "{contact}", "kinds": "{contact.created}",
        "firsts": "{f}", "places": "{NULL}", "sinces": "{0}",
    }  # fmt: skip
    names = (
        "take_waiting_batch",
        "make_batch",
        "recover_webhooks",
        "events_of_batch",
        "webhook_step",
        "match_webhooks",
    )
    for name in names:
        rows = db.execute("EXPLAIN " + load("kalends.events", name), params).fetchall()
        plan = "\n".join(row[0] for row in rows)
        assert not any(
            f"Seq Scan on {table}" in plan for table in ("webhook_batch", "webhook_delivery", "event")
        ), f"{name}\n{plan}"


def test_the_walls_hold_what_an_app_of_another_account_wants_is_not_told(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, connect: Connect
) -> None:
    wants("contact.creation")
    other = connect()
    another = create_account(
        other, name="Another AS", time_zone="Europe/Oslo", currency="EUR", country="NO", now=FIRST_MOMENT
    )
    contact(other, another)
    assert told(db, account, app) == []
    assert find_target(other, another, app) is None


def test_a_canceled_subscription_is_told_under_the_name_of_who_canceled_it(
    db: AnyConnection, account: AccountContext, app: int, wants: Subscribe, world: World
) -> None:
    wants("object.propertyChange", "hs_status", "0-69")
    id_ = world.subscribe(world.customer(), "100", start=account.today)
    cancel(db, account, id_, actor="user:3")
    events = told(db, account, app)
    assert [(event["propertyValue"], event["changeSource"], event["sourceId"]) for event in events] == [
        ("canceled", "CRM_UI", "userId:3")
    ]
