"""No table of an account is forgotten, none that holds a secret goes out, and what others point to comes first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kalends.portability.describe import BEGIN, description
from kalends.portability.people import ACTORS, NUMBERS
from kalends.portability.restore import CHANGED
from kalends.portability.tables import CARRIED, FILES, LEFT_BEHIND, models_with_account, people_table, tables
from tests.conftest import AnyConnection

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "portability.md"
DIGESTS = {"document_hash", "pdf_hash"}
"""Digests of documents, which are no secrets."""
NOT_PEOPLE = {"owner_assigned_at", "owner_type"}


def test_every_table_of_an_account_is_carried_or_left_behind_with_a_reason() -> None:
    decided = {*CARRIED, *LEFT_BEHIND}
    assert decided - models_with_account().keys() == set(), "no such tables"
    assert models_with_account().keys() - decided == set(), "add them to kalends.portability.tables"
    assert len(decided) == len(CARRIED) + len(LEFT_BEHIND)
    assert all(left.why for left in LEFT_BEHIND.values())


def test_the_models_know_every_table_with_an_account(db: AnyConnection) -> None:
    rows = db.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'account_id'"
    ).fetchall()
    assert {row[0] for row in rows} == set(models_with_account())


def test_what_others_point_to_comes_before_them(db: AnyConnection) -> None:
    ties = db.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint "
        "WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    place = {name: number for number, name in enumerate(CARRIED)}
    late = [tie for tie in ties if set(tie) <= place.keys() and place[tie[0]] <= place[tie[1]]]
    assert late == []
    triggers = db.execute(
        "SELECT tgrelid::regclass::text, tgfoid::regproc::text FROM pg_trigger WHERE NOT tgisinternal"
    ).fetchall()
    written = {"revenue_begins": "revenue_movement", "keep_unique_values": "property_definition"}
    assert [
        each for each in triggers if each[1] in written and place[written[each[1]]] > place[each[0]]
    ] == []
    known = {*written, "revenue_moves", "refuse_change", "say_where_events_begin"}
    assert {function for _, function in triggers} <= known, (
        "a new trigger: would it write twice during an import?"
    )


def test_no_column_that_holds_a_secret_is_carried() -> None:
    secret = re.compile(r"sealed|secret|hash|password|session|signing|credential")
    names = [(table.name, each.name) for table in tables() for each in table.columns]
    assert [name for name in names if secret.search(name[1]) and name[1] not in DIGESTS] == []
    assert [each.name for each in people_table().columns] == ["id", "email", "name", "language"]


def test_every_column_that_names_a_user_is_known_as_one() -> None:
    looks = re.compile(r"user|owner|_by$|actor")
    unknown = [
        (table.name, each.name)
        for table in tables()
        for each in table.columns
        if looks.search(each.name) and each.name not in NUMBERS | ACTORS | NOT_PEOPLE
    ]
    assert unknown == []


def test_every_binary_column_lies_in_files_and_what_an_import_changes_is_there() -> None:
    columns = {(table.name, each.name): each.form for table in tables() for each in table.columns}
    assert {name for name, form in columns.items() if form == "file"} == set(FILES)
    assert set(CHANGED) <= columns.keys()


@pytest.mark.usefixtures("db")
def test_the_document_describes_the_tables_as_they_are() -> None:
    head, begin, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    assert head
    assert begin + rest == description(), "write it anew: ./kalends account describe"
