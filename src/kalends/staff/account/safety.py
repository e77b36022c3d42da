"""How you sign in: password, app, passkeys, recovery codes, and the browsers in which you are signed in."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import make_password
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from kalends.accounts import passkeys, second_factor, sessions
from kalends.accounts.models import User
from kalends.accounts.sign_in_models import Passkey
from kalends.platform.clock import system_now
from kalends.staff import formatting
from kalends.staff.account import demand, demanded, door
from kalends.staff.account.browsers import browser_words
from kalends.staff.account.forms import ChangePasswordForm, CodeForm, ProofForm
from kalends.staff.account.own import own_action, prove, way_in_action
from kalends.staff.reply import moved
from kalends.staff.security_notes import note
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

CHALLENGE = "new_passkey_challenge"


@never_cache
def show(request: HttpRequest, account_id: int, **told: Any) -> HttpResponse:
    """The page about the way in; where the account waits for a second factor, a page that sets one up.

    ``told`` are forms that were sent and are wrong, recovery ``codes``, which are told only once, and the ``status``.
    """
    user = request.user
    if user.is_authenticated and demand.stands_before(request, cast("User", user), account_id):
        return demanded.show(request, cast("User", user), account_id, **told)
    return _whole(request, account_id=account_id, **told)


show.__dict__["is_account_page"] = True


@account_page
def _whole(
    request: HttpRequest, visit: Visit, *, status: int = 200, codes: list[str] | None = None, **forms: Any
) -> HttpResponse:
    """Everything about the way in."""
    user, now = visit.user, system_now()
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, "you"),
            "title": _("Signing in"),
            "part": "safety",
            "codes": codes,
            "password_form": forms.get("password_form") or ChangePasswordForm(user, prefix="change"),
            "app_form": forms.get("app_form") or ProofForm(prefix="app"),
            "codes_form": forms.get("codes_form") or ProofForm(prefix="codes"),
            "passkey_form": ProofForm(prefix="passkey"),
            "removal_form": forms.get("removal_form"),
            "code_form": forms.get("code_form") or CodeForm(prefix="code"),
            "setting_up": demanded.picture(user) if forms.get("setting_up") else None,
            "has_app": second_factor.has_app(user.id),
            "codes_left": second_factor.recovery_codes_left(user.id),
            "wants_second": second_factor.is_wanted(user.id),
            "passkeys": [
                _passkey(each, visit) for each in Passkey.objects.filter(user_id=user.id).order_by("id")
            ],
            "sessions": [
                _session(each, visit)
                for each in sessions.sessions_of(user.id, request.session.session_key, now)
            ],
        }
    return render(request, "staff/account/safety.html", context, status=status)


@way_in_action
def change_password(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """A new password; everywhere else the user is signed out."""
    form = ChangePasswordForm(user, request.POST, prefix="change")
    if not prove(request, user, form):
        return show(request, account_id=account_id, password_form=form, status=422)
    set_password(request, user, form.cleaned_data["new"])
    update_session_auth_hash(request, user)
    request.session.save()
    door.see(request, user.id)
    words = _("Your password is changed. In all other browsers you are signed out.")
    return _back(request, account_id, words)


def set_password(request: HttpRequest, user: User, password: str) -> None:
    """Set it, and end every other session of the user."""
    user.password = make_password(password)
    user.save(update_fields=["password"])
    sessions.end_other_sessions(user.id, request.session.session_key)
    note(request, user.id, "password_changed")


@way_in_action
def begin_app(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """A QR code for an app, after the password."""
    form = ProofForm(request.POST, prefix="app")
    if second_factor.has_app(user.id) or not prove(request, user, form):
        return show(request, account_id=account_id, app_form=form, status=422)
    second_factor.begin_app(user)
    return show(request, account_id=account_id, setting_up=True)


@way_in_action
def confirm_app(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """The app's first code; then the recovery codes, once."""
    form = CodeForm(request.POST, prefix="code")
    valid = form.is_valid()
    if valid and (wait := door.begin(request)):
        form.add_error("code", wait)
    elif valid and not second_factor.confirm_app(user.id, form.cleaned_data["code"], system_now()):
        form.add_error(
            "code", _("This code does not fit. Check that the clock of your device is right, and try again.")
        )
    if form.errors:
        return show(request, account_id=account_id, code_form=form, setting_up=True, status=422)
    door.succeeded(request)
    note(request, user.id, "second_factor_added")
    return _added(request, user, account_id, second_factor.new_recovery_codes(user.id))


@way_in_action
def remove_app(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """The password alone lets in again, unless there are passkeys."""
    form = ProofForm(request.POST, prefix="app")
    if not prove(request, user, form):
        return show(request, account_id=account_id, app_form=form, status=422)
    if second_factor.remove_app(user.id):
        note(request, user.id, "second_factor_removed")
    return _back(request, account_id, _("The app is no longer asked for."))


@way_in_action
def new_codes(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """New recovery codes, which end the earlier ones."""
    form = ProofForm(request.POST, prefix="codes")
    if not prove(request, user, form) or not second_factor.is_wanted(user.id):
        return show(request, account_id=account_id, codes_form=form, status=422)
    return show(request, account_id=account_id, codes=second_factor.new_recovery_codes(user.id))


@way_in_action
def passkey_options(request: HttpRequest, user: User, account_id: int) -> HttpResponse:  # noqa: ARG001
    """What the browser is to make, after the password."""
    form = ProofForm(request.POST, prefix="passkey")
    if not prove(request, user, form):
        return JsonResponse({"problem": " ".join(map(str, form.errors.get("password", [])))}, status=422)
    asked = passkeys.ask_for_new(user, door.site_of(request))
    request.session[CHALLENGE] = bytes_to_base64url(asked.challenge)
    return HttpResponse(asked.options, content_type="application/json")


@way_in_action
def add_passkey(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """Keep what the browser made. The first one brings recovery codes with it, which the page shows once."""
    body = passkeys.read_answer(request.body)
    challenge = base64url_to_bytes(request.session.pop(CHALLENGE, ""))
    name = str(body.get("name") or browser_words(request.headers.get("User-Agent", "")))
    site, now = door.site_of(request), system_now()
    made = (
        passkeys.keep_new(user, name, body.get("credential") or {}, challenge, site, now)
        if challenge
        else None
    )
    if made is None:
        return JsonResponse({"problem": _("This passkey cannot be added. Try again.")}, status=422)
    note(request, user.id, "passkey_added")
    codes = (
        second_factor.new_recovery_codes(user.id) if not second_factor.recovery_codes_left(user.id) else None
    )
    return _added(request, user, account_id, codes)


def _added(request: HttpRequest, user: User, account_id: int, codes: list[str] | None) -> HttpResponse:
    """The session has had the user's second factor from here on; the page says the codes, if there are new ones."""
    waited = demand.stands_before(request, user, account_id)
    request.session[door.PROVED] = user.id
    door.renew(request, user.id)
    if waited and codes:
        return demanded.show(request, user, account_id, codes=codes)
    return _whole(request, account_id=account_id, codes=codes)


@way_in_action
def rename_passkey(request: HttpRequest, user: User, account_id: int, passkey_id: int) -> HttpResponse:
    """Call it otherwise."""
    if not passkeys.rename(user.id, passkey_id, request.POST.get("name", "")):
        raise Http404(f"no passkey {passkey_id}")
    return _back(request, account_id, _("Saved"))


@way_in_action
def remove_passkey(request: HttpRequest, user: User, account_id: int, passkey_id: int) -> HttpResponse:
    """It no longer lets in, once the password was given."""
    form = ProofForm(request.POST, prefix="removal")
    if not prove(request, user, form):
        return show(request, account_id=account_id, removal_form=form, status=422)
    if not passkeys.remove(user.id, passkey_id):
        raise Http404(f"no passkey {passkey_id}")
    note(request, user.id, "passkey_removed")
    return _back(
        request, account_id, _("The passkey no longer lets anybody in. Remove it on your device as well.")
    )


@own_action
def end_session(request: HttpRequest, user: User, account_id: int, session_id: int) -> HttpResponse:
    """Sign out in another browser."""
    if not sessions.end_session(user.id, session_id):
        raise Http404(f"no session {session_id}")
    note(request, user.id, "session_revoked")
    if not request.session.exists(request.session.session_key or ""):
        return HttpResponseRedirect(reverse("sign-in"))
    return _back(request, account_id, _("You are signed out there."))


@own_action
def end_others(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """Sign out everywhere but here."""
    ended = sessions.end_other_sessions(user.id, request.session.session_key)
    if ended:
        note(request, user.id, "session_revoked")
    words = ngettext("%(count)s other session ended", "%(count)s other sessions ended", ended)
    return _back(request, account_id, words % {"count": ended})


def _back(request: HttpRequest, account_id: int, toast: str) -> HttpResponse:
    return moved(request, reverse("you-safety", args=[account_id]), toast=toast)


def _passkey(each: Passkey, visit: Visit) -> dict[str, Any]:
    zone = visit.ctx.time_zone
    return {
        "id": each.id,
        "name": each.name,
        "made": formatting.instant(each.created_at, zone),
        "used": formatting.instant(each.last_used_at, zone) if each.last_used_at else "",
    }


def _session(each: sessions.OwnSession, visit: Visit) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": browser_words(each.agent),
        "address": each.address,
        "seen": formatting.instant(each.seen_at, visit.ctx.time_zone),
        "is_this": each.is_this,
    }
