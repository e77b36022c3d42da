"""Terms: what may be agreed about a line; every refusal names the field, the value and the remedy."""

from decimal import Decimal

import pytest
from hypothesis import given
from tests.core.strategies import currencies, line_terms

from kalends.core.money import UnknownCurrency
from kalends.core.pricing import LineTerms, price_document, validate_line

GOOD = LineTerms(Decimal("11.90"), Decimal(2))


@given(line_terms(), currencies)
def test_good_terms_are_accepted_and_can_be_priced(terms: LineTerms, currency: str) -> None:
    validate_line(terms, currency)
    assert price_document([terms], currency).total_minor >= 0


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("unit_price", "-0.01", "unit_price is -0.01; give 0 or more"),
        ("unit_price", "0.0000001", "give at most 6 decimals"),
        ("unit_price", "1E+12", "unit_price is 1E\\+12; give less than 1,000,000,000,000"),
        ("unit_price", "NaN", "unit_price is NaN; give a number"),
        ("unit_price", "Infinity", "unit_price is Infinity; give a number"),
        ("quantity", "0", "quantity is 0; give more than 0"),
        ("quantity", "-1", "quantity is -1; give 0 or more"),
        ("quantity", "1.0000001", "quantity is 1.0000001; give at most 6 decimals"),
        ("discount_per_unit", "-1", "discount_per_unit is -1"),
        (
            "discount_per_unit",
            "11.91",
            "discount_per_unit is 11.91, above the unit_price; give at most 11.90",
        ),
        ("discount_percent", "100.000001", "discount_percent is 100.000001; give a percentage from 0 to 100"),
        ("discount_percent", "-5", "discount_percent is -5"),
        ("tax_rate", "101", "tax_rate is 101; give a percentage"),
        ("tax_rate", "-25", "tax_rate is -25"),
        ("tax_rate", "8.1234567", "tax_rate is 8.1234567; give at most 6 decimals"),
    ],
)
def test_a_bad_value_is_refused_by_name(field: str, value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        validate_line(GOOD._replace(**{field: Decimal(value)}), "EUR")


def test_two_discounts_on_a_line_are_refused() -> None:
    both = GOOD._replace(discount_per_unit=Decimal(1), discount_percent=Decimal(15))
    with pytest.raises(ValueError, match="discount_per_unit is 1 and discount_percent is 15; give one"):
        validate_line(both, "EUR")


def test_a_line_that_is_too_large_to_keep_is_refused() -> None:
    huge = LineTerms(Decimal("999999999999"), Decimal("999999999999"))
    with pytest.raises(ValueError, match="too large to keep; divide the line"):
        validate_line(huge, "EUR")


def test_the_extremes_are_allowed() -> None:
    validate_line(LineTerms(Decimal(0), Decimal("0.000001"), Decimal(0), Decimal(100), Decimal(100)), "JPY")
    validate_line(LineTerms(Decimal("5.000000000"), Decimal(1), Decimal(5)), "EUR")
    validate_line(LineTerms(Decimal("999999999999.999999"), Decimal(1)), "KWD")


def test_the_currency_of_a_line_must_exist() -> None:
    with pytest.raises(UnknownCurrency, match="'EURO'"):
        validate_line(GOOD, "EURO")
