"""The door: attempts that are counted, and what happens when somebody comes in."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib.auth import login
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext

from kalends.accounts import attempts, security, sessions
from kalends.accounts.attempts import Subject
from kalends.accounts.models import User
from kalends.accounts.passkeys import Site
from kalends.platform import security_log
from kalends.platform.clock import system_now
from kalends.query.context import Cursor
from kalends.staff.security_notes import note

SEEN, BEGAN, HALF, PROVED = "seen_at", "began_at", "half_signed_in", "second_factor_of"
"""What a session knows: when it was last seen and when it began, who is half way in, whose second factor it has had."""

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def address_of(request: HttpRequest) -> str:
    """The machine that asks."""
    return str(request.META.get("REMOTE_ADDR", ""))


def site_of(request: HttpRequest) -> Site:
    """What passkeys made here are for."""
    host = request.get_host()
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return Site(name, f"{request.scheme}://{host}")


def begin(request: HttpRequest, *subjects: Subject) -> str:
    """Count an attempt; the sentence that asks to wait, or nothing where it may be looked at."""
    with transaction.atomic(), connection.cursor() as cursor:
        wait = attempts.begin(cast("Cursor", cursor), system_now(), *subjects, _machine(request))
    if wait is None:
        return ""
    security_log.tell("too_many", of=", ".join(each.kind for each in (*subjects, _machine(request))))
    return wait_words(wait)


def succeeded(request: HttpRequest, *subjects: Subject) -> None:
    """The attempt was none at guessing."""
    with transaction.atomic(), connection.cursor() as cursor:
        attempts.succeeded(cast("Cursor", cursor), *subjects, _machine(request))


def wait_words(wait: timedelta) -> str:
    """What somebody reads who has to wait."""
    minutes = attempts.minutes(wait)
    return ngettext(
        "Too many attempts. Wait %(minutes)s minute, then try again.",
        "Too many attempts. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}


def half_way(request: HttpRequest, user: User, target: str) -> None:
    """The password was right, now or before; the second step leads to ``target``."""
    request.session[HALF] = [user.id, system_now().timestamp(), target]


def come_in(request: HttpRequest, user: User, *, by: str, by_second_factor: bool = False) -> None:
    """Sign somebody in who has proved who they are, under a new key also where they were signed in already.

    ``by`` tells the log what they came with.
    """
    login(request, user, backend=_BACKEND)
    if by_second_factor:
        request.session[PROVED] = user.id
    request.session[BEGAN] = system_now().timestamp()
    renew(request, user.id)
    note(request, user.id, security.SIGNED_IN, by=by)


def renew(request: HttpRequest, user_id: int) -> None:
    """Give the session another key: whoever has copied the one of before has not proved what was proved just now."""
    request.session.cycle_key()
    sessions.forget_ended(user_id)
    request.session.save()
    see(request, user_id)


def see(request: HttpRequest, user_id: int) -> None:
    """Write down that this session is in use."""
    now = system_now()
    request.session[SEEN] = now.timestamp()
    sessions.note_seen(
        user_id,
        request.session.session_key or "",
        now,
        address=address_of(request),
        agent=request.headers.get("User-Agent", ""),
    )


def inside(request: HttpRequest, target: str) -> str:
    """An address of this server, never of another one."""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"


def _machine(request: HttpRequest) -> Subject:
    return Subject("machine", address_of(request))
