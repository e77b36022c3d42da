"""The catalogue has every property that the books of HubSpot name, word for word.

``properties/*.csv`` are the lists of names, labels, types and options that the product promises.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kalends.catalog import OBJECTS, Property, Text, api_type

LISTS = Path(__file__).parent / "properties"
OWN_OPTIONS = {"hs_processor_type": {"sandbox"}}
"""Values that we have besides those of the lists."""
FROM_DATA = {
    "(ISO 4217 codes enabled for the account)": "currencies",
    "(ISO 4217 codes)": "currencies",
    "(owners)": "owners",
    "(teams)": "teams",
    "(locale codes)": "locales",
    "(IANA zones)": "time_zones",
    "(tax rate library)": "tax_rates",
    "(industry list)": "industries",
    "(folders)": "folders",
    "(configured)": "free",
}


def _listed(name: str) -> dict[str, dict[str, str]]:
    with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["internal_name"]: row for row in csv.DictReader(file)}


PROMISED = [(name, row) for name in OBJECTS for row in _listed(name).values()]


def test_there_is_a_list_for_every_object() -> None:
    assert {path.stem for path in LISTS.glob("*.csv")} == set(OBJECTS)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_the_promised_properties_and_no_others(name: str) -> None:
    assert set(OBJECTS[name].by_name) == set(_listed(name))


@pytest.mark.parametrize(
    ("name", "row"), PROMISED, ids=[f"{o}.{row['internal_name']}" for o, row in PROMISED]
)
def test_a_property_is_declared_as_promised(name: str, row: dict[str, str]) -> None:
    prop = OBJECTS[name].by_name[row["internal_name"]]

    assert prop.label == Text(row["label_en"], row["label_no"], row["label_fi"])
    assert prop.computed == (row["computed"] == "yes")
    assert row["type"] == ("phone_number" if prop.type == "phone_number" else api_type(prop))
    _assert_options(prop, row["options"])


def _assert_options(prop: Property, promised: str) -> None:
    if promised in FROM_DATA:
        assert prop.options_from == FROM_DATA[promised]
        return
    expected = dict(part.split("=", 1) for part in promised.split("|")) if promised else {}
    if prop.type == "bool":
        assert set(expected) == {"true", "false"}
        return
    own = OWN_OPTIONS.get(prop.name, set())
    assert {option.value: option.label.en for option in prop.options if option.value not in own} == expected
    listed = [option.value for option in prop.options if option.value not in own]
    assert listed == list(expected), "options keep their order"


def test_only_the_two_report_figures_of_payments_are_for_reports_only() -> None:
    marked = {(obj.name, p.name) for obj in OBJECTS.values() for p in obj.properties if p.reporting_only}
    assert marked == {("payment", "hs_total_fees_amount"), ("payment", "hs_total_taxes_amount")}


def test_every_wording_exists_in_three_languages() -> None:
    texts = [obj.singular_label for obj in OBJECTS.values()] + [obj.plural_label for obj in OBJECTS.values()]
    for obj in OBJECTS.values():
        for prop in obj.properties:
            texts += [prop.label, prop.group.label, *(option.label for option in prop.options)]
    assert all(all(part.strip() for part in text) for text in texts)


def test_what_a_computed_column_keeps_is_never_written_by_staff_after_creation() -> None:
    editable = {
        (o.name, p.name) for o in OBJECTS.values() for p in o.properties if p.computed and p.writable_by
    }
    by_staff = {(o, p) for o, p in editable if "user" in OBJECTS[o].by_name[p].writable_by}
    assert by_staff == set()
