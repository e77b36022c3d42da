"""The staff pages in a browser: what people do on them, how they look, and that everybody can use them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from kalends.accounts.sql import enter_account
from kalends.staff.demo import VARIABLE
from tests.browser.axe import no_violations
from tests.browser.conftest import PHONE, WIDE, Open, serving, shoot
from tests.staff.stage import Stage, give_place, new_user

pytestmark = pytest.mark.browser
TALL = {"width": 1440, "height": 1500}


def _rows(page: Page) -> list[str]:
    return page.locator("[data-row-link]").all_inner_texts()


def _some_invoice(page: Page) -> str:
    return page.locator(".timeline a[href*='/invoices/']").first.get_attribute("href") or ""


def _top(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"]


def test_axe_finds_nothing_on_a_phone_with_menus_open(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index, size=PHONE)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Maja Lindqvist").click()
    shoot(page, "phone-menu")
    no_violations(page)


def test_a_row_on_a_phone_is_an_entry_of_two_lines(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index, size=PHONE)
    row = page.locator("[data-rows] tr").first
    name, amount, status, due = (
        _top(row.locator(f".c-{part}")) for part in ("name", "amount", "status", "due")
    )
    assert abs(name - amount) < 4
    assert status > name + 15
    assert abs(status - due) < 8


@pytest.mark.parametrize(("language", "heading"), [("nb", "Abonnementer"), ("fi", "Tilaukset")])
def test_the_language_is_switched_in_the_users_menu(
    open_page: Open, stage: Stage, db: object, language: str, heading: str
) -> None:
    user = new_user(language="en")
    give_place(db, user, stage.ctx.id)  # type: ignore[arg-type]
    page = open_page(stage.index, user=user)
    page.get_by_role("button", name=user.name).click()
    page.locator(f"button[name=language][value={language}]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    shoot(page, f"index-{language}")
    page.goto(stage.record("main"))
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    shoot(page, f"record-{language}")
    page.goto(_some_invoice(page))
    shoot(page, f"invoice-{language}")


def test_dark_is_chosen_in_the_users_menu_and_stays(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    light = page.evaluate("getComputedStyle(document.querySelector('.main')).backgroundColor")
    page.get_by_role("button", name="Maja Lindqvist").click()
    page.get_by_role("button", name="Dark").click()
    page.goto(stage.record("main"))
    assert page.evaluate("getComputedStyle(document.querySelector('.main')).backgroundColor") != light


def test_tabs_filters_and_search_work_together_and_live_in_the_address(
    open_page: Open, stage: Stage, db: Any
) -> None:
    """Other tests may have paused or canceled something on the stage before."""
    enter_account(db, stage.ctx.id)
    over = "SELECT name FROM subscription WHERE account_id = %s AND status IN ('paused', 'canceled')"
    names = sorted(name for (name,) in db.execute(over, [stage.ctx.id]))
    page = open_page(stage.index)
    page.get_by_role("link", name="Unpaid 1").click()
    expect(page.locator("[data-row-link]")).to_have_text(["Fleet Core, 74 lorries"])
    page.get_by_role("link", name="All subscriptions").click()
    expect(page.locator("[data-row-link]")).to_have_count(25)
    page.get_by_role("button", name="Status").click()
    page.get_by_label("Paused").check()
    page.get_by_label("Canceled").check()
    shoot(page, "index-status-filter")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("[data-row-link]")).to_have_count(len(names))
    assert sorted(_rows(page)) == names
    assert {"Route Planner, 25 seats", "Route Planner, 9 seats"} <= set(names)
    page.keyboard.press("/")
    page.keyboard.type("25 seats")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=25(\+|%20)seats"))
    expect(page.locator("[data-row-link]")).to_have_text(["Route Planner, 25 seats"])
    shoot(page, "index-filtered")
    again = open_page(page.url)
    assert _rows(again) == ["Route Planner, 25 seats"]
    again.get_by_role("link", name="Clear filters").click()
    expect(again.locator("[data-row-link]")).to_have_count(25)


def test_a_preset_and_a_day_of_the_strip_narrow_the_list(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    page.get_by_role("button", name="Next payment due date").click()
    page.get_by_role("link", name="Next week").click()
    page.wait_for_url("**due=next_week**")
    expect(page.get_by_role("link", name="Remove the filter Next payment due date")).to_be_visible()
    assert "Depot cleaning" in _rows(page)
    page.get_by_role("link", name="Remove the filter Next payment due date").click()
    expect(page.locator("[data-row-link]")).to_have_count(25)
    page.get_by_role("link", name=re.compile("^8 Jun: ")).click()
    page.wait_for_url("**day=2026-06-08**")
    expect(page.locator("[data-row-link]")).not_to_have_count(25)
    shoot(page, "index-day")
    assert _rows(page)


def test_sorting_and_paging_by_their_links(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    page.wait_for_url("**sort=hs_name**")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    first = _rows(page)
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_text("26–40")).to_be_visible()  # noqa: RUF001
    assert not set(_rows(page)) & set(first)
    page.get_by_role("link", name="Previous page").click()
    expect(page.get_by_text("1–25")).to_be_visible()  # noqa: RUF001
    assert _rows(page) == first


def test_from_the_list_to_a_record_to_its_invoice_with_the_keyboard_alone(
    open_page: Open, stage: Stage
) -> None:
    page = open_page(stage.index)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    rows = _rows(page)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator("[data-row-link]").nth(1)).to_be_focused()
    shoot(page, "index-row-focused")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(rows[1])
    invoice = page.locator(".timeline a[href*='/invoices/']").first
    invoice.focus()
    number = invoice.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def test_a_click_anywhere_in_a_row_opens_it(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    page.locator("[data-rows] tr").nth(2).locator("td").nth(4).click()
    page.wait_for_url(re.compile(r"/subscriptions/\d+$"))


def test_the_demo_needs_no_password_and_says_so(browser: object, stage: Stage, tmp_path: Path) -> None:
    with serving(tmp_path, **{VARIABLE: stage.user.email}) as address:
        page = browser.new_page(viewport=WIDE, reduced_motion="reduce")  # type: ignore[attr-defined]
        page.goto(address)
        expect(page.get_by_text("This is a demo: you are signed in as Maja Lindqvist.")).to_be_visible()
        shoot(page, "demo")
        page.close()


def test_signing_in_with_a_wrong_password_says_what_to_do(browser: object, address: str) -> None:
    page = browser.new_page(base_url=address, viewport=WIDE)  # type: ignore[attr-defined]
    page.goto("/sign-in")
    page.get_by_label("Email").fill("nobody@kalends.test")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    expect(page.get_by_label("Email")).to_have_value("nobody@kalends.test")
    shoot(page, "sign-in")
    no_violations(page)
    page.close()
