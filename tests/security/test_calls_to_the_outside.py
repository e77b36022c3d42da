"""Addresses that others give (webhooks of apps and of workflows) lead to the public internet and nowhere else."""

from __future__ import annotations

import ast
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kalends.events.webhooks.networks import SETTING, read_networks
from kalends.events.webhooks.posting import post

SRC = Path(__file__).resolve().parents[2] / "src" / "kalends"
INSIDE = read_networks("127.0.0.0/8", SETTING)


class Inside(BaseHTTPRequestHandler):
    """A machine of the house that believes whoever reaches it."""

    asked: list[str]

    def do_POST(self) -> None:
        """Lead elsewhere, or say yes."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(307 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", "/taken")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """The same."""
        self.do_POST()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def inside() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Inside) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which a connection was tried; none comes about."""
    tried: list[str] = []

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def test_the_machine_of_these_tests_is_reached_where_it_may_be(inside: ThreadingHTTPServer) -> None:
    assert post(f"http://127.0.0.1:{inside.server_port}/x", b"{}", {}, INSIDE, seconds=60).taken
    assert inside.asked == ["/x"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "user@127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b:1::7f00:1]",
        "[3fff::1]",
        "[5f00::1]",
        "192.0.0.8",
        "224.0.0.1",
    ],
)
def test_no_way_of_writing_it_leads_into_the_house(called: list[str], host: str) -> None:
    outcome = post(f"https://{host}:443/x", b"{}", {}, (), seconds=2)

    assert (outcome.taken, outcome.status) == (False, None)
    assert called == []


def test_what_is_outside_is_called(called: list[str]) -> None:
    post("https://93.184.216.34/x", b"{}", {}, (), seconds=2)

    assert called == ["93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://example.org/",
        "http://",
        "//127.0.0.1/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/\r\nX: y",
        "unix:///run/x",
    ],
)
def test_only_https_of_a_host_is_called(url: str) -> None:
    assert post(url, b"{}", {}, INSIDE, seconds=2).status is None


def test_a_name_that_leads_elsewhere_the_second_time_is_called_at_what_was_looked_at(
    called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name may answer with a public address when it is checked and with one of the house when it is called."""
    answers = ["93.184.216.34", "127.0.0.1", "127.0.0.1"]

    def resolve(host: object, port: int, *rest: object, **more: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    post("https://rebound.test/x", b"{}", {}, (), seconds=2)

    assert called == ["93.184.216.34"]


def test_a_redirect_is_not_followed(inside: ThreadingHTTPServer) -> None:
    outcome = post(f"http://127.0.0.1:{inside.server_port}/away", b"{}", {}, INSIDE, seconds=60)

    assert (outcome.taken, outcome.status) == (False, 307)
    assert inside.asked == ["/away"]  # type: ignore[attr-defined]


CALLING = {
    "http.client", "urllib.request", "requests", "httpx", "urllib3", "aiohttp", "smtplib", "ftplib", "xmlrpc.client",
    "socket", "ssl", "stripe", "django.core.mail",
}  # fmt: skip
TOOLS = ("bench/", "simulation/", "proving/", "payments/processors/stripe/")
"""What is run by hand, and what speaks to Stripe through Stripe's own package, whose address nobody chooses."""
KNOWN = {"api/stripe_events.py", "events/webhooks/posting.py", "messages/backends/smtp.py"}
INSIDE_ALONE = {
    "cli/serve.py": "whether the port is free",
    "operations/processes.py": "what the machine is called",
    "platform/postgres_server.py": "the database's socket in the home",
    "platform/sealed_off.py": "tests are kept from the network",
}
IMPORTS = re.compile(r"^\s*(?:import|from)\b.*\b(?:http|urllib|urllib3|requests|httpx|aiohttp|smtplib|ftplib|xmlrpc|"
                     r"socket|ssl|stripe|mail)\b", re.MULTILINE)  # fmt: skip


def modules_of(node: ast.Import | ast.ImportFrom) -> set[str]:
    """What an import asks for."""
    names = {alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        return names
    return {node.module or "", *(f"{node.module}.{name}" for name in names)}


def is_calling(text: str) -> bool:
    """Whether a module's text imports what can call the outside."""
    return IMPORTS.search(text) is not None and any(
        isinstance(node, ast.Import | ast.ImportFrom) and CALLING & modules_of(node)
        for node in ast.walk(ast.parse(text))
    )


@pytest.mark.parametrize(
    "line",
    ["import socket", "from urllib import request", "from http.client import x", "import os, httpx as h"],
)
def test_whatever_way_it_is_imported_it_is_found(line: str) -> None:
    assert is_calling(f"def f():\n    {line}\n")
    assert not is_calling("from urllib.parse import urlsplit\nfrom http import HTTPStatus\n")


def test_nothing_else_in_the_house_calls_the_outside() -> None:
    """Calls to the outside are made in few places, each known: a new one has to be looked at."""
    callers = {
        str(path.relative_to(SRC)) for path in SRC.rglob("*.py") if is_calling(path.read_text("utf-8"))
    }

    assert {each for each in callers if not each.startswith(TOOLS)} == KNOWN | INSIDE_ALONE.keys()
