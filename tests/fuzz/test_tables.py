"""Files that become records: tables of whatever program, mappings, and how they are to be read."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import OBJECTS
from kalends.imports import runs, sheets
from kalends.imports.cells import CellReader
from kalends.imports.drafts import DraftReader
from kalends.imports.load import import_file
from kalends.imports.mapping import read_mapping
from kalends.imports.plan import DATE_FORMATS, DECIMALS, IMPORTABLE, MODES, Plan, WrongPlan, check, targets_of
from kalends.imports.sheets import Shape, WrongFile
from kalends.imports.template import mapping_template
from kalends.platform.errors import UserFacing
from tests.conftest import AnyConnection
from tests.fuzz.making import answered, often, spoiled, spoiled_bytes, tells, words
from tests.fuzz.rows import rows_of
from tests.imports.conftest import Desk

HEADINGS = {
    "contact": ["Email", "First name", "Last name", "Phone number", "Country/Region", "Birthday"],
    "company": ["Name", "Company domain name", "City", "Annual revenue"],
    "deal": ["Deal name", "Amount", "Close date", "Deal stage", "Currency"],
    "subscription": ["Name", "Currency", "Billing frequency", "Billing start date", "Price"],
    "payment": ["Payment amount", "Payment date", "Currency", "Payment status"],
}
CELLS = st.one_of(
    words,
    st.sampled_from(
        ("kari@example.com", "Kari", "Nordmann", "+47 22 12 34 56", "NO", "1 234,50", "1,234.50", "31.12.2026",
         "2026-03-01",
         "nordlys.example", "EUR", "monthly", "qualifiedtobuy", "Every month", "succeeded", "499.00", "x" * 300)
    ),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn, name: str) -> bytes:
    """A CSV file of an object, as some program writes it."""
    columns = HEADINGS[name]
    rows = draw(
        st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), min_size=1, max_size=3)
    )
    out = io.StringIO()
    quoting = draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    delimiter = draw(st.sampled_from(sheets.DELIMITERS))
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)
    writer.writerow(columns)
    writer.writerows([[cell.replace("\x00", "") for cell in row] for row in rows])
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")))
    return out.getvalue().encode(encoding, "replace")


def sheet(*rows: list[Any]) -> bytes:
    """An XLSX file."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


SHEET = sheet(
    ["Email", "Amount", "Close date"], ["kari@example.com", 12.5, "2026-03-01"], ["=1+1", True, None]
)
_MEMBERS = [
    name for name in zipfile.ZipFile(io.BytesIO(SHEET)).namelist() if name.endswith((".xml", ".rels"))
]
_XML = st.sampled_from(
    ('<!DOCTYPE a [<!ENTITY b "c">]>', "<!ENTITY", "&b;", "&#0;", "&#xD800;", 't="s"', 't="d"', 't="e"', 't="b"',
     'r="A0"',
     'r="XFE99999999"', 'r=""', "<v>9e999</v>", "<v>-1</v>", "<v>NaN</v>", "<f>", "</c>", "<c>", 's="999"',
     "<is><t/></is>",
     'ref="A1:XFD1048576"', 'numFmtId="14"', "<row", 'r="-5"', 'r="1.5"', "<v/>", 'sheetId="x"', 'state="hidden"', "1")
)  # fmt: skip


@st.composite
def spoiled_sheets(draw: st.DrawFn) -> bytes:
    """An XLSX file whose archive is whole, and one or two of whose parts are not."""
    files = {
        name: zipfile.ZipFile(io.BytesIO(SHEET)).read(name)
        for name in zipfile.ZipFile(io.BytesIO(SHEET)).namelist()
    }
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(files)))
        text = files[name].decode()
        places = [at for at, sign in enumerate(text) if sign in '<>" ='] or [0]
        at = draw(st.sampled_from(places))
        to = min([each for each in places if each > at] or [at])
        match draw(st.integers(0, 4)):
            case 0:
                files.pop(name) if len(files) > 1 else None
            case 1:
                files[name] = (text[:at] + draw(_XML) + text[at:]).encode()
            case 2:
                files[name] = (text[:at] + draw(_XML) + text[to:]).encode()
            case 3:
                files[name] = (text[: at + 1] + text[to:]).encode()
            case _:
                files[name] = draw(spoiled(st.just(text))).encode("utf-8", "replace")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def read_all(path: Path) -> None:
    """Whatever lies in a file is rows of its width, rows that say what is wrong, or one refusal."""
    with contextlib.suppress(WrongFile):
        shape = sheets.guess_shape(path)
        for each in (shape, *(Shape(encoding, shape.delimiter or ",") for encoding in sheets.ENCODINGS)):
            with contextlib.suppress(WrongFile):
                names = sheets.headings(path, each)
                for row in sheets.rows(path, each):
                    assert row.problem or len(row.cells) == len(names)
                    assert all(isinstance(sheets.shown(cell), str) for cell in row.cells)


@often(28)
@given(content=st.one_of(spoiled_sheets(), spoiled_bytes(st.just(SHEET))))
def test_a_sheet_that_is_broken_inside_is_rows_or_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(content)
    read_all(path)


@often(42)
@given(content=spoiled_bytes(st.sampled_from(sorted(HEADINGS)).flatmap(tables)))
def test_a_table_that_is_broken_is_rows_or_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    read_all(path)


@pytest.fixture
def desk(
    db: AnyConnection, account: AccountContext, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Desk]:
    """Somebody who imports files, through the whole of a test."""
    with django_db_blocker.unblock():
        yield Desk(db, account, tmp_path)


@often(10)
@given(data=st.data())
def test_a_file_is_rehearsed_and_run_and_each_row_that_cannot_be_used_is_named(
    data: st.DataObject, desk: Desk
) -> None:
    name = data.draw(st.sampled_from(sorted(HEADINGS)))
    content = data.draw(spoiled_bytes(tables(name)))
    options: dict[str, Any] = {
        "dates": data.draw(st.sampled_from(DATE_FORMATS)),
        "decimal": data.draw(st.sampled_from(DECIMALS)),
    }
    one = answered(lambda: desk.put(name, content, **options), WrongFile)
    if one is None:
        return
    before = rows_of(desk.db, desk.ctx.id)
    one = desk.do(one, "rehearse")
    found = runs.problems(desk.db, desk.ctx, one.id)
    assert all(each.remedy for each in found)
    assert one.status in ("checked", "failed")
    assert bool(one.problem) == (one.status == "failed")
    after = rows_of(desk.db, desk.ctx.id)
    assert {name for name, count in after.items() if count != before[name]} <= {"import_row"}
    if one.status == "checked":
        assert desk.do(one, "run").status in ("done", "failed")


@often(42)
@given(data=st.data())
def test_a_plan_is_followed_or_refused(data: st.DataObject) -> None:
    obj = OBJECTS[data.draw(st.sampled_from(IMPORTABLE))]
    wish = spoiled(st.one_of(st.sampled_from(targets_of(obj)), st.just("")))
    plan = Plan(
        object=obj.name, targets=tuple(data.draw(st.lists(wish, max_size=4))),
        identify=data.draw(st.one_of(wish, st.sampled_from((":key", "hs_object_id", "email", "")))),
        mode=data.draw(st.one_of(st.sampled_from(MODES), words)), dates=data.draw(st.sampled_from((*DATE_FORMATS,
                                                                                                   "x"))),
    )  # fmt: skip
    refused = False
    try:
        check(plan, obj, len(plan.targets))
    except WrongPlan as wrong:
        refused = bool(wrong.reason)
    if not refused:
        columns = [str(number) for number in range(len(plan.targets))]
        DraftReader(obj, plan, columns, CellReader(None, plan, {}))  # type: ignore[arg-type]


FILES = {
    "contact": "Email,First name,Last name\nkari@example.com,Kari,Nordmann\nola@example.com,Ola,Nordmann\n",
    "company": "Name,Domain\nNordlys AS,nordlys.example\n",
    "subscription": "Subscription no,Email,Plan,Price,Interval,Started,Paid until\n"
                    "1,kari@example.com,Fiber,499.00,monthly,2026-01-15,2026-01-15\n",
}  # fmt: skip
_ENTRIES = ('encoding = "utf-16"', 'encoding = "unicode_escape"', 'encoding = "raw_unicode_escape"',
            'encoding = "utf-7"',
            'encoding = "punycode"', 'encoding = "idna"', 'encoding = "rot13"', 'encoding = "hex"',
            'encoding = "shift_jis"',
            'encoding = "mbcs"', 'encoding = "\\u0000"', 'delimiter = "\\u0000"', 'delimiter = "ø"', 'delimiter = " "',
            'delimiter = "\\n"', 'delimiter = "\\\\"', 'delimiter = "a"', 'date_format = "DDMMYYYY"',
            'date_format = "(MM[DD*YYYY"',
            'date_format = "YYYY-MM-DDDD"', 'decimal = ","', 'thousands = "0"', 'thousands = "."', 'thousands = "-"',
            "create_contacts = true", "bill_arrears = true", 'currencies = ["NOK"]', "currencies = [[]]",
            "currencies = [1e400]",
            "[constants]", 'key = "Email"', 'key = ""', 'object = ["contact"]', "[values.Email]", 'a = 1',
            "x = " + "[" * 5_000,
            "n = " + "9" * 5_000, "d = 1979-05-27T07:32:00Z", "[columns]", '"Email" = ["email", []]',
            "hs_language = nan",
            'hs_net_payment_terms = 9999999999999999999', '"line_item.quantity" = inf')  # fmt: skip


@st.composite
def mappings(draw: st.DrawFn, name: str) -> str:
    """A mapping file with an entry or two that nobody foresaw."""
    lines = mapping_template(name).splitlines()
    for _ in range(draw(st.integers(0, 2))):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(_ENTRIES)))
    for _ in range(draw(st.integers(0, 1))):
        at = draw(st.integers(0, len(lines) - 1))
        lines[at] = draw(spoiled(st.just(lines[at].removeprefix("# "))))
    return "\n".join(lines)


@often(28)
@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_mapping_is_followed_to_the_end_of_the_file_or_refused_with_place_and_remedy(
    name: str, data: st.DataObject, tmp_path: Path, account: AccountContext, db: AnyConnection
) -> None:
    (tmp_path / "map.toml").write_bytes(data.draw(mappings(name)).encode("utf-8", "replace"))
    content = data.draw(
        st.one_of(st.just(FILES[name].encode()), spoiled_bytes(st.just(FILES[name].encode())))
    )
    (tmp_path / "table.csv").write_bytes(content)
    before = rows_of(db, account.id)
    try:
        mapping = read_mapping(tmp_path / "map.toml")
        import_file(db, account, tmp_path / "table.csv", mapping, dry_run=True)
    except UserFacing as refusal:
        tells(refusal.where, refusal.remedy)
    assert rows_of(db, account.id) == before
