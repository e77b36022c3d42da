"""Webhooks shuffled, repeated, late and lost: whatever reaches us when, the same lives end in the same state."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from kalends.payments.give_back import send_refunds
from kalends.payments.refund import request_refund
from kalends.proof.nightly import listen
from tests.business.stripe.conftest import Shop

LIVES = ("pm_card_ok", "pm_sepa_debit_ok", "pm_sepa_debit_ok", "pm_card_ok", "pm_card_ok", "pm_card_feeless")
ENDS = ["succeeded", "succeeded", "failed", "disputed_won", "disputed_lost", "succeeded"]
"""What becomes of each of them, in the order in which they are sold."""


def lives(shop: Shop, sold: list[int]) -> list[Callable[[], Any]]:
    """What happens at Stripe to everything that was sold, in the order in which it does."""
    _, good, bad, won, lost, feeless = map(shop.intent, sold)
    refund, disputes = shop.stripe.all("refund")[0]["id"], [shop.stripe.dispute(each) for each in (won, lost)]
    return [
        lambda: shop.stripe.settle(good),
        lambda: shop.stripe.know_fee(feeless),
        lambda: shop.stripe.settle(bad, "account_closed", cost=7_50),
        lambda: shop.stripe.settle_refund(refund, "lost_or_stolen_card"),
        lambda: shop.stripe.decide(disputes[0], won=True, fee_back=15_00),
        lambda: shop.stripe.decide(disputes[1], won=False),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_webhooks_in_any_order_twice_or_never_end_in_the_same_state(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    sold = [shop.sells(method, "sepa" if "sepa" in method else "card") for method in LIVES]
    shop.until("2026-01-01")
    payment = shop.one("SELECT id FROM payment WHERE subscription_id = %s", sold[0])[0]
    request_refund(shop.db, shop.ctx, payment, 30_00)
    send_refunds(shop.db, shop.ctx, shop.processors)

    told = 0
    under_way: list[dict[str, Any]] = []
    for happens in lives(shop, sold):
        happens()
        events = shop.stripe.events()
        under_way += events[told:]
        told = len(events)
        arriving = chance.sample(under_way, chance.randrange(len(under_way) + 1))
        under_way = [each for each in under_way if each not in arriving or chance.random() < 0.4]
        shop.hears(*(each for each in arriving if chance.random() < 0.7))
        if chance.random() < 0.5:
            shop.again()
    shop.again()
    for day in ("2026-01-02", "2026-01-03"):
        listen(shop.db, shop.ctx, shop.processors, shop.ctx.now)
        shop.until(day)

    assert [shop.payment(each)[0] for each in sold] == ENDS
    assert shop.rows("SELECT status, failure_code FROM refund") == [("failed", "refund_failed")]
    assert sorted(shop.rows("SELECT status, fee_minor::int, fee_back_minor::int FROM dispute")) == [
        ("lost", 15_00, 0), ("won", 15_00, 15_00),
    ]  # fmt: skip
    assert shop.balance("processor_balance") == 4 * (100_00 - 3_20) - (3_20 + 15_00) - 7_50
    assert (shop.balance("payments_in_transit"), shop.balance("refunds"), shop.balance("disputes")) == (
        0,
        0,
        0,
    )
    letters = [kind for kind, _ in shop.letters()]
    assert (letters.count("receipt"), letters.count("charge_failed")) == (5, 1)
    told_of = (
        "SELECT count(*) FROM event WHERE kind LIKE 'payment.dispute%%' OR kind = 'payment.refund_failed'"
    )
    assert shop.one(told_of) == (5,)
    shop.proved()
