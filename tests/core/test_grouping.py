"""Grouping: what shares a subscription, what makes another, and what makes none."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle

from kalends.core.calendar import Frequency
from kalends.core.grouping import RecurringItem, group_items

CHECKOUT = date(2026, 1, 31)
MONTHLY, ANNUALLY = Frequency.MONTHLY, Frequency.ANNUALLY


def keys(items: list[RecurringItem]) -> list[list[object]]:
    return [[item.key for item in group.items] for group in group_items(items, CHECKOUT).groups]


def test_items_that_agree_in_everything_share_one_subscription() -> None:
    assert keys([RecurringItem("a", MONTHLY, 12), RecurringItem("b", MONTHLY, 12)]) == [["a", "b"]]


def test_one_monthly_and_one_annual_item_make_two_subscriptions() -> None:
    assert keys([RecurringItem("a", MONTHLY), RecurringItem("b", ANNUALLY)]) == [["a"], ["b"]]


@pytest.mark.parametrize(
    "other",
    [
        RecurringItem("b", ANNUALLY, 12),
        RecurringItem("b", MONTHLY, 6),
        RecurringItem("b", MONTHLY, None),
        RecurringItem("b", MONTHLY, 12, start=date(2026, 2, 1)),
        RecurringItem("b", MONTHLY, 12, delay_days=1),
    ],
)
def test_any_difference_makes_another_subscription(other: RecurringItem) -> None:
    assert keys([RecurringItem("a", MONTHLY, 12), other]) == [["a"], ["b"]]


def test_delays_that_come_to_one_date_share_a_subscription() -> None:
    items = [
        RecurringItem("date", MONTHLY, start=date(2026, 2, 28)),
        RecurringItem("days", MONTHLY, delay_days=28),
        RecurringItem("months", MONTHLY, delay_months=1),
    ]
    grouping = group_items(items, CHECKOUT)
    assert [(group.start, len(group.items)) for group in grouping.groups] == [(date(2026, 2, 28), 3)]


def test_no_delay_is_the_same_as_starting_at_checkout() -> None:
    items = [RecurringItem("a", MONTHLY), RecurringItem("b", MONTHLY, delay_days=0)]
    assert keys([*items, RecurringItem("c", MONTHLY, start=CHECKOUT)]) == [["a", "b", "c"]]


def test_one_time_items_never_make_a_subscription() -> None:
    grouping = group_items([RecurringItem("setup", None), RecurringItem("plan", MONTHLY)], CHECKOUT)
    assert [item.key for item in grouping.one_time] == ["setup"]
    assert len(grouping.groups) == 1
    assert group_items([], CHECKOUT) == ((), ())


def test_a_single_payment_is_a_term() -> None:
    assert keys([RecurringItem("a", MONTHLY, 1), RecurringItem("b", MONTHLY, 1)]) == [["a", "b"]]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (RecurringItem("a", MONTHLY, 0), "Item 'a': number of payments 0 is below 1"),
        (RecurringItem("a", MONTHLY, delay_days=-1), "Item 'a': The delay delay_days=-1 is negative"),
        (RecurringItem("a", MONTHLY, start=CHECKOUT, delay_days=1), "Item 'a': .* more than one way"),
    ],
)
def test_an_item_that_cannot_be_is_refused_by_its_key(item: RecurringItem, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        group_items([item], CHECKOUT)


starts = st.one_of(
    st.just((None, None, None)),
    st.integers(0, 3).map(lambda days: (CHECKOUT + timedelta(days), None, None)),
    st.integers(0, 3).map(lambda days: (None, days, None)),
    st.integers(0, 1).map(lambda months: (None, None, months)),
)
items_drawn = st.lists(
    st.tuples(st.sampled_from([None, MONTHLY, ANNUALLY]), st.sampled_from([None, 6, 12]), starts), max_size=12
)


@given(items_drawn)
def test_two_items_share_a_subscription_exactly_when_they_agree(
    drawn: list[tuple[Frequency | None, int | None, tuple[date | None, int | None, int | None]]],
) -> None:
    items = [
        RecurringItem(n, frequency, payments, *start) for n, (frequency, payments, start) in enumerate(drawn)
    ]
    grouping = group_items(items, CHECKOUT)
    home = {item.key: n for n, group in enumerate(grouping.groups) for item in group.items}
    assert sorted([*home, *(item.key for item in grouping.one_time)]) == [item.key for item in items]
    for one in items:
        for other in items:
            if one.frequency and other.frequency:
                agree = (one.frequency, one.payments, begins(one)) == (
                    other.frequency,
                    other.payments,
                    begins(other),
                )
                assert (home[one.key] == home[other.key]) == agree
    for group in grouping.groups:
        assert {(item.frequency, item.payments, begins(item)) for item in group.items} == {
            (group.frequency, group.payments, group.start)
        }
    firsts = [group.items[0].key for group in grouping.groups]
    assert firsts == sorted(firsts, key=[item.key for item in items].index)


def begins(item: RecurringItem) -> date:
    if item.start is not None:
        return item.start
    return oracle.nth_date(CHECKOUT, "monthly", item.delay_months or 0) + timedelta(item.delay_days or 0)
