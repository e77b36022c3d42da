"""Dialogs of actions in a real browser, by mouse and by keyboard: an edit, a cancellation, a refund."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from kalends.accounts.sql import enter_account
from tests.browser.axe import fine_in_both_themes, no_violations
from tests.browser.conftest import PHONE, Open, shoot
from tests.conftest import AnyConnection
from tests.staff.stage import Stage

pytestmark = pytest.mark.browser

Dialog = Callable[..., Page]


@pytest.fixture
def dialog(open_page: Open, stage: Stage) -> Dialog:
    """Opens a dialog on the list of subscriptions, as the menus do."""

    def opened(slug: str, id_: int, action: str, **more: object) -> Page:
        page = open_page(stage.index, **more)  # type: ignore[arg-type]
        address = f"/{stage.ctx.id}/{slug}/{id_}/actions/{action}"
        page.evaluate("address => htmx.ajax('GET', address, '#dialog')", address)
        expect(page.get_by_role("dialog")).to_be_visible()
        return page

    return opened


def row(db: AnyConnection, stage: Stage, query: str, *params: object) -> tuple[object, ...]:
    enter_account(db, stage.ctx.id)
    found = db.execute(query, params).fetchone()  # type: ignore[call-overload]
    assert found is not None
    return found


def test_an_edit_shows_what_it_comes_to_while_it_is_typed(dialog: Dialog, stage: Stage) -> None:
    page = dialog("subscriptions", stage.ids["debit"], "edit")
    box = page.get_by_role("dialog")
    box.get_by_label("Quantity").first.fill("3")
    box.get_by_label("Quantity").first.press("Tab")
    expect(box.get_by_role("table")).to_be_visible()
    expect(box.get_by_text("4,266").first).to_be_visible()
    fine_in_both_themes(page, "action-edit")


def test_an_edit_is_saved_by_keyboard_as_it_was_shown(
    dialog: Dialog, stage: Stage, db: AnyConnection
) -> None:
    id_ = stage.ids["more 2"]
    page = dialog("subscriptions", id_, "edit")
    box = page.get_by_role("dialog")
    name = box.get_by_label("Name of the subscription")
    name.fill("Fleet Core, renamed")
    name.press("Enter")
    expect(box.get_by_text("Save if this is right.")).to_be_visible()
    box.get_by_role("button", name="Save changes").press("Enter")
    expect(page.get_by_text("The changes are saved.")).to_be_visible()
    assert row(db, stage, "SELECT name FROM subscription WHERE id = %s", id_) == ("Fleet Core, renamed",)


def test_a_line_item_is_added_and_a_wrong_one_says_why(dialog: Dialog, stage: Stage) -> None:
    page = dialog("subscriptions", stage.ids["main"], "edit")
    box = page.get_by_role("dialog")
    box.get_by_role("button", name="Add a line item").click()
    third = box.get_by_role("group", name="Line item 3")
    third.get_by_label("Name").fill("Sensors")
    third.get_by_label("Price").fill("-5")
    box.get_by_role("button", name="Save changes").click()
    expect(third.get_by_text("Give 0 or more.")).to_be_visible()
    expect(third.get_by_label("Name")).to_have_value("Sensors")
    no_violations(page)
    shoot(page, "action-edit-error")


def test_canceling_says_what_follows(dialog: Dialog, stage: Stage) -> None:
    page = dialog("subscriptions", stage.ids["main"], "cancel")
    box = page.get_by_role("dialog")
    expect(box.get_by_text("will not be charged, and nothing after it")).to_be_visible()
    fine_in_both_themes(page, "action-cancel")


def test_nothing_is_canceled_before_the_box_is_ticked(
    dialog: Dialog, stage: Stage, db: AnyConnection
) -> None:
    id_ = stage.ids["more 3"]
    page = dialog("subscriptions", id_, "cancel")
    box = page.get_by_role("dialog")
    box.get_by_role("button", name="Cancel subscription").click()
    expect(box.get_by_text("Tick this to cancel the subscription.")).to_be_visible()
    assert row(db, stage, "SELECT status FROM subscription WHERE id = %s", id_) == ("active",)
    box.get_by_label("I understand").press("Space")
    box.get_by_role("button", name="Cancel subscription").press("Enter")
    expect(page.get_by_text("Canceled.")).to_be_visible()
    assert row(db, stage, "SELECT status FROM subscription WHERE id = %s", id_) == ("canceled",)


def test_a_payment_is_given_back_in_part(dialog: Dialog, stage: Stage, db: AnyConnection) -> None:
    (payment,) = row(
        db,
        stage,
        "SELECT min(id) FROM payment WHERE subscription_id = %s AND status = 'succeeded'",
        stage.ids["more 4"],
    )
    page = dialog("payments", int(str(payment)), "refund")
    box = page.get_by_role("dialog")
    no_violations(page)
    shoot(page, "action-refund")
    box.get_by_label("Amount to give back").fill("1.50")
    box.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("is given back.")).to_be_visible()
    assert row(db, stage, "SELECT refunded_minor FROM payment WHERE id = %s", payment) == (150,)


@pytest.mark.parametrize("action", ["edit", "cancel", "pause"])
def test_dialogs_fit_a_phone(dialog: Dialog, stage: Stage, action: str) -> None:
    page = dialog("subscriptions", stage.ids["main"], action, size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('.dialog__body').scrollWidth <= innerWidth")
    shoot(page, f"action-{action}-phone")
