"""The wire of the small Stripe: forms with nested names come in, dated JSON goes out."""

from __future__ import annotations

import datetime as dt
import json
import re
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.stripe_things import Thing


class Answers(Protocol):
    """Who answers what comes in. ``ConnectionError``: no answer goes out."""

    now: dt.datetime

    def answer(self, method: str, path: str, params: Thing, headers: dict[str, str]) -> tuple[int, Thing]: ...


def _nested(pairs: list[tuple[str, str]]) -> Thing:
    """What a form says whose names are nested: ``metadata[a]=1&expand[0]=x``."""
    whole: Thing = {}
    for name, value in pairs:
        parts = re.findall(r"[^\[\]]+", name)
        at = whole
        for part in parts[:-1]:
            at = at.setdefault(part, {})
        at[parts[-1]] = value
    return _lists(whole)


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_lists(each) for each in value.values()]
    return {name: _lists(each) for name, each in value.items()}


def handler(server: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            params = _nested(parse_qsl(parts.query) + parse_qsl(body, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, told = server.answer(self.command, parts.path, params, headers)
            except ConnectionError:
                self.close_connection = True
                self.connection.close()
                return
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _any  # noqa: N815

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The date of every answer is that of the server's own clock."""
            return format_datetime(server.now, usegmt=True)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler
