"""What a payment link asks besides its line items: the fields of the editor, and the questions to the buyer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.catalog.options import ACCEPTED_METHODS, LANGUAGES
from kalends.sales.link_terms import FIELDS_MAX, NAME_LONGEST, TEXT_LONGEST
from kalends.staff.forms import DateField, Form, dress

AS_ACCOUNT, YES, NO = "", "yes", "no"
_QUESTION = re.compile(r"fields-(\d{1,3})-label", re.ASCII)
KINDS = (
    ("text", gettext_lazy("Text")),
    ("number", gettext_lazy("Number")),
    ("date", gettext_lazy("Date")),
    ("choice", gettext_lazy("Choice")),
    ("checkbox", gettext_lazy("Check box")),
)


class Choices(NamedTuple):
    """What there is to choose from in this account."""

    currencies: Sequence[str]
    owners: Sequence[tuple[str, str]]
    stages: Sequence[tuple[str, list[tuple[str, str]]]]
    language: str
    makes_deals: bool


class LinkForm(Form):
    """A payment link. Switches that narrow what buyers may do are off to begin with."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LONGEST,
        help_text=gettext_lazy("Buyers see it at checkout and on the receipt."),
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    contact = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput, localize=False)
    company = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput, localize=False)
    deal = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput, localize=False)
    accepted = forms.MultipleChoiceField(
        label=gettext_lazy("Accepted payment methods"), required=False, widget=forms.CheckboxSelectMultiple
    )
    take_discount_codes = forms.BooleanField(
        label=gettext_lazy("Buyers may give a discount code"), required=False
    )
    one_time_use = forms.BooleanField(
        label=gettext_lazy("One-time use: the link stops working after the first purchase"), required=False
    )
    expires_on = DateField(
        label=gettext_lazy("Last day to buy"), required=False, help_text=gettext_lazy("Empty: no last day.")
    )
    billing_address = forms.BooleanField(label=gettext_lazy("Ask for the billing address"), required=False)
    shipping_address = forms.BooleanField(label=gettext_lazy("Ask for the shipping address"), required=False)
    tax_id = forms.BooleanField(label=gettext_lazy("Ask for the tax ID"), required=False)
    text_below_total = forms.CharField(
        label=gettext_lazy("Text below the total"),
        required=False,
        max_length=TEXT_LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    redirect_url = forms.CharField(
        label=gettext_lazy("Address after the purchase"),
        required=False,
        max_length=2_000,
        help_text=gettext_lazy("The receipt leads on to it. Empty: the receipt is the end."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the checkout"), required=False)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    create_deal = forms.ChoiceField(
        label=gettext_lazy("Create a deal at each purchase"), required=False, widget=forms.RadioSelect
    )
    stage = forms.ChoiceField(label=gettext_lazy("Stage of the new deal"), required=False)

    def __init__(self, data: Any = None, *, choices: Choices, **more: Any) -> None:
        super().__init__(data, **more)
        self.use_required_attribute = False
        tongue = choices.language
        labeled = lambda options: [(each.value, each.label.in_language(tongue)) for each in options]  # noqa: E731
        usual = _("As the account: yes") if choices.makes_deals else _("As the account: no")
        offered: dict[str, Any] = {
            "currency": [(code, code) for code in choices.currencies],
            "accepted": labeled(ACCEPTED_METHODS),
            "language": [("", _("The buyer's own")), *labeled(LANGUAGES)],
            "owner": [("", _("Nobody")), *choices.owners],
            "create_deal": [(AS_ACCOUNT, usual), (YES, _("Yes")), (NO, _("No"))],
            "stage": [("", _("As the account")), *choices.stages],
        }
        for name, values in offered.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Looks at the address and at what is accepted."""
        typed = super().clean() or self.cleaned_data
        if not self.has_error("accepted") and not typed.get("accepted"):
            self.add_error("accepted", _("Accept at least one."))
        address = typed.get("redirect_url")
        if address and not _is_address(address):
            self.add_error("redirect_url", _("Give a whole address that begins with https://."))
        return typed

    @property
    def columns(self) -> dict[str, Any]:
        """What the link's service is told; only of a valid form."""
        typed = self.cleaned_data
        pipeline, _slash, stage = typed["stage"].partition("/")
        every = len(typed["accepted"]) == len(ACCEPTED_METHODS)
        return {
            "name": typed["name"],
            "one_time_use": typed["one_time_use"],
            "expires_on": typed["expires_on"],
            "allowed_payment_methods": None if every else typed["accepted"],
            "collect_billing_address": typed["billing_address"],
            "collect_shipping_address": typed["shipping_address"],
            "collect_tax_id": typed["tax_id"],
            "take_discount_codes": typed["take_discount_codes"],
            "text_below_total": typed["text_below_total"],
            "create_deal": {YES: True, NO: False}.get(typed["create_deal"]),
            "deal_pipeline": pipeline or None,
            "deal_stage": stage or None,
            "redirect_url": typed["redirect_url"] or None,
            "language": typed["language"] or None,
            "owner_id": int(typed["owner"]) if typed["owner"] else None,
        }


class QuestionForm(forms.Form):
    """A further question to the buyer. ``name`` is what the answer is kept under, and stays when the words change."""

    name = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    label = forms.CharField(label=gettext_lazy("Question"), max_length=NAME_LONGEST)
    type = forms.ChoiceField(label=gettext_lazy("Kind of answer"), choices=KINDS)
    options = forms.CharField(
        label=gettext_lazy("Choices, one a line"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)

    def __init__(self, number: int, data: Any) -> None:
        super().__init__(data, prefix=f"fields-{number}")
        self.number, self.label_suffix = number, ""
        for field in self.fields.values():
            dress(field)

    def clean(self) -> dict[str, Any]:
        """A choice has something to choose from."""
        typed = super().clean() or self.cleaned_data
        if typed.get("type") == "choice" and not self.listed(typed):
            self.add_error("options", _("Write at least one choice."))
        return typed

    @staticmethod
    def listed(typed: Mapping[str, Any]) -> list[str]:
        """The choices, each once."""
        return list(dict.fromkeys(filter(None, map(str.strip, (typed.get("options") or "").splitlines()))))


def questions(values: QueryDict) -> list[QuestionForm]:
    """The questions that were sent, in their order."""
    return [QuestionForm(number, values) for number in question_numbers(values)]


def question_numbers(values: QueryDict) -> list[int]:
    """The numbers of the questions; they stay as they are when one is removed."""
    return sorted({int(match[1]) for name in values if (match := _QUESTION.fullmatch(name))})


def asked(rows: Sequence[QuestionForm]) -> list[dict[str, Any]]:
    """The questions as a link keeps them; only of valid rows. A name is made of the words where there is none yet."""
    made: list[dict[str, Any]] = []
    for row in rows:
        typed = row.cleaned_data
        taken = {each["name"] for each in made}
        made.append(
            {
                "name": typed["name"] or _name_of(typed["label"], taken),
                "label": typed["label"],
                "type": typed["type"],
                "required": typed["required"],
                **({"options": row.listed(typed)} if typed["type"] == "choice" else {}),
            }
        )
    return made


def change_questions(values: QueryDict, step: str, what: str) -> bool:
    """Add a question, or take one away; says whether the button was one of these."""
    numbers = question_numbers(values)
    if step == "add-question":
        if len(numbers) < FIELDS_MAX:
            put_question(values, max(numbers, default=-1) + 1, {})
    elif step == "remove-question":
        for name in ("name", "label", "type", "options", "required"):
            values.pop(f"fields-{what}-{name}", None)
    else:
        return False
    return True


def put_question(values: QueryDict, number: int, kept: Mapping[str, Any]) -> None:
    """A question as its row would send it."""
    told = {
        "name": kept.get("name", ""),
        "label": kept.get("label", ""),
        "type": kept.get("type", "text"),
        "options": "\n".join(kept.get("options") or ()),
        **({"required": "on"} if kept.get("required") else {}),
    }
    values.update({f"fields-{number}-{name}": value for name, value in told.items()})


def _name_of(label: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "question"
    stem = stem if stem[0].isalpha() else f"q_{stem}"
    names = (stem if number == 1 else f"{stem}_{number}" for number in range(1, FIELDS_MAX + 2))
    return next(name for name in names if name not in taken)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
