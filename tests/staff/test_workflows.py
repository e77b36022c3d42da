"""Workflows on pages: begun with a template or from scratch, shaped in a draft, tested, switched and followed."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from kalends.accounts.connections import inside
from kalends.accounts.permissions import Grants, place_of
from kalends.accounts.roles import create_role, give_role
from kalends.staff.workflows.making import with_the_rest
from kalends.workflows.calls import secret_of
from kalends.workflows.drafts import read_draft
from kalends.workflows.turn import take_turn
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user

HTMX = {"HX-Request": "true"}


class Editor:
    """A workflow on the pages, by the number that its address has."""

    def __init__(self, client: Client, stage: Stage, **begin: Any) -> None:
        self.client, self.stage = client, stage
        given = {"object": "subscription", "template": "", **begin}
        answer = client.post(f"/{stage.ctx.id}/workflows/new", given)
        assert answer.status_code == 303, text_of(answer)
        self.id = int(answer["Location"].rpartition("/")[2])

    def at(self, rest: str = "") -> str:
        return f"/{self.stage.ctx.id}/workflows/{self.id}{rest and '/'}{rest}"

    def get(self, rest: str = "", **words: Any) -> str:
        answer = self.client.get(self.at(rest), words)
        assert answer.status_code == 200, text_of(answer)
        return text_of(answer)

    def ask(self, rest: str, **words: Any) -> Any:
        return self.client.post(self.at(rest), words)

    def do(self, rest: str, **words: Any) -> None:
        answer = self.ask(rest, **words)
        assert answer.status_code == 303, text_of(answer)

    @property
    def draft(self) -> Any:
        found = read_draft(inside(self.stage.ctx.id), self.stage.ctx, self.id)
        return found.definition if found else None


def text_of(answer: Any) -> str:
    return answer.content.decode()


def row(property_: str, *values: str, operator: str = "is_any_of") -> dict[str, Any]:
    return {"p0": property_, "g0": "0", "o0": operator, "v0": list(values)}


def test_every_template_is_there_whole_and_off(client: Client, stage: Stage) -> None:
    for key in ("past_due", "rotate_owner", "next_payment", "renewal", "recover"):
        made = Editor(client, stage, template=key, people=[str(stage.user.id)])
        shown = made.get()
        assert "node__problem" not in shown
        assert "Trigger" in shown
    listed = text_of(client.get(f"/{stage.ctx.id}/workflows"))
    assert "Remind the team ahead of the next payment" in listed
    twice = client.post(f"/{stage.ctx.id}/workflows/new", {"object": "subscription", "template": "recover"})
    assert twice.status_code == 422
    assert "that no other workflow has" in text_of(twice)


FORMS: dict[str, dict[str, Any]] = {
    "notify": {"owner": "on", "text": "{{ record.name }}"},
    "mail_team": {"owner": "on", "subject": "S", "body": "B"},
    "mail_contact": {"subject": "S", "body": "B"},
    "make_task": {"subject": "Call", "priority": "high", "due_days": "1", "due_at": "09:00", "owner": "on"},
    "set_property": {"written": "contact.jobtitle", "mode": "set", "value": "Chief"},
    "create_record": {
        "made": "deal",
        "given_property_0": "deal.dealname",
        "given_value_0": "Renewal of {{ record.name }}",
        "given_property_1": "deal.dealstage",
        "given_value_1": "closedwon",
    },
    "call_webhook": {"url": "https://hooks.example.com/x", "properties": ["hs_status"]},
    "branch": {},
    "branch_by_value": {"property": "hs_status"},
    "split": {"shares": "60, 40"},
    "wait": {"amount": "2", "unit": "days"},
    "wait_until": {
        "when": "property",
        "around": "hs_next_payment_due_date",
        "days": "3",
        "side": "before",
        "at": "09:00",
    },
    "wait_for_time": {"at": "10:00", "weekdays": ["1", "2"]},
    "wait_for_hours": {"weekdays": ["1"], "from": "08:00", "to": "16:00"},
    "wait_for_event": {"events": ["payment.succeeded"], "amount": "3", "unit": "days"},
}


def test_each_kind_of_step_is_added_shown_and_opened_again(client: Client, stage: Stage) -> None:
    made = Editor(client, stage, name="All steps")
    assert "Tell users on their pages" in made.get("steps/new", slot="start:")
    for kind, words in FORMS.items():
        assert "dialog-title" in made.get("steps/add", slot="start:", kind=kind)
        made.do("steps/add", slot="start:", kind=kind, **words)
    made.do("steps/add", slot="start:", kind="assign", users=[str(stage.user.id)])
    kinds = [each["do"] for each in made.draft["actions"]]
    assert kinds == [*FORMS, "assign"]
    shown = made.get()
    assert "Set Job title to Chief" in shown
    assert "Create: Deal" in shown
    assert "Deal name: Renewal of {{ record.name }}, Deal stage: Closed won" in shown
    assert "3 days before Next payment due date, 09:00" in shown
    assert "Nothing fits yet: say what does." in shown
    for step in made.draft["actions"]:
        assert "dialog-title" in made.get("steps/edit", step=step["id"])
        assert "Remove" in made.get("steps/remove", step=step["id"])
    wait = next(each for each in made.draft["actions"] if each["do"] == "wait")
    made.do("steps/edit", step="wait", amount="5", unit="hours")
    assert next(each for each in made.draft["actions"] if each["id"] == "wait") == {
        **wait,
        "amount": 5,
        "unit": "hours",
    }


def test_a_branch_gets_its_ways_each_with_a_filter_and_a_step_is_moved_and_removed(
    client: Client, stage: Stage
) -> None:
    made = Editor(client, stage, name="Branching")
    made.do("steps/add", slot="start:", kind="branch")
    refused = made.ask("ways/edit", step="branch", way="0", name="Big", position="0")
    assert refused.status_code == 422
    assert "Give at least one condition" in text_of(refused)
    picking = made.ask("ways/edit", step="branch", way="0", name="Big", position="0", do="pick:0")
    assert "picker-search" in text_of(picking)
    added = made.ask("ways/edit", step="branch", way="0", name="Big", position="0", do="add:0:hs_status")
    assert 'value="hs_status"' in text_of(added)
    assert made.draft["actions"][0]["ways"][0]["filter"] == {"groups": []}
    made.do("ways/edit", step="branch", way="0", name="Owing", position="0", **row("hs_status", "past_due"))
    made.do("steps/add", slot="0:branch", kind="wait", amount="1", unit="days")
    made.do("ways/edit", step="branch", way="new", name="Paused", position="0", **row("hs_status", "paused"))
    ways = made.draft["actions"][0]["ways"]
    assert [(each["name"], each["next"]) for each in ways] == [("Paused", ""), ("Owing", "wait")]
    made.do("steps/move", step="wait", place="next:branch")
    assert made.draft["actions"][0]["next"] == "wait"
    made.do("steps/remove", step="branch", keep="next")
    assert [each["id"] for each in made.draft["actions"]] == ["wait"]
    made.do("steps/lead", slot="next:wait", to_step="wait")
    assert "Go on with step 1" in made.get()
    gone = client.get(made.at("steps/edit"), {"step": "branch"})
    assert gone.status_code == 404


def test_what_is_wrong_is_said_at_its_field_and_a_draft_counts_for_nobody_before_it_is_published(
    client: Client, stage: Stage
) -> None:
    made = Editor(client, stage, template="past_due", people=[str(stage.user.id)], name="Wrong things")
    wrong = made.ask("steps/edit", step="tell", owner="on", text="{{ nonsense }}")
    assert wrong.status_code == 422
    assert "There is no such placeholder: nonsense" in text_of(wrong)
    nobody = made.ask("steps/edit", step="tell", text="Hello")
    assert "Say who: the owner, users or teams" in text_of(nobody)
    shares = made.ask("steps/add", slot="next:tell", kind="split", shares="60, 30")
    assert "whole numbers that add up to 100" in text_of(shares)
    assert not made.draft
    made.do("steps/edit", step="tell", owner="on", text="Hello")
    assert "Draft" in made.get()
    assert "becomes version 2" in made.get("publish")
    made.do("publish")
    assert not made.draft
    assert "Version 2" in made.get("versions")
    assert "is past due" in made.get("versions/1")
    made.do("versions/1/restore")
    assert "is past due" in made.draft["actions"][0]["text"]
    made.do("discard")
    made.do("steps/add", slot="start:", kind="branch")
    refused = made.ask("publish")
    assert refused.status_code == 422
    assert "The workflow is not ready" in text_of(refused)


def test_triggers_and_settings_are_set_and_said_in_words(client: Client, stage: Stage) -> None:
    made = Editor(client, stage, name="Triggers")
    empty = made.ask("triggers/add", on="match")
    assert empty.status_code == 422
    made.do("triggers/add", on="match", **row("hs_status", "past_due", "unpaid"))
    made.do("triggers/add", on="event", events=["payment.failed"])
    made.do("triggers/add", on="schedule", every="month", weekday="1", month_day="31", at="08:00")
    made.do("triggers/add", on="date", around="hs_next_payment_due_date", days="2", side="before", at="09:00")
    shown = made.get()
    for words in (
        "Status is any of",
        "Payment failed",
        "Every month on day 31, 08:00",
        "2 days before Next payment",
    ):
        assert words in shown
    made.do(
        "triggers/edit", number="3", around="hs_next_payment_due_date", days="5", side="before", at="09:00"
    )
    made.do("triggers/remove", number="2")
    assert [each["on"] for each in made.draft["triggers"]] == ["match", "event", "date"]
    made.do("settings/edit", rule="again", again="each_value", each_value_of="hs_next_payment_due_date")
    made.do("settings/edit", rule="goal", **row("hs_status", "active"))
    made.do("settings/edit", rule="leave", leave_when_unmet="on")
    made.do(
        "settings/edit",
        rule="hours",
        limited="on",
        weekdays=["1", "2", "3", "4", "5"],
        **{"from": "08:00", "to": "17:00"},
    )
    backwards = made.ask(
        "settings/edit", rule="hours", limited="on", weekdays=["1"], **{"from": "17:00", "to": "08:00"}
    )
    assert backwards.status_code == 422
    said = made.get("settings")
    for words in (
        "each new value of Next payment due date",
        "Status is any of Active",
        "no longer meets",
        "Monday to Friday",
    ):
        assert words in said


def test_turning_on_counts_who_passes_and_off_says_what_becomes_of_those_in_it(
    client: Client, stage: Stage
) -> None:
    made = Editor(client, stage, name="Switched")
    made.do("triggers/add", on="match", **row("hs_status", "paused"))
    made.do("steps/add", slot="start:", kind="wait", amount="2", unit="days")
    asked = made.get("on")
    passing = int(re.findall(r"pass the filter trigger now: (\d+)", asked)[0])
    assert passing > 0
    made.do("on", existing="existing")
    assert f"Records in it now: {passing}" in made.get("off")
    inside = made.get("enrollment")
    record = int(re.findall(r"/enrollment/(\d+)/remove", inside)[0])
    made.do(f"enrollment/{record}/remove")
    assert "Somebody took the record out." in made.get("enrollment", status="removed")
    main = stage.ids["main"]
    made.do("enrollment/new", record=[str(main)])
    again = made.ask("enrollment/new", record=[str(main)])
    assert again.status_code == 303
    other = Editor(client, stage, name="From a list")
    other.do("on")
    ticked = {"id": [str(main)], "of": "record"}
    asked_at = f"/{stage.ctx.id}/subscriptions/bulk/enroll"
    assert "From a list" in text_of(client.get(asked_at, ticked, headers=HTMX))
    to = client.post(asked_at, {**ticked, "workflow_id": str(other.id)})
    assert to["Location"].endswith(str(main))
    made.do("off", enrolled="end")
    assert "Workflow turned off" in made.get("enrollment", status="off")
    made.do("delete")
    assert client.get(made.at()).status_code == 404


def test_a_test_shows_each_step_and_nothing_of_it_stays(client: Client, stage: Stage) -> None:
    made = Editor(client, stage, template="next_payment", people=[str(stage.user.id)], name="Tried")
    made.do("steps/add", slot="start:", kind="wait", amount="2", unit="days")
    assert "Look for a record" in made.get("test")
    tried = text_of(made.ask("test", record=str(stage.ids["main"])))
    assert "Everything was done as it would be, and taken back." in tried
    assert "Wait some time: Wait 2 days" in tried
    assert f"{stage.user.name}: " in tried
    told = inside(stage.ctx.id).execute(
        "SELECT count(*) FROM event WHERE account_id = %s AND kind = 'workflow.notified'", [stage.ctx.id]
    )
    assert told.fetchone() == (0,)
    missing = made.ask("test", record="1")
    assert missing.status_code == 422


def test_a_task_is_seen_on_its_page_and_on_the_record_until_it_is_done(client: Client, stage: Stage) -> None:
    made = Editor(client, stage, name="Makes a task")
    made.do("steps/add", slot="start:", kind="make_task", **FORMS["make_task"], users=[str(stage.user.id)])
    made.do("on")
    made.do("enrollment/new", record=[str(stage.ids["debit"])])
    take_turn(inside(stage.ctx.id), stage.ctx)
    tasks = f"/{stage.ctx.id}/tasks"
    listed = text_of(client.get(tasks, {"which": "all"}))
    assert "Call" in listed
    assert "Call" in text_of(client.get(stage.record("debit")))
    act = re.findall(r'action="(/\d+/subscriptions/\d+/tasks/\d+)"', listed)[0]
    assert client.post(act, {"done": "1", "of": "record"})["Location"] == stage.record("debit")
    assert "Call" not in text_of(client.get(tasks, {"which": "all"}))
    assert "Open again: Call" in text_of(client.get(tasks, {"which": "done"}))
    missing = client.post(re.sub(r"\d+$", "1", act), {"done": "1"})
    assert missing.status_code == 404


def test_the_secret_of_webhooks_is_shown_when_it_is_asked_for(client: Client, stage: Stage) -> None:
    made = Editor(client, stage, name="Calls")
    made.do("steps/add", slot="start:", kind="call_webhook", **FORMS["call_webhook"])
    secret = secret_of(inside(stage.ctx.id), stage.ctx)
    page = made.get("webhooks")
    assert "No webhook was sent yet." in page
    assert secret not in page
    assert secret in text_of(made.ask("webhooks", do="secret"))


NONSENSE = ("", "x", "\0", "-1", "99999999999999999999", "9999-12-31", "²", "start", "7:wait", "next:nobody")


def test_nonsense_breaks_no_page(client: Client, stage: Stage) -> None:
    made = Editor(client, stage, name="Nonsense")
    made.do("steps/add", slot="start:", kind="wait", amount="1", unit="days")
    made.do("triggers/add", on="event", events=["payment.failed"])
    words = (
        "slot",
        "step",
        "way",
        "kind",
        "on",
        "number",
        "rule",
        "q",
        "record",
        "from",
        "to",
        "action",
        "start",
        "before",
    )
    places = ("steps/new", "steps/add", "steps/edit", "steps/lead", "ways/edit", "triggers/add", "triggers/edit",
              "settings/edit", "log", "enrollment", "test")  # fmt: skip
    for number, place in enumerate(places):
        for turn in range(2):
            wrong = NONSENSE[(number + turn * 3) % len(NONSENSE)]
            sent: dict[str, Any] = dict.fromkeys([*words], wrong)
            assert client.get(made.at(place), sent).status_code < 500, (place, wrong)
            if place not in ("log", "enrollment", "steps/new"):
                assert made.ask(place, **sent).status_code < 500, (place, wrong)
    for given in ({"amount": "1e9"}, {"amount": "-4"}, {"amount": "1", "unit": "years"}, {"amount": "\0"}):
        assert made.ask("steps/edit", step="wait", **{"unit": "days", **given}).status_code == 422
    assert client.get(f"/{stage.ctx.id}/workflows/99999999999999999999").status_code == 404


def test_a_workflow_acts_for_the_account_and_shows_nobody_what_they_may_not_see(
    client: Client, stage: Stage, db: AnyConnection, sign_in: SignIn
) -> None:
    made = Editor(client, stage, name="For everybody")
    letter = {"users": [str(stage.user.id)], "subject": "{{ hs_name }}", "body": "Look at it."}
    made.do("steps/add", slot="start:", kind="mail_team", **letter)
    assert "It acts for the whole account: on records that you may not see as well." in made.get("on")
    made.do("on")
    main = stage.ids["main"]
    made.do("enrollment/new", record=[str(main)])
    take_turn(inside(stage.ctx.id), stage.ctx)
    found = inside(stage.ctx.id).execute("SELECT name FROM subscription WHERE id = %s", [main]).fetchone()
    assert found is not None
    name = found[0]
    assert name in made.get("log")

    user = new_user("Henrik Aas")
    give_place(db, user, stage.ctx.id)
    by = place_of(db.cursor(), stage.ctx.id, stage.user.id)
    assert by is not None
    grants = Grants.read({"objects": {"subscription": {"view": "owned"}}, "abilities": ["workflows"]})
    role = create_role(db, stage.ctx, name="Makes workflows", grants=grants, by=by)
    give_role(db, stage.ctx, user.id, role, by=by)
    theirs = sign_in(user)
    for page in ("log", "enrollment"):
        said = text_of(theirs.get(made.at(page)))
        assert "not among the records that you may see" in said
        assert str(main) in said
        assert name not in said


def test_a_step_that_makes_a_record_proposes_a_deal_keeps_what_it_cannot_show_and_says_what_is_wrong(
    client: Client, stage: Stage
) -> None:
    made = Editor(client, stage, name="Renewals")
    shown = made.get("steps/add", slot="start:", kind="create_record")
    assert 'value="{{ record.name }}"' in shown.replace("&quot;", '"')
    assert '<option value="deal.dealname" selected>' in shown
    assert "ticket" not in shown
    wrong = {"made": "deal", "given_property_0": "deal.dealname", "given_value_0": "Renewal"}
    refused = made.ask("steps/add", slot="start:", kind="create_record", **wrong)
    assert refused.status_code == 422
    assert "Deal stage: a new record needs it, or cannot have this value." in text_of(refused)
    right = {**wrong, "given_property_1": "deal.dealstage", "given_value_1": "appointmentscheduled"}
    made.do("steps/add", slot="start:", kind="create_record", **right)
    assert "node__problem" not in made.get()
    (step,) = made.draft["actions"]
    assert step["properties"] == {"dealname": "Renewal", "dealstage": "appointmentscheduled"}
    tested = text_of(made.ask("test", record=str(stage.ids["unpaid"])))
    assert re.search(r"Deal \d+", tested)
    more = {
        "dealname": "x",
        "dealstage": "closedwon",
        **dict.fromkeys(("amount", "hs_mrr", "description"), "1"),
    }
    with_more = {
        "do": "create_record",
        "object": "deal",
        "properties": {f"p{n}": "" for n in range(6)} | more,
    }
    assert with_the_rest({**step}, with_more)["properties"].keys() >= more.keys() - {"dealname"}
