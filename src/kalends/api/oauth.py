"""OAuth for programs: tokens for codes and refresh tokens, what a token is, and taking one back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from kalends.accounts import oauth
from kalends.accounts.integration_apps import OAUTH, App, find_by_client_id
from kalends.accounts.oauth import Held, Refused, Tokens
from kalends.accounts.tokens import account_of
from kalends.api import ways
from kalends.api.call import Answer, Call
from kalends.api.errors import not_found
from kalends.api.routes import named, route
from kalends.platform import security_log
from kalends.platform.settings import PUBLIC_URL

_LIVES_SECONDS = int(oauth.ACCESS_LIVES.total_seconds())


def _by_client(handler: Callable[[Call, App, dict[str, str]], Answer]) -> Callable[[Call], Answer]:
    """A handler for an app that came in with its secret.

    A refusal is an answer like any other: what was taken back before it stays taken back.
    """

    @functools.wraps(handler)
    def answered(call: Call) -> Answer:
        form = ways.read_form(call.raw)
        try:
            app = find_by_client_id(call.db, call.ctx.id, form["client_id"])
            if app is None:  # revoked since it came in
                raise Refused("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id")
            return handler(call, app, form)
        except Refused as refusal:
            security_log.tell(
                "secret_wrong", of=refusal.status, account_id=call.ctx.id, app_id=call.bearer.app_id
            )
            error = ways.OAuthError(refusal)
            return Answer(error.status, error.body(""))

    return answered


@route("oauth", "/token", "POST", named(), way=ways.CLIENT_ID)
@_by_client
def give_tokens(call: Call, app: App, form: dict[str, str]) -> Answer:
    """Tokens for a code or for a refresh token."""
    kind = form.get("grant_type", "")
    if kind == "authorization_code":
        tokens = oauth.exchange_code(
            call.db,
            call.ctx.id,
            app,
            code=form.get("code", ""),
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
            now=call.now,
        )
    elif kind == "refresh_token":
        tokens = oauth.refresh(call.db, call.ctx.id, app, form.get("refresh_token", ""), call.now)
    else:
        raise Refused(
            "unsupported_grant_type",
            "BAD_GRANT_TYPE",
            "missing or unknown grant type: give authorization_code or refresh_token",
        )
    return Answer(body=_told_tokens(call, tokens))


def _told_tokens(call: Call, tokens: Tokens) -> dict[str, Any]:
    told: dict[str, Any] = {
        "token_type": "bearer",
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": _LIVES_SECONDS,
    }
    if call.version == "v1":
        return told
    more = {"hub_id": call.ctx.id, "user_id": tokens.user_id, "scopes": _told_scopes(tokens.scopes)}
    return {**told, **more, "token_use": "access_token"}


@route("oauth", "/access-tokens/{token}", "GET", named(), way=ways.ACCESS_TOKEN_IN_PATH)
def read_access_token(call: Call) -> Answer:
    """Whose an access token is and what it may do."""
    held = oauth.held_by_access_token(call.db, call.ctx.id, call.path["token"], call.now)
    if held is None:
        raise not_found()  # a token of the account's own, or revoked since it came in
    told = _told(call, held, call.path["token"])
    return Answer(
        body={**told, "token_type": "access", "app_id": held.app_id, "expires_in": _seconds(call, held)}
    )


@route("oauth", "/refresh-tokens/{token}", "GET", named(), way=ways.REFRESH_TOKEN_IN_PATH)
def read_refresh_token(call: Call) -> Answer:
    """Whose a refresh token is and what it may renew."""
    held = _held_by_path(call)
    told = _told(call, held, call.path["token"])
    return Answer(body={**told, "token_type": "refresh", "client_id": held.client_id})


@route("oauth", "/refresh-tokens/{token}", "DELETE", named(), way=ways.REFRESH_TOKEN_IN_PATH)
def delete_refresh_token(call: Call) -> Answer:
    """Take a consent back: whoever holds its refresh token may."""
    oauth.revoke_grant(call.db, call.ctx.id, _held_by_path(call).grant_id, call.now)
    return Answer(204)


def _held_by_path(call: Call) -> Held:
    held = oauth.held_by_refresh_token(call.db, call.ctx.id, call.path["token"])
    if held is None:
        raise not_found()
    return held


@route("oauth", "/token/introspect", "POST", named(), way=ways.CLIENT_ID, writes=False)
@_by_client
def introspect(call: Call, app: App, form: dict[str, str]) -> Answer:
    """What an app's own token is, be it an access token or a refresh token; of any other it learns nothing."""
    token = form.get("token", "")
    held = _find(call, app, token)
    if held is None:
        return Answer(body={"active": False})
    told = {
        **_told(call, held, token),
        "active": True,
        "token_type": "bearer",
        "client_id": held.client_id,
        "app_id": held.app_id,
    }
    if held.expires_at is None:
        return Answer(body={**told, "token_use": "refresh_token"})
    return Answer(body={**told, "token_use": "access_token", "expires_in": _seconds(call, held)})


@route("oauth", "/token/revoke", "POST", named(), way=ways.CLIENT_ID)
@_by_client
def revoke(call: Call, app: App, form: dict[str, str]) -> Answer:
    """Take back an app's own token; with a refresh token all that came of the consent. An unknown one is no error."""
    token = form.get("token", "")
    held = _find(call, app, token)
    if held is not None and held.expires_at is None:
        oauth.revoke_grant(call.db, call.ctx.id, held.grant_id, call.now)
    elif held is not None:
        oauth.revoke_access_token(call.db, call.ctx.id, token, call.now)
    return Answer(body={})


def _find(call: Call, app: App, token: str) -> Held | None:
    if account_of(token) is not None:
        held = oauth.held_by_access_token(call.db, call.ctx.id, token, call.now)
    elif oauth.account_of_refresh_token(token) is not None:
        held = oauth.held_by_refresh_token(call.db, call.ctx.id, token)
    else:
        return None
    return held if held is not None and held.app_id == app.id else None


def _told(call: Call, held: Held, token: str) -> dict[str, Any]:
    return {
        "token": token,
        "user": held.user,
        "user_id": held.user_id,
        "hub_domain": urlsplit(PUBLIC_URL).netloc,
        "hub_id": call.ctx.id,
        "scopes": _told_scopes(held.scopes),
    }


def _told_scopes(scopes: Sequence[str]) -> list[str]:
    return [OAUTH, *scopes]


def _seconds(call: Call, held: Held) -> int:
    assert held.expires_at is not None
    return int((held.expires_at - call.now).total_seconds())
