"""Accounts that want a second factor of everybody: whether a session has had one, and the way to it.

It is the session that counts, not the user: a browser that came in by the password alone, before there was a second
factor, is asked for it as well.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kalends.accounts import second_factor
from kalends.accounts.models import User
from kalends.platform import security_log
from kalends.query.context import Cursor
from kalends.staff.account import door
from kalends.staff.reply import is_htmx


class SecondFactorWanted(Exception):
    """The account is entered with a second factor only, and this session has had none."""


def has_proved(request: HttpRequest, user: User) -> bool:
    """Whether the session has had the user's second factor, and the user still has one."""
    return request.session.get(door.PROVED) == user.id and second_factor.is_wanted(user.id)


def stands_before(request: HttpRequest, user: User, account_id: int) -> bool:
    """Whether the account is closed to the session for want of a second factor."""
    with transaction.atomic(), connection.cursor() as cursor:
        demanded = second_factor.is_demanded(cast("Cursor", cursor), account_id)
    return demanded and not has_proved(request, user)


def lead_on(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """To the second step for who has a second factor, and to where one is set up for who has none."""
    security_log.tell("second_factor_missing", account_id=account_id, user_id=user.id)
    if second_factor.is_wanted(user.id):
        door.half_way(request, user, _back(request, account_id))
        to = reverse("sign-in-second")
    else:
        to = reverse("you-safety", args=[account_id])
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)


def _back(request: HttpRequest, account_id: int) -> str:
    """The page from which somebody came, or the account's first where it cannot be asked for again."""
    if is_htmx(request):
        return door.inside(request, urlsplit(request.headers.get("HX-Current-URL", "")).path or "/")
    return request.get_full_path() if request.method == "GET" else reverse("account", args=[account_id])
