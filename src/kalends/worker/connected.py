"""A connection that is made when it is needed, and made again when it has gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import Connection


class Connected:
    """What a loop does with its one connection; whoever inherits has the two fields."""

    __slots__ = ()

    connect: Callable[[], Connection[Any]]
    _db: Connection[Any] | None

    def _connected(self) -> Connection[Any]:
        if self._db is None or self._db.closed:
            self._db = self.connect()
        return self._db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
