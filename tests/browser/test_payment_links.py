"""Payment links in a real browser: made from the list of subscriptions, shared, switched, and narrow."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, Route, expect

from kalends.sales.codes import NewCode, create_code
from tests.browser.axe import fine_in_both_themes, fits_a_phone, no_violations
from tests.browser.conftest import PHONE, Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import Stage
from tests.staff.test_create import record
from tests.staff.test_payment_links import a_link
from tests.staff.test_payment_links import inside as inside  # noqa: PLC0414 - fixtures, found under these names
from tests.staff.test_payment_links import stage as stage  # noqa: PLC0414

pytestmark = pytest.mark.browser


def fill_line(page: Page, number: int, **values: str) -> None:
    line = page.get_by_role("group", name=f"Line item {number}")
    for label, value in values.items():
        line.get_by_label(label.replace("_", " "), exact=True).fill(value)


def test_what_is_typed_while_rows_are_drawn_again_is_kept(
    open_page: Open, stage: Stage, inside: AnyConnection
) -> None:
    page = open_page(f"/{stage.ctx.id}/create/payment-link")
    held: list[Route] = []
    page.route("**/create/payment-link", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    name = page.get_by_label("Name", exact=True)
    name.fill("Fleet")
    page.get_by_role("button", name="Custom item").click()
    page.wait_for_function("document.querySelector('#wizard.htmx-request')")
    name.fill("Fleet, yearly")
    for route in held:
        route.continue_()
    page.unroute("**/create/payment-link")
    expect(page.get_by_role("group", name="Line item 1")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Fleet, yearly")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()


def test_a_link_is_made_from_the_subscriptions_list(
    open_page: Open, stage: Stage, inside: AnyConnection
) -> None:
    record(inside, stage.ctx, "product", name="Tracker X1", price="89", hs_sku="TX1")
    page = open_page(stage.index)
    page.get_by_role("link", name="Create subscription").click()
    dialog = page.get_by_role("dialog")
    no_violations(page)
    shoot(page, "create-choose")
    dialog.get_by_role("link", name="Charge automatically with a payment link").click()

    panel = page.get_by_role("complementary", name="Preview")
    panel.get_by_label("Product or service").fill("Fleet Core")
    panel.get_by_label("Unit price").fill("49")
    no_violations(page)
    shoot(page, "link-line-panel")
    panel.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("New payment link")
    page.get_by_label("Name", exact=True).fill("Fleet, monthly")
    page.get_by_text("Add from products").click()
    page.get_by_label("Search products").press_sequentially("tracker")
    page.get_by_role("button", name="Tracker X1").click()
    second = page.get_by_role("group", name="Line item 2")
    expect(second.get_by_label("Unit price")).to_have_value("89.00")
    second.get_by_text("Description and what the buyer decides").click()
    second.get_by_label("The buyer chooses the quantity").check()
    second.get_by_label("From", exact=True).fill("1")
    second.get_by_label("To", exact=True).fill("20")
    expect(page.locator("#foreseen").get_by_text("138.00").first).to_be_visible()
    second.get_by_role("button", name="Move line item 2 up").click()
    expect(page.get_by_role("group", name="Line item 1").get_by_label("Product or service")).to_have_value(
        "Tracker X1"
    )
    page.get_by_label("Name", exact=True).scroll_into_view_if_needed()
    shoot(page, "link-editor-lines")
    page.get_by_role("button", name="Add a question").click()
    page.get_by_label("Question", exact=True).fill("Plate number")
    page.get_by_label("One-time use").check()
    window = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert window[0] == window[1], "what is hidden from view does not let the page scroll into the void"
    fine_in_both_themes(page, "link-editor")
    shoot(page, "link-editor-full", full=True)

    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fleet, monthly")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Active")
    fine_in_both_themes(page, "link-record")
    fits_a_phone(page, "link-record")


def test_sharing_opens_beside_the_record(open_page: Open, stage: Stage, inside: AnyConnection) -> None:
    link = a_link(inside, stage, name="To share")
    page = open_page(f"/{stage.ctx.id}/payment-links/{link}")

    page.get_by_role("link", name="Share").first.click()

    panel = page.get_by_role("complementary", name="Preview")
    expect(panel.get_by_label("Address")).to_have_value(re.compile(rf"/buy/{stage.ctx.id}/"))
    expect(panel.get_by_role("img", name="QR code of the payment link To share")).to_be_visible()
    fine_in_both_themes(page, "link-share")


def test_the_editor_is_narrow_enough_for_a_phone(
    open_page: Open, stage: Stage, inside: AnyConnection
) -> None:
    link = a_link(inside, stage, name="On a phone")
    page = open_page(f"/{stage.ctx.id}/payment-links/{link}/edit", size=PHONE)

    page.get_by_text("Description and what the buyer decides").click()
    page.get_by_label("The buyer sets the price").check()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    no_violations(page)
    shoot(page, "link-editor-phone", full=True)


def test_what_is_wrong_takes_the_focus(open_page: Open, stage: Stage) -> None:
    page = open_page(f"/{stage.ctx.id}/create/payment-link")
    fill_line(page, 1, Product_or_service="Fleet Core", Unit_price="-5")

    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.get_by_text("Give 0 or more.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    expect(page.get_by_label("Product or service")).to_have_value("Fleet Core")
    no_violations(page)


def test_a_deals_line_items_are_edited(open_page: Open, stage: Stage, inside: AnyConnection) -> None:
    deal = record(inside, stage.ctx, "deal", dealname="Nordhavn", dealstage="contractsent")
    page = open_page(f"/{stage.ctx.id}/deals/{deal}")
    page.get_by_role("link", name="Edit line items").click()
    fill_line(page, 1, Product_or_service="Setup", Unit_price="250")
    page.get_by_label("Billing frequency").select_option("one_time")
    expect(page.get_by_label("Billing starts")).to_be_hidden()
    no_violations(page)
    shoot(page, "deal-lines", full=True)

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Line items saved")).to_be_visible()
    expect(page.get_by_text("Setup")).to_be_visible()


def test_links_and_codes_have_their_lists(open_page: Open, stage: Stage, inside: AnyConnection) -> None:
    a_link(inside, stage, name="In the list")
    create_code(inside, stage.ctx, NewCode(code="SPRING25", kind="percent", percent=Decimal(25), uses_max=50))

    page = open_page(f"/{stage.ctx.id}/payment-links")
    expect(page.get_by_role("link", name="In the list").first).to_be_visible()
    fine_in_both_themes(page, "link-list")
    fits_a_phone(page, "link-list")
    page.goto(f"/{stage.ctx.id}/settings/codes")
    expect(page.get_by_text("SPRING25").first).to_be_visible()
    page.get_by_role("link", name="Add a discount code").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code", exact=True).fill("AUTUMN10")
    dialog.get_by_label("How much").fill("10")
    no_violations(page)
    shoot(page, "discount-code-add")
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_text("The discount code AUTUMN10 is there")).to_be_visible()
    fine_in_both_themes(page, "discount-codes")
    fits_a_phone(page, "discount-codes")
