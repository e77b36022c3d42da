"""The forms about oneself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalends.accounts.models import User
from kalends.staff.forms import Form
from kalends.staff.shell import THEMES

NAME_LENGTH_MAX = 120
NATIVE_NAMES = (("en", "English"), ("nb", "Norsk bokmål"), ("fi", "Suomi"))


class ProfileForm(Form):
    """Name, language, appearance, keys, and what letters tell of; the last are the account's own for each user."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=NATIVE_NAMES)
    theme = forms.ChoiceField(label=gettext_lazy("Appearance"), required=False, choices=THEMES)
    single_keys = forms.BooleanField(
        label=gettext_lazy("Single-key shortcuts"),
        help_text=gettext_lazy("Such as J and K in lists. Keys with Ctrl work in any case."),
        required=False,
    )
    payments_failed = forms.BooleanField(label=gettext_lazy("Payments that failed"), required=False)
    disputes = forms.BooleanField(label=gettext_lazy("Disputes"), required=False)
    pauses = forms.BooleanField(
        label=gettext_lazy("Subscriptions that are paused or canceled"), required=False
    )
    webhooks = forms.BooleanField(
        label=gettext_lazy("Webhooks that were given up"),
        help_text=gettext_lazy("Under Notifications only, to who may see apps."),
        required=False,
    )
    payments_made = forms.BooleanField(
        label=gettext_lazy("Payments that were collected"),
        help_text=gettext_lazy("By letter only."),
        required=False,
    )


def secret(label: Any, autocomplete: str, **more: Any) -> forms.CharField:
    """A field for a password."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=1000, widget=widget, **more)


class ProofForm(Form):
    """The password once more, before something that lets others in."""

    password = secret(gettext_lazy("Your password"), "current-password")


class NewPasswordForm(Form):
    """A password that is set."""

    new = secret(gettext_lazy("New password"), "new-password")

    def __init__(self, user: User, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.user = user
        self.fields["new"].help_text = _("At least %(count)s characters, and none that others use a lot.") % {
            "count": password_length()
        }

    def clean_new(self) -> str:
        """Raises what is weak about it, in words."""
        return strong(self.cleaned_data["new"], self.user)


class ChangePasswordForm(NewPasswordForm):
    """The same for who knows the present one."""

    password = secret(gettext_lazy("Present password"), "current-password")
    field_order = ("password", "new")


class InvitedForm(NewPasswordForm):
    """Who was invited says what they are called, and sets a password."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    field_order = ("name", "new")


class CodeForm(Form):
    """A code of an app."""

    code = forms.CharField(
        label=gettext_lazy("Code from the app"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class ForgottenForm(Form):
    """Whose password is forgotten."""

    email = forms.EmailField(
        label=gettext_lazy("Email"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


def strong(password: str, user: User) -> str:
    """The password, if it is strong enough. Raises ``ValidationError`` in the language of the page."""
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise ValidationError([_weakness(each) for each in problem.error_list]) from problem
    return password


def password_length() -> int:
    """The least length of a password."""
    for each in settings.AUTH_PASSWORD_VALIDATORS:
        if each["NAME"].endswith("MinimumLengthValidator"):
            return int(each["OPTIONS"]["min_length"])
    return 8


def _weakness(problem: ValidationError) -> str:
    if problem.code == "password_too_short":
        count = password_length()
        return ngettext(
            "Give at least %(count)s character.", "Give at least %(count)s characters.", count
        ) % {"count": count}
    if problem.code == "password_too_common":
        return _("Many people use this password, and who guesses tries it first. Choose another one.")
    if problem.code == "password_too_similar":
        return _("This is too much like your name or email. Choose another one.")
    return " ".join(problem.messages)
