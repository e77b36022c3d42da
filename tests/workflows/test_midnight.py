"""What follows the day is looked at when the day begins."""

from __future__ import annotations

import pytest

from kalends.workflows.services import enroll_by_hand
from tests.workflows.conftest import Flows, match
from tests.world import World


@pytest.mark.parametrize(("key", "status"), [("goal", "goal"), ("leave", "left"), ("suppress", "suppressed")])
def test_who_waits_leaves_when_the_day_begins_on_which_it_is_time(
    world: World, flows: Flows, key: str, status: str
) -> None:
    kari = world.customer("Kari Nordmann")
    sub = world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    soon = match("hs_next_payment_due_date", "4", operator="less_than_days_ahead")
    flow = flows.on("Waits", {"do": "wait", "amount": 10, "unit": "weeks"}, **{key: soon})
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    world.until("2026-01-26")
    flows.turn()
    assert flows.ends(flow) == [(sub, "active", "")]
    world.until("2026-01-29")
    flows.turn()
    assert [end[1] for end in flows.ends(flow)] == [status]
