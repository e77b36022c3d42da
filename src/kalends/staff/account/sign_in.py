"""Coming in: a password, then a second factor where the user has one; or a passkey alone."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from kalends.accounts import passkeys, second_factor, security
from kalends.accounts.attempts import Subject
from kalends.accounts.models import User
from kalends.accounts.sign_in_models import Passkey
from kalends.platform import security_log
from kalends.platform.clock import system_now
from kalends.staff.account import door
from kalends.staff.account.door import HALF
from kalends.staff.account.setup import is_fresh
from kalends.staff.security_notes import note
from kalends.staff.shell import appearance

CHALLENGE = "passkey_challenge"
_HALF_SECONDS = 10 * 60


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Email and password. A wrong address and a wrong password get the same answer."""
    if request.method != "POST" and is_fresh():
        return HttpResponseRedirect(reverse("setup"))
    target = door.inside(request, request.POST.get("next") or request.GET.get("next") or "/")
    email = request.POST.get("email", "").strip()
    error, status = "", 200
    if request.method == "POST":
        user, error, status = _with_password(request, email, request.POST.get("password", ""))
        if user is not None:
            return _next_step(request, user, target)
    context = {**appearance(request), "next": target, "email": email, "error": error}
    return render(request, "staff/sign_in.html", context, status=status)


def _with_password(request: HttpRequest, email: str, password: str) -> tuple[User | None, str, int]:
    subject = Subject("email", email)
    if wait := door.begin(request, subject):
        return None, wait, 429
    user = authenticate(request, username=email, password=password) if email and password else None
    if user is None:
        known = User.objects.filter(email=email.lower()).values_list("id", flat=True).first()
        if known is not None:
            note(request, known, security.FAILED, by="password")
        else:
            security_log.tell("sign_in_failed", by="password")
        return None, _("This email and password do not fit together. Check both, then try again."), 403
    door.succeeded(request, subject)
    return cast("User", user), "", 200


def _next_step(request: HttpRequest, user: User, target: str) -> HttpResponse:
    if not second_factor.is_wanted(user.id):
        door.come_in(request, user, by="password")
        return HttpResponseRedirect(target)
    request.session.cycle_key()
    door.half_way(request, user, target)
    return HttpResponseRedirect(reverse("sign-in-second"))


def _half(request: HttpRequest) -> tuple[User, str] | None:
    """Who gave the right password some minutes ago, and where they want to go."""
    user_id, at, target = request.session.get(HALF, (0, 0, ""))
    if not user_id or system_now().timestamp() - at > _HALF_SECONDS:
        return None
    user = User.objects.filter(id=user_id, is_active=True).first()
    return None if user is None else (user, target)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def second(request: HttpRequest) -> HttpResponse:
    """The second factor: a code of the app, a recovery code, or a passkey."""
    half = _half(request)
    if half is None:
        return HttpResponseRedirect(reverse("sign-in"))
    user, target = half
    error, status = "", 200
    if request.method == "POST":
        error, status = _with_code(request, user, request.POST.get("code", ""))
        if not error:
            del request.session[HALF]
            door.come_in(request, user, by="password and code", by_second_factor=True)
            return HttpResponseRedirect(target)
    context = {
        **appearance(request),
        "error": error,
        "has_app": second_factor.has_app(user.id),
        "has_passkey": Passkey.objects.filter(user_id=user.id).exists(),
        "email": user.email,
    }
    return render(request, "staff/account/second.html", context, status=status)


def _with_code(request: HttpRequest, user: User, code: str) -> tuple[str, int]:
    subject = Subject("second factor", str(user.id))
    if wait := door.begin(request, subject):
        return wait, 429
    now = system_now()
    if second_factor.takes_code(user.id, code, now) or second_factor.takes_recovery_code(user.id, code, now):
        door.succeeded(request, subject)
        return "", 200
    note(request, user.id, security.FAILED, by="code")
    return _("This code does not fit, or was used already. Wait for the next one and try again."), 403


@require_POST
@never_cache
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser is to sign; after a password with one of that user's passkeys."""
    half = _half(request)
    asked = passkeys.ask_to_sign(door.site_of(request), half[0].id if half else None)
    request.session[CHALLENGE] = bytes_to_base64url(asked.challenge)
    return HttpResponse(asked.options, content_type="application/json")


@require_POST
@never_cache
def passkey(request: HttpRequest) -> HttpResponse:
    """Come in with a passkey: the page is told where to go."""
    if wait := door.begin(request):
        return JsonResponse({"problem": wait}, status=429)
    half = _half(request)
    body: dict[str, Any] = passkeys.read_answer(request.body)
    challenge = base64url_to_bytes(request.session.pop(CHALLENGE, ""))
    user_id = (
        passkeys.who_signed(body.get("credential") or {}, challenge, door.site_of(request), system_now())
        if challenge
        else None
    )
    user = User.objects.filter(id=user_id, is_active=True).first() if user_id is not None else None
    if user is None or (half is not None and half[0].id != user.id):
        security_log.tell("signature_wrong", of="passkey", user_id=half[0].id if half else None)
        return JsonResponse(
            {"problem": _("This passkey is not known here. Sign in with email and password.")}, status=403
        )
    target = half[1] if half else door.inside(request, str(body.get("next") or "/"))
    request.session.pop(HALF, None)
    door.succeeded(request)
    door.come_in(request, user, by="passkey", by_second_factor=True)
    return JsonResponse({"next": target})
