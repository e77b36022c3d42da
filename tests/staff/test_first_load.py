"""What a browser fetches when it opens a list for the first time: little, and compressed."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urljoin

from django.http.response import HttpResponseBase
from django.test import Client

from tests.staff.stage import Stage

MOST_BYTES = 150_000
_FETCHED = re.compile(r'<(?:script|link)\b[^>]*?(?:src|href)="(/static/[^"]+\.(?:js|css))"')
_IMPORTED = re.compile(r"""(?:from|import)\s*["'](\.[^"']+)["']""")


def _body(response: HttpResponseBase) -> bytes:
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined,arg-type]
    response.close()
    return body


def _fetch(client: Client, address: str) -> tuple[int, str]:
    """The size on the way, and the text that was meant."""
    response = client.get(address, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert response.status_code == 200, address
    assert response["Content-Encoding"] == "gzip", address
    body = _body(response)
    return len(body), gzip.decompress(body).decode()


def test_a_list_with_its_styles_and_scripts_is_under_150_kb_on_the_way(client: Client, stage: Stage) -> None:
    size, page = _fetch(client, stage.index)
    waiting, sizes = set(_FETCHED.findall(page)), {stage.index: size}
    assert {address.rpartition(".")[2] for address in waiting} == {"css", "js"}
    while waiting:
        address = waiting.pop()
        sizes[address], text = _fetch(client, address)
        if address.endswith(".js"):
            waiting |= {urljoin(address, each) for each in _IMPORTED.findall(text)} - sizes.keys()
    assert any(address.endswith("/main.js") for address in sizes)
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_fonts_are_sent_as_they_are(client: Client) -> None:
    response = client.get(
        "/static/staff/fonts/inter-latin-opsz-normal.woff2", headers={"Accept-Encoding": "gzip"}
    )
    assert response.status_code == 200
    assert "Content-Encoding" not in response
    assert _body(response).startswith(b"wOF2")


def test_a_compressed_file_that_is_still_the_same_is_not_sent_again(client: Client) -> None:
    asked = {"Accept-Encoding": "gzip"}
    first = client.get("/static/staff/app.css", headers=asked)
    assert _body(first)
    tag = first["ETag"]
    again = client.get("/static/staff/app.css", headers={**asked, "If-None-Match": tag})
    assert again.status_code == 304
    assert _body(again) == b""
