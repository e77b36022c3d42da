"""Segments under HubSpot's name for them, asked for by HubSpot's own library and by hand."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm import lists

from kalends.accounts.context import AccountContext
from tests.api.conftest import Api, NewApi, tie

KNOWN = {
    "filterType": "PROPERTY",
    "property": "email",
    "operation": {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"},
}


def tree(*filters: dict[str, Any], branches: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    inner = {"filterBranchType": "AND", "filters": list(filters), "filterBranches": branches or []}
    return {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}


def members(api: Api, id_: str) -> list[str]:
    return [each["recordId"] for each in api.get(f"/crm/v3/lists/{id_}/memberships")["results"]]


def make(api: Api, name: str, how: str = "DYNAMIC", **more: Any) -> str:
    body = {"name": name, "objectTypeId": "0-1", "processingType": how, **more}
    return str(api.post("/crm/v3/lists", body, 200)["list"]["listId"])


def test_hubspot_s_library_makes_a_list_fills_it_and_reads_it(api: Api) -> None:
    client = HubSpot(access_token=api.token, host=api.address)
    made = client.crm.lists.lists_api.create(
        lists.ListCreateRequest(name="Friends", object_type_id="0-1", processing_type="MANUAL")
    )
    kari = api.make("contacts", email="kari@example.com")
    id_ = made.list.list_id
    changed = client.crm.lists.memberships_api.add(id_, [kari, "999999999"])
    assert changed.records_ids_added == [kari] or [str(each) for each in changed.records_ids_added] == [kari]
    page = client.crm.lists.memberships_api.get_page(id_)
    assert [each.record_id for each in page.results] == [kari]
    oldest = client.crm.lists.memberships_api.get_page_ordered_by_added_to_list_date(id_)
    assert [each.record_id for each in oldest.results] == [kari]
    found = client.crm.lists.lists_api.do_search(lists.ListSearchRequest(query="friend"))
    assert [each.name for each in found.lists] == ["Friends"]
    assert client.crm.lists.lists_api.get_by_id(id_).list.size == 1
    client.crm.lists.lists_api.remove(id_)
    client.crm.lists.lists_api.restore(id_)
    assert client.crm.lists.lists_api.get_by_id(id_).list.name == "Friends"


def test_a_dynamic_list_has_whom_its_filter_finds_and_tells_the_filter(api: Api) -> None:
    kari = api.make("contacts", email="kari@example.com")
    api.make("contacts", firstname="Without")
    deal = api.make("deals", [tie(kari, 3)], dealname="Gold", dealstage="qualifiedtobuy")
    assert deal
    id_ = make(api, "Reachable", filterBranch=tree(KNOWN))
    assert members(api, id_) == [kari]
    none = {
        "filterBranchType": "ASSOCIATION",
        "objectTypeId": "0-3",
        "operator": "NOT_IN_LIST",
        "filters": [],
    }
    told = api.put(f"/crm/v3/lists/{id_}/update-list-filters", {"filterBranch": tree(branches=[none])})
    assert (
        told["updatedList"]["filterBranch"]["filterBranches"][0]["filterBranches"][0]["operator"]
        == "NOT_IN_LIST"
    )
    assert kari not in members(api, id_)
    inside = {"filterType": "IN_LIST", "operator": "NOT_IN_LIST", "listId": id_}
    outside = make(api, "Others", filterBranch=tree(inside))
    assert members(api, outside) == [kari]
    of_kari = api.get(f"/crm/v3/lists/records/0-1/{kari}/memberships")
    assert [each["listId"] for each in of_kari["results"]] == [outside]


def test_what_cannot_be_is_refused_with_the_reason(api: Api) -> None:
    active = make(api, "Reachable", filterBranch=tree(KNOWN))
    again = {"name": "Reachable", "objectTypeId": "0-1", "processingType": "MANUAL"}
    assert api.ask("POST", "/crm/v3/lists", again).status_code == 409
    assert api.ask("PUT", f"/crm/v3/lists/{active}/memberships/add", ["1"]).status_code == 400
    assert api.ask("PUT", f"/crm/v3/lists/{active}/memberships/add", {"not": "a list"}).status_code == 400
    assert api.ask("GET", "/crm/v3/lists/999999999").status_code == 404
    wrong = {"name": "X", "objectTypeId": "0-1", "processingType": "SOMETIMES"}
    assert api.ask("POST", "/crm/v3/lists", wrong).status_code == 400
    bad = {
        "name": "X",
        "objectTypeId": "0-1",
        "processingType": "DYNAMIC",
        "filterBranch": tree({"filterType": "E"}),
    }
    assert api.ask("POST", "/crm/v3/lists", bad).status_code == 400
    circle = tree({"filterType": "IN_LIST", "operator": "IN_LIST", "listId": active})
    assert (
        api.ask("PUT", f"/crm/v3/lists/{active}/update-list-filters", {"filterBranch": circle}).status_code
        == 400
    )


def test_a_list_is_no_way_to_ask_about_records_that_a_program_may_not_read(
    api: Api, another: NewApi, account: AccountContext
) -> None:
    deal = {"filterBranchType": "ASSOCIATION", "objectTypeId": "0-3", "operator": "IN_LIST", "filters": []}
    known, with_deals = make(api, "Known", filterBranch=tree(KNOWN)), tree(branches=[deal])
    rich = make(api, "Rich", filterBranch=with_deals)
    through = tree({"filterType": "IN_LIST", "operator": "IN_LIST", "listId": rich})
    lists_only = ("crm.lists.read", "crm.lists.write")
    none = another(account, *lists_only)
    some = another(account, *lists_only, "crm.objects.contacts.read")
    body = {"name": "Mine", "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    for program, status in ((none, 403), (some, 200)):
        assert program.ask("GET", f"/crm/v3/lists/{known}/memberships").status_code == status
        assert program.ask("GET", f"/crm/v3/lists/{known}/memberships/join-order").status_code == status
        wanted = {**body, "filterBranch": tree(KNOWN)}
        assert program.ask("POST", "/crm/v3/lists", wanted).status_code == status
        assert program.ask("GET", f"/crm/v3/lists/{rich}/memberships").status_code == 403
        for asked in (with_deals, through):
            changed = {"filterBranch": asked}
            assert (
                program.ask("PUT", f"/crm/v3/lists/{known}/update-list-filters", changed).status_code == 403
            )
            made = program.ask("POST", "/crm/v3/lists", {**body, "name": "More", "filterBranch": asked})
            assert made.status_code == 403
    assert none.ask("GET", "/crm/v3/lists/records/0-1/1/memberships").status_code == 403
    told = none.ask("GET", f"/crm/v3/lists/{rich}/memberships").json()
    assert told["errors"][0]["context"]["requiredGranularScopes"] == [
        "crm.objects.contacts.read",
        "crm.objects.deals.read",
    ]


def test_a_list_that_another_asks_for_is_not_deleted(api: Api) -> None:
    friends = make(api, "Friends", "MANUAL")
    others = {"filterType": "IN_LIST", "operator": "NOT_IN_LIST", "listId": friends}
    strangers = make(api, "Strangers", filterBranch=tree(others))
    refusal = api.ask("DELETE", f"/crm/v3/lists/{friends}")
    assert refusal.status_code == 409
    assert "the segment 'Strangers'" in refusal.json()["message"]
    api.delete(f"/crm/v3/lists/{strangers}")
    api.delete(f"/crm/v3/lists/{friends}")
