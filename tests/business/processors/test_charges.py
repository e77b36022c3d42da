"""Charging a card or a bank account: what is answered at once, what later, and what a lost answer leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kalends.payments.processors.interface import ChargeOutcome
from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.payments.processors.sandbox.cards import OUTCOMES, script_of
from kalends.platform import database
from tests.business.processors.asking import FRIDAY, LONG_AFTER, asked, charged, told


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_approved_card_succeeds_at_once_and_costs_its_fee(sandbox: SandboxProcessor) -> None:
    outcome = charged(sandbox, asked("tok_card_approved", amount=12_500))
    assert (outcome.status, outcome.fee_minor, outcome.decline) == ("succeeded", 363, None)
    assert outcome.reference is not None
    assert outcome.reference.startswith("ch_")


def test_a_card_that_was_answered_at_once_is_not_reported_again(sandbox: SandboxProcessor) -> None:
    sandbox.charge([asked("tok_card_approved", "a"), asked("tok_card_declined", "b")])
    assert sandbox.next_report_at() is None
    assert told(sandbox) == []


@pytest.mark.parametrize(
    ("outcome", "code", "decline"),
    [
        ("declined", "card_declined", "soft"),
        ("postal_code", "incorrect_postal_code", "soft"),
        ("insufficient_funds", "insufficient_funds", "soft"),
        ("expired", "expired_card", "hard"),
        ("lost", "lost_card", "hard"),
        ("stolen", "stolen_card", "hard"),
        ("closed", "account_closed", "hard"),
        ("needs_authentication", "authentication_required", "hard"),
    ],
)
def test_a_card_is_declined_softly_or_hard(
    sandbox: SandboxProcessor, outcome: str, code: str, decline: str
) -> None:
    answer = charged(sandbox, asked(f"tok_card_{outcome}"))
    assert (answer.status, answer.failure_code, answer.decline, answer.fee_minor) == (
        "failed",
        code,
        decline,
        0,
    )
    assert answer.failure_message


@pytest.mark.parametrize(
    ("token", "sent", "settles"),
    [
        ("tok_ach_approved", "2026-02-27T09:30", "2026-03-05"),
        ("tok_ach_approved", "2026-07-01T00:00", "2026-07-07"),
        ("tok_bacs_approved", "2026-03-31T23:59", "2026-04-09"),
        ("tok_pads_approved", "2026-06-26T12:00", "2026-07-06"),
        ("tok_sepa_approved", "2026-04-02T12:00", "2026-04-13"),
        ("tok_sepa_approved.14", "2026-04-02T12:00", "2026-04-24"),
        ("tok_ach_closed", "2026-02-27T09:30", "2026-03-05"),
        ("tok_sepa_not_authorized.1", "2026-02-27T09:30", "2026-03-02"),
    ],
)
def test_a_bank_debit_is_processing_for_its_banking_days_and_then_ends(
    sandbox: SandboxProcessor, token: str, sent: str, settles: str
) -> None:
    request = asked(token, at=at(sent))
    answer = charged(sandbox, request)
    end = at(f"{settles}T06:00")
    assert (answer.status, answer.fee_minor) == ("processing", 0)
    assert sandbox.next_report_at() == end
    assert told(sandbox, end - timedelta(seconds=1)) == []
    (report,) = told(sandbox, end)
    failure = script_of(token).failure
    assert report.kind == ("charge.failed" if failure else "charge.succeeded")
    assert (report.failure_code, report.occurred_at, report.due_at) == (failure, end, end)
    assert (report.amount_minor, report.currency, report.metadata) == (
        12_500,
        request.currency,
        request.metadata,
    )
    assert report.fee_minor == (0 if failure else 125)
    assert told(sandbox) == []


def test_a_card_approved_after_three_tries_fails_softly_twice(sandbox: SandboxProcessor) -> None:
    answers = [
        charged(sandbox, asked("tok_card_approved_after.3-anna", f"invoice-1:{attempt}"))
        for attempt in (1, 2, 3, 4)
    ]
    assert [answer.status for answer in answers] == ["failed", "failed", "succeeded", "succeeded"]
    assert [answer.decline for answer in answers[:2]] == ["soft", "soft"]


def test_tries_are_counted_by_key_so_that_repeating_one_is_no_new_try(sandbox: SandboxProcessor) -> None:
    first, second = (asked("tok_card_approved_after.2", key) for key in ("a", "b"))
    assert [charged(sandbox, first).status for _ in range(3)] == ["failed"] * 3
    assert charged(sandbox, second).status == "succeeded"
    assert charged(sandbox, first).status == "failed"


def test_tries_within_one_call_count_one_after_the_other(sandbox: SandboxProcessor) -> None:
    tokens = ["tok_ach_approved_after.2-x", "tok_ach_approved_after.2-y", "tok_ach_approved_after.2-x"]
    sandbox.charge([asked(token, f"k{number}") for number, token in enumerate(tokens)])
    ends = {report.idempotency_key: report.kind for report in told(sandbox)}
    assert ends == {"k0": "charge.failed", "k1": "charge.failed", "k2": "charge.succeeded"}


def test_a_card_that_times_out_but_was_charged_is_found_by_asking(sandbox: SandboxProcessor) -> None:
    request = asked("tok_card_timeout_charged")
    assert charged(sandbox, request) == ChargeOutcome(request.idempotency_key, "unknown")
    found = sandbox.lookup([request.idempotency_key], FRIDAY)[request.idempotency_key]
    assert (found.status, found.fee_minor) == ("succeeded", 363)
    assert charged(sandbox, request) == found, "sending the same key again gives the answer that was lost"


def test_a_time_out_may_also_hide_a_decline(sandbox: SandboxProcessor) -> None:
    request = asked("tok_card_timeout_declined")
    assert charged(sandbox, request).status == "unknown"
    found = sandbox.lookup([request.idempotency_key], FRIDAY)[request.idempotency_key]
    assert (found.status, found.decline) == ("failed", "soft")
    (report,) = told(sandbox)
    assert (report.kind, report.decline) == ("charge.failed", "soft")


def test_a_charge_whose_answer_was_lost_is_reported_an_hour_later(sandbox: SandboxProcessor) -> None:
    charged(sandbox, asked("tok_card_timeout_charged"))
    (report,) = told(sandbox)
    assert (report.kind, report.fee_minor) == ("charge.succeeded", 363)
    assert (report.occurred_at, report.due_at) == (FRIDAY, FRIDAY + timedelta(hours=1))


@pytest.mark.parametrize("method", ["card", "sepa"])
def test_a_request_that_was_lost_on_the_way_was_never_seen_and_may_be_sent_again(
    sandbox: SandboxProcessor, method: str
) -> None:
    request = asked(f"tok_{method}_timeout_not_charged")
    assert charged(sandbox, request).status == "unknown"
    assert sandbox.lookup([request.idempotency_key], LONG_AFTER) == {}
    assert told(sandbox) == []
    assert list(sandbox.statement(FRIDAY.date(), LONG_AFTER.date())) == []
    again = charged(sandbox, request)
    assert again.status == ("succeeded" if method == "card" else "processing")
    assert charged(sandbox, request) == again
    assert len(told(sandbox)) == (0 if method == "card" else 1)
    assert len(list(sandbox.statement(FRIDAY.date(), LONG_AFTER.date()))) == 1


def test_asking_tells_what_is_true_at_that_instant(sandbox: SandboxProcessor) -> None:
    request = asked("tok_ach_approved")
    charged(sandbox, request)
    settles = sandbox.next_report_at()
    assert settles is not None
    before, after = (
        sandbox.lookup([request.idempotency_key, "never sent"], instant)
        for instant in (settles - timedelta(microseconds=1), settles)
    )
    assert {key: answer.status for key, answer in before.items()} == {request.idempotency_key: "processing"}
    assert (after[request.idempotency_key].status, after[request.idempotency_key].fee_minor) == (
        "succeeded",
        125,
    )


def test_a_call_of_all_kinds_is_answered_in_its_order(sandbox: SandboxProcessor) -> None:
    tokens = [
        f"tok_{method}_{name}" for name, outcome in OUTCOMES.items() for method in sorted(outcome.methods)
    ]
    requests = [asked(token, f"key {number}") for number, token in enumerate(reversed(tokens))]
    together = sandbox.charge(requests)
    assert [answer.idempotency_key for answer in together] == [
        request.idempotency_key for request in requests
    ]
    assert {answer.status for answer in together} == {"succeeded", "processing", "failed", "unknown"}


def test_the_world_is_the_same_whenever_it_is_played_and_however_it_is_cut_into_calls(
    sandbox: SandboxProcessor, merchant: int
) -> None:
    tokens = [
        f"tok_{method}_{name}" for name, outcome in OUTCOMES.items() for method in sorted(outcome.methods)
    ]
    requests = [asked(token, f"key {number}") for number, token in enumerate(tokens)]
    one_by_one = [charged(sandbox, request) for request in requests]
    reports = told(sandbox)
    with database.connect() as connection:
        connection.execute("SELECT set_config('kalends.account_id', %s, false)", [str(merchant)])
        connection.execute("DELETE FROM sandbox_charge")
    assert sandbox.charge(requests) == one_by_one
    assert told(sandbox) == reports


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "tok_visa"}, "no_such_token"),
        ({"method_kind": "ach"}, "wrong_method"),
        ({"amount_minor": 0}, "invalid_amount"),
        ({"amount_minor": -5}, "invalid_amount"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_does_not_use_up_its_key(
    sandbox: SandboxProcessor, changes: dict[str, str | int], code: str
) -> None:
    good = asked("tok_card_approved")
    answer = charged(sandbox, good._replace(**changes))
    assert (answer.status, answer.failure_code, answer.decline) == ("failed", code, "hard")
    assert charged(sandbox, good).status == "succeeded"


def test_a_bank_debit_in_a_foreign_currency_is_refused(sandbox: SandboxProcessor) -> None:
    answer = charged(sandbox, asked("tok_ach_approved")._replace(currency="EUR"))
    assert (answer.failure_code, answer.failure_message) == (
        "currency_not_supported",
        "ach cannot be charged in EUR.",
    )


def test_an_instant_without_a_time_zone_is_a_programming_error(sandbox: SandboxProcessor) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        sandbox.charge([asked("tok_card_approved", at=FRIDAY.replace(tzinfo=None))])
