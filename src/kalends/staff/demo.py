"""The demo's open door: on this machine only, a visitor is taken for the user named by ``KALENDS_DEMO_SIGN_IN``.

The variable holds a user's email. ``kalends demo`` sets it for the server that it starts; nobody else does.
"""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import cast

from django.http import HttpRequest

from kalends.accounts.models import User

VARIABLE = "KALENDS_DEMO_SIGN_IN"


def signed_in_user(request: HttpRequest) -> User | None:
    """Who is looking: the user who signed in, else in a demo its user, else nobody."""
    if request.user.is_authenticated:
        return cast("User", request.user)
    user = _demo_user(request)
    if user is not None:
        request.__dict__["kalends_demo"] = True
    return user


def _demo_user(request: HttpRequest) -> User | None:
    email = os.environ.get(VARIABLE, "").strip().lower()
    if not email or not _is_from_here(request):
        return None
    return User.objects.filter(email=email, is_active=True).first()


def _is_from_here(request: HttpRequest) -> bool:
    """From this very machine, and not through a proxy, behind which everybody looks as if they were."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
