"""A process that runs workflows is killed at any point: afterwards each action was done once for each record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kalends.events.webhooks.signatures import standard_secret
from kalends.platform import database
from kalends.workflows.calls import send_again, send_calls
from kalends.workflows.history import calls
from kalends.workflows.services import enroll_by_hand
from tests.receiver import receiving
from tests.workflows.conftest import Flows, match
from tests.world import World

SRC = Path(__file__).resolve().parents[2] / "src"
RECORDS = 40

_RUN_AND_DIE = """
import os, signal, sys
from kalends.platform.boot import boot
boot()
from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.workflows import running, turn
from kalends.workflows.flows import Flows

account, dies_at, before = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "before"
really, done = running.do_action, 0

def dying(block, action, places):
    global done
    done += 1
    if before and done == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    results = really(block, action, places)
    if done == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return results

running.do_action = dying
with database.connect(autocommit=True) as db:
    enter_account(db, account)
    ctx = load_context(db, account, system_now=system_now())
    while turn.read_journal(db, ctx, Flows(db, ctx)).more or turn.run_block(db, ctx, Flows(db, ctx), 7):
        pass
"""


def run_and_die(world: World, home: Path, at: int, when: str) -> None:
    environment = database.environment_for_children() | {"KALENDS_HOME": str(home), "PYTHONPATH": str(SRC)}
    arguments = [str(world.ctx.id), str(at), when]
    killed = subprocess.run([sys.executable, "-c", _RUN_AND_DIE, *arguments], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL


def test_killed_in_the_middle_of_blocks_each_action_is_done_once(
    world: World, flows: Flows, tmp_path: Path
) -> None:
    kari = world.customer()
    subs = [world.subscribe(kari) for _ in range(RECORDS)]
    last = flows.on("Last", {"do": "mail_contact", "subject": "Hello", "body": "There."})
    flow = flows.on(
        "Each once",
        {"do": "set_property", "property": "hs_net_payment_terms", "mode": "increment", "value": "1"},
        {"do": "make_task", "subject": "Look", "to": {"owner": True}},
        {"do": "call_webhook", "url": "https://example.com/"},
        {"do": "enroll", "workflow": last},
        triggers=[{"on": "match", "filter": match("hs_name", "Fleet Core")}],
        existing=True,
    )
    before = dict(world.rows("SELECT id, net_terms_days FROM subscription WHERE id = ANY(%s)", subs))

    run_and_die(world, tmp_path, 6, "before")  # in the second block, whose first action was done
    run_and_die(world, tmp_path, 9, "after")
    middle = world.one("SELECT count(*) FROM enrollment WHERE workflow_id = %s AND ended_at IS NULL", flow)[0]
    assert 0 < middle < RECORDS, "what was committed stays, and what was not is begun anew"
    flows.turn()

    after = dict(world.rows("SELECT id, net_terms_days FROM subscription WHERE id = ANY(%s)", subs))
    assert after == {id_: days + 1 for id_, days in before.items()}
    for table, condition in (
        ("task", "subject = 'Look'"),
        ("workflow_call", "TRUE"),
        ("message", "kind = 'workflow_letter'"),
    ):
        assert (
            world.one(f"SELECT count(*) FROM {table} WHERE account_id = %s AND {condition}", world.ctx.id)[0]
            == RECORDS
        )
    assert {status for _, status, _ in flows.ends(flow) + flows.ends(last)} == {"finished"}
    assert len(flows.log(flow)) == 4 * RECORDS


def test_webhooks_are_signed_sent_until_they_are_taken_and_then_no_more(
    world: World, flows: Flows, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from standardwebhooks.webhooks import Webhook

    from kalends.workflows.calls import secret_of

    settings.WEBHOOK_NETWORKS = "127.0.0.0/8"
    sub = world.subscribe(world.customer())
    now = world.ctx.now
    with receiving() as receiver:
        flow = flows.on("Tell", {"do": "call_webhook", "url": receiver.url, "properties": ["hs_name"]})
        enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
        flows.turn()
        receiver.answer = lambda received: 503
        assert send_calls(world.db, world.ctx, now).postponed == 1
        assert send_calls(world.db, world.ctx, now) == (0, 0, 0), "it waits first"
        (call,) = calls(world.db, world.ctx, workflow_id=flow)
        assert (call.status, call.answer, call.error) == ("waiting", 503, "It answered 503.")
        world.db.execute("UPDATE workflow_call SET status = 'sending', next_try_at = NULL")  # broken off
        receiver.answer = lambda received: 200
        assert send_calls(world.db, world.ctx, now).delivered == 1
        assert send_again(world.db, world.ctx, now) == 0
        one, two = receiver.requests
        assert one.headers["webhook-id"] == two.headers["webhook-id"] == f"msg_{call.id}"
        signer = Webhook(standard_secret(secret_of(world.db, world.ctx)))
        monkeypatch.setattr("standardwebhooks.webhooks.Webhook._Webhook__verify_timestamp", _any_time)
        told = signer.verify(two.body, {name.lower(): value for name, value in two.headers.items()})
        assert (told["objectId"], told["properties"]) == (sub, {"hs_name": "Fleet Core"})
    assert os.getpid()


def _any_time(self: object, header: str) -> Any:
    import datetime as dt

    return dt.datetime.fromtimestamp(float(header), dt.UTC)
