"""Actions on many records at once: what is selected, what is said first, what is done, and what is refused."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from kalends.accounts.context import AccountContext
from kalends.accounts.models import User
from kalends.billing.changes import cancel_subscriptions
from kalends.staff.index import selection
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import give_place, new_user
from tests.world import World


class Office:
    """A user with five subscriptions, one of them canceled."""

    def __init__(self, world: World, client: Client, user: User) -> None:
        self.world, self.client, self.user = world, client, user
        self.base = f"/{world.ctx.id}/subscriptions"
        contact = world.customer()
        self.ids = [world.subscribe(contact, start=dt.date(2026, 2, day)) for day in range(1, 6)]
        for number, id_ in enumerate(self.ids, 1):
            world.db.execute(
                "UPDATE subscription SET name = %s WHERE account_id = %s AND id = %s",
                [f"Plan {number}", world.ctx.id, id_],
            )
        cancel_subscriptions(world.db, world.ctx, [self.ids[0]])

    def ask(self, what: str, **words: Any) -> str:
        response = self.client.get(f"{self.base}/bulk/{what}", words)
        assert response.status_code == 200
        return unescape(response.content.decode())

    def act(self, what: str, **fields: Any) -> Any:
        return self.client.post(f"{self.base}/bulk/{what}", fields)

    def column(self, name: str) -> list[Any]:
        rows = self.world.rows(
            f"SELECT {name} FROM subscription WHERE account_id = %s ORDER BY id",
            self.world.ctx.id,
        )
        return [row[0] for row in rows]


@pytest.fixture
def office(world: World, sign_in: SignIn) -> Office:
    user = new_user()
    give_place(world.db, user, world.ctx.id)
    return Office(world, sign_in(user), user)


def test_the_consequence_is_said_in_words_with_the_number_of_records(office: Office) -> None:
    page = office.ask("assign", id=office.ids[:2])
    assert "Assign 2 subscriptions" in page
    assert "Nothing else changes, and no customer is told." in page
    assert "Delete 5 subscriptions" in office.ask("delete", all="1")


def test_an_owner_is_assigned_to_those_that_were_ticked(office: Office) -> None:
    response = office.act("assign", id=office.ids[1:3], value="me")
    assert response.status_code == 303
    assert response["Location"] == office.base
    assert office.column("owner_id") == [None, office.user.id, office.user.id, None, None]
    assert office.act("assign", id=office.ids[1:2], value="").status_code == 303
    assert office.column("owner_id") == [None, None, office.user.id, None, None]


def test_all_of_the_view_are_those_that_its_filters_let_through(office: Office) -> None:
    page = office.ask("assign", all="1", status="canceled")
    assert "Assign 1 subscription" in page
    office.act("assign", all="1", status="canceled", value="me")
    assert office.column("owner_id") == [office.user.id, None, None, None, None]


def test_one_property_gets_the_same_value_everywhere_and_the_history_keeps_the_old(office: Office) -> None:
    assert 'name="value"' not in office.ask("edit", id=office.ids)
    assert 'name="value"' in office.ask("edit", id=office.ids, property="hs_language")
    response = office.act("edit", id=office.ids, property="hs_invoice_comments", value="Thank you")
    assert response.status_code == 303
    assert office.column("comments") == ["Thank you"] * 5
    kinds = office.world.rows(
        "SELECT DISTINCT actor FROM event WHERE account_id = %s AND kind = 'subscription.updated'",
        office.world.ctx.id,
    )
    assert kinds == [(f"user:{office.user.id}",)]


def test_a_value_that_does_not_fit_is_refused_for_each_record_and_nothing_is_changed(office: Office) -> None:
    response = office.act("edit", id=office.ids[:2], property="hs_language", value="elvish")
    page = unescape(response.content.decode())
    assert "2 records stay as they were" in page
    assert "It does not take this value." in page
    assert "elvish" not in office.column("language")


def test_only_what_may_be_deleted_is_and_each_of_the_others_says_why_not(office: Office) -> None:
    response = office.act("delete", id=office.ids, ack="1")
    page = unescape(response.content.decode())
    assert response.status_code == 200
    assert "1 record deleted" in page
    assert "4 records stay as they were" in page
    assert page.count("Only canceled and expired subscriptions are deleted") == 4
    assert "<b>Plan 3</b>" in page
    assert len(office.column("id")) == 4


def test_nothing_is_deleted_without_the_box_ticked(office: Office) -> None:
    response = office.act("delete", id=office.ids)
    assert response.status_code == 422
    assert "Tick the box first" in response.content.decode()
    assert len(office.column("id")) == 5


def test_a_form_sent_twice_is_done_once(office: Office) -> None:
    key = re.search(r'name="request_key" value="([^"]+)"', office.ask("assign", id=office.ids))
    assert key
    for _ in range(2):
        assert office.act("assign", id=office.ids, value="me", request_key=key.group(1)).status_code == 303
    done = office.world.one(
        "SELECT count(*) FROM event WHERE account_id = %s AND kind = 'subscription.updated'",
        office.world.ctx.id,
    )
    assert done == (5,)


def test_too_many_records_are_refused_before_anything_is_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "SELECTED_MAX", 3)
    assert "narrow the view first" in office.ask("assign", all="1")
    assert office.act("assign", all="1", value="me").status_code == 422
    assert office.column("owner_id") == [None] * 5


def test_records_of_others_stay_as_they_are(office: Office, sign_in: SignIn, world: World) -> None:
    """A salesperson sees the team's records and changes only what is theirs, or nobody's."""
    seller, colleague = new_user("Selma Sund"), new_user("Kim Berg")
    for user in (seller, colleague):
        give_place(world.db, user, world.ctx.id)
        world.db.execute(
            "UPDATE membership SET role = 'sales' WHERE account_id = %s AND user_id = %s",
            [world.ctx.id, user.id],
        )
    owners = [seller.id, seller.id, colleague.id, None, colleague.id]
    for id_, owner in zip(office.ids, owners, strict=True):
        world.db.execute(
            "UPDATE subscription SET owner_id = %s WHERE account_id = %s AND id = %s",
            [owner, world.ctx.id, id_],
        )
    client = sign_in(seller)
    page = unescape(client.get(f"{office.base}/bulk/assign", {"id": office.ids}).content.decode())
    assert "Assign 3 subscriptions" in page
    client.post(f"{office.base}/bulk/edit", {"all": "1", "property": "hs_invoice_comments", "value": "Hi"})
    assert office.column("comments") == ["Hi", "Hi", None, "Hi", None]
    assert client.get(f"{office.base}/bulk/delete", {"id": office.ids}).status_code == 403
    assert client.post(f"{office.base}/bulk/delete", {"id": office.ids, "ack": "1"}).status_code == 403


def test_a_reader_is_offered_no_action_and_can_do_none(
    office: Office, sign_in: SignIn, world: World, db: AnyConnection, account: AccountContext
) -> None:
    reader = new_user("Rune Les")
    give_place(db, reader, account.id)
    db.execute(
        "UPDATE membership SET role = 'reader' WHERE account_id = %s AND user_id = %s",
        [account.id, reader.id],
    )
    client = sign_in(reader)
    assert "Assign owner" not in client.get(office.base).content.decode()
    assert client.post(f"{office.base}/bulk/assign", {"id": office.ids, "value": "me"}).status_code == 403
    assert office.column("owner_id") == [None] * 5


def test_an_action_that_there_is_not_is_not_found(office: Office) -> None:
    assert office.client.get(f"{office.base}/bulk/burn").status_code == 404
    assert office.act("burn").status_code == 404
