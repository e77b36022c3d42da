"""Files of strangers: what is too large, packed to burst, or not what it says, is refused before it does harm."""

from __future__ import annotations

import base64
import gc
import io
import struct
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kalends.documents.logo import LARGEST_FILE, UnfitLogo, drawn
from kalends.imports import sheets
from kalends.imports import workbook as books
from kalends.imports.sheets import DAMAGED, WrongFile, guess_shape
from kalends.platform import archives
from kalends.platform.archives import parts_in


def xlsx(path: Path, **parts: bytes) -> Path:
    """A packed file that begins as a workbook does."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_file_that_bursts_is_measured_and_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "UNPACKED_BYTES_MAX", 1_000_000)
    bomb = xlsx(tmp_path / "bomb.xlsx", sheet=b"\0" * 2_000_000)
    assert bomb.stat().st_size < 10_000

    with pytest.raises(WrongFile, match="Unpacked the file has 2,000,000 bytes"):
        guess_shape(bomb)


def test_a_file_of_too_many_parts_is_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little they hold: their list alone fills the memory."""
    monkeypatch.setattr(sheets, "PARTS_MAX", 100)
    many = xlsx(tmp_path / "many.xlsx", **{f"part{number}": b"" for number in range(101)})
    monkeypatch.setattr(zipfile, "ZipFile", None)

    with pytest.raises(WrongFile, match="The file has 101 parts, and at most 100 are read"):
        guess_shape(many)


def test_parts_are_counted_wherever_a_reading_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three = xlsx(tmp_path / "three.xlsx", a=b"x", b=b"", c=b"y")
    for length in (1, 2, 3, 4, 5, 7, 1000):
        monkeypatch.setattr(archives, "_READ_AT_ONCE", length)
        assert parts_in(three) == 3


def test_a_file_that_is_larger_than_can_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "FILE_BYTES_MAX", 1_000)
    large = tmp_path / "large.csv"
    large.write_bytes(b"a,b\n" * 1_000)

    with pytest.raises(WrongFile, match="at most 1,000 are read"):
        guess_shape(large)


def test_a_workbook_with_entities_from_outside_reads_none_of_them(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret words")
    hostile = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>'
    ).encode()

    assert "top secret" not in read_sheet(tmp_path, hostile)


def test_entities_that_multiply_are_not_multiplied(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    hostile = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&l8;</t></is></c></row></sheetData></worksheet>'
    ).encode()

    assert len(read_sheet(tmp_path, hostile)) < 100_000


def read_sheet(tmp_path: Path, sheet: bytes) -> str:
    """What is read of a workbook whose sheet is this, or what is said of it."""
    path = workbook(tmp_path / "hostile.xlsx", sheet1=sheet)
    try:
        return str(list(sheets.rows(path, guess_shape(path))))
    except (WrongFile, *DAMAGED) as problem:
        return str(problem)


SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(path: Path, **parts: bytes) -> Path:
    """A workbook whose only cell says x, with other parts in place of its own."""
    import openpyxl

    whole = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "x"  # type: ignore[index]
    book.save(whole)
    with zipfile.ZipFile(whole) as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
        for each in good.infolist():
            bad.writestr(each, parts.get(Path(each.filename).stem, good.read(each.filename)))
    return path


@pytest.mark.parametrize(
    ("limit", "most", "part", "words"),
    [
        ("WHOLE_BYTES_MAX", 20_000, "styles", "xl/styles.xml has 150,0.. bytes unpacked"),
        ("ELEMENTS_MAX", 1_000, "styles", "xl/styles.xml has 30,00. elements"),
        ("STRINGS_BYTES_MAX", 20_000, "app", "Its texts have 150,0.. bytes unpacked"),
    ],
)
def test_a_workbook_whose_parts_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, part: str, words: str
) -> None:
    """Eleven kilobytes of formats took the memory of a whole machine, and minutes."""
    monkeypatch.setattr(books, limit, most)
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/docProps/app.xml" ContentType="{kinds}.sharedStrings+xml"/></Types>'
    )
    long = f"<styleSheet {SPREADSHEET}>{'<xf/>' * 30_000}</styleSheet>"
    small = workbook(tmp_path / "small.xlsx", **{part: long.encode(), "[Content_Types]": types.encode()})
    assert small.stat().st_size < 10_000

    with pytest.raises(WrongFile, match=words):
        sheets.headings(small, guess_shape(small))


def test_what_a_sheet_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    """Else each of its missing rows would be made as wide as it says."""
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row><row r="3"><c r="A3"><v>7</v></c></row>'
    sheet = (
        f'<worksheet {SPREADSHEET}><dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'
    )
    told = workbook(tmp_path / "told.xlsx", sheet1=sheet.encode())

    with told.open("rb") as file:
        assert list(books.rows_of(file, 5) or ()) == [("name",), (), (7,)]
    assert [row.cells for row in sheets.rows(told, guess_shape(told))] == [(7,)]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="2">' + "<c/>" * 30_000 + "</row>",
        '<row r="1"><c r="A1"><v>1</v></c></row>' + "<x/>" * 30_000,
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" t="inlineStr"><is>'
        + "<t>row</t>" * 12_000,
    ],
)
def test_a_row_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: str) -> None:
    monkeypatch.setattr(books, "ROW_BYTES_MAX", 100_000)
    sheet = f"<worksheet {SPREADSHEET}><sheetData>{rows}</sheetData></worksheet>"
    endless = workbook(tmp_path / "endless.xlsx", sheet1=sheet.encode())

    with pytest.raises(WrongFile, match="One row has more than 100,000 bytes"):
        list(sheets.rows(endless, sheets.Shape()))


def test_rows_are_forgotten_once_they_were_read(tmp_path: Path) -> None:
    """With what stands between them: however long a sheet is, little of it is kept at any time."""
    parts = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row><c/><c/>' for n in range(1, 5_001))
    sheet = f"<worksheet {SPREADSHEET}><sheetData>{parts}</sheetData></worksheet>"

    def kept() -> int:
        return sum(type(each) is ET.Element for each in gc.get_objects())

    with workbook(tmp_path / "long.xlsx", sheet1=sheet.encode()).open("rb") as file:
        rows = books.rows_of(file, 5)
        assert rows is not None
        assert [next(rows) for _ in range(1_000)][-1] == (1_000,)
        early = kept()
        assert [next(rows) for _ in range(3_500)][-1] == (4_500,)
        assert kept() < early + 2_000


def test_a_row_behind_the_last_one_is_refused(tmp_path: Path) -> None:
    row = '<row r="1"><c><v>1</v></c></row><row r="9000000000000000000"><c><v>2</v></c></row>'
    sheet = f"<worksheet {SPREADSHEET}><sheetData>{row}</sheetData></worksheet>"
    with pytest.raises(WrongFile, match="behind the last one"):
        list(sheets.rows(workbook(tmp_path / "far.xlsx", sheet1=sheet.encode()), sheets.Shape()))


def test_a_row_that_is_wider_than_can_be_read_is_refused(tmp_path: Path) -> None:
    def wide(value: str) -> Path:
        row = f'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1">{value}</c></row>'
        sheet = f"<worksheet {SPREADSHEET}><sheetData>{row}</sheetData></worksheet>"
        return workbook(tmp_path / "wide.xlsx", sheet1=sheet.encode())

    assert sheets.headings(wide(""), sheets.Shape()) == ["1"]
    with pytest.raises(WrongFile, match="more than 1,600 columns"):
        sheets.headings(wide("<v>2</v>"), sheets.Shape())


def png(width: int, height: int) -> bytes:
    """A PNG that says it is this large, and holds one line."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10))
        + chunk(b"IEND", b"")
    )


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="9" height="9"/>{}</svg>'
"""A square that can be drawn, so that what stands beside it is what is refused."""


def inside(kind: str, content: bytes) -> str:
    """A picture that lies in the drawing whole."""
    return (
        f'<image width="9" height="9" href="data:image/{kind};base64,{base64.b64encode(content).decode()}"/>'
    )


def test_the_square_is_drawn_and_so_is_a_picture_that_lies_in_it() -> None:
    style = "<style>/* as it is exported */ .cls-1, #a{fill:#fff;} rect { stroke:none }</style>"
    for parts in ("", style, inside("png", drawn(SVG.format("").encode()))):
        assert drawn(SVG.format(parts).encode()).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no picture"),
        (b"GIF89a", "no picture"),
        (b"<html><script>alert(1)</script></html>", "no picture"),
        (png(100_000, 100_000), "100000 by 100000 pixels"),
        (png(0, 0), "0 by 0 pixels"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG is not complete"),
        (SVG.format("<script>alert(1)</script>").encode(), "holds '<script'"),
        (SVG.format('<s:script xmlns:s="http://www.w3.org/2000/svg"/>').encode(), "holds '<script'"),
        (
            SVG.format('<filter id="f"><feTurbulence numOctaves="1000000"/></filter>').encode(),
            "holds '<filter'",
        ),
        (SVG.format(f"<style>{'g ' * 30}rect{{fill:red}}</style>").encode(), "holds 'g g g g g"),
        (SVG.format("<style>.a > .b {fill:red}</style>").encode(), "holds '.a > .b'"),
        (SVG.format('<style>@import "a.css";</style>').encode(), "holds '@import"),
        (SVG.format("<style>" + "g{}" * 7_000 + "</style>").encode(), "21,000 letters of style"),
        (SVG.format("<style>a{b{g g g{}</style>").encode(), "holds 'a'"),
        (SVG.format(f"<text>{'W' * 20_001}</text>").encode(), "20,001 letters"),
        (SVG.format('<image href="../files/3/1.png"/>').encode(), "holds '../files/3/1.png'"),
        (
            SVG.format('<image xmlns:x="http://www.w3.org/1999/xlink" x:href="a.png"/>').encode(),
            "holds 'a.png'",
        ),
        (SVG.format('<image href="&#102;ile:///etc/passwd"/>').encode(), "holds 'file:///etc/passwd'"),
        (SVG.format(inside("svg+xml", SVG.encode())).encode(), r"holds 'data:image/svg\+xml"),
        (SVG.format('<image href="data:,%3Csvg/%3E"/>').encode(), "holds 'data:,"),
        (
            SVG.format('<image href="data:image/png;base64,%69VBORw0KGgo="/>').encode(),
            "holds 'data:image/png",
        ),
        (SVG.format(inside("png", SVG.encode())).encode(), "neither PNG nor JPEG"),
        (SVG.format(inside("png", png(100_000, 100_000))).encode(), "100000 by 100000 pixels"),
        (SVG.format(inside("png", png(4_000, 4_000)) * 2).encode(), "pictures of 32,000,000 pixels"),
        (SVG.format('<image href="FILE:///etc/passwd"/>').encode(), "holds 'file:'"),
        (SVG.format('<image href="http://127.0.0.1/"/>').encode(), "holds 'http:'"),
        (SVG.format('<image href="https://example.org/"/>').encode(), "holds 'https:'"),
        (SVG.format("<foreignObject/>").encode(), "holds '<foreignobject'"),
        (b'<!DOCTYPE x [<!ENTITY e "x">]>' + SVG.format("&e;").encode(), "holds '<!doctype'"),
        (SVG.format("<g/>" * 20_000).encode(), "parts to draw"),
        (
            SVG.format('<g id="a">' + inside("png", png(9, 9)) + "</g>" + '<use href="#a"/>' * 20).encode(),
            "parts to draw",
        ),
        (SVG.format(" " * LARGEST_FILE).encode(), "512 kB are allowed"),
    ],
)
def test_a_picture_that_is_none_or_does_harm_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(UnfitLogo, match=words):
        drawn(content)


def repeating(levels: int) -> bytes:
    """Ten times ten times ten of the same small square, in a few lines."""
    parts = "".join(f'<g id="l{n}">' + f'<use href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, levels + 1))
    return SVG.format(
        f'<defs><rect id="l0" width="9" height="9"/>{parts}</defs><use href="#l{levels}"/>'
    ).encode()


@pytest.mark.parametrize("levels", [5, 9, 50, 400])
def test_a_drawing_whose_parts_repeat_one_another_is_refused_unseen(levels: int) -> None:
    with pytest.raises(UnfitLogo, match=r"parts to draw|nested too deeply"):
        drawn(repeating(levels))


def test_a_drawing_that_repeats_itself_is_refused() -> None:
    with pytest.raises(UnfitLogo, match="repeats itself"):
        drawn(SVG.format('<g id="a"><use href="#a"/></g><use href="#a"/>').encode())


def test_a_drawing_with_a_few_repetitions_is_drawn() -> None:
    assert drawn(repeating(3)).startswith(b"\x89PNG")
