"""Files of strangers: what is too large, packed to burst, or not what it says, is refused before it does harm."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from kalends.documents.logo import UnfitLogo, drawn
from kalends.imports import sheets
from kalends.imports.sheets import DAMAGED, WrongFile, guess_shape


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
    import openpyxl

    whole = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "x"  # type: ignore[index]
    book.save(whole)
    path = tmp_path / "hostile.xlsx"
    with zipfile.ZipFile(whole) as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
        for each in good.infolist():
            content = sheet if each.filename == "xl/worksheets/sheet1.xml" else good.read(each.filename)
            bad.writestr(each, content)
    try:
        return str(list(sheets.rows(path, guess_shape(path))))
    except (WrongFile, *DAMAGED) as problem:
        return str(problem)


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


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10">{}</svg>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<html><script>alert(1)</script></html>",
        png(100_000, 100_000),
        png(0, 0),
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        SVG.format("<script>alert(1)</script>").encode(),
        SVG.format('<image href="file:///etc/passwd"/>').encode(),
        SVG.format('<image href="http://127.0.0.1/"/>').encode(),
        SVG.format("<foreignObject/>").encode(),
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + SVG.format("&e;").encode(),
        SVG.format("<rect/>" * 200_000).encode(),
    ],
)
def test_a_picture_that_is_none_or_does_harm_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UnfitLogo):
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
