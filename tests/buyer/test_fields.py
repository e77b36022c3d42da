"""Parts of forms: an address as its country writes it, tax numbers, phone numbers, amounts."""

from __future__ import annotations

from typing import Any

import pytest
from babel import Locale
from django import forms
from django.utils import translation

from kalends.buyer.fields.address import AddressForm, wants_other_country
from kalends.buyer.fields.form import AmountField
from kalends.buyer.fields.numbers import PhoneField, TaxIdField, tax_id_as_written
from kalends.crm.countries import countries, shape_of, zip_as_written
from kalends.messages.letters.formats import Formats


def address(data: dict[str, str] | None = None, **more: Any) -> AddressForm:
    return AddressForm(data, **{"country": "NO", "language": "en", **more})


@pytest.mark.parametrize("code", [code for code, _name in countries("en")])
def test_every_country_has_a_shape_with_a_street_or_a_city(code: str) -> None:
    assert {"address", "city"} & set(shape_of(code).parts)


def test_the_parts_stand_in_the_order_of_the_country() -> None:
    assert list(address(initial={"country": "US"}).fields) == [
        "country", "address", "address2", "city", "state", "zip"
    ]  # fmt: skip
    assert list(address().fields) == ["country", "address", "address2", "zip", "city"]


def test_another_country_changes_the_parts_and_what_they_are_called() -> None:
    form = address({"country": "IE"})
    assert form.fields["zip"].label == "Eircode"
    assert form.fields["state"].label == "County"


def test_a_postal_code_is_brought_into_its_form_and_a_wrong_one_refused() -> None:
    good = address({"country": "NO", "address": "Kaigata 2", "zip": " 0150", "city": "Oslo"})
    assert good.is_valid(), good.errors
    assert good.given == {"country": "NO", "address": "Kaigata 2", "zip": "0150", "city": "Oslo"}
    bad = address({"country": "NO", "address": "Kaigata 2", "zip": "SE-1", "city": "Oslo"})
    assert not bad.is_valid()
    assert "zip" in bad.errors


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [("GB", "sw1a1aa", "SW1A 1AA"), ("FI", "FI-00550", "00550"), ("NL", "1234ab", "1234 AB"), ("US", "97201", "97201"),
     ("US", "9720", None), ("CA", "h3z2y7", "H3Z 2Y7"), ("DE", "1234", None)],
)  # fmt: skip
def test_postal_codes_are_understood_as_people_type_them(
    country: str, typed: str, written: str | None
) -> None:
    assert zip_as_written(country, typed) == written


def test_what_a_country_needs_is_needed() -> None:
    form = address({"country": "US", "address": "1 Main St", "zip": "97201", "city": "Portland"})
    assert not form.is_valid()
    assert set(form.errors) == {"state"}


def test_an_address_that_may_be_left_out_is_whole_or_not_there() -> None:
    empty = address({"country": "NO"}, required=False)
    assert empty.is_valid()
    assert empty.given == {}
    half = address({"country": "NO", "city": "Oslo"}, required=False)
    assert not half.is_valid()
    assert set(half.errors) == {"address", "zip"}


def test_a_country_that_is_none_is_refused() -> None:
    assert not address({"country": "XX", "address": "a", "zip": "0150", "city": "b"}).is_valid()


def test_asking_for_another_country_takes_nothing() -> None:
    assert wants_other_country({"other_country": "1"})
    assert not wants_other_country({"country": "NO"})


def test_countries_stand_in_the_order_of_the_language() -> None:
    names = [name for _code, name in countries("nb")]
    assert names[-1].startswith(("Å", "Ø"))
    assert len(names) > 200


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [("NO", "NO 995 568 217 MVA", "NO995568217MVA"), ("FI", "2077474-0", "20774740"), ("", "anything", "anything"),
     ("DE", "DE136695976", "DE136695976"), ("DE", "DE136695978", None), ("US", "x" * 50, None), ("FI", "", None)],
)  # fmt: skip
def test_tax_numbers_are_checked_by_their_country(country: str, typed: str, written: str | None) -> None:
    assert tax_id_as_written(country, typed) == written


@pytest.mark.parametrize("number", ["+47 22 12 34 56", "(020) 7946-0000", "0401234567"])
def test_a_phone_number_is_taken_as_people_write_it(number: str) -> None:
    assert PhoneField().clean(number) == number


@pytest.mark.parametrize("number", ["12", "call me", "+" * 12])
def test_what_is_no_phone_number_is_refused(number: str) -> None:
    with pytest.raises(forms.ValidationError):
        PhoneField().clean(number)


def test_a_tax_field_that_may_be_empty_is() -> None:
    assert TaxIdField(country="FI", required=False).clean("") == ""


@pytest.mark.parametrize(
    ("language", "typed", "minor"),
    [("en", "1,234.50", 123450), ("nb", "1 234,50", 123450), ("fi", "50", 5000), ("nb", "12.5", 1250)],
)
def test_an_amount_is_read_as_the_buyer_writes_it(language: str, typed: str, minor: int) -> None:
    field = AmountField(
        currency="EUR", formats=Formats(Locale.parse(language)), least_minor=100, most_minor=200_000
    )
    assert field.clean(typed) == minor


@pytest.mark.parametrize("typed", ["0.50", "2000.01", "abc", "1.005", "-5", "1e3"])
def test_an_amount_beyond_its_bounds_or_none_is_refused(typed: str) -> None:
    field = AmountField(currency="EUR", formats=Formats(Locale("en")), least_minor=100, most_minor=200_000)
    with translation.override("en"), pytest.raises(forms.ValidationError):
        field.clean(typed)
