"""Dunning: cards only, soft declines only, on the days after the first failure, and never one try too few."""

from datetime import date, timedelta

import pytest

from kalends.core.dunning import (
    CUSTOMER_NEEDED,
    HARD_DECLINES,
    may_be_retried,
    next_retry,
    tries_by_schedule,
)

FAILED = date(2026, 2, 26)


def retry(attempt: int, *, method: str = "card", decline: str = "insufficient_funds") -> date | None:
    return next_retry(FAILED, attempt, method=method, decline=decline)


def test_a_card_is_tried_again_after_one_three_five_and_seven_days_and_then_no_more() -> None:
    days = [retry(attempt) for attempt in range(1, 7)]
    assert days == [date(2026, 2, 27), date(2026, 3, 1), date(2026, 3, 3), date(2026, 3, 5), None, None]


@pytest.mark.parametrize("decline", sorted(HARD_DECLINES | CUSTOMER_NEEDED))
def test_a_decline_that_no_later_day_will_change_is_not_tried_again(decline: str) -> None:
    assert retry(1, decline=decline) is None


@pytest.mark.parametrize("decline", ["lost", "stolen", "closed", "expired", "revoked", "no_such_account"])
def test_the_hard_declines_are_on_the_list(decline: str) -> None:
    assert not may_be_retried("card", decline)


@pytest.mark.parametrize("method", ["ach", "bacs", "pads", "sepa"])
def test_a_bank_debit_is_tried_again_only_where_the_account_wants_that(method: str) -> None:
    assert retry(1, method=method) is None
    wanted = next_retry(FAILED, 1, method=method, decline="insufficient_funds", bank_debits=True)
    assert wanted == FAILED + timedelta(1)
    assert next_retry(FAILED, 1, method=method, decline="account_closed", bank_debits=True) is None


def test_a_reason_nobody_knows_counts_as_one_that_may_pass() -> None:
    assert retry(1, decline="computer_says_no") == FAILED + timedelta(1)


def test_an_account_may_have_its_own_days() -> None:
    days = [next_retry(FAILED, n, (2, 10), method="card", decline="insufficient_funds") for n in range(1, 4)]
    assert days == [FAILED + timedelta(2), FAILED + timedelta(10), None]
    assert next_retry(FAILED, 1, (), method="card", decline="insufficient_funds") is None


def test_attempts_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="Attempt 0 is below 1"):
        retry(0)


@pytest.mark.parametrize("schedule", [(0,), (-1, 2), (3, 3), (5, 1)])
def test_days_that_do_not_rise_are_refused(schedule: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="do not rise"):
        next_retry(FAILED, 1, schedule, method="card", decline="insufficient_funds")


def test_tries_made_on_their_days_count_as_they_were_made() -> None:
    days = [0, 1, 3, 5, 7]
    assert [
        tries_by_schedule(FAILED, FAILED + timedelta(day), tried) for tried, day in enumerate(days, start=1)
    ] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("day", range(9))
@pytest.mark.parametrize("more", range(4))
def test_tries_by_hand_take_none_of_the_days_away(day: int, more: int) -> None:
    by_calendar = 1 + sum(planned <= day for planned in (1, 3, 5, 7))
    assert tries_by_schedule(FAILED, FAILED + timedelta(day), by_calendar + more) == by_calendar


def test_tries_that_come_late_are_made_up_for() -> None:
    assert [tries_by_schedule(FAILED, FAILED + timedelta(30), tried) for tried in range(1, 7)] == [
        1,
        2,
        3,
        4,
        5,
        5,
    ]
