"""What to do when the database lets somebody else go first: try again, and tell nobody.

Two who wait for each other's rows are in a deadlock, and PostgreSQL ends one of them; what that one had begun is taken
back. Whoever owns the whole transaction begins it anew: :func:`patiently` at a face, around all that a request does,
and :func:`patient` on a service that makes a transaction of its own between calls to the outside.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

Done = TypeVar("Done")
Given = ParamSpec("Given")

TRIES_MAX = 6
FIRST_WAIT_SECONDS = 0.02
LOST = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
"""What PostgreSQL calls it (40P01, 40001): nothing is wrong, and nothing of the transaction is left."""


def patiently(do: Callable[[], Done], *, wait: Callable[[float], None] = time.sleep) -> Done:
    """What ``do`` returns; it is begun anew when it lost to others who changed the same records.

    ``do`` is one whole transaction, or work that can be begun anew between any two of its transactions, on a connection
    that is not inside another: what was taken back is done again from the start, with the records as they are by then.
    After six tries the database's own error is raised.
    """
    for tried in range(1, TRIES_MAX):
        try:
            return do()
        except Exception as problem:
            if not has_lost(problem):
                raise
            wait(FIRST_WAIT_SECONDS * 2**tried)
    return do()


def has_lost(problem: BaseException) -> bool:
    """Whether this is about a transaction that lost to another, also where Django tells of it in its own words."""
    return isinstance(problem, LOST) or isinstance(problem.__cause__, LOST)


def patient(
    do: Callable[Concatenate[psycopg.Connection[Any], Given], Done],
) -> Callable[Concatenate[psycopg.Connection[Any], Given], Done]:
    """A service whose work on ``db`` is one transaction of its own, begun anew when it lost to others.

    Inside a transaction of the caller's it is done once, as it is: what was lost is the caller's whole transaction.
    """

    @functools.wraps(do)
    def done(db: psycopg.Connection[Any], *args: Given.args, **kwargs: Given.kwargs) -> Done:
        if db.info.transaction_status != TransactionStatus.IDLE:
            return do(db, *args, **kwargs)
        return patiently(lambda: do(db, *args, **kwargs))

    return done
