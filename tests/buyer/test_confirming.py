"""A card whose bank asks first, at the sandbox's test bank: confirmed it pays, refused or left alone it does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from kalends.payments.processors.sandbox.charges import confirm_url
from kalends.proof.verify import verify
from tests.business.sales.shop import Shop as Sales
from tests.business.sales.shop import item
from tests.buyer.buying import NEEDS_BANK, Buyer
from tests.buyer.shop import Shop
from tests.world import World


@pytest.fixture
def sales(world: World) -> Sales:
    return Sales(world)


@pytest.fixture
def at_the_bank(sales: Sales) -> Buyer:
    """Somebody who bought with such a card, and is asked by the test bank."""
    buyer = Buyer(sales).comes_to(sales.link(item("Fleet Core", "49", "monthly"))).buys().gives(NEEDS_BANK)
    assert buyer.address.startswith("/sandbox/confirm/"), buyer.text
    return buyer


def subscriptions(world: World) -> int:
    (count,) = world.one("SELECT count(*) FROM subscription WHERE account_id = %s", world.ctx.id)
    return count


def test_the_test_bank_is_marked_as_a_test_and_tells_the_amount(at_the_bank: Buyer) -> None:
    at_the_bank.sees("This is a test. No real money is moved.", "Do you confirm this payment?", "49,00 EUR")


def test_a_checkout_is_paid_once_its_payment_is_confirmed(world: World, at_the_bank: Buyer) -> None:
    assert subscriptions(world) == 0
    bank = at_the_bank.address
    at_the_bank.sends("answer", answer="confirm").sees("49,00 EUR is paid")
    at_the_bank.opens(bank).sees("49,00 EUR is paid")
    assert subscriptions(world) == 1
    world.until(world.ctx.today + timedelta(days=1))
    assert world.rows("SELECT status, amount_minor FROM payment WHERE account_id = %s", world.ctx.id) == [
        ("succeeded", 4_900)
    ]
    assert verify(world.db, world.ctx).differences == []


def test_a_refused_payment_opens_the_checkout_again(world: World, at_the_bank: Buyer) -> None:
    at_the_bank.sends("answer", answer="refuse").sees("declined", "Nothing was charged")
    assert subscriptions(world) == 0
    world.until(world.ctx.today + timedelta(days=1))
    assert world.rows("SELECT id FROM payment WHERE account_id = %s", world.ctx.id) == []


def test_a_payment_that_nobody_confirms_fails(world: World, at_the_bank: Buyer) -> None:
    bank = at_the_bank.address
    world.until(world.ctx.today + timedelta(days=1))
    at_the_bank.opens(bank).sees("declined")
    assert subscriptions(world) == 0


def test_an_invoice_is_paid_once_its_payment_is_confirmed(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    assert "Do you confirm this payment?" in shop.pay(page, NEEDS_BANK)
    (key,) = shop.world.one(
        "SELECT idempotency_key FROM sandbox_charge WHERE account_id = %s", shop.world.ctx.id
    )
    bank = bank_page(shop, key)
    answer = shop.follow(shop.client.post(bank, {"answer": "confirm"}))
    assert "100,00 EUR is paid" in shop.text(answer)
    assert shop.world.one("SELECT status FROM invoice WHERE id = %s", invoice) == ("paid",)
    shop.world.until(shop.world.ctx.today + timedelta(days=1))
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_an_invoice_stays_open_when_its_payment_is_refused(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    shop.pay(page, NEEDS_BANK)
    (key,) = shop.world.one(
        "SELECT idempotency_key FROM sandbox_charge WHERE account_id = %s", shop.world.ctx.id
    )
    text = shop.text(shop.follow(shop.client.post(bank_page(shop, key), {"answer": "refuse"})))
    assert "100,00 EUR was declined" in text
    assert "is paid" in shop.pay(page)


def test_only_the_bank_knows_the_address_of_its_page(client: Client, at_the_bank: Buyer) -> None:
    answer = client.post(at_the_bank.address[:-1] + "x", {"answer": "confirm"})
    assert answer.status_code == 404


def bank_page(shop: Shop, key: str) -> str:
    """The path of the page on which the charge of that key is confirmed."""
    return confirm_url(shop.world.ctx.id, key, "/")
