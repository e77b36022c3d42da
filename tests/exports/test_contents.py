"""What stands in an export: columns in the documented order, values as people read them, and no formulas."""

from __future__ import annotations

import io
from types import MappingProxyType
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kalends.accounts.permissions import Grants, Place, Rights
from kalends.crm.schema import account_object
from kalends.exports import files, make
from kalends.exports.columns import columns_of
from kalends.exports.request import Request, WrongRequest, check
from kalends.exports.values import defused, defused_text, restored_text
from kalends.query import Scope
from tests.exports.conftest import Export
from tests.world import World

NAMES = ('Fleet, "Core"\n74', "@SUM(1+1)", "=1+1", "+47 22 33", "-2+3+cmd|' /C calc'!A0", "Åsen; Verdal")


@pytest.fixture
def book(world: World) -> dict[str, int]:
    """Two contacts with three subscriptions each; the first one is in kroner."""
    kari, ola = world.customer("Kari Åsen"), world.customer("=Ola; Vestfjord")
    ids = {"kari": kari, "ola": ola}
    for number, name in enumerate(NAMES):
        price, currency = f"{1250.5 - number}", "EUR" if number else "NOK"
        ids[name] = world.subscribe(kari if number < 3 else ola, price, currency=currency)
        world.db.execute(
            "UPDATE subscription SET name = %s WHERE account_id = %s AND id = %s",
            [name, world.ctx.id, ids[name]],
        )
    return ids


def test_record_id_comes_first_and_then_the_columns_of_the_view_in_its_order(
    export: Export, book: dict[str, int]
) -> None:
    asked = Request(object="subscription", columns=("hs_status", "hs_name", "hs_mrr"), sort="hs_object_id")
    head, first, *others = export(asked).lines()
    assert head == ["Record ID", "Status", "Name", "Monthly recurring revenue"]
    assert first == [str(book[NAMES[0]]), "Active", NAMES[0], "1250.50"]
    assert [int(row[0]) for row in others] == sorted(book[name] for name in NAMES[1:])


def test_text_that_a_spreadsheet_would_run_is_text_to_it_and_telephone_numbers_stay(
    export: Export, book: dict[str, int]
) -> None:
    made = export(Request(object="subscription", columns=("hs_name",), ties=("contact",))).columns()
    assert {*made["Name"]} == {NAMES[0], "'@SUM(1+1)", "'=1+1", "+47 22 33", f"'{NAMES[4]}", NAMES[5]}
    assert {*made["Associated Contact"]} == {"Kari Åsen", "'=Ola  Vestfjord"}
    assert {*made["Associated Contact IDs"]} == {str(book["kari"]), str(book["ola"])}


@settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(text=st.text("=+-@;'\t\n\uff1dA1 (", max_size=8))
@example(text="Oslo;=1+1;+47 22;@SUM(A1);-2+3|x")
def test_what_follows_a_semicolon_is_no_formula_either_and_comes_back_as_it_was(db: Any, text: str) -> None:
    written = db.execute(f"SELECT {defused('t.t')} FROM (SELECT %s::text AS t) AS t", [text]).fetchone()[0]
    assert written == defused_text(text)
    assert [cell for cell in written.split(";") if cell[:1] in tuple("=@\t\n\uff1d")] == []
    assert restored_text(written) == restored_text(text)


@pytest.mark.parametrize(
    "name", ["subscription", "contact", "company", "deal", "invoice", "payment", "quote"]
)
def test_all_properties_come_by_the_alphabet_of_their_labels_and_associations_behind_them(
    export: Export, world: World, book: dict[str, int], name: str
) -> None:
    obj = account_object(world.db, world.ctx, name)
    asked = Request(object=name, scope="everything", language="nb", all_emails=True, all_domains=True)
    made = export(asked)
    head, *rows = made.lines()
    columns = columns_of(asked, obj)
    assert head == [each.header for each in columns]
    assert head[0] == obj.by_name["hs_object_id"].label.no
    assert len(head) == len(set(head))
    plain = [each.property for each in columns if each.property]
    assert len(plain) == len([each for each in obj.properties if not each.reporting_only])
    assert [each.tied for each in columns if each.tied][:2] == [obj.associations[0].to] * 2
    assert made.rows == len(rows) == {"subscription": 6, "contact": 2}.get(name, 0)
    check(asked, obj)


def test_associated_records_stand_where_the_view_has_them_and_the_others_behind_its_columns(
    export: Export, world: World, book: dict[str, int]
) -> None:
    columns = ("hs_name", "associated.contact", "hs_status")
    asked = Request(object="subscription", columns=columns, ties=("contact", "company"), sort="hs_object_id")
    check(asked, account_object(world.db, world.ctx, "subscription"))
    head, first, *_ = export(asked).lines()
    tied = ["Associated Contact IDs", "Associated Contact"]
    companies = [each.replace("Contact", "Company") for each in tied]
    assert head == ["Record ID", "Name", *tied, "Status", *companies]
    assert first[2:5] == [str(book["kari"]), "Kari Åsen", "Active"]


def test_a_column_of_associated_records_has_to_be_asked_for_as_an_association_too(
    export: Export, world: World, book: dict[str, int]
) -> None:
    """Programs need a scope for each association that they name: no column goes past that."""
    asked = Request(object="subscription", columns=("hs_name", "associated.contact"))
    assert export(asked).lines()[0] == ["Record ID", "Name"]
    with pytest.raises(WrongRequest, match=r"associated\.contact"):
        check(asked, account_object(world.db, world.ctx, "subscription"))


def test_several_associated_records_stand_side_by_side_with_their_numbers(
    export: Export, book: dict[str, int]
) -> None:
    made = export(Request(object="contact", columns=("email",), ties=("subscription",), language="fi"))
    by_id = {row[0]: row for row in made.lines()[1:]}
    head = made.lines()[0]
    assert head[2:] == ["Liittyvä tilaus -tunnukset", "Liittyvä tilaus"]
    _id, _email, ids, names = by_id[str(book["ola"])]
    assert ids.split(";") == [str(book[name]) for name in NAMES[3:]]
    assert names.split(";") == ["+47 22 33", f"'{NAMES[4]}", "Åsen  Verdal"]


def test_a_spreadsheet_holds_amounts_with_their_currency_days_and_text_that_is_never_a_formula(
    export: Export, world: World, book: dict[str, int]
) -> None:
    columns = ("hs_name", "hs_next_payment_amount", "hs_next_payment_due_date", "hs_createdate", "hs_status")
    made = export(Request(object="subscription", columns=columns, format="xlsx", sort="hs_object_id"))
    assert made.made.file_name == "subscriptions.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(made.path.read_bytes())).active
    assert sheet is not None
    name, amount, due, created, status = (sheet.cell(2, place) for place in range(2, 7))
    assert (name.value, name.data_type) == (NAMES[0], "s")
    assert (sheet.cell(4, 2).value, sheet.cell(4, 2).data_type) == ("=1+1", "s")
    assert (amount.value, amount.number_format) == (1250.5, "#,##0.00 [$NOK]")
    assert (f"{due.value:%Y-%m-%d %H:%M}", due.number_format) == ("2026-01-01 00:00", "yyyy-mm-dd")
    assert f"{created.value:%Y-%m-%d %H:%M}" == "2026-01-01 06:00"  # 05:00 in UTC is 06:00 in Oslo
    assert status.value == "Active"


def test_what_is_longer_than_a_file_may_be_goes_into_several_of_an_archive(
    export: Export, book: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "ROWS_MAX", MappingProxyType({"csv": 4, "xlsx": 4, "xls": 4}))
    for suffix in ("csv", "xlsx", "xls"):
        made = export(Request(object="subscription", columns=("hs_name",), format=suffix))
        assert (made.made.file_name, made.made.files, made.rows) == ("subscriptions.zip", 2, 6)
        first, second = made.parts()
        assert second == f"subscriptions-2.{suffix}"
        assert not [each for each in made.path.parent.iterdir() if "." in each.name]  # no draft is left
    assert made.parts()[first].startswith(b"\xd0\xcf\x11\xe0")  # what XLS files begin with


def test_a_csv_file_is_packed_once_it_is_large_and_begins_with_the_mark_of_excel_where_wanted(
    export: Export, book: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Request(object="subscription", columns=("hs_name",), mark=True)
    plain = export(asked)
    monkeypatch.setattr(files, "ZIPPED_FROM", 30)
    packed = export(asked)
    assert (plain.made.file_name, packed.made.file_name) == ("subscriptions.csv", "subscriptions.zip")
    assert plain.parts() == packed.parts()
    assert plain.path.stat().st_mode & 0o077 == 0
    assert plain.parts()["subscriptions.csv"].startswith(b"\xef\xbb\xbfRecord ID,")


def test_nobody_exports_what_they_may_not_see_nor_the_names_of_it(
    export: Export, world: World, book: dict[str, int]
) -> None:
    world.db.execute(
        "UPDATE subscription SET owner_id = 7 WHERE account_id = %s AND id = ANY(%s)",
        [world.ctx.id, [book[name] for name in NAMES[2:4]]],
    )
    world.db.execute(
        "UPDATE contact SET owner_id = 7 WHERE account_id = %s AND id = %s", [world.ctx.id, book["kari"]]
    )
    own = Rights(Scope.OWNED, Scope.NONE, Scope.NONE)
    grants = Grants({"subscription": own, "contact": own}, frozenset({"export"}), unassigned=False)
    viewer = Place(7, "Seller", 1, grants, (), (7,))
    asked = Request(object="subscription", columns=("hs_name",), ties=("contact",), sort="hs_object_id")
    made = export(asked, viewer)
    assert [row[1:] for row in made.lines()[1:]] == [
        ["'=1+1", str(book["kari"]), "Kari Åsen"],
        ["+47 22 33", "", ""],
    ]
    assert made.told[0].total == 2


def test_programs_may_have_the_names_and_values_that_programs_use(
    export: Export, book: dict[str, int]
) -> None:
    asked = Request(
        object="subscription",
        columns=("hs_status",),
        ties=("contact",),
        internal_names=True,
        internal_values=True,
    )
    made = export(asked).columns()
    assert list(made) == ["hs_object_id", "hs_status", "associated_contact_ids", "associated_contact"]
    assert {*made["hs_status"]} == {"active"}


def test_what_no_file_can_be_made_of_is_refused_in_words(world: World) -> None:
    obj = account_object(world.db, world.ctx, "subscription")
    for asked, reason in (
        (Request(object="subscription", format="pdf"), "format"),  # type: ignore[arg-type]
        (Request(object="subscription", language="de"), "language"),  # type: ignore[arg-type]
        (Request(object="subscription", format="xls", all_tied=True), "all_tied"),
        (Request(object="subscription", columns=("hs_nam",)), "columns"),
        (Request(object="subscription", ties=("tax",)), "ties"),
    ):
        with pytest.raises(WrongRequest) as refused:
            check(asked, obj)
        assert refused.value.reason == reason
