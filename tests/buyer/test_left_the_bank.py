"""A customer who leaves the bank's page: the invoice is not blocked by it, and is paid once whatever they do next."""

from __future__ import annotations

import pytest

from kalends.payments.collect import ask_about_cards
from kalends.payments.processors.sandbox.charges import confirm_url
from kalends.proof.verify import verify
from kalends.worker.tasks import settle_checkouts
from tests.buyer.buying import NEEDS_BANK
from tests.buyer.shop import Shop
from tests.conftest import FIRST_MOMENT

_WAITS = "100,00 EUR is charged once you have confirmed it at your bank."


@pytest.fixture
def invoice(shop: Shop) -> int:
    """An invoice whose customer was sent to the bank, and closed its page."""
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    assert "Do you confirm this payment?" in shop.pay(shop.link("invoice", invoice), NEEDS_BANK)
    return invoice


def bank_of(shop: Shop) -> str:
    (key,) = shop.world.one(
        "SELECT idempotency_key FROM sandbox_charge WHERE account_id = %s AND return_url IS NOT NULL",
        shop.world.ctx.id,
    )
    return confirm_url(shop.world.ctx.id, key, "/")


def statuses(shop: Shop, invoice: int) -> list[str]:
    rows = shop.world.rows("SELECT status FROM payment WHERE invoice_id = %s ORDER BY id", invoice)
    return [status for (status,) in rows]


def test_the_invoice_leads_back_to_the_bank(shop: Shop, invoice: int) -> None:
    text = shop.text(shop.client.get(shop.link("invoice", invoice)))
    assert _WAITS in text
    assert bank_of(shop).rpartition("/")[2] in text
    assert "On its way. Nothing is left for you to do." not in text
    assert "Pay in another way" in text


def test_another_way_to_pay_is_taken_once_the_first_is_given_up(shop: Shop, invoice: int) -> None:
    page = shop.link("invoice", invoice)
    text = shop.text(shop.follow(shop.client.post(page, {"another_way": "1"})))
    assert _WAITS not in text

    assert "100,00 EUR is paid" in shop.pay(page)
    shop.client.post(
        bank_of(shop), {"answer": "confirm"}
    )  # the window with the bank's page was open all the time

    assert statuses(shop, invoice) == ["failed", "succeeded"]
    charged = "SELECT count(*) FROM sandbox_charge WHERE account_id = %s AND status = 'succeeded'"
    assert shop.world.one(charged, shop.world.ctx.id) == (1,)
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_what_was_confirmed_at_the_bank_after_all_is_not_given_up(shop: Shop, invoice: int) -> None:
    shop.client.post(bank_of(shop), {"answer": "confirm"})
    page = shop.link("invoice", invoice)
    text = shop.text(shop.follow(shop.client.post(page, {"another_way": "1"})))
    assert "Nothing is left to pay." in text
    assert statuses(shop, invoice) == ["succeeded"]


def test_a_form_from_before_charges_nothing_while_the_bank_waits(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice)
    before = shop.form(page)
    shop.pay(page, NEEDS_BANK)
    answer = shop.client.post(page, before)
    assert answer.status_code in (409, 422)
    assert statuses(shop, invoice) == ["processing"]


def test_the_worker_finds_out_what_was_confirmed_though_nobody_came_back(shop: Shop, invoice: int) -> None:
    world = shop.world
    settle_checkouts(world.db, world.ctx, FIRST_MOMENT, lambda: False, False)
    assert statuses(shop, invoice) == ["processing"]
    shop.client.post(bank_of(shop), {"answer": "confirm"})
    settle_checkouts(world.db, world.ctx, FIRST_MOMENT, lambda: False, False)
    assert statuses(shop, invoice) == ["succeeded"]
    assert ask_about_cards(world.db, world.ctx, world.processors) == []
