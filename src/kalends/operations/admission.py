"""Who may read the metrics: whoever has the token, and without a token somebody on this very machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import ip_address

VARIABLE = "KALENDS_METRICS_TOKEN"
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OF_A_PROXY = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-Ip", "Via")


def may_read(headers: Mapping[str, str], peer: str) -> bool:
    """Whether these headers, from this address, may read the metrics.

    With ``KALENDS_METRICS_TOKEN`` whoever asks has to give it (``Authorization: Bearer …``), from wherever. Without it
    only this machine is let in: directly, since a proxy would let in anybody, and under a name of this machine, since a
    page in a browser here may have been given another one (DNS rebinding).

    >>> may_read({"Host": "localhost:8000"}, "127.0.0.1")
    True
    >>> may_read({"Host": "localhost:8000", "X-Forwarded-For": "203.0.113.7"}, "127.0.0.1")
    False
    """
    token = os.environ.get(VARIABLE, "")
    if token:
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())
    name = headers.get("Host", "")
    host = name.rpartition(":")[0] if name.rpartition(":")[2].isdecimal() else name
    return _is_loopback(peer) and host in _LOCAL_NAMES and not any(each in headers for each in _OF_A_PROXY)


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False
