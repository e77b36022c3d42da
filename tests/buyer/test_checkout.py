"""Buying at a payment link: every way that a buyer can take, and what the books say of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from kalends.accounts.change import change_settings
from kalends.billing.hold import hold_billing
from kalends.buyer.checkout import pages as checkout_pages
from kalends.sales.links import archive_links, edit_link, set_link_status
from tests.business.sales.quoting import Desk
from tests.business.sales.shop import Shop, item
from tests.buyer.buying import ACCOUNT, BAD_ACCOUNT, CARD, DECLINED, Buyer
from tests.world import World


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


@pytest.fixture
def kari(shop: Shop) -> Buyer:
    return Buyer(shop)


def test_something_that_is_paid_once(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Setup", "100", tax_rate="25"))
    kari.comes_to(link).sees("Setup", "Due today", "125,00 EUR", "Pay 125,00 EUR", "Tax 25 %", "25,00 EUR")
    kari.sees("Nothing else is charged.")
    kari.buys().gives(CARD).sees("125,00 EUR is paid", "Visa ··4242", "kari@customers.test", "Invoice ")
    assert kari.address.startswith("/checkout/")
    assert shop.charges() == [(12500, "succeeded")]
    assert shop.count("subscription") == 0
    shop.assert_clean()


def test_monthly_from_today_says_what_comes_next_and_is_charged_then(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly")))
    kari.sees("Then 49,00 EUR every month from 1 Feb 2026.", "then every month, until you cancel")
    kari.sees("I agree that Nordlys Test AS charges the card or account that I give now")
    kari.buys().gives().sees("49,00 EUR is paid", "What comes next", "1 Feb 2026", "every month")
    shop.world.until("2026-02-02")
    assert shop.charges() == [(4900, "succeeded")] * 2
    shop.assert_clean()


def test_monthly_and_annual_are_one_payment_and_two_subscriptions(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly"), item("Support", "99.90", "annually")))
    kari.sees("Pay 148,90 EUR", "1 Feb 2026", "1 Jan 2027", "then every year, until you cancel")
    kari.buys().gives().sees("148,90 EUR is paid", "Fleet Core", "Support")
    assert shop.charges() == [(14890, "succeeded")]
    assert shop.count("subscription") == 2
    assert kari.text.count("PDF") == 2
    shop.assert_clean()


def test_a_delayed_start_stores_the_card_and_charges_nothing_today(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly", delay_days=14)))
    kari.sees("Start subscription, nothing due today", "from 15 Jan 2026", "nothing today")
    kari.buys().gives().sees("Nothing was charged today", "15 Jan 2026", "Visa ··4242")
    assert shop.charges() == []
    shop.world.until("2026-01-16")
    assert shop.charges() == [(4900, "succeeded")]
    shop.assert_clean()


def test_a_fixed_term_says_how_many_payments_and_the_last_day(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Course", "20", "monthly", term="P3M")))
    kari.sees("then every month, 2 payments, the last on 1 Mar 2026")
    assert "I can cancel at any time" not in kari.text
    kari.buys().gives().sees("20,00 EUR is paid")
    shop.world.until("2026-06-01")
    assert shop.charges() == [(2000, "succeeded")] * 3
    shop.assert_clean()


def test_a_discount_code_is_shown_charged_and_taken_away_again(shop: Shop, kari: Buyer) -> None:
    shop.code("SPRING", "15")
    kari.comes_to(shop.link(item("Cap", "11.90")))
    kari.sends("apply_code", code="nonsense").sees("There is no such discount code")
    assert kari.status == 422
    kari.sends("apply_code", code="spring").sees("Discount SPRING", "\N{MINUS SIGN}1,79", "Pay 10,11 EUR")
    assert '<details class="code"><summary>' in kari.html, "the field is closed behind its summary"
    kari.sends("drop_code").sees("Pay 11,90 EUR")
    kari.sends("apply_code", code="SPRING", email="kari@customers.test").buys().gives().sees(
        "10,11 EUR is paid"
    )
    assert shop.charges() == [(1011, "succeeded")]
    assert shop.world.rows("SELECT uses FROM discount_code") == [(1,)]
    shop.assert_clean()


def test_no_code_is_asked_for_where_nothing_is_due_today(shop: Shop, kari: Buyer) -> None:
    shop.code("SPRING", "15")
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly", delay_days=14)))
    assert "Discount code" not in kari.text
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly"))).sees("Discount code")


def test_a_code_that_was_typed_but_not_applied_changes_the_amount_and_asks_again(
    shop: Shop, kari: Buyer
) -> None:
    shop.code("SPRING", "15")
    kari.comes_to(shop.link(item("Cap", "11.90"))).buys(code="SPRING")
    assert kari.status == 409
    kari.sees("Due today: 10,11 EUR", "It was 11,90 EUR when you saw it").buys().gives()
    assert shop.charges() == [(1011, "succeeded")]


def test_optional_things_are_not_ticked_and_count_when_they_are(shop: Shop, kari: Buyer) -> None:
    link = shop.link(
        item("Camera", "300"), item("Lens", "80", is_optional=True), item("Bag", "20", is_optional=True)
    )
    lens = shop.lines(link)[1]
    kari.comes_to(link).sees("Pay 300,00 EUR", "not chosen")
    kari.sends("update", **{f"taken-{lens}": "on"}).sees("Pay 380,00 EUR").buys().gives().sees(
        "380,00 EUR is paid"
    )
    assert "Bag" not in kari.text
    assert shop.charges() == [(38000, "succeeded")]
    shop.assert_clean()


def test_when_everything_is_optional_something_must_be_chosen(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Lens", "80", is_optional=True))).buys()
    assert kari.status == 422
    kari.sees("Choose at least one thing to buy.")


def test_a_quantity_has_its_bounds_and_without_a_script_the_new_amount_is_asked_again(
    shop: Shop, kari: Buyer
) -> None:
    link = shop.link(
        item(
            "Seat",
            "5",
            "monthly",
            quantity=2,
            buyer_quantity=True,
            buyer_quantity_min=2,
            buyer_quantity_max=9,
        )
    )
    (seat,) = shop.lines(link)
    kari.comes_to(link).buys(**{f"quantity-{seat}": "10"})
    assert kari.status == 422
    kari.sees("Give at most 9.")
    kari.buys(**{f"quantity-{seat}": "3"})
    assert kari.status == 409
    kari.sees("Due today: 15,00 EUR", "It was 10,00 EUR")
    assert shop.charges() == []
    kari.buys().gives()
    assert shop.charges() == [(1500, "succeeded")]
    shop.assert_clean()


def test_a_price_that_the_buyer_names(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Gift", "10", buyer_price=True, buyer_price_min="5"))
    (gift,) = shop.lines(link)
    kari.comes_to(link).sends("update", **{f"price-{gift}": "4.99"}).sees("Give at least 5,00 EUR.")
    kari.sends("update", **{f"price-{gift}": "12.50"}).sees("Pay 12,50 EUR").buys().gives()
    assert shop.charges() == [(1250, "succeeded")]
    shop.assert_clean()


def test_what_is_bought_as_it_is_offered_is_not_asked_again(shop: Shop, kari: Buyer) -> None:
    link = shop.link(
        item("Seat", "5", quantity=2, buyer_quantity=True, buyer_quantity_max=9),
        item("Gift", "10", buyer_price=True, buyer_price_min="5"),
    )
    kari.comes_to(link).buys().gives().sees("20,00 EUR is paid")
    assert shop.charges() == [(2000, "succeeded")]


def test_a_bank_debit_is_told_as_pending_and_later_as_failed(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly"))).buys().gives(BAD_ACCOUNT)
    kari.sees("49,00 EUR is on its way from your bank", "takes some banking days")
    assert shop.world.balance("payments_in_transit") == 4900
    shop.world.until("2026-01-20")
    kari.reloads().sees("49,00 EUR was declined")
    assert shop.world.balance("payments_in_transit") == 0
    shop.assert_clean()


def test_a_bank_debit_that_arrives_is_told_as_paid(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Setup", "30"))).buys().gives(ACCOUNT).sees("30,00 EUR is on its way")
    shop.world.until("2026-01-20")
    kari.reloads().sees("30,00 EUR is paid")
    shop.assert_clean()


def test_a_declined_card_leaves_nothing_and_another_one_pays(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Fleet Core", "49", "monthly"))
    kari.comes_to(link).buys(first_name="Kari", company="Nordmann AS").gives(DECLINED)
    kari.sees("49,00 EUR was declined", "There was not enough money in the account.", "Nothing was charged.")
    assert 'value="Nordmann AS"' in kari.html
    assert "checked" not in kari.html
    assert (shop.count("payment"), shop.count("subscription"), shop.count("contact")) == (0, 0, 0)
    kari.buys().gives(CARD).sees("49,00 EUR is paid")
    assert shop.charges() == [(4900, "failed"), (4900, "succeeded")]
    shop.assert_clean()


def test_without_consent_nothing_goes_on_and_with_it_its_words_are_kept(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly"))).sends(email="kari@customers.test")
    assert kari.status == 422
    kari.sees("Without it nothing can be charged later.").buys().gives()
    ((kept,),) = shop.world.rows("SELECT consent FROM checkout")
    assert kept["text"] == (
        "I agree that Nordlys Test AS charges the card or account that I give now: 49,00\N{NO-BREAK SPACE}EUR on "
        "1 February 2026, then every month, until I cancel. I can cancel at any time by writing to Nordlys Test AS."
    )
    assert (kept["agent"], kept["address"]) == ("Firefox", "127.0.0.1")


def test_what_was_typed_stays_when_something_is_wrong(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Setup", "100"), collect_billing_address=True, collect_tax_id=True))
    kari.sends(
        email="kari", company="Nordmann AS", **{"billing-address": "Kaigata 2", "billing-zip": "99999999"}
    )
    assert kari.status == 422
    kari.sees("Give an email address such as kari@example.com.", "There is no such code in this country")
    assert 'value="Nordmann AS"' in kari.html
    assert 'value="Kaigata 2"' in kari.html
    assert 'href="#id_billing-zip"' in kari.html
    kari.buys(**{"billing-zip": "0150", "billing-city": "Oslo"}).gives().sees("100,00 EUR is paid")
    assert shop.world.rows("SELECT billing_zip, billing_country FROM invoice") == [("0150", "NO")]


def test_another_country_has_other_fields_and_nothing_typed_is_lost(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Setup", "100"), collect_shipping_address=True))
    kari.sends("other_country", company="Acme", **{"shipping-country": "US", "shipping-address": "1 Main St"})
    assert kari.status == 200
    kari.sees("State", "ZIP code")
    assert 'value="1 Main St"' in kari.html
    assert 'value="Acme"' in kari.html
    assert "field__error" not in kari.html


def test_the_sellers_own_questions_are_asked_and_the_answers_kept(shop: Shop, kari: Buyer) -> None:
    asked = [
        {"name": "po", "label": "Purchase order", "type": "text", "required": True},
        {"name": "seats", "label": "Seats", "type": "number"},
        {"name": "start", "label": "First day", "type": "date"},
        {"name": "size", "label": "Size", "type": "choice", "options": ["S", "M"]},
        {"name": "news", "label": "Letters", "type": "checkbox"},
    ]
    kari.comes_to(shop.link(item("Setup", "100"), custom_fields=asked)).buys(**{"custom-start": "soon"})
    assert kari.status == 422
    kari.sees("Purchase order", "Give a day such as 2026-03-01")
    kari.buys(
        **{
            "custom-po": "4711",
            "custom-seats": "2.5",
            "custom-start": "2026-03-01",
            "custom-size": "M",
            "custom-news": "on",
        }
    )
    ((buyer,),) = shop.world.rows("SELECT buyer FROM checkout")
    assert buyer["custom"] == {
        "po": "4711",
        "seats": "2.5",
        "start": "2026-03-01",
        "size": "M",
        "news": "yes",
    }


def test_looking_at_a_link_writes_nothing_and_coming_back_goes_on(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Setup", "100"))
    kari.comes_to(link).comes_to(link)
    assert shop.count("checkout") == 0
    kari.sends("update", email="x")
    assert shop.count("checkout") == 1
    own = kari.comes_to(link).address
    assert own.startswith("/checkout/")
    kari.buys()
    assert shop.count("checkout") == 1


def test_of_several_links_each_goes_on_with_its_own(shop: Shop, kari: Buyer) -> None:
    links = [shop.link(item(f"Setup {number}", "100")) for number in range(3)]
    own = [kari.comes_to(link).sends("update", email="x").comes_to(link).address for link in links]
    assert len(set(own)) == 3
    assert [kari.comes_to(link).address for link in links] == own
    assert Buyer(shop).comes_to(links[0]).address.startswith("/buy/")
    kari.client.cookies[checkout_pages.COOKIE] = "x.y.z"
    assert kari.comes_to(links[0]).address.startswith("/buy/")


def test_what_is_known_already_can_stand_in_the_address(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Seat", "5", buyer_quantity=True, buyer_quantity_max=9))
    (seat,) = shop.lines(link)
    kari.comes_to(link, f"?email=aino@kallio.test&first_name=Aino&quantity-{seat}=4")
    assert 'value="aino@kallio.test"' in kari.html
    kari.sees("Pay 20,00 EUR")


def test_two_clicks_on_the_button_and_two_on_the_way_back_are_one_payment(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Fleet Core", "49", "monthly"))).sends("update")
    form = (kari.address, kari.status, kari.html)
    first = kari.buys().address
    kari.address, kari.status, kari.html = form
    assert kari.buys().address == first
    kari.gives().sees("49,00 EUR is paid")
    receipt = kari.address
    assert kari.opens(f"{receipt}/back").address == receipt
    assert kari.opens(f"{receipt}/back").sees("49,00 EUR is paid").address == receipt
    assert shop.charges() == [(4900, "succeeded")]
    shop.assert_clean()


def test_a_form_that_is_sent_again_after_it_was_paid_leads_to_the_receipt(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Setup", "100"))
    kari.comes_to(link)
    old = (kari.address, kari.status, kari.html)
    kari.buys().gives().sees("100,00 EUR is paid")
    kari.address, kari.status, kari.html = old
    kari.buys().sees("100,00 EUR is paid")
    assert shop.count("checkout") == 1
    kari.comes_to(link).sees("You have bought here before.").buys().gives().sees("100,00 EUR is paid")
    assert shop.charges() == [(10000, "succeeded")] * 2


def test_a_link_for_one_purchase_is_used_once_by_whoever_pays_first(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Ticket", "100"), one_time_use=True)
    kari.comes_to(link).buys()
    ola = Buyer(shop).comes_to(link).buys(email="ola@customers.test")
    ola.gives().sees("100,00 EUR is paid")
    kari.gives().sees("This has been bought already", "Nothing was charged now.")
    assert kari.status == 410
    assert ola.comes_to(link).sees("100,00 EUR is paid").status == 200
    assert Buyer(shop).comes_to(link).sees("This has been bought already").status == 410
    assert shop.charges() == [(10000, "succeeded")]
    shop.assert_clean()


def test_of_two_with_the_last_use_of_a_code_the_second_is_told_before_anything_is_charged(
    shop: Shop, kari: Buyer
) -> None:
    shop.code("LAST", "10", uses_max=1)
    link = shop.link(item("Cap", "20"))
    kari.comes_to(link).sends("apply_code", code="LAST").buys()
    Buyer(shop).comes_to(link).sends("apply_code", code="LAST").buys(email="ola@customers.test").gives()
    kari.gives().sees("This discount code was used as often as it may be.", "Pay 20,00 EUR")
    assert shop.charges() == [(1800, "succeeded")]
    kari.buys(code="").sees("20,00 EUR is paid")
    assert sorted(shop.charges()) == [(1800, "succeeded"), (2000, "succeeded")]
    shop.assert_clean()


def test_an_offer_that_changed_while_a_card_was_given_is_asked_again(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Fleet Core", "49", "monthly"))
    kari.comes_to(link).buys()
    edit_link(shop.db, shop.ctx, link, {}, lines=[item("Fleet Core", "59", "monthly")])
    kari.gives().sees("Due today: 59,00 EUR", "It was 49,00 EUR when you saw it")
    assert shop.charges() == []
    kari.buys().sees("59,00 EUR is paid")
    assert shop.charges() == [(5900, "succeeded")]
    shop.assert_clean()


@pytest.mark.parametrize("ending", ["inactive", "archived", "no such", "no account"])
def test_what_is_switched_off_looks_like_what_never_was(shop: Shop, kari: Buyer, ending: str) -> None:
    link = shop.link(item("Setup", "100"))
    address = kari.link(link)
    match ending:
        case "inactive":
            set_link_status(shop.db, shop.ctx, link, "inactive")
        case "archived":
            archive_links(shop.db, shop.ctx, [link])
        case "no such":
            address = address[:-4] + "0000"
        case _:
            address = address.replace(f"/{shop.ctx.id}/", "/999999999/")
    kari.opens(address).sees("This page is not there")
    assert kari.status == 404
    assert "Nordlys" not in kari.text


def test_an_expired_link_says_so_also_in_the_middle_of_paying(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Setup", "100"), expires_on=dt.date(2026, 1, 5))
    kari.comes_to(link).buys()
    shop.world.until("2026-01-05", hour=23)
    shop.world.until("2026-01-06", hour=1)
    Buyer(shop).comes_to(link).sees("This offer has expired", "Nothing was charged.")
    kari.reloads()
    kari.comes_to(link).sees("This offer has expired")
    assert kari.status == 410


def test_going_back_without_a_card_says_that_nothing_was_charged(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Setup", "100"))).buys(company="Nordmann AS")
    (key,) = shop.world.one("SELECT public_key FROM checkout")
    kari.opens(f"/checkout/{shop.ctx.id}/{key}/back").sees("Nothing was charged", "without giving a card")
    assert 'value="Nordmann AS"' in kari.html
    kari.buys().gives().sees("100,00 EUR is paid")


def test_a_forgotten_checkout_is_not_there_and_the_link_begins_anew(shop: Shop, kari: Buyer) -> None:
    link = shop.link(item("Setup", "100"))
    own = kari.comes_to(link).sends("update").comes_to(link).address
    shop.db.execute("DELETE FROM checkout WHERE account_id = %s", [shop.ctx.id])
    assert kari.opens(own).status == 404
    assert kari.comes_to(link).sees("Pay 100,00 EUR").status == 200


def test_after_paying_the_buyer_is_led_to_the_sellers_own_page(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Setup", "100"), redirect_url="https://shop.example/thanks")).buys().gives()
    kari.sees("You are being taken to shop.example", "See the receipt")
    assert '<meta http-equiv="refresh" content="0; url=https://shop.example/thanks">' in kari.html
    kari.opens(kari.address.removesuffix("/back")).sees("100,00 EUR is paid", "Go on to shop.example")


def test_an_accepted_quote_is_paid_and_leads_back_to_its_page(shop: Shop, kari: Buyer) -> None:
    desk = Desk(shop.world)
    quote = desk.published(payment_enabled=True)
    path = f"/quote/{shop.ctx.id}/{desk.read(quote).public_key}"
    kari.client.post(path, {"step": "accept", "name": "Kari", "agree": "on"})
    kari.opens(path).sends("step", step="pay").sees("Due today", "Your details")
    kari.buys().gives()
    assert kari.address == path
    ((amount, status),) = shop.charges()
    assert status == "succeeded"
    assert amount > 0
    (key,) = shop.world.one("SELECT public_key FROM checkout")
    kari.opens(f"/checkout/{shop.ctx.id}/{key}").sees("is paid", "Back to the quote")
    shop.assert_clean()


def test_nothing_can_be_paid_while_the_account_is_held(shop: Shop, kari: Buyer) -> None:
    hold_billing(shop.db, shop.ctx, actor="system", reason="a look")
    kari.comes_to(shop.link(item("Setup", "100"))).sees("Payments are not taken here at the moment.").buys()
    assert kari.status == 503
    assert shop.charges() == []


def test_a_free_order_needs_no_card(shop: Shop, kari: Buyer) -> None:
    kari.comes_to(shop.link(item("Newsletter", "0"))).sees("Place the order, nothing to pay")
    kari.buys().sees("Thank you. Your order is in.", "There is nothing to pay.")
    assert shop.charges() == []
    shop.assert_clean()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("no", ("Forfaller i dag", "1 234,50 EUR", "hver måned", "Betal 1 234,50 EUR")),
        ("fi", ("Erääntyy tänään", "1 234,50 EUR", "joka kuukausi", "Maksa 1 234,50 EUR")),
    ],
)
def test_the_link_speaks_its_language(shop: Shop, kari: Buyer, language: str, words: tuple[str, ...]) -> None:
    kari.comes_to(shop.link(item("Fleet Core", "1234.50", "monthly"), language=language)).sees(*words)
    assert f'<html lang="{language.replace("no", "nb")}">' in kari.html


def test_a_page_on_which_money_is_given_is_shown_in_no_other_site(shop: Shop, kari: Buyer) -> None:
    answer = kari.client.get(kari.link(shop.link(item("Setup", "100"))))
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_nobody_sends_the_form_for_somebody_else(shop: Shop) -> None:
    strict = Buyer(shop, Client(enforce_csrf_checks=True))
    answer = strict.client.post(strict.link(shop.link(item("Setup", "100"))), {"email": "a@b.example"})
    assert answer.status_code == 403
    assert shop.count("checkout") == 0


TERMS, REFUNDS = "https://nordlys.example/terms", "https://nordlys.example/refunds"


def test_the_sellers_terms_are_linked_and_agreed_to_word_for_word(shop: Shop, kari: Buyer) -> None:
    change_settings(shop.db, shop.ctx, {"terms_url": TERMS, "refund_policy_url": REFUNDS}, actor="cli")
    kari.comes_to(shop.link(item("Setup", "100")))
    kari.sees("By pressing the button you accept the terms of service and the refund policy .")
    assert f'<a href="{TERMS}" target="_blank" rel="noopener noreferrer">terms of service</a>' in kari.html
    kari.buys().gives().sees("100,00 EUR is paid")
    sofia = Buyer(shop)
    sofia.comes_to(shop.link(item("Fleet Core", "49", "monthly"))).sees("I accept the terms of service")
    sofia.buys(email="sofia@customers.test").gives().sees("49,00 EUR is paid")
    once, monthly = (row[0] for row in shop.world.rows("SELECT consent ->> 'text' FROM checkout ORDER BY id"))
    told = f"accept the terms of service ({TERMS}) and the refund policy ({REFUNDS})."
    assert once == f"By pressing the button you {told}"
    assert monthly.startswith("I agree that Nordlys Test AS charges")
    assert monthly.endswith(f"I {told}")


def test_terms_that_change_while_somebody_looks_are_shown_before_anything_is_charged(
    shop: Shop, kari: Buyer
) -> None:
    kari.comes_to(shop.link(item("Setup", "100")))
    change_settings(shop.db, shop.ctx, {"terms_url": TERMS}, actor="cli")
    kari.buys().sees("By pressing the button you accept the terms of service")
    assert kari.status == 409
    kari.buys().gives().sees("100,00 EUR is paid")


def test_the_receipt_repeats_what_was_answered(shop: Shop, kari: Buyer) -> None:
    asked = [
        {"name": "when", "label": "Delivery on", "type": "date"},
        {"name": "gift", "label": "As a gift", "type": "checkbox"},
    ]
    kari.comes_to(shop.link(item("Cap", "20"), custom_fields=asked))
    kari.buys(**{"custom-when": "2026-03-01", "custom-gift": "on"}).gives()
    kari.sees("Your answers", "Delivery on 1 March 2026", "As a gift Yes")
