"""What buyers do on a phone where payments go through Stripe: to its page and back, past the bank, once each.

Stripe is the small one at the wire: a server of its own that the served app is pointed to, with pages of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from kalends.accounts.models import SignInAttempt
from kalends.payments.processors.stripe.connection import connect
from kalends.platform import translations
from tests.browser.axe import no_violations
from tests.browser.conftest import PHONE, serving
from tests.business.sales.quoting import Desk
from tests.business.sales.shop import Shop, item
from tests.business.stripe.conftest import SIGNING_SECRET
from tests.buyer.shop import Shop as Letters
from tests.conftest import FIRST_MOMENT
from tests.fakes.stripe_pages import HostedStripe
from tests.world import World

pytestmark = pytest.mark.browser

PAID, ON_ITS_WAY = r"{}\sEUR is paid", r"{}\sEUR is on its way from your bank"


@pytest.fixture(scope="module")
def hosted() -> Iterator[HostedStripe]:
    """A Stripe that this process, and the served app, take for the real one."""
    server = HostedStripe()
    server.key_of_merchant, server.livemode = "sk_test_0123456789abcdef", False
    with pytest.MonkeyPatch.context() as patch, server.running():
        patch.setattr(settings, "STRIPE_API", server.url)
        yield server


@pytest.fixture(scope="module")
def shop_address(
    server: str,
    hosted: HostedStripe,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a server that runs as ``kalends serve`` runs it, with that Stripe."""
    assert server
    translations.compile_translations()
    folder = tmp_path_factory.mktemp("stripe")
    with django_db_blocker.unblock(), serving(folder, KALENDS_STRIPE_API=hosted.url) as served:
        SignInAttempt.objects.all().delete()
        yield served


@pytest.fixture
def stripe(hosted: HostedStripe) -> HostedStripe:
    """The same, where nothing has happened yet."""
    hosted.forget()
    hosted.now = FIRST_MOMENT
    return hosted


@pytest.fixture
def shop(world: World, stripe: HostedStripe) -> Iterator[Shop]:
    """A sandbox that is connected to it; at the end its books agree with Stripe's."""
    connect(
        world.db, world.ctx, stripe.key_of_merchant, address="http://localhost",
        signing_secret=SIGNING_SECRET, now=FIRST_MOMENT,
    )  # fmt: skip
    made = Shop(world)
    yield made
    made.assert_clean()


@pytest.fixture
def phone(browser: Browser, shop_address: str, stripe: HostedStripe) -> Iterator[Page]:
    """A buyer's phone; what its browser complains about, or asks of anybody else, fails the test."""
    problems: list[str] = []
    ours = (shop_address, stripe.pages_url, "data:")
    size: Any = PHONE
    with browser.new_context(
        base_url=shop_address, viewport=size, has_touch=True, reduced_motion="reduce", locale="en-GB"
    ) as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda told: problems.append(told.text) if told.type == "error" else None)
        page.on("request", lambda asked: None if asked.url.startswith(ours) else problems.append(asked.url))
        yield page
        found = list(problems)
    assert found == []


def link(shop: Shop, price: str = "49", frequency: str | None = "monthly") -> str:
    """The address of a payment link."""
    id_ = shop.link(item("Fleet Core", price, frequency))
    (key,) = shop.world.one("SELECT public_key FROM payment_link WHERE id = %s", id_)
    return f"/buy/{shop.ctx.id}/{key}"


def fill(page: Page) -> None:
    """What the seller asks of a buyer."""
    page.get_by_label("Email").fill("kari@customers.test")
    consent = page.get_by_label("I agree that")
    if consent.count():
        consent.check()


def press(page: Page, words: str) -> None:
    """A button of ours, of Stripe's or of the bank's."""
    page.get_by_role("button", name=words).click()


def reads(page: Page, words: str) -> None:
    """The page is headed so, and no wider than the phone."""
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(words))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url


def statuses(stripe: HostedStripe) -> list[str]:
    """What became of each payment that Stripe was asked for, in order."""
    return [each["status"] for each in stripe.all("payment_intent")]


def hears(page: Page, shop: Shop, event: Any, stripe: HostedStripe, secret: str = SIGNING_SECRET) -> int:
    """Stripe tells an event, signed at the moment that the app's own answers tell; what the endpoint answers."""
    at = parsedate_to_datetime(page.request.get("/health").headers["date"]).timestamp()
    body, signature = stripe.signed(event, secret, at=at)
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    return page.request.post(f"/webhooks/stripe/{shop.ctx.id}", data=body, headers=headers).status


def test_a_recurring_link_is_paid_once_by_card_however_often_one_clicks_or_reloads(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    phone.goto(link(shop))
    fill(phone)
    phone.get_by_role("button", name="Pay").dblclick()
    phone.get_by_role("button", name="Save card").dblclick()
    reads(phone, PAID.format("49,00"))
    expect(phone.get_by_text("Visa ··4242")).to_be_visible()

    phone.reload()
    phone.goto(stripe.all("checkout.session")[0]["success_url"])

    reads(phone, PAID.format("49,00"))
    assert (statuses(stripe), shop.count("subscription"), shop.count("invoice")) == (["succeeded"], 1, 1)


def test_a_declined_card_and_a_refusing_bank_are_told_and_another_card_pays(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    phone.goto(link(shop, "100", None))
    fill(phone)
    press(phone, "Pay")
    press(phone, "Card that is declined")
    expect(phone.get_by_role("alert")).to_contain_text("There was not enough money in the account.")
    press(phone, "Pay")
    press(phone, "Needs authentication")
    press(phone, "Refuse")
    expect(phone.get_by_role("alert")).to_contain_text("was declined")
    expect(phone.get_by_role("alert")).not_to_contain_text("There was not enough money")
    assert shop.count("invoice") == 0

    press(phone, "Pay")
    press(phone, "Save card")

    reads(phone, PAID.format("100,00"))
    assert statuses(stripe) == ["requires_payment_method", "requires_payment_method", "succeeded"]
    assert shop.count("invoice") == 1


def test_who_leaves_the_bank_finds_the_way_back_and_pays_by_confirming(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    address = link(shop)
    phone.goto(address)
    fill(phone)
    press(phone, "Pay")
    press(phone, "Needs authentication")
    reads(phone, "Your bank")
    phone.goto(address)
    reads(phone, "Your bank wants you to confirm")
    no_violations(phone)
    assert (statuses(stripe), shop.count("subscription")) == (["requires_action"], 0)

    phone.get_by_role("link", name="Confirm at the bank").click()
    press(phone, "Confirm")

    reads(phone, PAID.format("49,00"))
    assert (statuses(stripe), shop.count("subscription")) == (["succeeded"], 1)


def test_a_bank_debit_is_on_its_way_until_stripe_tells_with_its_signature_that_it_arrived(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    phone.goto(link(shop))
    fill(phone)
    press(phone, "Pay")
    press(phone, "Bank debit")
    reads(phone, ON_ITS_WAY.format("49,00"))
    assert (statuses(stripe), shop.count("subscription")) == (["processing"], 1)

    stripe.settle(stripe.all("payment_intent")[0]["id"])
    (event,) = stripe.events("payment_intent.succeeded")
    assert hears(phone, shop, event, stripe, "whsec_of_somebody_else") == 400
    assert hears(phone, shop, event, stripe) == 200
    shop.world.until(shop.ctx.today)

    phone.reload()
    reads(phone, PAID.format("49,00"))
    assert shop.world.rows("SELECT status FROM payment WHERE account_id = %s", shop.ctx.id) == [
        ("succeeded",)
    ]


def test_who_goes_back_without_giving_anything_pays_nothing_and_may_go_on(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    phone.goto(link(shop))
    fill(phone)
    phone.route(
        f"{stripe.pages_url}/**", lambda route: route.fulfill(status=204)
    )  # it leads to no other page
    press(phone, "Pay")
    reads(phone, "To the payment page")
    no_violations(phone)
    phone.unroute(f"{stripe.pages_url}/**")
    phone.get_by_role("link", name="Go on").click()
    press(phone, "Go back")
    reads(phone, "Fleet Core")
    expect(phone.get_by_label("Email")).to_have_value("kari@customers.test")

    phone.goto(stripe.all("checkout.session")[0]["success_url"])
    expect(phone.get_by_text("You came back without giving a card or an account.")).to_be_visible()
    assert (statuses(stripe), shop.count("subscription")) == ([], 0)

    fill(phone)
    press(phone, "Pay")
    press(phone, "Save card")
    reads(phone, PAID.format("49,00"))
    assert (len(stripe.all("checkout.session")), statuses(stripe)) == (1, ["succeeded"])


def test_an_invoice_is_paid_in_another_way_than_by_the_card_whose_bank_waits(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    letters = Letters(shop.world, Client())
    kari = shop.world.customer()
    invoice = letters.whole(letters.bill(kari))
    address = letters.link("invoice", invoice, kari)
    phone.goto(address)
    press(phone, "Pay")
    press(phone, "Needs authentication")
    reads(phone, "Your bank")
    phone.goto(address)
    press(phone, "Pay in another way")
    press(phone, "Pay")
    press(phone, "Save card")

    expect(phone.get_by_role("status")).to_contain_text("is paid")
    phone.reload()
    assert statuses(stripe) == ["canceled", "succeeded"]
    assert shop.world.one("SELECT status FROM invoice WHERE id = %s", invoice) == ("paid",)


def test_another_card_pays_what_is_overdue_once_its_bank_agrees(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    letters = Letters(shop.world, Client())
    kari = shop.world.customer()
    subscription = shop.world.subscribe(kari, method=shop.world.method(kari, "expired"))
    shop.world.until("2026-01-02")
    stripe.now = shop.ctx.now
    phone.goto(letters.link("method", subscription, kari))
    press(phone, "Use it and pay")
    press(phone, "Go back")
    press(phone, "Use it and pay")
    press(phone, "Needs authentication")
    press(phone, "Confirm")

    expect(phone.get_by_text("Fleet Core is paid by Visa")).to_be_visible()
    expect(phone.get_by_text(re.compile(PAID.format("100,00")))).to_be_visible()
    phone.reload()
    assert statuses(stripe) == ["succeeded"]
    assert shop.world.subscription(subscription, "status") == "active"


def test_a_card_is_kept_from_their_own_pages_and_nothing_is_charged(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    letters = Letters(shop.world, Client())
    kari = shop.world.customer()
    phone.goto(letters.link("portal", kari, kari))
    press(phone, "Open my pages")
    press(phone, "Add a card or an account")
    press(phone, "Save card")

    expect(phone.get_by_text("Your new card or account is kept.")).to_be_visible()
    assert shop.count("payment_method", "processor = 'stripe' AND last4 = '4242'") == 1
    assert statuses(stripe) == []


def test_a_quote_is_accepted_and_paid_by_a_debit_that_its_page_tells_of(
    shop: Shop, stripe: HostedStripe, phone: Page
) -> None:
    desk = Desk(shop.world)
    quote = desk.published(payment_enabled=True)
    phone.goto(f"/quote/{shop.ctx.id}/{desk.read(quote).public_key}")
    phone.get_by_label("Your full name").fill("Kari Nordmann")
    phone.get_by_label("I accept the quote").check()
    press(phone, "Accept the quote")
    press(phone, "Go on to payment")
    fill(phone)
    press(phone, "Pay")
    press(phone, "Bank debit")

    expect(phone.get_by_text("The payment is being processed")).to_be_visible()
    expect(phone.get_by_role("button", name="Go on to payment")).to_be_hidden()
    assert statuses(stripe) == ["processing"]
