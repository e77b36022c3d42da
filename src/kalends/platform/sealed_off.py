"""A process that may reach nobody: no mail server, no processor, no webhook, whatever its settings say.

Kalends works on copies of real books when it proves itself. Such a process is started with ``KALENDS_SEALED_OFF=1``;
:func:`kalends.platform.boot.boot` then closes every way out of Python's sockets, for good. The database is reached by
its own library, and requests that come in are answered, so everything else works as ever.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Mapping

VARIABLE = "KALENDS_SEALED_OFF"

_WAYS_OUT = frozenset(
    {
        "socket.connect",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
    }
)


class _State:
    """An audit hook cannot be taken away again, so there is one at most."""

    sealed = False


class SealedOff(ConnectionRefusedError):
    """Somebody tried to reach the outside from a process that works on a copy of real books."""


def is_asked_for(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this process was started to reach nobody.

    >>> is_asked_for({"KALENDS_SEALED_OFF": "1"}), is_asked_for({})
    (True, False)
    """
    return environ.get(VARIABLE) == "1"


def seal_off() -> None:
    """Refuse every connection from now on, and every look-up of a name. It holds for children that are forked, too."""
    if not _State.sealed:
        _State.sealed = True
        sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _WAYS_OUT:
        return
    asked = arguments[0]
    # Processes of one machine talk to each other by sockets that are files; those lead nowhere else.
    if isinstance(asked, socket.socket) and asked.family == socket.AF_UNIX:
        return
    raise SealedOff(
        errno.ECONNREFUSED, f"{event}: this process works on a copy of books and may reach nobody outside."
    )
