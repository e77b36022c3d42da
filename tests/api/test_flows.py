"""Workflows for programs: HubSpot's shapes, and that what is written comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.workflows.hubspot import from_flow, to_action, to_criteria, to_settings
from kalends.workflows.templates import TEMPLATES
from tests.api.conftest import Api, NewApi
from tests.workflows.conftest import match

FLOWS = "/automation/v4/flows"
SUBSCRIPTION = get_object("subscription")
PEOPLE = {"users": [3], "teams": [4], "owner": True}
EVERY = [
    {"do": "notify", "to": PEOPLE, "text": "x"},
    {"do": "mail_team", "to": PEOPLE, "subject": "x", "body": "y"},
    {"do": "mail_contact", "subject": "x", "body": "y"},
    {"do": "set_property", "property": "hs_name", "mode": "set", "value": "x", "on": "deal"},
    {"do": "set_property", "property": "hs_name", "mode": "copy", "source": "hs_language"},
    {"do": "set_property", "property": "hs_name", "mode": "clear"},
    {"do": "set_property", "property": "hs_net_payment_terms", "mode": "increment", "value": "2"},
    {"do": "assign", "to": {**PEOPLE, "owner": False}, "overwrite": True},
    {"do": "make_task", "subject": "x", "to": PEOPLE, "due_days": 2},
    {"do": "change_segment", "segment": 7, "add": False},
    {"do": "call_webhook", "url": "https://example.com/", "properties": ["hs_name"]},
    {"do": "enroll", "workflow": 9},
    {"do": "branch", "ways": [{"name": "one", "filter": match("hs_status", "unpaid"), "next": "2"}]},
    {"do": "branch_by_value", "property": "hs_status", "cases": [{"values": ["unpaid"], "next": "2"}]},
    {"do": "split", "parts": [{"percent": 100, "next": "2"}]},
    {"do": "wait", "amount": 2, "unit": "hours"},
    {"do": "wait_until", "property": "hs_next_payment_due_date", "days": -1, "at": "10:00"},
    {"do": "wait_for_time", "days": [1], "at": "10:00"},
    {"do": "wait_for_event", "events": ["payment.succeeded"], "amount": 2, "unit": "days", "otherwise": "2"},
]  # fmt: skip


def there_and_back(made: dict[str, Any]) -> dict[str, Any]:
    """A definition in HubSpot's shape, and read again."""
    told = {
        "startActionId": made.get("start", ""),
        "actions": [to_action(SUBSCRIPTION, each) for each in made["actions"]],
        "enrollmentCriteria": to_criteria(SUBSCRIPTION, made),
        **to_settings(SUBSCRIPTION, made),
    }
    return from_flow(SUBSCRIPTION, told)


@pytest.mark.parametrize("action", EVERY, ids=lambda each: f"{each['do']} {each.get('mode', '')}")
def test_an_action_is_the_same_there_and_back(action: dict[str, Any]) -> None:
    whole = {"id": "1", **action, "next": "2"}
    made = {"object": "subscription", "start": "1", "actions": [whole], "triggers": [], "again": "never"}
    assert there_and_back(made) == made


@pytest.mark.parametrize("key", list(TEMPLATES))
def test_a_shipped_template_is_the_same_there_and_back(key: str) -> None:
    made = TEMPLATES[key].made("en", (3,))
    back = there_and_back(made)
    assert {name: back[name] for name in made if name != "actions"} == {
        n: made[n] for n in made if n != "actions"
    }
    assert [each["do"] for each in back["actions"]] == [each["do"] for each in made["actions"]]


def test_a_workflow_is_made_read_changed_and_deleted(api: Api, account: AccountContext) -> None:
    rule = {"filterType": "PROPERTY", "property": "hs_status",
            "operation": {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["unpaid"]}}  # fmt: skip
    branch = {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": [rule]}]}
    action = {"actionId": "1", "actionTypeId": "0-1", "type": "SINGLE_CONNECTION",
              "fields": {"delta": "2", "time_unit": "DAYS"}}  # fmt: skip
    body = {"name": "Unpaid", "objectTypeId": "0-69", "isEnabled": True, "startActionId": "1", "actions": [action],
            "enrollmentCriteria": {"type": "LIST_BASED", "listFilterBranch": branch}}  # fmt: skip
    made = api.post(FLOWS, body)
    assert (made["isEnabled"], made["type"], made["revisionId"]) == (True, "PLATFORM_FLOW", "1")
    assert made["actions"][0]["fields"] == {"delta": "2", "time_unit": "DAYS"}
    assert api.get(f"{FLOWS}/{made['id']}") == made
    assert [each["id"] for each in api.get(FLOWS)["results"]] == [made["id"]]

    again = api.ask("PUT", f"{FLOWS}/{made['id']}", {**body, "revisionId": "7"})
    assert again.status_code == 409
    changed = {**body, "revisionId": "1", "isEnabled": False, "name": "Not paid",
               "timeWindows": [{"day": "MONDAY", "startTime": {"hour": 8, "minute": 0},
                                "endTime": {"hour": 16, "minute": 30}}]}  # fmt: skip
    put = api.ask("PUT", f"{FLOWS}/{made['id']}", changed).json()
    assert (put["revisionId"], put["name"], put["isEnabled"]) == ("2", "Not paid", False)
    assert put["timeWindows"] == changed["timeWindows"]

    wrong = api.ask("POST", FLOWS, {**body, "actions": [{**action, "actionTypeId": "0-99"}]})
    assert wrong.status_code == 400
    assert "0-99" in wrong.text
    assert api.ask("POST", FLOWS, {**body, "name": "X", "actions": [{"actionId": 1}]}).status_code == 400
    assert api.ask("POST", FLOWS, {**changed, "name": "Not paid"}).status_code == 409
    for _ in range(2):
        assert api.ask("DELETE", f"{FLOWS}/{made['id']}").status_code == 204
    assert api.ask("GET", f"{FLOWS}/{made['id']}").status_code == 404
    assert account.id


WRITES = {"actionId": "1", "actionTypeId": "0-5", "type": "SINGLE_CONNECTION",
          "fields": {"property_name": "jobtitle", "target_object": "contact",
                     "value": {"type": "STATIC_VALUE", "staticValue": "x"}}}  # fmt: skip
NOTIFIES = {"actionId": "1", "actionTypeId": "0-9", "type": "SINGLE_CONNECTION",
            "fields": {"user_ids": [], "owner": "true", "body": "{{ contact.email }}"}}  # fmt: skip


def test_a_workflow_reads_and_writes_what_its_program_may_read_and_write(
    account: AccountContext, another: NewApi
) -> None:
    body = {"objectTypeId": "0-69", "enrollmentCriteria": {"type": "MANUAL"}}
    read = ("automation", "crm.objects.subscriptions.read")

    def lacks(*scopes: str, **more: Any) -> list[str]:
        answer = another(account, *scopes).ask("POST", FLOWS, {**body, "name": str(scopes), **more})
        if answer.status_code == 201:
            return []
        assert answer.status_code == 403, answer.text
        return answer.json()["errors"][0]["context"]["requiredGranularScopes"]

    assert lacks("automation") == ["crm.objects.subscriptions.read"]
    assert lacks(*read) == []
    told = {"startActionId": "1", "actions": [NOTIFIES]}
    assert lacks(*read, **told) == ["crm.objects.contacts.read"]
    assert lacks(*read, "crm.objects.contacts.read", **told) == []
    written = {"startActionId": "1", "actions": [WRITES]}
    assert lacks(*read, "crm.objects.contacts.read", **written) == ["crm.objects.contacts.write"]
    granted = another(account, *read, "crm.objects.contacts.read", "crm.objects.contacts.write")
    made = granted.post(FLOWS, {**body, **written, "name": "Writes"})
    less = another(account, *read)
    changed = {**body, **written, "revisionId": made["revisionId"], "isEnabled": True}
    assert less.ask("PUT", f"{FLOWS}/{made['id']}", changed).status_code == 403
    assert less.get(f"{FLOWS}/{made['id']}")["isEnabled"] is False
