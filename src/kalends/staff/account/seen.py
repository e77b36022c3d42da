"""When each session was last seen; written every few minutes, and read nowhere but in the user's own list."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse

from kalends.accounts.models import User
from kalends.accounts.sessions import SEEN_EVERY
from kalends.platform.clock import system_now
from kalends.staff.account.door import SEEN, see


def keep_seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, after Django's own for sessions and users."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            seen = request.session.get(SEEN, 0)
            if system_now().timestamp() - seen > SEEN_EVERY.total_seconds():
                see(request, cast("User", request.user).id)
        return get_response(request)

    return answer
