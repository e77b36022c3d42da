"""Workflows that make records: with values of the record, tied to it, once, and never without an end."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from kalends.catalog import OBJECTS
from kalends.crm.associations import End, associated
from kalends.workflows.enrolling import DEPTH_MAX
from kalends.workflows.services import check_definition, enroll_by_hand
from kalends.workflows.sheet import DefinitionError
from kalends.workflows.trying import try_out
from kalends.workflows.writable import creatable_objects, workflow_objects
from tests.workflows.conftest import Flows, definition, new_user
from tests.world import World

DEAL = {
    "dealname": "Renewal of {{ record.name }}",
    "dealstage": "appointmentscheduled",
    "pipeline": "default",
}


def makes(object_: str = "deal", **properties: str) -> dict[str, Any]:
    return {"do": "create_record", "object": object_, "properties": properties or DEAL}


@pytest.fixture
def sub(world: World) -> int:
    """A subscription of somebody's, with an owner."""
    id_ = world.subscribe(world.customer("Kari Nordmann"), "49.50", start=dt.date(2026, 1, 1))
    world.db.execute("UPDATE subscription SET owner_id = %s WHERE id = %s", [new_user(world, "Olive"), id_])
    return id_


def deals(world: World) -> list[tuple[Any, ...]]:
    return world.rows(
        "SELECT name, amount, close_at::text, owner_id, stage, id FROM deal WHERE account_id = %s ORDER BY id",
        world.ctx.id,
    )


def test_a_deal_is_made_with_values_of_the_record_and_tied_to_it_and_its_contact(
    world: World, flows: Flows, sub: int
) -> None:
    given = {
        **DEAL, "amount": "{{ hs_mrr }}", "hubspot_owner_id": "{{ hubspot_owner_id }}",
        "closedate": "{{ hs_recurring_billing_start_date }}",
        "description": "For {{ contact.firstname }}, {{ hubspot_owner_id }}",
    }  # fmt: skip
    flow = flows.on("Renew", makes(**given))
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    flows.turn()
    flows.turn()
    ((name, amount, closes, owner, stage, id_),) = deals(world)
    assert (name, amount, owner) == (
        "Renewal of Fleet Core",
        Decimal("49.50"),
        world.subscription(sub, "owner_id"),
    )
    assert (closes[:10], stage) == ("2026-01-01", "appointmentscheduled")
    assert world.one("SELECT description FROM deal WHERE id = %s", id_) == ("For Kari, Olive",)
    assert flows.log(flow) == [("a1", "done", f"deal {id_}")]
    ends = {each for to in ("subscription", "contact") for each in tied(world, id_, to)}
    assert ends == {sub, world.subscription(sub, "contact_id")}
    actors = world.rows(
        "SELECT actor FROM event WHERE account_id = %s AND kind = 'deal.created'", world.ctx.id
    )
    assert actors == [(f"workflow:{flow}",)]


def tied(world: World, deal: int, to: str) -> list[int]:
    return associated(world.db, world.ctx, End("deal", deal), to)


def test_a_record_whose_properties_are_refused_is_not_made_and_the_others_are(
    world: World, flows: Flows, sub: int
) -> None:
    other = world.subscribe(world.customer("Ola Nordmann"))
    world.db.execute("UPDATE subscription SET name = '12.50' WHERE id = %s", [other])
    flow = flows.on("Renew", makes(**DEAL, amount="{{ hs_name }}"))
    enroll_by_hand(world.db, world.ctx, flow, [sub, other], actor="user:1")
    flows.turn()
    assert [amount for _, amount, *_ in deals(world)] == [Decimal("12.50")]
    assert sorted(outcome for _, outcome, _ in flows.log(flow)) == ["done", "failed"]
    assert "amount" in next(note for _, outcome, note in flows.log(flow) if outcome == "failed")


def test_a_contact_with_an_address_that_is_taken_is_not_made_a_second_time(
    world: World, flows: Flows, sub: int
) -> None:
    flow = flows.on("Copy", makes("contact", email="{{ contact.email }}"))
    before = world.one("SELECT count(*) FROM contact WHERE account_id = %s", world.ctx.id)
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    flows.turn()
    assert [outcome for _, outcome, _ in flows.log(flow)] == ["failed"]
    assert world.one("SELECT count(*) FROM contact WHERE account_id = %s", world.ctx.id) == before


def test_a_test_with_a_record_makes_nothing_and_says_what_it_would(
    world: World, flows: Flows, sub: int
) -> None:
    flow = flows.made("Renew", makes())
    (step,) = try_out(world.db, world.ctx, sub, workflow_id=flow).steps
    assert (step.kind, step.outcome, step.note.split()[0]) == ("create_record", "done", "deal")
    assert deals(world) == []


def test_workflows_that_make_records_for_one_another_come_to_an_end(
    world: World, flows: Flows, sub: int
) -> None:
    """A new contact makes a deal, a new deal makes a contact: each is one further on, until the limit says stop."""
    made = [{"on": "event", "events": ["deal.created"]}]
    people = flows.on(
        "People", makes("contact", lastname="Of {{ record.name }}"), object="deal", triggers=made
    )
    named = [{"on": "event", "events": ["contact.created"]}]
    sales = flows.on("Sales", makes(), object="contact", triggers=named)
    enroll_by_hand(world.db, world.ctx, flows.on("First", makes()), [sub], actor="user:1")
    for _ in range(DEPTH_MAX):
        flows.turn()
    ends = [*flows.ends(people), *flows.ends(sales)]
    assert [(status, reason) for _, status, reason in ends if status == "stopped"] == [("stopped", "chain")]
    assert len(ends) <= DEPTH_MAX + 1
    assert len(deals(world)) <= DEPTH_MAX


@pytest.mark.parametrize(
    ("action", "place"),
    [
        (makes("subscription", hs_name="x"), "object"),
        (makes("invoice", hs_currency="EUR"), "object"),
        (makes("", name="x"), "object"),
        (makes(dealname="x"), "dealstage"),
        (makes(**DEAL, emial="x"), "emial"),
        (makes(**DEAL, amount="much"), "amount"),
        (makes(**DEAL, description="{{ emial }}"), "description"),
        (makes(**DEAL, hs_object_id="1"), "hs_object_id"),
        (makes(**{**DEAL, "dealstage": "nowhere"}), "dealstage"),
        (makes("company", city="Oslo"), "name"),
        ({"do": "create_record", "object": "deal", "properties": []}, "properties"),
    ],
)
def test_what_cannot_be_made_is_named(world: World, flows: Flows, action: dict[str, Any], place: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        check_definition(world.db, world.ctx, definition(action))
    assert any(place in each.place for each in refused.value.problems)


@pytest.mark.parametrize("name", workflow_objects())
def test_no_workflow_makes_what_sells_or_bills_or_records_of_its_own_object(name: str) -> None:
    can = creatable_objects(OBJECTS[name])
    assert name not in can
    assert not {"subscription", "invoice", "payment", "quote", "payment_link", "product", "order"} & set(can)
    assert all(OBJECTS[name].association(each) for each in can)
