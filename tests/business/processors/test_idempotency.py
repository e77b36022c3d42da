"""One key, one effect: repeated, reused, sent by many at once, and while everything else rolls back."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.platform import database
from kalends.platform.errors import UserFacing
from tests.business.processors.asking import FRIDAY, LONG_AFTER, asked, charged, new_merchant, opened, told


def charges_in_the_statement(sandbox: SandboxProcessor) -> int:
    return len(list(sandbox.statement(FRIDAY.date(), LONG_AFTER.date())))


@pytest.mark.parametrize(
    "token", ["tok_card_approved", "tok_card_declined", "tok_ach_approved", "tok_card_reports_late"]
)
def test_the_same_key_gives_the_first_answer_again_however_much_later(
    sandbox: SandboxProcessor, token: str
) -> None:
    first = charged(sandbox, asked(token))
    assert charged(sandbox, asked(token, at=FRIDAY + timedelta(days=400))) == first
    assert charges_in_the_statement(sandbox) <= 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount_minor": 12_501}, "amount was 12500, now 12501"),
        ({"currency": "USD"}, "currency was EUR, now USD"),
        ({"token": "tok_card_approved-other"}, "token was tok_card_approved, now tok_card_approved-other"),
    ],
)
def test_a_key_with_other_parameters_is_refused_and_changes_nothing(
    sandbox: SandboxProcessor, changes: dict[str, str | int], said: str
) -> None:
    request = asked("tok_card_approved")
    first = charged(sandbox, request)
    refusal = charged(sandbox, request._replace(**changes))
    assert (refusal.status, refusal.failure_code, refusal.reference) == (
        "failed",
        "idempotency_key_reused",
        None,
    )
    assert said in (refusal.failure_message or "")
    assert sandbox.lookup([request.idempotency_key], FRIDAY) == {request.idempotency_key: first}


def test_a_key_twice_in_one_call_is_one_charge_and_refused_where_it_differs(
    sandbox: SandboxProcessor,
) -> None:
    request = asked("tok_card_approved")
    first, again, other = sandbox.charge([request, request, request._replace(amount_minor=1)])
    assert first == again
    assert other.failure_code == "idempotency_key_reused"
    assert charges_in_the_statement(sandbox) == 1


def test_many_senders_of_overlapping_calls_charge_each_key_once(sandbox: SandboxProcessor) -> None:
    requests = [asked("tok_ach_approved", f"invoice-{number}:1") for number in range(60)]
    calls = [
        requests[start : start + 40] if start % 2 else requests[start : start + 40][::-1]
        for start in range(20)
    ]
    with ThreadPoolExecutor(8) as senders:
        answers = [answer for call in senders.map(sandbox.charge, calls) for answer in call]
    assert len(set(answers)) == len({answer.idempotency_key for answer in answers})
    assert len(told(sandbox)) == charges_in_the_statement(sandbox) == len(set(answers))


def test_many_senders_of_one_token_are_counted_one_after_the_other(sandbox: SandboxProcessor) -> None:
    with ThreadPoolExecutor(8) as senders:
        answers = list(
            senders.map(
                lambda number: charged(sandbox, asked("tok_card_approved_after.5", f"k{number}")), range(12)
            )
        )
    assert sorted(answer.status for answer in answers) == ["failed"] * 4 + ["succeeded"] * 8


def test_what_was_charged_outlives_a_rollback_of_ours(sandbox: SandboxProcessor, merchant: int) -> None:
    with database.connect() as ours, ours.transaction(force_rollback=True):
        ours.execute("SELECT 1")
        charged(sandbox, asked("tok_card_approved"))
    with opened(merchant) as another:
        assert another.lookup(["invoice-1:1"], FRIDAY).keys() == {"invoice-1:1"}


def test_the_same_key_of_two_merchants_are_two_charges(sandbox: SandboxProcessor) -> None:
    with opened(new_merchant()) as other:
        ours = charged(sandbox, asked("tok_card_approved"))
        theirs = charged(other, asked("tok_card_approved", amount=99))
        assert ours.reference != theirs.reference
        assert (charges_in_the_statement(sandbox), charges_in_the_statement(other)) == (1, 1)


def test_a_connection_that_breaks_makes_the_whole_call_unknown_and_the_next_call_works(
    sandbox: SandboxProcessor,
) -> None:
    charged(sandbox, asked("tok_card_approved", "before"))
    with database.connect(as_owner=True) as owner:
        idle = sandbox._connections._idle[0]
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [idle.info.backend_pid])
    with pytest.raises(ProcessorUnavailable, match="broke off"):
        sandbox.charge([asked("tok_card_approved", "during")])
    assert sandbox.lookup(["before", "during"], FRIDAY).keys() == {"before"}
    assert charged(sandbox, asked("tok_card_approved", "during")).status == "succeeded"


@pytest.mark.parametrize(
    "problem", [psycopg.OperationalError("refused"), UserFacing("The database does not answer.")]
)
def test_a_processor_that_cannot_be_reached_says_so(problem: Exception) -> None:
    def connect() -> psycopg.Connection[tuple[object, ...]]:
        raise problem

    with pytest.raises(ProcessorUnavailable, match="cannot be reached"):
        SandboxProcessor(connect, 1).charge([asked("tok_card_approved")])


def test_a_forked_child_opens_connections_of_its_own(sandbox: SandboxProcessor) -> None:
    charged(sandbox, asked("tok_card_approved", "parent"))
    child = os.fork()
    if child == 0:
        worked = 1
        try:
            worked = 0 if charged(sandbox, asked("tok_card_approved", "child")).status == "succeeded" else 1
        finally:
            os._exit(worked)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sandbox.lookup(["parent", "child"], FRIDAY).keys() == {"parent", "child"}
