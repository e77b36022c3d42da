"""Segments and emails to them in a browser: from a filter to members to an email, in one visit."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from kalends.segments.evaluation import keep
from kalends.segments.mailings import send_next
from tests.browser.axe import fine_in_both_themes, no_violations
from tests.browser.conftest import PHONE, Open
from tests.conftest import AnyConnection
from tests.staff.stage import Stage, give_place, new_user

pytestmark = pytest.mark.browser


def test_from_a_filter_to_a_segment_to_an_email_to_its_people(
    open_page: Open, stage: Stage, db: AnyConnection
) -> None:
    user = new_user("Siv Aune")
    give_place(db, user, stage.ctx.id)
    page = open_page(f"/{stage.ctx.id}/segments", user=user)
    no_violations(page)
    page.get_by_role("link", name="Create segment").click()
    page.get_by_label("Records").select_option(label="Contacts")
    page.get_by_role("button", name="Continue").click()
    page.locator("#pick-new").click()
    page.locator("#picker-search").fill("first name")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".fb__row textarea").fill("Ingrid")
    expect(page.locator("[data-row-link]")).to_have_count(5)
    page.get_by_role("button", name="Save as a segment").click()
    expect(page.get_by_text("The filter finds 5 contacts now.")).to_be_visible()
    no_violations(page)
    page.get_by_label("Name", exact=True).fill("Everybody called Ingrid")
    page.get_by_role("button", name="Save segment").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    expect(page.locator("tbody tr")).to_have_count(5)
    fine_in_both_themes(page, "segment")

    page.get_by_role("link", name="Edit the filter").click()
    page.locator(".fb__row textarea").fill("Ingrid\nFreja")
    page.get_by_role("button", name="Save the segment").click()
    page.get_by_role("button", name="Save segment").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    expect(page.get_by_text("First name is any of Ingrid, Freja")).to_be_visible()
    page.get_by_role("link", name="Show in the list").click()
    expect(page.locator("#found")).to_contain_text("contacts")

    page.goto(re.sub(r"/contacts.*", "/mailings/new", page.url))
    page.get_by_label("Name", exact=True).fill("Autumn news")
    page.get_by_label("Segment of contacts").select_option(label="Everybody called Ingrid")
    page.get_by_label("Subject").first.fill("News for {{ firstname }}")
    page.get_by_label("Text").first.fill("Hello {{ firstname | there }}.\n\nAutumn is here.")
    no_violations(page)
    page.get_by_role("button", name="Keep as a draft").click()
    page.wait_for_url(re.compile(r"/mailings/\d+$"))
    expect(page.frame_locator("iframe").get_by_text("Autumn is here.").last).to_be_visible()
    fine_in_both_themes(page, "mailing")
    page.get_by_role("link", name="Send", exact=True).click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Being sent").first).to_be_visible()
    while send_next(db, stage.ctx):
        pass
    page.reload()
    expect(page.get_by_role("heading", name="Letters")).to_be_visible()
    keep(db, stage.ctx)

    small = open_page(f"/{stage.ctx.id}/segments", user=user, size=PHONE)
    no_violations(small)


def test_the_pages_of_segments_speak_finnish_and_norwegian(
    open_page: Open, stage: Stage, db: AnyConnection
) -> None:
    for language, heading in (("fi", "Segmentit"), ("nb", "Segmenter")):
        user = new_user("Aino Kallio", language)
        give_place(db, user, stage.ctx.id)
        page = open_page(f"/{stage.ctx.id}/segments", user=user)
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
