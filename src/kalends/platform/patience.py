"""What to do when the database lets somebody else go first: try again, and tell nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

Done = TypeVar("Done")

TRIES_MAX = 6
FIRST_WAIT_SECONDS = 0.02


def patiently(do: Callable[[], Done], *, wait: Callable[[float], None] = time.sleep) -> Done:
    """What ``do`` returns; it is begun anew when it lost to others who changed the same records.

    ``do`` is one whole transaction, or work that can be begun anew between any two of its transactions, on a connection
    that is not inside another: what was taken back is done again from the start, with the records as they are by then.
    After six tries the database's own error is raised.
    """
    for tried in range(1, TRIES_MAX):
        try:
            return do()
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            wait(FIRST_WAIT_SECONDS * 2**tried)
    return do()
