"""Recurring revenue: exact factors, rounding once, and what counts."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle
from tests.core.strategies import frequencies

from kalends.core.calendar import Frequency
from kalends.core.lifecycle import Status
from kalends.core.revenue import (
    acv_minor,
    arr_minor,
    counts_in_mrr,
    monthly_factor,
    mrr,
    mrr_minor,
    tcv_minor,
)

nets = st.lists(st.integers(0, 10**9), max_size=8)


def test_a_week_counts_52_twelfths_and_two_weeks_26_exactly() -> None:
    assert monthly_factor(Frequency.WEEKLY) == Fraction(52, 12)
    assert monthly_factor(Frequency.BIWEEKLY) == Fraction(26, 12)


@pytest.mark.parametrize("frequency", Frequency)
def test_factors_agree_with_counting_sixty_years(frequency: Frequency) -> None:
    assert monthly_factor(frequency) == oracle.monthly_share(frequency.value)


@given(nets, frequencies)
def test_mrr_and_arr_agree_with_the_oracle(net_by_line: list[int], frequency: Frequency) -> None:
    exact = sum((net * oracle.monthly_share(frequency.value) for net in net_by_line), Fraction(0))
    assert mrr(net_by_line, frequency) == exact
    assert mrr_minor(net_by_line, frequency) == oracle.nearest(exact)
    assert arr_minor(net_by_line, frequency) == oracle.nearest(12 * exact)


def test_ten_a_year_is_an_arr_of_ten_although_its_mrr_is_rounded() -> None:
    assert (mrr_minor([1000], Frequency.ANNUALLY), arr_minor([1000], Frequency.ANNUALLY)) == (83, 1000)


def test_mrr_is_rounded_on_the_sum_of_lines_and_not_line_by_line() -> None:
    assert mrr_minor([100, 100, 100], Frequency.ANNUALLY) == 25


@given(nets, frequencies, st.none() | st.integers(1, 60), st.integers(0, 10**6))
def test_contract_values_agree_with_the_oracle(
    net_by_line: list[int], frequency: Frequency, payments: int | None, one_time: int
) -> None:
    share = oracle.monthly_share(frequency.value)
    months = Fraction(12) if payments is None else payments / share
    total = oracle.nearest(sum(net_by_line) * share * months) + one_time
    assert tcv_minor(net_by_line, frequency, payments, one_time) == total
    expected = oracle.nearest(total * 12 / months) if months > 12 else total
    assert acv_minor(net_by_line, frequency, payments, one_time) == expected


def test_without_a_term_twelve_months_are_counted() -> None:
    assert tcv_minor([1000], Frequency.QUARTERLY, None, 50) == 4050
    assert acv_minor([1000], Frequency.QUARTERLY, None, 50) == 4050


def test_a_term_of_exactly_twelve_months_has_its_whole_value_in_the_year() -> None:
    assert (
        acv_minor([1000], Frequency.WEEKLY, 52, 100) == tcv_minor([1000], Frequency.WEEKLY, 52, 100) == 52100
    )


@pytest.mark.parametrize("status", Status)
def test_only_active_and_past_due_subscriptions_count(status: Status) -> None:
    assert counts_in_mrr(status) == (status in {Status.ACTIVE, Status.PAST_DUE})
