"""One receipt for one charge, whatever it paid, and the first payment is told to both sides."""

from __future__ import annotations

import datetime as dt

from tests.business.messages.post import Post, administrator
from tests.business.sales.shop import Shop, item


def test_a_buyer_of_several_things_gets_one_receipt_for_the_whole_charge(shop: Shop) -> None:
    boss = administrator(shop.world)
    link = shop.link(
        item("Setup", "100", tax_rate="25"),
        item("Fleet Core", "49", "monthly"),
        item("Support", "99", "annually"),
    )
    shop.buy(link, email="kari@customers.test")
    assert shop.world.letters("receipt") == [("receipt", "kari@customers.test")]
    assert shop.world.letters("payment_made") == [("payment_made", boss)]
    post = Post(shop.world)
    receipt = post.letter("receipt").text
    assert "273,00" in receipt
    for words in ("Setup", "Fleet Core", "Support", "INV-1001", "INV-1002", "INV-1003", "125,00"):
        assert words in receipt, words
    assert "273,00" in post.letter("payment_made").subject
    shop.world.until("2026-02-01")
    assert len(shop.world.letters("receipt")) == 2


def test_a_debit_has_one_receipt_once_it_has_settled(shop: Shop) -> None:
    shop.buy(shop.link(item("Setup", "100"), item("Fleet Core", "49", "monthly")), kind="sepa")
    assert shop.world.letters("receipt") == []
    shop.world.until(dt.date(2026, 1, 20))
    assert len(shop.world.letters("receipt")) == 1
    assert "149,00" in Post(shop.world).letter("receipt").subject


def test_a_declined_card_is_told_on_the_page_and_by_no_letter(shop: Shop) -> None:
    shop.buy(shop.link(item("Fleet Core", "49", "monthly")), "declined")
    assert shop.world.letters() == []


def test_a_purchase_of_one_thing_has_the_receipt_of_any_payment(shop: Shop) -> None:
    shop.buy(shop.link(item("Fleet Core", "49", "monthly")))
    receipt = Post(shop.world).letter("receipt").text
    assert receipt.count("49,00") >= 2
    assert "from the same card" in receipt
