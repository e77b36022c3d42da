"""Somebody who is told by webhooks: a real HTTP server on this machine that keeps what it gets and answers as told."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Received(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it tells."""
        return json.loads(self.body)


class Receiver:
    """``answer`` says what is answered to a request: a status, or a status and headers; it may take its time."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self.at_once = self.most_at_once = 0
        self.answer: Callable[[Received], int | tuple[int, dict[str, str]]] = lambda received: 200
        self._turn = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None
        self.url = f"http://127.0.0.1:{self._server.server_port}/told"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://localhost:{self._server.server_port}/told"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.05), daemon=True)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything that was told, in the order in which it came."""
        with self._turn:
            return [event for received in self.requests for event in received.events]

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Until so many requests have come."""
        self._wait(lambda: len(self.requests), count, seconds)

    def wait_for_at_once(self, count: int, seconds: float = 60) -> None:
        """Until so many have been under way at once."""
        self._wait(lambda: self.most_at_once, count, seconds)

    @staticmethod
    def _wait(came: Callable[[], int], count: int, seconds: float) -> None:
        for _ in range(int(seconds * 100)):
            if came() >= count:
                return
            time.sleep(0.01)
        raise AssertionError(f"{came()} requests came, and {count} were expected")

    def _take(self, received: Received) -> int | tuple[int, dict[str, str]]:
        with self._turn:
            self.requests.append(received)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answer(received)
        finally:
            with self._turn:
                self.at_once -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = take(Received(self.path, dict(self.headers.items()), body))
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                try:
                    self.send_response(status)
                    for name, value in {"Content-Length": "0", **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                except OSError:
                    return  # whoever called is gone

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        return Handler

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def running(self) -> Iterator[Receiver]:
        """Serve until the block is left."""
        self._thread.start()
        try:
            yield self
        finally:
            self._close()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens."""
    with Receiver().running() as receiver:
        yield receiver


@contextmanager
def dripping() -> Iterator[str]:
    """A receiver that sends a letter of its answer now and then, and never ends; its address."""
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            while not over.is_set():
                try:
                    connection.sendall(b"H")
                except OSError:
                    return
                over.wait(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=[server], daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()
