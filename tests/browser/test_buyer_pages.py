"""What buyers do in a browser, also in one without scripts: pay an invoice, give another card, use their own pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import DjangoDbBlocker

from kalends.accounts.change import change_settings
from kalends.accounts.models import SignInAttempt
from kalends.platform import translations
from tests.browser.axe import COLORS, no_violations
from tests.browser.conftest import PHONE, WIDE, _complains, serving, shoot
from tests.buyer.shop import Shop
from tests.world import World

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def shop_address(
    server: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server that runs as ``kalends serve`` runs it."""
    assert server
    translations.compile_translations()
    with django_db_blocker.unblock(), serving(tmp_path_factory.mktemp("shop")) as served:
        SignInAttempt.objects.all().delete()
        yield served


@pytest.fixture
def shop(world: World, client: Any) -> Shop:
    """An account with buyers."""
    return Shop(world, client)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def visit(request: pytest.FixtureRequest, browser: Browser, shop_address: str) -> Iterator[Visit]:
    """Opens a page as somebody without an account; what the browser complains about fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(path: str, *, size: Any = WIDE, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=shop_address, viewport=size, java_script_enabled=request.param, locale="en-GB",
            color_scheme="dark" if dark else "light", reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if _complains(message) else None)
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((shop_address, "data:")) else problems.append(asked.url)
            ),
        )
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


def look(page: Page, name: str) -> None:
    """Fail with what axe-core finds in both themes, and at a phone's width; keeps a picture of each."""
    for scheme, options in (("light", {}), ("dark", {"options": COLORS})):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        shoot(page, f"buyer-{name}-{scheme}", full=True)
        no_violations(page, **options)
    page.emulate_media(color_scheme="light")
    for width in (320, PHONE["width"]):
        page.set_viewport_size({"width": width, "height": 812})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
    shoot(page, f"buyer-{name}-phone", full=True)
    page.set_viewport_size(WIDE)


@pytest.fixture
def looks(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Looks at a page where scripts run: axe-core is one."""
    runs = "with scripts" in request.node.name
    return look if runs else lambda page, name: None


def test_an_invoice_is_paid(shop: Shop, visit: Visit, looks: Callable[[Page, str], None]) -> None:
    kari = shop.world.customer()
    invoice = shop.bill(kari, "80", tax="25")
    page = visit(shop.link("invoice", invoice, kari))
    page.get_by_text("Why this amount").click()
    looks(page, "invoice")
    page.get_by_label("Amount, EUR").fill("40")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Choose how to pay in this test")).to_be_visible()
    looks(page, "sandbox")
    page.get_by_label("Or type a test number").fill("4111 1111 1111 1111")
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("alert")).to_contain_text("not one of the test numbers")
    page.get_by_label("Or type a test number").fill("4000 0000 0000 9995")
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("alert")).to_contain_text("was declined")
    looks(page, "declined")
    page.get_by_role("button", name="Pay").click()
    page.get_by_text("5555 5555 5555 4444").click()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("status")).to_contain_text("is paid")
    looks(page, "paid")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").click()
    assert download.value.suggested_filename == "INV-1001.pdf"
    assert shop.world.one("SELECT status FROM invoice WHERE id = %s", invoice) == ("paid",)


def test_another_card_pays_what_is_overdue(
    shop: Shop, visit: Visit, looks: Callable[[Page, str], None]
) -> None:
    kari = shop.world.customer()
    subscription = shop.world.subscribe(kari, method=shop.world.method(kari, "expired"))
    shop.world.until("2026-01-02")
    page = visit(shop.link("method", subscription, kari))
    looks(page, "method")
    page.get_by_role("button", name="Use it and pay").click()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_text("Fleet Core is paid by Visa")).to_be_visible()
    expect(page.get_by_text("is paid", exact=False).last).to_be_visible()
    looks(page, "method-done")
    assert shop.world.subscription(subscription, "status") == "active"


def test_their_own_pages(shop: Shop, visit: Visit, looks: Callable[[Page, str], None]) -> None:
    change_settings(shop.world.db, shop.world.ctx, {"portal_cancel": True, "portal_pause": True})
    shop.world.reload()
    kari = shop.world.customer()
    subscription = shop.world.subscribe(kari, method=shop.world.method(kari))
    shop.world.until("2026-03-02")
    shop.bill(kari, "19.90")
    page = visit(f"/portal/{shop.world.ctx.id}")
    page.get_by_label("Email").fill("kari@customers.test")
    looks(page, "portal-ask")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(shop.link("portal", kari, kari))
    page.get_by_role("button", name="Open my pages").click()
    expect(page.get_by_role("heading", name="Upcoming charges")).to_be_visible()
    looks(page, "portal")
    page.get_by_role("link", name="Fleet Core").first.click()
    looks(page, "portal-subscription")
    page.goto(f"/portal/{shop.world.ctx.id}/subscriptions/{subscription}")
    page.get_by_role("link", name="Cancel subscription").click()
    looks(page, "portal-cancel")
    page.get_by_role("button", name="Cancel subscription").click()
    expect(page.get_by_role("status")).to_contain_text("It is canceled")
    page.get_by_role("link", name="Your pages").click()
    page.get_by_role("link", name="Edit").click()
    looks(page, "portal-details")
    page.get_by_label("Street and number").fill("Kaigata 2")
    page.get_by_label("Postal code").fill("0150")
    page.get_by_label("Town or city").fill("Oslo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your details are saved.")).to_be_visible()
    page.get_by_role("button", name="Add a card or an account").click()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_text("Your new card or account is kept.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Send me the link")).to_be_visible()


def test_what_is_not_there_is_told_in_words(shop: Shop, shop_address: str, browser: Browser) -> None:
    assert shop.world.ctx.id
    with browser.new_context(base_url=shop_address, locale="nb-NO") as context:
        page = context.new_page()
        page.goto("/invoice/nonsense")
        expect(page.get_by_role("heading", name="Denne siden finnes ikke")).to_be_visible()
        look(page, "not-there")
