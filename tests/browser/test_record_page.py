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


_COVERED = """row => {
    const tools = row.querySelector("[class$=__tools]").getBoundingClientRect();
    const words = document.createTreeWalker(row, NodeFilter.SHOW_TEXT), covered = [];
    while (words.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(words.currentNode);
        for (const box of range.getClientRects())
            if (box.width > 1 && box.right > tools.left + 1 && box.left < tools.right - 1 &&
                box.bottom > tools.top + 3 && box.top < tools.bottom - 3) covered.push(words.currentNode.data);
    }
    return covered;
}"""


def test_the_tools_of_a_value_and_of_an_association_cover_none_of_it(open_page: Open, contact: str) -> None:
    page = open_page(contact)
    page.get_by_role("link", name="Edit Job title").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Job title").fill("Head of fleet, workshop, tires and winter readiness")
    page.keyboard.press("Enter")
    expect(page.locator('[data-prop="jobtitle"]')).to_contain_text("readiness")
    rows = page.locator(".prop--record:visible, .assoc__row--tie:visible")
    assert rows.count() > 5
    for row in rows.all():
        row.hover()
        assert row.evaluate(_COVERED) == []


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


def test_j_and_k_go_through_the_list_also_after_a_reload_and_with_back(open_page: Open, stage: Stage) -> None:
    page = open_page(f"{stage.index}?view=all")
    first, second, third = (
        f"**{link.get_attribute('href')}" for link in page.locator("[data-row-link]").all()[:3]
    )
    page.locator("[data-row-link]").first.click()
    page.wait_for_url(first)
    page.keyboard.press("j")
    page.wait_for_url(second)
    page.reload()
    expect(page.locator("[data-neighbors]")).to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url(third)
    page.go_back()
    page.wait_for_url(second)
    expect(page.locator("[data-neighbors]")).to_be_visible()
    page.keyboard.press("k")
    page.wait_for_url(first)
    page.locator("[data-list]").click()
    page.wait_for_url(f"**{stage.index}?view=all")


def test_a_record_opened_from_the_panel_or_in_a_new_tab_knows_its_list(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    with page.context.expect_page() as opened:
        page.locator("[data-row-link]").first.click(modifiers=["Control"])
    expect(opened.value.locator("[data-neighbors]")).to_be_visible()
    page.locator("[data-row-link]").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("link", name="Open record").click()
    expect(page.locator("[data-neighbors]")).to_be_visible()


@pytest.mark.parametrize(
    "list_", ["javascript:alert(1)", "//elsewhere.example/1/subscriptions", "/7/payments"]
)
def test_an_address_that_names_a_foreign_list_is_not_followed(
    open_page: Open, stage: Stage, list_: str
) -> None:
    page = open_page(f"{stage.record('main')}#list={list_}&ids={stage.ids['main']}.7")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[data-neighbors]")).to_be_hidden()


def test_an_invoice_fits_on_a_phone_whatever_the_length_of_its_addresses(
    open_page: Open, stage: Stage, db: AnyConnection
) -> None:
    enter_account(db, stage.ctx.id)
    row = db.execute("SELECT id FROM invoice WHERE account_id = %s LIMIT 1", [stage.ctx.id]).fetchone()
    assert row is not None
    page = open_page(f"/{stage.ctx.id}/invoices/{row[0]}")
    page.set_viewport_size({"width": 375, "height": 812})
    long = " accounts.payable@tidewater-cold-storage.example"
    page.locator(".doc address").first.evaluate("(address, long) => address.append(long)", long)
    assert page.locator(".doc").evaluate("doc => doc.scrollWidth <= doc.clientWidth")
