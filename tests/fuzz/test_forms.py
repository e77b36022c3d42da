"""What buyers and staff type, and the state of a list in its address."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from kalends.buyer.fields.address import AddressForm
from kalends.buyer.fields.form import AmountField as BuyersAmount
from kalends.buyer.fields.numbers import PhoneField, TaxIdField, tax_id_as_written
from kalends.catalog.registry import OBJECTS
from kalends.core.currencies import MINOR_DIGITS
from kalends.crm.countries import countries
from kalends.messages.letters.formats import Formats
from kalends.payments.processors.sandbox.cards import UnknownToken, script_of
from kalends.platform import translations
from kalends.staff.forms import AmountField, DateField, NumberField
from kalends.staff.index.filter_rows import changed, groups_of, normal, read_rows, rows_of
from kalends.staff.index.state import read_state
from kalends.staff.index.tabs import Tab
from kalends.staff.objects import PAGES
from tests.fuzz.making import often, spoiled, tells, words
from tests.fuzz.test_filters import RIGHT

LANGUAGES = ("en", "nb", "fi")
TYPED = (
    "1,234.50",
    "1 234,50",
    "1\u00a0234,50",
    "1\u202f234,50",
    "\u22121 234,50",
    "0.005",
    "12",
    "1.234,50",
    "12,5",
    "1234567,89",
)


@pytest.fixture(autouse=True, scope="module")
def _languages() -> None:
    translations.compile_translations()


@often(70)
@given(
    text=spoiled(st.sampled_from(TYPED)),
    language=st.sampled_from(LANGUAGES),
    currency=st.sampled_from(("EUR", "JPY", "KWD", "NOK")),
)
@example(text="1" * 25 + ",0", language="nb", currency="EUR")
def test_an_amount_that_is_typed_is_one_or_refused_under_its_field(
    text: str, language: str, currency: str
) -> None:
    with translation.override(language):
        fields = (
            AmountField(currency=currency, least_minor=1, most_minor=10**9, required=False),
            BuyersAmount(
                currency=currency, formats=Formats("fi_FI"), least_minor=1, most_minor=10**9, required=False
            ),
            NumberField(required=False),
            DateField(required=False),
        )
        for each in fields:
            found = cleaned(each, text)
            assert found is None or not isinstance(found, int) or 1 <= found <= 10**9


@often(42)
@given(
    minor=st.integers(1, 10**11),
    language=st.sampled_from(LANGUAGES),
    currency=st.sampled_from(sorted(MINOR_DIGITS)),
)
def test_an_amount_is_read_as_it_was_shown(minor: int, language: str, currency: str) -> None:
    with translation.override(language):
        field = AmountField(currency=currency)
        assert field.clean(field.prepare_value(minor)) == minor
        formats = Formats({"en": "en_GB", "nb": "nb_NO", "fi": "fi_FI"}[language])
        buyers = BuyersAmount(currency=currency, formats=formats, least_minor=0, most_minor=10**11)
        assert buyers.clean(buyers.prepare_value(minor)) == minor


NUMBERS = {"FI": "FI20774740", "NO": "NO 974 760 673 MVA", "GB": "GB 980 7806 84", "DE": "DE 136,695 976",
           "GR": "EL 094259216", "CH": "CHE-116.281.710 MWST",
           "US": "12-3456789", "ES": "ES B58378431", "IE": "IE 6433435F", "BR": "16.727.230/0001-97",
           "IN": "27AAPFU0939F1ZV", "RU": "123456789047"}  # fmt: skip


@often(88)
@given(
    text=spoiled(st.sampled_from(sorted(NUMBERS.values()))),
    country=st.one_of(
        st.sampled_from(sorted(NUMBERS)), st.sampled_from([code for code, _ in countries("en")]), words
    ),
)
def test_a_tax_number_is_written_the_same_again_or_refused(text: str, country: str) -> None:
    written = tax_id_as_written(country, text)
    assert written is None or tax_id_as_written(country, written) == written
    cleaned(TaxIdField(country=country, required=False), text)


@often(28)
@given(text=spoiled(st.sampled_from(("+47 22 12 34 56", "(0) 20-7946 0018", "0800/123456"))))
def test_a_phone_number_is_one_or_refused(text: str) -> None:
    found = cleaned(PhoneField(required=False), text)
    assert not found or len(found) <= 30


ADDRESS = {
    "country": "NO",
    "address": "Storgata 1",
    "address2": "",
    "zip": "0155",
    "city": "Oslo",
    "state": "",
}


@often(28)
@given(
    data=st.data(), country=st.sampled_from([code for code, _ in countries("en")]),
    language=st.sampled_from(LANGUAGES),
    required=st.booleans(),
)  # fmt: skip
def test_an_address_is_whole_or_says_what_is_wrong(
    data: st.DataObject, country: str, language: str, required: bool
) -> None:
    typed = {
        name: data.draw(spoiled(st.just(value))) for name, value in (ADDRESS | {"country": country}).items()
    }
    with translation.override(language):
        form = AddressForm(typed, country="NO", language=language, required=required)
        if form.is_valid():
            assert all(isinstance(value, str) for value in form.given.values())
        else:
            assert all(messages for messages in form.errors.values())


@often(28)
@given(
    token=spoiled(
        st.sampled_from(
            ("tok_card_approved", "tok_sepa_insufficient_funds.3", "tok_card_disputed.30.60-label")
        )
    )
)
def test_a_token_of_the_sandbox_is_a_story_or_refused(token: str) -> None:
    try:
        script_of(token)
    except UnknownToken as unknown:
        tells(str(unknown))


PAGE, OBJECT = PAGES["subscription"], OBJECTS["subscription"]
TABS = {each.key: Tab(each.key, str(each.label), each.content) for each in PAGE.views}
WORDS = {
    "view": list(TABS), "f": [], "cols": ["hs_status,hs_mrr:140", "hs_createdate"], "frozen": ["2"],
    "sort": ["-hs_mrr", "hs_name", "-"],
    "q": ["kari"], "rows": ["50"], "start": ["26"], "day": ["2026-03-01"], "month": ["2026-03"], "currency": ["EUR"],
    "segment": ["12"],
    **{quick.word: ["-", "active", "me", "last_7_days", "2026-01-01..2026-02-01", "monthly"] for quick in PAGE.quick},
}  # fmt: skip


@often(52)
@given(data=st.data())
@example(data=None)
def test_the_state_of_a_list_is_said_in_its_address_and_understood_there(data: st.DataObject | None) -> None:
    query = QueryDict(mutable=True)
    if data is None:
        query["f"] = "[[1e99999999999999999999]]"
    else:
        import json

        WORDS["f"] = [json.dumps(each["groups"]) for each in RIGHT]
        for word in data.draw(st.lists(st.sampled_from(sorted(WORDS)), max_size=5, unique=True)):
            said = data.draw(spoiled(st.sampled_from(WORDS[word])))
            query.setlist(word, [said.encode("utf-8", "replace").decode()])
    state = read_state(PAGE, OBJECT, TABS, next(iter(TABS)), query)
    state.filter()
    again = read_state(PAGE, OBJECT, TABS, next(iter(TABS)), QueryDict(state.address().removeprefix("?")))
    assert (again.tab.key, again.content, again.day, again.size) == (
        state.tab.key,
        state.content,
        state.day,
        state.size,
    )
    assert again.search == state.search
    assert again.address() == state.address()


def test_a_search_that_is_cut_to_length_is_the_same_when_it_is_read_again() -> None:
    state = read_state(PAGE, OBJECT, TABS, next(iter(TABS)), QueryDict("q=kar" + "+r" * 200))
    again = read_state(PAGE, OBJECT, TABS, next(iter(TABS)), QueryDict(state.address().removeprefix("?")))
    assert again.search == state.search == "kar" + " r" * 98


@often(35)
@given(groups=st.sampled_from([each["groups"] for each in RIGHT]), data=st.data())
@example(groups=RIGHT[0]["groups"], data=None)
def test_no_button_of_the_builder_of_filters_breaks_it(
    groups: list[object], data: st.DataObject | None
) -> None:
    rows = [[row for each in group if (row := normal(OBJECT, each))] for group in rows_of(groups)]  # type: ignore[arg-type]
    verbs = (
        "remove:0:00005",
        "remove:0:" + "9" * 5_000,
        "add:0:hs_mrr",
        "clone:0",
        "drop:0",
        "pick:0",
        "remove:0:0",
    )
    if data is None:
        for verb in (*verbs, "add:x:hs_mrr", "remove:x:0"):
            changed(rows, verb)
            changed([], verb)
        return
    after, _picking = changed(rows, data.draw(spoiled(st.sampled_from(verbs))))
    groups_of(OBJECT, after)
    names = st.sampled_from(("p0", "g0", "o0", "v0", "e0", "q0", "s0", "p1", "g1", "o1", "v1"))
    values = spoiled(
        st.sampled_from(
            ("hs_mrr", "contact.email", "contact.", "@segment", "contact.@segment", "greater", "1", "none")
        )
    )
    query = QueryDict(mutable=True)
    for name, value in data.draw(st.dictionaries(names, values, max_size=8)).items():
        query[name] = value
    groups_of(OBJECT, read_rows(query))


def cleaned(field: object, text: str) -> object:
    """What a field makes of a text; None where it says what is wrong."""
    try:
        return field.clean(text)  # type: ignore[attr-defined]
    except ValidationError as wrong:
        tells(wrong.messages)
        return None
