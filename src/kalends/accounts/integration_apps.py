"""Apps: programs that others make, which ask an account's administrators for consent and are told of changes.

An app is of one account, and all that opens doors for it names that account: the client id (``42-…``), which the
program shows to everybody, and the developer key (``kdk_42_…``), with which its own settings are changed. So the wall
between accounts stands before anything is looked up (decision 20).
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from urllib.parse import urlsplit

from psycopg import Connection

from kalends.accounts.scopes import read_scopes
from kalends.accounts.tokens import hash_of
from kalends.platform.sealing import seal, unseal

NAME_LENGTH_MAX = 100
OAUTH = "oauth"
"""A scope that HubSpot gives to every app, and that clients therefore ask for; it opens nothing."""

_URI_LENGTH_MAX, _URIS_MAX = 2_000, 20
_CLIENT_ID = re.compile(r"([1-9][0-9]{0,17})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DEVELOPER_KEY = re.compile(r"kdk_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")
_HOST = re.compile(r"[a-z0-9]+(?:[.-]+[a-z0-9]+)*")
_LOOPBACK = ("localhost", "127.0.0.1")


class UnknownApp(LookupError):
    """The account has no app of this number or name."""


class InvalidApp(ValueError):
    """An app cannot be made so; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class App:
    """An app of an account. Its secret is opened only where it is asked for.

    ``scopes`` are those it cannot do without, ``optional_scopes`` those that whoever consents may leave out.
    """

    id: int
    name: str
    client_id: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    sealed_secret: bytes = field(repr=False)

    @property
    def client_secret(self) -> str:
        """What proves the app, and signs what is sent to it. Raises ``CannotUnseal``."""
        return unseal(self.sealed_secret)


class NewApp(NamedTuple):
    """An app at the only moment at which its developer key can be read, and its secret is shown."""

    app: App
    client_secret: str
    developer_key: str


_SELECT: LiteralString = (
    "SELECT id, name, client_id, redirect_uris, scopes, optional_scopes, created_at, revoked_at, client_secret "
    "FROM integration_app WHERE account_id = %s"
)


def create_app(
    db: Connection[Any],
    account_id: int,
    *,
    name: str,
    redirect_uris: Sequence[str] = (),
    scopes: Sequence[str] = (),
    optional_scopes: Sequence[str] = (),
    now: datetime,
) -> NewApp:
    """Make an app of the account that was entered. Raises :class:`InvalidApp`, ``UnknownScope``."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH_MAX or "\x00" in name:
        raise InvalidApp(f"Give the app a name of 1 to {NAME_LENGTH_MAX} characters.")
    uris = _checked_uris(redirect_uris)
    needed, optional = without_oauth(scopes), without_oauth(optional_scopes)
    needed = read_scopes(needed) if needed else ()
    optional = tuple(each for each in read_scopes(optional) if each not in needed) if optional else ()
    client_id, secret = f"{account_id}-{uuid.uuid4()}", _new_secret()
    developer_key = _new_developer_key(account_id)
    sealed = seal(secret)
    row = db.execute(
        "INSERT INTO integration_app (account_id, name, client_id, client_secret, developer_key_hash, redirect_uris, "
        "scopes, optional_scopes, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [
            account_id,
            name,
            client_id,
            sealed,
            hash_of(developer_key),
            list(uris),
            list(needed),
            list(optional),
            now,
        ],
    ).fetchone()
    assert row is not None
    app = App(row[0], name, client_id, uris, needed, optional, now, None, sealed)
    return NewApp(app, secret, developer_key)


def without_oauth(scopes: Sequence[str]) -> tuple[str, ...]:
    """Scopes that open something.

    >>> without_oauth(["oauth", "crm.objects.contacts.read", " "])
    ('crm.objects.contacts.read',)
    """
    return tuple(each.strip() for each in scopes if each.strip() not in ("", OAUTH))


def list_apps(db: Connection[Any], account_id: int) -> list[App]:
    """The account's apps, oldest first; revoked ones as well."""
    rows = db.execute(f"{_SELECT} ORDER BY id", [account_id]).fetchall()
    return [_app(row) for row in rows]


def find_app(db: Connection[Any], account_id: int, app_id: int) -> App | None:
    """The app of this number, if it works."""
    return _only(db, " AND id = %s AND revoked_at IS NULL", [account_id, app_id])


def account_of_client(client_id: str) -> int | None:
    """The account that a client id names, if it has the form of one.

    >>> account_of_client("42-00000000-0000-4000-8000-000000000000"), account_of_client("42"), account_of_client("")
    (42, None, None)
    """
    parts = _CLIENT_ID.fullmatch(client_id)
    return int(parts.group(1)) if parts else None


def find_by_client_id(db: Connection[Any], account_id: int, client_id: str) -> App | None:
    """The working app with this client id."""
    return _only(db, " AND client_id = %s AND revoked_at IS NULL", [account_id, client_id])


def account_of_developer_key(key: str) -> int | None:
    """The account that a developer key names, if it has the form of one.

    >>> account_of_developer_key("kdk_42_" + "x" * 43), account_of_developer_key("nothing")
    (42, None)
    """
    parts = _DEVELOPER_KEY.fullmatch(key)
    return int(parts.group(1)) if parts else None


def find_by_developer_key(db: Connection[Any], account_id: int, key: str) -> App | None:
    """The working app whose settings this key changes."""
    return _only(db, " AND developer_key_hash = %s AND revoked_at IS NULL", [account_id, hash_of(key)])


def choose_app(db: Connection[Any], account_id: int, choice: str) -> App:
    """The working app with this number or name. Raises :class:`UnknownApp`, also where several have the name."""
    working = [each for each in list_apps(db, account_id) if each.revoked_at is None]
    found = [each for each in working if str(each.id) == choice] or [
        each for each in working if each.name == choice
    ]
    if len(found) != 1:
        known = "; ".join(f"{each.id} ({each.name})" for each in working) or "none"
        many = "Several apps have this name" if found else "No working app has this number or name"
        raise UnknownApp(f"{many}. Working apps: {known}.")
    return found[0]


def rotate_secret(db: Connection[Any], account_id: int, choice: str) -> NewApp:
    """A new secret and a new developer key; the old ones open nothing from here on. Raises :class:`UnknownApp`."""
    app = choose_app(db, account_id, choice)
    secret, developer_key = _new_secret(), _new_developer_key(account_id)
    sealed = seal(secret)
    db.execute(
        "UPDATE integration_app SET client_secret = %s, developer_key_hash = %s WHERE account_id = %s AND id = %s",
        [sealed, hash_of(developer_key), account_id, app.id],
    )
    return NewApp(replace(app, sealed_secret=sealed), secret, developer_key)


def revoke_app(db: Connection[Any], account_id: int, choice: str, now: datetime) -> App:
    """Close every door to an app, by its number or its name: its keys and all tokens that it was given.

    Raises :class:`UnknownApp`.
    """
    app = choose_app(db, account_id, choice)
    with db.transaction():
        db.execute(
            "UPDATE integration_app SET revoked_at = %s WHERE account_id = %s AND id = %s",
            [now, account_id, app.id],
        )
        db.execute(
            "UPDATE oauth_grant SET revoked_at = %s WHERE account_id = %s AND app_id = %s AND revoked_at IS NULL",
            [now, account_id, app.id],
        )
        db.execute(
            "UPDATE access_token SET revoked_at = %s WHERE account_id = %s AND app_id = %s AND revoked_at IS NULL",
            [now, account_id, app.id],
        )
    return replace(app, revoked_at=now)


def _only(db: Connection[Any], condition: LiteralString, params: list[Any]) -> App | None:
    row = db.execute(_SELECT + condition, params).fetchone()
    return None if row is None else _app(row)


def _app(row: tuple[Any, ...]) -> App:
    id_, name, client_id, uris, scopes, optional, created_at, revoked_at, sealed = row
    return App(
        id_,
        name,
        client_id,
        tuple(uris),
        tuple(scopes),
        tuple(optional),
        created_at,
        revoked_at,
        bytes(sealed),
    )


def _checked_uris(uris: Sequence[str]) -> tuple[str, ...]:
    """Where an app may be sent back to. Raises :class:`InvalidApp`."""
    given = tuple(dict.fromkeys(uri.strip() for uri in uris))
    if len(given) > _URIS_MAX:
        raise InvalidApp(f"An app can have at most {_URIS_MAX} redirect addresses; {len(given)} were given.")
    for uri in given:
        if not _may_redirect_to(uri):
            raise InvalidApp(
                f"{uri[:200]!r} cannot be a redirect address. Give a whole one that begins with https:// (or http:// "
                f"on this machine itself) and has no fragment, of at most {_URI_LENGTH_MAX:,} characters."
            )
    return given


def _may_redirect_to(uri: str) -> bool:
    if len(uri) > _URI_LENGTH_MAX or not uri.isascii() or not uri.isprintable() or " " in uri or "#" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if host is None or not _HOST.fullmatch(host) or parts.username is not None or "\\" in uri:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def _new_secret() -> str:
    """In the form that HubSpot's have, with all of its 128 bits random: a UUID that says its version has six fewer."""
    return str(uuid.UUID(bytes=secrets.token_bytes(16)))


def _new_developer_key(account_id: int) -> str:
    return f"kdk_{account_id}_{secrets.token_urlsafe(32)}"
