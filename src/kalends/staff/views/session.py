"""Coming in, going out, and how pages look to somebody."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kalends.accounts import security
from kalends.accounts.models import User
from kalends.staff.account.door import inside
from kalends.staff.account.setup import is_fresh
from kalends.staff.demo import signed_in_user
from kalends.staff.reply import to_sign_in
from kalends.staff.security_notes import note
from kalends.staff.shell import THEME_COOKIE, appearance, shell
from kalends.staff.shell import home as first_page
from kalends.staff.visit import Visit, account_page, first_account_of

_YEAR_SECONDS = 365 * 24 * 3600


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """To the first of the user's accounts."""
    user = signed_in_user(request)
    if user is None:
        return HttpResponseRedirect(reverse("setup")) if is_fresh() else to_sign_in(request)
    account_id = first_account_of(user)
    if account_id is None:
        return render(request, "staff/no_account.html", {**appearance(request), "user": user}, status=403)
    return HttpResponseRedirect(reverse("account", args=[account_id]))


@require_safe
@account_page
def account(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001
    """To the first page of an account that the user may see."""
    return HttpResponseRedirect(first_page(visit))


@require_safe
@account_page
def nothing_here(request: HttpRequest, visit: Visit) -> HttpResponse:
    """For a user whose role shows no records at all."""
    with visit.cursor() as cursor:
        context = {**shell(cursor, visit, request, ""), "title": visit.ctx.name}
    return render(request, "staff/nothing_here.html", context)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The session ends here and on the server."""
    if request.user.is_authenticated:
        note(request, cast("User", request.user).id, security.SIGNED_OUT)
    logout(request)
    response = HttpResponseRedirect(reverse("sign-in"))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Language and theme: kept in the browser, the language of a signed-in user with the user as well."""
    response = HttpResponseRedirect(inside(request, request.POST.get("next", "/")))
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
