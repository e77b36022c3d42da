"""An export in a browser, from the button above a list to the file, while somebody looks on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.platform.home import open_home
from kalends.worker.exports import Maker
from tests.browser.axe import fine_in_both_themes, fits_a_phone
from tests.browser.conftest import Open
from tests.conftest import AnyConnection
from tests.staff.stage import Stage, give_place, new_user

pytestmark = pytest.mark.browser


def test_from_the_list_to_the_file_and_again_from_the_log(
    open_page: Open, stage: Stage, db: AnyConnection, settings: Any
) -> None:
    settings.MEDIA_ROOT = str(open_home().files)
    user = new_user("Liv Moen")
    give_place(db, user, stage.ctx.id)
    page = open_page(f"/{stage.ctx.id}/subscriptions?view=unpaid", user=user)
    page.get_by_role("link", name="Export").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Export 1 subscription")).to_be_visible()
    expect(page.get_by_label("File format")).to_be_visible()
    fine_in_both_themes(page, "export-dialog")
    page.get_by_role("button", name="Export").click()
    standing = page.get_by_role("dialog").locator(".export")
    expect(standing).to_contain_text("Waiting")
    assert Maker(system_now, lambda: database.connect(autocommit=True)).drain()
    expect(standing).to_contain_text("Ready 1 record")
    with page.expect_download() as begun:
        standing.get_by_role("link", name="Download").click()
    assert begun.value.suggested_filename == "subscriptions Unpaid 2026-06-15.csv"
    assert "Fleet Core, 74 lorries" in Path(begun.value.path()).read_text("utf-8-sig")

    page = open_page(f"/{stage.ctx.id}/settings/exports", user=user)
    expect(page.get_by_role("row").nth(1)).to_contain_text("Liv Moen")
    fine_in_both_themes(page, "export-log")
    fits_a_phone(page, "export-log")
    page.get_by_role("link", name="Tell me of large exports").click()
    page.get_by_label("Tell me of exports with at least so many records").fill("1000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Told of exports from 1,000 records")).to_be_visible()
    page.locator("td a").first.click()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    fine_in_both_themes(page, "export-page")
    fits_a_phone(page, "export-page")


@pytest.mark.parametrize(
    ("language", "words"), [("nb", "Språk for kolonneoverskrifter"), ("fi", "Sarakeotsikoiden kieli")]
)
def test_the_dialog_speaks_the_users_language(
    open_page: Open, stage: Stage, db: AnyConnection, language: str, words: str
) -> None:
    user = new_user("Aino Salo", language)
    give_place(db, user, stage.ctx.id)
    page = open_page(f"/{stage.ctx.id}/contacts/export", user=user)
    expect(page.get_by_label(words)).to_have_value(language)
