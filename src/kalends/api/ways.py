"""The ways in: what a request brings with it, which account that names, and who it is.

Nearly every route takes a token in a header. A route that takes something else says so (``way=``): the key that
changes an app's own settings, the client id in a form, the token in the path. Each names its account, so that the wall
stands before anything is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from django.http import HttpRequest
from psycopg import Connection

from kalends.accounts import integration_apps, oauth
from kalends.accounts.integration_apps import App
from kalends.accounts.tokens import Bearer, account_of, ask_for_bearer
from kalends.api import wire
from kalends.api.errors import ApiError, not_found, unauthenticated, unknown_developer
from kalends.catalog.values import is_storable

_MOST_FIELDS = 100


class Knock:
    """A request of somebody who is not yet let in. Query and body are read when they are first asked for."""

    def __init__(self, request: HttpRequest, path: dict[str, str]) -> None:
        self.request = request
        self.path = path

    @property
    def token(self) -> str:
        """The token of the header, or nothing."""
        kind, _, token = str(self.request.META.get("HTTP_AUTHORIZATION", "")).strip().partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    @cached_property
    def query(self) -> wire.Query:
        """What follows the question mark. Raises ``ApiError``."""
        return wire.Query(str(self.request.META.get("QUERY_STRING", "")))

    @cached_property
    def body(self) -> bytes:
        """The bytes of the body. Raises ``ApiError``."""
        return wire.read_body(self.request)

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of the body."""
        return read_form(self.body)


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form; of one that comes several times the last. The newest client libraries send JSON instead.

    >>> read_form(b"grant_type=refresh_token&client_id=42-1"), read_form(b'{"token": "t", "scope": null}')
    ({'grant_type': 'refresh_token', 'client_id': '42-1'}, {'token': 't'})
    """
    if body.lstrip().startswith(b"{"):
        given = wire.read_object(body).items()
        return {name: value for name, value in given if isinstance(value, str) and is_storable(value)}
    try:
        return dict(
            parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        )
    except ValueError:
        return {}


_Ask = Callable[[Connection[Any], int, Knock], Callable[[], Bearer | None]]


class Way(NamedTuple):
    """How somebody comes in: the account that the knock names, who it is there, and what is said to nobody known.

    ``ask`` sends the question who it is, once the account was entered, and gives what takes the answer. ``replays``
    says that answers may be kept for an idempotency key; one that holds a token may not.
    """

    account_of: Callable[[Knock], int | None]
    ask: _Ask
    refusal: Callable[[], ApiError]
    replays: bool = True


class OAuthError(ApiError):
    """An error of OAuth, in its own shape: ``status`` is a code."""

    def __init__(self, refused: oauth.Refused) -> None:
        super().__init__(400, refused.error, refused.message)
        self.refused = refused

    def body(self, correlation_id: str) -> dict[str, Any]:  # noqa: ARG002 - the header has it
        """The JSON that OAuth's clients read."""
        return {
            "error": self.refused.error,
            "error_description": self.refused.message,
            "status": self.refused.status,
            "message": self.refused.message,
        }


def _later(find: Callable[[Connection[Any], int, Knock], Bearer | None]) -> _Ask:
    """A way that few take: its question is sent when the answer is wanted, in a trip of its own."""
    return lambda db, account_id, knock: lambda: find(db, account_id, knock)


def _as_bearer(app: App | None) -> Bearer | None:
    return None if app is None else Bearer(app.id, app.name, (), None, app_id=app.id)


def _developer(db: Connection[Any], account_id: int, knock: Knock) -> Bearer | None:
    return _as_bearer(integration_apps.find_by_developer_key(db, account_id, knock.query.text("hapikey")))


def _client(db: Connection[Any], account_id: int, knock: Knock) -> Bearer | None:
    """The app that proved itself. Everybody knows client ids: without the secret nothing is counted as the app's."""
    app = integration_apps.find_by_client_id(db, account_id, knock.form.get("client_id", ""))
    if app is not None and not oauth.is_secret_of(app, knock.form.get("client_secret", "")):
        raise OAuthError(
            oauth.Refused("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
        )
    return _as_bearer(app)


def _held(db: Connection[Any], account_id: int, knock: Knock) -> Bearer | None:
    """The app whose refresh token stands in the path."""
    held = oauth.held_by_refresh_token(db, account_id, knock.path["token"])
    return None if held is None else Bearer(held.grant_id, "", (), None, app_id=held.app_id)


def _unknown_client() -> ApiError:
    return OAuthError(oauth.Refused("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id"))


BEARER = Way(
    lambda knock: account_of(knock.token),
    lambda db, account_id, knock: ask_for_bearer(db, account_id, knock.token),
    unauthenticated,
)
"""A token in the header."""

DEVELOPER_KEY = Way(
    lambda knock: integration_apps.account_of_developer_key(knock.query.text("hapikey")),
    _later(_developer),
    unknown_developer,
)
"""An app's developer key in the query parameter ``hapikey``; ``bearer.app_id`` is the app."""

CLIENT_ID = Way(
    lambda knock: integration_apps.account_of_client(knock.form.get("client_id", "")),
    _later(_client),
    _unknown_client,
    replays=False,
)
"""An app's client id and secret in a form. What the form asks for otherwise is the handler's matter."""

ACCESS_TOKEN_IN_PATH = Way(
    lambda knock: account_of(knock.path["token"]),
    lambda db, account_id, knock: ask_for_bearer(db, account_id, knock.path["token"]),
    not_found,
)
"""An access token as the place ``token`` of the path."""

REFRESH_TOKEN_IN_PATH = Way(
    lambda knock: oauth.account_of_refresh_token(knock.path["token"]), _later(_held), not_found, replays=False
)
"""A refresh token as the place ``token`` of the path."""
