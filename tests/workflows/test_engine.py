"""What brings records into a workflow, what is done to them, and how they leave."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from kalends.segments.services import create_segment
from kalends.workflows.services import (
    WorkflowRefused,
    create_workflow,
    edit_workflow,
    enroll_by_hand,
    turn_off,
    turn_on,
    unenroll,
)
from kalends.workflows.tasks import finish_task, tasks_of
from kalends.workflows.templates import TEMPLATES
from kalends.workflows.trying import try_out
from tests.workflows.conftest import Flows, definition, match, new_user
from tests.world import World

NOTE = {"do": "set_property", "property": "hs_invoice_comments", "value": "seen"}
OWED = match("hs_status", "past_due", "unpaid")


@pytest.fixture
def sub(world: World) -> int:
    """A subscription that is charged each month."""
    kari = world.customer("Kari Nordmann")
    made = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    return made


def test_a_filter_trigger_enrolls_who_begins_to_pass_and_nobody_a_second_time(
    world: World, flows: Flows, sub: int
) -> None:
    kari = world.customer("Kari Nordmann")
    flow = flows.on("Unpaid", NOTE, triggers=[{"on": "match", "filter": OWED}])

    failing = world.subscribe(kari, method=world.method(kari, "declined"))
    world.until("2026-01-02")

    assert flows.ends(flow) == [(failing, "finished", "")]
    assert flows.log(flow) == [("a1", "done", "hs_invoice_comments = seen")]
    assert world.subscription(failing, "comments") == "seen"
    assert world.subscription(sub, "comments") is None
    by = world.rows("SELECT actor FROM event WHERE object_id = %s AND kind = 'subscription.updated'", failing)
    assert by == [(f"workflow:{flow}",)]
    world.until("2026-02-20")
    assert len(flows.ends(flow)) == 1


def test_turning_on_takes_existing_matches_only_when_asked_to(world: World, flows: Flows, sub: int) -> None:
    trigger = [{"on": "match", "filter": match("hs_status", "active")}]
    later = flows.made("Later", NOTE, triggers=trigger)
    turn_on(world.db, world.ctx, later, actor="user:1")
    now = flows.on("Now", NOTE, triggers=trigger, existing=True)
    flows.turn()

    assert flows.ends(later) == []
    assert flows.ends(now) == [(sub, "finished", "")]


def test_a_date_trigger_recurs_with_each_value_of_the_date(world: World, flows: Flows, sub: int) -> None:
    trigger = {"on": "date", "property": "hs_next_payment_due_date", "days": -3, "at": "09:00"}
    flow = flows.on("Remind", NOTE, triggers=[trigger], again={"each_value_of": "hs_next_payment_due_date"})

    world.until("2026-04-01")

    rows = world.rows(
        "SELECT record_id, occasion, enrolled_at::text FROM enrollment WHERE workflow_id = %s ORDER BY id",
        flow,
    )
    assert rows == [
        (sub, "value 2026-02-01", "2026-01-29 08:00:00+00"),
        (sub, "value 2026-03-01", "2026-02-26 08:00:00+00"),
        (sub, "value 2026-04-01", "2026-03-29 07:00:00+00"),
    ]


def test_a_filter_trigger_recurs_with_each_value_of_a_property_and_with_nothing_else(
    world: World, flows: Flows, sub: int
) -> None:
    trigger = {"on": "match", "filter": match("hs_status", "active")}
    flow = flows.on("Due", NOTE, triggers=[trigger], again={"each_value_of": "hs_next_payment_due_date"})
    other = flows.on("Other", {**NOTE, "value": "something else changes"})
    enroll_by_hand(world.db, world.ctx, other, [sub], actor="user:1")
    flows.turn()
    assert flows.ends(flow) == []

    world.until("2026-03-02")

    rows = world.rows("SELECT occasion FROM enrollment WHERE workflow_id = %s ORDER BY id", flow)
    assert [row[0] for row in rows] == ["value 2026-03-01", "value 2026-04-01"]


def test_a_schedule_and_a_relative_date_are_looked_at_by_the_clock(
    world: World, flows: Flows, sub: int
) -> None:
    weekly = {"on": "schedule", "every": "week", "day": 1, "at": "08:30"}
    each_monday = flows.on("Mondays", NOTE, triggers=[weekly], again="always")
    soon = match("hs_next_payment_due_date", "2", operator="less_than_days_ahead")
    near = flows.on("Near", NOTE, triggers=[{"on": "match", "filter": soon}], again="always")

    world.until("2026-01-31", hour=12)

    enrolled = "SELECT enrolled_at::date::text FROM enrollment WHERE workflow_id = %s ORDER BY id"
    mondays = ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]
    assert [row[0] for row in world.rows(enrolled, each_monday)] == mondays
    assert [row[0] for row in world.rows(enrolled, near)] == ["2026-01-30"], (
        "at midnight in Oslo, 23:00 UTC before"
    )


def test_an_event_is_waited_for_until_its_limit(world: World, flows: Flows, sub: int) -> None:
    wait = {"do": "wait_for_event", "events": ["payment.succeeded"], "amount": 40, "unit": "days", "next": ""}
    short = {**wait, "amount": 5}
    paid = flows.on("Paid", {**wait, "otherwise": "a2"}, NOTE)
    not_paid = flows.on("Not paid", {**short, "otherwise": "a2"}, NOTE)
    for flow in (paid, not_paid):
        enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")

    world.until("2026-02-02")

    assert [entry[1] for entry in flows.log(paid)] == ["waiting", "done"]
    assert flows.log(not_paid)[1:] == [
        ("a1", "done", "nothing occurred"),
        ("a2", "done", "hs_invoice_comments = seen"),
    ]


def test_branches_delays_hours_and_splits_lead_each_record_its_way(
    world: World, flows: Flows, sub: int
) -> None:
    other = world.subscribe(world.customer(), price="50", currency="NOK")
    flow = flows.on(
        "Ways",
        {"do": "wait", "amount": 2, "unit": "days"},
        {
            "do": "branch",
            "ways": [{"name": "NOK", "filter": match("hs_currency_code", "NOK"), "next": "a3"}],
            "next": "a4",
        },
        {**NOTE, "value": "krone", "next": "a5"},
        {
            "do": "branch_by_value",
            "property": "hs_currency_code",
            "cases": [{"values": ["EUR"], "next": "a6"}],
            "next": "",
        },
        {"do": "split", "parts": [{"percent": 100, "next": ""}]},
        {**NOTE, "value": "euro"},
        hours={"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "12:00"},
    )
    assert len(enroll_by_hand(world.db, world.ctx, flow, [sub, other], actor="user:1")) == 2

    world.until("2026-01-04")  # the delay is over on Saturday, and on Sunday nothing is done
    assert world.subscription(sub, "comments") is None
    world.until("2026-01-05")

    assert (world.subscription(sub, "comments"), world.subscription(other, "comments")) == ("euro", "krone")
    assert {status for _, status, _ in flows.ends(flow)} == {"finished"}


def test_goals_suppression_and_conditions_for_leaving_take_records_out(
    world: World, flows: Flows, sub: int
) -> None:
    wait = {"do": "wait", "amount": 60, "unit": "days"}
    said = match("hs_invoice_comments", "paid")
    goal = flows.on("Goal", wait, goal=said)
    left = flows.on("Left", wait, leave=said)
    out = flows.on("Out", wait, suppress=said)
    unmet = flows.on(
        "Unmet",
        wait,
        triggers=[{"on": "match", "filter": match("hs_invoice_comments", operator="unknown")}],
        leave_when_unmet=True,
        existing=True,
    )
    by_hand = flows.on("By hand", wait)
    for flow in (goal, left, out, by_hand):
        enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    flows.turn()
    assert {flows.ends(each)[0][1] for each in (goal, left, out, unmet, by_hand)} == {"active"}

    writing = flows.on("Writing", {**NOTE, "value": "paid"})
    enroll_by_hand(world.db, world.ctx, writing, [sub], actor="user:1")
    flows.turn()
    unenroll(world.db, world.ctx, by_hand, [sub], actor="user:1")

    ends = [flows.ends(each)[0][1:] for each in (goal, left, out, unmet, by_hand)]
    assert ends == [
        ("goal", "goal"),
        ("left", "left"),
        ("suppressed", "suppressed"),
        ("left", "unmet"),
        ("removed", "by_hand"),
    ]
    assert enroll_by_hand(world.db, world.ctx, out, [sub], actor="user:1") == []


def test_people_are_told_assigned_in_turn_and_given_tasks(world: World, flows: Flows, sub: int) -> None:
    one, two = (new_user(world, name) for name in ("Ola Selger", "Aino Myyjä"))
    more = [world.subscribe(world.customer()) for _ in range(3)]
    users = {"users": [one, two]}
    segment = create_segment(world.db, world.ctx, name="Seen", object="subscription", kind="static")
    flow = flows.on(
        "Tell",
        {"do": "assign", "to": users},
        {"do": "notify", "to": {"owner": True}, "text": "{{ record.name }} of {{ contact.firstname }}"},
        {
            "do": "mail_team",
            "to": {"owner": True},
            "subject": "{{ hs_name }}",
            "body": "Look: {{ record.link }}",
        },
        {
            "do": "mail_contact",
            "subject": "Hello {{ contact.firstname }}",
            "body": "About {{ record.name }}.",
        },
        {"do": "make_task", "subject": "Call {{ contact.firstname }}", "to": {"owner": True}, "due_days": 2},
        {"do": "change_segment", "segment": segment, "add": True},
        {"do": "call_webhook", "url": "https://example.com/hook", "properties": ["hs_name"]},
    )
    enroll_by_hand(world.db, world.ctx, flow, [sub, *more], actor="user:1")
    flows.turn()
    flows.turn()

    assert {entry[1] for entry in flows.log(flow)} == {"done"}
    owners = [world.subscription(id_, "owner_id") for id_ in (sub, *more)]
    assert sorted(owners) == sorted([one, one, two, two])
    assert len(world.letters("workflow_note")) == len(world.letters("workflow_letter")) == 4
    told = world.rows(
        "SELECT data ->> 'text', data -> 'users' FROM event WHERE kind = 'workflow.notified' ORDER BY id"
    )
    assert told[0] == ("Fleet Core of Kari", [owners[0]])
    tasks = tasks_of(world.db, world.ctx, record_id=sub)
    assert [(task.subject, task.owner_id, task.due_at.isoformat()) for task in tasks] == [
        ("Call Kari", owners[0], "2026-01-03T08:00:00+00:00")
    ]
    assert finish_task(world.db, world.ctx, tasks[0].id, "user:1").done_at == world.ctx.now
    bodies = world.rows("SELECT body FROM workflow_call WHERE workflow_id = %s ORDER BY id", flow)
    assert [json.loads(row[0])["objectId"] for row in bodies] == [sub, *more]
    assert world.one("SELECT size FROM segment WHERE id = %s", segment)[0] == 4


def test_workflows_that_set_each_other_off_are_stopped_with_a_reason(
    world: World, flows: Flows, sub: int
) -> None:
    changed = [{"on": "event", "changed": ["hs_invoice_comments"]}]
    ping = flows.on("Ping", {**NOTE, "value": "pong"}, triggers=changed, again="always")
    pong = flows.on("Pong", {**NOTE, "value": "ping"}, triggers=changed, again="always")
    first = flows.on("First", {**NOTE, "value": "ping"})
    enroll_by_hand(world.db, world.ctx, first, [sub], actor="user:1")
    flows.turn()

    stopped = [end for flow in (ping, pong) for end in flows.ends(flow) if end[1] == "stopped"]
    assert [reason for _, _, reason in stopped] == ["chain"] * len(stopped)
    assert stopped
    assert len(flows.ends(ping)) + len(flows.ends(pong)) <= 30
    itself = flows.on("Itself", {"do": "wait", "amount": 1, "unit": "minutes"}, again="always")
    edit_workflow(
        world.db,
        world.ctx,
        itself,
        actor="user:1",
        definition=definition(
            {"do": "wait", "amount": 1, "unit": "minutes"}, {"do": "enroll", "workflow": itself}
        ),
    )
    enroll_by_hand(world.db, world.ctx, itself, [sub], actor="user:1")
    world.until("2026-01-02")
    assert flows.log(itself)[-1][1] == "skipped", "a record is never in a workflow twice at a time"


def test_who_is_in_finishes_on_its_version_and_turning_off_says_what_becomes_of_them(
    world: World, flows: Flows, sub: int
) -> None:
    wait = {"do": "wait", "amount": 1, "unit": "days"}
    flow = flows.on("Versions", wait, {**NOTE, "value": "first"})
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    flows.turn()
    assert (
        edit_workflow(
            world.db, world.ctx, flow, actor="user:1", definition=definition(wait, {**NOTE, "value": "2"})
        )
        == 2
    )
    off = turn_off(world.db, world.ctx, flow, actor="user:1", finish=True)
    assert off == (0, 1)
    with pytest.raises(WorkflowRefused, match="turn it on first"):
        enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    world.until("2026-01-03")
    assert world.subscription(sub, "comments") == "first"

    other = flows.on("Other", wait, NOTE)
    enroll_by_hand(world.db, world.ctx, other, [sub], actor="user:1")
    assert turn_off(world.db, world.ctx, other, actor="user:1") == (1, 0)
    assert flows.ends(other) == [(sub, "off", "off")]


def test_a_test_with_a_record_tells_each_step_and_leaves_nothing(
    world: World, flows: Flows, sub: int
) -> None:
    flow = flows.made(
        "Try",
        {"do": "wait", "amount": 3, "unit": "days"},
        {**NOTE, "value": "tried"},
        {
            "do": "branch",
            "ways": [{"filter": match("hs_invoice_comments", "tried"), "next": "a4"}],
            "next": "",
        },
        {"do": "set_property", "property": "hs_name", "mode": "copy", "source": "hs_invoice_comments"},
        triggers=[{"on": "match", "filter": OWED}],
    )
    before = world.rows("SELECT count(*) FROM event")
    trial = try_out(world.db, world.ctx, sub, workflow_id=flow)

    assert (trial.meets_trigger, trial.kept_out) == (False, False)
    assert [(step.action, step.outcome) for step in trial.steps] == [
        ("a1", "waiting"),
        ("a2", "done"),
        ("a3", "done"),
        ("a4", "done"),
    ]
    assert trial.steps[1].at - trial.steps[0].at == dt.timedelta(days=3)
    assert world.rows("SELECT count(*) FROM event") == before
    assert world.subscription(sub, "name", "comments") == ("Fleet Core", None)


def test_what_a_rule_refuses_is_told_and_the_others_go_on(world: World, flows: Flows, sub: int) -> None:
    invoiced = world.subscribe(world.customer())
    flow = flows.on("Terms", {"do": "set_property", "property": "hs_net_payment_terms", "value": "14"})
    enroll_by_hand(world.db, world.ctx, flow, [sub, invoiced], actor="user:1")
    flows.turn()

    outcomes = {entry[1]: entry[2] for entry in flows.log(flow)}
    assert "Automatic payments" in outcomes["failed"]
    assert world.subscription(invoiced, "net_terms_days") == 14


@pytest.mark.parametrize("key", list(TEMPLATES))
def test_the_shipped_templates_can_be_turned_on(world: World, flows: Flows, key: str) -> None:
    user = new_user(world, "Ola Selger")
    for language in ("en", "nb", "fi"):
        template = TEMPLATES[key]
        made: dict[str, Any] = template.made(language, (user,))
        id_ = create_workflow(
            world.db, world.ctx, name=template.name.in_language(language), definition=made, actor="x"
        )
        turn_on(world.db, world.ctx, id_, actor="user:1")


def test_failed_payments_are_followed_up_until_the_money_is_there(
    world: World, flows: Flows, ctx_user: int
) -> None:
    made = TEMPLATES["recover"].made("en", (ctx_user,))
    flow = create_workflow(world.db, world.ctx, name="Recover", definition=made, actor="user:1")
    turn_on(world.db, world.ctx, flow, actor="user:1")
    kari = world.customer()
    failing = world.subscribe(kari, method=world.method(kari, "declined"))
    world.until("2026-01-08")

    assert [entry[0] for entry in flows.log(flow)][:2] == ["write", "paid"]
    assert world.letters("workflow_letter")
    assert failing in [end[0] for end in flows.ends(flow)]


@pytest.fixture
def ctx_user(world: World) -> int:
    """A user of the account."""
    return new_user(world, "Ola Selger")
