"""The lists in a browser: how they look, that everybody can use them, and the whole way by keys alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import fine_in_both_themes, no_violations
from tests.browser.conftest import PHONE, Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import Stage, give_place, new_user

pytestmark = pytest.mark.browser


def _rows(page: Page) -> list[str]:
    return page.locator("[data-row-link]").all_inner_texts()


def test_axe_finds_nothing_on_dialogs_and_panels_of_a_list(open_page: Open, stage: Stage) -> None:
    page = open_page(f"/{stage.ctx.id}/invoices")
    page.locator("[data-row]").nth(1).check()
    page.get_by_role("button", name="Edit a property").click()
    expect(page.get_by_role("heading", name="Edit 1 invoice")).to_be_visible()
    fine_in_both_themes(page, "list-bulk")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear the selection").click()
    page.locator("[data-row-link]").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("#panel [data-previewed]")).to_be_visible()
    fine_in_both_themes(page, "list-preview")


def test_the_advanced_filters_open_on_a_phone(open_page: Open, stage: Stage) -> None:
    page = open_page(f"/{stage.ctx.id}/contacts", size=PHONE)
    page.locator("#advanced").click()
    expect(page.get_by_role("heading", name="Advanced filters")).to_be_visible()
    shoot(page, "list-filters-phone")
    no_violations(page)


def test_by_keys_alone_from_a_filter_to_a_view_to_a_bulk_action(
    open_page: Open, stage: Stage, db: AnyConnection
) -> None:
    user = new_user("Kim Berg")
    give_place(db, user, stage.ctx.id)
    page = open_page(f"/{stage.ctx.id}/contacts", user=user)
    press = page.keyboard.press
    press("f")
    page.wait_for_selector("#filter-form")
    page.locator("#pick-new").focus()
    press("Enter")
    expect(page.locator("#picker-search")).to_be_focused()
    page.keyboard.type("first name")
    press("ArrowDown")
    press("Enter")
    page.wait_for_selector(".fb__row textarea")
    page.locator(".fb__row textarea").focus()
    page.keyboard.type("Ingrid")
    page.wait_for_url(re.compile("Ingrid"))
    expect(page.locator("[data-row-link]")).to_have_count(5)
    expect(page.locator(".fb__row textarea")).to_be_focused()
    press("Tab")
    press("Escape")
    press("Escape")
    expect(page.locator("#filter-form")).to_have_count(0)
    press("s")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("textbox", name="Name").focus()
    page.keyboard.type("Ingrids")
    press("Enter")
    expect(page.locator(".tab[aria-current]")).to_contain_text("Ingrids")
    press("j")
    press("x")
    expect(page.locator("[data-selected]")).to_have_text("1 selected")
    shoot(page, "list-by-keys")
    page.get_by_role("button", name="Assign owner").focus()
    press("Enter")
    expect(page.get_by_role("heading", name="Assign 1 contact")).to_be_visible()
    page.get_by_role("button", name="Assign", exact=True).focus()
    press("Enter")
    expect(page.locator(".toast")).to_contain_text("1 record changed")
    expect(page.locator("[data-rows]")).to_contain_text("Kim Berg")


def test_the_preview_follows_the_row_and_escape_gives_the_list_back(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    names = _rows(page)
    page.keyboard.press("j")
    page.keyboard.press("Space")
    heading = page.locator("#panel .panel__name")
    expect(heading).to_have_text(names[0])
    page.keyboard.press("j")
    expect(heading).to_have_text(names[1])
    expect(page.locator("tr[aria-current=true] [data-row-link]")).to_have_text(names[1])
    page.get_by_role("button", name="Next record").click()
    expect(heading).to_have_text(names[2])
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()


def test_search_narrows_while_typing_and_keeps_what_is_typed(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    page.keyboard.press("/")
    page.keyboard.type("depot ")
    expect(page.locator("[data-row-link]")).to_have_count(1)
    expect(page.locator("#search")).to_have_value("depot ")
    expect(page.locator("#search")).to_be_focused()
    assert page.url.endswith("?q=depot")


def test_a_column_is_made_wider_by_hand_and_the_address_keeps_it(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    handle = page.locator("th[data-column=hs_status] [data-resize]")
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 64, box["y"] + 8, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"cols=hs_status:\d+"))
    wide = page.locator("th[data-column=hs_status]").bounding_box()
    assert wide is not None
    assert f"hs_status:{round(wide['width'])}" in page.url


def test_a_tab_is_dragged_to_another_place(open_page: Open, stage: Stage, db: AnyConnection) -> None:
    user = new_user("Henrik Aas")
    give_place(db, user, stage.ctx.id)
    page = open_page(stage.index, user=user)
    page.locator("#tab-scheduled").drag_to(page.locator("#tab-all"), target_position={"x": 4, "y": 10})
    page.wait_for_load_state()
    expect(page.locator(".tab").first).to_contain_text("Scheduled")


def test_an_open_panel_is_about_the_list_beside_it(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    page.keyboard.press("f")
    page.locator("#pick-new").click()
    page.locator(".fb__picker").get_by_role("button", name="Name", exact=True).first.click()
    page.locator(".fb__row textarea").fill("route")
    page.wait_for_url(re.compile("route"))
    page.locator("#tab-unpaid").click()
    expect(page.locator(".fb__row")).to_have_count(1)
    expect(page.locator(".fb__row")).to_contain_text("Status")
    expect(page.get_by_label("Values of Status").get_by_label("Unpaid")).to_be_checked()


def test_escape_lets_go_of_the_selection(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator("[data-selected]")).to_have_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-row]:checked")).to_have_count(0)
