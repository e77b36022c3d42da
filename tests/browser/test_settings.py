"""The settings in a real browser: every page in both themes, on a phone, and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from kalends.staff.settings.places import PLACES
from tests.browser.axe import fine_in_both_themes, fits_a_phone, no_violations
from tests.browser.conftest import Open, shoot
from tests.staff.stage import Stage

pytestmark = pytest.mark.browser

OTHERS = (
    "roles/sales",
    "roles/new?like=finance",
    "tokens/new",
    "letters/receipt?language=nb",
    "company/logo",
    "apps/new",
)


def at(stage: Stage, path: str) -> str:
    return f"/{stage.ctx.id}/settings/{path}"


def test_every_page_of_the_settings_is_accessible_in_both_themes_and_fits_a_phone(
    open_page: Open, stage: Stage
) -> None:
    page = open_page(at(stage, "company"))
    for path in (*PLACES, *OTHERS):
        page.goto(at(stage, path))
        expect(page.locator("h1")).to_be_visible()
        name = f"settings-{path.partition('?')[0].replace('/', '-')}"
        fine_in_both_themes(page, name)
        fits_a_phone(page, name)


def test_a_setting_is_changed_by_keyboard_and_a_wrong_one_is_told_at_its_field(
    open_page: Open, stage: Stage
) -> None:
    page = open_page(at(stage, "payments"))
    field = page.get_by_label("Try again on these days")
    field.fill("3, 1")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("each larger than the one before")).to_be_visible()
    no_violations(page)
    shoot(page, "settings-payments-wrong")
    page.get_by_label("Try again on these days").fill("1, 3, 5, 8")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved: Try again on these days")).to_be_visible()
    page.goto(at(stage, "audit?category=settings"))
    expect(page.locator("ins").first).to_have_text("After: 1, 3, 5, 8")
    shoot(page, "settings-audit-change")


def test_a_letter_is_worded_looked_at_kept_and_taken_back(open_page: Open, stage: Stage) -> None:
    page = open_page(at(stage, "letters/receipt?language=en"))
    page.get_by_label("Subject").fill("Thanks for {{ price }}")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("This letter does not know {{ price }}")).to_be_visible()
    no_violations(page)
    page.get_by_label("Subject").fill("Thanks for {{ amount }}, {{ first_name }}")
    page.get_by_label("Closing").fill("See you!\n\nAll of us at {{ seller }}")
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text("All of us at")).to_be_visible()
    fine_in_both_themes(page, "settings-letter-worded")
    fits_a_phone(page, "settings-letter-worded")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("The wording is kept")).to_be_visible()
    expect(page.locator(".letter__facts")).to_contain_text("37,477.50 NOK, Ingrid")
    page.get_by_role("link", name="Back to the standard wording").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Take back").press("Enter")
    expect(page.get_by_text("The standard wording is back")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("")


def test_a_team_is_added_in_a_dialog_by_keyboard(open_page: Open, stage: Stage) -> None:
    page = open_page(at(stage, "teams"))
    page.get_by_role("link", name="Add a team").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("North")
    no_violations(page)
    shoot(page, "settings-team-dialog")
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="North", exact=True)).to_be_visible()


def test_a_token_is_shown_once_with_a_button_that_copies_it(open_page: Open, stage: Stage) -> None:
    page = open_page(at(stage, "tokens/new"))
    page.get_by_label("Name").fill("Bookkeeping")
    page.get_by_label("Invoices: records").select_option("read")
    page.get_by_role("button", name="Make the token").click()
    assert page.get_by_label("Token", exact=True).input_value().startswith("kal_")
    no_violations(page)
    shoot(page, "settings-token-made")
    page.get_by_role("link", name="I have kept it").click()
    expect(page.get_by_text("read invoices")).to_be_visible()
