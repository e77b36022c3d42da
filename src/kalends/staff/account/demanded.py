"""The page between the password and an account that wants a second factor: one is set up here, and nothing else."""

from __future__ import annotations

from typing import Any, cast

import segno
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override

from kalends.accounts import second_factor
from kalends.accounts.models import User
from kalends.accounts.people import accounts_of
from kalends.query.context import Cursor
from kalends.staff.account.demand import lead_on
from kalends.staff.account.forms import CodeForm, ProofForm
from kalends.staff.shell import appearance
from kalends.staff.visit import language_of


def show(
    request: HttpRequest,
    user: User,
    account_id: int,
    *,
    status: int = 200,
    codes: list[str] | None = None,
    **told: Any,
) -> HttpResponse:
    """Ask for a passkey or an app. Of the account the page says no more than its name. Raises ``Http404``.

    ``told`` are forms that were sent and are wrong, and ``setting_up``; with ``codes`` it is done, and they are told.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        places = accounts_of(cast("Cursor", cursor), user.id)
    account = next((each for each in places if each.id == account_id), None)
    if account is None:
        raise Http404(f"no account {account_id}")
    if codes is None and second_factor.is_wanted(user.id):
        return lead_on(request, user, account_id)
    with override(language_of(user)):
        context = {
            **appearance(request),
            "account": account,
            "others": [each for each in places if each.id != account_id],
            "user": user,
            "codes": codes,
            "setting_up": picture(user) if told.get("setting_up") else None,
            "app_form": told.get("app_form") or ProofForm(prefix="app"),
            "code_form": told.get("code_form") or CodeForm(prefix="code"),
            "passkey_form": ProofForm(prefix="passkey"),
        }
        return render(request, "staff/account/demanded.html", context, status=status)


def picture(user: User) -> dict[str, str] | None:
    """The QR code of the app that is being added, and the same to type."""
    address = second_factor.pending_app(user)
    if not address:
        return None
    secret = address.partition("secret=")[2].partition("&")[0]
    return {
        "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    }
