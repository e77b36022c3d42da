"""A period's price is shared by whole days, rounded once."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalends.core.proration import prorated_minor, share_left

days = st.dates(date(2000, 1, 1), date(2099, 1, 1))
lengths = st.integers(1, 1900)


@given(days, lengths)
def test_everything_is_left_on_the_first_day_and_nothing_after_the_last(start: date, length: int) -> None:
    end = start + timedelta(days=length)

    assert share_left(start, end, start) == 1
    assert share_left(start, end, end) == 0
    assert share_left(start, end, end - timedelta(days=1)) == Fraction(1, length)


@given(days, lengths, st.integers(-10, 2000))
def test_outside_the_period_it_is_as_at_its_borders(start: date, length: int, offset: int) -> None:
    end = start + timedelta(days=length)
    left = max(0, min(length, length - offset))

    assert share_left(start, end, start + timedelta(days=offset)) == Fraction(left, length)


@given(st.integers(0, 10**9), days, lengths, st.integers(0, 1900))
def test_the_share_differs_from_the_exact_one_by_half_a_minor_unit_at_most(
    amount: int, start: date, length: int, offset: int
) -> None:
    end, on = start + timedelta(days=length), start + timedelta(days=min(offset, length))

    exact = Fraction(amount) * (end - on).days / length
    assert abs(prorated_minor(amount, start, end, on) - exact) <= Fraction(1, 2)


def test_a_period_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="has no days"):
        share_left(date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1))
