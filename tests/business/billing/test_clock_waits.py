"""A clock does not go past what another run bills at its moment: were that killed, it would be billed late."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kalends.billing import clock as clocks
from kalends.billing.run import run_due
from tests.conftest import AnyConnection
from tests.world import World


@pytest.mark.parametrize("ends", ["killed", "done"])
def test_a_cycle_that_another_run_holds_is_waited_for_and_billed_on_its_day(
    world: World, inside: Callable[[], AnyConnection], ends: str
) -> None:
    contact = world.customer()
    sold = world.subscribe(contact, "100", start=dt.date(2026, 1, 5), method=world.method(contact))
    other = inside()
    clock = threading.Thread(target=world.until, args=("2026-01-07",))
    with other.transaction(force_rollback=ends == "killed"):
        other.execute("SELECT FROM subscription WHERE id = %s FOR UPDATE", [sold])
        if ends == "done":  # as a run that takes it off the list of what is due
            other.execute("UPDATE subscription SET next_due_date = '2026-02-05' WHERE id = %s", [sold])
        clock.start()
        clock.join(timeout=2)
        is_waiting = clock.is_alive()
        clock_stands = other.execute(
            "SELECT clock_at::date FROM account WHERE id = %s", [world.ctx.id]
        ).fetchone()
    clock.join()

    assert is_waiting
    assert clock_stands == (dt.date(2026, 1, 5),)
    billed_on = world.invoices(sold, "invoice_date")
    assert billed_on == ([dt.date(2026, 1, 5)] if ends == "killed" else [])


def test_a_cycle_that_somebody_held_for_a_moment_is_billed_on_its_day(
    world: World, inside: Callable[[], AnyConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refund, say, of another cycle: it is over when the run is, and nobody is left to wait for."""
    contact = world.customer()
    sold = world.subscribe(contact, "100", start=dt.date(2026, 1, 5), method=world.method(contact))
    other = inside()
    runs: list[int] = []

    def run_while_somebody_holds_it(*given: Any, **more: Any) -> Any:
        runs.append(1)
        with other.transaction():
            if len(runs) < 4:
                other.execute("SELECT FROM subscription WHERE id = %s FOR UPDATE", [sold])
            return run_due(*given, **more)

    monkeypatch.setattr(clocks, "run_due", run_while_somebody_holds_it)
    world.until("2026-01-07")

    assert world.invoices(sold, "invoice_date") == [dt.date(2026, 1, 5)]
