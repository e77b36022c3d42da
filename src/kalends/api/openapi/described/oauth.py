"""Tokens of integrations that accounts install."""

from __future__ import annotations

from kalends.api.openapi.terms import Operation, Schema, array, flag, number, shape, text

_TAG = "OAuth"
_SCOPES = array(text(), "What it may do.")
_CLIENT = {"client_id": text(), "client_secret": text()}
_CLIENT_EXAMPLE = {"client_id": "7-12", "client_secret": "the-secret-of-the-app"}
_TOLD: dict[str, Schema] = {
    "token": text(),
    "user": text("The address of whoever consented."),
    "user_id": number(),
    "hub_domain": text(),
    "hub_id": number("The account."),
    "scopes": _SCOPES,
}
_REFRESHED = {
    "token_type": "bearer",
    "access_token": "kal_7_an-access-token",
    "refresh_token": "a-refresh-token",
    "expires_in": 1800,
}

COMPONENTS = {
    "OAuthGrant": shape(
        {"grant_type": text(enum=["authorization_code", "refresh_token"]), **_CLIENT},
        {
            "code": text("Of an authorization_code: what came back from the page where somebody consented."),
            "redirect_uri": text("Of an authorization_code: the address to which it came."),
            "code_verifier": text("Of an authorization_code that was asked for with a challenge (PKCE)."),
            "refresh_token": text("Of a refresh_token."),
        },
    ),
    "OAuthTokens": shape(
        {
            "token_type": text(enum=["bearer"]),
            "access_token": text(),
            "refresh_token": text(),
            "expires_in": number("Seconds."),
        },
        {
            "hub_id": number("The account, at later versions than v1."),
            "user_id": number(),
            "scopes": _SCOPES,
            "token_use": text(enum=["access_token"]),
        },
        example=_REFRESHED,
    ),
    "OAuthError": shape(
        {
            "error": text("As RFC 6749 names it."),
            "error_description": text(),
            "status": text("BAD_AUTH_CODE, BAD_REFRESH_TOKEN, BAD_CLIENT_ID, BAD_CLIENT_SECRET and so on."),
            "message": text(),
        },
    ),
    "AccessToken": shape(
        {**_TOLD, "token_type": text(enum=["access"]), "app_id": number(), "expires_in": number("Seconds.")}
    ),
    "RefreshToken": shape({**_TOLD, "token_type": text(enum=["refresh"]), "client_id": text()}),
    "TokenOfApp": shape({**_CLIENT, "token": text("An access token or a refresh token of the app.")}),
    "Introspection": shape(
        {"active": flag("Whether it is the app's own and works; if not, nothing else is told.")},
        {
            **_TOLD,
            "token_type": text(enum=["bearer"]),
            "token_use": text(enum=["access_token", "refresh_token"]),
            "client_id": text(),
            "app_id": number(),
            "expires_in": number("Seconds, of an access token."),
        },
    ),
    "Revoked": shape({}, description="Nothing to tell."),
}

OPERATIONS = (
    Operation("oauth.give_tokens", "getTokens", _TAG, {200: "OAuthTokens"}, version="v1", body="OAuthGrant",
        form=True, security="open", error="OAuthError",
        example={"grant_type": "refresh_token", "refresh_token": "a-refresh-token", **_CLIENT_EXAMPLE}),
    Operation("oauth.introspect", "introspectToken", _TAG, {200: "Introspection"}, version="v3", body="TokenOfApp",
        form=True, security="open", error="OAuthError",
        example={"token": "a-refresh-token", **_CLIENT_EXAMPLE}),
    Operation("oauth.revoke", "revokeToken", _TAG, {200: "Revoked"}, version="v3", body="TokenOfApp",
        form=True, security="open", error="OAuthError",
        example={"token": "a-refresh-token", **_CLIENT_EXAMPLE}),
    Operation("oauth.read_access_token", "readAccessToken", _TAG, {200: "AccessToken"}, version="v1",
        path={"token": "kal_7_an-access-token"}, security="open"),
    Operation("oauth.read_refresh_token", "readRefreshToken", _TAG, {200: "RefreshToken"}, version="v1",
        path={"token": "a-refresh-token"}, security="open"),
    Operation("oauth.delete_refresh_token", "deleteRefreshToken", _TAG, {204: ""}, version="v1",
        path={"token": "a-refresh-token"}, security="open"),
)  # fmt: skip
