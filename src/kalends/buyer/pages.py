"""What surrounds every page for buyers: the account's letterhead, the languages, and answers when there is no page."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kalends.accounts import attempts
from kalends.accounts.letterhead import LogoName
from kalends.buyer.door import Guest, NotThere, TooMany, missed
from kalends.buyer.languages import CHOSEN_COOKIE, PARAMETER, choices, chosen, current, first_of
from kalends.buyer.policies import links
from kalends.documents.invoice import seller_of
from kalends.platform import security_log
from kalends.platform.patience import patiently

View = Callable[..., HttpResponse]
_A_YEAR = 365 * 24 * 3600


def buyer_page(view: View) -> View:
    """A page that anybody may come to: never cached, never listed by search engines, in one of our languages.

    :class:`NotThere` and :class:`TooMany` become pages in words.
    """

    @never_cache
    @functools.wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        with translation.override(first_of(request)):
            response = _answer(view, request, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        language = chosen(request)
        if language and request.GET.get(PARAMETER):
            response.set_cookie(
                CHOSEN_COOKIE,
                language,
                max_age=_A_YEAR,
                httponly=True,
                samesite="Lax",
                secure=request.is_secure(),
            )
        return response

    guarded.__dict__["is_buyer_page"] = True
    return guarded


def _answer(view: View, request: HttpRequest, **kwargs: Any) -> HttpResponse:
    try:
        # What a page does is known by its form's key or found where it stands, so it can be begun anew.
        return patiently(lambda: view(request, **kwargs))
    except NotThere:
        wait = missed(request)
    except TooMany as problem:
        wait = problem.wait
    # Not in a language that the account or the link asked for: it would tell that there is one.
    with translation.override(first_of(request)):
        return not_there(request) if wait is None else too_many(request, wait)


def page(guest: Guest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page with the account's letterhead; ``title`` is what the browser calls it."""
    return render(guest.request, template, {**surroundings(guest), **context}, status=status)


def surroundings(guest: Guest) -> dict[str, Any]:
    """What ``buyer/base.html`` shows around a page."""
    ctx = guest.ctx
    party, own = seller_of(ctx), ctx.letterhead
    logo = LogoName.read(own.logo) if own.logo else None
    return {
        **plain(guest.request),
        "guest": guest,
        "seller": {
            "name": ctx.name,
            "initial": ctx.name.strip()[:1].upper(),
            "color": own.brand_color,
            "ink": own.ink,
            "logo": reverse("buyer-logo", args=[ctx.id, own.logo]) if logo else "",
            "logo_width": max(logo.width // 4, 1) if logo else 0,
            "logo_height": max(logo.height // 4, 1) if logo else 0,
            "stands_alone": bool(logo and logo.stands_alone),
            "address": party.address,
            "country": guest.formats.country(party.country) if party.country else "",
            "tax_id": party.tax_id,
            "email": party.email,
            "policies": links(guest),
        },
        "test": ctx.is_sandbox,
    }


def plain(request: HttpRequest) -> dict[str, Any]:
    """What a page shows that belongs to no account."""
    return {"language": current(), "languages": choices(request), "public_url": settings.PUBLIC_URL}


def moved(to: str) -> HttpResponse:
    """Go to another page of ours, by GET: a reload there sends nothing twice."""
    return HttpResponseRedirect(to, status=303)


def leave_for(guest: Guest, url: str, words: str = "") -> HttpResponse:
    """Go to a page of a processor's, here or elsewhere.

    A page that leads on by itself, with a link for browsers that do not: browsers refuse to let the answer to one of
    our forms lead to another site, and we do not ask them to relax that.
    """
    if url.startswith(("/", f"{guest.request.scheme}://{guest.request.get_host()}/")):
        return moved(url)
    context = {"title": _("To the payment page"), "url": url, "words": words}
    return page(guest, "buyer/leave.html", context)


def not_there(request: HttpRequest) -> HttpResponse:
    """The same for what is over, what was taken back, and what never was."""
    return render(request, "buyer/not_there.html", plain(request), status=404)


def not_pressed_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without what proves that it was sent from a page of ours: another site did it, or cookies are off."""
    security_log.tell("form_without_token", why=_why(reason))
    with translation.override(first_of(request)):
        return render(request, "buyer/not_pressed_here.html", plain(request), status=403)


def _why(reason: str) -> str:
    """What Django says is wrong with a form, in a word: it repeats addresses that others choose."""
    return next((each for each in ("origin", "referer", "cookie") if each in reason.lower()), "token")


@never_cache
def failed(request: HttpRequest) -> HttpResponse:
    """Something broke. Whatever was being paid, its own key keeps it from being charged twice."""
    with translation.override(first_of(request)):
        return render(request, "buyer/failed.html", {**plain(request), "again": request.path}, status=500)


def too_many(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """Ask to wait."""
    minutes = attempts.minutes(wait)
    response = render(request, "buyer/too_many.html", {**plain(request), "minutes": minutes}, status=429)
    response["Retry-After"] = str(max(1, int(wait.total_seconds())))
    return response
