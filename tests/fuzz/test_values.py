"""Numbers, days, moments, money and other small things that people and programs write."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from kalends.accounts.change import RULES, read_setting
from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.setting import InvalidSetting, written
from kalends.api.days import day_of, moment_of
from kalends.api.errors import ApiError
from kalends.catalog.registry import OBJECTS
from kalends.catalog.render import to_api
from kalends.catalog.values import WrongValue, read_number, read_value
from kalends.cli.moments import parse_moment, plus_duration
from kalends.core.calendar import Frequency, number_of_payments
from kalends.core.currencies import MINOR_DIGITS
from kalends.core.money import from_minor, to_minor
from kalends.crm.countries import countries, zip_as_written
from kalends.crm.record_values import Reader
from kalends.imports.cells import CellReader, read_moment
from kalends.imports.plan import DATE_FORMATS, DECIMALS, Plan
from kalends.imports.problems import BadCell
from kalends.platform.errors import UserFacing
from kalends.staff.forms import read_number as read_typed
from tests.fuzz.making import answered, often, scalars, spoiled, tells, words

NOW = dt.datetime(2026, 1, 31, 11, 0, tzinfo=dt.UTC)
ZONES = ("UTC", "Europe/Oslo", "Europe/Helsinki", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Apia")
CTX = AccountContext(1, "A", "sandbox", "Europe/Oslo", "EUR", "en", "NO", AccountSettings(), NOW)
PROPERTIES = [prop for obj in OBJECTS.values() for prop in obj.properties]

days = st.dates().map(lambda day: day.isoformat())
moments = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
numbers = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda number: f"{number:f}"),
    st.integers(0, 10**12).map(lambda number: f"{number:,}"),
    st.integers(0, 10**9).map(lambda number: f"{number:,},50".replace(",", " ", 1)),
)
typed = spoiled(st.one_of(days, moments, numbers, words))


@often(105)
@given(prop=st.sampled_from(PROPERTIES), raw=st.one_of(typed, scalars))
def test_a_value_is_read_or_refused_with_a_remedy(prop: object, raw: object) -> None:
    answered(lambda: read_value(prop, raw), WrongValue)  # type: ignore[arg-type]


WRITABLE = [(obj, prop) for obj in OBJECTS.values() for prop in obj.properties if "api" in prop.writable_by]


@often(105)
@given(of=st.sampled_from(WRITABLE), raw=st.one_of(typed, scalars))
def test_what_a_program_wrote_it_may_write_again_as_it_is_told(of: object, raw: object) -> None:
    obj, prop = of  # type: ignore[misc]
    reader = Reader(CTX, obj)
    found = reader.read({prop.name: raw})
    if found.values.get(prop.name) is not None:
        told = to_api(prop, found.values[prop.name])
        again = reader.read({prop.name: told})
        assert not again.problems
        assert told == "" or to_api(prop, again.values[prop.name]) == told


@often(52)
@given(obj=st.sampled_from(list(OBJECTS.values())), data=st.data())
def test_a_record_of_a_program_is_understood_or_every_mistake_has_its_property(
    obj: object, data: st.DataObject
) -> None:
    names = st.one_of(st.sampled_from([prop.name for prop in obj.properties]), words)  # type: ignore[attr-defined]
    told = data.draw(st.dictionaries(names, st.one_of(typed, scalars), max_size=5))
    written = Reader(CTX, obj, emails=("email",)).read(told)  # type: ignore[arg-type]
    understood = {*written.values, *written.added, *(each.property for each in written.problems)}
    assert understood == set(told)
    assert all(each.message and len(each.value) <= 200 for each in written.problems)


@often(70)
@given(raw=st.one_of(typed, scalars), zone=st.sampled_from(ZONES))
@example(raw="0001-01-01", zone="Pacific/Kiritimati")
@example(raw="9999-12-31T23:59:59-14:00", zone="UTC")
def test_a_day_or_moment_of_a_program_is_one_or_refused(raw: object, zone: str) -> None:
    answered(lambda: day_of(raw, "next", zone), ApiError)
    moment = answered(lambda: moment_of(raw, "to", zone), ApiError)
    assert moment is None or moment.tzinfo is dt.UTC


@often(70)
@given(text=typed, zone=st.sampled_from(ZONES))
@example(text="0001-01-01", zone="Europe/Oslo")
@example(text="0001-01-01T00:00", zone="Europe/Oslo")
@example(text="9999-12-31T23:59:59-14:00", zone="UTC")
@example(text="9999-12-31", zone="America/St_Johns")
def test_a_moment_on_the_command_line_is_one_or_refused_with_a_remedy(text: str, zone: str) -> None:
    try:
        moment = parse_moment(text, zone)
    except UserFacing as refusal:
        tells(refusal.where, refusal.remedy)
    else:
        assert moment.utcoffset() == dt.timedelta(0)
        assert parse_moment(moment.isoformat(), zone) == moment


durations = st.lists(
    st.tuples(st.integers(0, 9_999), st.sampled_from(("y", "mo", "w", "d", "h"))), max_size=5
).map(lambda parts: "".join(f"{number}{unit}" for number, unit in parts))


@often(35)
@given(text=spoiled(durations), zone=st.sampled_from(ZONES))
def test_a_duration_leads_forward_or_is_refused_with_a_remedy(text: str, zone: str) -> None:
    try:
        assert plus_duration(NOW, text, zone) >= NOW
    except UserFacing as refusal:
        tells(refusal.remedy)


@often(35)
@given(text=spoiled(st.sampled_from(("P1Y", "P18M", "P1Y6M", "P26W"))), frequency=st.sampled_from(Frequency))
def test_a_term_is_a_number_of_payments_or_refused(text: str, frequency: Frequency) -> None:
    count = answered(lambda: number_of_payments(text, frequency), ValueError)
    assert count is None or count >= 1


@often(70)
@given(
    cell=st.one_of(typed, st.datetimes(), st.dates(), st.booleans(), st.decimals()),
    form=st.sampled_from(DATE_FORMATS),
    decimal=st.sampled_from(DECIMALS),
    prop=st.sampled_from(PROPERTIES),
    heading=st.sampled_from(("Due", "Due (UTC)")),
)
@example(
    cell="0001-01-01",
    form="YYYY-MM-DD",
    decimal=".",
    prop=OBJECTS["deal"].by_name["closedate"],
    heading="Due",
)
@example(
    cell="9999-12-31T23:59:59-14:00", form="YYYY-MM-DD", decimal=".",
    prop=OBJECTS["deal"].by_name["closedate"], heading="Due",
)  # fmt: skip
def test_a_cell_of_a_file_is_a_value_or_named_with_its_heading(
    cell: object, form: str, decimal: str, prop: object, heading: str
) -> None:
    reader = CellReader(CTX, Plan(object="deal", dates=form, decimal=decimal), {})
    try:
        assert isinstance(reader.read(prop, heading, cell), str)  # type: ignore[arg-type]
    except BadCell as bad:
        tells(bad.column == heading, bad.remedy)


@often(35)
@given(day=st.datetimes().map(lambda each: each.replace(microsecond=0)), form=st.sampled_from(DATE_FORMATS))
def test_a_moment_is_read_in_the_format_that_wrote_it(day: dt.datetime, form: str) -> None:
    parts = {"YYYY": f"{day.year:04d}", "MM": f"{day.month:02d}", "DD": f"{day.day:02d}"}
    written = form
    for name, digits in parts.items():
        written = written.replace(name, digits)
    assert read_moment(f"{written} {day:%H:%M:%S}", form) == day


@often(52)
@given(minor=st.integers(-(2**63), 2**63 - 1), currency=st.sampled_from(sorted(MINOR_DIGITS)))
def test_an_amount_is_the_same_in_major_and_minor_units(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor
    assert read_number(str(from_minor(minor, currency))) == from_minor(minor, currency)


@often(70)
@given(name=st.sampled_from(sorted(RULES)), text=typed)
@example(name="links_deal_pipeline", text="a\x00b")
@example(name="invoice_comments", text="\udcff")
@example(name="links_text", text="\ud800")
def test_a_setting_that_can_be_typed_can_be_kept_and_typed_again(name: str, text: str) -> None:
    value = answered(lambda: read_setting(name, text), InvalidSetting)
    if value is not None:
        assert read_setting(name, written(value)) == value
        assert not isinstance(value, str) or ("\x00" not in value and isinstance(value.encode(), bytes))


@often(52)
@given(text=typed, language=st.sampled_from(("en", "nb", "fi")))
@example(text="1" * 30 + ",0", language="nb")
@example(text="12,345,678,901,234,567,890,123,456,789.5", language="en")
def test_a_number_typed_into_a_form_is_one_or_nothing(text: str, language: str) -> None:
    with translation.override(language):
        found = read_typed(text)
    assert found is None or isinstance(found, int | Decimal)


@often(35)
@given(country=st.sampled_from([code for code, _ in countries("en")]), text=typed, state=words)
def test_a_postal_code_is_written_as_its_country_does_or_refused(country: str, text: str, state: str) -> None:
    found = zip_as_written(country, text, state)
    assert found is None or zip_as_written(country, found, state) == found


def test_each_time_zone_that_is_offered_has_days() -> None:
    assert all(parse_moment("2026-03-29", zone) for zone in ZONES)


_ = pytest
