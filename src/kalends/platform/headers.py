"""What every answer to a browser has, whoever made it: it is kept nowhere unless it says so, and cookies go by TLS."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def on_every_answer(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, around everything that makes answers."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Frame-Options", "DENY")
        if settings.SESSION_COOKIE_SECURE:
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response

    return answer
