"""Sessions as Django keeps them in the database, under a digest of what the browser has.

Whoever reads a copy of the database could otherwise put the key of a living session into a browser of their own, and
be its user.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession


def kept_as(session_key: str) -> str:
    """What the database calls the session of a key that a browser has.

    >>> kept_as("abc")
    'ba7816bf8f01cfea414140de5dae2223b00361a3'
    """
    return hashlib.sha256(session_key.encode("utf-8", "replace")).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Django's, with the digest in the place of the key wherever it meets the database."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        own = self.session_key
        self._session_key = kept_as(own or "")
        found = super()._get_session_from_db()  # type: ignore[attr-defined]  # the stubs leave it out
        self._session_key = own if found is not None else None
        return found

    def exists(self, session_key: str) -> bool:
        """Whether a browser's key is of a session that is kept."""
        return super().exists(kept_as(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row that is written."""
        made = super().create_model_instance(data)
        made.session_key = kept_as(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        """End the session of a browser's key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(kept_as(key))
