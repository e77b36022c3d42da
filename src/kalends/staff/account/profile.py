"""Your own profile: name, language, appearance, keys, and what you are told of."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from kalends.accounts import connections
from kalends.accounts.models import Membership, User
from kalends.accounts.people import NOTICES, switch_notices
from kalends.platform.patience import patiently
from kalends.staff.account.forms import ProfileForm
from kalends.staff.account.own import own_action
from kalends.staff.reply import moved
from kalends.staff.shell import THEME_COOKIE, shell
from kalends.staff.visit import Visit, account_page, language_of

_YEAR_SECONDS = 365 * 24 * 3600


@account_page
def show(
    request: HttpRequest, visit: Visit, form: ProfileForm | None = None, status: int = 200
) -> HttpResponse:
    """The form, as it is or as it was sent."""
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, "you"),
            "title": _("Your profile"),
            "form": form or ProfileForm(initial=_present(request, visit)),
            "part": "profile",
        }
    return render(request, "staff/account/profile.html", context, status=status)


@own_action
def save(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """Keep what was changed."""
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return show(request, account_id=account_id, form=form, status=422)
    given = form.cleaned_data
    user.name, user.language, user.single_keys = given["name"], given["language"], given["single_keys"]
    user.save(update_fields=["name", "language", "single_keys"])
    db = connections.inside(account_id)

    def switch() -> None:
        with db.transaction():
            switch_notices(db, account_id, user.email, {name: given[name] for name in NOTICES})

    patiently(switch)
    with override(user.language):
        answer = moved(request, reverse("you", args=[account_id]), toast=_("Saved"))
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, user.language, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True
    )
    if given["theme"]:
        answer.set_cookie(THEME_COOKIE, given["theme"], max_age=_YEAR_SECONDS, samesite="Lax", httponly=True)
    else:
        answer.delete_cookie(THEME_COOKIE, samesite="Lax")
    return answer


def _present(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    place = Membership.objects.get(account_id=visit.ctx.id, user_id=visit.user.id)
    return {
        "name": visit.user.name,
        "language": language_of(visit.user),
        "theme": request.COOKIES.get(THEME_COOKIE, ""),
        "single_keys": visit.user.single_keys,
        **{name: getattr(place, f"told_of_{name}") for name in NOTICES},
    }
