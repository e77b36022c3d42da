"""A live account's billing through Stripe: runs, retries, refunds, disputes, debits, silence and a sudden death."""

from __future__ import annotations

import pytest

from kalends.payments.give_back import send_refunds
from kalends.payments.processors.stripe import charges
from kalends.payments.refund import request_refund
from tests.business.messages.post import administrator
from tests.business.stripe.conftest import Shop
from tests.fakes.stripe_server import Fault


def test_a_run_charges_what_is_due_and_the_ledger_agrees_with_stripe_to_the_cent(shop: Shop) -> None:
    sold = [shop.sells() for _ in range(3)]

    result = shop.until("2026-01-01")

    assert (result.invoiced, result.charges.succeeded) == (3, 3)
    assert [shop.payment(each) for each in sold] == [("succeeded", 320, None)] * 3
    assert shop.balance("processor_balance") == 3 * (100_00 - 3_20)
    shop.proved()


def test_a_soft_decline_is_tried_again_on_its_days_and_a_hard_one_is_not(shop: Shop) -> None:
    soft, hard = shop.sells("pm_card_insufficient_funds"), shop.sells("pm_card_stolen_card")

    for day in ("2026-01-01", "2026-01-02", "2026-01-04"):
        shop.until(day)

    tries = "SELECT attempts FROM payment WHERE subscription_id = %s"
    assert (shop.one(tries, soft), shop.one(tries, hard)) == ((3,), (1,))
    assert shop.payment(hard) == ("failed", 0, "stolen_card")
    assert [shop.subscription(each, "status") for each in (soft, hard)] == ["unpaid", "unpaid"]
    shop.proved()


@pytest.mark.parametrize("fault", ["loses answer", "503 afterwards"])
def test_a_charge_whose_answer_was_lost_is_found_within_the_same_run_and_made_once(
    shop: Shop, fault: Fault
) -> None:
    sold = shop.sells()
    shop.stripe.faults.append(fault)

    result = shop.until("2026-01-01")

    assert (result.charges.succeeded, result.charges.unknown) == (1, 0)
    assert shop.payment(sold)[0] == "succeeded"
    assert len(shop.stripe.all("payment_intent")) == 1
    shop.proved()


@pytest.mark.parametrize("fault", ["loses request", "500", "429"])
def test_a_charge_that_never_reached_stripe_is_sent_by_the_next_run_and_was_never_failed(
    shop: Shop, fault: Fault
) -> None:
    sold = shop.sells()
    shop.stripe.faults.append(fault)

    shop.until("2026-01-01")
    between = shop.payment(sold)[0]
    shop.again()

    assert (between, shop.payment(sold)[0]) == ("processing", "succeeded")
    assert len(shop.stripe.all("payment_intent")) == 1
    assert shop.letters("charge_failed") == []
    shop.proved()


def test_a_process_that_dies_between_the_call_and_its_outcome_has_charged_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = shop.sells()
    make = charges.make_charge

    def makes_and_dies(*args: object) -> None:
        make(*args)  # type: ignore[arg-type]
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(charges, "make_charge", makes_and_dies)
        with pytest.raises(MemoryError):
            shop.until("2026-01-01")
    shop.stripe.keys.clear()  # and it stays down for a day, so that Stripe forgets the key
    shop.until("2026-01-03")

    assert shop.payment(sold)[0] == "succeeded"
    assert len(shop.stripe.all("payment_intent")) == 1
    shop.proved()


def test_a_bank_debit_settles_when_its_bank_says_so(shop: Shop) -> None:
    good, bad = shop.sells("pm_sepa_debit_ok", "sepa"), shop.sells("pm_sepa_debit_ok", "sepa")
    shop.until("2026-01-01")
    assert shop.balance("payments_in_transit") == 200_00
    shop.proved()

    first, second = shop.stripe.all("payment_intent")
    shop.stripe.settle(first["id"])
    shop.stripe.settle(second["id"], "insufficient_funds")
    assert shop.hears(*shop.stripe.events("payment_intent")) == [200, 200]
    shop.until("2026-01-07")

    assert {shop.payment(each)[::2] for each in (good, bad)} == {
        ("succeeded", None), ("failed", "insufficient_funds"),
    }  # fmt: skip
    assert shop.balance("payments_in_transit") == 0
    shop.proved()


def test_a_card_is_given_back_at_once_and_the_fee_is_kept(shop: Shop) -> None:
    sold = shop.sells()
    shop.until("2026-01-01")
    payment = shop.one("SELECT id FROM payment WHERE subscription_id = %s", sold)[0]

    request_refund(shop.db, shop.ctx, payment, 30_00)
    shop.stripe.faults.append("loses answer")
    send_refunds(shop.db, shop.ctx, shop.processors)
    send_refunds(shop.db, shop.ctx, shop.processors)

    assert shop.payment(sold)[0] == "partially_refunded"
    assert len(shop.stripe.all("refund")) == 1
    assert shop.balance("processor_balance") == 100_00 - 3_20 - 30_00
    shop.proved()


def test_a_debits_refund_is_on_its_way_until_stripe_tells(shop: Shop) -> None:
    sold = shop.sells("pm_sepa_debit_ok", "sepa")
    shop.until("2026-01-01")
    (intent,) = shop.stripe.all("payment_intent")
    shop.stripe.settle(intent["id"])
    shop.hears(*shop.stripe.events("payment_intent"))
    shop.until("2026-01-05")
    payment = shop.one("SELECT id FROM payment WHERE subscription_id = %s", sold)[0]

    request_refund(shop.db, shop.ctx, payment, None)
    send_refunds(shop.db, shop.ctx, shop.processors)
    assert shop.payment(sold)[0] == "processing_refund"
    (refund,) = shop.stripe.all("refund")
    shop.stripe.settle_refund(refund["id"])
    shop.hears(*shop.stripe.events("refund"))
    shop.until("2026-01-12")

    assert shop.payment(sold)[0] == "refunded"
    shop.proved()


@pytest.mark.parametrize(
    ("won", "status", "left"), [(True, "disputed_won", 81_80), (False, "disputed_lost", -18_20)]
)
def test_a_dispute_takes_the_money_and_a_fee_and_its_decision_may_be_told_first(
    shop: Shop, won: bool, status: str, left: int
) -> None:
    sold = shop.sells()
    shop.until("2026-01-01")
    (intent,) = shop.stripe.all("payment_intent")
    dispute = shop.stripe.dispute(intent["id"])
    shop.stripe.decide(dispute, won=won)
    opened, closed = shop.stripe.events("charge.dispute")

    shop.hears(closed)
    shop.until("2026-02-10", hour=4)
    shop.hears(opened, closed)
    shop.again()

    assert shop.one("SELECT status FROM payment WHERE subscription_id = %s ORDER BY id LIMIT 1", sold) == (
        status,
    )
    entries = "SELECT count(*) FROM ledger_transfer WHERE account_id = %s AND posting LIKE 'dispute%%'"
    assert shop.one(entries, shop.ctx.id) == (3,)
    assert shop.balance("processor_balance") - 96_80 * (len(shop.stripe.all("payment_intent")) - 1) == left
    shop.proved()


def test_a_question_of_the_bank_takes_no_money_and_is_no_dispute(shop: Shop) -> None:
    shop.sells()
    shop.until("2026-01-01")
    (intent,) = shop.stripe.all("payment_intent")

    shop.stripe.dispute(intent["id"], question=True)
    shop.hears(*shop.stripe.events("charge.dispute"))
    shop.again()

    assert shop.rows("SELECT id FROM dispute WHERE account_id = %s", shop.ctx.id) == []
    shop.proved()


def test_a_disconnected_account_charges_nobody_and_fails_nobody(shop: Shop) -> None:
    sold = shop.sells()
    shop.db.execute("UPDATE stripe_connection SET sealed_key = NULL")

    shop.until("2026-01-01")

    assert shop.payment(sold)[0] == "processing"
    assert shop.letters("charge_failed") == []
    assert shop.stripe.all("payment_intent") == []


def test_a_charge_that_stripe_does_not_accept_from_us_is_told_to_staff_and_to_no_customer(shop: Shop) -> None:
    boss = administrator(shop)
    sold, gone = shop.sells("pm_card_small"), shop.sells("pm_gone")

    shop.until("2026-01-01")

    assert [shop.payment(each) for each in (sold, gone)] == [
        ("failed", 0, "invalid_amount"), ("failed", 0, "no_such_token"),
    ]  # fmt: skip
    assert [kind for kind, _ in shop.letters()].count("charge_failed") == 1
    assert [whom for kind, whom in shop.letters() if kind == "payment_failed"] == [boss] * 2
    shop.proved()
