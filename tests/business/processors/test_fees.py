"""What the processor keeps: dated data, rounded half up, capped, never given back."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalends.payments.processors.sandbox.fees import FEES, FeeRule, current_rule, fee_minor, rule_for

TODAY = date(2026, 3, 1)
CHANGED = (
    FeeRule("sandbox", "card", "*", date(2020, 1, 1), 29_000),
    FeeRule("sandbox", "card", "*", date(2026, 3, 1), 25_000, fixed_minor=30),
    FeeRule("sandbox", "card", "NOK", date(2026, 4, 1), 14_000),
)


@pytest.mark.parametrize(
    ("method", "currency", "amount", "fee"),
    [
        ("card", "USD", 1_000_00, 29_00),
        ("card", "JPY", 1_000, 29),
        ("card", "NOK", 50, 1),
        ("card", "NOK", 17, 0),
        ("card", "NOK", 500_00, 14_50),
        ("ach", "USD", 100_00, 1_00),
        ("ach", "USD", 1_000_00, 10_00),
        ("ach", "USD", 99_999_99, 10_00),
        ("ach", "USD", 50, 1),
        ("ach", "USD", 49, 0),
        ("sepa", "EUR", 19_90, 20),
        ("bacs", "GBP", 2_000_00, 10_00),
        ("pads", "CAD", 12_34, 12),
    ],
)
def test_a_card_costs_2_9_percent_and_a_bank_debit_1_percent_at_most_ten(
    method: str, currency: str, amount: int, fee: int
) -> None:
    rule = current_rule(method, currency, TODAY)
    assert rule is not None
    assert fee_minor(amount, rule) == fee


@pytest.mark.parametrize(
    ("method", "currency"), [("ach", "EUR"), ("sepa", "NOK"), ("bacs", "USD"), ("pads", "USD")]
)
def test_a_bank_debit_knows_its_own_currency_only(method: str, currency: str) -> None:
    assert current_rule(method, currency, TODAY) is None


@pytest.mark.parametrize(
    ("currency", "on", "millionths"),
    [
        ("EUR", date(2019, 12, 31), None),
        ("EUR", date(2026, 2, 28), 29_000),
        ("EUR", date(2026, 3, 1), 25_000),
        ("NOK", date(2026, 3, 31), 25_000),
        ("NOK", date(2026, 4, 1), 14_000),
    ],
)
def test_a_new_price_holds_from_its_day_and_a_currency_s_own_price_before_the_general_one(
    currency: str, on: date, millionths: int | None
) -> None:
    rule = rule_for(CHANGED, "card", currency, on)
    assert (rule and rule.millionths) == millionths


@given(st.sampled_from([*FEES, *CHANGED]), st.integers(1, 10**12))
def test_the_fee_is_the_exact_share_within_half_a_unit_and_never_above_the_cap(
    rule: FeeRule, amount: int
) -> None:
    exact = Fraction(amount * rule.millionths, 1_000_000) + rule.fixed_minor
    fee = fee_minor(amount, rule)
    if rule.cap_minor is not None and exact >= rule.cap_minor:
        assert fee == rule.cap_minor
    else:
        assert -Fraction(1, 2) < fee - exact <= Fraction(1, 2)
