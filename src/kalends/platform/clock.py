"""The system's clock: the only place in Kalends that asks the machine what time it is.

Everything below the faces takes time as an argument; a test in ``tests/platform`` keeps it that way.
"""

from __future__ import annotations

from datetime import UTC, datetime


def system_now() -> datetime:
    """The present instant in UTC, as the machine knows it.

    >>> system_now().utcoffset()
    datetime.timedelta(0)
    """
    return datetime.now(UTC)
