"""Logos: a picture that somebody hands in, drawn anew as a small PNG that letters, pages and invoices can show.

The picture is drawn by typst, which decodes PNG, JPEG and SVG and runs no scripts. What an SVG could make it load, from
its own lines or from files beside the program, is refused before (:mod:`kalends.documents.harmless`). What is stored is
the drawing and never the file: whatever else was in it is gone.
"""

import base64
import hashlib
import struct
import zlib
from collections.abc import Iterable
from typing import Any

import typst
from psycopg import Connection

from kalends.accounts.change import Changed, change_settings
from kalends.accounts.context import AccountContext
from kalends.accounts.letterhead import LogoName
from kalends.documents.harmless import Harmful, refuse_harm
from kalends.documents.weight import weight_of

LARGEST_FILE = 512 * 1024
WIDTH_MAX, HEIGHT_MAX = 640, 160
"""In pixels. Letters show a quarter of it: sharp on screens that have four pixels where others have one."""

_SIDE_MAX = 4000
_PARTS_MAX = 20_000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_FORBIDDEN = (b"<!doctype", b"<!entity", b"file:", b"http:", b"https:")
_NAMESPACES = (b"http://www.w3.org/", b"http://www.inkscape.org/", b"http://sodipodi.sourceforge.net/")
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PIXEL = 4

_DRAWING = """
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#let it = image(bytes(sys.inputs.picture), format: "svg")
#context {
  let size = measure(it)
  let factor = calc.min(640pt / size.width, 160pt / size.height)
  scale(factor * 100%, reflow: true, it)
}
"""


class UnfitLogo(ValueError):
    """A file that cannot be a logo; the message says why and what to do."""


def set_logo(db: Connection[Any], ctx: AccountContext, content: bytes, *, actor: str = "system") -> Changed:
    """Make a picture (PNG, JPEG or SVG) the account's logo. Raises ``UnfitLogo``.

    Letters and invoices that were sent keep the logo they were sent with.
    """
    picture = drawn(content)
    name = LogoName(hashlib.sha256(picture).hexdigest()[:32], *_png_size(picture))
    with db.transaction():
        db.execute(
            "INSERT INTO account_logo (account_id, name, content, created_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT ON CONSTRAINT account_logo_once DO NOTHING",
            [ctx.id, str(name), picture, ctx.now],
        )
        return change_settings(db, ctx, {"logo": str(name)}, actor=actor)


def read_logos(db: Connection[Any], account_id: int, names: Iterable[str | None]) -> dict[str, bytes]:
    """Pictures of the account by name, as PNG; what is not there is left out."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    query = "SELECT name, content FROM account_logo WHERE account_id = %s AND name = ANY(%s)"
    return {name: bytes(content) for name, content in db.execute(query, [account_id, wanted]).fetchall()}


def drawn(content: bytes) -> bytes:
    """The picture as a PNG of at most 640 by 160 pixels, and as large as fits into that. Raises ``UnfitLogo``."""
    if len(content) > LARGEST_FILE:
        raise UnfitLogo(
            f"The picture has {len(content) // 1024} kB; {LARGEST_FILE // 1024} kB are allowed. Save it smaller."
        )
    try:
        picture = typst.compile(
            _DRAWING.encode(), format="png", ppi=72, sys_inputs={"picture": _as_svg(content)}
        )
    except typst.TypstError as problem:
        raise UnfitLogo(f"The picture cannot be read: {problem.message}.") from problem
    if not isinstance(picture, bytes) or _is_empty(picture):
        raise UnfitLogo("Nothing can be seen in the picture. Save it again as PNG.")
    return picture


def framed(picture: bytes) -> str:
    """A PNG inside an SVG of its size: typst takes pictures as text in this form only."""
    return _frame("png", picture, *_png_size(picture))


def _as_svg(content: bytes) -> str:
    if content.startswith(_PNG):
        return _frame("png", content, *_png_size(content))
    if content.startswith(_JPEG):
        return _frame("jpeg", content, *_jpeg_size(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if "<svg" not in text[:2000]:
        raise UnfitLogo("This is no picture that can be used. Give a PNG, JPEG or SVG file.")
    bare = content.lower()
    for namespace in _NAMESPACES:
        bare = bare.replace(namespace, b"")
    found = next((word for word in _FORBIDDEN if word in bare), None)
    if found is not None:
        raise _holds(found.decode())
    _refuse_harm_and_what_never_ends(text)
    return text


def _holds(what: str) -> UnfitLogo:
    return UnfitLogo(
        f"The SVG holds {what!r}, which a logo may not: nothing in it may lead outside itself or be long to draw. "
        "Save it as a plain SVG or as PNG."
    )


def _refuse_harm_and_what_never_ends(svg: str) -> None:
    try:
        refuse_harm(svg, _size, _SIDE_MAX * _SIDE_MAX)
        parts = weight_of(svg)
    except Harmful as problem:
        raise _holds(problem.what) from problem
    except UnfitLogo:
        raise
    except ValueError as problem:
        raise UnfitLogo(f"The picture cannot be read: {problem}. Save it as PNG.") from problem
    if parts > _PARTS_MAX:
        raise UnfitLogo(
            f"The SVG has {parts:,} parts to draw, repetitions included; {_PARTS_MAX:,} are allowed. Save it as PNG."
        )


def _frame(kind: str, content: bytes, width: int, height: int) -> str:
    data = base64.b64encode(content).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/{kind};base64,{data}"/></svg>'
    )


def _size(content: bytes) -> tuple[int, int]:
    """The sides of a picture that lies in a drawing. Raises ``UnfitLogo``."""
    if content.startswith(_PNG):
        return _png_size(content)
    if content.startswith(_JPEG):
        return _jpeg_size(content)
    raise UnfitLogo("A picture in the SVG is neither PNG nor JPEG. Save it as PNG.")


def _png_size(content: bytes) -> tuple[int, int]:
    try:
        return _sides(*struct.unpack(">II", content[16:24]))
    except struct.error as problem:
        raise UnfitLogo("The PNG is not complete.") from problem


def _jpeg_size(content: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        if marker in _START_OF_FRAME:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return _sides(width, height)
        place += 2 + length
    raise UnfitLogo("The JPEG is not complete.")


def _sides(width: int, height: int) -> tuple[int, int]:
    if not (0 < width <= _SIDE_MAX and 0 < height <= _SIDE_MAX):
        raise UnfitLogo(f"The picture is {width} by {height} pixels; {_SIDE_MAX} by {_SIDE_MAX} are allowed.")
    return width, height


def _is_empty(picture: bytes) -> bool:
    """Whether a drawing of ours (true color with opacity, not interlaced) has no spot of color in it."""
    rows, place = b"", len(_PNG)
    while place < len(picture):
        length = int.from_bytes(picture[place : place + 4], "big")
        if picture[place + 4 : place + 8] == b"IDAT":
            rows += picture[place + 8 : place + 8 + length]
        place += 12 + length
    pixels, stride = zlib.decompress(rows), _png_size(picture)[0] * _PIXEL + 1
    return not any(any(pixels[start + 1 : start + stride]) for start in range(0, len(pixels), stride))
