"""What happened comes as a feed that passes nothing, and a change may name the version of the record it means."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.events import journal
from kalends.events.feed import floor_of
from tests.api.conftest import Api, NewApi, new_account, tie
from tests.conftest import AnyConnection, Connect
from tests.world import World

SUBSCRIPTIONS, CONTACTS, OURS = "/crm/v3/objects/subscriptions", "/crm/v3/objects/contacts", "/kalends/v1"


# ---------------------------------------------------------------- the feed


def told(answer: dict[str, Any]) -> list[str]:
    return [each["id"] for each in answer["results"]]


def write(db: AnyConnection, ctx: AccountContext, number: int) -> int:
    event = journal.NewEvent("contact.noted", "contact", number, None, {"number": number})
    return journal.write_one(db, ctx.id, ctx.now, event, "test")


def test_every_event_comes_once_in_order_whatever_the_size_of_the_pages(api: Api, active: int) -> None:
    everything = api.get(f"{OURS}/events?limit=1000")
    after, seen = "0", []
    while True:
        page = api.get(f"{OURS}/events?limit=2&after={after}")
        seen += told(page)
        after = page["after"]
        if "paging" not in page:
            break
        assert page["paging"]["next"]["after"] == after == page["results"][-1]["id"]

    assert seen == told(everything)
    assert seen == sorted(seen, key=int)
    assert {"subscription.created", "invoice.issued"} <= {each["kind"] for each in everything["results"]}
    assert told(api.get(f"{OURS}/events?after={after}")) == []

    id_ = api.make("contacts", firstname="Ada")
    (fresh,) = api.get(f"{OURS}/events?after={after}")["results"]
    assert (fresh["kind"], fresh["objectTypeId"], fresh["objectId"]) == ("contact.created", "0-1", id_)
    assert fresh["occurredAt"] == "2026-01-02T12:00:00.000Z"
    assert fresh["actor"].startswith("api:")


def test_an_event_that_is_committed_late_is_not_passed(
    api: Api, account: AccountContext, connect: Connect
) -> None:
    slow, quick = connect(), connect()
    for each in (slow, quick):
        enter_account(each, account.id)
    start = api.get(f"{OURS}/events?limit=1000")["after"]
    with slow.transaction():
        late = write(slow, account, 1)
        with quick.transaction():
            early = write(quick, account, 2)
        assert late < early
        waiting = api.get(f"{OURS}/events?after={start}")
        assert told(waiting) == []
        assert int(waiting["after"]) < late
    both = api.get(f"{OURS}/events?after={waiting['after']}")

    assert told(both) == [str(late), str(early)]


def test_what_was_taken_back_holds_nothing_up(api: Api, account: AccountContext, connect: Connect) -> None:
    writer = connect()
    enter_account(writer, account.id)
    start = api.get(f"{OURS}/events?limit=1000")["after"]
    with writer.transaction():
        with writer.transaction(force_rollback=True):
            write(writer, account, 1)
        kept = write(writer, account, 2)
        assert told(api.get(f"{OURS}/events?after={start}")) == []
    with writer.transaction(force_rollback=True):
        write(writer, account, 3)

    assert told(api.get(f"{OURS}/events?after={start}")) == [str(kept)]


def test_a_long_transaction_of_another_account_holds_nothing_up(
    api: Api, account: AccountContext, connect: Connect
) -> None:
    other = connect()
    theirs = new_account(other, "Another AS")
    start = api.get(f"{OURS}/events?limit=1000")["after"]
    with other.transaction():
        write(other, theirs, 1)
        id_ = api.make("contacts", firstname="Ada")
        assert [each["objectId"] for each in api.get(f"{OURS}/events?after={start}")["results"]] == [id_]


def test_the_feed_shows_only_what_the_token_may_read(
    api: Api, another: NewApi, account: AccountContext, active: int
) -> None:
    api.make("companies", name="Engines")
    reader = another(account, "crm.objects.companies.read", "crm.objects.contacts.write")

    page = reader.get(f"{OURS}/events")

    assert {each["objectType"] for each in page["results"]} == {"company"}
    assert another(account, "crm.objects.contacts.write").get(f"{OURS}/events", 403)
    assert told(another().get(f"{OURS}/events?limit=1000")) != told(api.get(f"{OURS}/events?limit=1000"))


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1.5", "limit=0", "limit=1001", "limit=x"])
def test_a_mark_or_a_limit_that_cannot_be_is_refused(api: Api, query: str) -> None:
    assert api.get(f"{OURS}/events?{query}", 400)["category"] == "VALIDATION_ERROR"


def test_a_mark_beyond_everything_gives_nothing(api: Api) -> None:
    assert api.get(f"{OURS}/events?after={10**17}") == {"results": [], "after": str(10**17)}


def test_a_lock_names_the_right_number_also_where_its_bits_begin_anew() -> None:
    for given_out in (1, 2**31 - 1, 2**31, 5 * 2**31 + 3):
        for floor in (max(0, given_out - 1000), given_out, given_out + 1000):
            assert floor_of(floor % 2**31, given_out) == floor


# ---------------------------------------------------------------- versions


def version_of(tag: str) -> list[str]:
    """Without the fingerprint of the answer, which reads have besides."""
    return tag.strip('"').split("-")[:2]


def test_a_change_that_names_an_older_version_is_refused_and_nothing_is_lost(api: Api) -> None:
    made = api.ask("POST", CONTACTS, {"properties": {"firstname": "Ada"}})
    path = f"{CONTACTS}/{made.json()['id']}"
    tag = api.ask("GET", path).headers["ETag"]
    assert version_of(tag) == version_of(made.headers["ETag"])

    first = api.ask("PATCH", path, {"properties": {"city": "London"}}, headers={"If-Match": tag})
    second = api.ask("PATCH", path, {"properties": {"city": "Paris"}}, headers={"If-Match": tag})
    deleted = api.ask("DELETE", path, headers={"If-Match": tag})

    assert (first.status_code, second.status_code, deleted.status_code) == (200, 412, 412)
    assert second.json()["category"] == "PRECONDITION_FAILED"
    assert second.headers["ETag"] == first.headers["ETag"]
    assert version_of(first.headers["ETag"]) == version_of(api.ask("GET", path).headers["ETag"])
    assert version_of(first.headers["ETag"]) != version_of(tag)
    assert api.get(f"{path}?properties=city")["properties"]["city"] == "London"
    api.patch(path, {"properties": {"city": "Paris"}}, headers={"If-Match": f'"x", {first.headers["ETag"]}'})
    api.delete(path, headers={"If-Match": "*"})


@pytest.mark.parametrize("tag", ["x", '"x"', "W/{}", '""', ",", '"', '"é"'.encode().decode("latin-1")])
def test_a_version_that_nobody_was_told_matches_nothing(api: Api, tag: str) -> None:
    id_ = api.make("contacts", firstname="Ada")
    now = api.ask("GET", f"{CONTACTS}/{id_}").headers["ETag"]

    headers = {"If-Match": tag.replace("{}", now)}

    api.patch(f"{CONTACTS}/{id_}", {"properties": {"city": "Paris"}}, 412, headers=headers)


def test_a_record_that_is_not_there_is_not_found_whatever_version_is_named(api: Api) -> None:
    api.patch(f"{CONTACTS}/1", {"properties": {"city": "Paris"}}, 404, headers={"If-Match": '"1-1"'})


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*"])
def test_an_answer_that_is_there_already_is_not_sent_again(api: Api, form: str) -> None:
    path = f"{CONTACTS}/{api.make('contacts', firstname='Ada')}?properties=firstname"
    tag = api.ask("GET", path).headers["ETag"]

    again = api.ask("GET", path, headers={"If-None-Match": form.replace("{}", tag)})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


def test_an_answer_that_is_another_is_sent_whatever_made_it_so(api: Api) -> None:
    id_ = api.make("contacts", firstname="Ada")
    path = f"{CONTACTS}/{id_}?properties=num_associated_deals"
    tag = {"If-None-Match": api.ask("GET", path).headers["ETag"]}
    assert api.ask("GET", f"{CONTACTS}/{id_}?properties=firstname", headers=tag).status_code == 200
    api.make("deals", [tie(id_, 3)], dealname="Engine", dealstage="contractsent")

    assert api.ask("GET", path, headers=tag).status_code == 200


def test_billing_gives_a_subscription_a_new_version(api: Api, books: World, active: int) -> None:
    path = f"{SUBSCRIPTIONS}/{active}"
    tag = {"If-Match": api.ask("GET", path).headers["ETag"]}
    books.until("2026-02-02")

    api.patch(path, {"properties": {"hs_name": "Silver"}}, 412, headers=tag)
    api.post(f"/payments-subscriptions/v1/subscriptions/crm/{active}/cancel", None, 412, headers=tag)
    assert books.subscription(active, "status") == "active"
