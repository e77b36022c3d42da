"""The page on which an administrator lets an app into the account (OAuth's authorization endpoint)."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode, urlsplit

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kalends.accounts.consent import Asked, CannotAsk, asked
from kalends.accounts.integration_apps import App, account_of_client, find_by_client_id
from kalends.accounts.models import User
from kalends.accounts.oauth import give_code
from kalends.events import journal
from kalends.platform import security_log
from kalends.platform.clock import system_now
from kalends.staff.account.demand import SecondFactorWanted, lead_on
from kalends.staff.demo import signed_in_user
from kalends.staff.reply import to_sign_in
from kalends.staff.scope_words import gathered, in_words
from kalends.staff.shell import appearance
from kalends.staff.visit import Visit, visiting

APPROVE = "approve"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def authorize(request: HttpRequest) -> HttpResponse:
    """Ask whether an app may have what it asks for, and send whoever answers back to the app.

    An app that is not known, or an address that it has not registered, is told of here and never redirected to.
    """
    user = signed_in_user(request)
    if user is None:
        return to_sign_in(request)
    client_id = request.GET.get("client_id", "")
    account_id = account_of_client(client_id)
    if account_id is None:
        return _unknown(request)
    try:
        return _for(request, user, account_id, client_id)
    except SecondFactorWanted:
        return lead_on(request, user, account_id)


def _for(request: HttpRequest, user: User, account_id: int, client_id: str) -> HttpResponse:
    """The answer inside the account that the app is of. Raises ``SecondFactorWanted``."""
    with visiting(request, user, account_id, changes=request.method == "POST") as visit:
        app = None if visit is None else find_by_client_id(visit.psycopg(), account_id, client_id)
        if visit is None or app is None:
            return _unknown(request)
        redirect_uri = request.GET.get("redirect_uri", "")
        if redirect_uri not in app.redirect_uris:
            return _refused(
                request,
                _("The app asks to send you to an address that it has not registered."),
                400,
                redirect_uri,
            )
        if not visit.place.is_administrator:
            security_log.tell(
                "right_missing", missing="administrator", user_id=user.id, account_id=account_id
            )
            words = _("Only an administrator of %(account)s can connect apps.") % {"account": visit.ctx.name}
            return _refused(request, words, 403)
        try:
            wanted = asked(app, request.GET.dict())
        except CannotAsk as problem:
            return _back(request, redirect_uri, error=problem.error, error_description=problem.message)
        if request.method == "POST":
            return _answered(request, visit, app, wanted, redirect_uri)
        return _ask(request, visit, app, wanted, redirect_uri)


def _ask(request: HttpRequest, visit: Visit, app: App, wanted: Asked, redirect_uri: str) -> HttpResponse:
    parts = urlsplit(redirect_uri)

    # Browsers ask a page's policy also where the answer to its form redirects.
    @csp_update({"form-action": [f"{parts.scheme}://{parts.netloc}"]})
    def page(request: HttpRequest) -> HttpResponse:
        context = {
            **appearance(request),
            "visit": visit,
            "app": app,
            "scopes": gathered(wanted.scopes, visit.language),
            "optional": [in_words(scope, visit.language) for scope in wanted.optional],
            "host": parts.netloc,
            "approve": APPROVE,
        }
        return render(request, "staff/consent.html", context)

    return cast("HttpResponse", page(request))


def _answered(request: HttpRequest, visit: Visit, app: App, wanted: Asked, redirect_uri: str) -> HttpResponse:
    if request.POST.get("answer") != APPROVE:
        return _back(
            request,
            redirect_uri,
            error="access_denied",
            error_description="The administrator did not consent.",
        )
    scopes = wanted.granted(set(request.POST.getlist("optional")))
    code = give_code(
        visit.psycopg(),
        visit.ctx.id,
        app,
        user_id=visit.user.id,
        redirect_uri=redirect_uri,
        scopes=scopes,
        challenge=wanted.challenge,
        now=system_now(),
    )
    told = {"name": app.name, "scopes": list(scopes)}
    event = journal.NewEvent("app.consented", "app", app.id, None, told)
    journal.write(visit.psycopg(), visit.ctx.id, visit.ctx.now, [event], visit.who.actor)
    return _back(request, redirect_uri, code=code)


def _back(request: HttpRequest, redirect_uri: str, **told: str) -> HttpResponse:
    state = request.GET.get("state")
    query = urlencode(told if state is None else {**told, "state": state})
    return HttpResponseRedirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}")


def _unknown(request: HttpRequest) -> HttpResponse:
    words = _("There is no such app, or it belongs to an account that you have no place in.")
    return _refused(request, words, 404)


def _refused(request: HttpRequest, words: str, status: int, detail: str = "") -> HttpResponse:
    context = {**appearance(request), "words": words, "detail": detail[:200]}
    return render(request, "staff/consent_refused.html", context, status=status)
