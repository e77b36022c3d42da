"""Coming in, going out, and how pages look to somebody."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kalends.staff import throttle
from kalends.staff.demo import signed_in_user
from kalends.staff.shell import THEME_COOKIE, appearance
from kalends.staff.visit import first_account_of, to_sign_in

_YEAR_SECONDS = 365 * 24 * 3600


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """To the subscriptions of the user's account."""
    user = signed_in_user(request)
    if user is None:
        return to_sign_in(request)
    account_id = first_account_of(user)
    if account_id is None:
        return render(request, "staff/no_account.html", {**appearance(request), "user": user}, status=403)
    return HttpResponseRedirect(reverse("subscriptions", args=[account_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Email and password. A wrong address and a wrong password get the same answer."""
    target = _inside(request, request.POST.get("next") or request.GET.get("next") or "/")
    email = request.POST.get("email", "").strip()
    error, status = "", 200
    if request.method == "POST":
        error, status = _try(request, email, request.POST.get("password", ""))
        if not error:
            return HttpResponseRedirect(target)
    context = {**appearance(request), "next": target, "email": email, "error": error}
    return render(request, "staff/sign_in.html", context, status=status)


def _try(request: HttpRequest, email: str, password: str) -> tuple[str, int]:
    machine = request.META.get("REMOTE_ADDR", "")
    if throttle.is_closed(email, machine):
        minutes = throttle.WAIT_SECONDS // 60
        return _("Too many attempts. Wait %(minutes)s minutes, then try again.") % {"minutes": minutes}, 429
    user = authenticate(request, username=email, password=password) if email and password else None
    if user is None:
        throttle.count_failure(email, machine)
        return _("This email and password do not fit together. Check both, then try again."), 403
    throttle.forget(email)
    login(request, user)
    return "", 200


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The session ends here and on the server."""
    logout(request)
    return HttpResponseRedirect(reverse("sign-in"))


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Language and theme: kept in the browser, the language of a signed-in user with the user as well."""
    response = HttpResponseRedirect(_inside(request, request.POST.get("next", "/")))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True
        )
        user = signed_in_user(request)
        if user is not None:
            user.language = language
            user.save(update_fields=["language"])
        translation.activate(language)
    if request.POST.get("theme") in ("light", "dark"):
        response.set_cookie(
            THEME_COOKIE, request.POST["theme"], max_age=_YEAR_SECONDS, samesite="Lax", httponly=True
        )
    elif "theme" in request.POST:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def _inside(request: HttpRequest, target: str) -> str:
    """An address of this server, never of another one."""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
