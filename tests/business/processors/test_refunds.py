"""Giving money back: at once for cards, in 5 to 10 banking days for bank debits, never more than was paid."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from kalends.core.banking_days import BankingCalendar, add_banking_days
from kalends.payments.processors.interface import ChargeRequest, RefundOutcome, RefundRequest
from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.platform import database
from tests.business.processors.asking import FRIDAY, LONG_AFTER, asked, charged, giving_back, story, told


def refunded(sandbox: SandboxProcessor, request: RefundRequest) -> RefundOutcome:
    (outcome,) = sandbox.refund([request])
    return outcome


def test_a_card_refund_succeeds_at_once_and_reaches_the_customer_in_five_days(
    sandbox: SandboxProcessor,
) -> None:
    charge = asked("tok_card_approved")
    charged(sandbox, charge)
    answer = refunded(sandbox, giving_back(charge, 12_500))
    assert (answer.status, answer.settles_on) == ("succeeded", date(2026, 3, 4))
    assert answer.reference is not None
    assert answer.reference.startswith("re_")
    assert told(sandbox) == []


def test_a_bank_debit_s_refund_takes_five_to_ten_banking_days(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_ach_approved")
    charged(sandbox, charge)
    (settled,) = told(sandbox)
    days = set()
    for number in range(40):
        asked_for = giving_back(charge, 100, f"refund-{number}", at=settled.due_at)
        answer = refunded(sandbox, asked_for)
        assert answer.status == "processing"
        days.add(answer.settles_on)
    possible = {add_banking_days(settled.due_at.date(), count, BankingCalendar.FED) for count in range(5, 11)}
    assert days == possible
    reports = told(sandbox)
    assert {report.kind for report in reports} == {"refund.succeeded"}
    assert {report.refund_key for report in reports} == {f"refund-{number}" for number in range(40)}
    assert {report.occurred_at.hour for report in reports} == {6}


def test_a_refund_s_report_carries_the_metadata_of_both_and_the_refund_s_amount(
    sandbox: SandboxProcessor,
) -> None:
    charge = asked("tok_ach_approved")
    charged(sandbox, charge)
    refunded(sandbox, giving_back(charge, 500))
    report = told(sandbox)[-1]
    assert (report.kind, report.idempotency_key, report.refund_key) == (
        "refund.succeeded",
        "invoice-1:1",
        "refund-1",
    )
    assert (report.amount_minor, report.fee_minor) == (500, 0)
    assert report.metadata == {**charge.metadata, "refund_id": 3}


def test_the_refund_of_a_debit_that_is_still_processing_waits_until_it_has_settled(
    sandbox: SandboxProcessor,
) -> None:
    charge = asked("tok_ach_approved")
    charged(sandbox, charge)
    assert refunded(sandbox, giving_back(charge, 12_500)).status == "processing"
    settled, given_back = told(sandbox)
    assert (settled.kind, given_back.kind) == ("charge.succeeded", "refund.succeeded")
    assert given_back.occurred_at.date() >= add_banking_days(
        settled.occurred_at.date(), 5, BankingCalendar.FED
    )


def test_the_refund_of_a_debit_that_then_fails_fails_with_it(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_ach_insufficient_funds")
    charged(sandbox, charge)
    assert refunded(sandbox, giving_back(charge, 12_500)).status == "processing"
    reports = {report.kind: report for report in told(sandbox)}
    assert reports.keys() == {"charge.failed", "refund.failed"}
    assert reports["refund.failed"].failure_code == "charge_failed"
    assert reports["refund.failed"].due_at == reports["charge.failed"].due_at


@pytest.mark.parametrize("method", ["card", "bacs"])
def test_a_refund_may_fail_days_later_and_can_be_asked_for_again(
    sandbox: SandboxProcessor, method: str
) -> None:
    charge = asked(f"tok_{method}_refund_fails")
    charged(sandbox, charge)
    assert refunded(sandbox, giving_back(charge, 12_500)).status == "processing"
    assert refunded(sandbox, giving_back(charge, 1, "meanwhile")).failure_code == "invalid_amount"
    report = told(sandbox)[-1]
    assert (report.kind, report.failure_code) == ("refund.failed", "refund_failed")
    later = sandbox.lookup_refunds(["refund-1"], report.due_at)["refund-1"]
    assert (later.status, later.failure_code, later.settles_on) == ("failed", "refund_failed", None)
    assert refunded(sandbox, giving_back(charge, 12_500, "again", at=report.due_at)).status == "processing"


def test_no_more_is_given_back_than_was_paid_in_one_call_or_several(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_card_approved", amount=1_000)
    charged(sandbox, charge)
    answers = sandbox.refund(
        [giving_back(charge, 600, "a"), giving_back(charge, 500, "b"), giving_back(charge, 300, "c")]
    )
    assert [answer.status for answer in answers] == ["succeeded", "failed", "succeeded"]
    assert (
        answers[1].failure_message == "500 cannot be given back; it must be positive and at most 400 is left."
    )
    assert refunded(sandbox, giving_back(charge, 101, "d")).failure_code == "invalid_amount"
    assert refunded(sandbox, giving_back(charge, 100, "e")).status == "succeeded"


def test_many_who_refund_one_charge_at_once_never_give_back_too_much(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_card_approved", amount=1_000)
    charged(sandbox, charge)
    with ThreadPoolExecutor(8) as staff:
        answers = list(
            staff.map(lambda number: refunded(sandbox, giving_back(charge, 300, f"r{number}")), range(10))
        )
    assert sorted(answer.status for answer in answers) == ["failed"] * 7 + ["succeeded"] * 3


def test_the_same_key_gives_the_first_answer_again_and_with_other_parameters_is_refused(
    sandbox: SandboxProcessor,
) -> None:
    charge = asked("tok_ach_approved")
    charged(sandbox, charge)
    request = giving_back(charge, 500)
    first = refunded(sandbox, request)
    assert refunded(sandbox, request._replace(at=LONG_AFTER)) == first
    refusal = refunded(sandbox, request._replace(amount_minor=501))
    assert refusal.failure_code == "idempotency_key_reused"
    assert "amount was 500, now 501" in (refusal.failure_message or "")
    assert len(told(sandbox)) == 2


def test_days_are_counted_in_utc_whatever_zone_the_database_speaks(merchant: int) -> None:
    def connect_in_tokyo() -> psycopg.Connection[tuple[Any, ...]]:
        connection = database.connect(autocommit=True)
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        return connection

    sandbox = SandboxProcessor(connect_in_tokyo, merchant)
    charge = asked("tok_card_approved", at=FRIDAY.replace(hour=23))
    charged(sandbox, charge)
    first, again = (refunded(sandbox, giving_back(charge, 1)) for _ in range(2))
    assert first == again
    assert first.settles_on == date(2026, 3, 4)
    assert [line.on for line in sandbox.statement(date(2026, 2, 27), date(2026, 2, 27))] == [
        date(2026, 2, 27)
    ] * 2
    sandbox.close()


def test_asking_for_a_refund_tells_what_is_true_at_that_instant(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_ach_approved")
    charged(sandbox, charge)
    refunded(sandbox, giving_back(charge, 500))
    end = told(sandbox)[-1].due_at
    before, after = (
        sandbox.lookup_refunds(["refund-1", "never"], at) for at in (end - timedelta(seconds=1), end)
    )
    assert {key: answer.status for key, answer in before.items()} == {"refund-1": "processing"}
    assert {key: answer.status for key, answer in after.items()} == {"refund-1": "succeeded"}


def _of_another_charge(charge: ChargeRequest) -> RefundRequest:
    return giving_back(charge, 100)._replace(charge_key="never sent")


def _in_another_currency(charge: ChargeRequest) -> RefundRequest:
    return giving_back(charge, 100)._replace(currency="NOK")


@pytest.mark.parametrize(
    ("token", "refund", "code"),
    [
        ("tok_card_approved", _of_another_charge, "charge_not_found"),
        ("tok_card_approved", _in_another_currency, "wrong_currency"),
        ("tok_card_approved", lambda charge: giving_back(charge, 0), "invalid_amount"),
        ("tok_card_declined", lambda charge: giving_back(charge, 100), "charge_failed"),
        ("tok_card_timeout_not_charged", lambda charge: giving_back(charge, 100), "charge_not_found"),
        ("tok_card_dispute", lambda charge: giving_back(charge, 100, at=LONG_AFTER), "charge_disputed"),
        ("tok_card_dispute_lost", lambda charge: giving_back(charge, 100, at=LONG_AFTER), "charge_disputed"),
    ],
)
def test_a_refund_that_makes_no_sense_is_refused(
    sandbox: SandboxProcessor, token: str, refund: Callable[[ChargeRequest], RefundRequest], code: str
) -> None:
    charge = asked(token)
    charged(sandbox, charge)
    answer = refunded(sandbox, refund(charge))
    assert (answer.status, answer.failure_code, answer.reference) == ("failed", code, None)
    assert answer.failure_message
    assert sandbox.lookup_refunds(["refund-1"], LONG_AFTER) == {}


def test_a_customer_who_got_money_back_does_not_dispute_the_charge(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_ach_dispute_lost")
    charged(sandbox, charge)
    refunded(sandbox, giving_back(charge, 100))
    assert [kind for kind, _ in story(told(sandbox))] == ["charge.succeeded", "refund.succeeded"]


def test_a_refund_after_a_dispute_was_won_leaves_its_history_alone(sandbox: SandboxProcessor) -> None:
    charge = asked("tok_card_dispute_won")
    charged(sandbox, charge)
    assert refunded(sandbox, giving_back(charge, 12_500, at=LONG_AFTER)).status == "succeeded"
    assert [report.kind for report in told(sandbox)] == ["charge.disputed", "dispute.won"]
    kinds = [line.kind for line in sandbox.statement(FRIDAY.date(), LONG_AFTER.date())]
    assert kinds == ["charge", "dispute", "dispute_won", "refund"]
