"""Forms of the pages: Django's fields, read in the user's way of writing, with errors under the fields."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.core.money import TooPrecise, to_minor
from kalends.staff import formatting
from kalends.staff.refusals import Refused

_CSS = {
    "select": "select",
    "selectmultiple": "select",
    "textarea": "input input--long",
    "checkbox": "",
    "radio": "",
}
_LONGEST_NUMBER = 60


class Form(forms.Form):
    """A form of an action: it carries a key of its own, so that sent twice it is done once.

    ``{% include "staff/parts/field.html" with field=form.name %}`` shows a field with label, help and error.
    """

    request_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.use_required_attribute = True
        self.label_suffix = ""
        self.fields["request_key"].initial = secrets.token_urlsafe(18)
        for field in self.fields.values():
            dress(field)

    def unjudged(self) -> None:
        """Show what was sent without its errors: more is to come before it counts."""
        self._errors = ErrorDict()

    def refuse(self, refusal: Refused) -> None:
        """Show why a service refused, at its field if the form has it, else above the form."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


def dress(field: forms.Field) -> None:
    """Give a field's widget its style, and dates the browser's own way of choosing one."""
    widget = field.widget
    kind = getattr(widget, "input_type", "") or type(widget).__name__.lower()
    css = _CSS.get(kind, "input")
    if css and not isinstance(widget, (forms.HiddenInput, forms.RadioSelect, forms.CheckboxSelectMultiple)):
        widget.attrs.setdefault("class", css)
    if isinstance(field, AmountField):
        widget.attrs.setdefault("inputmode", "decimal")


class DateField(forms.DateField):
    """A day, written and shown as the browser's date field does."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(input_formats=["%Y-%m-%d"], widget=widget, **more)


class AmountField(forms.CharField):
    """An amount of money in one currency: typed as the user writes numbers, cleaned to minor units.

    ``1,234.50`` in English, ``1 234,50`` in Norwegian and Finnish; a plain point is understood everywhere.
    """

    default_error_messages = {  # noqa: RUF012
        "amount": gettext_lazy("Give an amount such as %(example)s."),
        "least": gettext_lazy("Give at least %(least)s."),
        "most": gettext_lazy("Give at most %(most)s."),
    }

    def __init__(
        self, *, currency: str, least_minor: int | None = None, most_minor: int | None = None, **more: Any
    ) -> None:
        self.currency, self.least_minor, self.most_minor = currency, least_minor, most_minor
        super().__init__(max_length=40, **more)

    def prepare_value(self, value: Any) -> Any:
        """Minor units as the user writes them; what was typed stays as it was."""
        if isinstance(value, int):
            money = formatting.minor(value, self.currency)
            return f"{money.whole}{money.decimals}"
        return value

    def clean(self, value: Any) -> Any:
        """The amount in minor units, None where it may be empty and is. Raises ``ValidationError``."""
        text = super().clean(value)
        if not text:
            return None
        amount = read_number(text)
        try:
            minor = to_minor(amount, self.currency) if amount is not None else None
        except TooPrecise:
            minor = None
        if minor is None:
            example = formatting.minor(123450, self.currency)
            raise ValidationError(
                self.error_messages["amount"], params={"example": f"{example.whole}{example.decimals}"}
            )
        for limit, wrong in ((self.least_minor, "least"), (self.most_minor, "most")):
            if limit is not None and (minor < limit if wrong == "least" else minor > limit):
                raise ValidationError(
                    self.error_messages[wrong], params={wrong: str(formatting.minor(limit, self.currency))}
                )
        return minor


class NumberField(forms.CharField):
    """A number that is not money, as the user writes it, cleaned to an exact ``Decimal``."""

    def clean(self, value: Any) -> Any:
        """The number, None where it may be empty and is. Raises ``ValidationError``."""
        text = super().clean(value)
        if not text:
            return None
        number = read_number(text)
        if number is None:
            raise ValidationError(_("Give a number."))
        return number


def read_number(text: str) -> Decimal | None:
    """A number in the user's way of writing, or None.

    >>> from django.utils import translation
    >>> with translation.override("nb"):
    ...     read_number("1 234,50"), read_number("1234.5"), read_number("12,3,4")
    (Decimal('1234.50'), Decimal('1234.5'), None)
    >>> with translation.override("en"):
    ...     read_number("1,234.50"), read_number("1,5")
    (Decimal('1234.50'), None)
    """
    plain = text.strip().replace(formatting.MINUS, "-")
    if len(plain) > _LONGEST_NUMBER:
        return None
    try:
        number = Decimal(plain)
    except ArithmeticError:
        try:
            number = parse_decimal(plain.replace(" ", "\xa0"), locale=formatting.locale(), strict=True)
        except (NumberFormatError, ArithmeticError):
            return None
    return number if number.is_finite() and abs(number.adjusted()) < 20 else None
