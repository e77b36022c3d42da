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


def test_without_an_answer_nothing_is_kept(shop: Shop, sold: int) -> None:
    shop.stripe.key_of_merchant = "rk_live_another0000"

    with pytest.raises(ProcessorUnavailable):
        compare(shop)
    assert latest(shop.db, shop.ctx.id) == []
