"""What an account has set up asks for an erased person no more, and works on."""

from __future__ import annotations

from typing import Any

from kalends.catalog import get_object
from kalends.crm.erasure import erase_contact
from kalends.insight.saved import find_report, save_report
from kalends.query import parse
from kalends.views import Content, Viewer, save_view, views_of
from kalends.workflows.drafts import change_draft
from kalends.workflows.flows import definition_json
from kalends.workflows.services import check_definition, create_workflow
from tests.conftest import AnyConnection
from tests.people import places_of
from tests.world import World

ADDRESS = "zephyrine@customers.test"
VIEWER = Viewer(1)


def asking(*values: str) -> dict[str, Any]:
    """A filter by addresses."""
    return {"groups": [[{"property": "email", "operator": "is_any_of", "values": list(values)}]]}


def test_no_view_report_or_workflow_asks_for_an_erased_person_and_each_still_reads(
    world: World, owner: AnyConnection
) -> None:
    db, ctx, contact = world.db, world.ctx, get_object("contact")
    kari = world.customer("Zephyrine Quackenbush", phone="contact")
    db.execute("UPDATE contact SET email = %s, address = 'email' WHERE id = %s", [ADDRESS, kari])
    for number in (1, 2):
        content = Content(groups=tuple(asking(ADDRESS, "ola@example.com")["groups"]))
        save_view(db, ctx, contact, VIEWER, name=f"{number}", content=content)
    report = save_report(
        db, ctx, VIEWER, name="Hers", content={"filter": asking(ADDRESS.upper())}, ready="mrr"
    )
    action = {
        "id": "a1",
        "do": "mail_contact",
        "subject": f"About {ADDRESS}",
        "body": "Zephyrine Quackenbush",
    }
    definition = {"object": "contact", "start": "a1", "actions": [action], "suppress": asking(ADDRESS)}
    flow = create_workflow(db, ctx, name="Hers", definition=definition, actor="user:1")
    change_draft(db, ctx, flow, lambda it: {**it, "suppress": asking(ADDRESS, "x@y.test")}, actor="user:1")
    db.execute("UPDATE workflow SET name = %s WHERE account_id = %s", [f"For {ADDRESS}", ctx.id])
    tell_apart = "UPDATE saved_view SET name = %s || CASE name WHEN '1' THEN '' ELSE ' Quackenbush' END"
    db.execute(f"{tell_apart} WHERE account_id = %s", [f"{ADDRESS} Zephyrine", ctx.id])
    erase_contact(db, ctx, kari)

    assert places_of(owner, ctx.id, [ADDRESS, "Quackenbush"]) == []
    for view in views_of(db, ctx, contact, VIEWER):
        (condition,) = view.content.groups[0]
        assert condition == asking("[erased]", "ola@example.com")["groups"][0][0]
        parse(contact, {"groups": list(view.content.groups)})
    assert find_report(db, ctx, VIEWER, report).content == {"filter": asking("[erased]")}
    kept = definition_json(db, ctx, flow, 1)
    check_definition(db, ctx, kept)
    assert kept["suppress"] == asking("[erased]")
    assert kept["actions"][0]["body"] == "[erased]"
