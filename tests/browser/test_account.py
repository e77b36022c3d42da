"""Coming in with a passkey, one's own pages, the palette by keyboard, notices, and the first start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kalends.accounts.change import change_settings
from kalends.accounts.create import create_account
from kalends.accounts.models import User
from kalends.platform import database
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.home import open_home
from tests.browser.axe import fine_in_both_themes, fits_a_phone, no_violations
from tests.browser.conftest import WIDE, Open, serving, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import FIRST, PASSWORD, Stage, give_place, new_user

pytestmark = pytest.mark.browser


@pytest.fixture
def user(stage: Stage) -> User:
    user = new_user("Henrik Aas")
    with database.connect(autocommit=True) as db:
        give_place(db, user, stage.ctx.id)
    return user


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """Signed out, at the name that passkeys need; with a device that has a finger on it."""
    context = browser.new_context(
        base_url=address.replace("127.0.0.1", "localhost"), viewport=WIDE, reduced_motion="reduce"
    )
    yield context
    context.close()


def with_device(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page: Page, user: User) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_passkey_is_added_lets_in_alone_and_is_the_second_step(
    context: BrowserContext, user: User, stage: Stage
) -> None:
    page = context.new_page()
    page.set_default_timeout(10_000)
    with_device(page)
    sign_in(page, user)
    page.goto(f"/{stage.ctx.id}/you/sign-in")
    form = page.locator("[data-new-passkey]")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".codes__list li")).to_have_count(10)
    expect(page.locator(".you__list").first).to_contain_text("Chrome, Linux")
    shoot(page, "passkey-added", full=True)
    no_violations(page)

    context.clear_cookies()
    page.goto(f"/sign-in?next=/{stage.ctx.id}/contacts")
    shoot(page, "sign-in-with-passkey")
    no_violations(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/contacts")
    page.wait_for_load_state("networkidle")  # its counts come by themselves, and with them a cookie

    context.clear_cookies()
    sign_in(page, user)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    shoot(page, "second-step")
    no_violations(page)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/subscriptions")

    page.goto(f"/{stage.ctx.id}/you/sign-in")
    mine = page.locator(".you__list").first
    expect(mine).to_contain_text("last used")
    mine.get_by_text("Rename").click()
    mine.get_by_label("Name of the passkey").fill("Henrik's laptop")
    shoot(page, "passkey-renamed")
    mine.get_by_role("button", name="Save").click()
    expect(mine).to_contain_text("Henrik's laptop")
    mine.locator("summary", has_text="Remove").click()
    mine.get_by_label("Your password").fill(PASSWORD)
    no_violations(page)
    mine.get_by_role("button", name="Remove Henrik's laptop").click()
    expect(page.get_by_text("Henrik's laptop")).to_have_count(0)

    context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="passkey")).to_be_visible()
    sign_in(page, user)
    page.wait_for_url("**/subscriptions")


def test_where_an_account_wants_a_second_factor_the_way_leads_to_setting_one_up(
    context: BrowserContext, db: AnyConnection
) -> None:
    account, user = (
        create_account(db, name="Nordlys AS", time_zone="UTC", currency="NOK", now=FIRST),
        new_user(),
    )
    give_place(db, user, account.id)
    change_settings(db, account, {"second_factor_for_all": True})
    page = context.new_page()
    page.set_default_timeout(10_000)
    with_device(page)
    sign_in(page, user)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    fine_in_both_themes(page, "second-factor-wanted")
    fits_a_phone(page, "second-factor-wanted")
    app = page.locator("section").filter(has_text="App for codes")
    app.get_by_label("Your password").fill(PASSWORD)
    app.get_by_role("button", name="Set up the app").click()
    expect(page.get_by_alt_text("QR code for the app")).to_be_visible()
    shoot(page, "second-factor-app", full=True)
    no_violations(page)
    page.get_by_role("link", name="Cancel").click()
    form = page.locator("[data-new-passkey]")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".codes__list li")).to_have_count(10)
    shoot(page, "second-factor-done", full=True)
    no_violations(page)
    page.get_by_role("link", name="Go on to Nordlys AS").click()
    page.wait_for_url("**/subscriptions")
    page.goto(f"/{account.id}/settings/security")
    expect(page.get_by_label("Everybody needs a second factor")).to_be_checked()
    shoot(page, "second-factor-settings", full=True)


def test_the_palette_finds_and_goes_by_keyboard_alone(open_page: Open, stage: Stage) -> None:
    page = open_page(stage.index)
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search and go to")
    expect(field).to_be_focused()
    page.keyboard.type("Brekke")
    expect(page.locator(".palette [role=option]").first).to_contain_text("Brekke")
    page.keyboard.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    fine_in_both_themes(page, "palette")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("contacts")
    expect(page.locator(".palette [aria-selected=true]")).to_contain_text("Contacts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys", exact=True)).to_be_visible()
    fine_in_both_themes(page, "keys")


def test_single_keys_can_be_switched_off(open_page: Open, stage: Stage, user: User) -> None:
    User.objects.filter(id=user.id).update(single_keys=False)
    page = open_page(stage.index, user=user)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_a_new_installation_is_set_up_in_the_browser(browser: Browser, server: str, tmp_path: Path) -> None:
    with fresh_database("setup"), serving(tmp_path) as url:
        context = browser.new_context(base_url=url, viewport=WIDE, reduced_motion="reduce")
        page = context.new_page()
        page.goto("/")
        page.wait_for_url("**/setup")
        fine_in_both_themes(page, "setup")
        fits_a_phone(page, "setup")
        page.get_by_label("Setup code").fill(open_home().setup_code())
        page.get_by_label("Company").fill("Nordlys AS")
        page.get_by_label("Your name").fill("Kari Nordmann")
        page.get_by_label("Your email").fill("kari@nordlys.example")
        page.get_by_label("Password").fill("seventeen green boats")
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/subscriptions")
        shoot(page, "after-setup")
        context.close()
