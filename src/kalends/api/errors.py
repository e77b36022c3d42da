"""What goes wrong, in the one shape in which every error is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Detail = dict[str, Any]

VALIDATION = "VALIDATION_ERROR"
NOT_FOUND = "OBJECT_NOT_FOUND"
CONFLICT = "CONFLICT"
MISSING_SCOPES = "MISSING_SCOPES"


class ApiError(Exception):
    """An answer that is an error: a status, a category, a sentence, and what is wrong in detail."""

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        errors: Sequence[Detail] = (),
        context: Mapping[str, Sequence[str]] | None = None,
        sub_category: str = "",
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> None:
        super().__init__(message)
        self.status, self.category, self.message = status, category, message
        self.errors, self.context, self.sub_category = list(errors), context, sub_category
        self.headers, self.more = dict(headers or {}), more

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The JSON envelope."""
        told: dict[str, Any] = {
            "status": "error",
            "message": self.message,
            "correlationId": correlation_id,
            "category": self.category,
        }
        if self.sub_category:
            told["subCategory"] = self.sub_category
        if self.errors:
            told["errors"] = self.errors
        if self.context:
            told["context"] = {name: list(values) for name, values in self.context.items()}
        return {**told, **self.more}


def invalid(message: str, **more: Any) -> ApiError:
    """A request that cannot be done as it is."""
    return ApiError(400, VALIDATION, message, **more)


def not_found(message: str = "resource not found", **more: Any) -> ApiError:
    """Something that is not there, or not for this account."""
    return ApiError(404, NOT_FOUND, message, **more)


def conflict(message: str, **more: Any) -> ApiError:
    """Something that is there already. Client libraries are told not to send it again."""
    return ApiError(409, CONFLICT, message, headers={"x-should-retry": "false"}, **more)


def unauthenticated() -> ApiError:
    """Nobody known."""
    return ApiError(
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and private app tokens: send "
        "the header 'Authorization: Bearer <token>' with a token that is valid.",
    )


def unknown_developer() -> ApiError:
    """Nobody known, where an app's developer key is asked for."""
    return ApiError(
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. Webhooks are set up with the developer key of their app: give it in the "
        "query parameter 'hapikey', as it was shown when the app was made.",
    )


def expired() -> ApiError:
    """An access token whose time is over."""
    return ApiError(401, "EXPIRED_AUTHENTICATION", "The OAuth token that was given has expired.")


def missing_scopes(lacking: Sequence[str]) -> ApiError:
    """Somebody who may not do this."""
    return ApiError(
        403,
        MISSING_SCOPES,
        "This token hasn't been granted all required scopes to make this call.",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(lacking)},
            }
        ],
    )
