"""Workflows that lead to one another over what they write: how far, and where it is ended."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.segments.services import create_segment
from kalends.workflows.enrolling import DEPTH_MAX
from kalends.workflows.services import enroll_by_hand
from tests.workflows.conftest import Flows, match
from tests.world import World

NOTE = {"do": "set_property", "property": "hs_invoice_comments", "value": "seen"}
NOTED = [{"on": "event", "changed": ["hs_invoice_comments"]}]
_NAMES = {"contact": "jobtitle", "subscription": "hs_invoice_comments"}


@pytest.fixture
def sub(world: World) -> int:
    """A subscription."""
    return world.subscribe(world.customer("Kari Nordmann"), billed_elsewhere=True)


def written(value: str, on: str) -> dict[str, Any]:
    """Writes a property of what the record is tied to."""
    return {"do": "set_property", "property": _NAMES[on], "value": value, "on": on}


@pytest.mark.parametrize("by", ["filter over a tie", "segment"])
def test_who_passes_a_filter_because_of_a_workflow_is_one_further_on(
    world: World, flows: Flows, sub: int, by: str
) -> None:
    seen = create_segment(
        world.db, world.ctx, name="Seen", object="subscription", kind="static", actor="user:1"
    )
    joins = {"do": "change_segment", "segment": seen, "add": True}
    ways = {
        "filter over a tie": (
            written("ping", "contact"),
            {"associated": "contact", "conditions": match("jobtitle", "ping")["groups"][0]},
        ),
        "segment": (joins, {"segment": str(seen)}),
    }
    action, term = ways[by]
    first = flows.on("First", NOTE)
    flows.on("Second", action, triggers=NOTED)
    third = flows.on("Third", NOTE, triggers=[{"on": "match", "filter": {"groups": [[term]]}}])
    enroll_by_hand(world.db, world.ctx, first, [sub], actor="user:1")
    flows.turn()
    depths = world.rows("SELECT depth FROM enrollment WHERE workflow_id = %s", third)
    assert depths == [(2,)]


def test_workflows_of_two_objects_that_set_each_other_off_are_stopped_with_a_reason(
    world: World, flows: Flows, sub: int
) -> None:
    def there_and_gone(on: str) -> list[dict[str, Any]]:
        return [written("seen", on), written("", on) | {"mode": "clear"}]

    ping = flows.on("Ping", *there_and_gone("contact"), triggers=NOTED, again="always")
    titled = [{"on": "event", "changed": ["jobtitle"]}]
    pong = flows.on(
        "Pong", *there_and_gone("subscription"), triggers=titled, again="always", object="contact"
    )
    enroll_by_hand(world.db, world.ctx, flows.on("First", NOTE), [sub], actor="user:1")
    for _ in range(3):
        flows.turn()
    ends = [end for flow in (ping, pong) for end in flows.ends(flow)]
    assert [(status, reason) for _, status, reason in ends if status == "stopped"] == [("stopped", "chain")]
    assert len(ends) == DEPTH_MAX + 1
