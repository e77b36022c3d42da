"""Record pages in a browser: editing in place with the keyboard, panels and dialogs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from kalends.accounts.sql import enter_account
from tests.browser.axe import no_violations
from tests.browser.conftest import Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import Stage

pytestmark = pytest.mark.browser


@pytest.fixture
def contact(stage: Stage, db: AnyConnection) -> str:
    """The page of a customer with a subscription, invoices and payments."""
    enter_account(db, stage.ctx.id)
    row = db.execute("SELECT contact_id FROM subscription WHERE id = %s", [stage.ids["main"]]).fetchone()
    assert row is not None
    return f"/{stage.ctx.id}/contacts/{row[0]}"


def test_a_property_is_edited_with_the_keyboard_and_escape_restores_it(open_page: Open, contact: str) -> None:
    page = open_page(contact)
    page.get_by_role("link", name="Edit Job title").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Job title")
    expect(field).to_be_focused()
    field.fill("Fleet manager")
    no_violations(page)
    page.keyboard.press("Escape")
    expect(page.locator('[data-prop="jobtitle"]')).not_to_contain_text("Fleet manager")
    page.get_by_role("link", name="Edit Job title").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Job title").fill("Fleet manager")
    page.keyboard.press("Enter")
    expect(page.locator('[data-prop="jobtitle"]')).to_contain_text("Fleet manager")
    page.get_by_role("link", name="History of Job title").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_contain_text("Fleet manager")
    no_violations(page)
    shoot(page, "record-history")


def test_a_card_previews_adds_and_filters(open_page: Open, contact: str) -> None:
    page = open_page(contact)
    page.get_by_role("link", name="Preview Fleet Pro, 46 vehicles").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("Fleet Pro, 46 vehicles")
    page.keyboard.press("Escape")
    page.locator('[data-card="company"]').get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Add existing").click()
    expect(page.locator("#dialog [name=other]").first).to_be_visible()
    no_violations(page)
    shoot(page, "record-add")
    page.keyboard.press("Escape")
    page.locator("#story").get_by_role("link", name="Payments").click()
    expect(page.locator("#story [data-set]")).to_have_text("Payments")


def test_j_goes_to_the_next_record_of_the_list(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    second = page.locator("[data-row-link]").nth(1).get_attribute("href")
    page.locator("[data-row-link]").first.click()
    expect(page.locator("[data-neighbors]")).to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url(f"**{second}")
