"""Files that people hand in: pictures for a logo, and archives of an account. What is not right leaves no trace."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kalends.accounts.context import AccountContext
from kalends.documents.logo import HEIGHT_MAX, WIDTH_MAX, UnfitLogo, drawn
from kalends.platform.errors import UserFacing
from kalends.portability.export import export_account
from tests.conftest import FIRST_MOMENT
from tests.fuzz.making import often, scalars, spoiled, spoiled_bytes, spoiled_tree, tells, words
from tests.portability.test_moving import take_in
from tests.world import World

_XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
SVG = f'<svg {_XMLNS} width="40" height="20" viewBox="0 0 40 20"><path d="M0 0h40v20z" fill="#123456"/></svg>'


def png(width: int = 4, height: int = 2, *, data: bytes | None = None, more: bytes = b"") -> bytes:
    """A PNG of one color; ``more`` are further chunks."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = b"".join(b"\x00" + b"\x12\x34\x56\xff" * width for _ in range(height)) if data is None else data
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", head) + more + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d"
    "1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f00000105010101"
    "01010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d0102030004110512213141061351"
    "6107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758"
    "595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5"
    "c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd3ffd9"
)
PICTURES = (
    png(), JPEG, SVG.encode(),
    SVG.replace("40", "9" * 30).encode(), SVG.replace("40", "-1").encode(), SVG.replace("40", "NaN").encode(),
    SVG.replace("20", "0").encode(),
    ('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><defs><g id="a"><path d="M0 0h9v9z"/></g>'
     + "".join(f'<g id="{chr(98 + n)}">' + f'<use href="#{chr(97 + n)}"/>' * 10 + "</g>" for n in range(5))
     + '</defs><use href="#f"/></svg>').encode(),
    (f'<svg {_XMLNS} width="9" height="9">' + "<g>" * 3_000 + "</g>" * 3_000 + "</svg>").encode(),
    b'<svg width="9" height="9"><style>@import url(a.css)</style><image href="/etc/passwd" width="9"/></svg>',
    (f'<svg {_XMLNS} width="9" height="9"><filter id="a"><feGaussianBlur stdDeviation="99999"/></filter>'
     '<path d="M0 0h9v9z" filter="url(#a)"/></svg>').encode(),
    png() + b"<script>alert(1)</script>", b"GIF89a", b"%PDF-1.7", b"<svg", b"", png()[:20], JPEG[:100],
    SVG.encode("utf-16"),
)  # fmt: skip
PARTS = st.sampled_from(
    ('width="1e9"', 'height="1%"', 'viewBox="0 0 0 0"', 'viewBox="-1e9 NaN 1 1"', 'transform="scale(1e30)"',
     'transform="matrix(0 0 0 0 0 0)"',
     "<text>Ærlig</text>", "<mask id='a'/>", "<use href='#a'/>", "<g id='a'><use href='#a'/></g>",
     "<pattern width='.001' height='.001'/>",
     "<image href='data:image/png;base64,AAAA'/>", "<!--", "-->", "<![CDATA[", "&#0;", "&amp", "<?xml version='9'?>",
     "font-size='1e30'",
     "stroke-dasharray='.0001'", "stroke-width='1e30'", "<linearGradient id='a' href='#a'/>",
     "d='M" + "1e9 " * 200 + "'", "\x00", "xmlns=''")
)  # fmt: skip


@st.composite
def drawings(draw: st.DrawFn) -> bytes:
    """An SVG with parts that nobody draws."""
    text = SVG
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from([place for place, sign in enumerate(text) if sign in "<> "]))
        text = text[: at + draw(st.integers(0, 1))] + draw(PARTS) + text[at:]
    return text.encode("utf-8", "replace")


@often(14)
@given(content=st.one_of(drawings(), spoiled_bytes(st.sampled_from(PICTURES)), st.sampled_from(PICTURES)))
@example(content=png(4_000, 4_000, data=b"\x00" * 100))
@example(content=png(60_000, 60_000, data=b"\x00" * 100))
@example(content=b"\x89PNG\r\n\x1a\n" + b"\x00" * 40)
def test_a_picture_is_drawn_small_or_refused_in_words(content: bytes) -> None:
    try:
        picture = drawn(content)
    except UnfitLogo as refusal:
        tells(str(refusal))
    else:
        width, height = struct.unpack(">II", picture[16:24])
        assert (0 < width <= WIDTH_MAX, 0 < height <= HEIGHT_MAX) == (True, True)
        assert b"<script" not in picture


@pytest.fixture
def archive(world: World, tmp_path: Path) -> Path:
    """An archive of an account in which something has happened."""
    kari = world.customer("Kari Nordmann")
    world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-02")
    path = tmp_path / "good.zip"
    export_account(world.db, world.ctx, path, now=FIRST_MOMENT)
    return path


class _Files(dict[str, bytes]):
    """The files of an archive; too many to be printed."""

    def __repr__(self) -> str:
        return f"{len(self)} files"


def _files(path: Path) -> _Files:
    with zipfile.ZipFile(path) as packed:
        return _Files({name: packed.read(name) for name in packed.namelist()})


def _packed(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


NAMES = ("../a", "/etc/passwd", "tables/../../a.jsonl", "tables\\a.jsonl", "C:\\a", "tables/contact.jsonl/", "a\x00b",
         "files/x/y/1.png",
         "manifest.json ", "MANIFEST.JSON", "tables/" + "a" * 300 + ".jsonl", "ø")  # fmt: skip


@st.composite
def archives(draw: st.DrawFn, right: _Files) -> bytes:
    """An archive with something wrong: in its bytes, files or manifest, or in a row for which the manifest speaks."""
    files = dict(right)
    manifest = json.loads(files["manifest.json"])
    filled = sorted(name for name, content in files.items() if name.startswith("tables/") and content)
    match draw(st.integers(0, 5)):
        case 0:
            return draw(spoiled_bytes(st.just(_packed(files))))
        case 1:
            files[draw(st.sampled_from(NAMES))] = b"x"
        case 2:
            files["manifest.json"] = json.dumps(
                draw(spoiled_tree(st.just(manifest), st.one_of(scalars, words)))
            ).encode()
        case 3:
            how = draw(st.sampled_from((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED)))
            return draw(spoiled_bytes(st.just(_packed(files, how))))
        case _:
            name = draw(st.sampled_from(filled))
            lines = files[name].splitlines()
            at = draw(st.integers(0, len(lines) - 1))
            row = spoiled_tree(st.just(json.loads(lines[at])), st.one_of(scalars, words)).map(json.dumps)
            lines[at] = (
                draw(st.one_of(row, spoiled(st.just(lines[at].decode()))))
                .replace("\n", " ")
                .encode("utf-8", "replace")
            )
            content = b"".join(each + b"\n" for each in lines)
            (table,) = [each for each in manifest["tables"] if each["file"] == name]
            table |= {
                "bytes": len(content),
                "rows": len(lines),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            files |= {name: content, "manifest.json": json.dumps(manifest).encode()}
    return _packed(files)


def test_an_archive_that_is_not_right_is_refused_with_its_place_and_leaves_nothing(
    world: World, archive: Path, tmp_path: Path
) -> None:
    right = _files(archive)
    path = tmp_path / "bad.zip"

    @often(9)
    @given(content=archives(right))
    def try_it(content: bytes) -> None:
        path.write_bytes(content)
        before = world.rows("SELECT id FROM account")
        try:
            done = take_in(world.db, path)
        except UserFacing as refusal:
            tells(refusal.where, refusal.remedy)
            assert world.rows("SELECT id FROM account") == before
        else:
            assert isinstance(done.ctx, AccountContext)

    try_it()
