"""Tokens by which programs come in: shown once when they are made, and kept as a hash.

A token names its account (``kal_42_…``), so that the wall between accounts stands before anything is looked up.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.scopes import read_scopes
from kalends.events import journal
from kalends.platform.patience import patient

_FORM = re.compile(r"kal_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")
_USE_IS_NOTED_EVERY = timedelta(minutes=1)
NAME_LENGTH_MAX = 100


class UnknownToken(LookupError):
    """The account has no token of this number or name."""


class InvalidToken(ValueError):
    """A token cannot be made so; the message says what would be right."""


class NewToken(NamedTuple):
    """A token at the only moment at which it can be read."""

    id: int
    name: str
    scopes: tuple[str, ...]
    token: str


class Bearer(NamedTuple):
    """Who comes in, and with which scopes: a token, or an app with a key of its own (``id`` is then the app's).

    ``app_id`` is the app that a token was given to over OAuth, ``expires_at`` when such a token ends.
    """

    id: int
    name: str
    scopes: tuple[str, ...]
    last_used_at: datetime | None
    app_id: int | None = None
    expires_at: datetime | None = None


class TokenRow(NamedTuple):
    """A token as people see it in a list: without what opens doors."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create_token(
    db: Connection[Any],
    account_id: int,
    *,
    name: str,
    scopes: Sequence[str],
    now: datetime,
    actor: str = "system",
) -> NewToken:
    """Make a token of the account that was entered. Raises :class:`InvalidToken`, ``UnknownScope``."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH_MAX or "\x00" in name:
        raise InvalidToken(f"Give the token a name of 1 to {NAME_LENGTH_MAX} characters.")
    known = read_scopes(scopes)
    token = new_token(account_id)
    with db.transaction():
        row = db.execute(
            "INSERT INTO access_token (account_id, name, hash, scopes, created_at) VALUES (%s, %s, %s, %s, %s) "
            "RETURNING id",
            [account_id, name, hash_of(token), list(known), now],
        ).fetchone()
        assert row is not None
        data = {"name": name, "scopes": list(known)}
        journal.write(
            db, account_id, now, [journal.NewEvent("token.created", "token", row[0], None, data)], actor
        )
    return NewToken(row[0], name, known, token)


def new_token(account_id: int) -> str:
    """A token that nobody can guess."""
    return f"kal_{account_id}_{secrets.token_urlsafe(32)}"


def account_of(token: str) -> int | None:
    """The account that a token names, if it has the form of one.

    >>> account_of("kal_42_" + "x" * 43), account_of("pat-na1-nothing")
    (42, None)
    """
    parts = _FORM.fullmatch(token)
    return int(parts.group(1)) if parts else None


def ask_for_bearer(db: Connection[Any], account_id: int, token: str) -> Callable[[], Bearer | None]:
    """Ask who has this token, if it is one of the account that was entered, and was not revoked; it may have expired.

    What is returned takes the answer, once a pipeline has brought it.
    """
    cursor = db.execute(
        "SELECT id, name, scopes, last_used_at, app_id, expires_at FROM access_token "
        "WHERE account_id = %s AND hash = %s AND revoked_at IS NULL",
        [account_id, hash_of(token)],
    )

    def answer() -> Bearer | None:
        row = cursor.fetchone()
        return None if row is None else Bearer(row[0], row[1], tuple(row[2]), *row[3:])

    return answer


@patient
def note_use(db: Connection[Any], account_id: int, bearer: Bearer, now: datetime) -> None:
    """Remember that a token was used, at most once a minute."""
    if bearer.last_used_at is not None and now - bearer.last_used_at < _USE_IS_NOTED_EVERY:
        return
    db.execute(
        "UPDATE access_token SET last_used_at = %s WHERE account_id = %s AND id = %s "
        "AND (last_used_at IS NULL OR last_used_at < %s)",
        [now, account_id, bearer.id, now - _USE_IS_NOTED_EVERY],
    )


def list_tokens(db: Connection[Any], account_id: int) -> list[TokenRow]:
    """The account's own tokens, oldest first; revoked ones as well. What apps were given is the apps' matter."""
    rows = db.execute(
        "SELECT id, name, scopes, created_at, last_used_at, revoked_at FROM access_token "
        "WHERE account_id = %s AND app_id IS NULL ORDER BY id",
        [account_id],
    ).fetchall()
    return [TokenRow(*row) for row in rows]


def revoke_token(
    db: Connection[Any], account_id: int, choice: str, now: datetime, *, actor: str = "system"
) -> TokenRow:
    """Close the door to a token, by its number or its name; from the next request on it opens nothing.

    Raises :class:`UnknownToken`, also where several that work have the same name.
    """
    working = [each for each in list_tokens(db, account_id) if each.revoked_at is None]
    found = [each for each in working if str(each.id) == choice] or [
        each for each in working if each.name == choice
    ]
    if len(found) != 1:
        known = "; ".join(f"{each.id} ({each.name})" for each in working) or "none"
        many = "Several tokens have this name" if found else "No working token has this number or name"
        raise UnknownToken(f"{many}. Working tokens: {known}.")
    with db.transaction():
        db.execute(
            "UPDATE access_token SET revoked_at = %s WHERE account_id = %s AND id = %s",
            [now, account_id, found[0].id],
        )
        event = journal.NewEvent("token.revoked", "token", found[0].id, None, {"name": found[0].name})
        journal.write(db, account_id, now, [event], actor)
    return found[0]._replace(revoked_at=now)


def hash_of(token: str) -> str:
    """What is kept of a token: nothing that opens a door."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
