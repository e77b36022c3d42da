"""A quote in a real browser: staff makes and publishes it, the buyer signs and pays, on a phone and on a desktop."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from kalends.sales.quote_course import publish
from kalends.sales.quotes import find_quote, make_quote
from tests.browser.axe import fine_in_both_themes, fits_a_phone
from tests.browser.conftest import PHONE, Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import Stage
from tests.staff.test_quotes import a_deal
from tests.staff.test_quotes import inside as inside  # noqa: PLC0414 - fixtures, found under these names
from tests.staff.test_quotes import stage as stage  # noqa: PLC0414

pytestmark = pytest.mark.browser


def act(page: Page, name: str, button: str) -> None:
    """Do an action of the record's page through its dialog."""
    link = page.locator("main").get_by_role("link", name=name, exact=True)
    if not link.first.is_visible():
        page.get_by_role("button", name="Actions").click()
    link.first.click()
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


def test_staff_makes_and_publishes_a_quote_of_a_deal(
    open_page: Open, stage: Stage, inside: AnyConnection
) -> None:
    deal = a_deal(inside, stage)
    page = open_page(f"/{stage.ctx.id}/deals/{deal}")
    page.get_by_role("button", name="Add Quotes").click()
    page.get_by_role("link", name="Create new").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("New quote")
    page.get_by_label("By an electronic signature").check()
    page.get_by_label("The buyer pays on the quote's page").check()
    page.get_by_role("textbox", name="Terms").fill("Payable in advance.")
    expect(page.locator("#foreseen").get_by_text("187.50").first).to_be_visible()
    page.get_by_role("button", name="Fee", exact=True).click()
    on_whole = page.get_by_role("group", name="Fee 1")
    on_whole.get_by_label("Name").fill("Freight")
    on_whole.get_by_label("Value").fill("10")
    expect(page.locator("#foreseen").get_by_text("202.50").first).to_be_visible()
    fine_in_both_themes(page, "quote-editor")
    shoot(page, "quote-editor-full", full=True)
    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Draft")
    act(page, "Publish", "Publish")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Published")
    fine_in_both_themes(page, "quote-record")
    fits_a_phone(page, "quote-record")


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_buyer_signs_and_goes_on_to_pay(
    open_page: Open, stage: Stage, inside: AnyConnection, screen: str
) -> None:
    changes = {"acceptance_method": "esignature", "payment_enabled": True, "terms": "Payable in advance."}
    quote = make_quote(inside, stage.ctx, a_deal(inside, stage), changes=changes)
    publish(inside, stage.ctx, quote)
    page = open_page(f"/quote/{stage.ctx.id}/{find_quote(inside, stage.ctx, quote).public_key}")
    if screen == "phone":
        page.set_viewport_size(PHONE)
    fine_in_both_themes(page, f"quote-{screen}")
    shoot(page, f"quote-{screen}-full", full=True)

    page.get_by_role("button", name="Send me a code").click()
    told = page.get_by_text("This is a test: the code is").inner_text()
    page.get_by_label("Code from the email").fill(told.rstrip(".").rsplit(" ", 1)[1])
    page.get_by_label("Your full name").fill("Kari Nordmann")
    pad = page.locator("canvas").bounding_box()
    assert pad is not None
    page.mouse.move(pad["x"] + 20, pad["y"] + pad["height"] / 2)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(pad["x"] + 20 + step * 20, pad["y"] + pad["height"] * (0.3 if step % 2 else 0.7))
    page.mouse.up()
    page.get_by_label("I agree to the quote").check()
    fine_in_both_themes(page, f"quote-sign-{screen}")
    shoot(page, f"quote-sign-{screen}-full", full=True)
    page.get_by_role("button", name="Sign the quote").click()

    expect(page.get_by_text("By Kari Nordmann.")).to_be_visible()
    fine_in_both_themes(page, f"quote-signed-{screen}")
    row = inside.execute(
        "SELECT image IS NOT NULL FROM quote_acceptance WHERE quote_id = %s", [quote]
    ).fetchone()
    assert row == (True,)
    page.get_by_role("button", name="Go on to payment").click()
    expect(page).to_have_url(re.compile(f"/checkout/{stage.ctx.id}/"))
    page.get_by_label("Email").fill("kari@nordmann.example")
    page.get_by_label("I agree that").check()
    shoot(page, f"quote-checkout-{screen}", full=True)
    page.get_by_role("button", name="Pay").click()
    page.get_by_label("4242 4242 4242 4242").check()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_text("Paid", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Go on to payment")).to_be_hidden()
    fine_in_both_themes(page, f"quote-paid-{screen}")
