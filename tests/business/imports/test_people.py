"""Contacts and companies from CSV: made once, found again, brought up to date, and every problem named."""

from __future__ import annotations

import pytest

from kalends.platform.errors import UserFacing
from tests.business.imports.conftest import CONTACT_HEADINGS, CONTACTS, Import, places
from tests.world import World

KARI = "1,Kari@Example.com,Kari,Nordmann,+47 900 00 000"
OLA = '2,ola@example.com,Ola,"Nord, mann",'

COMPANIES = """
object = "company"
[columns]
"Name" = "name"
"Domain" = "domain"
"Staff" = "numberofemployees"
[constants]
lifecyclestage = "customer"
[defaults]
country = "Norge"
"""


def test_contacts_are_made_once_however_often_the_file_is_imported(world: World, load: Import) -> None:
    first = load(CONTACTS, CONTACT_HEADINGS, KARI, OLA)
    second = load(CONTACTS, CONTACT_HEADINGS, KARI, OLA)
    assert (first.created, first.written) == (2, True)
    assert (second.created, second.updated, second.unchanged) == (0, 0, 2)
    assert world.rows(
        "SELECT email, last_name, import_key, source_label FROM contact ORDER BY import_key"
    ) == [
        ("kari@example.com", "Nordmann", "1", "IMPORT"),
        ("ola@example.com", "Nord, mann", "2", "IMPORT"),
    ]


def test_a_changed_row_changes_its_contact_and_tells_the_journal(world: World, load: Import) -> None:
    load(CONTACTS, CONTACT_HEADINGS, KARI, OLA)
    changed = load(CONTACTS, CONTACT_HEADINGS, KARI.replace("Nordmann", "Hansen"), "2,ola@example.com,,,")
    assert (changed.updated, changed.unchanged) == (1, 1)
    assert world.one("SELECT last_name FROM contact WHERE import_key = '1'") == ("Hansen",)
    assert world.one("SELECT first_name FROM contact WHERE import_key = '2'") == ("Ola",)
    (data,) = world.one("SELECT data FROM event WHERE kind = 'contact.updated'")
    assert data["changes"] == {"last_name": ["Nordmann", "Hansen"]}


def test_a_contact_that_was_there_before_is_found_by_its_address(world: World, load: Import) -> None:
    id_ = world.customer("Kari Nordmann", import_key=None)
    (email,) = world.one("SELECT email FROM contact WHERE id = %s", id_)
    outcome = load(CONTACTS, CONTACT_HEADINGS, f"77,{email},Kari,Hansen,")
    assert (outcome.created, outcome.updated) == (0, 1)
    assert world.one("SELECT last_name, import_key FROM contact WHERE id = %s", id_) == ("Hansen", "77")


def test_companies_without_a_key_are_known_by_their_domain(world: World, load: Import) -> None:
    load(COMPANIES, "Name,Domain,Staff", "Nordlys AS,https://www.Nordlys.example/om,12")
    again = load(COMPANIES, "Name,Domain,Staff", "Nordlys AS,nordlys.example,14")
    assert (again.created, again.updated) == (0, 1)
    assert world.one("SELECT domain, employees, lifecycle_stage, country FROM company") == (
        "nordlys.example", 14, "customer", "Norge",
    )  # fmt: skip


def test_a_row_without_key_and_domain_is_known_by_what_it_says(world: World, load: Import) -> None:
    load(COMPANIES, "Name,Domain,Staff", "Nordlys AS,,12")
    assert load(COMPANIES, "Name,Domain,Staff", "Nordlys AS,,12").unchanged == 1
    assert load(COMPANIES, "Name,Domain,Staff", "Nordlys AS,,13").created == 1


def test_contacts_are_tied_to_companies_and_owners_that_are_there(world: World, load: Import) -> None:
    load(COMPANIES, "Name,Domain,Staff", "Nordlys AS,nordlys.example,12")
    text = CONTACTS + '"Company" = "company.domain"\n'
    headings = CONTACT_HEADINGS + ",Company"
    assert load(text, headings, KARI + ",nordlys.example", OLA + ",").created == 2
    assert world.one("SELECT count(*) FROM contact WHERE primary_company_id IS NOT NULL") == (1,)
    missing = load(text, headings, "3,c@example.com,C,,,polaris.example")
    assert places(missing) == [(2, "Company")]


def test_every_bad_row_is_named_by_row_and_column_and_nothing_is_imported(world: World, load: Import) -> None:
    outcome = load(
        CONTACTS,
        CONTACT_HEADINGS,
        KARI,
        "2,ola.example.com,Ola,,",
        "3,c@example.com,C,D",
        ",d@example.com,D,,",
        b"5,e@example.com,Ren\xe9,,",
        "1,f@example.com,F,,",
        "7,kari@example.com,K,,",
        CONTACT_HEADINGS,
        "9," + "x" * 250 + "@example.com,X,,",
        "10,j@example.com," + "y" * 70_000 + ",,",
        "11,k@example.com,nul\x00byte,,",
        "12,,,,",
    )
    assert places(outcome) == [
        (3, "Email"), (4, ""), (5, "No"), (6, "First"), (7, "No"), (8, "Email"), (9, ""), (10, "Email"), (11, "First"),
        (12, "First"), (13, ""),
    ]  # fmt: skip
    remedies = {problem.row: problem.remedy for problem in outcome.problems.kept}
    assert "kari@example.com" in remedies[3]
    assert "4 columns; the headings are 5" in remedies[4]
    assert "not utf-8" in remedies[6]
    assert "row 2 already" in remedies[7]
    assert "headings stand here again" in remedies[9]
    assert "at most 65,536" in remedies[11]
    assert not outcome.written
    assert world.one("SELECT count(*) FROM contact") == (0,)


def test_the_good_rows_can_be_imported_and_the_bad_ones_are_said(world: World, load: Import) -> None:
    outcome = load(CONTACTS, CONTACT_HEADINGS, KARI, "2,nobody,Ola,,", '3,"x"y,Z,,', skip_bad_rows=True)
    assert (outcome.rows, outcome.created, outcome.left_out) == (3, 1, 2)
    assert {place[0] for place in places(outcome)} == {3, 4}
    assert world.one("SELECT count(*) FROM contact") == (1,)


def test_an_address_of_another_contact_is_refused(world: World, load: Import) -> None:
    load(CONTACTS, CONTACT_HEADINGS, KARI, OLA)
    outcome = load(CONTACTS, CONTACT_HEADINGS, "2,kari@example.com,Ola,,")
    assert places(outcome) == [(2, "Email")]


def test_a_rehearsal_counts_like_the_import_and_writes_nothing(world: World, load: Import) -> None:
    load(CONTACTS, CONTACT_HEADINGS, KARI)
    rows = (KARI.replace("Kari,", "Karin,"), OLA)
    rehearsed = load(CONTACTS, CONTACT_HEADINGS, *rows, dry_run=True)
    assert world.one("SELECT count(*), max(first_name) FROM contact") == (1, "Kari")
    done = load(CONTACTS, CONTACT_HEADINGS, *rows)
    assert (rehearsed.created, rehearsed.updated) == (done.created, done.updated) == (1, 1)
    assert (rehearsed.written, done.written) == (False, True)


@pytest.mark.parametrize(
    ("headings", "rows", "named"),
    [
        ("", (), "The file is empty"),
        (CONTACT_HEADINGS, (), "no rows"),
        ("No,Email,First,Last,Phone,Email", (KARI,), "A heading stands twice"),
        ("No,E-mail,First,Last,Phone", (KARI,), "a column that the file does not have"),
        ("No;Email;First;Last;Phone", (KARI,), "is the delimiter right"),
    ],
    ids=["empty", "no rows", "heading twice", "no such heading", "delimiter"],
)
def test_a_file_that_is_no_such_table_is_refused(
    load: Import, headings: str, rows: tuple[str, ...], named: str
) -> None:
    with pytest.raises(UserFacing) as refused:
        load(CONTACTS, headings, *rows)
    assert named in str(refused.value)
    assert "file.csv" in refused.value.where


def test_other_encodings_and_byte_order_marks_are_read_when_they_are_named(
    world: World, load: Import
) -> None:
    load(
        CONTACTS.replace("[columns]", 'encoding = "cp1252"\n[columns]'),
        CONTACT_HEADINGS,
        "1,r@example.com,Ren\xe9,,".encode("cp1252"),
    )
    load(CONTACTS, "\ufeff" + CONTACT_HEADINGS, "2,s@example.com,Åse,,")
    assert world.rows("SELECT first_name FROM contact ORDER BY import_key") == [("René",), ("Åse",)]
