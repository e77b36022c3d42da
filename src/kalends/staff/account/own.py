"""What users change about themselves: not permitted or forbidden by a role, and nothing of the account's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.hashers import check_password
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import translation
from django.utils.translation import gettext as _

from kalends.accounts import second_factor
from kalends.accounts.attempts import Subject
from kalends.accounts.models import User
from kalends.accounts.people import accounts_of
from kalends.platform import security_log
from kalends.query.context import Cursor
from kalends.staff.account import demand, door
from kalends.staff.forms import Form
from kalends.staff.reply import to_sign_in
from kalends.staff.visit import View, language_of


def own_action(view: View) -> View:
    """A view that gets the signed-in user and the number of an account that they work in; POST only.

    The demo's visitor has not signed in and has nothing to change: for them there is no such address.
    """
    return _own(view, demand.stands_before)


def way_in_action(view: View) -> View:
    """The same for what changes how the user comes in, also where the account waits for just that.

    Who has a second factor must have used it in this session: the password alone neither adds to it nor takes it away.
    """
    return _own(view, _is_half_way)


def _is_half_way(request: HttpRequest, user: User, account_id: int) -> bool:  # noqa: ARG001
    return second_factor.is_wanted(user.id) and not demand.has_proved(request, user)


def _own(view: View, is_closed: Callable[[HttpRequest, User, int], bool]) -> View:

    @functools.wraps(view)
    def guarded(request: HttpRequest, account_id: int, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.is_authenticated:
            return to_sign_in(request)
        user = cast("User", request.user)
        with transaction.atomic(), connection.cursor() as cursor:
            places = {each.id for each in accounts_of(cast("Cursor", cursor), user.id)}
        if account_id not in places:
            security_log.tell("other_account", account_id=account_id, user_id=user.id)
            raise Http404(f"no account {account_id}")
        if is_closed(request, user, account_id):
            return demand.lead_on(request, user, account_id)
        with translation.override(language_of(user)):
            return view(request, user=user, account_id=account_id, **kwargs)

    guarded.__dict__["is_account_page"] = True
    return guarded


def prove(request: HttpRequest, user: User, form: Form, field: str = "password") -> bool:
    """Whether the form's password is the user's; the form says so where it is not. The session then has a new key."""
    if not form.is_valid():
        return False
    subject = Subject("confirmed", str(user.id))
    if wait := door.begin(request, subject):
        form.add_error(field, wait)
        return False
    if not check_password(form.cleaned_data[field], user.password):
        form.add_error(field, _("This is not your password."))
        return False
    door.succeeded(request, subject)
    door.renew(request, user.id)
    return True
