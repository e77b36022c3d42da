"""A file becomes records in a browser: chosen, told column by column, rehearsed, imported and undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kalends.accounts.context import AccountContext
from kalends.imports import carry
from kalends.platform.home import open_home
from tests.browser.axe import fine_in_both_themes, fits_a_phone
from tests.browser.conftest import Open
from tests.conftest import AnyConnection
from tests.staff.stage import give_place, new_user

pytestmark = pytest.mark.browser

FILE = (
    "E-post;Fornavn;Kundenr;Språk\n"
    "kari@nordlys.test;Kari;=1+1;Norwegian\n"
    "ola@nordlys.test;Ola;12;English\n"
    "ingen@;Ingen;13;English\n"
)


def work(db: AnyConnection, account: AccountContext) -> None:
    while carry.take_turn(db, account, carry.folder_of(open_home().files, account.id), now=account.now).more:
        pass


def start(page: Page, path: Path, go_on: str = "Continue") -> None:
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name=go_on).click()


def test_from_the_file_to_its_undoing(
    open_page: Open, account: AccountContext, db: AnyConnection, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(open_home().files)
    user = new_user("Liv Moen")
    give_place(db, user, account.id)
    path = tmp_path / "kunder.csv"
    path.write_bytes(FILE.encode("cp1252"))
    page = open_page(f"/{account.id}/settings/imports", user=user)
    page.get_by_role("link", name="Import a file").click()
    fine_in_both_themes(page, "import-start")
    start(page, path)
    expect(page.get_by_role("heading", name="kunder.csv")).to_be_visible()
    expect(page.get_by_label("E-post becomes")).to_have_value("email")
    expect(page.get_by_label("Kundenr becomes")).to_have_value("")
    page.get_by_label("Språk becomes").select_option("hs_language")
    page.get_by_role("button", name="Read the file so").click()
    expect(page.get_by_label("Records are known by")).to_have_value("email")
    fine_in_both_themes(page, "import-mapping")
    page.get_by_role("button", name="Rehearse the import").click()
    expect(page.get_by_role("heading", name="Being rehearsed")).to_be_visible()
    work(db, account)
    expect(page.get_by_role("heading", name="Rehearsed")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("ingen@")
    fine_in_both_themes(page, "import-rehearsed")
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download these rows").click()
    assert "ingen@;Ingen;13;English" in Path(begun.value.path()).read_text("utf-8-sig")
    page.get_by_role("button", name="Import the good rows").click()
    work(db, account)
    expect(page.get_by_role("heading", name="Imported", exact=True)).to_be_visible()
    assert db.execute("SELECT count(*) FROM contact WHERE account_id = %s", [account.id]).fetchone() == (2,)

    page.get_by_role("link", name="Undo the import").click()
    expect(page.get_by_role("dialog")).to_contain_text("2 records are archived.")
    page.get_by_role("dialog").get_by_role("button", name="Undo the import").click()
    work(db, account)
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    page = open_page(f"/{account.id}/settings/imports", user=user)
    expect(page.get_by_role("row").nth(1)).to_contain_text("kunder.csv")
    fits_a_phone(page, "imports")


@pytest.mark.parametrize(
    ("language", "go_on", "becomes"),
    [("nb", "Fortsett", "E-post blir"), ("fi", "Jatka", "Sarakkeesta E-post tulee")],
)
def test_the_screen_of_the_columns_speaks_the_users_language_on_a_phone(
    open_page: Open,
    account: AccountContext,
    db: AnyConnection,
    tmp_path: Path,
    language: str,
    go_on: str,
    becomes: str,
) -> None:
    user = new_user("Aino Salo", language)
    give_place(db, user, account.id)
    path = tmp_path / "kunder.csv"
    path.write_text(FILE)
    page = open_page(f"/{account.id}/imports/start", user=user)
    start(page, path, go_on)
    expect(page.get_by_label(becomes)).to_have_value("email")
    fits_a_phone(page, f"import-mapping-{language}")
