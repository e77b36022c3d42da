"""Owners, pipelines with their stages, and the account itself."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm import owners, pipelines

from kalends.accounts.context import AccountContext
from kalends.accounts.people import add_member, add_user
from tests.api.conftest import Api, NewApi
from tests.conftest import AnyConnection

OWNERS, DEALS, TICKETS = "/crm/v3/owners", "/crm/v3/pipelines/deals", "/crm/v3/pipelines/tickets"
STAGES: list[dict[str, Any]] = [
    {"label": "Talk", "displayOrder": 0, "metadata": {"probability": "0.2"}},
    {"label": "Won", "displayOrder": 1, "metadata": {"isClosed": "true", "probability": "1.0"}},
]
RENEWALS: dict[str, Any] = {"label": "Renewals", "displayOrder": 1, "stages": STAGES}


@pytest.fixture
def client(api: Api) -> HubSpot:
    return HubSpot(access_token=api.token, host=api.address)


@pytest.fixture
def olive(db: AnyConnection, account: AccountContext) -> int:
    return person(db, account, "Olive")


def person(db: AnyConnection, ctx: AccountContext, name: str) -> int:
    id_ = add_user(db, email=f"{name.lower()}.{ctx.id}@example.com", name=f"{name} Owner")
    add_member(db, ctx.id, id_)
    return id_


def test_an_owner_is_found_by_address_and_by_number(api: Api, account: AccountContext, olive: int) -> None:
    (listed,) = api.get(f"{OWNERS}/?email=OLIVE.{account.id}@example.com")["results"]

    assert listed == api.get(f"{OWNERS}/{olive}") == api.get(f"/crm/owners/2026-03/{olive}?idProperty=userId")
    assert (listed["id"], listed["userId"], listed["userIdIncludingInactive"]) == (str(olive), olive, olive)
    assert (listed["type"], listed["firstName"], listed["lastName"]) == ("PERSON", "Olive", "Owner")
    assert listed["archived"] is False
    assert api.get(f"{OWNERS}?email=nobody@example.com")["results"] == []


def test_owners_come_in_pages(api: Api, db: AnyConnection, account: AccountContext, olive: int) -> None:
    zoe = person(db, account, "Zoe")

    first = api.get(f"{OWNERS}?limit=1")
    second = api.get(f"{OWNERS}?limit=1&after={first['paging']['next']['after']}")

    assert [each["id"] for each in first["results"] + second["results"]] == [str(olive), str(zoe)]
    assert "paging" not in second


def test_who_can_no_longer_sign_in_is_archived_and_has_no_user(
    api: Api, db: AnyConnection, olive: int
) -> None:
    db.execute("UPDATE app_user SET is_active = false WHERE id = %s", [olive])

    api.get(f"{OWNERS}/{olive}", 404)
    gone = api.get(f"{OWNERS}/{olive}?archived=True")

    assert gone["archived"] is True
    assert gone["userId"] is None
    assert gone["userIdIncludingInactive"] == olive


def test_no_owner_is_found_by_nonsense(api: Api, another: NewApi, olive: int) -> None:
    for given in ("nobody", "0", "-1", "1.5", "%00", "9" * 40, "' OR 1=1"):
        api.get(f"{OWNERS}/{given}", 404)
    for query in ("limit=0", "limit=501", "limit=x", "after=x", "archived=maybe"):
        api.get(f"{OWNERS}?{query}", 400)
    api.get(f"{OWNERS}/{olive}?idProperty=email", 400)
    assert api.get(f"{OWNERS}?email=a%00b")["results"] == []
    another().get(f"{OWNERS}/{olive}", 404)


def test_owners_have_a_scope_of_their_own(another: NewApi, account: AccountContext) -> None:
    another(account, "crm.objects.owners.read").get(OWNERS)
    another(account, "crm.objects.contacts.read").get(OWNERS, 403)


def test_every_account_has_the_deal_pipeline_that_programs_expect(api: Api) -> None:
    (told,) = api.get(DEALS)["results"]

    assert told["id"] == "default"
    assert [each["id"] for each in told["stages"]] == [
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
        "closedwon",
        "closedlost",
    ]
    assert told["stages"][0]["metadata"] == {"isClosed": "false", "probability": "0.2"}
    assert told["stages"][5]["metadata"] == {"isClosed": "true", "probability": "1.0"}
    assert told == api.get("/crm/pipelines/2026-03/0-3/default")
    assert api.get(f"{DEALS}/default/stages")["results"] == told["stages"]
    assert api.get(f"{DEALS}/default/stages/closedwon") == told["stages"][5]


def test_a_ticket_stage_is_open_or_closed(api: Api) -> None:
    (told,) = api.get(TICKETS)["results"]

    assert {each["metadata"]["ticketState"] for each in told["stages"]} == {"OPEN", "CLOSED"}
    made = api.post(
        f"{TICKETS}/{told['id']}/stages",
        {"label": "Done", "displayOrder": 9, "metadata": {"ticketState": "CLOSED"}},
    )
    assert made["metadata"] == {"isClosed": "true", "ticketState": "CLOSED"}


def test_a_pipeline_is_made_used_changed_and_archived_when_it_is_empty(api: Api) -> None:
    made = api.post(DEALS, RENEWALS)
    path, first = f"{DEALS}/{made['id']}", made["stages"][0]["id"]
    deal = api.make("deals", dealname="Engine", pipeline=made["id"], dealstage=first)

    assert [each["label"] for each in made["stages"]] == ["Talk", "Won"]
    assert api.patch(path, {"label": "Renewed"})["label"] == "Renewed"
    api.delete(path, 400)
    api.delete(f"{path}/stages/{first}", 400)
    api.delete(f"/crm/v3/objects/deals/{deal}")
    api.delete(path)
    api.get(path, 404)
    assert [each["id"] for each in api.get(f"{DEALS}?archived=true")["results"]] == [made["id"]]
    api.delete(f"{DEALS}/default", 400)


def test_a_pipeline_that_is_put_keeps_stages_by_id_or_label_and_drops_the_others(api: Api) -> None:
    made = api.post(DEALS, RENEWALS)
    talk, won = (each["id"] for each in made["stages"])

    changed = api.put(
        f"{DEALS}/{made['id']}",
        {
            "label": "Renewals",
            "displayOrder": 2,
            "stages": [
                {"label": "talk", "displayOrder": 0, "metadata": {"probability": 0.3}},
                {"label": "Lost", "displayOrder": 2, "metadata": {"probability": "0", "isClosed": True}},
            ],
        },
    )

    assert [(each["id"] == talk, each["label"]) for each in changed["stages"]] == [
        (True, "talk"),
        (False, "Lost"),
    ]
    assert changed["stages"][0]["metadata"]["probability"] == "0.3"
    assert won not in [each["id"] for each in changed["stages"]]


def test_a_stage_is_made_changed_replaced_and_archived(api: Api) -> None:
    base = f"{DEALS}/default/stages"
    made = api.post(base, {"label": "Trial", "displayOrder": 3, "metadata": {"probability": "0.50"}})
    path = f"{base}/{made['id']}"

    assert made["metadata"] == {"isClosed": "false", "probability": "0.5"}
    assert made["writePermissions"] == "CRM_PERMISSIONS_ENFORCEMENT"
    assert api.patch(path, {"displayOrder": 4}) == {
        **made,
        "displayOrder": 4,
        "updatedAt": api.get(path)["updatedAt"],
    }
    assert api.patch(path, {"metadata": {"probability": "0.6"}})["label"] == "Trial"
    assert api.put(path, {"label": "Pilot", "displayOrder": 5, "metadata": {"probability": "1"}})[
        "metadata"
    ] == {
        "isClosed": "true",
        "probability": "1.0",
    }
    api.delete(path)
    api.delete(path, 404)
    api.get(path, 404)


def test_what_was_done_to_pipelines_and_stages_is_told(api: Api) -> None:
    made = api.post(DEALS, RENEWALS)
    stage = made["stages"][0]["id"]
    api.patch(f"{DEALS}/{made['id']}/stages/{stage}", {"label": "Call"})

    audit = api.get(f"{DEALS}/{made['id']}/audit")["results"]

    assert [each["action"] for each in audit] == ["UPDATED", "CREATED"]
    assert {each["identifier"] for each in audit} == {made["id"]}
    assert [
        (each["identifier"], each["action"])
        for each in api.get(f"{DEALS}/{made['id']}/stages/{stage}/audit")["results"]
    ] == [(stage, "UPDATED")]
    api.get(f"{DEALS}/none/audit", 404)
    api.get(f"{DEALS}/default/stages/none/audit", 404)


@pytest.mark.parametrize(
    "change",
    [
        {"label": None},
        {"label": ""},
        {"label": 7},
        {"label": "x" * 301},
        {"label": "\x00"},
        {"label": "Sales Pipeline"},
        {"displayOrder": "x"},
        {"displayOrder": 10**12},
        {"stages": None},
        {"stages": []},
        {"stages": {}},
        {"stages": ["x"]},
        {"stages": [{}]},
        {"stages": [{"label": "A"}]},
        {"stages": [{"label": "A", "metadata": []}]},
        {"stages": [{"label": "A", "metadata": {"probability": "often"}}]},
        {"stages": [{"label": "A", "metadata": {"probability": "NaN"}}]},
        {"stages": [{"label": "A", "metadata": {"probability": 1.5}}]},
        {"stages": [{"label": "A", "metadata": {"probability": True}}]},
        {"stages": [{"label": "A", "metadata": {"probability": "0.1", "isClosed": "perhaps"}}]},
        {"stages": [STAGES[0], STAGES[0]]},
        {"stages": [{**STAGES[0], "stageId": "closedwon"}]},
        {"stages": [{**STAGES[0], "stageId": "a/b"}]},
        {"stages": [{**STAGES[0], "stageId": "\x00"}]},
    ],
)
def test_a_pipeline_that_cannot_be_is_refused_and_not_made(api: Api, change: dict[str, Any]) -> None:
    api.post(DEALS, {**RENEWALS, **change}, 400)

    assert len(api.get(DEALS)["results"]) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize("body", [b"[]", b"{", b"7", b'{"label": "\\ud800", "displayOrder": 1}', b"\xff"])
def test_a_body_that_is_no_stage_is_refused(api: Api, method: str, body: bytes) -> None:
    path = f"{DEALS}/default/stages" + ("" if method == "POST" else "/closedwon")

    assert api.ask(method, path, body).status_code == 400


@pytest.mark.parametrize("given", ["none", "%00", "' OR 1=1", "\N{SNOWMAN}", "9" * 3_000])
def test_what_is_not_there_is_not_found(api: Api, given: str) -> None:
    for path in (f"{DEALS}/{given}", f"{DEALS}/default/stages/{given}"):
        api.get(path, 404)
        api.patch(path, {"label": "X"}, 404)
        api.put(path, {"label": "X", "displayOrder": 1, "stages": STAGES}, 404)
        api.delete(path, 404)
    api.get(f"{DEALS}/{given}/stages", 404)
    api.post(f"{DEALS}/{given}/stages", STAGES[0], 404)


def test_objects_without_pipelines_have_none(api: Api) -> None:
    api.get("/crm/v3/pipelines/contacts", 404)
    api.post("/crm/v3/pipelines/contacts", RENEWALS, 404)
    api.get("/crm/v3/pipelines/pets", 400)


def test_pipelines_belong_to_one_account(api: Api, another: NewApi) -> None:
    made = api.post(DEALS, RENEWALS)

    another().get(f"{DEALS}/{made['id']}", 404)


def test_the_account_tells_its_number_money_and_time_zone(api: Api, account: AccountContext) -> None:
    told = api.get("/account-info/v3/details")

    assert told == api.get("/account-info/2026-03/details/")
    assert told["portalId"] == account.id
    assert told["accountType"] == "SANDBOX"
    assert (told["companyCurrency"], told["additionalCurrencies"]) == ("EUR", ["JPY", "NOK", "USD"])
    assert (told["timeZone"], told["utcOffset"]) == ("Europe/Oslo", "+01:00")
    assert told["utcOffsetMilliseconds"] == 3_600_000
    assert api.get("/crm-object-schemas/v3/schemas") == {"results": []}


def test_the_account_is_told_to_any_token_and_to_nobody_else(
    api: Api, another: NewApi, account: AccountContext
) -> None:
    another(account, "crm.objects.contacts.read").get("/account-info/v3/details")
    Api(api.address, "nonsense").get("/account-info/v3/details", 401)


def test_the_library_reads_owners(client: HubSpot, account: AccountContext, olive: int) -> None:
    page = client.crm.owners.owners_api.get_page(
        email=f"olive.{account.id}@example.com", limit=100, archived=False
    )
    read = client.crm.owners.owners_api.get_by_id(olive, id_property="id", archived=False)

    assert [each.id for each in page.results] == [str(olive)]
    assert (read.user_id, read.type) == (olive, "PERSON")
    assert len(client.crm.owners.get_all()) == 1
    with pytest.raises(owners.exceptions.NotFoundException):
        client.crm.owners.owners_api.get_by_id(olive + 1_000_000)


def test_the_library_does_pipelines_and_stages(client: HubSpot) -> None:
    api, stages = client.crm.pipelines.pipelines_api, client.crm.pipelines.pipeline_stages_api
    talk = pipelines.PipelineStageInput(label="Talk", display_order=0, metadata={"probability": "0.2"})
    won = pipelines.PipelineStageInput(label="Won", display_order=1, metadata={"probability": "1.0"})

    made = api.create("deals", pipelines.PipelineInput(label="Renewals", display_order=1, stages=[talk]))
    added = stages.create("deals", made.id, won)
    changed = stages.update(
        "deals", made.id, added.id, pipelines.PipelineStagePatchInput(label="Signed", metadata={})
    )
    audit = client.crm.pipelines.pipeline_audits_api.get_audit("deals", made.id)
    of_stage = client.crm.pipelines.pipeline_stage_audits_api.get_audit("deals", added.id)
    replaced = api.replace(
        "deals", made.id, pipelines.PipelineInput(label="Renewals", display_order=1, stages=[talk])
    )
    listed = api.get_all("deals")
    api.archive("deals", made.id)

    assert changed.label == "Signed"
    assert changed.metadata["isClosed"] == "true"
    assert len(audit.results) == 3
    assert [each.action for each in of_stage.results] == ["UPDATED", "CREATED"]
    assert [each.id for each in replaced.stages] == [made.stages[0].id]
    assert [each.id for each in listed.results] == ["default", made.id]
    with pytest.raises(pipelines.exceptions.NotFoundException):
        api.get_by_id("deals", made.id)
