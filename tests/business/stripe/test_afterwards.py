"""Money that moves after everything seemed settled: refunds that come back, fees given back, and fees of debits."""

from __future__ import annotations

from typing import Any

from kalends.payments.give_back import send_refunds
from kalends.payments.refund import request_refund
from kalends.proof.reconcile import reconcile
from tests.business.stripe.conftest import Shop


def given_back(shop: Shop, sold: int, minor: int | None) -> dict[str, Any]:
    """A part of what was sold is given back; the refund at Stripe."""
    payment = shop.one("SELECT id FROM payment WHERE subscription_id = %s", sold)[0]
    request_refund(shop.db, shop.ctx, payment, minor)
    send_refunds(shop.db, shop.ctx, shop.processors)
    return shop.stripe.all("refund")[-1]


def differences(shop: Shop) -> tuple[str, ...]:
    """What a night that looks at the whole month finds."""
    first, last = shop.ctx.today.replace(day=1), shop.ctx.today
    return reconcile(shop.db, shop.ctx, shop.processors, "stripe", first, last, now=shop.ctx.now).found


def agrees(shop: Shop) -> None:
    """The books are right in themselves, and agree with Stripe's."""
    shop.proved()
    assert differences(shop) == ()


def test_a_cards_refund_that_fails_days_later_is_money_of_ours_again_and_everything_says_so(
    shop: Shop,
) -> None:
    sold = shop.sells()
    shop.until("2026-01-01")
    refund = given_back(shop, sold, 30_00)
    assert shop.balance("processor_balance") == 100_00 - 3_20 - 30_00
    shop.until("2026-01-06")

    shop.stripe.settle_refund(refund["id"], "lost_or_stolen_card")
    events = shop.stripe.events("refund.failed")
    shop.hears(*events, *events)
    shop.again()

    paid = "SELECT status, refunded_minor::int FROM payment WHERE subscription_id = %s"
    assert shop.one(paid, sold) == ("succeeded", 0)
    assert shop.one("SELECT refunded_minor::int FROM invoice WHERE subscription_id = %s", sold) == (0,)
    assert shop.subscription(sold, "collected_minor") == 100_00
    assert shop.one("SELECT status, failure_code FROM refund") == ("failed", "refund_failed")
    assert (shop.balance("processor_balance"), shop.balance("refunds")) == (100_00 - 3_20, 0)
    told = "SELECT data ->> 'reason' FROM event WHERE kind = 'payment.refund_failed'"
    assert shop.rows(told) == [("The card was lost or stolen, and the bank has no other one.",)]
    agrees(shop)

    again = given_back(shop, sold, None)
    assert again["amount"] == 100_00
    agrees(shop)


def test_the_fee_that_stripe_gives_back_with_a_won_dispute_is_booked(shop: Shop) -> None:
    shop.sells()
    shop.until("2026-01-01")
    (intent,) = shop.stripe.all("payment_intent")
    dispute = shop.stripe.dispute(intent["id"])
    shop.hears(*shop.stripe.events("charge.dispute"))
    shop.until("2026-01-05")
    assert shop.balance("processing_fees") == 3_20 + 15_00

    shop.stripe.decide(dispute, won=True, fee_back=15_00)
    shop.hears(*shop.stripe.events("charge.dispute"))
    shop.until("2026-01-20")

    assert (shop.balance("processing_fees"), shop.balance("processor_balance")) == (3_20, 96_80)
    agrees(shop)


def test_what_stripe_keeps_for_a_debit_that_came_back_is_booked_for_each_try(shop: Shop) -> None:
    sold = shop.sells("pm_sepa_debit_ok", "sepa")
    shop.until("2026-01-01")
    (intent,) = shop.stripe.all("payment_intent")

    shop.stripe.settle(intent["id"], "insufficient_funds", cost=7_50)
    shop.hears(*shop.stripe.events("payment_intent"))
    shop.until("2026-01-06")

    assert shop.payment(sold) == ("failed", 0, "insufficient_funds")
    assert (shop.balance("processing_fees"), shop.balance("processor_balance")) == (7_50, -7_50)
    assert (shop.balance("payments_in_transit"), shop.balance("receivable")) == (0, 100_00)
    agrees(shop)

    shop.stripe.things[shop.stripe.all("charge")[0]["failure_balance_transaction"]]["fee"] += 50
    assert ["Returned debit" in each and "8.00" in each for each in differences(shop)] == [True]
