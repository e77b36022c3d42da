"""What happens to the payments of a purchase while something else is done to what they pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kalends.billing.cancel import cancel
from kalends.billing.pause import pause
from kalends.billing.run import run_due
from kalends.payments.give_back import send_refunds
from kalends.payments.pay_now import CannotPay, pay_now, send
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.record import CannotRecord, ReceivedPayment, record_payments
from kalends.payments.refund import request_refund
from kalends.platform import database
from tests.at_once import at_once
from tests.business.sales.shop import Shop, item
from tests.conftest import Connect

FAILS, SETTLES = "insufficient_funds", "approved"


@pytest.mark.parametrize("outcome", [FAILS, SETTLES])
@pytest.mark.parametrize("change", [cancel, pause])
def test_a_debit_ends_after_its_subscription_was_canceled_or_paused(
    shop: Shop, outcome: str, change: Callable[..., object]
) -> None:
    link = shop.link(item("Setup", "100"), item("Fleet Core", "49", "monthly"))
    done = shop.buy(link, outcome, kind="sepa")
    assert done.made is not None
    change(shop.db, shop.ctx, done.made["subscriptions"][0])
    before = shop.world.one("SELECT status FROM subscription")
    shop.world.until("2026-01-25")
    expected = "succeeded" if outcome == SETTLES else "failed"
    assert shop.world.rows("SELECT DISTINCT status FROM payment") == [(expected,)]
    assert shop.world.one("SELECT status FROM subscription") == before
    assert [amount for amount, _ in shop.charges()] == [14900]
    shop.assert_clean()


def test_what_a_debit_under_way_pays_is_paid_by_nothing_else(shop: Shop) -> None:
    done = shop.buy(shop.link(item("Setup", "100")), kind="sepa")
    assert done.made is not None
    (invoice,) = done.made["invoices"]
    card = shop.world.method(shop.world.customer())
    with pytest.raises(CannotPay) as refused:
        pay_now(shop.db, shop.ctx, invoice, method_id=card, amount_minor=10000, request_key="page")
    assert refused.value.code == "under_way"
    with pytest.raises(CannotRecord):
        record_payments(shop.db, shop.ctx, [ReceivedPayment(invoice, 10000, "check")])


def test_a_payment_that_was_given_back_is_disputed_with_its_charge_and_the_books_agree(shop: Shop) -> None:
    shop.buy(shop.link(item("Setup", "100"), item("Fleet Core", "49", "monthly")), "dispute_lost", 5, 5)
    (payment,) = shop.world.one("SELECT id FROM payment WHERE amount_minor = 10000")
    request_refund(shop.db, shop.ctx, payment, 4000, reason="changed their mind")
    send_refunds(shop.db, shop.ctx, shop.world.processors)
    shop.world.until("2026-01-25")
    shop.assert_clean()


def test_a_retry_and_a_buyer_at_the_same_moment_are_one_charge(shop: Shop, inside: Connect) -> None:
    world, kari = shop.world, shop.world.customer()
    subscription = world.subscribe(kari, method=world.method(kari, "approved_after", 2))
    world.until("2026-01-01")
    (invoice,) = world.invoices(subscription, "id")
    card = world.method(world.customer())
    later = replace(shop.ctx, now=shop.ctx.now + timedelta(days=5))
    sides = [inside(), inside()]
    banks = [AccountProcessors(database.connect, shop.ctx.id) for _ in sides]

    def pay() -> None:
        payment = pay_now(sides[0], later, invoice, method_id=card, amount_minor=10000, request_key="page")
        send(sides[0], later, banks[0], payment, return_url="https://shop.test/back")

    results = at_once(pay, lambda: run_due(sides[1], later, banks[1]))
    for bank in banks:
        bank.close()
    assert all(not isinstance(each, Exception) or isinstance(each, CannotPay) for each in results), results
    assert [amount for amount, status in shop.charges() if status == "succeeded"] == [10000]
    assert world.one("SELECT status, paid_minor FROM invoice WHERE id = %s", invoice) == ("paid", 10000)
