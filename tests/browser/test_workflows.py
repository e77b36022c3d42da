"""Workflows in a browser: a template is taken, changed, tested and turned on, and days later it tells its people."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from kalends.workflows.tasks import NewTask, make_task
from tests.browser.axe import fine_in_both_themes, fits_a_phone, no_violations
from tests.browser.conftest import Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import give_place, new_user
from tests.world import World

pytestmark = pytest.mark.browser
REMINDER = "Remind the team ahead of the next payment"


def test_the_team_is_reminded_ahead_of_the_next_payment(
    open_page: Open, world: World, db: AnyConnection
) -> None:
    contact = world.customer()
    agreed = world.subscribe(contact, method=world.method(contact))
    world.until(world.ctx.today + dt.timedelta(days=1))
    user = new_user("Siv Aune")
    give_place(db, user, world.ctx.id)
    make_task(
        db, world.ctx, NewTask("subscription", agreed, "Call about Fleet Core", world.ctx.now), "user:1"
    )
    page = open_page(f"/{world.ctx.id}/workflows", user=user)
    no_violations(page)
    page.get_by_role("link", name="Create workflow").click()
    page.get_by_label(re.compile(REMINDER)).check()
    no_violations(page)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", name=REMINDER)).to_be_visible()

    page.get_by_role("link", name=re.compile("3 days before Next payment due date")).press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Days", exact=True).fill("5")
    no_violations(page)
    shoot(page, "workflow-trigger-light")
    dialog.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("5 days before Next payment due date, 09:00")).to_be_visible()

    _add_a_branch(page)
    fine_in_both_themes(page, "workflow")
    fits_a_phone(page, "workflow")

    page.get_by_role("link", name="Test with a record").click()
    no_violations(page)
    page.get_by_role("button", name=re.compile("Test.*Fleet Core")).click()
    expect(page.get_by_text("Everything was done as it would be, and taken back.")).to_be_visible()
    expect(page.get_by_text("Notify: Tell")).to_be_visible()
    fine_in_both_themes(page, "workflow-test")

    page.get_by_role("link", name="Turn on", exact=True).click()
    expect(dialog.get_by_text("The changes of the draft are published with it.")).to_be_visible()
    dialog.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("The workflow is on")).to_be_visible()

    page.get_by_role("link", name="Move the clock").click()
    dialog.get_by_label("Move to").fill((world.ctx.today + dt.timedelta(days=27)).isoformat())
    dialog.get_by_role("button", name="Move the clock").click()
    expect(dialog.get_by_role("link", name="Look at the pages")).to_be_visible(timeout=60_000)
    page.goto(f"/{world.ctx.id}/notifications")
    expect(page.get_by_text(re.compile("Fleet Core is due on")).first).to_be_visible()

    page.goto(f"/{world.ctx.id}/workflows")
    page.get_by_role("link", name=REMINDER, exact=True).click()
    for tab in ("Enrollment", "Action log", "Versions", "Settings"):
        page.get_by_role("navigation", name="Workflow", exact=True).get_by_role("link", name=tab).click()
        no_violations(page)
        fits_a_phone(page, f"workflow-{tab.split()[0].lower()}")
    page.goto(f"/{world.ctx.id}/tasks?which=all")
    expect(page.get_by_text("Call about Fleet Core")).to_be_visible()
    no_violations(page)
    fits_a_phone(page, "tasks")


def _add_a_branch(page: Page) -> None:
    """By keyboard: a branch before the first step, and a condition for its way."""
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Add a step before step 1").press("Enter")
    no_violations(page)
    dialog.get_by_role("link", name="Branch by filters").press("Enter")
    dialog.get_by_role("button", name="Add step").press("Enter")
    page.get_by_role("link", name="Way 1").press("Enter")
    dialog.get_by_label("Name").fill("In trouble")
    dialog.get_by_role("button", name="Add filter").press("Enter")
    page.locator("#picker-search").fill("status")
    dialog.get_by_role("button", name="Status", exact=True).press("Enter")
    dialog.get_by_label("Active").check()
    dialog.get_by_label("Condition on Status", exact=True).select_option(label="is none of")
    expect(dialog.get_by_label("Name")).to_have_value("In trouble")
    no_violations(page)
    shoot(page, "workflow-way-light")
    dialog.get_by_role("button", name="Keep").press("Enter")
    expect(page.get_by_role("link", name="In trouble")).to_be_visible()


def test_the_pages_of_workflows_speak_finnish_and_norwegian(
    open_page: Open, world: World, db: AnyConnection
) -> None:
    for language, heading in (("fi", "Työnkulut"), ("nb", "Arbeidsflyter")):
        user = new_user("Aino Kallio", language)
        give_place(db, user, world.ctx.id)
        page = open_page(f"/{world.ctx.id}/workflows", user=user)
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
