"""One id for all that is done for one reason: a request, a worker's turn, a command.

It stands in every log line of that work, and in the answer's header, so that what a customer saw, what the proxy in
front logged and what Kalends did can be laid side by side.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

HEADER = "X-Request-ID"
KEY = "correlation_id"

_told: ContextVar[Mapping[str, Any]] = ContextVar("kalends_told", default=MappingProxyType({}))

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")
_TRACE = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
"""W3C Trace Context, section 3.2: version, trace id, parent id, flags."""


def new_id() -> str:
    """An id that nobody had before."""
    return str(uuid.uuid4())


def id_of(headers: Mapping[str, str]) -> str:
    """The id that whoever asks gave in ``X-Request-ID``, or the trace id of their ``traceparent``; else a new one.

    What is not well-formed (8 to 128 letters, digits, dots, dashes and underscores) is not taken over: it goes into
    logs.

    >>> id_of({"X-Request-ID": "edge-4711-abc"})
    'edge-4711-abc'
    >>> id_of({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    '0af7651916cd43dd8448eb211c80319c'
    >>> id_of({"X-Request-ID": "two\\nlines"}) == "two\\nlines"
    False
    """
    given = headers.get(HEADER, "")
    if _WELL_FORMED.fullmatch(given):
        return given
    traced = _TRACE.fullmatch(headers.get("traceparent", ""))
    return traced[1] if traced else new_id()


def told() -> Mapping[str, Any]:
    """What every log line of the work that this thread does now says of it; the id under ``correlation_id``."""
    return _told.get()


def current() -> str | None:
    """The id of the work that this thread does now."""
    return _told.get().get(KEY)


@contextmanager
def working_under(correlation_id: str, **more: Any) -> Iterator[None]:
    """Let every log line of this thread have the id, and what else is told of the work, until the block is left.

    >>> with working_under("night-of-the-7th", task="letters"):
    ...     dict(told())
    {'correlation_id': 'night-of-the-7th', 'task': 'letters'}
    """
    token = _told.set({**_told.get(), KEY: correlation_id, **more})
    try:
        yield
    finally:
        _told.reset(token)
