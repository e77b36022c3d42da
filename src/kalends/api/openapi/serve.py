"""``/openapi.json`` and ``/reference``: open to everybody, made once for each process, and not sent twice."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

from kalends.api.openapi.document import document
from kalends.api.openapi.page import page

DOCUMENT, REFERENCE = "/openapi.json", "/reference"
_READS = ("GET", "HEAD")
_FRESH = "public, max-age=300"
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: styles, fonts and pictures of this server; no script at all."""


class _Made(NamedTuple):
    body: bytes
    kind: str
    tag: str


def answer(request: HttpRequest) -> HttpResponse:
    """The document, or the page that shows it."""
    if request.method not in _READS:
        return HttpResponse(status=405, headers={"Allow": ", ".join(_READS)})
    made = _document() if request.path_info == DOCUMENT else _page()
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    unchanged = made.tag in known or "*" in known
    response = HttpResponse(
        b"" if unchanged else made.body, status=304 if unchanged else 200, content_type=made.kind
    )
    response["ETag"] = made.tag
    response["Cache-Control"] = _FRESH
    response["Content-Security-Policy"] = _POLICY
    return response


@lru_cache(maxsize=1)
def _document() -> _Made:
    return _made(
        json.dumps(document(), separators=(",", ":"), ensure_ascii=False), "application/json;charset=utf-8"
    )


@lru_cache(maxsize=1)
def _page() -> _Made:
    return _made(page(), "text/html;charset=utf-8")


def _made(body: str, kind: str) -> _Made:
    data = body.encode()
    return _Made(data, kind, f'"{hashlib.sha256(data).hexdigest()[:32]}"')
