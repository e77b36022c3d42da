"""Segments on pages: begun at a list, filled by hand, looked at, changed and deleted; and what refuses says why."""

from __future__ import annotations

import json
import re
from typing import Any

from django.test import Client

from tests.staff.stage import Stage

HTMX = {"HTTP_HX_REQUEST": "true"}


def at(stage: Stage, rest: str) -> str:
    return f"/{stage.ctx.id}/{rest}"


def make(
    client: Client, stage: Stage, name: str, groups: Any, kind: str = "active", slug: str = "contacts"
) -> int:
    """Save a filter as a segment, and give its number."""
    answer = client.post(
        at(stage, f"{slug}/segment"), {"f": json.dumps(groups), "name": name, "kind": kind}, follow=True
    )
    assert answer.status_code == 200, answer.content.decode()
    return int(answer.redirect_chain[-1][0].rpartition("/")[2])


KNOWN = [[{"property": "email", "operator": "known"}]]
UNPAID = [{"property": "hs_status", "operator": "is_any_of", "values": ["unpaid"]}]
WITH_SUBSCRIPTION = [[{"associated": "subscription", "conditions": UNPAID}]]
WITHOUT = [[{"associated": "subscription", "quantifier": "none", "conditions": UNPAID}]]


def test_a_filter_becomes_a_segment_whose_page_tells_it_in_words(client: Client, stage: Stage) -> None:
    id_ = make(client, stage, "Customers with a subscription", WITH_SUBSCRIPTION)
    page = client.get(at(stage, f"segments/{id_}")).content.decode()
    assert "Subscription: Status is any of Unpaid" in page
    assert "Member since" in page
    assert client.get(at(stage, f"segments/{id_}"), {"after": "9" * 30}).status_code == 200
    listed = client.get(at(stage, "segments")).content.decode()
    assert "Customers with a subscription" in listed
    inside = client.get(at(stage, "contacts"), {"f": json.dumps([[{"segment": str(id_)}]])}).content.decode()
    outside = client.get(at(stage, "contacts"), {"f": json.dumps(WITH_SUBSCRIPTION)}).content.decode()
    assert found(inside) == found(outside) != found(client.get(at(stage, "contacts")).content.decode())


def found(page: str) -> str:
    return page.partition('id="found">')[2].partition("<")[0]


def test_the_builder_offers_segments_and_none(client: Client, stage: Stage) -> None:
    id_ = make(client, stage, "Without any", WITHOUT)
    groups = json.dumps([[{"segment": str(id_), "quantifier": "none"}]])
    builder = client.get(at(stage, "contacts/filters"), {"f": groups}, **HTMX).content.decode()
    assert "is not a member of" in builder
    assert f'<option value="{id_}" selected' in builder
    rows = {"draft": "1", "p0": "@segment", "g0": "0", "o0": "none", "v0": str(id_)}
    applied = client.get(at(stage, "contacts/filters/apply"), rows, **HTMX)
    same = client.get(at(stage, "contacts"), {"f": json.dumps(WITH_SUBSCRIPTION)}).content.decode()
    assert found(applied.content.decode()) == found(same)


def test_an_edited_filter_moves_the_members_and_the_dialog_counts_them_first(
    client: Client, stage: Stage
) -> None:
    id_ = make(client, stage, "Edited", KNOWN)
    rows = {"draft": "1", "p0": "subscription.", "g0": "0", "q0": "none", "segment": str(id_)}
    asked = client.get(at(stage, "contacts/segment"), rows, **HTMX).content.decode()
    assert "Save the segment Edited" in asked
    assert "The filter finds" in asked
    client.post(at(stage, "contacts/segment"), {"f": json.dumps(WITHOUT), "segment": str(id_)})
    assert (
        "No Subscription: Status is any of Unpaid"
        in client.get(at(stage, f"segments/{id_}")).content.decode()
    )


def test_records_join_and_leave_a_static_segment_by_hand(client: Client, stage: Stage) -> None:
    contact = re.findall(r'name="id" value="(\d+)"', client.get(at(stage, "contacts")).content.decode())[0]
    chosen = {"id": [contact], "segment_name": "By hand"}
    client.post(at(stage, "contacts/bulk/segment"), chosen)
    listed = client.get(at(stage, "segments")).content.decode()
    id_ = int(listed.partition(">By hand<")[0].rpartition("/segments/")[2].partition('"')[0])
    groups = json.dumps([[{"segment": str(id_), "quantifier": "any"}]])
    shown = client.get(at(stage, "contacts"), {"f": groups}).content.decode()
    assert "Remove from the segment" in shown
    assert found(shown) == "1 contact"
    client.post(at(stage, "contacts/bulk/unsegment"), {"id": [contact], "f": groups})
    assert "Nobody is in it" in client.get(at(stage, f"segments/{id_}")).content.decode()


def test_deleting_says_what_asks_for_it_and_restoring_brings_it_back(client: Client, stage: Stage) -> None:
    inner = make(client, stage, "Inner", KNOWN)
    make(client, stage, "Outer", [[{"segment": str(inner)}]])
    asked = client.get(at(stage, f"segments/{inner}/delete"), **HTMX).content.decode()
    assert "The segment Outer asks for it." in asked
    client.post(at(stage, f"segments/{inner}/delete"))
    assert client.get(at(stage, f"segments/{inner}")).status_code == 404
    client.post(at(stage, f"segments/{inner}/restore"))
    assert client.get(at(stage, f"segments/{inner}")).status_code == 200


def test_what_cannot_be_is_said_in_words(client: Client, stage: Stage) -> None:
    first = make(client, stage, "First", KNOWN)
    second = make(client, stage, "Second", [[{"segment": str(first)}]])
    circle = {"f": json.dumps([[{"segment": str(second)}]]), "segment": str(first)}
    refused = client.post(at(stage, "contacts/segment"), circle)
    assert refused.status_code == 422
    assert "asks for this one in turn" in refused.content.decode()
    taken = client.post(
        at(stage, "contacts/segment"), {"f": json.dumps(KNOWN), "name": "First", "kind": "active"}
    )
    assert taken.status_code == 422
    assert "of this name already" in taken.content.decode()


def test_a_segment_is_renamed_cloned_and_made_static(client: Client, stage: Stage) -> None:
    id_ = make(client, stage, "Old name", KNOWN)
    client.post(at(stage, f"segments/{id_}/rename"), {"name": "New name"})
    client.post(at(stage, f"segments/{id_}/clone"), {"name": "A copy"})
    client.post(at(stage, f"segments/{id_}/static"))
    page = client.get(at(stage, f"segments/{id_}")).content.decode()
    assert "New name" in page
    assert "Static" in page
    assert "Edit the filter" not in page
    assert "A copy" in client.get(at(stage, "segments")).content.decode()
