"""Links out of letters: for who forgot the password, and for who was invited."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kalends.accounts.attempts import Subject
from kalends.accounts.links import FORGOTTEN, INVITED, LASTS, password_token, user_of_token
from kalends.accounts.models import User
from kalends.messages import personal
from kalends.messages.letters.words import Link, Words
from kalends.platform import security_log
from kalends.platform.clock import system_now
from kalends.staff.account import door
from kalends.staff.account.forms import ForgottenForm, InvitedForm, NewPasswordForm
from kalends.staff.account.safety import set_password
from kalends.staff.shell import appearance
from kalends.staff.visit import language_of


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a letter. Everybody gets the same answer, as quickly, whether the address is known or not."""
    form, sent, status = ForgottenForm(), False, 200
    if request.method == "POST":
        form = ForgottenForm(request.POST)
        if form.is_valid():
            email = form.cleaned_data["email"].strip().lower()
            held_back = door.begin(request, Subject("letter", email))
            user = User.objects.filter(email=email, is_active=True).first()
            personal.send_beside(_forgotten_letter(user) if user and not held_back else None)
            sent = True
        else:
            status = 422
    context = {**appearance(request), "form": form, "sent": sent}
    return render(request, "staff/account/forgotten.html", context, status=status)


def invitation_letter(user: User, company: str, inviter: str) -> personal.Envelope | None:
    """The letter to somebody who was invited and has no password yet; :func:`personal.send_beside` sends it."""
    language = language_of(user)
    with override(language):
        words = Words(
            subject=_("%(name)s invites you to %(company)s on Kalends")
            % {"name": inviter, "company": company},
            preview=_("Set a password, and you are in."),
            opening=_("You are invited to work with"),
            figure=company,
            below=(_("%(name)s gave you a place there.") % {"name": inviter},),
            rows=(),
            closing_title=_("How to begin"),
            closing=(_("Follow the link, say what you are called, and set a password."), _lasts(INVITED)),
            footer=(_("You get this letter because %(name)s gave your address.") % {"name": inviter},),
            link=Link(_("Accept the invitation"), _address("invitation", password_token(user, INVITED))),
        )
        return personal.write(user.email, words, language, system_now())


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_password(request: HttpRequest, token: str) -> HttpResponse:
    """Set another password instead of the forgotten one. A second factor is asked for afterwards as always."""
    user = user_of_token(token, FORGOTTEN)
    if user is None:
        return _over(request)
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_password(request, user, form.cleaned_data["new"])
        return HttpResponseRedirect(f"{reverse('sign-in')}?set=1", status=303)
    return _ask(request, user, form, _("Set a new password"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who was invited gets a name and a password, and is in."""
    user = user_of_token(token, INVITED)
    if user is None or user.has_usable_password():
        return _over(request)
    form = InvitedForm(
        user, request.POST or None, initial={"name": "" if user.name == user.email else user.name}
    )
    if request.method == "POST" and form.is_valid():
        user.name = form.cleaned_data["name"]
        user.save(update_fields=["name"])
        set_password(request, user, form.cleaned_data["new"])
        door.come_in(request, user, by="link")
        return HttpResponseRedirect("/", status=303)
    return _ask(request, user, form, _("Welcome to Kalends"))


def _ask(request: HttpRequest, user: User, form: NewPasswordForm, title: str) -> HttpResponse:
    context = {**appearance(request), "form": form, "title": title, "email": user.email}
    return render(request, "staff/account/new_password.html", context, status=422 if form.errors else 200)


def _over(request: HttpRequest) -> HttpResponse:
    security_log.tell("signature_wrong", of="link to a password")
    return render(request, "staff/account/link_over.html", appearance(request), status=410)


def _forgotten_letter(user: User) -> personal.Envelope | None:
    language = language_of(user)
    with override(language):
        words = Words(
            subject=_("Set a new password for Kalends"),
            preview=_("You asked for this link."),
            opening=_("A new password for"),
            figure=user.email,
            below=(_("Somebody, most likely you, said that the password is forgotten."),),
            rows=(),
            closing_title=_("If it was not you"),
            closing=(_("Do nothing: the present password stays as it is."), _lasts(FORGOTTEN)),
            footer=(_("You get this letter because it was asked for on the page where one signs in."),),
            link=Link(_("Set a new password"), _address("new-password", password_token(user, FORGOTTEN))),
        )
        return personal.write(user.email, words, language, system_now())


def _lasts(purpose: str) -> str:
    lasts = LASTS[purpose]
    if lasts.days:
        return ngettext(
            "The link works once, for %(count)s day.", "The link works once, for %(count)s days.", lasts.days
        ) % {"count": lasts.days}
    hours = lasts.seconds // 3600
    return ngettext(
        "The link works once, for %(count)s hour.", "The link works once, for %(count)s hours.", hours
    ) % {"count": hours}


def _address(name: str, token: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=[token])}"
