"""Notices come out of the journal: of what one may see, wants to know, and did not do oneself."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from kalends.accounts.models import User
from kalends.accounts.sql import enter_account
from kalends.events import journal
from kalends.events.models import NOTICED
from kalends.platform import database
from kalends.staff.account.noticed import EXPORTS, NOTIFIED, PARKED, SWITCHES
from kalends.staff.timeline import KINDS
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user


@pytest.fixture
def user(stage: Stage) -> User:
    user = new_user("Henrik Aas")
    with database.connect(autocommit=True) as db:
        give_place(db, user, stage.ctx.id)
    return user


def page(client: Client, stage: Stage) -> str:
    return client.get(f"/{stage.ctx.id}/notifications").content.decode()


def count(shown: str) -> str:
    found = re.search(r"<span class=\"sr\">(\S+) new</span>", shown)
    return found.group(1) if found else ""


def change(stage: Stage, sql: str, *params: object) -> None:
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        db.execute(sql, [*params, stage.ctx.id])  # type: ignore[arg-type]


def test_every_kind_has_words_and_a_switch() -> None:
    assert set(NOTICED) == {
        PARKED,
        NOTIFIED,
        *EXPORTS,
        *(kind for kinds in SWITCHES.values() for kind in kinds),
    }
    assert set(NOTICED) <= set(KINDS)


def test_a_failed_payment_is_told_with_its_reason_and_marked_new(
    user: User, stage: Stage, sign_in: SignIn
) -> None:
    shown = page(sign_in(user), stage)
    assert "Not enough funds" in shown
    assert "data-new" in shown
    assert int(count(shown)) >= 1


def test_what_was_read_is_not_new_for_this_user_alone(user: User, stage: Stage, sign_in: SignIn) -> None:
    client = sign_in(user)
    shown = page(client, stage)
    newest = re.search(r'name="upto" value="(\d+)"', shown)
    assert newest
    client.post(f"/{stage.ctx.id}/notifications", {"upto": newest.group(1)})
    read = page(client, stage)
    assert "data-new" not in read
    assert count(read) == ""
    other = new_user("Somebody else")
    with database.connect(autocommit=True) as db:
        give_place(db, other, stage.ctx.id)
    assert int(count(page(sign_in(other), stage))) >= 1
    client.post(f"/{stage.ctx.id}/notifications", {"upto": "1"})
    assert count(page(client, stage)) == ""


def test_what_is_switched_off_is_not_told(user: User, stage: Stage, sign_in: SignIn) -> None:
    change(
        stage,
        "UPDATE membership SET told_of_payments_failed = false, told_of_pauses = false "
        "WHERE user_id = %s AND account_id = %s",
        user.id,
    )
    assert "Not enough funds" not in page(sign_in(user), stage)


def test_what_one_did_oneself_is_no_news(user: User, stage: Stage, sign_in: SignIn) -> None:
    before = count(page(sign_in(user), stage))
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        paused = journal.NewEvent("subscription.paused", "subscription", stage.ids["main"], None, {})
        journal.write(db, stage.ctx.id, stage.ctx.now, [paused], f"user:{user.id}")
    assert count(page(sign_in(user), stage)) == before


def test_nobody_is_told_of_what_they_may_not_see(user: User, stage: Stage, sign_in: SignIn) -> None:
    change(stage, "UPDATE membership SET role = 'sales' WHERE user_id = %s AND account_id = %s", user.id)
    shown = page(sign_in(user), stage)
    assert "Not enough funds" not in shown
    assert count(shown) == ""


def test_a_stranger_marks_nothing(stage: Stage, sign_in: SignIn) -> None:
    assert sign_in(new_user()).post(f"/{stage.ctx.id}/notifications", {"upto": "9"}).status_code == 404


def give_up_webhooks(stage: Stage) -> None:
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        data = {"name": "Ledger sync", "error": "It answered 500."}
        told = journal.NewEvent("webhook.given_up", "webhook", 77, None, data)
        journal.write(db, stage.ctx.id, stage.ctx.now, [told])


def test_webhooks_that_were_given_up_are_told_to_who_may_see_apps(
    user: User, stage: Stage, sign_in: SignIn
) -> None:
    give_up_webhooks(stage)
    shown = page(sign_in(user), stage)
    assert "Webhooks were given up after a day of tries" in shown
    assert f'<a href="/{stage.ctx.id}/settings/apps">Ledger sync</a>' in shown
    assert "It answered 500." in shown
    change(stage, "UPDATE membership SET role = 'finance' WHERE user_id = %s AND account_id = %s", user.id)
    assert "Ledger sync" not in page(sign_in(user), stage)


def test_a_user_who_does_not_want_to_be_told_of_webhooks_is_not(
    user: User, stage: Stage, sign_in: SignIn
) -> None:
    give_up_webhooks(stage)
    change(
        stage,
        "UPDATE membership SET told_of_webhooks = false WHERE user_id = %s AND account_id = %s",
        user.id,
    )
    assert "Ledger sync" not in page(sign_in(user), stage)
