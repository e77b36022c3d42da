"""How fields look on pages for buyers, and amounts as buyers write them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kalends.core.money import TooPrecise, to_minor
from kalends.messages.letters.formats import Formats

_WRITTEN = re.compile(r"[0-9][0-9.,]{0,24}")
_PLAIN = re.compile(r"[0-9]{1,18}(\.[0-9]{1,6})?")


def dress(field: forms.Field) -> None:
    """Give a field's widget the look of its kind."""
    widget = field.widget
    if isinstance(widget, (forms.HiddenInput, forms.CheckboxInput, forms.RadioSelect)):
        return
    widget.attrs.setdefault("class", "select" if isinstance(widget, forms.Select) else "input")


class BuyerForm(forms.Form):
    """A form of a buyer's page. ``{% include "buyer/parts/field.html" with field=form.name %}`` shows a field."""

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.label_suffix = ""
        for field in self.fields.values():
            dress(field)


class AmountField(forms.CharField):
    """An amount of money in one currency, typed as the buyer writes numbers, cleaned to minor units."""

    def __init__(
        self, *, currency: str, formats: Formats, least_minor: int, most_minor: int, **more: Any
    ) -> None:
        self.currency, self.formats = currency, formats
        self.least_minor, self.most_minor = least_minor, most_minor
        super().__init__(max_length=40, **more)
        self.widget.attrs["inputmode"] = "decimal"

    def prepare_value(self, value: Any) -> Any:
        """Minor units as the buyer writes them; what was typed stays as it was."""
        return self.formats.figure(value, self.currency) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """The amount in minor units, None where it may be empty and is. Raises ``ValidationError``."""
        text = super().clean(value)
        if not text:
            return None
        minor = self._minor(text)
        if minor is None:
            example = self.formats.figure(self.most_minor, self.currency)
            raise ValidationError(_("Give an amount such as %(example)s."), params={"example": example})
        if minor < self.least_minor:
            least = self.formats.money(self.least_minor, self.currency)
            raise ValidationError(_("Give at least %(least)s."), params={"least": least})
        if minor > self.most_minor:
            most = self.formats.money(self.most_minor, self.currency)
            raise ValidationError(_("Give at most %(most)s."), params={"most": most})
        return minor

    def _minor(self, text: str) -> int | None:
        plain = "".join(text.split()).replace("\N{NO-BREAK SPACE}", "")
        if not _WRITTEN.fullmatch(plain):
            return None
        try:
            amount: Decimal = parse_decimal(plain, locale=self.formats.locale, strict=True)
        except (NumberFormatError, ArithmeticError):
            if not _PLAIN.fullmatch(plain):
                return None
            amount = Decimal(plain)
        try:
            return to_minor(amount, self.currency)
        except (TooPrecise, ArithmeticError):
            return None
