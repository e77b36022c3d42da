"""What surrounds every page: accounts to change to, the sandbox's bar, the phone's navigation, dialogs and toasts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account
from kalends.platform import database
from tests.browser.axe import fine_in_both_themes, no_violations
from tests.browser.conftest import PHONE, WIDE, Open, shoot
from tests.staff.stage import FIRST, Stage, give_place

pytestmark = pytest.mark.browser

DIALOG = """<div class="dialog__head"><h2 id="dialog-title">Pause</h2></div>
<form class="dialog__form" hx-post="/done" hx-target="#dialog" novalidate>
<div class="dialog__body">
<label class="field">Reason<input class="input" name="reason" {wrong}></label></div>
<div class="dialog__foot"><a class="btn" href="/" data-close>Keep it</a>
<button class="btn btn--primary">Pause it</button>
</div></form>"""


@pytest.fixture
def second(stage: Stage) -> Iterator[int]:
    """A live account besides, in which the stage's owner has a place for the length of a test."""
    with database.connect(autocommit=True) as db:
        live = create_account(db, name="Skarv Norge AS", time_zone="Europe/Oslo", currency="NOK", now=FIRST)
        give_place(db, stage.user, live.id)
        yield live.id
        enter_account(db, live.id)
        db.execute("DELETE FROM membership WHERE account_id = %s", [live.id])


def test_all_accounts_of_the_user_are_a_click_away_and_a_sandbox_cannot_be_overlooked(
    open_page: Open, stage: Stage, second: int
) -> None:
    page = open_page(stage.index)
    expect(page.locator(".test-bar")).to_contain_text("no real money moves here")
    page.get_by_role("button", name="change to another one").click()
    fine_in_both_themes(page, "accounts")
    page.get_by_role("link", name="Skarv Norge AS").click()
    expect(page).to_have_url(
        f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/{second}/subscriptions"
    )
    expect(page.locator(".test-bar")).to_have_count(0)
    fine_in_both_themes(page, "live-account")


def test_on_a_phone_the_navigation_opens_over_the_page(open_page: Open, stage: Stage, second: int) -> None:
    page = open_page(stage.index, size=PHONE)
    page.get_by_role("button", name="Menu").click()
    expect(page.locator("#nav")).to_be_visible()
    page.wait_for_timeout(200)
    fine_in_both_themes(page, "phone-nav")
    page.keyboard.press("Escape")
    expect(page.locator("#nav")).to_be_hidden()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


def _fetch(page: Page, address: str, target: str) -> None:
    page.evaluate(f"htmx.ajax('GET', '{address}', {{target: '{target}'}})")


def test_a_dialog_opens_holds_its_errors_closes_by_keyboard_and_gives_the_focus_back(
    open_page: Open, stage: Stage
) -> None:
    page = open_page(stage.index)
    page.route("**/ask", lambda route: route.fulfill(body=DIALOG.format(wrong=""), content_type="text/html"))
    wrong = DIALOG.format(wrong='value="typed" aria-invalid="true"')
    page.route("**/done", lambda route: route.fulfill(body=wrong, status=422, content_type="text/html"))
    search = page.locator("[data-search]")
    search.focus()
    _fetch(page, "/ask", "#dialog")
    dialog = page.get_by_role("dialog", name="Pause")
    expect(dialog).to_be_visible()
    shoot(page, "dialog")
    no_violations(page)
    page.get_by_role("button", name="Pause it").click()
    expect(dialog.locator("input")).to_be_focused()
    expect(dialog.locator("input")).to_have_value("typed")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(search).to_be_focused()


def test_what_is_done_is_said_in_a_toast(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    headers = {"HX-Trigger": '{"toast": {"text": "Paused", "tone": "ok"}, "dialog-close": ""}'}
    page.route("**/ask", lambda route: route.fulfill(body="", headers=headers, content_type="text/html"))
    _fetch(page, "/ask", "#dialog")
    expect(page.get_by_role("status").filter(has_text="Paused")).to_be_visible()
    shoot(page, "toast")
    no_violations(page)
    page.locator(".toast").get_by_role("button", name="Close").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_the_panel_opens_beside_the_page_and_escape_closes_it(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index, size=WIDE)
    inside = (
        '<div class="panel__head"><h2>Fleet Pro</h2></div><div class="panel__body"><p>46 vehicles</p></div>'
    )
    page.route("**/peek", lambda route: route.fulfill(body=inside, content_type="text/html"))
    _fetch(page, "/peek", "#panel")
    panel = page.get_by_role("complementary", name="Preview")
    expect(panel).to_contain_text("46 vehicles")
    no_violations(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_request_that_gets_no_answer_is_said_where_it_was_wanted(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    page.evaluate("""document.dispatchEvent(new CustomEvent("htmx:sendError", {
        detail: {target: document.querySelector("#panel")}}))""")
    expect(page.locator("#panel")).to_contain_text("This did not work")
    shoot(page, "request-failed")
    no_violations(page)
