"""Metrics, health and logs of real processes: two servers behind one port, and a worker's own port."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from kalends.accounts.people import add_user
from kalends.operations.admission import VARIABLE
from kalends.operations.listening import listening
from kalends.platform import database
from kalends.platform.database import environment_for_children
from kalends.platform.errors import UserFacing
from tests.operations.test_metrics import read


def fetch(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    """An answer on a connection of its own, so that any of the server processes may give it."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of(text: bytes) -> float:
    return read(text)["kalends_processes", frozenset({("kind", "web")})]


def test_each_server_process_tells_the_counts_of_all_and_logs_in_json(own_database: str) -> None:
    with database.connect(autocommit=True) as db:
        add_user(
            db, email="maja@kalends.test", name="Maja"
        )  # where nobody is, signing in leads to setting up
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "kalends.cli", "serve", "--port", str(port), "--workers", "2"],
        env=environment_for_children(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while process.poll() is None:
            try:
                if fetch(port, "/health")[0] == 200 and processes_of(fetch(port, "/metrics")[1]) >= 2:
                    break
            except OSError:
                pass
            time.sleep(0.1)
        for number in range(12):
            assert fetch(port, "/sign-in", **{"X-Request-ID": f"asked-{number:04}"})[0] in (200, 302)
        counted = {
            sum(
                value
                for (name, labels), value in read(fetch(port, "/metrics")[1]).items()
                if name == "kalends_http_requests_total" and ("route", "/sign-in") in labels
            )
            for _ in range(8)
        }
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert counted == {12}
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    asked = [line for line in lines if line["event"] == "request"]
    assert sorted(line["correlation_id"] for line in asked) == [f"asked-{number:04}" for number in range(12)]
    assert {line["route"] for line in asked} == {"/sign-in"}


def test_a_worker_tells_on_a_port_of_its_own_what_it_would_tell_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(0, lambda: b"figures") as port:
        assert fetch(port, "/metrics") == (200, b"figures")
        assert fetch(port, "/metrics", **{"X-Forwarded-For": "203.0.113.7"})[0] == 403
        assert json.loads(fetch(port, "/health/live")[1]) == {"status": "ok"}
        assert fetch(port, "/sign-in")[0] == 404
        with pytest.raises(UserFacing, match="cannot be told on this port"), listening(port, lambda: b""):
            pass
        monkeypatch.setenv(VARIABLE, "scrape-me")
        assert fetch(port, "/metrics")[0] == 403
        assert fetch(port, "/metrics", Authorization="Bearer scrape-me")[0] == 200


def test_a_turn_of_a_worker_is_counted_by_its_task(worker: Any, new_world: Any) -> None:
    from kalends.operations.metrics import exposition

    def turns(outcome: str) -> float:
        found = read(exposition(lambda: database.connect(autocommit=True), worker.clock()))
        return found.get(
            ("kalends_worker_turns_total", frozenset({("task", "letters"), ("outcome", outcome)})), 0
        )

    new_world()
    before = turns("done")
    worker.round()
    assert turns("done") == before + 1
