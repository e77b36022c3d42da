"""A processor that answers what nobody asked, in words that nobody knows: it is asked again, and nobody else waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from kalends.billing.run import run_due
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, Report
from kalends.payments.reports import handle_stored, store
from kalends.proof.verify import verify
from tests.world import World


class Muddled:
    """A processor that charges, and then says something odd about it; ``clear`` makes it answer as it should."""

    name, batch_size, concurrency = "sandbox", 50, 1

    def __init__(self, odd: str) -> None:
        self.odd, self.clear = odd, False
        self.charged: dict[str, ChargeOutcome] = {}

    def next_report_at(self) -> datetime | None:
        return None

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        right = [
            self.charged.setdefault(
                each.idempotency_key, ChargeOutcome(each.idempotency_key, "succeeded", "ch-1", 30)
            )
            for each in requests
        ]
        if self.odd == "status":
            return [each._replace(status="pondering") for each in right]  # type: ignore[arg-type]
        if self.odd == "stranger":
            return [*right, ChargeOutcome("order-1001", "succeeded", "ch-2", 0)]
        if self.odd == "silent about some":
            return right[1:]
        return [*reversed(right), right[0]]

    def lookup(self, idempotency_keys: Sequence[str], at: datetime) -> dict[str, ChargeOutcome]:
        found = {key: self.charged[key] for key in idempotency_keys if key in self.charged}
        if self.clear:
            return found
        odd = {key: each._replace(status="pondering") for key, each in found.items()}  # type: ignore[arg-type]
        return {**odd, "order-1001": ChargeOutcome("order-1001", "succeeded")}


@pytest.mark.parametrize("odd", ["status", "stranger", "silent about some", "twice and in another order"])
def test_an_odd_answer_stops_no_run_and_is_asked_about_until_it_is_clear(world: World, odd: str) -> None:
    for _ in range(3):
        kari = world.customer()
        world.subscribe(kari, method=world.method(kari))
    muddled = Muddled(odd)
    world.ctx = world.reload()
    world.db.execute(
        "UPDATE account SET clock_at = clock_at + interval '3 hours' WHERE id = %s", [world.ctx.id]
    )
    world.reload()

    run_due(world.db, world.ctx, lambda name: muddled)  # type: ignore[arg-type]
    muddled.clear = True
    run_due(world.db, world.ctx, lambda name: muddled)  # type: ignore[arg-type]

    paid = world.rows("SELECT status FROM charge_attempt WHERE account_id = %s", world.ctx.id)
    assert paid == [("succeeded",)] * 3
    assert len(muddled.charged) == 3
    assert verify(world.db, world.ctx).differences == []


@pytest.mark.parametrize("kind", ["charge.succeeded", "charge.disputed", "refund.succeeded"])
@pytest.mark.parametrize("key", ["order-1001", "kalends-1-1-1", ""])
def test_a_report_about_what_is_not_ours_stops_no_other(world: World, kind: str, key: str) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari, kind="sepa"))
    world.until("2026-01-02")
    now = world.ctx.now
    strange = Report(
        "ev-strange",
        kind,
        key,
        key or None,
        {},
        "x",
        "EUR",
        100,
        0,
        None,
        None,
        None,
        now,
        now,  # type: ignore[arg-type]
    )
    store(world.db, world.ctx, "sandbox", [strange])

    handle_stored(world.db, world.ctx)
    world.until(world.ctx.today + timedelta(days=12))

    assert world.rows("SELECT status FROM payment WHERE account_id = %s", world.ctx.id) == [("succeeded",)]
