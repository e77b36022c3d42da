"""Every page there is besides the settings, loaded once: axe-core in both themes, and the width of a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from kalends.accounts.sql import enter_account
from kalends.platform import database
from kalends.staff.objects import BY_SLUG
from tests.browser.axe import fine_in_both_themes, fits_a_phone
from tests.browser.conftest import Open
from tests.staff.stage import Stage

pytestmark = pytest.mark.browser

PAGES: dict[str, str] = {
    **{f"list-{slug}": slug for slug in BY_SLUG},
    "list-empty": "subscriptions?q=nothing+like+it",
    "list-columns": "subscriptions/columns",
    "list-filters": (
        "subscriptions/filters?draft=1&g0=0&p0=hs_status&o0=is_any_of&v0=active&g1=0&p1=company.city&o1=known&do=pick:1"
    ),
    "record-subscription": "subscriptions/{main}",
    "record-unpaid": "subscriptions/{unpaid}",
    "record-contact": "contacts/{contact}",
    "record-company": "companies/{company}",
    "record-invoice": "invoices/{invoice}",
    "record-payment": "payments/{payment}",
    "missing": "subscriptions/1",
    "billing": "billing",
    "status": "status",
    "create-subscription": "create/subscription",
    "create-invoice": "create/invoice",
    "you": "you",
    "you-safety": "you/sign-in",
    "notices": "notifications",
    "search": "search?q=fleet",
}


@pytest.fixture(scope="module")
def ids(stage: Stage) -> dict[str, int]:
    """A record of each object, all of the same customer."""
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        row = db.execute(
            "SELECT s.contact_id, s.company_id, min(i.id), min(p.id) FROM subscription s "
            "JOIN invoice i ON i.subscription_id = s.id JOIN payment p ON p.invoice_id = i.id "
            "WHERE s.account_id = %s AND s.id = %s GROUP BY 1, 2",
            [stage.ctx.id, stage.ids["main"]],
        ).fetchone()
    assert row is not None
    return stage.ids | dict(zip(("contact", "company", "invoice", "payment"), row, strict=True))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_both_themes_and_fits_a_phone(
    open_page: Open, stage: Stage, ids: dict[str, int], name: str
) -> None:
    page = open_page(f"/{stage.ctx.id}/{PAGES[name].format_map(ids)}", missing=name == "missing")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    fine_in_both_themes(page, name)
    fits_a_phone(page, name)
