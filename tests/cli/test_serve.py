"""The pages and the worker, started as a person starts them."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.cli.serve import worker_of
from kalends.crm.schema import account_object
from kalends.exports import exports
from kalends.exports.request import Request
from kalends.platform.database import environment_for_children
from kalends.platform.errors import ExitCode
from kalends.platform.home import Home
from tests.cli.conftest import Give

LONG_HENCE = datetime(2100, 1, 1, tzinfo=UTC)
"""When an export is asked for that no worker throws away, whatever the day of the test."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _health(port: int, process: subprocess.Popen[str]) -> int:
    while True:
        assert process.poll() is None, "the server ended before it answered"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            time.sleep(0.05)


def test_the_pages_are_served_until_the_server_is_told_to_stop(server: str) -> None:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "kalends.cli", "serve", "--port", str(port)],
        env=environment_for_children(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert _health(port, process) == 200
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, f"http://localhost:{port}/\n")
    assert "Traceback" not in err


_ASKED = """
import granian.server
from django.conf import settings

class Server:
    def __init__(self, *given, **named): ...
    def serve(self): print(settings.PUBLIC_URL)

granian.server.Server = Server
from kalends.cli.__main__ import main
main()
"""


def test_links_lead_to_the_port_that_is_served_unless_the_environment_says_otherwise(server: str) -> None:
    port = _free_port()
    environment = environment_for_children()
    environment.pop("KALENDS_PUBLIC_URL", None)
    for more, expected in (
        ({}, f"http://localhost:{port}"),
        ({"KALENDS_PUBLIC_URL": "https://billing.example"}, "https://billing.example"),
    ):
        told = subprocess.run(
            [sys.executable, "-c", _ASKED, "serve", "--port", str(port)],
            env={**environment, **more}, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert told.stdout.splitlines() == [f"http://localhost:{port}/", expected]


def test_an_address_that_is_taken_is_named(give: Give) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = give("serve", "--port", port)
    assert answer.code == ExitCode.BAD_INPUT
    assert f"--port {port}" in answer.err


def test_a_worker_beside_the_pages_does_the_work_of_its_account_and_ends_with_them(
    account: AccountContext, db: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALENDS_HOME", str(tmp_path))
    home = Home(tmp_path)
    home.logs.mkdir()
    contact = account_object(db, account, "contact")
    asked = exports.ask(db, account, contact, Request(object="contact"), now=LONG_HENCE, user_id=None)

    with worker_of(home, account.id):
        while (made := exports.find(db, account, asked)) is None or made.is_open:
            time.sleep(0.1)

    assert made.status == "done"
    assert (home.path / "files").is_dir()
    log = (home.logs / "worker.log").read_text()
    assert '"event": "export"' in log
    assert "Traceback" not in log


def test_a_worker_does_what_is_due_and_leaves(here: Give) -> None:
    assert here("worker", "--once").code == 0


def test_a_request_under_way_is_answered_before_the_server_ends(server: str) -> None:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "kalends.cli", "serve", "--port", str(port)],
        env=environment_for_children(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert _health(port, process) == 200
    body = b"grant_type=refresh_token&refresh_token=none"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        head = f"POST /oauth/v1/token HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {len(body)}\r\n"
        line.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + body[:5])
        assert select.select([line], [], [], 1)[0] == [], "it reads what is asked, and so it is under way"
        process.send_signal(signal.SIGTERM)
        assert select.select([line], [], [], 1)[0] == []
        line.sendall(body[5:])
        assert line.recv(12) == b"HTTP/1.1 400"
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (0, False)
