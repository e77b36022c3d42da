"""When each session was last seen, written every few minutes for the user's own list; and its end at the latest."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from kalends.accounts.models import User
from kalends.accounts.sessions import LASTS, SEEN_EVERY
from kalends.platform.clock import system_now
from kalends.staff.account.door import BEGAN, SEEN, see


def keep_seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, after Django's own for sessions and users."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            now, seen = system_now().timestamp(), request.session.get(SEEN, 0)
            if now - request.session.setdefault(BEGAN, now) > LASTS.total_seconds():
                logout(request)
            elif now - seen > SEEN_EVERY.total_seconds():
                see(request, cast("User", request.user).id)
        return get_response(request)

    return answer
