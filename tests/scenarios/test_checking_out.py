"""Stories of checking out: what staff sells by a link, what a buyer sees in a browser, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.business.sales.shop import Shop as Sales
from tests.business.sales.shop import item
from tests.buyer.buying import ACCOUNT, DECLINED, Buyer
from tests.scenarios.records import Bill, Paid, Subscription
from tests.scenarios.shop import Shop
from tests.staff.stage import give_place, new_user


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def sales(shop: Shop) -> Sales:
    """The shop's payment links."""
    return Sales(shop.world)


def subscriptions(shop: Shop) -> list[Subscription]:
    """What was agreed, in order."""
    rows = shop.world.rows("SELECT id FROM subscription WHERE account_id = %s ORDER BY id", shop.world.ctx.id)
    return [Subscription(shop, row[0]) for row in rows]


def subscription(shop: Shop) -> Subscription:
    """The only one."""
    (found,) = subscriptions(shop)
    return found


@pytest.mark.feature("F9", "F10", "F28", "F29", "F30")
def test_aino_pays_at_a_link_and_has_a_subscription_that_nobody_had_to_make(shop: Shop, sales: Sales) -> None:
    marit = shop.colleague("Marit Lie")
    link = sales.link(item("Hosting", "25", "monthly"))

    aino = (
        Buyer(sales).comes_to(link).sees("Due today", "Pay 25,00 EUR", "then every month, until you cancel")
    )
    aino.buys(email="aino@customers.test", first_name="Aino").gives().sees("25,00 EUR is paid", "1 Apr 2026")

    hosting = subscription(shop)
    assert (hosting.status, hosting.payments_made) == ("active", 1)
    assert hosting.bills == [Bill("2026-03-01", "25.00 EUR", "paid")]
    (payer,) = shop.world.rows(
        "SELECT DISTINCT c.email FROM payment AS p JOIN contact AS c ON c.id = p.contact_id WHERE p.account_id = %s",
        shop.world.ctx.id,
    )
    assert payer == ("aino@customers.test",)
    (receipt,) = shop.letters("receipt", to="aino@customers.test")
    assert receipt.says("25,00 EUR", "The next payment of 25,00 EUR is on 1 April 2026")
    assert marit.letters()[0].says("25,00 EUR")


@pytest.mark.feature("F40", "F42")
def test_bjarne_is_charged_on_each_due_date_by_the_card_that_he_gave_at_checkout(
    shop: Shop, sales: Sales
) -> None:
    bjarne = Buyer(sales).comes_to(sales.link(item("Hosting", "25", "monthly")))
    bjarne.buys(email="bjarne@customers.test").gives().sees("25,00 EUR is paid")

    shop.until("2026-05-01")

    days = ["2026-03-01", "2026-04-01", "2026-05-01"]
    assert subscription(shop).payments == [Paid(day, "25.00 EUR", "succeeded") for day in days]
    assert len(shop.letters("receipt", to="bjarne@customers.test")) == 3
    bjarne.reloads().sees("What comes next", "1 Jun 2026")


@pytest.mark.feature("F35", "F36")
def test_what_carla_buys_on_two_schedules_is_two_subscriptions_and_one_payment_today(
    shop: Shop, sales: Sales
) -> None:
    link = sales.link(
        item("Hosting", "25", "monthly"), item("Backups", "5", "monthly"), item("Domain", "12", "annually")
    )
    carla = Buyer(sales).comes_to(link).sees("Hosting, Backups", "30,00 EUR", "1 Mar 2027")
    carla.buys().gives().sees("42,00 EUR is paid")

    monthly, annual = sorted(subscriptions(shop), key=lambda each: each.id)
    assert (monthly.bills, annual.bills) == (
        [Bill("2026-03-01", "30.00 EUR", "paid")],
        [Bill("2026-03-01", "12.00 EUR", "paid")],
    )
    assert shop.charges_asked() == 1


@pytest.mark.feature("F37")
def test_dieter_pays_by_bank_debit_and_has_his_subscription_before_the_money_is_there(
    shop: Shop, sales: Sales
) -> None:
    dieter = Buyer(sales).comes_to(sales.link(item("Hosting", "25", "monthly")))
    dieter.buys(email="dieter@customers.test").gives(ACCOUNT).sees("25,00 EUR is on its way from your bank")
    assert (subscription(shop).status, subscription(shop).payments_made) == ("active", 0)
    assert shop.letters("receipt", to="dieter@customers.test") == []

    shop.until("2026-03-20")

    assert subscription(shop).payments_made == 1
    dieter.reloads().sees("25,00 EUR is paid")
    assert len(shop.letters("receipt", to="dieter@customers.test")) == 1


@pytest.mark.feature("F11", "F12")
@pytest.mark.parametrize("skips", [False, True], ids=["with the panel", "without it"])
def test_marit_makes_a_link_from_the_list_of_subscriptions_and_erna_buys_there(
    shop: Shop, sales: Sales, *, skips: bool
) -> None:
    user = new_user("Marit Lie")
    give_place(shop.world.db, user, shop.world.ctx.id)
    browser = Client()
    browser.force_login(user)
    marit = Buyer(sales, browser).opens(f"/{shop.world.ctx.id}/subscriptions")
    assert f"/{shop.world.ctx.id}/create/choose" in marit.html

    marit.opens(f"/{shop.world.ctx.id}/create/choose").sees("Charge automatically with a payment link")
    panel = f"/{shop.world.ctx.id}/create/payment-link/line"
    assert f'href="{panel}"' in marit.html
    marit.opens(panel)
    terms = {"lines-0-name": "Hosting", "lines-0-price": "25", "lines-0-frequency": "monthly"}
    if skips:
        marit.opens(f"/{shop.world.ctx.id}/create/payment-link").sends(
            "save", name="Hosting", step="save", **terms
        )
    else:
        marit.sends("go", **terms)
        assert 'value="Hosting"' in marit.html
        marit.sends("save", name="Hosting", step="save")
    assert re.fullmatch(rf"/{shop.world.ctx.id}/payment-links/[0-9]+", urlsplit(marit.address).path), (
        marit.text
    )

    Buyer(sales).comes_to(int(urlsplit(marit.address).path.rsplit("/", 1)[1])).buys().gives().sees("is paid")
    assert subscription(shop).bills == [Bill("2026-03-01", "25.00 EUR", "paid")]


@pytest.mark.feature("F41")
def test_frode_gives_another_card_by_the_link_in_his_letter_and_what_he_owes_is_paid(
    shop: Shop, sales: Sales
) -> None:
    frode = Buyer(sales).comes_to(sales.link(item("Hosting", "25", "monthly")))
    frode.buys(email="frode@customers.test").gives()
    hosting = subscription(shop)
    shop.world.db.execute(
        "UPDATE payment_method SET token = %s WHERE account_id = %s",
        ["tok_card_insufficient_funds", shop.world.ctx.id],
    )
    shop.until("2026-04-02")
    assert hosting.status == "unpaid"

    letter = shop.letters(to="frode@customers.test")[-1]
    (page,) = set(re.findall(r"https?://[^/\s]+(/method/[^\s\"<>]+)", letter.text))
    frode.opens(page).sends().gives()
    assert hosting.status == "active"
    assert hosting.payments[-1].status == "succeeded"


@pytest.mark.feature("F9", "F40")
def test_a_card_that_is_declined_at_checkout_leaves_nothing_behind(shop: Shop, sales: Sales) -> None:
    gerd = Buyer(sales).comes_to(sales.link(item("Hosting", "25", "monthly"))).buys().gives(DECLINED)
    gerd.sees("25,00 EUR was declined", "Nothing was charged.")
    assert subscriptions(shop) == []
    assert shop.letters() == []

    gerd.buys().gives().sees("25,00 EUR is paid")
    shop.until("2026-04-01")
    assert subscription(shop).payments_made == 2
