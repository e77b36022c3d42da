"""Banking days: four calendars checked against independently computed holidays, and counting over them."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle

from kalends.core.banking_days import (
    REFUND_DAYS,
    SLOWEST_SETTLEMENT_DAYS,
    BankingCalendar,
    add_banking_days,
    closed_days,
    is_banking_day,
    settlement_calendar,
    settlement_days,
)

FED, UK, CA, TARGET2 = BankingCalendar.FED, BankingCalendar.UK, BankingCalendar.CA, BankingCalendar.TARGET2


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    days = [date(year, month, 1) + timedelta(k) for k in range(31)]
    matching = [day for day in days if day.month == month and day.weekday() == weekday]
    return matching[n - 1] if n > 0 else matching[n]


def moved_from_sunday(day: date) -> date:
    return day + timedelta(1) if day.weekday() == 6 else day


def moved_from_weekend(day: date) -> date:
    while day.weekday() >= 5:
        day += timedelta(1)
    return day


def christmas_and_boxing_day(year: int) -> set[date]:
    """Two working days off: whatever of the 25th and 26th falls on a weekend moves to the next free days."""
    off: set[date] = set()
    for day in (date(year, 12, 25), date(year, 12, 26)):
        if day.weekday() < 5:
            off.add(day)
    day = date(year, 12, 27)
    while len(off) < 2:
        if day.weekday() < 5:
            off.add(day)
        day += timedelta(1)
    return off


def federal_reserve(year: int) -> set[date]:
    days = {date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)}
    if year >= 2021:
        days.add(date(year, 6, 19))
    days = {moved_from_sunday(day) for day in days}
    days |= {nth_weekday(year, 1, 0, 3), nth_weekday(year, 2, 0, 3), nth_weekday(year, 5, 0, -1)}
    return days | {nth_weekday(year, 9, 0, 1), nth_weekday(year, 10, 0, 2), nth_weekday(year, 11, 3, 4)}


def england_and_wales(year: int) -> set[date]:
    easter = oracle.easter(year)
    days = {moved_from_weekend(date(year, 1, 1)), easter - timedelta(2), easter + timedelta(1)}
    days |= {nth_weekday(year, 5, 0, 1), nth_weekday(year, 5, 0, -1), nth_weekday(year, 8, 0, -1)}
    return days | christmas_and_boxing_day(year)


def canada(year: int) -> set[date]:
    days = {moved_from_weekend(day) for day in (date(year, 1, 1), date(year, 7, 1), date(year, 11, 11))}
    if year >= 2021:
        days.add(moved_from_weekend(date(year, 9, 30)))
    victoria_day = max(date(year, 5, day) for day in range(18, 25) if date(year, 5, day).weekday() == 0)
    days |= {
        oracle.easter(year) - timedelta(2),
        victoria_day,
        nth_weekday(year, 9, 0, 1),
        nth_weekday(year, 10, 0, 2),
    }
    return days | christmas_and_boxing_day(year)


def target2(year: int) -> set[date]:
    easter = oracle.easter(year)
    days = {date(year, 1, 1), date(year, 5, 1), date(year, 12, 25), date(year, 12, 26)}
    return days | {easter - timedelta(2), easter + timedelta(1)}


RULES = {FED: federal_reserve, UK: england_and_wales, CA: canada, TARGET2: target2}

# Days that a government moved or gave once, by year: (closed, open).
ONCE: dict[tuple[BankingCalendar, int], tuple[set[date], set[date]]] = {
    (UK, 1999): ({date(1999, 12, 31)}, set()),
    (UK, 2002): ({date(2002, 6, 3), date(2002, 6, 4)}, {date(2002, 5, 27)}),
    (UK, 2011): ({date(2011, 4, 29)}, set()),
    (UK, 2012): ({date(2012, 6, 4), date(2012, 6, 5)}, {date(2012, 5, 28)}),
    (UK, 2020): ({date(2020, 5, 8)}, {date(2020, 5, 4)}),
    (UK, 2022): ({date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19)}, {date(2022, 5, 30)}),
    (UK, 2023): ({date(2023, 5, 8)}, set()),
    (TARGET2, 2001): ({date(2001, 12, 31)}, set()),
}


@pytest.mark.parametrize("calendar", BankingCalendar)
def test_the_closed_days_of_every_year_are_those_of_the_rules(calendar: BankingCalendar) -> None:
    rule: Callable[[int], set[date]] = RULES[calendar]
    for year in range(2000, 2101):
        closed, opened = ONCE.get((calendar, year), (set(), set()))
        expected = {day for day in rule(year) if day.weekday() < 5} - opened | closed
        assert closed_days(calendar, year) == expected, f"{calendar} {year}"


def test_target_began_in_1999_with_two_holidays_and_an_extra_closing_day() -> None:
    assert closed_days(TARGET2, 1999) == {date(1999, 1, 1), date(1999, 12, 31)}


def test_the_federal_reserve_is_open_on_friday_3_july_2026() -> None:
    assert is_banking_day(date(2026, 7, 3), FED)


def test_the_federal_reserve_moves_a_sunday_holiday_to_monday_but_no_saturday_holiday_to_friday() -> None:
    assert not is_banking_day(date(2027, 7, 5), FED)
    assert is_banking_day(date(2021, 12, 24), FED)
    assert is_banking_day(date(2021, 12, 31), FED)


def test_canadian_provincial_days_do_not_stop_payments() -> None:
    family_day, civic_holiday = date(2026, 2, 16), date(2026, 8, 3)
    assert is_banking_day(family_day, CA)
    assert is_banking_day(civic_holiday, CA)
    assert not is_banking_day(date(2023, 10, 2), CA)


@pytest.mark.parametrize("year", [1998, 2101])
def test_a_year_without_a_known_list_is_refused(year: int) -> None:
    with pytest.raises(ValueError, match=f"{year} are not known.*1999 to 2100"):
        closed_days(FED, year)


days = st.dates(date(1999, 3, 1), date(2100, 10, 31))


@given(days, st.integers(1, 30), st.sampled_from(BankingCalendar))
def test_counting_forward_passes_exactly_that_many_banking_days(
    day: date, count: int, calendar: BankingCalendar
) -> None:
    reached = add_banking_days(day, count, calendar)
    passed = [day + timedelta(n) for n in range(1, (reached - day).days + 1)]
    assert is_banking_day(reached, calendar)
    assert sum(is_banking_day(one, calendar) for one in passed) == count


@given(days, st.integers(1, 30), st.sampled_from(BankingCalendar))
def test_counting_back_undoes_counting_forward_from_a_banking_day(
    day: date, count: int, calendar: BankingCalendar
) -> None:
    start = add_banking_days(day, 0, calendar)
    assert is_banking_day(start, calendar)
    assert add_banking_days(add_banking_days(start, count, calendar), -count, calendar) == start


def test_a_count_of_zero_is_the_day_itself_or_the_next_one_on_which_banks_are_open() -> None:
    assert add_banking_days(date(2026, 12, 24), 0, TARGET2) == date(2026, 12, 24)
    assert add_banking_days(date(2026, 12, 25), 0, TARGET2) == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("method", "banking_days", "slowest", "calendar"),
    [("ach", 4, 4, FED), ("bacs", 5, 5, UK), ("pads", 5, 5, CA), ("sepa", 5, 14, TARGET2)],
)
def test_a_bank_debit_takes_its_number_of_banking_days(
    method: str, banking_days: int, slowest: int, calendar: BankingCalendar
) -> None:
    assert settlement_days(method) == banking_days
    assert settlement_calendar(method) is calendar
    assert SLOWEST_SETTLEMENT_DAYS[method] == slowest


@pytest.mark.parametrize("ask", [settlement_days, settlement_calendar])
def test_a_method_that_is_no_bank_debit_takes_no_banking_days(ask: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match=r"'card' is not a bank debit; .* ach, bacs, pads, sepa"):
        ask("card")


def test_a_refund_of_a_bank_debit_takes_five_to_ten_banking_days() -> None:
    assert (min(REFUND_DAYS), max(REFUND_DAYS)) == (5, 10)
