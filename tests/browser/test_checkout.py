"""Buying in a browser: on a phone and at a desk, by keyboard, in both themes, with and without a script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kalends.accounts.create import create_account
from kalends.sales.codes import NewCode, create_code
from kalends.sales.links import NewLink, create_link, link_of_key
from tests.browser.axe import fine_in_both_themes, no_violations
from tests.browser.conftest import PHONE, WIDE, shoot
from tests.business.sales.shop import item
from tests.conftest import FIRST_MOMENT, AnyConnection

pytestmark = pytest.mark.browser

OpenLink = Callable[..., Page]
QUESTIONS = [
    {"name": "po", "label": "Purchase order", "type": "text"},
    {"name": "start", "label": "First day of work", "type": "date"},
]


@pytest.fixture
def offer(db: AnyConnection) -> str:
    """The address of a link that asks for everything."""
    ctx = create_account(
        db, name="Skarv Software AS", time_zone="Europe/Oslo", currency="EUR", country="FI",
        now=FIRST_MOMENT, clock_at=FIRST_MOMENT,
    )  # fmt: skip
    create_code(db, ctx, NewCode("SPRING", "percent", Decimal(10)))
    lines = [
        item("Fleet Core", "49", "monthly", quantity=10, buyer_quantity=True, buyer_quantity_max=50, tax_rate="25.5",
             tax_label="VAT", description="Positions, routes and service plans of your vehicles."),
        item("Onboarding workshop", "1200", tax_rate="25.5", tax_label="VAT"),
        item("Support Plus", "320", "monthly", delay_months=1, tax_rate="25.5", tax_label="VAT"),
        item("Device cover", "240", "annually", is_optional=True, tax_rate="25.5", tax_label="VAT"),
    ]  # fmt: skip
    link = NewLink(
        "Fleet for Kallio", "EUR", lines, collect_billing_address=True, collect_shipping_address=True,
        collect_tax_id=True, custom_fields=QUESTIONS,
        text_below_total="Prices are without tax.\nQuestions: +358 40 123 4567.",
    )  # fmt: skip
    id_ = create_link(db, ctx, link)
    row = db.execute(
        "SELECT public_key FROM payment_link WHERE account_id = %s AND id = %s", [ctx.id, id_]
    ).fetchone()
    assert row is not None
    assert link_of_key(db, ctx, row[0]).name == "Fleet for Kallio"
    return f"/buy/{ctx.id}/{row[0]}"


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[OpenLink]:
    """Opens a page as somebody whom nobody knows; what the browser complains about fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(path: str, *, size: Any = WIDE, script: bool = True) -> Page:
        context = browser.new_context(
            base_url=address, viewport=size, reduced_motion="reduce", java_script_enabled=script,
            device_scale_factor=2 if size == PHONE else 1, has_touch=size == PHONE, locale="en-GB",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda told: (
                problems.append(told.text)
                if told.type == "error" and not any(f"status of {code}" in told.text for code in (409, 422))
                else None
            ),
        )
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


def fill(page: Page) -> None:
    page.get_by_label("Email").fill("aino@kallio.example")
    page.get_by_label("First name").fill("Aino")
    page.get_by_label("Street and number").first.fill("Satamakatu 8")
    page.get_by_label("Postal code").first.fill("33200")
    page.get_by_label("City").first.fill("Tampere")


def test_at_a_desk_totals_follow_and_axe_finds_nothing(visit: OpenLink, offer: str) -> None:
    page = visit(offer)
    expect(page.get_by_role("button", name=re.compile(r"Pay 2\s120,95\sEUR"))).to_be_visible()
    expect(page.get_by_role("button", name="Update the total")).to_be_hidden()
    fine_in_both_themes(page, "checkout")
    shoot(page, "checkout-full", full=True)

    page.get_by_label("Quantity Fleet Core").fill("12")
    expect(page.get_by_role("button", name=re.compile(r"Pay 2\s243,94\sEUR"))).to_be_visible()
    page.get_by_label("Device cover").check()
    expect(page.get_by_role("button", name=re.compile(r"Pay 2\s545,14\sEUR"))).to_be_visible()
    assert page.url.endswith(offer), "totals follow without leaving the page"

    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_contain_text("things are to be put right")
    expect(page.get_by_role("alert")).to_be_focused()
    shoot(page, "checkout-errors", full=True)
    no_violations(page)

    fill(page)
    page.get_by_label("I agree that Skarv Software AS").check()
    page.get_by_role("button", name="Pay").click()
    page.get_by_label("4242 4242 4242 4242").check()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"2\s545,14\sEUR is paid"))
    fine_in_both_themes(page, "checkout-receipt")
    shoot(page, "checkout-receipt-full", full=True)


def test_on_a_phone_nothing_is_too_wide_and_a_declined_card_is_told(visit: OpenLink, offer: str) -> None:
    page = visit(offer, size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shoot(page, "checkout-phone", full=True)
    small = page.evaluate(
        "[...document.querySelectorAll('main :is(a,button,input,select,summary)')]"
        ".filter(part => part.offsetParent && part.type !== 'hidden' && !part.classList.contains('sr')"
        " && part.getBoundingClientRect().height < 20).map(part => part.outerHTML)"
    )
    assert small == []
    fill(page)
    page.get_by_label("I agree that Skarv Software AS").check()
    page.get_by_role("button", name="Pay").click()
    page.get_by_label("4000 0000 0000 9995").check()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("alert")).to_contain_text("There was not enough money in the account.")
    expect(page.get_by_label("Email")).to_have_value("aino@kallio.example")
    expect(page.get_by_label("I agree that Skarv Software AS")).not_to_be_checked()
    shoot(page, "checkout-declined-phone")
    no_violations(page)


def test_by_keyboard_alone_enter_pays_and_every_field_has_its_turn(visit: OpenLink, offer: str) -> None:
    page = visit(offer)
    page.get_by_label("Email").focus()
    for text in ("aino@kallio.example", "Aino", "Kallio", "Kallio Kuljetus Oy", ""):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.get_by_label("Country").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Satamakatu 8")
    fill(page)
    page.get_by_label("I agree that Skarv Software AS").focus()
    page.keyboard.press("Space")
    page.get_by_label("Email").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose how to pay in this test")).to_be_visible()


@pytest.mark.parametrize("language", ["nb", "fi"])
def test_without_a_script_everything_works_in_other_languages_too(
    visit: OpenLink, offer: str, language: str
) -> None:
    page = visit(f"{offer}?lang={language}", size=PHONE, script=False)
    page.locator("[name^=quantity-]").fill("2")
    page.locator("[name=update]").click()
    expect(page.locator("[name=due]")).to_have_value("162899")
    page.locator("summary").click()
    page.locator("[name=code]").fill("spring")
    page.locator("[name=apply_code]").click()
    expect(page.locator("[name=due]")).to_have_value("146609")
    page.locator("[name=email]").fill("aino@kallio.example")
    for name, text in (("address", "Satamakatu 8"), ("zip", "33200"), ("city", "Tampere")):
        page.locator(f"[name=billing-{name}]").fill(text)
    page.locator("[name=consent]").check()
    shoot(page, f"checkout-{language}-phone", full=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("[name=pay]").click()
    page.locator("[value='4242424242424242']").check()
    page.locator("form button.btn--primary").click()
    expect(page.locator("h1")).to_contain_text(re.compile(r"1\s466,09"))
    assert page.get_attribute("html", "lang") == language
