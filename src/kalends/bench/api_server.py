"""``kalends serve`` in a process of its own, and a client that costs little: what is measured is the server."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, NamedTuple, Self

from kalends.platform import database
from kalends.platform.errors import UserFacing

_HOST = "127.0.0.1"
_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 30.0


class Request(NamedTuple):
    """What a client sends: a method, a path, and a body in JSON if there is one."""

    method: str
    path: str
    body: bytes | None = None


@contextmanager
def serving(workers: int) -> Iterator[int]:
    """A server of this very database for as long as the block lasts; gives its port.

    Raises ``UserFacing`` with what the server said when it does not answer.
    """
    port = _free_port()
    command = [sys.executable, "-m", "kalends.cli", "serve", "--port", str(port), "--workers", str(workers)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=database.environment_for_children(), stdout=log, stderr=log)
        try:
            if not _answers(port, process):
                log.seek(0)
                raise UserFacing(
                    "The server of the measurement did not start.",
                    where=f"port {port}",
                    value=log.read()[-2_000:].strip() or "it said nothing",
                    remedy="Try `kalends serve`, and see what it says.",
                )
            yield port
        finally:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[Any]) -> bool:
    last_try = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < last_try and process.poll() is None:
        connection = HTTPConnection(_HOST, port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return True
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    return False


class Client:
    """One program with a token, on one connection that stays open."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = HTTPConnection(_HOST, port, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def send(self, request: Request) -> bytes:
        """The body of the answer. An answer that is no success ends the measurement (``RuntimeError``)."""
        self._connection.request(request.method, request.path, request.body, self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 201):
            told = body[:500].decode("utf-8", "replace")
            raise RuntimeError(f"{request.method} {request.path} was answered with {answer.status}: {told}")
        return body
