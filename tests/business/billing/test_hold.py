"""Billing that is held: nothing is invoiced or charged, nothing is lost, and everything is billed once afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.billing import run as run_module
from kalends.billing.clock import ClockRefused
from kalends.billing.hold import HoldRefused, find_hold, hold_billing, release_billing
from kalends.billing.run import RunResult, run_due
from kalends.proof.verify import verify
from tests.world import World


@pytest.fixture
def due(world: World) -> list[int]:
    """Three subscriptions by card; the clock stands on the day on which they fall due."""
    ids = []
    for _ in range(3):
        kari = world.customer()
        ids.append(world.subscribe(kari, method=world.method(kari)))
    pass_time(world, "12 hours")
    return ids


def pass_time(world: World, interval: str) -> None:
    """Let time pass as on a live account: whether anything is due shows only when a run comes by."""
    world.db.execute(
        "UPDATE account SET clock_at = clock_at + %s::interval WHERE id = %s", [interval, world.ctx.id]
    )
    world.reload()


def invoices(world: World) -> int:
    return world.one("SELECT count(*) FROM invoice WHERE account_id = %s", world.ctx.id)[0]


def payments(world: World, status: str) -> int:
    return world.one(
        "SELECT count(*) FROM payment WHERE account_id = %s AND status = %s", world.ctx.id, status
    )[0]


def run(world: World, **more: Any) -> RunResult:
    return run_due(world.db, world.ctx, world.processors, **more)


def test_a_held_account_is_neither_invoiced_nor_charged(world: World, due: list[int]) -> None:
    hold_billing(world.db, world.ctx, actor="user:7", reason="Prices are wrong")

    result = run(world)

    assert result.held
    assert (invoices(world), payments(world, "succeeded")) == (0, 0)


def test_what_came_due_meanwhile_is_billed_once_when_the_hold_ends(world: World, due: list[int]) -> None:
    hold_billing(world.db, world.ctx, actor="user:7")
    run(world)
    release_billing(world.db, world.ctx, actor="user:7")

    first, second = run(world), run(world)

    assert (first.invoiced, first.charges.succeeded) == (3, 3)
    assert (second.invoiced, second.charges.sent) == (0, 0)
    assert verify(world.db, world.ctx).differences == []


def test_a_hold_during_a_run_stops_it_after_the_block_at_hand(world: World, due: list[int]) -> None:
    def somebody_holds(result: RunResult) -> None:
        if result.invoiced == 1 and not find_hold(world.db, world.ctx.id):
            hold_billing(world.db, world.ctx, actor="user:7")

    stopped = run(world, size=1, progress=somebody_holds)

    assert stopped.held
    assert invoices(world) == 1
    assert payments(world, "succeeded") == 0, "what was invoiced waits to be charged"

    release_billing(world.db, world.ctx, actor="user:7")
    rest = run(world)
    assert (rest.invoiced, rest.charges.succeeded) == (2, 3)
    assert verify(world.db, world.ctx).differences == []


def test_a_hold_between_two_batches_of_charges_leaves_the_rest_unsent(
    world: World, due: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    collect = run_module.collect
    monkeypatch.setattr(run_module, "collect", lambda *args, **more: collect(*args, size=1, **more))

    def somebody_holds(result: RunResult) -> None:
        if result.charges.succeeded == 1 and not find_hold(world.db, world.ctx.id):
            hold_billing(world.db, world.ctx, actor="user:7")

    stopped = run(world, progress=somebody_holds)

    assert stopped.held
    assert payments(world, "succeeded") == 1
    release_billing(world.db, world.ctx, actor="user:7")
    assert run(world).charges.succeeded == 2


def test_money_that_is_reported_while_billing_is_held_is_taken_in(world: World) -> None:
    berit = world.customer()
    world.subscribe(berit, method=world.method(berit, kind="sepa"))
    pass_time(world, "12 hours")
    run(world)
    assert payments(world, "processing") == 1
    hold_billing(world.db, world.ctx, actor="user:7")

    pass_time(world, "30 days")
    run(world)

    assert payments(world, "succeeded") == 1


def test_a_sandbox_clock_does_not_walk_past_what_is_held(world: World, due: list[int]) -> None:
    hold_billing(world.db, world.ctx, actor="user:7")
    stood = world.ctx.now

    with pytest.raises(ClockRefused, match="Let billing go on first"):
        world.until("2026-02-01")

    assert world.reload().now == stood


def test_an_account_is_held_once_and_let_go_once(world: World) -> None:
    held = hold_billing(world.db, world.ctx, actor="user:7", reason=" Prices are wrong ")

    assert find_hold(world.db, world.ctx.id) == held
    assert held.reason == "Prices are wrong"
    with pytest.raises(HoldRefused, match="held already"):
        hold_billing(world.db, world.ctx, actor="user:8")
    release_billing(world.db, world.ctx, actor="user:8")
    with pytest.raises(HoldRefused, match="not held"):
        release_billing(world.db, world.ctx, actor="user:8")


def test_a_reason_that_is_too_long_is_refused(world: World) -> None:
    with pytest.raises(HoldRefused, match="at most 500"):
        hold_billing(world.db, world.ctx, actor="user:7", reason="x" * 501)


def test_who_held_and_released_is_in_the_journal(world: World) -> None:
    hold_billing(world.db, world.ctx, actor="user:7", reason="Prices are wrong")
    release_billing(world.db, world.ctx, actor="user:8")

    rows = world.rows(
        "SELECT kind, actor, data->>'reason' FROM event WHERE account_id = %s AND kind LIKE 'billing.%%' ORDER BY id",
        world.ctx.id,
    )
    assert rows == [
        ("billing.held", "user:7", "Prices are wrong"),
        ("billing.released", "user:8", "Prices are wrong"),
    ]
