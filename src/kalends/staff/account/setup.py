"""The first start: an installation without users gets its account and its first administrator.

Whoever reaches a new server first is not therefore its owner: a code is asked for that lies in the installation's home
and that ``kalends serve`` shows in the terminal.
"""

from __future__ import annotations

import secrets
from typing import Any
from zoneinfo import available_timezones

from babel import numbers
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from psycopg import Connection

from kalends.accounts.attempts import Subject
from kalends.accounts.create import create_account
from kalends.accounts.models import User
from kalends.accounts.people import add_member, add_user
from kalends.core.currencies import MINOR_DIGITS
from kalends.crm.countries import countries
from kalends.documents.logo import UnfitLogo, set_logo
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.platform.home import open_home
from kalends.staff.account import door
from kalends.staff.account.forms import NAME_LENGTH_MAX, NATIVE_NAMES, password_length, secret, strong
from kalends.staff.forms import Form
from kalends.staff.shell import appearance


def is_fresh() -> bool:
    """Whether the installation has no user yet."""
    return not User.objects.exists()


class SetupForm(Form):
    """Everything that the first start needs."""

    code = forms.CharField(
        label=gettext_lazy("Setup code"),
        help_text=gettext_lazy("The terminal in which Kalends was started shows it."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    company = forms.CharField(label=gettext_lazy("Company"), max_length=NAME_LENGTH_MAX)
    country = forms.ChoiceField(label=gettext_lazy("Country"))
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Due dates are days in this zone.")
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=NATIVE_NAMES,
        help_text=gettext_lazy("Of your pages, and of letters to customers."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or SVG, up to 512 kB. It can be added later."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/svg+xml"}),
    )
    name = forms.CharField(label=gettext_lazy("Your name"), max_length=NAME_LENGTH_MAX)
    email = forms.EmailField(
        label=gettext_lazy("Your email"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = secret(gettext_lazy("Password"), "new-password")
    sandbox = forms.BooleanField(
        label=gettext_lazy("Also make a sandbox, to try things in"),
        help_text=gettext_lazy("It has a clock that you move, and no letter leaves it."),
        required=False,
        initial=True,
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["password"].help_text = _(
            "At least %(count)s characters, and none that others use a lot."
        ) % {"count": password_length()}
        self._choices("country", list(countries(translation.get_language() or "en")))
        self._choices("currency", _currencies())
        self._choices("time_zone", [(each, each.replace("_", " ")) for each in _zones()])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_password(self) -> str:
        """Raises what is weak about it, in words."""
        given = User(email=self.data.get("email", ""), name=self.data.get("name", ""))
        return strong(self.cleaned_data["password"], given)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """The first start's one page; once there is a user, the way leads to signing in."""
    if not is_fresh():
        return HttpResponseRedirect(reverse("sign-in"))
    form = SetupForm(initial=_first_values())
    status = 200
    if request.method == "POST":
        form = SetupForm(request.POST, files=request.FILES)
        valid = form.is_valid()
        if valid and _code_fits(request, form):
            account_id = _make(request, form)
            if account_id is not None:
                return HttpResponseRedirect(reverse("account", args=[account_id]), status=303)
        status = 422
    return render(request, "staff/account/setup.html", {**appearance(request), "form": form}, status=status)


def _code_fits(request: HttpRequest, form: SetupForm) -> bool:
    if wait := door.begin(request, Subject("setup", "code")):
        form.add_error("code", wait)
        return False
    given = "".join(each for each in form.cleaned_data["code"].lower() if each.isalnum())
    wanted = open_home().setup_code().replace("-", "")
    if not secrets.compare_digest(given.encode(), wanted.encode()):
        form.add_error(
            "code", _("This is not the code. It is in the file keys/setup-code of Kalends's folder as well.")
        )
        return False
    door.succeeded(request, Subject("setup", "code"))
    return True


def _make(request: HttpRequest, form: SetupForm) -> int | None:
    """The account, beside it a sandbox where one is wanted, and the administrator, who is signed in; or nothing."""
    try:
        with database.connect(autocommit=True) as db, db.transaction():
            db.execute("SELECT pg_advisory_xact_lock(hashtext('kalends: init'))")
            made = _in_database(db, form.cleaned_data) if is_fresh() else None
    except UnfitLogo as problem:
        form.add_error("logo", str(problem))
        return None
    if made is None:
        return None
    account_id, user_id = made
    open_home().forget_setup_code()
    door.come_in(request, User.objects.get(id=user_id), by="setup code")
    return account_id


def _in_database(db: Connection[Any], given: dict[str, Any]) -> tuple[int, int]:
    """The live account's number, and the administrator's. Raises ``UnfitLogo``."""
    now = system_now()
    logo = given["logo"].read() if given["logo"] else b""
    user_id = add_user(
        db,
        email=given["email"],
        name=given["name"],
        password_hash=make_password(given["password"]),
        language=given["language"],
    )
    account_id = 0
    for clock_at in (now, None) if given["sandbox"] else (None,):
        ctx = create_account(
            db,
            name=given["company"],
            time_zone=given["time_zone"],
            currency=given["currency"],
            now=now,
            language=given["language"],
            country=given["country"],
            clock_at=clock_at,
        )
        add_member(db, ctx.id, user_id, "admin")
        if logo:
            set_logo(db, ctx, logo, actor=f"user:{user_id}")
        account_id = ctx.id
    return account_id, user_id


def _first_values() -> dict[str, str]:
    language = translation.get_language() or "en"
    country, zone, currency = {
        "nb": ("NO", "Europe/Oslo", "NOK"),
        "fi": ("FI", "Europe/Helsinki", "EUR"),
    }.get(language, ("NO", "Europe/Oslo", "EUR"))
    return {"country": country, "time_zone": zone, "currency": currency, "language": language}


def _currencies() -> list[tuple[str, str]]:
    language = translation.get_language() or "en"
    return [
        (code, f"{code} · {numbers.get_currency_name(code, locale=language)}")
        for code in sorted(MINOR_DIGITS)
    ]


def _zones() -> list[str]:
    return sorted(
        each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/"))
    )
