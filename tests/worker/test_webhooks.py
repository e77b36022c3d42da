"""Programs that subscribed are told what happened, by real requests: nothing is lost, and nobody waits for another."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from hubspot.utils.signature import Signature
from standardwebhooks.webhooks import Webhook

from kalends.accounts.integration_apps import NewApp, create_app, revoke_app
from kalends.accounts.sql import enter_account
from kalends.billing.pause import pause
from kalends.crm.create import NewContact, create_contacts
from kalends.events.webhooks import delivery
from kalends.events.webhooks.kinds import read_event_type
from kalends.events.webhooks.settings import delete_target, set_target
from kalends.events.webhooks.signatures import standard_secret
from kalends.events.webhooks.subscriptions import subscribe, switch
from kalends.events.webhooks.upkeep import forget_delivered, given_up, send_again, standings
from kalends.platform import database
from kalends.platform.home import open_home
from kalends.worker.loop import Worker
from kalends.worker.webhooks import Sender
from tests.receiver import Received, Receiver, dripping, receiving
from tests.worker.conftest import MORNING, Clock
from tests.worker.test_process import finish, start
from tests.world import World

NewWorld = Callable[..., World]
HERE = "127.0.0.0/8"
_serial = itertools.count()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A program that is told, on this machine, which the operator allows."""
    settings.WEBHOOK_NETWORKS = HERE
    with receiving() as listening:
        yield listening


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world()


def new_sender(clock: Clock, **more: Any) -> Sender:
    return Sender(clock, lambda: database.connect(autocommit=True), **more)


def app_told(
    world: World, receiver: Receiver, *event_types: str, object_type: str | None = None, **settings: Any
) -> NewApp:
    """An app that is told of these changes at the receiver."""
    app = create_app(world.db, world.ctx.id, name="Ledger sync", now=MORNING)
    url = settings.pop("url", receiver.url)
    with world.db.transaction():
        set_target(world.db, world.ctx, app.app.id, url=url, now=MORNING, **settings)
        for each in event_types:
            name, _, prop = each.partition(":")
            wanted = read_event_type(name, object_type)
            subscribe(
                world.db, world.ctx, app.app.id, wanted, property_name=prop or None, active=True, now=MORNING
            )
    return app


def customers(world: World, count: int) -> list[int]:
    enter_account(world.db, world.ctx.id)
    fresh = [NewContact(email=f"customer{next(_serial)}@customers.test") for _ in range(count)]
    return create_contacts(world.db, world.ctx, fresh)


def batches(world: World, columns: str = "status") -> list[Any]:
    rows = world.rows(f"SELECT {columns} FROM webhook_batch WHERE account_id = %s ORDER BY id", world.ctx.id)
    return [row[0] if len(row) == 1 else row for row in rows]


def test_what_happens_is_told_and_all_four_signatures_hold(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app = app_told(world, receiver, "contact.creation", url=f"{receiver.url}?from=kalends")
    (kari,) = create_contacts(
        world.db, world.ctx, [NewContact(email="kåre@customers.test", first_name="Kåre")]
    )
    assert new_sender(clock).drain()
    (received,) = receiver.requests
    assert [event["objectId"] for event in received.events] == [kari]
    headers, body, secret = received.headers, received.body.decode(), app.client_secret
    url = f"{receiver.url}?from=kalends"
    assert headers["X-HubSpot-Signature-Version"] == "v1"
    assert Signature.is_valid(headers["X-HubSpot-Signature"], secret, body, signature_version="v1")
    with time_machine.travel(MORNING, tick=False):
        assert Signature.is_valid(
            headers["X-HubSpot-Signature-v3"],
            secret,
            body,
            http_uri=url,
            signature_version="v3",
            timestamp=headers["X-HubSpot-Request-Timestamp"],
        )
        assert Webhook(standard_secret(secret)).verify(received.body, headers) == received.events
    assert headers["Content-Type"] == "application/json"


def test_an_app_may_have_the_second_of_the_older_signatures(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app = app_told(world, receiver, "contact.creation", signature_version="v2")
    customers(world, 1)
    new_sender(clock).drain()
    (received,) = receiver.requests
    assert received.headers["X-HubSpot-Signature-Version"] == "v2"
    assert Signature.is_valid(
        received.headers["X-HubSpot-Signature"],
        app.client_secret,
        received.body.decode(),
        http_uri=receiver.url,
        signature_version="v2",
    )


def test_up_to_a_hundred_events_are_told_at_once_and_none_twice(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app_told(world, receiver, "contact.creation")
    made = customers(world, 250)
    sender = new_sender(clock)
    assert sender.drain()
    assert sender.drain()
    assert sorted(len(received.events) for received in receiver.requests) == [50, 100, 100]
    assert sorted(event["objectId"] for event in receiver.events) == sorted(made)
    assert batches(world) == ["delivered"] * 3


def test_what_is_not_taken_is_sent_again_ten_times_within_a_day_and_then_kept(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app = app_told(world, receiver, "contact.creation")
    customers(world, 1)
    receiver.answer = lambda received: 500
    sender = new_sender(clock)
    pauses: list[dt.timedelta] = []
    for attempt in range(11):
        assert sender.drain()
        assert len(receiver.requests) == attempt + 1
        (due,) = batches(world, "next_try_at")
        if due is not None:
            pauses.append(due - clock.now)
            clock.now = due - dt.timedelta(seconds=1)
            sender.drain()
            assert len(receiver.requests) == attempt + 1
            clock.now = due
    assert pauses == sorted(pauses)
    assert len(pauses) == 10
    assert sum(pauses, dt.timedelta()) <= dt.timedelta(hours=24)
    assert sum(pauses, dt.timedelta()) > dt.timedelta(hours=18)
    assert [received.events[0]["attemptNumber"] for received in receiver.requests] == list(range(11))
    assert len({received.headers["webhook-id"] for received in receiver.requests}) == 1
    assert len({received.headers["X-HubSpot-Request-Timestamp"] for received in receiver.requests}) == 11
    (lost,) = given_up(world.db, world.ctx)
    assert (lost.app_id, lost.events, lost.tries, lost.answer) == (app.app.id, 1, 11, 500)
    assert lost.error == "It answered 500."
    clock.move(days=400)
    forget_delivered(world.db, world.ctx, clock.now)
    sender.drain()
    assert len(receiver.requests) == 11

    receiver.answer = lambda received: 204
    assert send_again(world.db, world.ctx, clock.now, lost.id) == 1
    sender.drain()
    assert receiver.requests[-1].events[0]["attemptNumber"] == 0
    assert batches(world) == ["delivered"]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429, 503])
def test_any_other_answer_than_one_of_the_200s_is_a_failure_and_redirects_are_not_followed(
    world: World, receiver: Receiver, clock: Clock, status: int
) -> None:
    app_told(world, receiver, "contact.creation")
    customers(world, 1)
    receiver.answer = lambda received: (status, {"Location": f"{receiver.url}/elsewhere"})
    new_sender(clock).drain()
    assert [received.path for received in receiver.requests] == ["/told"]
    ((kept, answer, error),) = batches(world, "status, answer, error")
    assert (kept, answer) == ("waiting", status)
    assert f"It answered {status}" in error


def test_a_receiver_that_is_not_there_is_a_failure_in_words(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app_told(world, receiver, "contact.creation", url="http://127.0.0.1:1/")
    customers(world, 1)
    new_sender(clock).drain()
    assert batches(world, "status, answer, error") == [
        ("waiting", None, "It could not be reached: Connection refused.")
    ]


def test_a_receiver_that_takes_too_long_is_cut_off_also_when_it_answers_letter_by_letter(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    over = threading.Event()

    def slowly(received: Received) -> int:
        over.wait(60)
        return 200

    receiver.answer = slowly
    with dripping() as url:
        for target in (receiver.url, url):
            app_told(world, receiver, "contact.creation", url=target)
        customers(world, 1)
        new_sender(clock, seconds=0.3).drain()
    over.set()
    assert batches(world, "status, error") == [("waiting", "It did not answer within 0.3 seconds.")] * 2


def test_no_app_has_more_calls_at_once_than_it_wants_however_many_workers_there_are(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app_told(world, receiver, "contact.creation", calls_at_once=2)
    made = customers(world, 1_500)

    def answer(received: Received) -> int:
        receiver.wait_for_at_once(2)
        time.sleep(0.02)
        return 200

    receiver.answer = answer
    threads = [threading.Thread(target=new_sender(clock).drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert receiver.most_at_once == 2
    assert sorted(event["objectId"] for event in receiver.events) == sorted(made)


def test_a_stuck_receiver_holds_up_neither_other_apps_nor_letters(
    new_world: NewWorld, receiver: Receiver, clock: Clock, worker: Worker, mail: Any
) -> None:
    stuck, well = new_world(), new_world()
    over = threading.Event()

    def never(received: Received) -> int:
        over.wait(60)
        return 200

    receiver.answer = never
    with receiving() as other:
        app_told(stuck, receiver, "contact.creation")
        app_told(well, other, "contact.creation")
        customers(stuck, 3_000)
        made = customers(well, 300)
        stuck.subscribe(kari := stuck.customer(), "100", start=MORNING.date(), method=stuck.method(kari))
        with new_sender(clock, seconds=30).beside():
            other.wait_for(3)
            assert worker.round()
            assert len(list(mail.glob("*.eml"))) == 1
            assert receiver.at_once > 0
            over.set()
    assert sorted(event["objectId"] for event in other.events) == sorted(made)


def test_after_a_failure_an_app_has_one_call_at_a_time_until_one_is_taken(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app_told(world, receiver, "contact.creation")
    customers(world, 1)
    receiver.answer = lambda received: 500
    sender = new_sender(clock)
    sender.drain()
    customers(world, 400)
    receiver.most_at_once = 0
    sender.drain()
    assert receiver.most_at_once == 1
    assert standings(world.db, world.ctx)[0].failures == 5
    receiver.answer = lambda received: 200
    clock.move(hours=1)
    sender.drain()
    assert standings(world.db, world.ctx)[0].failures == 0


def test_a_worker_that_is_killed_between_call_and_outcome_loses_nothing_and_its_batch_comes_again(
    world: World, receiver: Receiver, clock: Clock, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALENDS_WEBHOOK_NETWORKS", HERE)
    keys_of_this_process(tmp_path)
    app_told(world, receiver, "contact.creation")
    made = customers(world, 1)
    over = threading.Event()

    def while_it_dies(received: Received) -> int:
        over.wait(60)
        return 200

    receiver.answer = while_it_dies
    process = start(tmp_path)
    receiver.wait_for(1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    over.set()
    assert batches(world, "status, tries") == [("sending", 1)]
    receiver.answer = lambda received: 200
    assert finish(start(tmp_path, "once"))[0] == 0
    assert batches(world, "status, tries") == [("delivered", 2)]
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert [(event["objectId"], event["attemptNumber"]) for event in receiver.events] == [
        (made[0], 0),
        (made[0], 1),
    ]


_ANNOUNCE_AND_DIE = """
import os, signal, sys
from datetime import datetime
from kalends.platform.boot import boot
boot()
from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.events.webhooks.matching import announce
from kalends.platform import database
account, app, moment = int(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
db = database.connect(autocommit=True)
enter_account(db, account)
announce(db, load_context(db, account, system_now=moment), app)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_that_is_killed_between_the_cursors_step_and_the_call_loses_nothing(
    world: World, receiver: Receiver, clock: Clock, tmp_path: Any
) -> None:
    app = app_told(world, receiver, "contact.creation")
    made = customers(world, 120)
    environment = database.environment_for_children() | {
        "KALENDS_HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    arguments = [str(world.ctx.id), str(app.app.id), MORNING.isoformat()]
    killed = subprocess.run(
        [sys.executable, "-c", _ANNOUNCE_AND_DIE, *arguments], env=environment, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert receiver.requests == []
    new_sender(clock).drain()
    assert sorted(event["objectId"] for event in receiver.events) == sorted(made)


def test_a_name_that_leads_into_a_private_network_is_not_called(
    world: World, receiver: Receiver, clock: Clock, settings: Any
) -> None:
    app_told(world, receiver, "contact.creation", url=receiver.url.replace("127.0.0.1", "localhost"))
    customers(world, 1)
    settings.WEBHOOK_NETWORKS = "10.0.0.0/8"
    new_sender(clock).drain()
    assert receiver.requests == []
    ((status, error),) = batches(world, "status, error")
    assert status == "waiting"
    assert "not of the public internet" in error
    settings.WEBHOOK_NETWORKS = f"{HERE},::1"
    clock.move(hours=1)
    new_sender(clock).drain()
    assert len(receiver.events) == 1


def test_what_was_switched_off_is_not_sent_not_even_again(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app = app_told(world, receiver, "contact.creation", "contact.deletion")
    id_ = world.one("SELECT min(id) FROM webhook_subscription WHERE account_id = %s", world.ctx.id)[0]
    customers(world, 1)
    receiver.answer = lambda received: 500
    sender = new_sender(clock)
    sender.drain()
    with world.db.transaction():
        switch(world.db, world.ctx, app.app.id, {id_: False}, clock.now)
    receiver.answer = lambda received: 200
    clock.move(days=1)
    sender.drain()
    assert len(receiver.requests) == 1
    assert batches(world) == []


def test_an_app_without_settings_or_that_was_revoked_is_told_nothing(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    gone, revoked = (app_told(world, receiver, "contact.creation") for _ in range(2))
    customers(world, 1)
    with world.db.transaction():
        assert delete_target(world.db, world.ctx, gone.app.id)
    revoke_app(world.db, world.ctx.id, str(revoked.app.id), MORNING)
    assert new_sender(clock).drain()
    assert receiver.requests == []


def test_what_arrived_is_forgotten_after_thirty_days(world: World, receiver: Receiver, clock: Clock) -> None:
    app_told(world, receiver, "contact.creation")
    customers(world, 150)
    new_sender(clock).drain()
    clock.move(days=30)
    assert forget_delivered(world.db, world.ctx, clock.now) == 0
    clock.move(seconds=1)
    assert forget_delivered(world.db, world.ctx, clock.now) == 2
    assert world.one("SELECT count(*) FROM webhook_delivery WHERE account_id = %s", world.ctx.id) == (0,)
    new_sender(clock).drain()
    assert len(receiver.requests) == 2


def test_a_secret_that_cannot_be_opened_stops_that_app_alone(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    broken, well = (app_told(world, receiver, "contact.creation") for _ in range(2))
    world.db.execute(
        "UPDATE integration_app SET client_secret = '\\x00' WHERE account_id = %s AND id = %s",
        [world.ctx.id, broken.app.id],
    )
    customers(world, 1)
    assert not new_sender(clock).drain()
    assert [event["appId"] for event in receiver.events] == [well.app.id]


def test_once_sends_webhooks_too_and_a_paused_subscription_is_told_by_number_and_value(
    world: World, receiver: Receiver, worker: Worker
) -> None:
    app = app_told(world, receiver, "object.propertyChange:hs_status", object_type="0-69")
    kari = world.customer()
    subscription = world.subscribe(kari, "100", start=MORNING.date(), method=world.method(kari))
    with world.db.transaction():
        pause(world.db, world.ctx, subscription, resume_on=None)
    worker.run_once()
    (event,) = (each for each in receiver.events if each["propertyValue"] == "paused")
    number = event.pop("eventId"), event.pop("subscriptionId")
    assert all(isinstance(each, int) for each in number)
    assert event == {
        "portalId": world.ctx.id,
        "appId": app.app.id,
        "occurredAt": 1767250800000,
        "subscriptionType": "object.propertyChange",
        "attemptNumber": 0,
        "objectId": subscription,
        "objectTypeId": "0-69",
        "propertyName": "hs_status",
        "propertyValue": "paused",
        "changeSource": "PAYMENTS",
        "sourceId": "system",
        "isSensitive": False,
    }


def keys_of_this_process(home: Any) -> None:
    """The keys with which this process seals, for one with another home."""
    own = open_home()
    own.sealing_keys()
    (home / "keys").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(own.keys / "sealing-keys", home / "keys" / "sealing-keys")


def test_pauses_differ_from_batch_to_batch() -> None:
    assert len({delivery.pause(number, 5) for number in range(100)}) > 50


def notices(world: World) -> list[tuple[Any, ...]]:
    query = (
        "SELECT object_id, data FROM event WHERE account_id = %s AND kind = 'webhook.given_up' ORDER BY id"
    )
    return world.rows(query, world.ctx.id)


def give_up(world: World, sender: Sender, clock: Clock) -> None:
    """A batch of its own that is not taken for a day."""
    customers(world, 1)
    before = batches(world).count("failed")
    for _ in range(40):
        sender.drain()
        if batches(world).count("failed") > before:
            return
        clock.move(hours=8)
    raise AssertionError("it was never given up")


def test_the_journal_knows_of_webhooks_that_were_given_up_once_for_each_outage(
    world: World, receiver: Receiver, clock: Clock
) -> None:
    app = app_told(world, receiver, "contact.creation")
    sender = new_sender(clock)
    receiver.answer = lambda received: 500
    give_up(world, sender, clock)
    assert notices(world) == [(app.app.id, {"name": "Ledger sync", "error": "It answered 500."})]
    give_up(world, sender, clock)
    assert len(notices(world)) == 1, "the app is still out of reach"
    receiver.answer = lambda received: 204
    customers(world, 1)
    clock.move(hours=1)
    sender.drain()
    assert "delivered" in batches(world)
    receiver.answer = lambda received: 500
    clock.move(hours=1)
    give_up(world, sender, clock)
    assert len(notices(world)) == 2
