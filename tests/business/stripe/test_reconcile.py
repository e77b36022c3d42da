"""The ledger and Stripe, compared night by night: zero, or the names."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kalends.payments.give_back import send_refunds
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.refund import request_refund
from kalends.proof.nightly import listen
from kalends.proof.reconcile import Reconciled, latest, reconcile
from tests.business.messages.post import administrator
from tests.business.stripe.conftest import Shop

DAY = dt.date(2026, 1, 1)


def compare(shop: Shop, first: dt.date = DAY, last: dt.date = DAY) -> Reconciled:
    return reconcile(shop.db, shop.ctx, shop.processors, "stripe", first, last, now=shop.ctx.now)


def collected(shop: Shop) -> dict[str, Any]:
    """The charge that succeeded."""
    return next(each for each in shop.stripe.all("charge") if each["status"] == "succeeded")


@pytest.fixture
def sold(shop: Shop) -> int:
    """A card that was charged, part of it given back, and a debit that is on its way."""
    sold = shop.sells()
    shop.sells("pm_sepa_debit_ok", "sepa")
    shop.until(DAY)
    payment = shop.one("SELECT id FROM payment WHERE subscription_id = %s", sold)[0]
    request_refund(shop.db, shop.ctx, payment, 25_00)
    send_refunds(shop.db, shop.ctx, shop.processors)
    return sold


def test_books_that_agree_have_zero_differences(shop: Shop, sold: int) -> None:
    done = compare(shop)

    assert (done.movements, done.differences, done.notes) == (2, 0, ())
    assert latest(shop.db, shop.ctx.id)[0].agrees


def test_a_payment_in_another_currency_agrees_too(shop: Shop) -> None:
    shop.stripe.settles_in, shop.stripe.euro_hundredths = "eur", 87
    shop.sells(currency="NOK", price="1000")
    shop.until(DAY)

    assert compare(shop).differences == 0
    assert shop.balance("processor_balance", "NOK") == 1_000_00 - 32_41


def test_a_charge_that_we_know_nothing_of_is_named(shop: Shop, sold: int) -> None:
    shop.stripe.things["ch_odd"] = {
        **collected(shop), "id": "ch_odd", "payment_intent": "pi_odd",
        "metadata": {"kalends_key": f"kalends-{shop.ctx.id}-99999-1"},
    }  # fmt: skip
    shop.stripe.things["txn_odd"] = {
        **shop.stripe.things[collected(shop)["balance_transaction"]], "id": "txn_odd", "source": "ch_odd",
    }  # fmt: skip

    done = compare(shop)

    assert done.differences == 1
    assert "pi_odd" in done.found[0]


def test_a_refund_made_in_stripes_own_pages_is_named(shop: Shop, sold: int) -> None:
    (refund,) = shop.stripe.all("refund")
    refund["metadata"] = {}

    done = compare(shop)

    assert [("Refund" in each, refund["id"] in each) for each in done.found] == [(True, True)]


def test_what_stripe_does_not_have_is_named_with_its_invoice(shop: Shop, sold: int) -> None:
    charge = collected(shop)
    charge["status"] = shop.stripe.things[charge["payment_intent"]]["status"] = "failed"
    shop.stripe.things[charge["payment_intent"]]["status"] = "canceled"

    done = compare(shop)

    number = shop.invoices(sold, "number")[0]
    assert any(f"invoice {number}" in each and "failed" in each for each in done.found)


def test_charges_of_others_at_the_same_merchant_are_none_of_our_business(shop: Shop, sold: int) -> None:
    for charge in shop.stripe.all("charge"):
        shop.stripe.things[f"{charge['id']}x"] = {**charge, "id": f"{charge['id']}x", "metadata": {}}
        shop.stripe.things[f"txn_{charge['id']}x"] = {
            **shop.stripe.all("balance_transaction")[0], "id": f"txn_{charge['id']}x", "source": f"{charge['id']}x",
        }  # fmt: skip

    assert compare(shop).differences == 0


def test_each_night_is_compared_once_and_a_difference_is_told_to_administrators(
    shop: Shop, sold: int
) -> None:
    boss = administrator(shop)
    shop.stripe.things[collected(shop)["balance_transaction"]]["fee"] += 5
    shop.until("2026-01-02", hour=3)

    first = listen(shop.db, shop.ctx, shop.processors, shop.ctx.now)
    second = listen(shop.db, shop.ctx, shop.processors, shop.ctx.now + dt.timedelta(hours=1))

    assert [(each.compared, each.differences) for each in (first, second)] == [(1, 1), (0, 0)]
    told = "SELECT data ->> 'differences' FROM event WHERE account_id = %s AND kind = 'processor.differs'"
    assert shop.one(told, shop.ctx.id) == ("1",)
    assert shop.letters("books_differ") == [("books_differ", boss)]


def test_a_payout_is_written_on_the_payments_that_it_held_once(shop: Shop, sold: int) -> None:
    shop.stripe.pay_out()
    shop.until("2026-01-02", hour=3)

    for hour in (3, 4):
        shop.db.execute("DELETE FROM reconciliation")
        listen(shop.db, shop.ctx, shop.processors, shop.ctx.now.replace(hour=hour))

    paid_out = "SELECT payout_at FROM payment WHERE subscription_id = %s"
    assert shop.one(paid_out, sold) == (dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC),)
    changed = "SELECT count(*) FROM event WHERE account_id = %s AND kind = 'payment.updated'"
    assert shop.one(changed, shop.ctx.id) == (2,)
    shop.proved()


def test_a_month_of_everything_has_zero_differences_each_night_and_one_that_is_not_ours_is_named(
    shop: Shop,
) -> None:
    stripe = shop.stripe
    cards = [shop.sells() for _ in range(4)]
    debits = [shop.sells("pm_sepa_debit_ok", "sepa") for _ in range(2)]
    shop.sells("pm_card_insufficient_funds")
    shop.until(DAY)
    paid = [shop.one("SELECT id FROM payment WHERE subscription_id = %s", each)[0] for each in cards]
    intents = [shop.intent(each) for each in (*cards, *debits)]
    disputes: list[dict[str, Any]] = []

    def give_back() -> None:
        request_refund(shop.db, shop.ctx, paid[0], 25_00)
        request_refund(shop.db, shop.ctx, paid[1], 40_00)
        send_refunds(shop.db, shop.ctx, shop.processors)

    def fails() -> None:
        stripe.settle_refund(stripe.all("refund")[1]["id"], "expired_or_canceled_card")

    happens = {
        2: give_back,
        3: lambda: disputes.extend(stripe.dispute(each) for each in intents[2:4]),
        4: lambda: stripe.settle(intents[4]),
        5: lambda: stripe.settle(intents[5], "account_closed", cost=7_50),
        6: fails,
        7: lambda: stripe.decide(disputes[0], won=True, fee_back=15_00),
        8: lambda: stripe.decide(disputes[1], won=False),
    }
    nights: list[tuple[int, int]] = []
    for day in (*range(2, 10), 31):
        shop.until(dt.date(2026, 1, day), hour=4)
        heard = listen(shop.db, shop.ctx, shop.processors, shop.ctx.now)
        nights.append((heard.compared, heard.differences))
        happens.get(day, lambda: None)()
        stripe.pay_out()

    assert nights == [(1, 0)] * 9
    whole = compare(shop, DAY, dt.date(2026, 1, 31))
    assert (whole.found, whole.movements) == ((), 10)
    assert shop.rows("SELECT count(*) FROM payment WHERE payout_at IS NOT NULL AND status <> 'failed'") == [
        (5,)
    ]
    shop.proved()

    (lost,) = [each for each in stripe.all("balance_transaction") if each["source"] == disputes[1]["id"]]
    stripe.things[lost["id"]]["fee"] += 1
    assert [disputes[1]["id"] in each for each in compare(shop, DAY, dt.date(2026, 1, 31)).found] == [True]


def test_without_an_answer_nothing_is_kept(shop: Shop, sold: int) -> None:
    shop.stripe.key_of_merchant = "rk_live_another0000"

    with pytest.raises(ProcessorUnavailable):
        compare(shop)
    assert latest(shop.db, shop.ctx.id) == []
