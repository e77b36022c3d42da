"""A quote's page: read, accepted, signed, paid; closed when it is over."""

from __future__ import annotations

import base64
import datetime as dt
import re
import struct
import zlib
from decimal import Decimal

import pytest
from django.test import Client

from kalends.accounts.change import change_settings
from kalends.accounts.short_codes import SIGNING, code_for
from kalends.sales.quote_adjusting import OnTheWhole, set_adjustments
from kalends.sales.quote_course import archive_quotes, publish, recall
from tests.business.sales.quoting import Desk
from tests.business.sales.shop import item
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def _path(desk: Desk, quote: int) -> str:
    return f"/quote/{desk.world.ctx.id}/{desk.read(quote).public_key}"


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def _drawing() -> str:
    """A small PNG with a line in it."""
    rows = b"".join(b"\0" + (b"\x20\x20\x20\xff" * 40 if y == 5 else b"\0\0\0\0" * 40) for y in range(10))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 10, 8, 6, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode()


def test_page_shows_what_was_published(desk: Desk, client: Client) -> None:
    text = _text(client, _path(desk, desk.published(terms="Payable in advance.")))
    for each in ("Fleet Core", "Setup", "187", "Payable in advance.", "Accept the quote"):
        assert each in text


def test_draft_has_no_page(desk: Desk, client: Client) -> None:
    assert client.get(_path(desk, desk.quote())).status_code == 404


def test_archived_quote_and_wrong_key_look_alike(desk: Desk, client: Client) -> None:
    quote = desk.published()
    archive_quotes(desk.world.db, desk.world.ctx, [quote])
    wrong = f"/quote/{desk.world.ctx.id}/00000000-0000-4000-8000-000000000000"
    answers = [client.get(_path(desk, quote)), client.get(wrong)]
    assert [each.status_code for each in answers] == [404, 404]
    assert len({re.sub(rb"/quote/[^\"?]*", b"", each.content) for each in answers}) == 1


def test_click_accepts_with_a_name_and_a_tick(desk: Desk, client: Client) -> None:
    quote = desk.published()
    path = _path(desk, quote)
    refused = client.post(path, {"step": "accept", "name": ""})
    assert refused.status_code == 422
    assert desk.read(quote).status == "APPROVAL_NOT_NEEDED"
    done = client.post(
        path, {"step": "accept", "name": "Kari Nordmann", "agree": "on"}, headers={"user-agent": "Lynx"}
    )
    assert done.status_code == 303
    assert "By Kari Nordmann." in _text(client, path)
    text, agent = desk.world.one("SELECT agreed_text, agent FROM quote_acceptance WHERE quote_id = %s", quote)
    assert text.startswith(f"I accept the quote {desk.read(quote).number()} of ")
    assert agent == "Lynx"


def test_text_that_was_agreed_to_is_kept_in_its_language(desk: Desk, client: Client) -> None:
    quote = desk.published(language="nb")
    client.post(_path(desk, quote), {"step": "accept", "name": "Kari", "agree": "on"})
    (text,) = desk.world.one("SELECT agreed_text FROM quote_acceptance WHERE quote_id = %s", quote)
    assert text.startswith("Jeg aksepterer tilbudet")


@pytest.mark.parametrize("drawn", [False, True])
def test_signature_needs_the_code_that_was_sent(desk: Desk, client: Client, drawn: bool) -> None:
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    path = _path(desk, quote)
    assert "k•••@c•••.test" in _text(client, path)
    asked = client.post(path, {"step": "code", "signer": str(contact)})
    assert asked.status_code == 303
    key = re.search(r"code=([0-9a-f-]+)", asked["Location"])
    assert key is not None
    code = code_for(SIGNING, key[1])
    fields = {"step": "sign", "key": key[1], "name": "Kari Nordmann", "agree": "on"}
    wrong = client.post(path, {**fields, "code": f"{(int(code) + 1) % 1_000_000:06}"})
    assert wrong.status_code == 422
    assert "4 more times" in wrong.content.decode()
    done = client.post(path, {**fields, "code": code, **({"drawn": _drawing()} if drawn else {})})
    assert done.status_code == 303, done.content.decode()
    kind, image, verified = desk.world.one("SELECT kind, image, email_verified_at FROM quote_acceptance")
    assert (kind, image is not None, verified is not None) == ("esignature", drawn, True)


@pytest.mark.parametrize(
    "drawn",
    [
        b"\x00\x00\x00",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
    ],
    ids=["nothing", "what a script could hold"],
)
def test_drawing_that_is_none_is_refused(desk: Desk, client: Client, drawn: bytes) -> None:
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    key, code = desk.code(quote, contact)
    fields = {"step": "sign", "key": str(key), "name": "Kari", "agree": "on", "code": code}
    picture = f"data:image/png;base64,{base64.b64encode(drawn).decode()}"
    answer = client.post(_path(desk, quote), {**fields, "drawn": picture})
    assert answer.status_code == 422
    assert desk.read(quote).status == "APPROVAL_NOT_NEEDED"


def test_stranger_is_not_sent_a_code(desk: Desk, client: Client) -> None:
    quote = desk.published(acceptance_method="esignature")
    stranger = desk.world.customer("Ola Nordmann")
    assert client.post(_path(desk, quote), {"step": "code", "signer": str(stranger)}).status_code == 422
    assert desk.world.letters("quote_code") == []


def test_old_address_leads_to_the_newer_version(desk: Desk, client: Client) -> None:
    quote = desk.published()
    old = _path(desk, quote)
    recall(desk.world.db, desk.world.ctx, quote)
    assert "This quote was taken back" in _text(client, old)
    publish(desk.world.db, desk.world.ctx, quote)
    text = _text(client, old)
    assert _path(desk, quote) in text
    assert "Fleet Core" not in text
    client.post(old, {"step": "accept", "name": "Kari", "agree": "on"})
    assert desk.read(quote).status == "APPROVAL_NOT_NEEDED"


def test_expired_quote_can_be_read_and_nothing_else(desk: Desk, client: Client) -> None:
    quote = desk.published(expiration_date=desk.world.ctx.today, payment_enabled=True)
    desk.world.until(desk.world.ctx.today + dt.timedelta(days=1))
    text = _text(client, _path(desk, quote))
    assert "This quote has expired" in text
    assert "Accept the quote" not in text
    client.post(_path(desk, quote), {"step": "accept", "name": "Kari", "agree": "on"})
    assert desk.read(quote).status == "APPROVAL_NOT_NEEDED"


def test_pdf_is_the_published_one_and_after_acceptance_the_signed_one(desk: Desk, client: Client) -> None:
    quote = desk.published()
    path = _path(desk, quote)
    before = client.get(f"{path}/pdf")
    assert before["Content-Type"] == "application/pdf"
    client.post(path, {"step": "accept", "name": "Kari", "agree": "on"})
    assert len(client.get(f"{path}/pdf").content) > len(before.content)


def test_quote_leads_to_checkout_once_it_is_accepted(desk: Desk, client: Client) -> None:
    quote = desk.published(payment_enabled=True)
    path = _path(desk, quote)
    assert "Go on to payment" not in _text(client, path)
    client.post(path, {"step": "accept", "name": "Kari", "agree": "on"})
    assert "Go on to payment" in _text(client, path)
    answer = client.post(path, {"step": "pay"})
    assert answer.status_code == 303
    assert f"/checkout/{desk.world.ctx.id}/" in answer["Location"]


def test_checkout_of_a_quote_tells_what_is_on_the_whole_as_the_quote_does(desk: Desk, client: Client) -> None:
    quote = desk.quote(
        item("Setup", "200"), payment_enabled=True, acceptance_method="print_and_sign", language="en"
    )
    on_whole = [
        OnTheWhole("discount", "Spring", Decimal(10), is_percent=True),
        OnTheWhole("fee", "Freight", Decimal(20), is_percent=False),
        OnTheWhole("tax", "VAT", Decimal(25), is_percent=True),
    ]
    set_adjustments(desk.world.db, desk.world.ctx, quote, on_whole)
    publish(desk.world.db, desk.world.ctx, quote)

    checkout = client.post(_path(desk, quote), {"step": "pay"})["Location"]

    for text in (_text(client, _path(desk, quote)), _text(client, checkout)):
        for each in ("Spring 10 %", "Freight", "VAT 25 %", "250"):
            assert each in text


def test_page_speaks_as_asked(desk: Desk, client: Client) -> None:
    path = _path(desk, desk.published())
    assert "Aksepter tilbudet" in _text(client, f"{path}?lang=nb")
    assert "Hyväksy tarjous" in _text(client, f"{path}?lang=fi")


def test_the_sellers_terms_are_agreed_to_with_the_quote(desk: Desk, client: Client) -> None:
    terms = "https://nordlys.example/terms"
    change_settings(desk.world.db, desk.world.ctx, {"terms_url": terms}, actor="cli")
    quote = desk.published()
    path = _path(desk, quote)
    assert f'I accept the <a href="{terms}"' in _text(client, path)
    assert client.post(path, {"step": "accept", "name": "Kari", "agree": "on"}).status_code == 303
    ((agreed,),) = desk.world.rows("SELECT agreed_text FROM quote_acceptance WHERE quote_id = %s", quote)
    assert agreed.endswith(f"and its terms. I accept the terms of service ({terms}).")
