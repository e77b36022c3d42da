"""The wizard's fields besides its lines, and the contact that is made on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing.agreement import EARLIEST, LATEST, NET_TERMS_MAX
from kalends.catalog.options import ACCEPTED_METHODS, ADDRESS_TYPES, LANGUAGES
from kalends.payments.methods import is_accepted
from kalends.staff.create.customers import ADDRESS, Found, Party, StoredMethod
from kalends.staff.forms import DateField, Form, dress

AUTOMATIC, INVOICES = "automatic", "invoices"
CUSTOM = "custom"
NET = (15, 30, 45, 60, 90)
_LARGEST = 2**63 - 1


class Choices(NamedTuple):
    """What there is to choose from: this account's currencies and owners, and this contact's stored methods."""

    contact: Party | None
    company: Party | None
    methods: Sequence[StoredMethod]
    currencies: Sequence[str]
    owners: Sequence[tuple[str, str]]
    language: str


class CustomerForm(Form):
    """Who is billed, and where they live. Records are named by number; ``party`` has those that may be seen."""

    contact = forms.IntegerField(
        required=False, min_value=1, max_value=_LARGEST, widget=forms.HiddenInput, localize=False
    )
    company = forms.IntegerField(
        required=False, min_value=1, max_value=_LARGEST, widget=forms.HiddenInput, localize=False
    )
    address = forms.CharField(label=gettext_lazy("Street address"), required=False, max_length=255)
    address2 = forms.CharField(label=gettext_lazy("Address, second line"), required=False, max_length=255)
    city = forms.CharField(label=gettext_lazy("City"), required=False, max_length=255)
    state = forms.CharField(label=gettext_lazy("State or region"), required=False, max_length=255)
    zip = forms.CharField(label=gettext_lazy("Postal code"), required=False, max_length=40)
    country = forms.CharField(label=gettext_lazy("Country"), required=False, max_length=255)

    def __init__(
        self, data: Any = None, *, contact: Party | None, company: Party | None, **more: Any
    ) -> None:
        super().__init__(data, **more)
        self.party = {"contact": contact, "company": company}

    def clean(self) -> dict[str, Any]:
        """There is somebody to bill, and whoever was named is there."""
        typed = super().clean() or self.cleaned_data
        if self.party["contact"] is None:
            wrong = (
                _("Choose who pays.")
                if not typed.get("contact")
                else _("This contact is not there. Choose another one.")
            )
            self.add_error("contact", wrong)
        if self.party["company"] is None and typed.get("company"):
            self.add_error("company", _("This company is not there. Choose another one, or none."))
        return typed

    @property
    def billing_address(self) -> dict[str, str]:
        """The parts of the address that were given."""
        return {part: self.cleaned_data[part] for part in ADDRESS if self.cleaned_data.get(part)}


class WizardForm(CustomerForm):
    """Who pays, how, and when."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    collection = forms.ChoiceField(label=gettext_lazy("How it is paid"), widget=forms.RadioSelect)
    method = forms.ChoiceField(label=gettext_lazy("Payment method"), required=False)
    due = forms.ChoiceField(label=gettext_lazy("Payment is due"), required=False)
    due_days = forms.IntegerField(label=gettext_lazy("Days after the invoice date"), required=False)
    email_invoices = forms.BooleanField(label=gettext_lazy("Email each invoice"), required=False)
    online_payment = forms.BooleanField(
        label=gettext_lazy("Include a payment link for online payments"), required=False
    )
    accepted = forms.MultipleChoiceField(
        label=gettext_lazy("Accepted payment methods"), required=False, widget=forms.CheckboxSelectMultiple
    )
    collect = forms.MultipleChoiceField(
        label=gettext_lazy("Ask the customer for"), required=False, widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("Without one it is called like its first line item."),
    )
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language of invoices and letters"), required=False)
    bill_from = DateField(
        label=gettext_lazy("First day billed here"),
        required=False,
        help_text=gettext_lazy("Only for what began before today: what fell due earlier was paid elsewhere."),
    )
    comments = forms.CharField(
        label=gettext_lazy("Comments on invoices"), required=False, max_length=2_000, widget=forms.Textarea
    )

    def __init__(self, data: Any = None, *, choices: Choices, **more: Any) -> None:
        super().__init__(data, contact=choices.contact, company=choices.company, **more)
        self.choices = choices
        tongue = choices.language
        labeled = lambda options: [(each.value, each.label.in_language(tongue)) for each in options]  # noqa: E731
        offered: dict[str, list[tuple[Any, Any]]] = {
            "currency": [(code, code) for code in choices.currencies],
            "collection": [(AUTOMATIC, _("Automatically")), (INVOICES, _("By invoice"))],
            "method": [("", _("Choose")), *((str(each.id), each.name) for each in choices.methods)],
            "due": _due_choices(),
            "accepted": labeled(ACCEPTED_METHODS),
            "collect": labeled(ADDRESS_TYPES),
            "owner": [("", _("Nobody")), *choices.owners],
            "language": [("", _("The contact's own")), *labeled(LANGUAGES)],
        }
        for name, values in offered.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
        self.fields["due_days"].widget = forms.TextInput(attrs={"inputmode": "numeric"})
        dress(self.fields["due_days"])

    def clean(self) -> dict[str, Any]:
        """Looks at what belongs together: the customer, and how they pay."""
        typed = super().clean()
        if not self.has_error("accepted") and not typed.get("accepted"):
            self.add_error("accepted", _("Accept at least one."))
        if typed.get("collection") == AUTOMATIC:
            self._check_method(typed)
        elif typed.get("collection") == INVOICES:
            self._check_invoices(typed, self.choices.contact)
        day = typed.get("bill_from")
        if day is not None and not EARLIEST <= day < LATEST:
            self.add_error("bill_from", _("Choose a day between 1970 and 2199."))
        return typed

    def _check_method(self, typed: dict[str, Any]) -> None:
        if self.has_error("method"):
            return
        method = next((each for each in self.choices.methods if str(each.id) == typed.get("method")), None)
        if method is None:
            wrong = (
                _("Choose the payment method to charge.")
                if self.choices.methods
                else _("This contact has stored no payment method. Send invoices instead.")
            )
            self.add_error("method", wrong)
        elif not is_accepted(method.kind, typed.get("accepted") or ()):
            self.add_error("method", _("This is not among the accepted payment methods."))

    def _check_invoices(self, typed: dict[str, Any], contact: Party | None) -> None:
        days = typed.get("due_days")
        custom = typed.get("due") == CUSTOM
        if custom and not self.has_error("due_days") and (days is None or not 0 <= days <= NET_TERMS_MAX):
            self.add_error("due_days", _("Give a whole number from 0 to %(most)s.") % {"most": NET_TERMS_MAX})
        if typed.get("email_invoices") and contact is not None and not contact.below:
            self.add_error(
                "email_invoices", _("This contact has no email address. Add one, or do not email invoices.")
            )

    @property
    def net_terms_days(self) -> int:
        """How many days after their date invoices are due."""
        due = self.cleaned_data.get("due") or "0"
        return self.cleaned_data["due_days"] if due == CUSTOM else int(due)


class ContactForm(Form):
    """A contact that is made while a subscription is. ``twin`` has the address already."""

    twin: Found | None = None
    email = forms.EmailField(label=gettext_lazy("Email"), max_length=254)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=255, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=255, required=False)

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, prefix="new", **more)


def _due_choices() -> list[tuple[str, str]]:
    net = [(str(days), _("Net %(days)s") % {"days": days}) for days in NET]
    return [("0", _("On receipt")), *net, (CUSTOM, _("After other days"))]
