"""OAuth: a consent becomes a code, a code becomes tokens, and a refresh token renews them for as long as it stands.

A consent (``oauth_grant``) is known by its refresh token, which stays the same when it is used, as HubSpot's does:
programs keep the first one that they were given. Access tokens stand among all others (``access_token``), so that the
API looks in one place, and end after half an hour. Codes live ten minutes, the most that RFC 6749 recommends: HubSpot
does not say how long its own live, and a person who tries things by hand needs some. A code that comes a second time
was seen by somebody else, so what it gave is taken back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.integration_apps import App
from kalends.accounts.tokens import hash_of, new_token

CODE_LIVES = timedelta(minutes=10)
ACCESS_LIVES = timedelta(minutes=30)
_EXPIRY_IS_TOLD_FOR = timedelta(days=1)
"""How long an access token or a code that has ended is still known as one that has."""

_CODE = re.compile(r"kalc_[1-9][0-9]{0,17}_[A-Za-z0-9_-]{43}")
_REFRESH = re.compile(r"kalr_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Refused(Exception):
    """A request for tokens that gets none: ``error`` as RFC 6749 calls it, ``status`` as HubSpot does."""

    def __init__(self, error: str, status: str, message: str) -> None:
        super().__init__(message)
        self.error, self.status, self.message = error, status, message


class Tokens(NamedTuple):
    """What an app gets for a code or a refresh token, at the only moment at which it can be read."""

    access_token: str
    refresh_token: str
    scopes: tuple[str, ...]
    user_id: int


class Held(NamedTuple):
    """What is known of a token of an app that works. ``user`` is the address of whoever consented."""

    app_id: int
    client_id: str
    user_id: int
    user: str
    scopes: list[str]
    grant_id: int
    expires_at: datetime | None


def is_secret_of(app: App, given: str) -> bool:
    """Whether this is the app's secret; takes as long for a nearly right one as for a wrong one."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), app.client_secret.encode())


def is_challenge(text: str) -> bool:
    """Whether this can be a challenge of PKCE by SHA-256 (RFC 7636).

    >>> is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), is_challenge("short")
    (True, False)
    """
    return _CHALLENGE.fullmatch(text) is not None


def account_of_refresh_token(token: str) -> int | None:
    """The account that a refresh token names, if it has the form of one."""
    parts = _REFRESH.fullmatch(token)
    return int(parts.group(1)) if parts else None


def give_code(
    db: Connection[Any],
    account_id: int,
    app: App,
    *,
    user_id: int,
    redirect_uri: str,
    scopes: Sequence[str],
    challenge: str = "",
    now: datetime,
) -> str:
    """The code for a consent that a user has just given, good once and for ten minutes."""
    code = f"kalc_{account_id}_{secrets.token_urlsafe(32)}"
    db.execute(
        "DELETE FROM oauth_code WHERE account_id = %s AND expires_at < %s",
        [account_id, now - _EXPIRY_IS_TOLD_FOR],
    )
    db.execute(
        "INSERT INTO oauth_code (account_id, app_id, user_id, hash, redirect_uri, scopes, challenge, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [account_id, app.id, user_id, hash_of(code), redirect_uri, list(scopes), challenge, now + CODE_LIVES],
    )
    return code


def exchange_code(
    db: Connection[Any],
    account_id: int,
    app: App,
    *,
    code: str,
    redirect_uri: str,
    verifier: str = "",
    now: datetime,
) -> Tokens:
    """Tokens for a code. Raises :class:`Refused`; what was taken back before that is to be committed all the same."""
    row = None
    if _CODE.fullmatch(code):
        row = db.execute(
            "SELECT id, user_id, redirect_uri, scopes, challenge, expires_at, grant_id FROM oauth_code "
            "WHERE account_id = %s AND app_id = %s AND hash = %s FOR UPDATE",
            [account_id, app.id, hash_of(code)],
        ).fetchone()
    if row is None:
        raise Refused("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
    code_id, user_id, agreed_uri, scopes, challenge, expires_at, grant_id = row
    if grant_id is not None:
        revoke_grant(db, account_id, grant_id, now)
        raise Refused(
            "invalid_grant", "BAD_AUTH_CODE", "the auth code was used before; its tokens are revoked"
        )
    if expires_at <= now:
        raise Refused("invalid_grant", "EXPIRED_AUTH_CODE", "the auth code has expired")
    if redirect_uri != agreed_uri:
        raise Refused(
            "invalid_grant",
            "MISMATCH_REDIRECT_URI_AUTH_CODE",
            "the redirect_uri is not the one that was consented to",
        )
    if not _fits(verifier, challenge):
        raise Refused(
            "invalid_grant", "BAD_CODE_VERIFIER", "the code_verifier does not fit the code_challenge"
        )
    refresh_token = f"kalr_{account_id}_{secrets.token_urlsafe(32)}"
    made = db.execute(
        "INSERT INTO oauth_grant (account_id, app_id, user_id, hash, scopes, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        [account_id, app.id, user_id, hash_of(refresh_token), scopes, now],
    ).fetchone()
    assert made is not None
    db.execute(
        "UPDATE oauth_code SET grant_id = %s WHERE account_id = %s AND id = %s",
        [made[0], account_id, code_id],
    )
    access_token = _give_access(db, account_id, app, made[0], scopes, now)
    return Tokens(access_token, refresh_token, tuple(scopes), user_id)


def refresh(db: Connection[Any], account_id: int, app: App, refresh_token: str, now: datetime) -> Tokens:
    """A new access token for a refresh token, which stays as it is. Raises :class:`Refused`."""
    row = None
    if _REFRESH.fullmatch(refresh_token):
        row = db.execute(
            "SELECT id, user_id, scopes FROM oauth_grant "
            "WHERE account_id = %s AND app_id = %s AND hash = %s AND revoked_at IS NULL FOR UPDATE",
            [account_id, app.id, hash_of(refresh_token)],
        ).fetchone()
    if row is None:
        raise Refused("invalid_grant", "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
    grant_id, user_id, scopes = row
    db.execute(
        "DELETE FROM access_token WHERE account_id = %s AND grant_id = %s AND expires_at < %s",
        [account_id, grant_id, now - _EXPIRY_IS_TOLD_FOR],
    )
    return Tokens(
        _give_access(db, account_id, app, grant_id, scopes, now), refresh_token, tuple(scopes), user_id
    )


def held_by_access_token(db: Connection[Any], account_id: int, token: str, now: datetime) -> Held | None:
    """What is known of an access token that an app was given and that has not ended."""
    row = db.execute(
        "SELECT t.app_id, a.client_id, g.user_id, u.email, t.scopes, t.grant_id, t.expires_at FROM access_token AS t "
        "JOIN oauth_grant AS g ON g.account_id = t.account_id AND g.id = t.grant_id "
        "JOIN integration_app AS a ON a.account_id = t.account_id AND a.id = t.app_id "
        "JOIN app_user AS u ON u.id = g.user_id "
        "WHERE t.account_id = %s AND t.hash = %s AND t.revoked_at IS NULL AND t.expires_at > %s",
        [account_id, hash_of(token), now],
    ).fetchone()
    return None if row is None else Held(*row)


def held_by_refresh_token(db: Connection[Any], account_id: int, token: str) -> Held | None:
    """What is known of a refresh token that stands."""
    row = db.execute(
        "SELECT g.app_id, a.client_id, g.user_id, u.email, g.scopes, g.id, NULL FROM oauth_grant AS g "
        "JOIN integration_app AS a ON a.account_id = g.account_id AND a.id = g.app_id "
        "JOIN app_user AS u ON u.id = g.user_id "
        "WHERE g.account_id = %s AND g.hash = %s AND g.revoked_at IS NULL",
        [account_id, hash_of(token)],
    ).fetchone()
    return None if row is None else Held(*row)


class Consent(NamedTuple):
    """A consent that stands: which app, who gave it, for what, when, and when a program last came in by it."""

    id: int
    app_id: int
    app: str
    user_id: int
    user: str
    scopes: tuple[str, ...]
    given_at: datetime
    last_used_at: datetime | None


def consents(db: Connection[Any], account_id: int, id_: int | None = None) -> list[Consent]:
    """The consents of the account that stand, the newest first; or the one of this number."""
    rows = db.execute(
        "SELECT g.id, g.app_id, a.name, g.user_id, u.name, g.scopes, g.created_at, (SELECT max(t.last_used_at) "
        "FROM access_token AS t WHERE t.account_id = g.account_id AND t.grant_id = g.id) FROM oauth_grant AS g "
        "JOIN integration_app AS a ON a.account_id = g.account_id AND a.id = g.app_id "
        "JOIN app_user AS u ON u.id = g.user_id WHERE g.account_id = %(account_id)s AND g.revoked_at IS NULL "
        "AND (%(id)s::bigint IS NULL OR g.id = %(id)s) ORDER BY g.id DESC",
        {"account_id": account_id, "id": id_},
    ).fetchall()
    return [Consent._make((*row[:5], tuple(row[5]), *row[6:])) for row in rows]


def revoke_grant(db: Connection[Any], account_id: int, grant_id: int, now: datetime) -> None:
    """Take a consent back: its refresh token and every access token that came of it open nothing from here on."""
    db.execute(
        "UPDATE oauth_grant SET revoked_at = %s WHERE account_id = %s AND id = %s AND revoked_at IS NULL",
        [now, account_id, grant_id],
    )
    db.execute(
        "UPDATE access_token SET revoked_at = %s WHERE account_id = %s AND grant_id = %s AND revoked_at IS NULL",
        [now, account_id, grant_id],
    )


def revoke_access_token(db: Connection[Any], account_id: int, token: str, now: datetime) -> None:
    """Close the door to one access token of an app; its refresh token stands."""
    db.execute(
        "UPDATE access_token SET revoked_at = %s "
        "WHERE account_id = %s AND hash = %s AND app_id IS NOT NULL AND revoked_at IS NULL",
        [now, account_id, hash_of(token)],
    )


def _give_access(
    db: Connection[Any], account_id: int, app: App, grant_id: int, scopes: Sequence[str], now: datetime
) -> str:
    token = new_token(account_id)
    db.execute(
        "INSERT INTO access_token (account_id, name, hash, scopes, created_at, app_id, grant_id, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [account_id, app.name, hash_of(token), list(scopes), now, app.id, grant_id, now + ACCESS_LIVES],
    )
    return token


def _fits(verifier: str, challenge: str) -> bool:
    """Whether a verifier is the one that was hashed for the challenge; one without a challenge fits nothing."""
    if not challenge:
        return not verifier
    if not _VERIFIER.fullmatch(verifier):
        return False
    hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(hashed, challenge)
