"""The status page in a real browser: reached by keyboard, kept up to date, and on a telephone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from kalends.accounts.sql import enter_account
from kalends.billing.hold import hold_billing, release_billing
from kalends.platform import database
from kalends.proof.made import keep_proof
from kalends.proof.report import CheckMade, Report
from tests.browser.axe import fine_in_both_themes, fits_a_phone
from tests.browser.conftest import PHONE, Open, shoot
from tests.staff.stage import Stage

pytestmark = pytest.mark.browser
LATER = dt.datetime(2031, 1, 1, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def held(stage: Stage) -> Iterator[None]:
    """The company's billing is held, which wants attention."""
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        hold_billing(db, stage.ctx, actor="test")
        yield
        release_billing(db, stage.ctx, actor="test")


@pytest.fixture
def unanswered(stage: Stage) -> Iterator[int]:
    """A charge got no answer, and last night's proof found a difference; gives the payment."""
    change = "UPDATE charge_attempt SET status = %s WHERE account_id = %s AND payment_id = %s AND status = %s"
    report = Report(checked=40, checks=[CheckMade("totals", "Totals add up.")])
    report.add(report.checks[0], "Invoice INV-1001", "total", "100.00 EUR", "125.00 EUR")
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        row = db.execute(
            "SELECT min(payment_id) FROM charge_attempt WHERE account_id = %s AND status = 'succeeded'",
            [stage.ctx.id],
        ).fetchone()
        assert row is not None
        db.execute(change, ["sent", stage.ctx.id, row[0], "succeeded"])
        keep_proof(db, stage.ctx, report, LATER, LATER.date())
        yield row[0]
        db.execute("DELETE FROM proof_made WHERE account_id = %s AND made_at = %s", [stage.ctx.id, LATER])
        db.execute(change, ["succeeded", stage.ctx.id, row[0], "sent"])


@pytest.mark.usefixtures("held")
def test_what_wants_attention_is_found_by_keyboard_and_said_with_what_to_do(
    open_page: Open, stage: Stage, unanswered: int
) -> None:
    page = open_page(stage.index)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Status").press("Enter")
    expect(page.get_by_role("heading", level=1, name="Status")).to_be_visible()
    attention = page.get_by_role("region", name="What wants attention")
    expect(attention.get_by_text("Billing is held")).to_be_visible()
    expect(attention.get_by_text("No worker looks after this account")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Server of pages").first).to_be_visible()
    expect(attention.get_by_role("link", name="Billing")).to_be_visible()
    charges = page.get_by_role("list", name="Charges without an answer")
    expect(charges.get_by_role("link", name=f"Payment {unanswered}")).to_be_visible()
    expect(page.get_by_text("Invoice INV-1001: total is 100.00 EUR")).to_be_visible()
    fine_in_both_themes(page, "status-attention")
    shoot(page, "status", full=True)
    fits_a_phone(page, "status-attention")


def test_the_page_keeps_itself_up_to_date(open_page: Open, stage: Stage) -> None:
    page = open_page(f"/{stage.ctx.id}/status")
    with page.expect_response(re.compile(r"/status/now$"), timeout=30_000) as anew:
        pass
    assert anew.value.status == 200
    expect(page.get_by_role("heading", name="What wants attention")).to_have_count(1)


def test_it_reads_on_a_telephone_in_the_dark(open_page: Open, stage: Stage) -> None:
    page = open_page(f"/{stage.ctx.id}/status", size=PHONE, dark=True)
    expect(page.get_by_role("heading", name="Workers and servers")).to_be_visible()
    shoot(page, "status-phone-dark", full=True)
