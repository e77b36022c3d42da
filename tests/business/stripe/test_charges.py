"""Charging through Stripe: what each answer, each refusal and each silence means."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.payments.processors.interface import ChargeRequest, ProcessorUnavailable
from kalends.payments.processors.stripe import charges
from kalends.payments.processors.stripe.processor import StripeProcessor
from tests.business.stripe.conftest import asking, giving_back
from tests.fakes.stripe_server import Fault, StripeServer

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_a_card_is_charged_off_session_with_our_key_and_its_fee_is_known_at_once(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    (outcome,) = processor.charge([asking(account_id)])

    (intent,) = stripe.all("payment_intent")
    assert (outcome.status, outcome.reference, outcome.fee_minor) == ("succeeded", intent["id"], 320)
    assert intent["metadata"] == {
        "account_id": str(account_id),
        "invoice_id": "1",
        "attempt": "1",
        "kalends_key": f"kalends-{account_id}-1-1",
    }
    _, _, asked = next(each for each in stripe.requests if each[:2] == ("POST", "/v1/payment_intents"))
    assert (asked["off_session"], asked["confirm"], asked["customer"]) == ("true", "true", "cus_1")


def test_the_same_key_again_gives_the_first_answer_and_asks_stripe_for_no_second_charge(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    first = processor.charge([asking(account_id)])
    stripe.keys.clear()  # a day later Stripe has forgotten the key

    assert processor.charge([asking(account_id)]) == first
    assert stripe.made("/v1/payment_intents") == 1


def test_the_same_key_for_another_amount_is_refused_and_moves_nothing(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    processor.charge([asking(account_id)])

    (outcome,) = processor.charge([asking(account_id, amount_minor=200_00)])

    assert (outcome.status, outcome.failure_code) == ("failed", "idempotency_key_reused")
    assert len(stripe.all("payment_intent")) == 1


@pytest.mark.parametrize(
    ("method", "code", "decline"),
    [
        ("pm_card_insufficient_funds-1", "insufficient_funds", "soft"),
        ("pm_card_do_not_honor-1", "card_declined", "soft"),
        ("pm_card_expired_card-1", "expired_card", "hard"),
        ("pm_card_lost_card-1", "lost_card", "hard"),
        ("pm_card_stolen_card-1", "stolen_card", "hard"),
        ("pm_card_confirm-1", "authentication_required", "hard"),
    ],
)
def test_a_decline_has_our_code_our_words_and_whether_another_day_may_help(
    processor: StripeProcessor, account_id: int, method: str, code: str, decline: str
) -> None:
    (outcome,) = processor.charge([asking(account_id, method)])

    assert (outcome.status, outcome.failure_code, outcome.decline) == ("failed", code, decline)
    assert "Declined" not in (outcome.failure_message or "Declined")
    assert processor.lookup([outcome.idempotency_key], NOW)[outcome.idempotency_key] == outcome


def test_a_method_that_stripe_does_not_have_any_more_fails_for_good(
    processor: StripeProcessor, account_id: int
) -> None:
    (outcome,) = processor.charge([asking(account_id, "pm_gone-1")])

    assert (outcome.status, outcome.failure_code, outcome.decline) == ("failed", "no_such_token", "hard")


@pytest.mark.parametrize("fault", ["loses answer", "503 afterwards"])
def test_an_answer_that_is_lost_is_unknown_and_found_by_its_key(
    processor: StripeProcessor, stripe: StripeServer, account_id: int, fault: Fault
) -> None:
    stripe.faults.append(fault)

    (outcome,) = processor.charge([asking(account_id)])
    found = processor.lookup([outcome.idempotency_key], NOW)

    assert outcome.status == "unknown"
    assert (found[outcome.idempotency_key].status, found[outcome.idempotency_key].fee_minor) == (
        "succeeded",
        320,
    )


@pytest.mark.parametrize("fault", ["loses request", "500", "429", "409"])
def test_a_request_that_did_nothing_is_unknown_never_failed_and_not_in_stripes_book(
    processor: StripeProcessor, stripe: StripeServer, account_id: int, fault: Fault
) -> None:
    stripe.faults.append(fault)

    (outcome,) = processor.charge([asking(account_id)])
    found = processor.lookup([outcome.idempotency_key], NOW)
    (again,) = processor.charge([asking(account_id)])

    assert (outcome.status, found, again.status) == ("unknown", {}, "succeeded")
    assert len(stripe.all("payment_intent")) == 1


def test_a_charge_of_a_customer_with_many_others_is_found_page_after_page(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    stripe.faults.append("loses answer")
    (lost,) = processor.charge([asking(account_id)])
    processor.charge([asking(account_id, number=number) for number in range(2, 112)])

    assert processor.lookup([lost.idempotency_key], NOW)[lost.idempotency_key].status == "succeeded"


def test_a_key_that_is_not_let_in_says_nothing_about_the_customer(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    stripe.key_of_merchant = "rk_test_another0000"

    assert processor.charge([asking(account_id)])[0].status == "unknown"
    with pytest.raises(ProcessorUnavailable, match="does not let this key in"):
        processor.lookup([asking(account_id).idempotency_key], NOW)


def test_a_customer_who_is_there_is_sent_to_the_bank_and_comes_back(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    request = asking(account_id, "pm_card_confirm-1", on_session=True, return_url="https://shop.test/back")
    (outcome,) = processor.charge([request])
    assert (outcome.status, outcome.action_url) == ("processing", f"https://bank.test/{outcome.reference}")

    stripe.settle(outcome.reference or "")

    assert processor.lookup([outcome.idempotency_key], NOW)[outcome.idempotency_key].status == "succeeded"


def test_a_payment_that_nobody_confirmed_for_a_day_is_given_up_for_good(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    (outcome,) = processor.charge([at_the_bank(account_id)])

    stripe.now += dt.timedelta(hours=23)
    early = processor.lookup([outcome.idempotency_key], NOW)
    stripe.now += dt.timedelta(hours=2)
    late = processor.lookup([outcome.idempotency_key], NOW)

    assert early[outcome.idempotency_key].status == "processing"
    given_up = late[outcome.idempotency_key]
    assert (given_up.status, given_up.failure_code) == ("failed", "authentication_required")
    assert stripe.things[outcome.reference or ""]["status"] == "canceled"


@pytest.mark.parametrize("days", [-400, 400])
def test_the_clock_of_a_sandbox_gives_up_no_payment(
    processor: StripeProcessor, stripe: StripeServer, account_id: int, days: int
) -> None:
    (outcome,) = processor.charge([at_the_bank(account_id)])

    moved = stripe.now + dt.timedelta(days=days)
    assert (
        processor.lookup([outcome.idempotency_key], moved)[outcome.idempotency_key].action_url
        == outcome.action_url
    )
    stripe.now += dt.timedelta(hours=25)
    assert processor.lookup([outcome.idempotency_key], moved)[outcome.idempotency_key].status == "failed"


def test_a_payment_that_waits_for_its_customer_can_be_given_up_and_is_never_confirmed_then(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    (outcome,) = processor.charge([at_the_bank(account_id)])

    given_up = processor.give_up([outcome.idempotency_key], NOW)[outcome.idempotency_key]

    assert (given_up.status, given_up.failure_code) == ("failed", "authentication_required")
    assert stripe.things[outcome.reference or ""]["status"] == "canceled"


def test_a_payment_that_was_confirmed_is_not_given_up(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    (outcome,) = processor.charge([at_the_bank(account_id)])
    stripe.settle(outcome.reference or "")

    assert processor.give_up([outcome.idempotency_key], NOW)[outcome.idempotency_key].status == "succeeded"


def test_a_key_whose_first_request_is_still_at_work_is_unknown_never_failed(
    processor: StripeProcessor, stripe: StripeServer, account_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe.faults.append("loses answer")
    (lost,) = processor.charge([asking(account_id, on_session=True, return_url="https://shop.test/back")])
    with monkeypatch.context() as patched:  # Stripe lists the payment intent a moment later
        patched.setattr(charges, "find_intent", lambda *_: None)
        (again,) = processor.charge([asking(account_id)])  # the worker: nobody is there now

    assert (lost.status, again.status) == ("unknown", "unknown")
    assert processor.lookup([lost.idempotency_key], NOW)[lost.idempotency_key].status == "succeeded"


def at_the_bank(account_id: int) -> ChargeRequest:
    """A charge that a customer who is there has to confirm."""
    return asking(account_id, "pm_card_confirm-1", on_session=True, return_url="https://shop.test/back")


def test_a_bank_debit_is_processing_until_its_bank_has_decided(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    asked = [
        asking(account_id, f"pm_sepa_debit_ok-{number}", number, method_kind="sepa") for number in (1, 2)
    ]
    outcomes = processor.charge(asked)
    assert [outcome.status for outcome in outcomes] == ["processing", "processing"]

    stripe.settle(outcomes[0].reference or "")
    stripe.settle(outcomes[1].reference or "", "insufficient_funds")

    found = processor.lookup([each.idempotency_key for each in asked], NOW)
    assert [(each.status, each.failure_code) for each in found.values()] == [
        ("succeeded", None), ("failed", "insufficient_funds"),
    ]  # fmt: skip


def test_a_charge_whose_fee_is_not_known_yet_is_processing_until_it_is(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    (outcome,) = processor.charge([asking(account_id, "pm_card_feeless-1")])
    assert outcome.status == "processing"

    stripe.know_fee(outcome.reference or "")

    found = processor.lookup([outcome.idempotency_key], NOW)[outcome.idempotency_key]
    assert (found.status, found.fee_minor) == ("succeeded", 320)


def test_a_fee_in_the_currency_of_the_balance_is_told_in_the_one_that_was_charged(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    stripe.settles_in, stripe.euro_hundredths = "eur", 87  # 1,000.00 NOK are 87.00 EUR, the fee 2.82 EUR

    (outcome,) = processor.charge([asking(account_id, currency="NOK", amount_minor=1_000_00)])

    assert outcome.fee_minor == 32_41


def test_a_refund_is_made_once_found_by_its_key_and_never_more_than_was_paid(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    processor.charge([asking(account_id)])
    stripe.faults.append("loses answer")

    (lost,) = processor.refund([giving_back(account_id)])
    found = processor.lookup_refunds([lost.idempotency_key], NOW)
    (again,) = processor.refund([giving_back(account_id)])
    (too_much,) = processor.refund([giving_back(account_id, refund=10, amount_minor=70_00)])

    assert lost.status == "unknown"
    assert found[lost.idempotency_key] == again
    assert again.status == "succeeded"
    assert (too_much.status, too_much.failure_code) == ("failed", "charge_already_refunded")
    assert [each["amount"] for each in stripe.all("refund")] == [40_00]


def test_a_refund_of_what_was_never_charged_is_refused(processor: StripeProcessor, account_id: int) -> None:
    (outcome,) = processor.refund([giving_back(account_id)])

    assert (outcome.status, outcome.failure_code) == ("failed", "charge_not_found")


def test_no_subscription_and_no_invoice_is_made_at_stripe(
    processor: StripeProcessor, stripe: StripeServer, account_id: int
) -> None:
    processor.charge([asking(account_id)])
    processor.refund([giving_back(account_id)])

    asked = {path for method, path, _ in stripe.requests if method == "POST"}
    assert asked == {"/v1/payment_intents", "/v1/refunds"}
