"""The billing page and the sandbox's clock in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import no_violations
from tests.browser.conftest import Open, shoot
from tests.staff.stage import Stage

pytestmark = pytest.mark.browser


def billing(stage: Stage) -> str:
    return f"/{stage.ctx.id}/billing"


def test_the_billing_page_shows_what_falls_due_and_how_the_last_run_went(
    open_page: Open, stage: Stage
) -> None:
    page = open_page(billing(stage))

    expect(page.get_by_role("heading", name="What falls due")).to_be_visible()
    expect(page.get_by_role("heading", name="Charges that failed")).to_be_visible()


def test_billing_is_held_with_a_reason_and_let_go_on_by_keyboard(open_page: Open, stage: Stage) -> None:
    page = open_page(billing(stage))
    page.get_by_role("link", name="Hold billing").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Nothing more is invoiced or charged")).to_be_visible()
    no_violations(page)
    shoot(page, "billing-hold")
    dialog.get_by_label("Why").fill("Prices are wrong")
    dialog.get_by_role("button", name="Hold billing").press("Enter")

    expect(page.get_by_text("Prices are wrong")).to_be_visible()
    shoot(page, "billing-held")
    page.get_by_role("link", name="Let billing go on").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Let billing go on").press("Enter")
    expect(page.get_by_role("link", name="Hold billing")).to_be_visible()


def test_a_run_is_rehearsed_and_explained(open_page: Open, stage: Stage) -> None:
    page = open_page(billing(stage))
    page.get_by_role("button", name="Rehearse a run").click()

    expect(page.get_by_text("Nothing was written, sent or charged")).to_be_visible(timeout=30_000)
    no_violations(page)
    shoot(page, "rehearsal", full=True)


def test_the_clock_of_a_sandbox_asks_before_it_moves(open_page: Open, stage: Stage) -> None:
    page = open_page(billing(stage))
    page.get_by_role("link", name="Move the clock").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Everything that falls due on the way happens in order")).to_be_visible()
    no_violations(page)
    shoot(page, "clock")

    dialog.get_by_label("Move to").fill("2020-01-01")
    dialog.get_by_role("button", name="Move the clock").click()

    expect(dialog.get_by_text("The clock only goes forward")).to_be_visible()
