"""Analytics in a browser, in one visit: the overview, a report, its filters, the records behind a bar."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import fine_in_both_themes, fits_a_phone, no_violations
from tests.browser.conftest import Open
from tests.conftest import AnyConnection
from tests.staff.stage import Stage, give_place, new_user

pytestmark = pytest.mark.browser


def test_from_the_overview_to_a_report_to_the_records_behind_a_bar(
    open_page: Open, stage: Stage, db: AnyConnection
) -> None:
    user = new_user("Siv Aune")
    give_place(db, user, stage.ctx.id)
    page = open_page(f"/{stage.ctx.id}/analytics", user=user)
    expect(page.locator(".kpi")).to_have_count(6)
    fine_in_both_themes(page, "analytics")
    fits_a_phone(page, "analytics")

    page.get_by_role("navigation", name="Reports").get_by_role("link", name="New revenue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New revenue")
    assert page.url.endswith("/analytics/new-revenue")
    fine_in_both_themes(page, "analytics-report")
    fits_a_phone(page, "analytics-report")
    page.get_by_role("link", name="This year").click()
    page.wait_for_url(re.compile("period=this-year"))
    page.get_by_label("Frequency").select_option(label="Quarterly")
    page.get_by_label("Currency").select_option(label="Only EUR")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("period=this-year&every=quarterly&currency=EUR"))
    expect(page.locator(".tbl--figures tbody tr")).to_have_count(3)

    page.locator("svg.plot a").first.click()
    expect(page.get_by_role("heading", name="subscriptions first billed from 1 Jan 2026")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    no_violations(page)
    fits_a_phone(page, "analytics-records")
    page.get_by_role("link", name="Back to the report").click()
    expect(page.get_by_label("Frequency")).to_have_value("quarterly")


def test_a_custom_report_is_built_kept_found_again_and_put_on_a_dashboard(
    open_page: Open, stage: Stage, db: AnyConnection
) -> None:
    user = new_user("Tor Lie")
    give_place(db, user, stage.ctx.id)
    page = open_page(f"/{stage.ctx.id}/analytics/custom", user=user)
    page.get_by_label("Records").select_option(label="Payments")
    page.get_by_label("Subscriptions", exact=True).check()
    page.get_by_label("Rows", exact=True).select_option("payment.hs_initiated_date")
    page.get_by_label("Columns", exact=True).select_option("subscription.hs_status")
    page.get_by_label("Measure 1").select_option("payment.hs_initial_amount")
    page.get_by_label("Amounts").select_option(label="Each currency by itself")
    page.get_by_label("Chart", exact=True).select_option(label="Stacked bars")
    expect(page.locator("svg.plot")).to_be_visible()
    page.locator("#pick-new").click()
    page.locator("#picker-search").fill("currency code")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".fb__row textarea").fill("EUR")
    page.keyboard.press("Tab")
    page.wait_for_url(re.compile("f=.*EUR"))
    expect(page.get_by_text("Gross amount: sum").first).to_be_visible()
    fine_in_both_themes(page, "analytics-custom")
    fits_a_phone(page, "analytics-custom")
    page.get_by_role("link", name="Save report").click()
    page.get_by_label("Name", exact=True).fill("Payments by status")
    page.get_by_label("Everyone in this account").check()
    no_violations(page)
    page.get_by_role("button", name="Save report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payments by status")
    page.get_by_role("link", name="Saved reports").click()
    no_violations(page)
    fits_a_phone(page, "analytics-saved")
    page.get_by_role("link", name="Payments by status", exact=True).click()
    page.locator("svg.plot a").first.click()
    expect(page.locator("#found")).to_contain_text("payment")

    page.goto(re.sub(r"/commerce-payments.*|/payments.*", "/analytics/dashboards", page.url))
    no_violations(page)
    page.get_by_role("link", name="Create dashboard").click()
    page.get_by_label("Name", exact=True).fill("Mondays")
    page.get_by_role("button", name="Create dashboard").click()
    for report in ("Payments by status", "MRR over time"):
        page.get_by_role("link", name="Add report").first.click()
        page.get_by_label("Report", exact=True).select_option(label=report)
        page.get_by_role("button", name="Add report").click()
        expect(page.get_by_role("heading", name=report)).to_be_visible()
    page.get_by_role("button", name="Earlier MRR over time").press("Enter")
    page.wait_for_url(re.compile("#tile-0-heading"))
    expect(page.locator(".board__tile h2")).to_have_text(["MRR over time", "Payments by status"])
    fine_in_both_themes(page, "analytics-dashboard")
    fits_a_phone(page, "analytics-dashboard")


@pytest.mark.parametrize(("language", "heading"), [("fi", "Toistuvat tulot"), ("nb", "Gjentakende inntekt")])
def test_analytics_speak_finnish_and_norwegian(
    open_page: Open, stage: Stage, db: AnyConnection, language: str, heading: str
) -> None:
    user = new_user(language=language)
    give_place(db, user, stage.ctx.id)
    page = open_page(f"/{stage.ctx.id}/analytics", user=user)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
