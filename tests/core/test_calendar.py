"""Dates: due dates from the anchor, terms, delayed starts, cycles due, and local days across clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle
from tests.core.strategies import dates, frequencies

from kalends.core.calendar import (
    Frequency,
    UnknownTimeZone,
    billing_instant,
    cycle_period,
    cycles_due,
    due_date,
    end_date,
    local_date,
    number_of_payments,
    resolve_start,
    start_of_day,
    term_of,
)

EVERY_DAY = [date(2024, 1, 1) + timedelta(n) for n in range(366 + 365)]
ZONES = [
    "UTC",
    "Europe/Oslo",
    "Europe/Helsinki",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
]
ZONES += ["Pacific/Apia", "Asia/Kathmandu", "America/Havana", "Asia/Beirut", "Africa/Cairo"]


@pytest.mark.parametrize(
    ("value", "unit", "count"),
    [
        ("weekly", "week", 1),
        ("biweekly", "week", 2),
        ("monthly", "month", 1),
        ("quarterly", "month", 3),
        ("per_six_months", "month", 6),
        ("annually", "month", 12),
        ("per_two_years", "month", 24),
        ("per_three_years", "month", 36),
        ("per_four_years", "month", 48),
        ("per_five_years", "month", 60),
    ],
)
def test_there_are_ten_frequencies(value: str, unit: str, count: int) -> None:
    frequency = Frequency(value)
    assert (frequency.unit, frequency.count, str(frequency)) == (unit, count, value)
    assert len(Frequency) == 10


def test_a_frequency_that_is_not_on_the_list_does_not_exist() -> None:
    with pytest.raises(ValueError, match="fortnightly"):
        Frequency("fortnightly")


def test_the_31st_comes_back_after_february() -> None:
    days = [due_date(date(2026, 1, 31), Frequency.MONTHLY, n).day for n in range(13)]
    assert days == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]


def test_the_29th_of_february_comes_back_in_leap_years() -> None:
    days = [due_date(date(2024, 2, 29), Frequency.ANNUALLY, n).isoformat() for n in range(5)]
    assert days == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
    assert due_date(date(2096, 2, 29), Frequency.PER_FOUR_YEARS, 1) == date(2100, 2, 28)
    assert due_date(date(1996, 2, 29), Frequency.PER_FOUR_YEARS, 1) == date(2000, 2, 29)


@pytest.mark.parametrize("frequency", Frequency)
def test_every_day_of_a_leap_and_a_common_year_agrees_with_dateutil_for_five_years(
    frequency: Frequency,
) -> None:
    for anchor in EVERY_DAY:
        for n in range(0, 61, 1 if anchor.day > 27 else 7):
            assert due_date(anchor, frequency, n) == oracle.nth_date(anchor, frequency, n)


@given(dates, frequencies, st.integers(-100, 300))
def test_any_due_date_agrees_with_dateutil(anchor: date, frequency: Frequency, n: int) -> None:
    assert due_date(anchor, frequency, n) == oracle.nth_date(anchor, frequency, n)


@pytest.mark.parametrize("frequency", Frequency)
def test_cycles_touch_and_never_overlap_whatever_the_day_of_the_anchor(frequency: Frequency) -> None:
    for anchor in EVERY_DAY:
        periods = [cycle_period(anchor, frequency, n) for n in range(14)]
        assert periods[0][0] == anchor
        assert all(start < end for start, end in periods)
        assert all(earlier[1] == later[0] for earlier, later in pairwise(periods))


@given(dates, st.integers(-200, 400))
def test_a_monthly_due_date_is_the_anchors_day_or_the_last_of_the_month(anchor: date, n: int) -> None:
    due = due_date(anchor, Frequency.MONTHLY, n)
    is_last_of_month = (due + timedelta(1)).day == 1
    assert due.day == anchor.day or (due.day < anchor.day and is_last_of_month)


def test_six_monthly_payments_from_1_march_end_on_1_september_and_charge_last_on_1_august() -> None:
    assert end_date(date(2026, 3, 1), Frequency.MONTHLY, 6) == date(2026, 9, 1)
    assert due_date(date(2026, 3, 1), Frequency.MONTHLY, 5) == date(2026, 8, 1)


@pytest.mark.parametrize("payments", [0, -1])
def test_a_fixed_term_has_at_least_one_payment(payments: int) -> None:
    with pytest.raises(ValueError, match=f"{payments} is below 1"):
        end_date(date(2026, 3, 1), Frequency.MONTHLY, payments)
    with pytest.raises(ValueError, match=f"{payments} is below 1"):
        term_of(payments, Frequency.MONTHLY)


@pytest.mark.parametrize(
    ("term", "frequency", "payments"),
    [
        ("P12M", Frequency.MONTHLY, 12),
        ("P1Y", Frequency.MONTHLY, 12),
        ("P1Y6M", Frequency.QUARTERLY, 6),
        ("P24M", Frequency.ANNUALLY, 2),
        ("P10Y", Frequency.PER_FIVE_YEARS, 2),
        ("P52W", Frequency.WEEKLY, 52),
        ("P52W", Frequency.BIWEEKLY, 26),
    ],
)
def test_a_term_holds_a_number_of_payments(term: str, frequency: Frequency, payments: int) -> None:
    assert number_of_payments(term, frequency) == payments


@pytest.mark.parametrize(
    ("term", "frequency", "remedy"),
    [
        ("P7M", Frequency.QUARTERLY, "multiple of P3M"),
        ("P18M", Frequency.ANNUALLY, "multiple of P1Y"),
        ("P3W", Frequency.BIWEEKLY, "multiple of P2W"),
        ("P1Y", Frequency.WEEKLY, "multiple of P1W"),
        ("P4W", Frequency.MONTHLY, "multiple of P1M"),
        ("P0M", Frequency.MONTHLY, "multiple of P1M"),
        ("P", Frequency.MONTHLY, "multiple of P1M"),
    ],
)
def test_a_term_that_is_no_whole_number_of_periods_is_refused(
    term: str, frequency: Frequency, remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy):
        number_of_payments(term, frequency)


@pytest.mark.parametrize(
    "term", ["", "12", "P30D", "PT1H", "p12m", "P-1M", "P1.5Y", "P1M1Y", "P1Y1W", "P12M\n"]
)
def test_a_term_that_is_no_duration_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match="write it like 'P12M'"):
        number_of_payments(term, Frequency.MONTHLY)


@given(st.integers(1, 500), frequencies)
def test_a_number_of_payments_survives_being_written_as_a_term(payments: int, frequency: Frequency) -> None:
    assert number_of_payments(term_of(payments, frequency), frequency) == payments


def test_billing_starts_at_checkout_unless_told_otherwise() -> None:
    checkout = date(2026, 1, 31)
    assert resolve_start(checkout) == checkout
    assert resolve_start(checkout, on=date(2026, 5, 5)) == date(2026, 5, 5)
    assert resolve_start(checkout, delay_days=28) == date(2026, 2, 28)
    assert resolve_start(checkout, delay_months=1) == date(2026, 2, 28)
    assert resolve_start(checkout, delay_days=0) == resolve_start(checkout, delay_months=0) == checkout


def test_a_start_given_in_two_ways_or_before_checkout_by_delay_is_refused() -> None:
    with pytest.raises(ValueError, match=r"more than one way.*delay_days=1, delay_months=2"):
        resolve_start(date(2026, 1, 31), delay_days=1, delay_months=2)
    with pytest.raises(ValueError, match="delay_days=-1 is negative"):
        resolve_start(date(2026, 1, 31), delay_days=-1)
    with pytest.raises(ValueError, match="delay_months=-2 is negative"):
        resolve_start(date(2026, 1, 31), delay_months=-2)


@given(dates, frequencies, st.integers(0, 30), st.integers(-400, 3000), st.none() | st.integers(1, 40))
def test_cycles_due_agree_with_trying_every_cycle(
    anchor: date, frequency: Frequency, first: int, days: int, payments: int | None
) -> None:
    today = anchor + timedelta(days)
    expected = oracle.cycles_begun(anchor, frequency, first, today, payments)
    assert list(cycles_due(anchor, frequency, first, today, payments)) == expected


def test_a_cycle_is_due_on_its_day_and_not_the_day_before() -> None:
    for anchor in EVERY_DAY:
        second = due_date(anchor, Frequency.MONTHLY, 1)
        assert list(cycles_due(anchor, Frequency.MONTHLY, 1, second, None)) == [1]
        assert list(cycles_due(anchor, Frequency.MONTHLY, 1, second - timedelta(1), None)) == []


def test_charges_begin_at_seven_in_winter_and_in_summer() -> None:
    winter = billing_instant(date(2026, 1, 15), "Europe/Helsinki")
    summer = billing_instant(date(2026, 7, 15), "Europe/Helsinki")
    assert winter == datetime(2026, 1, 15, 5, tzinfo=UTC)
    assert summer == datetime(2026, 7, 15, 4, tzinfo=UTC)
    assert winter.tzinfo is UTC


def test_an_hour_that_the_clocks_skip_begins_when_they_jump() -> None:
    assert billing_instant(date(2026, 3, 29), "Europe/Oslo", hour=2) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_midnight_inside_a_skipped_hour_begins_when_the_clocks_jump() -> None:
    # Toronto went from 23:30 on 30 March 1919 to 00:30 on the 31st.
    assert start_of_day(date(1919, 3, 31), "America/Toronto") == datetime(1919, 3, 31, 4, 30, tzinfo=UTC)


def test_an_hour_that_the_clocks_repeat_begins_the_first_time() -> None:
    assert billing_instant(date(2026, 10, 25), "Europe/Oslo", hour=2) == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_a_day_that_a_zone_skipped_begins_together_with_the_next_one() -> None:
    # Samoa went from 29 to 31 December 2011.
    assert start_of_day(date(2011, 12, 30), "Pacific/Apia") == start_of_day(
        date(2011, 12, 31), "Pacific/Apia"
    )


@pytest.mark.parametrize("zone", ZONES)
def test_the_first_moment_of_every_day_is_of_that_day_and_the_one_before_is_not(zone: str) -> None:
    for day in EVERY_DAY:
        start = start_of_day(day, zone)
        assert local_date(start, zone) == day
        assert local_date(start - timedelta(seconds=1), zone) == day - timedelta(1)


@given(dates, st.times(), st.sampled_from(ZONES))
def test_an_instant_lies_between_the_start_of_its_local_day_and_that_of_the_next(
    utc_day: date, utc_time: time, zone: str
) -> None:
    instant = datetime.combine(utc_day, utc_time, UTC)
    day = local_date(instant, zone)
    assert start_of_day(day, zone) <= instant < start_of_day(day + timedelta(1), zone)


@pytest.mark.parametrize("zone", ZONES)
def test_every_local_day_has_its_own_billing_instant(zone: str) -> None:
    instants = [billing_instant(day, zone) for day in EVERY_DAY]
    assert all(
        timedelta(hours=22) < later - earlier < timedelta(hours=26) for earlier, later in pairwise(instants)
    )


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-03-01T12:00:00 has no time zone"):
        local_date(datetime(2026, 3, 1, 12, tzinfo=UTC).replace(tzinfo=None), "Europe/Oslo")


@pytest.mark.parametrize("name", ["Europe/Trondheim", "", "../etc/passwd", "Europe"])
def test_an_unknown_time_zone_is_named_with_what_would_be_right(name: str) -> None:
    with pytest.raises(UnknownTimeZone, match="use an IANA name such as 'Europe/Oslo'") as refused:
        start_of_day(date(2026, 3, 1), name)
    assert repr(name) in str(refused.value)
