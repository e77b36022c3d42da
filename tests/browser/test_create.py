"""Create subscription in a real browser: from the list and from a deal, by mouse and by keyboard, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from kalends.accounts.sql import take_ids
from kalends.crm.associations import End, associate
from tests.browser.axe import no_violations
from tests.browser.conftest import PHONE, Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import Stage
from tests.staff.test_create import card, person, record
from tests.staff.test_create import inside as inside  # noqa: PLC0414 - fixtures, found under these names
from tests.staff.test_create import stage as stage  # noqa: PLC0414

pytestmark = pytest.mark.browser


def wizard(stage: Stage, query: str = "") -> str:
    return f"/{stage.ctx.id}/create/subscription{query}"


def fill_line(page: Page, number: int, **values: str) -> None:
    line = page.get_by_role("group", name=f"Line item {number}")
    for label, value in values.items():
        line.get_by_label(label.replace("_", " "), exact=True).fill(value)


def test_a_subscription_is_created_from_the_list(
    open_page: Open, stage: Stage, inside: AnyConnection
) -> None:
    email = f"wide{take_ids(inside, 1)[0]}@kunde.test"
    contact = person(inside, stage.ctx, email, city="Tromsø", country="Norway")
    card(inside, stage.ctx, contact)
    page = open_page(stage.index)
    page.get_by_role("link", name="Create subscription").click()
    page.get_by_role("dialog").get_by_role("link", name="Agree it here").click()

    page.get_by_label("Search contacts").press_sequentially(email[:12])
    page.get_by_role("button", name=email).click()
    expect(page.get_by_text("Tromsø")).to_be_visible()
    fill_line(page, 1, Product_or_service="Fleet Core", Quantity="24", Unit_price="49")
    expect(page.get_by_text("1,176.00").first).to_be_visible()
    page.get_by_role("button", name="Custom item").click()
    expect(page.get_by_role("group", name="Line item 2").get_by_label("Product or service")).to_be_focused()
    fill_line(page, 2, Product_or_service="Insurance", Unit_price="1200")
    page.get_by_role("group", name="Line item 2").get_by_label("Billing frequency").select_option("annually")
    expect(page.get_by_text("This makes 2 subscriptions")).to_be_visible()
    page.get_by_label("Automatically").check()
    expect(page.get_by_label("Payment method", exact=True)).to_be_visible()
    no_violations(page)
    shoot(page, "create-subscription", full=True)

    page.get_by_role("button", name="Create", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("2,376.00 EUR will be charged to Visa ··4417")).to_be_visible()
    no_violations(page)
    shoot(page, "create-subscription-confirm")
    dialog.get_by_role("button", name="Back to editing").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("group", name="Line item 1").get_by_label("Unit price")).to_have_value("49")

    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_text("2 subscriptions created.")).to_be_visible()
    expect(page.get_by_role("heading", name="Fleet Core")).to_be_visible()
    shoot(page, "create-subscription-done")


def test_a_deal_is_converted_in_the_dark(open_page: Open, stage: Stage, inside: AnyConnection) -> None:
    contact = person(inside, stage.ctx)
    deal = record(inside, stage.ctx, "deal", dealname="Blue Mesa fleet", dealstage="closedwon", amount="990")
    associate(inside, stage.ctx, End("deal", deal), End("contact", contact))

    page = open_page(wizard(stage, f"?deal={deal}"), dark=True)

    expect(page.get_by_text("From the deal Blue Mesa fleet")).to_be_visible()
    line = page.get_by_role("group", name="Line item 1")
    expect(line.get_by_label("Unit price")).to_have_value("990.00")
    line.get_by_label("Terms").select_option("payments")
    line.get_by_label("Number of payments").fill("6")
    expect(page.get_by_text("last payment")).to_be_visible()
    no_violations(page)
    shoot(page, "create-subscription-dark", full=True)


def test_what_is_wrong_is_said_at_its_field_and_takes_the_focus(
    open_page: Open, stage: Stage, inside: AnyConnection
) -> None:
    page = open_page(wizard(stage))
    fill_line(page, 1, Product_or_service="Fleet Core", Unit_price="-5")

    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.get_by_text("Choose who pays.", exact=True)).to_be_visible()
    expect(page.get_by_text("Give 0 or more.")).to_be_visible()
    expect(page.get_by_label("Search contacts")).to_be_focused()
    expect(page.get_by_label("Product or service")).to_have_value("Fleet Core")
    no_violations(page)
    shoot(page, "create-subscription-errors", full=True)


def test_the_wizard_works_by_keyboard_on_a_narrow_page(
    open_page: Open, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    page = open_page(wizard(stage, f"?contact={contact}"), size=PHONE)
    page.get_by_label("Product or service").focus()
    page.keyboard.type("Fleet Core")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("49")
    page.get_by_text("49.00").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    no_violations(page)
    shoot(page, "create-subscription-phone", full=True)

    page.get_by_role("button", name="Create", exact=True).press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Create")).to_be_focused()
    shoot(page, "create-subscription-phone-confirm")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Unit price")).to_have_value("49")
    page.get_by_role("button", name="Create", exact=True).press("Enter")
    expect(dialog.get_by_role("button", name="Create")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 subscription created.")).to_be_visible()
