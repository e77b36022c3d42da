"""The forms of a checkout: what is chosen, who buys, the seller's own questions, and the consent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kalends.buyer.checkout.questions import QuestionsForm
from kalends.buyer.door import Guest
from kalends.buyer.fields.address import AddressForm
from kalends.buyer.fields.form import AmountField, BuyerForm
from kalends.buyer.fields.numbers import PhoneField, TaxIdField
from kalends.core.choices import PRICE_MOST, QUANTITY_MOST, Choice, OfferedLine
from kalends.core.money import from_minor, to_minor
from kalends.sales.buyers import Buyer
from kalends.sales.offers import Terms

_LONGEST = 200
_PREFIXES = ("taken-", "quantity-", "price-")


class QuantityField(forms.CharField):
    """How many: a whole number within its bounds, cleaned to a decimal."""

    def __init__(self, *, least: int, most: int, **more: Any) -> None:
        self.least, self.most = least, most
        widget = forms.NumberInput(attrs={"inputmode": "numeric", "min": least, "max": most, "step": 1})
        super().__init__(max_length=12, widget=widget, **more)

    def clean(self, value: Any) -> Any:
        """The number, None where it is left empty. Raises ``ValidationError``."""
        text = "".join(str(super().clean(value)).split())
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation as problem:
            raise ValidationError(_("Give a whole number.")) from problem
        if not number.is_finite() or number != number.to_integral_value():
            raise ValidationError(_("Give a whole number."))
        if number < self.least:
            raise ValidationError(_("Give at least %(least)s.") % {"least": self.least})
        if number > self.most:
            raise ValidationError(_("Give at most %(most)s.") % {"most": self.most})
        return number


class ChoiceForm(BuyerForm):
    """What of the offer is bought: optional lines, quantities, prices that the buyer names, a discount code.

    ``preset`` takes what ``data`` leaves out as it is offered; only an optional line must be named to be taken.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        guest: Guest,
        terms: Terms,
        choices: Mapping[int, Choice],
        code: str | None = None,
        preset: bool = False,
    ) -> None:
        super().__init__(data)
        self.lines = terms.lines
        self.stored = choices
        self.label_suffix = ""
        for line in self.lines:
            for name, field in _fields_of(guest, terms.currency, line, choices.get(line.key)):
                self.fields[name] = field
                field.widget.attrs.setdefault("class", "input")
                field.widget.attrs["data-total"] = ""
        self.currency = terms.currency
        if terms.take_discount_codes:
            widget = forms.TextInput(
                attrs={"class": "input", "autocomplete": "off", "autocapitalize": "characters"}
            )
            self.fields["code"] = forms.CharField(
                label=_("Discount code"), required=False, max_length=60, initial=code or "", widget=widget
            )
        if preset:
            self.data = {**_as_shown(self), **data.dict()}

    @property
    def choices(self) -> dict[int, Choice]:
        """What was chosen; what will not do stays as it was before."""
        made: dict[int, Choice] = {}
        for line in self.lines:
            before = self.stored.get(line.key) or Choice(taken=not line.optional)
            names = {prefix: f"{prefix}{line.key}" for prefix in _PREFIXES}
            if not any(name in self.fields for name in names.values()):
                continue
            quantity = self._cleaned(names["quantity-"], before.quantity)
            typed = self._cleaned(names["price-"], None)
            price = before.price if typed is None else from_minor(typed, self.currency)
            made[line.key] = Choice(
                taken=bool(self._cleaned(names["taken-"], before.taken)),
                # What is as it is offered is no choice: the same offer comes of it whoever sends the form.
                quantity=None if quantity == line.terms.quantity else quantity,
                price=None if price == line.terms.unit_price else price,
            )
        return made

    def _cleaned(self, name: str, otherwise: Any) -> Any:
        found = self.cleaned_data.get(name) if self.is_bound else None
        return otherwise if found is None else found


def _as_shown(form: forms.Form) -> dict[str, Any]:
    """What the fields would send as they stand, without ticks."""
    return {
        name: field.prepare_value(field.initial)
        for name, field in form.fields.items()
        if not isinstance(field, forms.BooleanField)
    }


def _fields_of(
    guest: Guest, currency: str, line: OfferedLine, choice: Choice | None
) -> Iterator[tuple[str, forms.Field]]:
    chosen = choice or Choice(taken=not line.optional)
    if line.optional:
        yield f"taken-{line.key}", forms.BooleanField(label=line.name, required=False, initial=chosen.taken)
    if line.chooses_quantity:
        quantity = line.terms.quantity if chosen.quantity is None else chosen.quantity
        yield (
            f"quantity-{line.key}",
            QuantityField(
                label=_("Quantity of %(name)s") % {"name": line.name},
                least=line.quantity_from or 1,
                most=line.quantity_to or QUANTITY_MOST,
                initial=f"{quantity.normalize():f}",
                required=not line.optional,
            ),
        )
    if line.chooses_price:
        price = line.terms.unit_price if chosen.price is None else chosen.price
        yield (
            f"price-{line.key}",
            AmountField(
                label=_("Your price for %(name)s, %(currency)s") % {"name": line.name, "currency": currency},
                currency=currency,
                formats=guest.formats,
                least_minor=to_minor(line.price_from or Decimal(0), currency),
                most_minor=to_minor(PRICE_MOST, currency),
                initial=to_minor(price, currency),
                required=not line.optional,
            ),
        )


def names_choices(data: Mapping[str, Any]) -> bool:
    """Whether an address says what is to be chosen on the page."""
    return any(name.startswith(_PREFIXES) for name in data)


class DetailsForm(BuyerForm):
    """Who buys."""

    email = forms.EmailField(max_length=_LONGEST)
    first_name = forms.CharField(max_length=_LONGEST, required=False)
    last_name = forms.CharField(max_length=_LONGEST, required=False)
    company = forms.CharField(max_length=_LONGEST, required=False)
    phone = PhoneField(required=False)

    def __init__(self, data: Any = None, *, terms: Terms, country: str, **more: Any) -> None:
        super().__init__(data, **more)
        if terms.collect_tax_id:
            self.fields["tax_id"] = TaxIdField(
                country=country, required=False, label=_("Tax number of your company")
            )
        if terms.collect_shipping_address and terms.collect_billing_address:
            self.fields["same_address"] = forms.BooleanField(
                label=_("Deliver to the billing address"), required=False, initial=True
            )
        labels = {
            "email": (_("Email"), "email"),
            "first_name": (_("First name"), "given-name"),
            "last_name": (_("Last name"), "family-name"),
            "company": (_("Company"), "organization"),
            "phone": (_("Phone"), "tel"),
        }
        for name, (label, autocomplete) in labels.items():
            self.fields[name].label = label
            self.fields[name].widget.attrs["autocomplete"] = autocomplete
        self.fields["email"].help_text = _("The receipt goes here.")
        self.fields["email"].error_messages |= {
            "required": _("Give an email address: the receipt is sent there."),
            "invalid": _("Give an email address such as kari@example.com."),
        }


class ConsentForm(forms.Form):
    """The consent to payments to come, with its exact words; never ticked in advance."""

    consent = forms.BooleanField()

    def __init__(self, data: Any = None, *, words: str) -> None:
        super().__init__(data)
        self.fields["consent"].label = words
        self.fields["consent"].error_messages["required"] = _(
            "Tick this if you agree. Without it nothing can be charged later."
        )

    @property
    def given(self) -> bool:
        """Whether it was ticked."""
        return self.is_bound and self.is_valid()


class Answers:
    """What a buyer tells on one page, apart from the choices: the forms, filled with what is known or was typed.

    With ``data`` and ``taken`` the forms are checked. With ``taken`` false they show again what was typed, and
    complain of nothing: the page was asked for again for another reason.
    """

    def __init__(
        self, guest: Guest, terms: Terms, buyer: Buyer, data: Any = None, *, taken: bool = True
    ) -> None:
        bound = data if taken else None
        country, self.language = guest.ctx.country, guest.language
        kept = _typed(data) if data is not None and not taken else _known(buyer)
        self.billing = self.shipping = self.questions = None
        if terms.collect_billing_address:
            self.billing = AddressForm(
                bound,
                prefix="billing",
                country=country,
                language=self.language,
                initial=_of(kept, "billing-"),
            )
        place = self.billing.country if self.billing else ""
        self.details = DetailsForm(bound, terms=terms, country=place, initial=kept)
        if terms.collect_shipping_address:
            same = self.billing is not None and bound is not None and "same_address" in bound
            self.shipping = AddressForm(
                None if same else bound,
                prefix="shipping",
                country=country,
                language=self.language,
                kind="shipping",
                initial=_of(kept if bound is None else _typed(data), "shipping-"),
            )
        if terms.custom_fields:
            self.questions = QuestionsForm(bound, asked=terms.custom_fields, initial=_of(kept, "custom-"))

    @property
    def forms(self) -> list[Any]:
        """The forms that the page has, in their order."""
        return [
            form for form in (self.details, self.billing, self.shipping, self.questions) if form is not None
        ]

    def check(self) -> bool:
        """Whether every form that was sent will do; all of them are looked at."""
        return not [form for form in self.forms if form.is_bound and not form.is_valid()]

    @property
    def buyer(self) -> Buyer:
        """Who buys, as it was checked."""
        told = self.details.cleaned_data
        billing = _given(self.billing)
        return Buyer(
            **{name: told[name] for name in ("email", "first_name", "last_name", "company", "phone")},
            tax_id=told.get("tax_id", ""),
            billing=billing,
            shipping=billing if told.get("same_address") else _given(self.shipping),
            custom=self.questions.answers if self.questions else {},
        )


def _given(form: AddressForm | None) -> Mapping[str, str]:
    return form.given if form is not None and form.is_bound else {}


def _known(buyer: Buyer) -> dict[str, Any]:
    names: Sequence[str] = ("email", "first_name", "last_name", "company", "phone", "tax_id")
    known: dict[str, Any] = {name: getattr(buyer, name) for name in names}
    for prefix, parts in (
        ("billing-", buyer.billing),
        ("shipping-", buyer.shipping),
        ("custom-", buyer.custom),
    ):
        known |= {f"{prefix}{name}": value for name, value in parts.items()}
    if buyer.email and buyer.shipping:
        known["same_address"] = buyer.billing == buyer.shipping
    return known


def _typed(data: Any) -> dict[str, Any]:
    return {**data.dict(), "same_address": "same_address" in data}


def _of(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
