"""A customer's own pages: in by an emailed link, to what is theirs and nothing else, for some hours."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from kalends.accounts.change import change_settings
from kalends.accounts.create import create_account
from kalends.buyer.portal import session
from kalends.messages.letters.render import render
from kalends.proof.verify import verify
from tests.business.messages.post import Post
from tests.buyer.shop import Shop
from tests.conftest import FIRST_MOMENT, Connect
from tests.staff.stage import new_user


def portal(shop: Shop, *rest: object) -> str:
    return "/".join(["/portal", str(shop.world.ctx.id), *map(str, rest)])


def sign_in(shop: Shop, contact: int) -> None:
    answer = shop.client.post(shop.link("portal", contact, contact))
    assert answer.status_code == 303
    assert answer["Location"] == portal(shop)


def allow(shop: Shop, **settings: bool) -> None:
    change_settings(shop.world.db, shop.world.ctx, dict(settings))
    shop.world.reload()


@pytest.fixture
def kari(shop: Shop) -> int:
    """A customer with a subscription that is charged, paid once."""
    contact = shop.world.customer()
    shop.world.subscribe(contact, method=shop.world.method(contact))
    shop.world.until("2026-01-02")
    return contact


def subscription_of(shop: Shop, contact: int) -> int:
    (id_,) = shop.world.one("SELECT id FROM subscription WHERE contact_id = %s", contact)
    return id_


# Coming in


def test_the_answer_is_the_same_whether_somebody_is_known_or_not(shop: Shop, kari: int) -> None:
    told = []
    for email in (shop.email(kari), "nobody@customers.test"):
        answer = shop.client.post(portal(shop, "sign-in"), {"email": email})
        told.append((answer.status_code, answer.content.decode().replace(email, "")))
    assert told[0] == told[1]
    assert [recipient for kind, recipient in shop.world.letters("portal_link")] == [shop.email(kari)]


def test_the_letter_leads_in_and_asking_again_at_once_sends_one(shop: Shop, kari: int) -> None:
    with time_machine.travel("2026-03-01T10:01:00Z", tick=False):
        for _ in range(3):
            shop.client.post(portal(shop, "sign-in"), {"email": shop.email(kari).upper()})
    (row,) = Post(shop.world).rows("portal_link")
    text = render(shop.world.db, shop.world.ctx, row).text
    address = next(line for line in text.splitlines() if line.startswith("Open my pages: "))
    path = "/portal/" + address.rpartition("/portal/")[2]
    assert shop.email(kari) in shop.text(shop.client.get(path))
    assert session.COOKIE not in shop.client.cookies, "programs that look through mail open links, too"
    assert "Fleet Core" in shop.text(shop.follow(shop.client.post(path)))


def test_a_link_lets_in_once(shop: Shop, kari: int) -> None:
    link, other = shop.link("portal", kari, kari), Client()
    for _ in range(2):
        assert "Open my pages" in shop.text(other.get(link)), "to look at it uses nothing up"
    sign_in(shop, kari)
    assert other.post(link)["Location"] == portal(shop)
    assert other.get(portal(shop))["Location"] == portal(shop, "sign-in")
    assert shop.client.post(link)["Location"] == portal(shop)
    assert shop.client.get(portal(shop)).status_code == 200


def test_who_asks_again_gets_another_link_also_where_the_accounts_clock_stands(shop: Shop, kari: int) -> None:
    for minute in (1, 11):
        with time_machine.travel(f"2026-03-01T10:{minute:02}:00Z", tick=False):
            shop.client.post(portal(shop, "sign-in"), {"email": shop.email(kari)})
    letters = [
        render(shop.world.db, shop.world.ctx, row).text for row in Post(shop.world).rows("portal_link")
    ]
    links = [re.findall("/portal/.+", text)[0] for text in letters]
    assert len(set(links)) == 2
    for link in links:
        assert "Fleet Core" in shop.text(shop.follow(shop.client.post(link)))
        shop.client.post(portal(shop, "sign-out"))


def test_whoever_is_not_signed_in_is_asked_for_their_address(shop: Shop, kari: int) -> None:
    for rest in ((), ("details",), ("subscriptions", subscription_of(shop, kari))):
        answer = shop.client.get(portal(shop, *rest))
        assert (answer.status_code, answer["Location"]) == (303, portal(shop, "sign-in"))


def test_the_cookie_is_of_this_host_alone_and_out_of_reach_of_scripts(shop: Shop, kari: int) -> None:
    sign_in(shop, kari)
    cookie = shop.client.cookies[session.COOKIE]
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_after_some_hours_one_signs_in_anew(shop: Shop, kari: int) -> None:
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False) as clock:
        sign_in(shop, kari)
        clock.shift(session.LASTS - timedelta(minutes=1))
        assert shop.client.get(portal(shop)).status_code == 200
        clock.shift(timedelta(minutes=2))
        assert shop.client.get(portal(shop)).status_code == 303


def test_a_link_dies_after_an_hour_and_with_the_address(shop: Shop, kari: int) -> None:
    link = shop.link("portal", kari, kari)
    sign_in(shop, kari)
    shop.world.until("2026-01-02", hour=14)
    assert shop.client.get(link).status_code == 404
    shop.world.db.execute("UPDATE contact SET email = 'other@customers.test' WHERE id = %s", [kari])
    assert shop.client.get(portal(shop)).status_code == 303


def test_signing_out_ends_it_for_whoever_has_the_cookie(shop: Shop, kari: int) -> None:
    sign_in(shop, kari)
    copied = Client()
    copied.cookies.update(shop.client.cookies)
    assert copied.get(portal(shop)).status_code == 200
    shop.world.until("2026-01-03")
    sign_in(shop, kari)
    assert copied.get(portal(shop)).status_code == 303, "coming in again gives another key"
    copied.cookies.update(shop.client.cookies)
    gone = shop.client.post(portal(shop, "sign-out"))
    assert gone["Clear-Site-Data"] == '"cache", "storage"'
    assert [each.get(portal(shop)).status_code for each in (shop.client, copied)] == [303, 303]


def test_a_session_of_staff_is_none_of_a_customer_and_is_not_ended_here(shop: Shop, kari: int) -> None:
    staff = Client()
    staff.force_login(new_user())
    key = staff.cookies[settings.SESSION_COOKIE_NAME].value
    shop.client.cookies[session.COOKIE] = key
    assert shop.client.get(portal(shop)).status_code == 303
    shop.client.post(portal(shop, "sign-out"))
    assert staff.get("/").status_code == 403, "known, and without an account"
    sign_in(shop, kari)
    staff.cookies[settings.SESSION_COOKIE_NAME] = shop.client.cookies[session.COOKIE].value
    assert staff.get("/")["Location"].startswith("/s")


def test_one_account_lets_nobody_into_another(shop: Shop, kari: int, connect: Connect) -> None:
    other = create_account(
        connect(), name="Other", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    sign_in(shop, kari)
    answer = shop.client.get(f"/portal/{other.id}")
    assert (answer.status_code, answer["Location"]) == (303, f"/portal/{other.id}/sign-in")


def test_where_the_account_has_no_such_pages_there_are_none(shop: Shop, kari: int) -> None:
    link = shop.link("portal", kari, kari)
    allow(shop, portal=False)
    paths = [portal(shop), portal(shop, "sign-in"), link]
    assert [shop.client.get(path).status_code for path in paths] == [404] * 3


def test_whoever_asks_for_many_links_waits(shop: Shop) -> None:
    answers = [
        shop.client.post(portal(shop, "sign-in"), {"email": "one@customers.test"}).status_code
        for _ in range(7)
    ]
    assert answers == [200] * 5 + [429] * 2


# What is there


def test_everything_of_theirs_is_there_and_nothing_of_others(shop: Shop, kari: int) -> None:
    other = shop.world.customer("Ola Dunk")
    strange = shop.world.subscribe(other, "777")
    shop.world.until("2026-01-03")
    sign_in(shop, kari)
    text = shop.text(shop.client.get(portal(shop)))
    for words in (
        "Kari Nordmann",
        "Fleet Core",
        "INV-1001",
        "Paid",
        "Visa ··4242",
        "Next payment, ",
        "1 Feb 2026",
        "in use",
    ):
        assert words in text
    assert "777" not in text
    assert shop.client.get(portal(shop, "subscriptions", strange)).status_code == 404
    assert shop.client.get(portal(shop, "subscriptions", strange, "cancel")).status_code == 404


def test_a_subscription_shows_its_cycles(shop: Shop, kari: int) -> None:
    shop.world.until("2026-03-02")
    sign_in(shop, kari)
    text = shop.text(shop.client.get(portal(shop, "subscriptions", subscription_of(shop, kari))))
    assert text.count('data-s="paid"') == 3
    assert text.count('data-s="next"') == 1
    assert text.count('data-s="todo"') == 3


def test_an_invoice_is_opened_from_there_with_the_stored_methods(shop: Shop, kari: int) -> None:
    invoice = shop.whole(shop.bill(kari))
    assert invoice > 0
    sign_in(shop, kari)
    text = shop.text(shop.client.get(portal(shop)))
    page = next(part.split('"')[0] for part in text.split('href="') if part.startswith("/invoice/"))
    assert "Visa ··4242" in shop.text(shop.client.get(page))


def test_a_card_is_added_once(shop: Shop, kari: int) -> None:
    sign_in(shop, kari)
    text = shop.text(shop.give(shop.client.post(portal(shop, "methods")), "5555555555554444"))
    assert "Your new card or account is kept." in text
    assert "Mastercard ··4444" in text
    (key,) = shop.world.one("SELECT key FROM method_request")
    shop.client.get(portal(shop, "methods", key))
    assert shop.world.one("SELECT count(*) FROM payment_method WHERE contact_id = %s", kari) == (2,)


def test_the_next_payment_stands_first_with_its_reasons_and_what_follows_it_below(
    shop: Shop, kari: int
) -> None:
    sign_in(shop, kari)
    page = shop.text(shop.client.get(portal(shop)))
    assert "will be charged to Visa ··4242" in page
    assert "Why this amount" in page
    assert "Upcoming charges" not in page
    shop.world.subscribe(kari, "7", method=shop.world.method(kari), start=date(2026, 2, 20))
    page = shop.text(shop.client.get(portal(shop)))
    assert page.index("Next payment, ") < page.index("Upcoming charges") < page.index("20 Feb 2026")


def test_the_next_payment_is_what_credit_leaves_of_it_and_credit_is_used_once(shop: Shop, kari: int) -> None:
    shop.world.subscribe(kari, "70", method=shop.world.method(kari), start=date(2026, 2, 20))
    shop.world.db.execute(
        "INSERT INTO customer_credit (account_id, contact_id, currency, balance_minor) VALUES (%s, %s, 'EUR', 13000)",
        [shop.world.ctx.id, kari],
    )
    sign_in(shop, kari)
    page = " ".join(re.sub(r"<[^>]+>", " ", shop.text(shop.client.get(portal(shop)))).split())
    assert "Next payment, 1 Feb 2026 0,00 EUR 100,00 EUR less 100,00 EUR of your credit." in page
    assert "20 Feb 2026 · Fleet Core · after your credit 40,00 EUR" in page


def test_an_invoice_to_pay_is_told_on_top_until_it_is_paid(shop: Shop) -> None:
    contact = shop.world.customer()
    invoice = shop.whole(shop.bill(contact))
    (number,) = shop.world.one("SELECT number FROM invoice WHERE id = %s", invoice)
    sign_in(shop, contact)
    page = shop.text(shop.client.get(portal(shop)))
    assert f"Invoice {number}: " in page
    assert "It is not charged by itself." in page
    shop.pay(shop.link("invoice", invoice, contact))
    assert "It is not charged by itself." not in shop.text(shop.client.get(portal(shop)))


def test_an_overdue_invoice_says_since_when(shop: Shop) -> None:
    contact = shop.world.customer()
    invoice = shop.bill(contact)
    shop.world.db.execute("UPDATE invoice SET due_date = invoice_date - 1 WHERE id = %s", [invoice])
    sign_in(shop, contact)
    page = shop.text(shop.client.get(portal(shop)))
    assert "Overdue since " in page
    assert "It is not charged by itself." not in page


def test_the_company_stands_beside_the_person(shop: Shop, kari: int) -> None:
    shop.world.db.execute("UPDATE contact SET company_name = 'Dahl AS' WHERE id = %s", [kari])
    sign_in(shop, kari)
    assert "Kari Nordmann, Dahl AS" in shop.text(shop.client.get(portal(shop)))


def test_a_subscription_lists_what_is_in_it(shop: Shop) -> None:
    contact = shop.world.customer()
    id_ = shop.world.subscribe(contact, "12.50", method=shop.world.method(contact))
    shop.world.db.execute(
        "UPDATE line_item SET name = 'Seats', quantity = 3, discount_percent = 10 "
        "WHERE parent_type = 'subscription' AND parent_id = %s",
        [id_],
    )
    sign_in(shop, contact)
    text = shop.text(shop.client.get(portal(shop, "subscriptions", id_)))
    for words in ("Seats", '<td class="num">3</td>', "12,50", "less 10"):
        assert words in text


# What they may change


def details(**changes: str) -> dict[str, str]:
    return {
        "firstname": "Kari", "lastname": "Dahl", "company": "Dahl AS", "phone": "+47 22 12 34 56", "language": "nb",
        "at-country": "NO", "at-address": "Kaigata 2", "at-zip": "0150", "at-city": "Oslo", **changes,
    }  # fmt: skip


def test_details_are_changed_with_their_history(shop: Shop, kari: int) -> None:
    sign_in(shop, kari)
    answer = shop.follow(shop.client.post(portal(shop, "details"), details()))
    assert "Opplysningene dine er lagret." in shop.text(answer)
    row = shop.world.one(
        "SELECT last_name, company_name, address, zip, city, country, language FROM contact WHERE id = %s",
        kari,
    )
    assert row == ("Dahl", "Dahl AS", "Kaigata 2", "0150", "Oslo", "NO", "no")
    (actor,) = shop.world.one(
        "SELECT actor FROM event WHERE kind = 'contact.updated' AND object_id = %s", kari
    )
    assert actor == f"contact:{kari}"


@pytest.mark.parametrize("wrong", [{"at-zip": "15"}, {"phone": "x"}, {"at-city": ""}])
def test_wrong_details_are_told_and_nothing_is_changed(shop: Shop, kari: int, wrong: dict[str, str]) -> None:
    sign_in(shop, kari)
    assert shop.client.post(portal(shop, "details"), details(**wrong)).status_code == 422
    assert shop.world.one("SELECT last_name FROM contact WHERE id = %s", kari) == ("Nordmann",)


def test_another_country_shows_its_own_fields_and_keeps_what_was_typed(shop: Shop, kari: int) -> None:
    sign_in(shop, kari)
    typed = details(**{"at-country": "US", "other_country": "1"})
    text = shop.text(shop.client.post(portal(shop, "details"), typed))
    assert "ZIP code" in text
    assert "Oregon" in text
    assert 'value="Kaigata 2"' in text
    assert shop.world.one("SELECT last_name FROM contact WHERE id = %s", kari) == ("Nordmann",)


def test_nothing_is_canceled_or_paused_unless_the_account_allows_it(shop: Shop, kari: int) -> None:
    sign_in(shop, kari)
    id_ = subscription_of(shop, kari)
    text = shop.text(shop.client.get(portal(shop, "subscriptions", id_)))
    assert "Pause" not in text
    for name in ("cancel", "pause", "resume", "keep"):
        shop.client.post(portal(shop, "subscriptions", id_, name))
    assert shop.world.subscription(id_, "status", "cancel_on") == ("active", None)


def test_canceling_tells_its_consequences_and_holds_for_the_end_of_the_paid_period(
    shop: Shop, kari: int
) -> None:
    allow(shop, portal_cancel=True)
    sign_in(shop, kari)
    id_ = subscription_of(shop, kari)
    page = portal(shop, "subscriptions", id_, "cancel")
    assert "It stays yours until 1 February 2026, which is paid for." in shop.text(shop.client.get(page))
    assert shop.world.subscription(id_, "cancel_on") is None
    text = shop.text(shop.follow(shop.client.post(page)))
    assert "It ends on 1 February 2026." in text
    assert str(shop.world.subscription(id_, "cancel_on")) == "2026-02-01"
    assert "It goes on as before." in shop.text(
        shop.follow(shop.client.post(portal(shop, "subscriptions", id_, "keep")))
    )
    assert shop.world.subscription(id_, "cancel_on") is None
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_pausing_and_going_on(shop: Shop, kari: int) -> None:
    allow(shop, portal_pause=True)
    sign_in(shop, kari)
    id_ = subscription_of(shop, kari)
    shop.client.post(portal(shop, "subscriptions", id_, "pause"))
    assert shop.world.subscription(id_, "status") == "paused"
    shop.client.post(portal(shop, "subscriptions", id_, "resume"))
    assert shop.world.subscription(id_, "status") == "active"
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_who_has_paused_may_cancel_too_and_it_ends_at_once(shop: Shop, kari: int) -> None:
    allow(shop, portal_pause=True, portal_cancel=True)
    sign_in(shop, kari)
    id_ = subscription_of(shop, kari)
    shop.client.post(portal(shop, "subscriptions", id_, "pause"))
    page = portal(shop, "subscriptions", id_, "end")
    told = shop.text(shop.client.get(page))
    assert "It ends at once" in told
    assert "It is paid for until 1 February 2026." in told
    assert shop.world.subscription(id_, "status") == "paused"
    text = shop.text(shop.follow(shop.client.post(page)))
    assert "It is canceled. A letter confirms it." in text
    assert shop.world.subscription(id_, "status") == "canceled"
    (actor,) = shop.world.one("SELECT actor FROM event WHERE kind = 'subscription.canceled'")
    assert actor == f"contact:{kari}"
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_who_has_paused_cannot_cancel_where_the_account_lets_nobody(shop: Shop, kari: int) -> None:
    allow(shop, portal_pause=True)
    sign_in(shop, kari)
    id_ = subscription_of(shop, kari)
    shop.client.post(portal(shop, "subscriptions", id_, "pause"))
    shop.client.post(portal(shop, "subscriptions", id_, "end"))
    assert shop.world.subscription(id_, "status") == "paused"


@pytest.mark.parametrize(("language", "words"), [("nb", "Neste betaling"), ("fi", "Seuraava maksu")])
def test_they_read_their_own_language(shop: Shop, language: str, words: str) -> None:
    contact = shop.world.customer(language=language)
    shop.world.subscribe(contact, method=shop.world.method(contact))
    sign_in(shop, contact)
    assert words in shop.text(shop.client.get(portal(shop)))


def test_another_site_cannot_press_its_buttons(shop: Shop, kari: int) -> None:
    strict: Any = Client(enforce_csrf_checks=True)
    answer = strict.post(portal(shop, "sign-in"), {"email": shop.email(kari)})
    assert answer.status_code == 403
    assert "Nothing was changed" in shop.text(answer)
    assert shop.world.letters("portal_link") == []
