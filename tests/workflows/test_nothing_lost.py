"""Nothing that happens is lost on workflows, and nothing is done for whom they do not mean: not while they are edited,
not when events come late, not when what they ask for is deleted, and not for people who were erased."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.accounts.sql import enter_account
from kalends.crm.erasure import erase_contact
from kalends.events import journal
from kalends.segments.members import add_members
from kalends.segments.services import create_segment, delete_segment, restore_segment
from kalends.workflows import running
from kalends.workflows.calls import send_again, send_calls
from kalends.workflows.flows import Flows as Stored
from kalends.workflows.matching import read_journal
from kalends.workflows.services import (
    WorkflowRefused,
    edit_workflow,
    enroll_by_hand,
    turn_on,
)
from kalends.workflows.sheet import DefinitionError
from kalends.workflows.timers import timers_of
from tests.conftest import Connect
from tests.receiver import receiving
from tests.workflows.conftest import Flows, definition, match
from tests.world import World

NOTE = {"do": "set_property", "property": "hs_invoice_comments", "value": "seen"}


def test_who_began_to_pass_before_an_edit_still_comes_in_after_it(world: World, flows: Flows) -> None:
    called = [{"on": "match", "filter": match("hs_name", "Fleet Core")}]
    flow = flows.on("Named", NOTE, triggers=called)
    sub = world.subscribe(world.customer())  # nobody has read of it yet
    other = definition({**NOTE, "value": "again"}, triggers=called)
    edit_workflow(world.db, world.ctx, flow, actor="user:1", definition=other)
    flows.turn()

    assert flows.ends(flow) == [(sub, "finished", "")]
    assert world.subscription(sub, "comments") == "again"


def test_what_was_due_by_the_clock_before_an_edit_is_still_done_after_it(world: World, flows: Flows) -> None:
    daily = {"on": "schedule", "every": "day", "at": "09:00"}
    flow = flows.on("Daily", NOTE, triggers=[daily])
    due = timers_of(world.db, world.ctx, flow)
    world.db.execute("UPDATE workflow_timer SET next_at = next_at - interval '1 day'")  # the worker was away
    late = timers_of(world.db, world.ctx, flow)
    again = definition({**NOTE, "value": "again"}, triggers=[daily, {**daily, "at": "10:00"}])
    edit_workflow(world.db, world.ctx, flow, actor="user:1", definition=again)
    kept = timers_of(world.db, world.ctx, flow)

    assert kept[1] == late[1] < due[1] < kept[2]
    moved = definition(NOTE, triggers=[{**daily, "at": "11:00"}])
    edit_workflow(world.db, world.ctx, flow, actor="user:1", definition=moved)
    assert [*timers_of(world.db, world.ctx, flow)] == [1]
    assert timers_of(world.db, world.ctx, flow)[1] > late[1], "another time is another trigger"


def test_an_event_that_is_committed_while_a_record_waits_for_it_is_not_passed_over(
    world: World, flows: Flows, connect: Connect
) -> None:
    sub = world.subscribe(world.customer())
    wait = {"do": "wait_for_event", "events": ["payment.succeeded"], "amount": 5, "unit": "days", "next": ""}
    flow = flows.on("Paid", {**wait, "otherwise": "a2"}, NOTE)
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    writer = connect()
    enter_account(writer, world.ctx.id)
    with writer.transaction():
        paid = journal.NewEvent("payment.succeeded", "subscription", sub, sub, {})
        journal.write(writer, world.ctx.id, world.ctx.now, [paid])
        flows.turn()
    flows.turn()

    assert [(entry[1], entry[2][:5]) for entry in flows.log(flow)] == [
        ("waiting", "until"),
        ("done", "event"),
    ]


def test_nobody_reads_past_an_event_while_a_record_is_beginning_to_wait_for_it(
    world: World, flows: Flows, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sub = world.subscribe(world.customer())
    wait = {"do": "wait_for_event", "events": ["payment.succeeded"], "amount": 5, "unit": "days", "next": ""}
    flow = flows.on("Paid", {**wait, "otherwise": "a2"}, NOTE)
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    other, really = connect(), running.write_back
    enter_account(other, world.ctx.id)

    def paid_meanwhile(*given: Any) -> None:
        monkeypatch.undo()
        paid = journal.NewEvent("payment.succeeded", "subscription", sub, sub, {})
        journal.write(other, world.ctx.id, world.ctx.now, [paid])
        read_journal(other, world.ctx, Stored(other, world.ctx))  # another worker
        really(*given)

    monkeypatch.setattr(running, "write_back", paid_meanwhile)
    flows.turn()
    flows.turn()

    assert [entry[1] for entry in flows.log(flow)] == ["waiting", "done"]


def test_what_a_workflow_wrote_itself_before_it_waits_is_no_event_to_wait_for(
    world: World, flows: Flows
) -> None:
    sub = world.subscribe(world.customer())
    wait = {
        "do": "wait_for_event",
        "changed": ["hs_invoice_comments"],
        "amount": 5,
        "unit": "days",
        "next": "",
    }
    flow = flows.on("Changed", NOTE, {**wait, "otherwise": ""})
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    flows.turn()

    assert flows.ends(flow) == [(sub, "active", "")]


def test_a_workflow_that_asks_for_a_deleted_segment_lets_nobody_in_until_it_is_restored(
    world: World, flows: Flows
) -> None:
    kept_out, sub = (world.subscribe(world.customer(name)) for name in ("Kari", "Ola"))
    segment = create_segment(world.db, world.ctx, name="Leave alone", object="subscription", kind="static")
    add_members(world.db, world.ctx, segment, [kept_out], "user:1")
    alone = {"groups": [[{"segment": str(segment)}]]}
    called = [{"on": "match", "filter": match("hs_name", "Fleet Core")}]
    flow = flows.on("Write", NOTE, suppress=alone, triggers=called, existing=True)
    flows.turn()
    assert flows.ends(flow) == [(sub, "finished", "")]

    delete_segment(world.db, world.ctx, segment)
    late = world.subscribe(world.customer("Anna"))
    flows.turn()
    with pytest.raises(WorkflowRefused, match="deleted"):
        enroll_by_hand(world.db, world.ctx, flow, [kept_out], actor="user:1")
    assert flows.ends(flow) == [(sub, "finished", "")]
    other = flows.made("Other", NOTE)
    with pytest.raises(DefinitionError, match="deleted"):
        edit_workflow(world.db, world.ctx, other, actor="user:1", definition=definition(NOTE, goal=alone))
    assert turn_on(world.db, world.ctx, other, actor="user:1") == 0

    restore_segment(world.db, world.ctx, segment)
    enroll_by_hand(world.db, world.ctx, flow, [kept_out, late], actor="user:1")
    assert [end[0] for end in flows.ends(flow)] == [sub, late]


def test_an_erased_person_is_in_no_occasion_and_their_webhooks_are_not_sent_again(
    world: World, flows: Flows
) -> None:
    kari = world.customer("Kari Nordmann")
    address = world.one("SELECT email FROM contact WHERE id = %s", kari)[0]
    flow = flows.on(
        "Tell",
        {"do": "call_webhook", "url": "https://example.com/", "properties": ["email"]},
        object="contact",
        again={"each_value_of": "email"},
    )
    enroll_by_hand(world.db, world.ctx, flow, [kari], actor="user:1")
    flows.turn()
    occasion = "SELECT occasion FROM enrollment WHERE workflow_id = %s"
    assert address in world.one(occasion, flow)[0]
    erase_contact(world.db, world.ctx, kari, actor="user:1")

    assert address not in world.one(occasion, flow)[0]
    assert send_again(world.db, world.ctx, world.ctx.now) == 0


def test_a_receiver_that_does_not_answer_holds_up_no_other(world: World, flows: Flows, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = "127.0.0.0/8"
    subs = [world.subscribe(world.customer(name)) for name in ("Kari", "Ola", "Anna")]
    with receiving() as receiver:
        for name, url in (("Nobody", "http://127.0.0.1:1/"), ("There", receiver.url)):
            flow = flows.on(name, {"do": "call_webhook", "url": url})
            enroll_by_hand(world.db, world.ctx, flow, subs, actor="user:1")
        flows.turn()
        sent = send_calls(world.db, world.ctx, world.ctx.now)

    assert (sent.postponed, sent.delivered) == (1, 3), "one is tried, and the others wait for the next round"


def test_a_value_of_several_lines_fits_into_a_subject_and_is_text_in_the_letter(
    world: World, flows: Flows
) -> None:
    kari = world.customer("Kari Nordmann")
    sub = world.subscribe(kari)
    world.db.execute(
        "UPDATE subscription SET comments = %s WHERE id = %s", ["<b>Hei</b>\nBcc: all@x.test", sub]
    )
    told = "{{ hs_invoice_comments }}"
    flow = flows.on("Write", {"do": "mail_contact", "subject": told, "body": told})
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    flows.turn()

    given = world.one(
        "SELECT given FROM message WHERE account_id = %s AND kind = 'workflow_letter'", world.ctx.id
    )
    assert given[0]["subject"] == "<b>Hei</b> Bcc: all@x.test"


def test_who_passes_already_comes_in_by_and_by_each_once(
    world: World, flows: Flows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalends.workflows.timers.EXISTING_AT_ONCE", 2)
    kari = world.customer()
    subs = [world.subscribe(kari) for _ in range(5)]
    called = [{"on": "match", "filter": match("hs_name", "Fleet Core")}]
    flow = flows.made("Named", NOTE, triggers=called)

    assert turn_on(world.db, world.ctx, flow, actor="user:1", existing=True) == 2
    assert [end[0] for end in flows.ends(flow)] == subs[:2]
    other = definition({**NOTE, "value": "again"}, triggers=called)
    edit_workflow(world.db, world.ctx, flow, actor="user:1", definition=other)
    flows.turn()

    assert sorted(end[0] for end in flows.ends(flow)) == subs
    assert {end[1] for end in flows.ends(flow)} == {"finished"}
    assert timers_of(world.db, world.ctx, flow) == {}
