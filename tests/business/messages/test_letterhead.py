"""The account's name, color, logo and address on letters and on the page of an invoice."""

from __future__ import annotations

import base64
import email
import email.policy
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from kalends.accounts.change import change_settings
from kalends.accounts.letterhead import LogoName
from kalends.documents.invoice import read_invoice
from kalends.documents.logo import UnfitLogo, drawn, read_logos, set_logo
from kalends.documents.typeset import pdf
from kalends.messages.backends.files import FileBackend
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import Delivered
from kalends.messages.log import show_letter
from kalends.messages.resend import resend
from tests.business.messages.post import Post, administrator
from tests.world import World

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="80">'
    b'<rect width="300" height="80" rx="10" fill="#12464f"/></svg>'
)
SQUARE = SVG.replace(b"300", b"80")
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChn"
    "VFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAA"
    "b6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQA"
    "AAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAg"
    "ADIAMAAxADb/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////////////////2wBD"
    "AVVaWnhpeOuCguv/////////////////////////////////////////////////////////////////////////wAARCAAIAAgDASIAAhEB"
    "AxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQL/xAAUEQEAAAAA"
    "AAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCABQ//2Q=="
)
"""Eight by eight pixels, as a browser saves them."""


def png(width: int, height: int, pixel: bytes = b"\x12\x46\x4f\xff") -> bytes:
    """A picture of one color."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + pixel * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def skarv(world: World) -> World:
    """The account with a color, an address and a logo of its own."""
    settings = {
        "brand_color": "#ffe14d",
        "address": "Kaigata 2",
        "zip": "0150",
        "city": "Oslo",
        "tax_id": "Org.nr. 888 888 888 MVA",
        "support_email": "hei@skarv.example",
    }
    world.ctx = change_settings(world.db, world.ctx, settings).ctx
    world.ctx = set_logo(world.db, world.ctx, SVG).ctx
    return world


def mail(path: Path) -> email.message.EmailMessage:
    (file,) = path.iterdir()
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[return-value]


# ---- letters


def test_a_letter_has_the_accounts_color_address_and_where_to_write_to(skarv: World, post: Post) -> None:
    post.cancellations(1)
    letter = post.letter("canceled")
    assert "background-color: #ffe14d" in letter.html or "background-color:#ffe14d" in letter.html
    assert letter.text.rstrip().splitlines()[-3:] == [
        "Nordlys Test AS, Kaigata 2, 0150 Oslo, Norway, Org.nr. 888 888 888 MVA",
        "Questions: hei@skarv.example",
        "You get this because you had Fleet Core.",
    ]


def test_without_an_address_a_letter_names_the_account_alone(world: World, post: Post) -> None:
    post.cancellations(1)
    assert post.letter("canceled").text.rstrip().splitlines()[-2] == "Nordlys Test AS"


def test_the_logo_goes_with_the_letter_so_that_mail_programs_show_it(
    skarv: World, post: Post, tmp_path: Path
) -> None:
    post.cancellations(1)
    post.deliver(FileBackend(tmp_path))
    message = mail(tmp_path)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    html, picture = [part for part in message.walk() if part.get_content_type() in ("text/html", "image/png")]
    content_id = picture["Content-ID"].strip("<>")
    assert f'src="cid:{content_id}"' in html.get_content()
    assert "http" not in html.get_content()
    assert picture.get_content() == drawn(SVG)
    assert 'alt="Nordlys Test AS"' in html.get_content()


def test_beside_a_logo_that_is_no_word_the_name_is_told(skarv: World, post: Post) -> None:
    skarv.ctx = set_logo(skarv.db, skarv.ctx, SQUARE).ctx
    post.cancellations(1)
    html = post.letter("canceled").html
    assert 'alt=""' in html
    assert html.count("Nordlys Test AS</td>") == 1


def test_a_letter_keeps_its_logo_though_the_account_has_another_one(skarv: World, post: Post) -> None:
    (id_,) = post.cancellations(1)
    first, second = MemoryBackend(), MemoryBackend()
    post.deliver(first)
    skarv.ctx = set_logo(skarv.db, skarv.ctx, SQUARE).ctx
    resend(skarv.db, skarv.ctx, id_)
    post.deliver(second)
    pictures = [
        [part.get_content() for part in sent.message.walk() if part.get_content_type() == "image/png"]
        for sent in (first.sent[0], second.sent[0])
    ]
    assert pictures[0] == pictures[1] == [drawn(SVG)]


def test_answers_go_to_where_customers_write_to(skarv: World, world: World, post: Post) -> None:
    post.cancellations(1)
    backend = MemoryBackend()
    post.deliver(backend)
    assert backend.sent[0].message["Reply-To"] == "hei@skarv.example"


def test_outside_a_mail_program_the_picture_stands_in_the_page_itself(skarv: World, post: Post) -> None:
    (id_,) = post.cancellations(1)
    html = show_letter(skarv.db, skarv.ctx, id_).html
    assert "cid:" not in html
    assert 'src="data:image/png;base64,' in html


def test_a_notice_to_staff_has_the_letterhead_too(skarv: World, post: Post) -> None:
    administrator(skarv)
    kari = skarv.customer()
    skarv.subscribe(kari, method=skarv.method(kari))
    skarv.until("2026-01-01")
    assert "Kaigata 2, 0150 Oslo, Norway" in post.letter("payment_made").text


# ---- the page of an invoice


def test_an_invoices_page_has_the_logo_and_the_sellers_address(skarv: World, post: Post) -> None:
    subscription = skarv.subscribe(skarv.customer(country="GB"), "100", net_terms_days=30)
    skarv.until("2026-01-01")
    document = read_invoice(skarv.db, skarv.ctx, skarv.invoices(subscription, "id")[0])
    logo = read_logos(skarv.db, skarv.ctx.id, [document.letterhead.logo])[document.letterhead.logo]
    with_logo, without = (PdfReader(BytesIO(pdf(document, picture))) for picture in (logo, None))
    text = " ".join(with_logo.pages[0].extract_text().split())
    for said in (
        "Kaigata 2",
        "0150 Oslo",
        "Norway",
        "Org.nr. 888 888 888 MVA",
        "Questions: hei@skarv.example",
    ):
        assert said in text
    assert (len(with_logo.pages[0].images), len(without.pages[0].images)) == (1, 0)
    told = with_logo.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "pdfuaid" in told
    assert "pdfaid" in told


def test_the_invoice_that_goes_with_a_letter_has_the_logo_of_that_day(skarv: World, post: Post) -> None:
    skarv.subscribe(skarv.customer(country="GB"), "100", net_terms_days=30)
    skarv.until("2026-01-01")
    first, second = MemoryBackend(), MemoryBackend()
    assert post.deliver(first) == Delivered(sent=1)
    skarv.ctx = set_logo(skarv.db, skarv.ctx, SQUARE).ctx
    resend(skarv.db, skarv.ctx, post.rows("invoice")[0].id)
    post.deliver(second)
    pages = [next(sent.message.iter_attachments()).get_content() for sent in (first.sent[0], second.sent[0])]
    assert pages[0] == pages[1]


# ---- what can be a logo


@pytest.mark.parametrize("content", [SVG, SQUARE, JPEG, png(40, 20), png(2000, 30)])
def test_a_picture_becomes_a_small_png_that_fills_its_room(content: bytes) -> None:
    picture = drawn(content)
    width, height = struct.unpack(">II", picture[16:24])
    assert picture.startswith(b"\x89PNG")
    assert (width <= 640, height <= 160, width == 640 or height == 160) == (True, True, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no picture"),
        (b"GIF89a", "no picture"),
        (b"%PDF-1.7", "no picture"),
        (png(40, 20)[:60], "can be seen"),
        (png(40, 20, b"\0\0\0\0"), "Nothing can be seen"),
        (png(40, 20)[:18], "not complete"),
        (JPEG[:20], "not complete"),
        (
            png(1, 1)[:16] + struct.pack(">II", 60000, 60000) + png(1, 1)[24:],
            "4000 by 4000 are allowed",
        ),
        (b"x" * 600_000, "512 kB are allowed"),
        (SVG.replace(b"<rect", b"<script>alert(1)</script><rect"), "<script"),
        (SVG.replace(b"<rect", b'<image href="https://evil.example/a.png"/><rect'), "https:"),
        (SVG.replace(b"<rect", b'<image href="file:///etc/passwd"/><rect'), "file:"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "<!doctype"),
        (SVG[:-8], "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_a_logo_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(UnfitLogo, match=why):
        drawn(content)


def test_the_same_picture_is_stored_once_and_an_account_sees_its_own_alone(skarv: World, db: object) -> None:
    name = skarv.ctx.letterhead.logo
    set_logo(skarv.db, skarv.ctx, SVG)
    assert skarv.one("SELECT count(*) FROM account_logo WHERE account_id = %s", skarv.ctx.id) == (1,)
    assert LogoName.read(name).width == 600
    assert read_logos(skarv.db, skarv.ctx.id + 1, [name]) == {}


def test_a_name_that_is_no_logos_is_refused() -> None:
    with pytest.raises(ValueError, match="is not the name of a logo"):
        LogoName.read("../../etc/passwd")
