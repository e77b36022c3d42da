"""The mapping file: what it may say, and what is said when it says something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kalends.imports.mapping import ImportMapping
from kalends.imports.problems import BadCell
from kalends.imports.targets import OBJECTS, targets_of
from kalends.imports.template import mapping_template
from kalends.platform.errors import UserFacing

Read = Callable[[str], ImportMapping]


@pytest.mark.parametrize("name", OBJECTS)
def test_a_printed_mapping_is_a_valid_one_and_names_everything(name: str, mapping: Read) -> None:
    text = mapping_template(name)
    assert mapping(text).object == name
    assert all(f'"{target}"' in text for target in targets_of(name))


@pytest.mark.parametrize(
    ("text", "where", "named"),
    [
        ("object = \nkey = 1", "map.toml", "line 1"),
        ('object = "invoice"', "object", "contact, company, subscription"),
        ('object = "contact"', "[columns]", "at least one column"),
        ('object = "contact"\ncolums = 1', "colums", "'columns'"),
        ('object = "contact"\n[columns]\nE = "emial"', "[columns] 'E'", "'email'"),
        (
            'object = "contact"\n[columns]\nE = "email"\nF = "email"',
            "[columns] 'F'",
            "the column 'E' gives it already",
        ),
        ('object = "contact"\n[columns]\nE = 7', "[columns] 'E'", '"heading" = "property"'),
        ('object = "contact"\ndelimiter = ",,"\n[columns]\nE = "email"', "delimiter", "one character"),
        ('object = "contact"\nencoding = "utf-16"\n[columns]\nE = "email"', "encoding", "UTF-8"),
        ('object = "contact"\nencoding = "base64"\n[columns]\nE = "email"', "encoding", "UTF-8"),
        ('object = "contact"\nencoding = "idna"\n[columns]\nE = "email"', "encoding", "UTF-8"),
        ('object = "contact"\ndate_format = "D.M.Y"\n[columns]\nE = "email"', "date_format", "DD.MM.YYYY"),
        ('object = "contact"\n[columns]\nE = "email"\n[constants]\nhs_language = "xx"', "[constants]", "xx"),
        ('object = "contact"\n[columns]\nE = "email"\n[values.F]\nx = "y"', "[values] 'F'", "no heading"),
        (
            'object = "subscription"\ncurrencies = ["EURO"]\n[columns]\nE = "line_item.price"',
            "currencies",
            "ISO 4217",
        ),
    ],
)
def test_what_cannot_be_is_named_with_its_entry(mapping: Read, text: str, where: str, named: str) -> None:
    with pytest.raises(UserFacing) as refused:
        mapping(text)
    assert where in refused.value.where
    assert named in str(refused.value)


def test_numbers_dates_and_words_are_read_as_the_file_writes_them(mapping: Read) -> None:
    read = mapping(
        """
        object = "subscription"
        date_format = "DD.MM.YYYY"
        decimal = ","
        thousands = " "
        [columns]
        Pris = "line_item.price"
        Start = "hs_recurring_billing_start_date"
        Intervall = "hs_recurring_billing_frequency"
        [values.Intervall]
        "Månedlig" = "monthly"
        """
    )

    def value(heading: str, raw: str) -> str:
        return read.value(heading, read.columns[heading][0], raw)

    assert value("Pris", "1 249,50") == "1249.50"
    assert value("Pris", "1\u00a0249,50".replace("\u00a0", " ")) == "1249.50"
    assert value("Start", "1.3.2026") == "2026-03-01"
    assert value("Intervall", "Månedlig") == "monthly"
    for heading, raw in (
        ("Pris", "1249.50"),
        ("Start", "2026-03-01"),
        ("Start", "30.02.2026"),
        ("Intervall", "Daglig"),
    ):
        with pytest.raises(BadCell) as bad:
            value(heading, raw)
        assert (bad.value.column, bad.value.value) == (heading, raw)


def test_a_card_number_is_never_repeated(mapping: Read) -> None:
    read = mapping('object = "subscription"\n[columns]\nToken = "payment_method.token"')
    with pytest.raises(BadCell) as bad:
        read.value("Token", read.columns["Token"][0], "4242 4242 4242 4242")
    assert "4242" not in f"{bad.value.value} {bad.value.remedy}"


def test_every_mapping_of_the_documentation_is_valid(mapping: Read) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "importing.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", text, re.S)
    assert [mapping(example).object for example in examples] == ["contact", "company", "subscription"]
