"""Actions on payments: what their dialogs promise, what they do, and who may not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kalends.staff.actions.registry import ACTIONS
from tests.staff.deeds import Company, companies, toast, words


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


def paid(
    company: Company, outcome: str = "approved", *numbers: int, kind: str = "card", until: str = "2026-01-02"
) -> int:
    """A payment of 100 EUR for a subscription; returns its id."""
    world = company.world
    contact = world.customer("Dana Whitfield")
    id_ = world.subscribe(contact, "100", method=world.method(contact, outcome, *numbers, kind=kind))
    world.until(until)
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)[0]


def payment(company: Company, id_: int) -> tuple[str, int]:
    row = company.world.one("SELECT status, refunded_minor FROM payment WHERE id = %s", id_)
    return row[0], row[1]


def test_a_refund_says_where_the_money_goes_and_that_the_subscription_goes_on(company: Company) -> None:
    told = company.dialog("payments", paid(company), "refund")
    assert "It goes back to Visa ··4242 at once" in told
    assert "Fleet Core goes on and is charged as agreed." in told
    assert "The processor keeps its fee of" in told
    assert "At most 100.00 EUR." in told


def test_a_payment_is_given_back_in_parts_and_once_for_each_form(company: Company) -> None:
    id_ = paid(company)
    for _ in range(2):
        answer = company.send("payments", id_, "refund", amount="40.00", reason="Late", request_key="r" * 20)
        assert answer.status_code == 303
    assert payment(company, id_) == ("partially_refunded", 4_000)
    assert "40.00 EUR of 100.00 EUR was given back before." in company.dialog("payments", id_, "refund")
    answer = company.send("payments", id_, "refund", amount="60")
    assert toast(company.client, answer) == "60.00 EUR is given back."
    assert payment(company, id_) == ("refunded", 10_000)
    assert company.agrees()


def test_a_form_for_the_whole_that_is_sent_twice_gives_back_once(company: Company) -> None:
    id_ = paid(company)
    for _ in range(2):
        assert (
            company.send("payments", id_, "refund", amount="100.00", request_key="w" * 20).status_code == 303
        )
    assert company.world.rows("SELECT amount_minor FROM refund") == [(10_000,)]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("100.01", "Give at most 100.00 EUR."),
        ("0", "Give at least 0.01 EUR."),
        ("", "This field is required."),
        ("1.005", "Give an amount such as 1,234.50."),
    ],
)
def test_an_amount_that_cannot_be_given_back_comes_back(company: Company, typed: str, told: str) -> None:
    id_ = paid(company)
    answer = company.send("payments", id_, "refund", amount=typed, reason="Because of that")
    assert (answer.status_code, told in words(answer)) == (422, True)
    assert "Because of that" in answer.content.decode()
    assert payment(company, id_)[1] == 0


def test_amounts_are_written_as_the_user_writes_them(company: Company) -> None:
    company.user.language = "fi"
    company.user.save()
    id_ = paid(company)
    company.send("payments", id_, "refund", amount="12,50")
    assert payment(company, id_) == ("partially_refunded", 1_250)


def test_a_bank_debit_goes_back_in_business_days(company: Company) -> None:
    id_ = paid(company, kind="sepa", until="2026-01-20")
    assert "in 5 to 10 business days" in company.dialog("payments", id_, "refund")
    answer = company.send("payments", id_, "refund", amount="100")
    assert "100.00 EUR is on its way back" in toast(company.client, answer)
    company.world.until("2026-02-20")
    assert payment(company, id_) == ("refunded", 10_000)
    assert company.agrees()


def test_a_debit_under_way_is_given_back_once_it_has_arrived(company: Company) -> None:
    id_ = paid(company, kind="sepa")
    assert "still under way: it is given back once it has arrived" in company.dialog(
        "payments", id_, "refund"
    )
    assert company.send("payments", id_, "refund", amount="100").status_code == 303
    company.world.until("2026-02-20")
    assert payment(company, id_) == ("refunded", 10_000)


def test_a_failed_charge_is_tried_again_and_a_decline_is_told(company: Company) -> None:
    id_ = paid(company, "insufficient_funds", until="2026-01-01")
    told = company.dialog("payments", id_, "retry")
    assert "100.00 EUR is charged by Visa ··4242 now." in told
    assert "Last time: Not enough funds." in told
    answer = company.send("payments", id_, "retry")
    assert "100.00 EUR was declined: Not enough funds." in toast(company.client, answer)
    for _ in range(2):
        company.send("payments", id_, "retry")
    assert "It was tried again 3 times already." in company.dialog("payments", id_, "retry")
    assert company.send("payments", id_, "retry").status_code == 422
    assert company.agrees()


def test_a_charge_that_stays_refused_is_not_tried_again(company: Company) -> None:
    id_ = paid(company, "lost", until="2026-01-01")
    told = company.dialog("payments", id_, "retry")
    assert "Ask the customer for another payment method." in told
    assert "Charge now" not in told
    assert company.send("payments", id_, "retry").status_code == 422


def test_a_receipt_is_sent_again(company: Company) -> None:
    id_ = paid(company)
    company.world.db.execute("UPDATE message SET status = 'kept'")
    assert company.send("payments", id_, "resend-receipt").status_code == 303
    assert len(company.world.letters("receipt")) == 2


def test_a_receipt_that_was_never_written_is_not_sent_again_whatever_is_posted(company: Company) -> None:
    id_ = paid(company, "insufficient_funds", until="2026-01-01")
    answer = company.send("payments", id_, "resend-receipt")
    assert answer.status_code == 422
    assert "This cannot be done to it, as it stands now." in words(answer)
    assert company.world.letters("receipt") == []


def lost(company: Company) -> int:
    """A payment whose charge was sent and got no answer, by a sender that is gone."""
    id_ = paid(company, "insufficient_funds", until="2026-01-01")
    company.world.db.execute(
        "UPDATE charge_attempt SET status = 'sent', sender = 1, answered_at = NULL WHERE payment_id = %s",
        [id_],
    )
    return id_


def test_a_charge_without_an_answer_is_settled_by_hand(company: Company) -> None:
    id_ = lost(company)
    assert "Made: 100.00 EUR pays invoice" in company.dialog("payments", id_, "settle")
    refused = company.send("payments", id_, "settle", found="paid")
    assert (refused.status_code, "give that" in words(refused)) == (422, True)
    answer = company.send(
        "payments", id_, "settle", found="paid", reference="ch_3PqX", fee="1.75", reason="Looked"
    )
    assert toast(company.client, answer) == "Written down as paid"
    row = company.world.one("SELECT status, fee_minor, processor_ref FROM payment WHERE id = %s", id_)
    assert row == ("succeeded", 175, "ch_3PqX")
    assert company.client.get(company.address("payments", id_, "settle")).status_code == 404


def test_a_charge_that_was_never_made_has_failed(company: Company) -> None:
    id_ = lost(company)
    wrong = company.send("payments", id_, "settle", found="not_paid", fee="1")
    assert (wrong.status_code, "has no fee" in words(wrong)) == (422, True)
    company.send("payments", id_, "settle", found="not_paid", reason="Not in the list of 3 January")
    assert payment(company, id_)[0] == "failed"


def test_a_dispute_is_shown_and_nothing_can_be_done_in_its_dialog(company: Company) -> None:
    id_ = paid(company, "dispute_lost", 5, 200, until="2026-01-10")
    told = company.dialog("payments", id_, "dispute")
    assert "The customer disputed 100.00 EUR at their bank" in told
    assert "Send evidence to the processor until" in told
    assert company.send("payments", id_, "dispute").status_code == 405


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("sales", 403), ("finance", 200)])
def test_only_who_manages_payments_gives_back(company: Company, role: str, status: int) -> None:
    id_ = paid(company)
    browser = company.as_role(role)
    assert browser.get(company.address("payments", id_, "refund")).status_code == status
    answer = browser.post(company.address("payments", id_, "refund"), {"amount": "1"})
    assert answer.status_code == (303 if status == 200 else 403)


def test_every_action_with_a_dialog_has_an_address_and_says_what_it_needs() -> None:
    for name, actions in ACTIONS.items():
        assert len({action.key for action in actions}) == len(actions)
        for action in actions:
            assert (action.tell is None) == bool(action.leads_to), (name, action.key)
