"""Reading files that nobody promised anything about: whatever comes in, rows come out, or one clear refusal."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalends.imports import sheets
from kalends.imports.cells import read_moment
from kalends.imports.plan import DATE_FORMATS
from kalends.imports.sheets import Shape, WrongFile

TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r\n"), min_size=1, max_size=12
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a file."""

    def write(content: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(content)
        return path

    return write


@FEW
@given(
    content=st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: b"PK\x03\x04" + tail))
)
def test_any_bytes_are_read_as_rows_or_refused_in_words(
    file: Callable[[bytes], Path], content: bytes
) -> None:
    path = file(content)
    with contextlib.suppress(WrongFile):
        shape = sheets.guess_shape(path)
        names = sheets.headings(path, shape)
        assert all(row.problem or len(row.cells) == len(names) for row in sheets.rows(path, shape))


@FEW
@given(
    table=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=6),
    delimiter=st.sampled_from(sheets.DELIMITERS),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16")),
)
def test_what_a_program_wrote_is_read_as_it_meant_it(
    file: Callable[[bytes], Path], table: list[list[str]], delimiter: str, encoding: str
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([["A", "B", "C"], *table])
    path = file(written.getvalue().encode(encoding))
    shape = Shape("utf-16" if encoding == "utf-16" else "utf-8", delimiter)
    read = [list(row.cells) for row in sheets.rows(path, shape)]
    assert read == [row for row in table if any(cell.strip() for cell in row)]


@FEW
@given(day=st.dates(), form=st.sampled_from(DATE_FORMATS))
def test_a_day_is_read_in_the_format_that_wrote_it(day: object, form: str) -> None:
    text = f"{day:%Y-%m-%d}".zfill(10)
    year, month, number = text.split("-")
    written = form.replace("YYYY", year).replace("MM", month).replace("DD", number)
    found = read_moment(written, form)
    assert found is not None
    assert found.date() == day


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xd0\xcf\x11\xe0rest", "old_excel"),
        (b"%PDF-1.7\x00\x01", "no_table"),
        (b"PK\x03\x04 no archive", "no_table"),
        (b";".join([b"a"] * 1_601), "too_many"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(
    file: Callable[[bytes], Path], content: bytes, reason: str
) -> None:
    path = file(content)
    with pytest.raises(WrongFile) as refusal:
        sheets.headings(path, sheets.guess_shape(path))
    assert refusal.value.reason == reason


def test_a_file_with_too_many_rows_or_bytes_is_refused(
    file: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(b"A,B\n" + b"1,2\n" * 4)
    monkeypatch.setattr(sheets, "ROWS_MAX", 3)
    with pytest.raises(WrongFile, match="more than 3 rows"):
        list(sheets.rows(path, Shape("utf-8", ",")))
    monkeypatch.setattr(sheets, "FILE_BYTES_MAX", 10)
    with pytest.raises(WrongFile, match="20 bytes"):
        sheets.guess_shape(path)


def test_an_archive_that_would_unpack_into_too_much_is_refused(
    file: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 10_000)
    monkeypatch.setattr(sheets, "UNPACKED_BYTES_MAX", 9_999)
    with pytest.raises(WrongFile, match="Unpacked"):
        sheets.guess_shape(file(out.getvalue()))
