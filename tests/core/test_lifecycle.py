"""The lifecycle: seven statuses, every pair of status and cause decided, and what each status allows."""

from datetime import date, timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import sampled_from

from kalends.core.lifecycle import (
    TRANSITIONS,
    Cause,
    RefusedTransition,
    Status,
    initial_status,
    is_terminal,
    may_be_billed,
    may_be_charged,
    may_be_deleted,
    may_be_edited,
    transition,
)

# For every status, what each cause makes of it; what is not named is refused.
EXPECTED = {
    "scheduled": "start_reached:active charge_failed:unpaid canceled:canceled",
    "active": "charge_failed:unpaid invoice_overdue:past_due paused:paused canceled:canceled period_ended:canceled "
    "term_completed:expired",
    "past_due": "charge_failed:unpaid invoice_overdue:past_due arrears_cleared:active canceled:canceled "
    "period_ended:canceled",
    "unpaid": "charge_failed:unpaid invoice_overdue:unpaid arrears_cleared:active canceled:canceled "
    "period_ended:canceled retries_exhausted:canceled",
    "paused": "charge_failed:paused invoice_overdue:paused arrears_cleared:paused resumed:active canceled:canceled "
    "period_ended:canceled",
    "canceled": "",
    "expired": "",
}
TABLE = {
    (status, cause): dict(pair.split(":") for pair in EXPECTED[status].split()).get(cause.value)
    for status in Status
    for cause in Cause
}


def test_there_are_seven_statuses() -> None:
    assert {status.value for status in Status} == set(EXPECTED)
    assert len(Status) == 7


@pytest.mark.parametrize(("status", "cause"), [pair for pair, after in TABLE.items() if after])
def test_a_cause_leads_to_the_status_of_the_table(status: Status, cause: Cause) -> None:
    assert transition(status, cause).value == TABLE[status, cause]


@pytest.mark.parametrize(("status", "cause"), [pair for pair, after in TABLE.items() if after is None])
def test_every_other_cause_is_refused_in_words_with_a_remedy(status: Status, cause: Cause) -> None:
    with pytest.raises(RefusedTransition) as refused:
        transition(status, cause)
    message = str(refused.value)
    assert status.value.replace("_", " ") in message
    assert f"'{cause.value.replace('_', ' ')}'" in message
    assert message.partition(": ")[2].rstrip(".")


def test_a_refusal_says_what_would_be_right() -> None:
    with pytest.raises(
        RefusedTransition, match=r"canceled cannot take the step 'resumed': .* create a new subscription"
    ):
        transition(Status.CANCELED, Cause.RESUMED)
    with pytest.raises(
        RefusedTransition, match="past due cannot take the step 'paused': only an active subscription"
    ):
        transition(Status.PAST_DUE, Cause.PAUSED)
    with pytest.raises(
        RefusedTransition, match="scheduled cannot take the step 'invoice overdue': start it first"
    ):
        transition(Status.SCHEDULED, Cause.INVOICE_OVERDUE)


def test_only_an_active_subscription_pauses_and_only_a_paused_one_resumes() -> None:
    came_from = {before for (before, _), after in TRANSITIONS.items() if after is Status.PAUSED}
    assert came_from == {Status.ACTIVE, Status.PAUSED}
    assert [before for (before, cause) in TRANSITIONS if cause is Cause.RESUMED] == [Status.PAUSED]


def test_only_what_has_settled_all_payments_expires() -> None:
    assert [pair for pair, after in TRANSITIONS.items() if after is Status.EXPIRED] == [
        (Status.ACTIVE, Cause.TERM_COMPLETED)
    ]


def test_every_status_that_lives_can_be_canceled() -> None:
    for status in Status:
        if not is_terminal(status):
            assert transition(status, Cause.CANCELED) is Status.CANCELED


@pytest.mark.parametrize(
    ("status", "billed", "edited", "deleted"),
    [
        (Status.SCHEDULED, True, True, False),
        (Status.ACTIVE, True, True, False),
        (Status.PAST_DUE, True, False, False),
        (Status.UNPAID, True, False, False),
        (Status.PAUSED, False, False, False),
        (Status.CANCELED, False, False, True),
        (Status.EXPIRED, False, False, True),
    ],
)
def test_what_a_status_allows(status: Status, billed: bool, edited: bool, deleted: bool) -> None:
    assert may_be_billed(status) is billed
    assert may_be_charged(status) is billed
    assert may_be_edited(status) is edited
    assert may_be_deleted(status, creates_invoices=True) is deleted
    assert may_be_deleted(status, creates_invoices=False) is True
    assert is_terminal(status) is deleted


def test_a_subscription_that_starts_tomorrow_is_scheduled_and_one_that_starts_today_is_active() -> None:
    today = date(2026, 3, 1)
    assert initial_status(today + timedelta(1), today) is Status.SCHEDULED
    assert initial_status(today, today) is Status.ACTIVE
    assert initial_status(today - timedelta(1), today) is Status.ACTIVE


class Life(RuleBasedStateMachine):
    """A subscription to which anything happens in any order."""

    status = Status.SCHEDULED
    has_ended = False

    @rule(cause=sampled_from(Cause))
    def something_happens(self, cause: Cause) -> None:
        try:
            after = transition(self.status, cause)
        except RefusedTransition:
            return
        assert not self.has_ended
        assert after is not Status.SCHEDULED
        self.status = after
        self.has_ended = is_terminal(after)

    @invariant()
    def the_ended_are_neither_billed_nor_charged(self) -> None:
        if self.has_ended or self.status is Status.PAUSED:
            assert not may_be_billed(self.status)
            assert not may_be_charged(self.status)


Life.TestCase.settings = settings(max_examples=50, stateful_step_count=20)
TestLife = Life.TestCase
