"""Letting an app in, in a browser: what the page looks like, that everybody can use it, and where it leads."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from kalends.accounts import integration_apps
from kalends.accounts.sql import enter_account
from tests.browser.axe import fine_in_both_themes, fits_a_phone, no_violations
from tests.browser.conftest import PHONE, Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import FIRST, Stage, give_place, new_user

pytestmark = pytest.mark.browser

BACK = "http://127.0.0.1:9/back?from=kalends"
"""Nothing listens there: what the browser is led to is caught before it leaves."""

READ, WRITE, DEALS = "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.deals.read"


@pytest.fixture
def consent(stage: Stage, db: AnyConnection) -> str:
    """The address at which an app asks for consent."""
    enter_account(db, stage.ctx.id)
    made = integration_apps.create_app(
        db,
        stage.ctx.id,
        name="Fleet Mirror",
        redirect_uris=[BACK],
        scopes=[READ, "crm.objects.subscriptions.read", "crm.schemas.contacts.read"],
        optional_scopes=[WRITE, DEALS],
        now=FIRST,
    )
    query = {
        "client_id": made.app.client_id,
        "redirect_uri": BACK,
        "scope": " ".join(("oauth", *made.app.scopes)),
        "optional_scope": f"{WRITE} {DEALS}",
        "state": "42",
    }
    return f"/oauth/authorize?{urlencode(query)}"


def _caught(page: Page) -> list[str]:
    """The addresses of the app to which the browser is led from here on."""
    led: list[str] = []
    page.route(
        "http://127.0.0.1:9/**",
        lambda route: (led.append(route.request.url), route.fulfill(body="<title>Back</title>back"))[1],
    )
    return led


def _told(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def test_axe_finds_nothing_in_either_theme_and_nothing_is_wider_than_a_phone(
    open_page: Open, consent: str, stage: Stage
) -> None:
    page = open_page(consent)
    fine_in_both_themes(page, "consent")
    fits_a_phone(page, "consent")


def test_connecting_leads_to_the_app_with_a_code(
    open_page: Open, consent: str, stage: Stage, db: AnyConnection
) -> None:
    page = open_page(consent)
    led = _caught(page)
    page.get_by_label("Deals: read them").uncheck()
    page.get_by_role("button", name="Connect").click()
    expect(page).to_have_title("Back")

    told = _told(led[0])
    assert (told["from"], told["state"]) == (["kalends"], ["42"])
    assert told["code"][0].startswith(f"kalc_{stage.ctx.id}_")
    enter_account(db, stage.ctx.id)
    scopes = db.execute("SELECT scopes FROM oauth_code ORDER BY id DESC LIMIT 1").fetchone()
    assert scopes == ([READ, "crm.objects.subscriptions.read", "crm.schemas.contacts.read", WRITE],)


def test_canceling_leads_to_the_app_without_one(open_page: Open, consent: str) -> None:
    page = open_page(consent)
    led = _caught(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page).to_have_title("Back")
    assert _told(led[0])["error"] == ["access_denied"]


def test_an_address_that_is_not_registered_is_told_of(open_page: Open, consent: str) -> None:
    page = open_page(consent.replace("127.0.0.1%3A9", "evil.example"), missing=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("This app cannot be connected")
    expect(page.get_by_text("evil.example")).to_be_visible()
    shoot(page, "consent-refused")
    no_violations(page)


@pytest.mark.parametrize("language", ["nb", "fi"])
def test_the_page_is_whole_in_other_languages(
    open_page: Open, consent: str, stage: Stage, db: AnyConnection, language: str
) -> None:
    user = new_user("Aino Virtanen", language)
    give_place(db, user, stage.ctx.id)
    page = open_page(consent, user=user, size=PHONE)
    shoot(page, f"consent-{language}", full=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_attribute("html", "lang") == language
