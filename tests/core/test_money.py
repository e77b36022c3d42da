"""Money: decimals by currency, exact conversion, rounding half up, sharing out without losing a cent."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st
from tests.core import oracle

from kalends.core import currencies
from kalends.core.currencies import MINIMUM_CHARGES, MINOR_DIGITS, MinimumCharge
from kalends.core.money import (
    TooPrecise,
    UnknownCurrency,
    allocate,
    format_minor,
    from_minor,
    minimum_charge,
    minor_digits,
    round_half_up,
    round_ratio,
    to_minor,
)

minor_amounts = st.integers(-(2**63), 2**63 - 1)
codes = st.sampled_from(sorted(MINOR_DIGITS))


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("ISK", 0), ("JPY", 0), ("KWD", 3), ("MGA", 2)])
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


def test_every_currency_that_a_country_uses_today_is_known() -> None:
    territories: dict[str, list[tuple[str, object, object, bool]]] = get_global("territory_currencies")
    in_use = {
        code
        for history in territories.values()
        for code, _, until, is_tender in history
        if until is None and is_tender
    }
    assert len(in_use) > 140
    assert in_use <= set(MINOR_DIGITS)


def test_no_code_is_listed_with_two_different_decimals() -> None:
    lists = (currencies._NO_DECIMALS, currencies._TWO_DECIMALS, currencies._THREE_DECIMALS)
    assert sum(len(text.split()) for text in lists) == len(MINOR_DIGITS)
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in MINOR_DIGITS)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("eur", "use 'EUR'"),
        (" NOK", "use 'NOK'"),
        ("EURO", "three-letter code"),
        ("XAU", "three-letter code"),
        ("", "three"),
    ],
)
def test_an_unknown_currency_is_named_with_what_would_be_right(code: str, remedy: str) -> None:
    with pytest.raises(UnknownCurrency, match=remedy) as refused:
        minor_digits(code)
    assert repr(code) in str(refused.value)


@given(minor_amounts, codes)
def test_minor_and_major_amounts_convert_into_each_other_without_loss(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor
    assert Fraction(from_minor(minor, currency)) == Fraction(minor, 10 ** minor_digits(currency))


def test_trailing_zeros_do_not_make_an_amount_too_precise() -> None:
    assert to_minor(Decimal("11.90000"), "EUR") == 1190
    assert to_minor(Decimal("1E+3"), "JPY") == 1000


def test_an_amount_with_more_decimals_than_its_currency_is_refused_with_a_rounded_proposal() -> None:
    with pytest.raises(TooPrecise, match=r"11\.905 has more than the 2 decimals of EUR.*11\.91"):
        to_minor(Decimal("11.905"), "EUR")
    with pytest.raises(TooPrecise, match=r"0 decimals of JPY"):
        to_minor(Decimal("0.5"), "JPY")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_finite_number_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        to_minor(Decimal(text), "EUR")


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("0.5", 1),
        ("-0.5", -1),
        ("1.5", 2),
        ("2.5", 3),
        ("-2.5", -3),
        ("2.4999999999", 2),
        ("178.5", 179),
        ("0", 0),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_up(Decimal(value)) == rounded
    assert round_half_up(Fraction(value)) == rounded


@given(st.fractions())
def test_rounding_agrees_with_the_oracle(value: Fraction) -> None:
    assert round_half_up(value) == oracle.nearest(value)
    assert round_ratio(3 * value.numerator, 3 * value.denominator) == oracle.nearest(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=9))
def test_a_decimal_is_rounded_as_the_fraction_of_the_same_value(value: Decimal) -> None:
    assert round_half_up(value) == round_half_up(Fraction(value))


weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)


@given(st.integers(-(10**5), 10**5), weights)
def test_shares_agree_with_handing_out_cent_by_cent(total: int, parts: list[int]) -> None:
    assert allocate(total, parts) == oracle.shares(total, parts)


@given(minor_amounts, weights)
def test_shares_add_up_and_stay_within_a_cent_of_the_exact_ones(total: int, parts: list[int]) -> None:
    shared = allocate(total, parts)
    whole = sum(parts)
    assert sum(shared) == total
    for share, weight in zip(shared, parts, strict=True):
        exact = Fraction(total * weight, whole) if whole else Fraction(total, len(parts))
        assert abs(share - exact) < 1


@given(st.integers(-(10**6), 10**6), weights.filter(any))
def test_who_has_no_weight_gets_nothing(total: int, parts: list[int]) -> None:
    assert all(share == 0 for share, weight in zip(allocate(total, parts), parts, strict=True) if weight == 0)


@given(weights, st.data())
def test_no_share_is_more_than_its_weight_when_the_total_is_not(
    parts: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(0, sum(parts)))
    if sum(parts):
        assert all(share <= weight for share, weight in zip(allocate(total, parts), parts, strict=True))


def test_equal_remainders_go_to_the_first() -> None:
    assert allocate(2, [1, 1, 1]) == [1, 1, 0]
    assert allocate(-2, [1, 1, 1]) == [-1, -1, 0]


def test_nothing_may_be_shared_among_nobody_but_an_amount_may_not() -> None:
    assert allocate(0, []) == []
    with pytest.raises(ValueError, match="amount of 5 cannot be shared among nobody"):
        allocate(5, [])


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[3, -1\] hold a negative one"):
        allocate(5, [3, -1])


@pytest.mark.parametrize(
    ("currency", "minor"), [("EUR", 100), ("GBP", 60), ("ISK", 100), ("JPY", 100), ("HUF", 35000)]
)
def test_a_minimum_charge_is_in_minor_units(currency: str, minor: int) -> None:
    assert minimum_charge(currency, date(2026, 3, 1)) == minor


def test_a_currency_without_a_known_minimum_can_be_charged_its_smallest_unit() -> None:
    assert minimum_charge("NOK", date(2026, 3, 1)) == 1
    with pytest.raises(UnknownCurrency):
        minimum_charge("nok", date(2026, 3, 1))


def test_a_minimum_holds_from_its_first_day_and_the_first_one_also_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = MinimumCharge("EUR", date(2027, 1, 1), Decimal("1.50"))
    monkeypatch.setattr("kalends.core.money.MINIMUM_CHARGES", (*MINIMUM_CHARGES, later))
    minimum_charge.cache_clear()
    days = [date(2020, 1, 1), date(2025, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [minimum_charge("EUR", day) for day in days] == [100, 100, 100, 150]
    minimum_charge.cache_clear()


def test_every_minimum_can_be_paid_in_its_currency_and_entries_are_in_order_of_time() -> None:
    assert all(to_minor(entry.amount, entry.currency) >= 1 for entry in MINIMUM_CHARGES)
    for code in {entry.currency for entry in MINIMUM_CHARGES}:
        since = [entry.since for entry in MINIMUM_CHARGES if entry.currency == code]
        assert since == sorted(since)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "EUR", "0.00 EUR"),
        (-123456, "USD", "-1,234.56 USD"),
        (1234567, "KWD", "1,234.567 KWD"),
        (5, "JPY", "5 JPY"),
    ],
)
def test_an_amount_is_written_with_all_its_decimals_and_its_code(
    minor: int, currency: str, text: str
) -> None:
    assert format_minor(minor, currency) == text
