"""One request to a receiver: within five seconds in all, to an address that was looked at, and without redirects."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple
from urllib.parse import SplitResult

from kalends.events.webhooks.networks import SETTING, BadUrl, Network, check_url, may_call

SECONDS = 5.0
"""How long a receiver may take to answer, the connection included."""


class Outcome(NamedTuple):
    """What came of a call: the HTTP status, if there was an answer, and what went wrong."""

    status: int | None
    error: str | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.error is None


class _Failed(Exception):
    """A call that came to nothing, in words."""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    networks: Sequence[Network],
    *,
    seconds: float = SECONDS,
) -> Outcome:
    """Call a receiver. Anything but an answer of the 200s is a failure, a redirect as well; nothing is raised."""
    try:
        status = _Call(check_url(url, networks), networks, seconds).send(body, headers)
    except (BadUrl, _Failed) as problem:
        return Outcome(None, str(problem))
    if 200 <= status < 300:
        return Outcome(status)
    hint = "; redirects are not followed" if 300 <= status < 400 else ""
    return Outcome(status, f"It answered {status}{hint}.")


class _Call:
    """A connection that is cut when its time is over, whatever it waits for then."""

    def __init__(self, parts: SplitResult, networks: Sequence[Network], seconds: float) -> None:
        self._parts, self._networks, self._seconds = parts, networks, seconds
        self._tls = parts.scheme == "https"
        self._host = str(parts.hostname)
        self._port = parts.port or (443 if self._tls else 80)
        self._socket: socket.socket | None = None
        self._over = threading.Event()
        self._turn = threading.Lock()

    def send(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer. Raises ``_Failed``."""
        path = self._parts.path or "/"
        target = f"{path}?{self._parts.query}" if self._parts.query else path
        with self._cut_in_time():
            try:
                connection = http.client.HTTPConnection(self._host, self._port)
                connection.sock = self._connect()
                connection.putrequest("POST", target, skip_host=True, skip_accept_encoding=True)
                sent = {"Host": self._parts.netloc, "Content-Length": str(len(body)), "Connection": "close"}
                for name, value in {**sent, **headers}.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException, ValueError) as problem:
                if self._over.is_set() or isinstance(problem, TimeoutError):
                    raise _Failed(f"It did not answer within {self._seconds:g} seconds.") from problem
                raise _Failed(_words(problem)) from problem

    @contextmanager
    def _cut_in_time(self) -> Iterator[None]:
        timer = threading.Timer(self._seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._turn:
                if self._socket is not None:
                    self._socket.close()

    def _cut(self) -> None:
        with self._turn:
            self._over.set()
            if self._socket is not None and self._socket.fileno() >= 0:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _hold(self, opened: socket.socket) -> None:
        """Let the timer know what to cut."""
        with self._turn:
            self._socket = opened
            if self._over.is_set():
                raise TimeoutError

    def _connect(self) -> socket.socket:
        """A connection to an address that may be called. Raises ``_Failed`` and ``OSError``."""
        last = time.monotonic() + self._seconds
        problem: OSError | None = None
        for family, address in self._addresses():
            left = last - time.monotonic()
            if left <= 0:
                raise TimeoutError
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(left)
                plain.connect(address)
                self._hold(plain)
                return self._encrypted(plain) if self._tls else plain
            except OSError as failure:
                plain.close()
                problem = failure
        assert problem is not None, "a name without addresses is an error of the resolver"
        raise problem

    def _encrypted(self, plain: socket.socket) -> socket.socket:
        safe = _trust().wrap_socket(plain, server_hostname=self._host, do_handshake_on_connect=False)
        self._hold(safe)
        safe.do_handshake()
        return safe

    def _addresses(self) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
        """The addresses of the name; none of them, if one of them may not be called."""
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        for _, _, _, _, (host, *_) in found:
            if not may_call(ipaddress.ip_address(str(host).partition("%")[0]), self._networks):
                raise _Failed(
                    f"{self._host} has the address {host}, which is not of the public internet; the operator of this "
                    f"installation may name its network in {SETTING}."
                )
        return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]


@cache
def _trust() -> ssl.SSLContext:
    """Certificates are checked against what this machine trusts."""
    return ssl.create_default_context()


def _words(problem: Exception) -> str:
    match problem:
        case ssl.SSLCertVerificationError():
            return f"Its certificate cannot be trusted: {problem.verify_message}."
        case socket.gaierror():
            return f"Its name was not found: {problem.strerror}."
        case OSError() if problem.strerror:
            return f"It could not be reached: {problem.strerror}."
        case _:
            return f"What it answered cannot be understood: {type(problem).__name__} {str(problem)[:100]}".rstrip()
