"""A port on which a worker, which serves no pages, tells its metrics and that it lives."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kalends.operations.admission import VARIABLE, may_read
from kalends.operations.metrics import CONTENT_TYPE
from kalends.platform.errors import UserFacing


@contextmanager
def listening(port: int, tell: Callable[[], bytes]) -> Iterator[int]:
    """Answer ``/metrics`` and ``/health/live`` while the block lasts; gives the port (a free one for 0).

    With ``KALENDS_METRICS_TOKEN`` on every address of the machine, without it for this machine alone.
    Raises UserFacing when the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health/live":
                self._answer(200, "application/json", b'{"status": "ok"}')
            elif self.path != "/metrics":
                self._answer(404, "text/plain", b"There are /metrics and /health/live.\n")
            elif may_read(dict(self.headers.items()), str(self.client_address[0])):
                self._answer(200, CONTENT_TYPE, tell())
            else:
                self._answer(
                    403, "text/plain", b"Metrics are read on this machine itself, or with the token.\n"
                )

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """A scraper that comes every few seconds is not worth a line."""

    host = "0.0.0.0" if os.environ.get(VARIABLE) else "127.0.0.1"  # noqa: S104 - guarded by the token
    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as problem:
        raise UserFacing(
            "The metrics cannot be told on this port.",
            where=f"--metrics-port {port}",
            value=problem.strerror or str(problem),
            remedy="Choose another port, or stop what uses this one.",
        ) from problem
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
