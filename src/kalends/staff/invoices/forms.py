"""What an invoice says besides its line items: whom it is for, its dates, and what is printed on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing.agreement import NET_TERMS_MAX
from kalends.catalog.options import LANGUAGES
from kalends.sales.invoice_drafts import InvoiceDraft
from kalends.staff.create.customers import Party
from kalends.staff.create.forms import CustomerForm
from kalends.staff.forms import DateField


class InvoiceForm(CustomerForm):
    """A draft invoice, as its form asks for it."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    title = forms.CharField(
        label=gettext_lazy("Title"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("For lists; it is not printed."),
    )
    purchase_order = forms.CharField(
        label=gettext_lazy("Purchase order number"), required=False, max_length=100
    )
    dated = DateField(label=gettext_lazy("Invoice date"))
    net_terms = forms.IntegerField(
        label=gettext_lazy("Payment is due after"), required=False, min_value=0, max_value=NET_TERMS_MAX
    )
    comments = forms.CharField(
        label=gettext_lazy("Comments"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Printed on the invoice."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        contact: Party | None,
        company: Party | None,
        currencies: Sequence[str],
        owners: Sequence[tuple[str, str]],
        language: str,
    ) -> None:
        super().__init__(data, contact=contact, company=company)
        self.use_required_attribute = False
        offered: dict[str, Any] = {
            "currency": [(code, code) for code in currencies],
            "language": [
                ("", _("The contact's own")),
                *((each.value, each.label.in_language(language)) for each in LANGUAGES),
            ],
            "owner": [("", _("Nobody")), *owners],
        }
        for name, values in offered.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    @property
    def draft(self) -> InvoiceDraft:
        """The draft for the service; only of a valid form."""
        typed, contact, company = self.cleaned_data, self.party["contact"], self.party["company"]
        assert contact is not None, "a valid form has a contact"
        return InvoiceDraft(
            contact_id=contact.id,
            company_id=company.id if company else None,
            currency=typed["currency"],
            dated=typed["dated"],
            net_terms_days=typed["net_terms"] or 0,
            title=typed["title"] or None,
            purchase_order=typed["purchase_order"] or None,
            comments=typed["comments"] or None,
            language=typed["language"] or None,
            owner_id=int(typed["owner"]) if typed["owner"] else None,
            address=self.billing_address,
        )
