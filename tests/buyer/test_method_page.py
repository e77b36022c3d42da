"""The page that takes another means of payment: it tells what is charged at once, and then does just that."""

from __future__ import annotations

import pytest

from kalends.billing.changes import cancel_subscriptions
from kalends.billing.hold import hold_billing
from kalends.messages.letters.render import render
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.business.messages.post import Post
from tests.buyer.shop import CARD, Shop


@pytest.fixture
def unpaid(shop: Shop) -> tuple[int, str]:
    """A subscription whose first charge of 100 EUR failed for good, and the path of its page."""
    kari = shop.world.customer()
    subscription = shop.world.subscribe(kari, method=shop.world.method(kari, "expired"))
    shop.world.until("2026-01-02")
    return subscription, shop.link("method", subscription, kari)


def test_it_tells_what_it_is_for_and_what_is_charged_at_once(shop: Shop, unpaid: tuple[int, str]) -> None:
    text = shop.text(shop.client.get(unpaid[1]))
    for words in ("Fleet Core", "Visa ··4242", "100,00 EUR is overdue, and charged to it at once", "Invoice INV-1001",
                  "Use it and pay 100,00 EUR"):  # fmt: skip
        assert words in text


def test_a_new_card_pays_what_is_overdue_at_once_and_from_then_on(
    shop: Shop, unpaid: tuple[int, str]
) -> None:
    subscription, page = unpaid
    text = shop.pay(page, "5555555555554444")
    assert "Fleet Core is paid by Mastercard ··4444 from now on" in text
    assert "100,00 EUR is paid" in text
    assert shop.world.subscription(subscription, "status") == "active"
    shop.world.until("2026-02-02")
    assert shop.world.invoices(subscription, "status") == ["paid", "paid"]
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_what_is_overdue_is_charged_once_however_often_the_way_back_is_loaded(
    shop: Shop, unpaid: tuple[int, str]
) -> None:
    subscription, page = unpaid
    away = shop.client.post(page, shop.form(page))
    back = shop.client.post(away["Location"].removeprefix("http://testserver"), {"choice": CARD})
    path = back["Location"].removeprefix("http://testserver")
    assert set(at_once(*[shop.in_a_window(lambda client: client.get(path)) for _ in range(5)])) == {303}
    paid = "SELECT count(*) FROM sandbox_charge WHERE account_id = %s AND status = 'succeeded'"
    assert shop.world.one(paid, shop.world.ctx.id) == (1,)
    assert shop.world.one("SELECT count(*) FROM payment WHERE subscription_id = %s", subscription) == (1,)


def test_a_card_that_is_declined_too_is_told(shop: Shop, unpaid: tuple[int, str]) -> None:
    subscription, page = unpaid
    assert "100,00 EUR was declined" in shop.pay(page, "4000000000009995")
    assert shop.world.subscription(subscription, "status") == "unpaid"


def test_with_nothing_overdue_nothing_is_charged_today(shop: Shop) -> None:
    kari = shop.world.customer()
    subscription = shop.world.subscribe(kari, method=shop.world.method(kari))
    shop.world.until("2026-01-02")
    page = shop.link("method", subscription, kari)
    assert "Nothing is charged today." in shop.text(shop.client.get(page))
    text = shop.pay(page, "5555555555554444")
    assert "from now on" in text
    assert "is paid</b>" not in text
    assert shop.world.one("SELECT count(*) FROM sandbox_charge WHERE account_id = %s", shop.world.ctx.id) == (
        1,
    )


def test_a_stored_method_is_chosen_without_leaving(shop: Shop, unpaid: tuple[int, str]) -> None:
    subscription, page = unpaid
    (kari,) = shop.world.one("SELECT contact_id FROM subscription WHERE id = %s", subscription)
    other = shop.world.method(kari)
    text = shop.text(shop.follow(shop.client.post(page, shop.form(page, method=str(other)))))
    assert "100,00 EUR is paid" in text
    assert shop.world.subscription(subscription, "payment_method_id") == other


def test_while_the_account_is_held_the_method_changes_and_nothing_is_charged(
    shop: Shop, unpaid: tuple[int, str]
) -> None:
    hold_billing(shop.world.db, shop.world.ctx, actor="user:1")
    assert "as soon as payments are taken again" in shop.text(shop.client.get(unpaid[1]))
    shop.pay(unpaid[1])
    paid = "SELECT count(*) FROM sandbox_charge WHERE account_id = %s AND status = 'succeeded'"
    assert shop.world.one(paid, shop.world.ctx.id) == (0,)


def test_what_has_ended_takes_no_method(shop: Shop, unpaid: tuple[int, str]) -> None:
    subscription, page = unpaid
    form = shop.form(page)
    cancel_subscriptions(shop.world.db, shop.world.ctx, [subscription])
    assert "This subscription has ended." in shop.text(shop.client.get(page))
    assert shop.client.post(page, form).status_code == 409


def test_of_a_subscription_that_is_somebody_elses_now_nothing_is_shown(
    shop: Shop, unpaid: tuple[int, str]
) -> None:
    subscription, page = unpaid
    shop.world.db.execute(
        "UPDATE subscription SET contact_id = %s WHERE id = %s",
        [shop.world.customer("Ola Dunk"), subscription],
    )
    assert shop.client.get(page).status_code == 404


def test_the_letter_about_a_failed_charge_leads_to_it(shop: Shop, unpaid: tuple[int, str]) -> None:
    (row,) = Post(shop.world).rows("charge_failed")
    text = render(shop.world.db, shop.world.ctx, row).text
    address = next(line for line in text.splitlines() if line.startswith("Update payment method: "))
    answer = shop.client.get("/method/" + address.rpartition("/method/")[2])
    assert "Fleet Core" in shop.text(answer)
    assert unpaid[0]


@pytest.mark.parametrize(("language", "words"), [("nb", "Betalt hittil med"), ("fi", "Maksettu tähän asti")])
def test_it_speaks_the_contacts_language(shop: Shop, language: str, words: str) -> None:
    kari = shop.world.customer(language=language)
    subscription = shop.world.subscribe(kari, method=shop.world.method(kari))
    assert words in shop.text(shop.client.get(shop.link("method", subscription, kari)))
