"""Actions on subscriptions: what their dialogs promise, what they do, and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import RequestFactory

from kalends.accounts.models import User
from kalends.billing.hold import hold_billing, release_billing
from kalends.staff.actions.registry import offers_for
from kalends.staff.visit import AS_OF_NOW, enter
from tests.staff.deeds import Company, companies, toast, words
from tests.staff.stage import give_place, new_user


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


@pytest.fixture
def active(company: Company) -> int:
    """A subscription of 100 EUR a month that was charged on 1 January; today is 5 January."""
    world = company.world
    contact = world.customer("Kari Nordmann")
    id_ = world.subscribe(contact, "100", method=world.method(contact, "approved"))
    world.until("2026-01-05")
    return id_


def test_the_pause_dialog_says_what_will_not_be_charged(company: Company, active: int) -> None:
    told = company.dialog("subscriptions", active, "pause")
    assert "100.00 EUR on 1 Feb 2026 will not be charged if it falls into the pause." in told
    assert "skipped, and never charged later" in told


def test_pausing_now_bills_nothing_until_it_is_resumed(company: Company, active: int) -> None:
    answer = company.send("subscriptions", active, "pause", begins="now", reason="Winter")
    assert toast(company.client, answer) == "Paused"
    assert company.world.subscription(active, "status", "next_due_date") == ("paused", None)
    company.world.until("2026-02-03")
    told = company.dialog("subscriptions", active, "resume")
    assert "The next payment is due on 1 Mar 2026, by its schedule." in told
    answer = company.send("subscriptions", active, "resume", next_due="")
    assert toast(company.client, answer) == "Resumed: the next payment is due on 1 Mar 2026"
    assert company.world.invoices(active, "total_minor") == [10_000]
    assert company.agrees()


def test_a_pause_to_come_is_taken_back(company: Company, active: int) -> None:
    answer = company.send(
        "subscriptions", active, "pause", begins="later", on="2026-02-10", resume_on="2026-04-01"
    )
    assert toast(company.client, answer) == "Will be paused on 10 Feb 2026"
    assert "It is not paused on 10 Feb 2026." in company.dialog("subscriptions", active, "keep")
    assert toast(company.client, company.send("subscriptions", active, "keep")) == "It goes on"
    assert company.world.subscription(active, "pause_on", "resume_on") == (None, None)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"begins": "later"}, "Give the day on which the pause begins."),
        ({"begins": "later", "on": "2026-01-05"}, "Give a day after today, 5 Jan 2026."),
        ({"begins": "now", "resume_on": "2026-01-01"}, "Give a day after 5 Jan 2026."),
        ({"begins": "later", "on": "soon"}, "Enter a valid date."),
        ({"begins": "now", "reason": "x" * 501}, "at most 500 characters"),
        ({}, "This field is required."),
    ],
)
def test_a_pause_with_days_that_cannot_be_comes_back_with_all_that_was_typed(
    company: Company, active: int, fields: dict[str, str], told: str
) -> None:
    answer = company.send("subscriptions", active, "pause", **fields)
    assert answer.status_code == 422
    assert told in words(answer)
    for typed in fields.values():
        assert typed in answer.content.decode()
    assert company.world.subscription(active, "status") == "active"


def test_a_form_that_is_sent_twice_is_done_once(company: Company, active: int) -> None:
    for _ in range(2):
        answer = company.send("subscriptions", active, "pause", begins="now", request_key="k" * 20)
        assert answer.status_code == 303
    rows = company.world.rows(
        "SELECT id FROM event WHERE kind = 'subscription.paused' AND object_id = %s", active
    )
    assert len(rows) == 1
    again = company.send("subscriptions", active, "pause", begins="now", request_key="z" * 20)
    assert again.status_code == 422


def test_canceling_says_what_will_not_be_charged_and_what_the_unused_days_are(
    company: Company, active: int
) -> None:
    told = company.dialog("subscriptions", active, "cancel")
    assert "100.00 EUR on 1 Feb 2026 will not be charged, and nothing after it." in told
    assert "Fleet Core: 27 of 31 days are left, which is 87.10 EUR of 100.00 EUR." in told
    assert "Give back 87.10 EUR for the days that are left" in told
    assert "I understand that the customer will not be charged again" in told


def reasons(company: Company, kind: str) -> list[str]:
    rows = company.world.rows("SELECT data ->> 'reason' FROM event WHERE kind = %s ORDER BY id", kind)
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("action", "fields", "kind"),
    [
        ("pause", {"begins": "now"}, "subscription.paused"),
        ("pause", {"begins": "later", "on": "2026-02-10"}, "subscription.to_be_paused"),
        ("cancel", {"when": "now", "acknowledged": "on"}, "subscription.canceled"),
        ("cancel", {"when": "period_end", "acknowledged": "on"}, "subscription.to_be_canceled"),
    ],
)
def test_the_reason_stays_in_the_history(
    company: Company, active: int, action: str, fields: dict[str, str], kind: str
) -> None:
    company.send("subscriptions", active, action, **fields, reason="Moved away")
    assert reasons(company, kind) == ["Moved away"]


def keys(company: Company, user: User, object_name: str, id_: int) -> dict[str, str]:
    with transaction.atomic():
        visit = enter(RequestFactory().get("/"), user, company.world.ctx.id, AS_OF_NOW)
        return {offer.key: offer.why_not for offer in offers_for(visit, object_name, id_)}


def test_a_menu_offers_what_makes_sense_and_is_permitted_and_says_why_not(
    company: Company, active: int
) -> None:
    offered = keys(company, company.user, "subscription", active)
    assert list(offered) == ["edit", "request-method", "method", "pause", "cancel", "delete"]
    assert offered["delete"].startswith("Only a canceled or an expired")
    assert {key for key, why in offered.items() if not why} == {
        "edit",
        "request-method",
        "method",
        "pause",
        "cancel",
    }
    reader = new_user("Rolf Reader")
    give_place(company.world.db, reader, company.world.ctx.id)
    company.world.db.execute("UPDATE membership SET role = 'reader' WHERE user_id = %s", [reader.id])
    assert keys(company, reader, "subscription", active) == {}
    invoice, payment = company.world.one(
        "SELECT i.id, p.id FROM invoice AS i JOIN payment AS p ON p.invoice_id = i.id"
    )
    assert list(keys(company, company.user, "invoice", invoice)) == ["pdf", "credit"]
    assert list(keys(company, reader, "invoice", invoice)) == ["pdf"]
    assert list(keys(company, company.user, "payment", payment)) == ["refund", "resend-receipt"]


def test_nothing_is_canceled_without_the_acknowledgement(company: Company, active: int) -> None:
    answer = company.send("subscriptions", active, "cancel", when="now", refund="none")
    assert answer.status_code == 422
    assert "Tick this to cancel the subscription." in words(answer)
    assert company.world.subscription(active, "status") == "active"


def test_canceling_now_gives_the_unused_days_back_to_the_cent(company: Company, active: int) -> None:
    answer = company.send("subscriptions", active, "cancel", when="now", refund="unused", acknowledged="on")
    assert toast(company.client, answer) == "Canceled. 87.10 EUR is given back."
    assert company.world.subscription(active, "status", "next_due_date") == ("canceled", None)
    assert company.world.rows("SELECT amount_minor, status FROM refund") == [(8710, "succeeded")]
    assert company.agrees()


def test_another_amount_is_at_most_what_was_paid(company: Company, active: int) -> None:
    send = {"when": "now", "refund": "other", "acknowledged": "on"}
    for typed, told in (
        ("100.01", "Give at most 100.00 EUR."),
        ("", "Give the amount that goes back."),
        ("x", "Give an amount"),
    ):
        answer = company.send("subscriptions", active, "cancel", **send, amount=typed)
        assert (answer.status_code, told in words(answer)) == (422, True)
    answer = company.send("subscriptions", active, "cancel", **send, amount="12.50")
    assert toast(company.client, answer) == "Canceled. 12.50 EUR is given back."
    assert company.agrees()


def test_canceling_at_the_periods_end_can_be_taken_back_until_then(company: Company, active: int) -> None:
    answer = company.send("subscriptions", active, "cancel", when="period_end", acknowledged="on")
    assert toast(company.client, answer) == "Will be canceled on 1 Feb 2026"
    assert company.world.subscription(active, "status", "cancel_on")[0] == "active"
    assert "It is not canceled on 1 Feb 2026." in company.dialog("subscriptions", active, "keep")
    company.send("subscriptions", active, "keep")
    assert company.world.subscription(active, "cancel_on") is None
    company.world.until("2026-02-02")
    assert company.world.invoices(active, "total_minor") == [10_000, 10_000]


def test_a_debit_under_way_is_told_and_not_called_back(company: Company) -> None:
    world = company.world
    contact = world.customer("Freja Holm")
    id_ = world.subscribe(contact, "200", method=world.method(contact, "approved", kind="sepa"))
    world.until("2026-01-02")
    told = company.dialog("subscriptions", id_, "cancel")
    assert "200.00 EUR is under way at the bank: it is not called back, and may still arrive." in told
    company.send("subscriptions", id_, "cancel", when="now", acknowledged="on")
    world.until("2026-01-20")
    assert world.rows("SELECT status, amount_minor FROM payment") == [("succeeded", 20_000)]
    assert company.agrees()


def test_open_invoices_are_voided_only_when_it_is_wished(company: Company) -> None:
    world = company.world
    invoiced = world.subscribe(world.customer("Ola Vestfjord"), "300", net_terms_days=30)
    world.until("2026-01-02")
    assert "300.00 EUR of open invoices is still owed" in company.dialog("subscriptions", invoiced, "cancel")
    company.send("subscriptions", invoiced, "cancel", when="now", void="on", acknowledged="on")
    assert world.invoices(invoiced, "status") == ["voided"]
    assert company.agrees()


def test_a_canceled_subscription_is_deleted_and_its_invoices_stay(company: Company, active: int) -> None:
    told = company.dialog("subscriptions", active, "delete")
    assert "Only a canceled or an expired subscription can be deleted. Cancel it first." in told
    assert company.send("subscriptions", active, "delete").status_code == 422
    company.send("subscriptions", active, "cancel", when="now", acknowledged="on")
    for _ in range(2):
        answer = company.send("subscriptions", active, "delete", request_key="d" * 20)
        assert (answer.status_code, answer["Location"]) == (303, f"/{company.world.ctx.id}/subscriptions")
    assert company.world.rows("SELECT id FROM subscription WHERE id = %s", active) == []
    assert company.world.rows("SELECT total_minor, subscription_id FROM invoice") == [(10_000, None)]


def test_the_customer_is_asked_for_another_method_once_a_day(company: Company, active: int) -> None:
    answer = company.send("subscriptions", active, "request-method")
    (letter,) = company.world.letters("update_request")
    assert toast(company.client, answer) == f"The letter to {letter[1]} is on its way"
    again = company.send("subscriptions", active, "request-method")
    assert again.status_code == 422
    assert "The customer was asked today already" in words(again)


def test_a_new_method_pays_what_is_overdue(company: Company) -> None:
    world = company.world
    contact = world.customer("Elin Björk")
    id_ = world.subscribe(contact, "50", method=world.method(contact, "insufficient_funds"))
    world.until("2026-01-02")
    assert world.subscription(id_, "status") == "unpaid"
    good = world.method(contact, "approved")
    assert "Charge 50.00 EUR that is overdue by it now" in company.dialog("subscriptions", id_, "method")
    answer = company.send("subscriptions", id_, "method", method=str(good), overdue="on")
    assert toast(company.client, answer) == "The payment method is changed. 50.00 EUR is collected."
    assert world.subscription(id_, "status", "payment_method_id") == ("active", good)
    assert company.agrees()


def test_what_is_overdue_is_charged_and_a_decline_is_told(company: Company) -> None:
    world = company.world
    contact = world.customer("Elin Björk")
    id_ = world.subscribe(contact, "50", method=world.method(contact, "insufficient_funds"))
    world.until("2026-01-02", hour=8)
    assert "50.00 EUR of invoice" in company.dialog("subscriptions", id_, "charge-overdue")
    answer = company.send("subscriptions", id_, "charge-overdue")
    assert "50.00 EUR was declined: Not enough funds." in toast(company.client, answer)
    assert world.subscription(id_, "status") == "unpaid"


def test_a_record_is_billed_from_a_day_on(company: Company) -> None:
    world = company.world
    contact = world.customer("Ray Ortega")
    record = world.subscribe(contact, "80", billed_elsewhere=True)
    assert company.client.get(company.address("subscriptions", record, "edit")).status_code == 404
    wrong = company.send(
        "subscriptions", record, "start-billing", first="2025-01-01", before="0", collection="manual"
    )
    assert (wrong.status_code, "Give today or a day to come." in words(wrong)) == (422, True)
    answer = company.send(
        "subscriptions", record, "start-billing", first="2026-01-10", before="2", collection="manual"
    )
    assert toast(company.client, answer) == "Billed here: 80.00 EUR is due on 10 Jan 2026"
    world.until("2026-01-11")
    assert world.invoices(record, "total_minor") == [8_000]


ROLES: list[tuple[str, str, int]] = [
    ("reader", "pause", 403),
    ("reader", "cancel", 403),
    ("sales", "cancel", 403),
    ("finance", "cancel", 200),
    ("admin", "cancel", 200),
]


@pytest.mark.parametrize(("role", "action", "status"), ROLES)
def test_only_who_may_gets_the_dialog_and_does_it(
    company: Company, active: int, role: str, action: str, status: int
) -> None:
    browser = company.as_role(role)
    company.world.db.execute("UPDATE subscription SET owner_id = NULL WHERE id = %s", [active])
    address = company.address("subscriptions", active, action)
    assert browser.get(address).status_code == status
    answer: Any = browser.post(address, {"begins": "now", "when": "now", "acknowledged": "on"})
    assert answer.status_code == (303 if status == 200 else 403)
    assert (company.world.subscription(active, "status") == "active") == (status == 403)


def test_a_subscription_of_another_account_is_not_found(company: Company, active: int) -> None:
    for other in companies():
        address = f"/{other.world.ctx.id}/subscriptions/{active}/actions/cancel"
        assert other.client.get(address).status_code == 404
        assert other.client.post(address, {"when": "now", "acknowledged": "on"}).status_code == 404
        break
    assert company.client.get(company.address("subscriptions", 1, "cancel")).status_code == 404


def test_one_that_was_put_aside_is_released(company: Company, active: int) -> None:
    assert company.client.get(company.address("subscriptions", active, "release")).status_code == 404
    company.world.db.execute(
        "INSERT INTO parked_subscription (account_id, id, cycle, since, code, reason, remedy) "
        "VALUES (%s, %s, 1, '2026-01-05', 'amount', 'a', 'b')",
        [company.world.ctx.id, active],
    )
    told = company.dialog("subscriptions", active, "release")
    assert "The amount is another than the one that was announced" in told
    assert "The next run bills 100.00 EUR, due on 1 Feb 2026, or puts it aside again." in told
    sales = company.as_role("sales")
    assert sales.post(company.address("subscriptions", active, "release")).status_code == 403
    answer = company.send("subscriptions", active, "release")
    assert toast(company.client, answer) == "Released: the next run bills it"
    assert company.world.rows("SELECT id FROM parked_subscription") == []


def test_while_billing_is_held_nothing_is_charged_and_that_is_said(company: Company) -> None:
    world = company.world
    contact = world.customer("Elin Björk")
    id_ = world.subscribe(contact, "50", method=world.method(contact, "approved_after", 2))
    world.until("2026-01-01")
    hold_billing(world.db, world.ctx, actor="user:1")
    assert "Billing is held: it is charged when billing goes on." in company.dialog(
        "subscriptions", id_, "charge-overdue"
    )
    answer = company.send("subscriptions", id_, "charge-overdue")
    assert toast(company.client, answer) == "It is charged when billing goes on."
    assert world.rows("SELECT status, attempts FROM payment") == [("processing", 2)]
    release_billing(world.db, world.ctx, actor="user:1")
    world.until("2026-01-02")
    assert world.rows("SELECT status FROM payment") == [("succeeded",)]
