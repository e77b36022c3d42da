"""Webhooks from the command line: how apps stand, what was given up, and sending it again."""

from __future__ import annotations

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.integration_apps import create_app
from kalends.accounts.sql import enter_account
from kalends.crm.create import NewContact, create_contacts
from kalends.events.webhooks.delivery import conclude, take
from kalends.events.webhooks.kinds import read_event_type
from kalends.events.webhooks.matching import announce
from kalends.events.webhooks.posting import Outcome
from kalends.events.webhooks.settings import set_target
from kalends.events.webhooks.subscriptions import subscribe
from tests.cli.conftest import Give
from tests.conftest import FIRST_MOMENT, AnyConnection


@pytest.fixture
def given_up(db: AnyConnection, account: AccountContext) -> int:
    """A batch that no try brought to its receiver; its number."""
    enter_account(db, account.id)
    app = create_app(db, account.id, name="Ledger sync", now=FIRST_MOMENT).app.id
    with db.transaction():
        target = set_target(db, account, app, url="https://example.org/told", now=FIRST_MOMENT)
        subscribe(db, account, app, read_event_type("contact.creation", None), active=True, now=FIRST_MOMENT)
    create_contacts(db, account, [NewContact(email=f"c{number}@customers.test") for number in range(3)])
    announce(db, account, app)
    post = take(db, account, target, 0, FIRST_MOMENT)
    assert post is not None
    db.execute("UPDATE webhook_batch SET tries = 11 WHERE account_id = %s", [account.id])
    outcome = Outcome(503, "It answered 503.")
    assert conclude(db, account, post._replace(tries=11), outcome, FIRST_MOMENT) == "failed"
    return post.batch_id


def test_what_was_given_up_is_seen_and_sent_again(here: Give, given_up: int) -> None:
    told = here("webhooks", "list", "--json").json()
    (app,), (failed,) = told["apps"], told["failed"]
    assert (app["app"], app["subscriptions"], app["failed"]) == ("Ledger sync", 1, 1)
    assert (failed["id"], failed["events"], failed["error"]) == (given_up, 3, "It answered 503.")
    shown = here("webhooks", "list")
    assert "It answered 503." in shown.out
    assert "webhooks retry" in shown.err
    assert here("webhooks", "retry", str(given_up)).out == "One batch will be sent again.\n"
    left = here("webhooks", "list", "--json").json()
    assert (left["failed"], left["apps"][0]["waiting"]) == ([], 1)
    assert here("webhooks", "retry", "--json").json()["batches"] == 0


def test_a_batch_that_was_not_given_up_is_refused(here: Give, account: AccountContext) -> None:
    refused = here("webhooks", "retry", "7")
    assert refused.code == 2
    assert "webhooks list" in refused.err
    assert "No app is told" in here("webhooks", "list").out
