"""What a quote says besides its line items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.catalog.options import LANGUAGES
from kalends.sales.quotes import (
    CLICK,
    NET_TERMS_MAX,
    ON_PAPER,
    SIGNATURE,
    TERMS_LONGEST,
    TITLE_LONGEST,
    Quote,
)
from kalends.staff.forms import DateField, Form


class QuoteForm(Form):
    """A quote, as its form asks for it."""

    title = forms.CharField(
        label=gettext_lazy("Name"), max_length=TITLE_LONGEST, help_text=gettext_lazy("The buyer reads it.")
    )
    expires_on = DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("After it, the quote can be neither accepted nor paid."),
    )
    contact = forms.ChoiceField(label=gettext_lazy("For"), required=False)
    acceptance = forms.ChoiceField(label=gettext_lazy("How it is accepted"), widget=forms.RadioSelect)
    payment = forms.BooleanField(
        label=gettext_lazy("The buyer pays on the quote's page; subscriptions are charged automatically"),
        required=False,
    )
    billing = forms.BooleanField(
        label=gettext_lazy("Acceptance makes subscriptions and invoices at once, without a payment"),
        required=False,
    )
    net_terms = forms.IntegerField(
        label=gettext_lazy("Payment terms of invoices"), required=False, min_value=0, max_value=NET_TERMS_MAX
    )
    billing_address = forms.BooleanField(label=gettext_lazy("Ask for the billing address"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    terms = forms.CharField(
        label=gettext_lazy("Terms"),
        required=False,
        max_length=TERMS_LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("They stand below the total, and the buyer agrees to them."),
    )
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        contacts: Sequence[tuple[str, str]],
        owners: Sequence[tuple[str, str]],
        language: str,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.use_required_attribute = False
        offered: dict[str, Any] = {
            "contact": [("", _("Nobody yet")), *contacts],
            "acceptance": [
                (CLICK, _("By a click, with a name")),
                (SIGNATURE, _("By an electronic signature, verified by a code sent by email")),
                (ON_PAPER, _("On paper, or by paying")),
            ],
            "language": [
                ("", _("The buyer's own")),
                *((each.value, each.label.in_language(language)) for each in LANGUAGES),
            ],
            "owner": [("", _("Nobody")), *owners],
        }
        for name, values in offered.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A quote is paid on its page, or billed, not both."""
        typed = super().clean() or self.cleaned_data
        if typed.get("payment") and typed.get("billing"):
            self.add_error("billing", _("Choose one: a payment on the page, or billing by acceptance."))
        return typed

    @property
    def columns(self) -> dict[str, Any]:
        """What the service is told; only of a valid form."""
        typed = self.cleaned_data
        return {
            "title": typed["title"],
            "expiration_date": typed["expires_on"],
            "acceptance_method": typed["acceptance"],
            "payment_enabled": typed["payment"],
            "billing_enabled": typed["billing"],
            "net_terms_days": typed["net_terms"],
            "collect_billing_address": typed["billing_address"],
            "language": typed["language"] or None,
            "terms": typed["terms"] or None,
            "owner_id": int(typed["owner"]) if typed["owner"] else None,
        }

    @property
    def contact_id(self) -> int | None:
        """Whom it is for."""
        return int(self.cleaned_data["contact"]) if self.cleaned_data["contact"] else None


def typed_of(quote: Quote) -> dict[str, str]:
    """A quote that is there, as its form would send it."""
    checks = {
        "payment": quote.payment_enabled,
        "billing": quote.billing_enabled,
        "billing_address": bool(quote.collect_billing_address),
    }
    return {
        "title": quote.title,
        "expires_on": quote.expiration_date.isoformat(),
        "acceptance": quote.acceptance_method or ON_PAPER,
        "net_terms": "" if quote.net_terms_days is None else str(quote.net_terms_days),
        "language": quote.language or "",
        "terms": quote.terms or "",
        "owner": str(quote.owner_id or ""),
        **{name: "on" for name, checked in checks.items() if checked},
    }
