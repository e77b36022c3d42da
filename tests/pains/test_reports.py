"""Pains 27 and 28: reports that come twice or together, and one whose handler died."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.payments import reports as inbox
from kalends.payments.reports import handle_stored, store, take_in
from tests.pains.machines import at_once
from tests.scenarios.shop import Shop, Subscription


@pytest.fixture
def on_their_way(shop: Shop) -> list[Subscription]:
    """Ten bank debits that were submitted; the bank answers five banking days later."""
    people = [shop.customer(f"Kari{number} Li") for number in range(10)]
    outcomes = ["approved", "insufficient_funds"] * 5
    sold = [
        shop.sells(each, by=each.bank_account(outcome), start="2026-03-02")
        for each, outcome in zip(people, outcomes, strict=True)
    ]
    shop.until("2026-03-02")
    shop.at("2026-03-10", 12)
    return sold


def settled_once(shop: Shop, sold: list[Subscription]) -> None:
    """Each debit counts once, whichever way it went."""
    assert [each.payments_made for each in sold] == [1, 0] * 5
    assert [each.status for each in sold] == ["active", "unpaid"] * 5
    assert shop.balance("payments_in_transit") == "0.00 EUR"
    told = [kind for kind, _ in shop.world.letters()]
    assert (told.count("receipt"), told.count("charge_failed")) == (5, 5)


def test_pain_27_eight_deliveries_of_the_same_reports_at_the_same_moment_count_once(
    shop: Shop, on_their_way: list[Subscription]
) -> None:
    told = shop.world.processors("sandbox").reports(shop.world.ctx.now, 1000)
    assert len(told) == 10
    ctx = shop.world.ctx

    def endpoint(db: Any, processors: Any) -> int:
        taken = store(db, ctx, "sandbox", told)
        handle_stored(db, ctx)
        return taken

    taken = at_once(shop, [endpoint] * 8)

    assert sum(taken) == 10
    settled_once(shop, on_their_way)


def test_pain_27_reports_come_again_after_they_were_handled_and_change_nothing(
    shop: Shop, on_their_way: list[Subscription]
) -> None:
    told = shop.world.processors("sandbox").reports(shop.world.ctx.now, 1000)
    for again in range(3):
        renamed = [report._replace(event_id=f"{report.event_id}-{again}") for report in told]
        shop.does(store, "sandbox", [*renamed, *told])
        shop.does(handle_stored)
    settled_once(shop, on_their_way)


def test_pain_28_a_handler_that_dies_after_the_report_was_stored_is_made_up_for(
    shop: Shop, on_their_way: list[Subscription], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*args: Any, **more: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "write_outcomes", dies)
        shop.does(take_in, shop.world.processors, "sandbox")
        with pytest.raises(MemoryError):
            shop.does(handle_stored)
    assert [each.payments_made for each in on_their_way] == [0] * 10

    shop.runs()
    settled_once(shop, on_their_way)


def test_pain_28_a_redelivery_of_a_report_that_was_stored_and_not_handled_finishes_the_work(
    shop: Shop, on_their_way: list[Subscription], monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = shop.world.processors("sandbox")
    with monkeypatch.context() as patch:
        patch.setattr(
            type(processor), "acknowledge", lambda self, reports: None
        )  # the line dies before we say thanks
        told = processor.reports(shop.world.ctx.now, 1000)
        shop.does(store, "sandbox", told)

    assert shop.does(take_in, shop.world.processors, "sandbox") == 0  # delivered again, and known already
    shop.does(handle_stored)
    settled_once(shop, on_their_way)
