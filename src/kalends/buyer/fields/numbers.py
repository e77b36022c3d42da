"""Phone numbers and tax numbers, as people write them."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError as NumberError

from kalends.buyer.fields.form import dress

_PHONE = re.compile(r"[+(]?[0-9][0-9 ()./-]{3,24}[0-9]")
_LONGEST_TAX_ID = 40


def tax_id_as_written(country: str, text: str) -> str | None:
    """A tax number without spaces and signs between; None for one that the country's own checks refuse.

    Of a country without checks every number is taken. EU numbers keep their country in front.

    >>> tax_id_as_written("FI", "fi 2077474-0"), tax_id_as_written("FI", "FI20774741"), tax_id_as_written("US", "12-3")
    ('FI20774740', None, '12-3')
    """
    text = text.strip()
    if not text or len(text) > _LONGEST_TAX_ID or not text.isprintable():
        return None
    module: Any = get_cc_module(country.lower(), "vat") if country else None
    if module is None:
        return text
    try:
        compact = str(module.validate(text))
    except NumberError:
        return None
    plain = re.sub(r"[\s.\-/]", "", text).upper()
    in_front = "EL" if country == "GR" else country
    return (
        f"{in_front}{compact}" if plain.startswith(in_front) and not compact.startswith(in_front) else compact
    )


class TaxIdField(forms.CharField):
    """A tax number; ``country`` is where the buyer is, and may be set before the form is cleaned."""

    def __init__(self, *, country: str = "", **more: Any) -> None:
        self.country = country
        super().__init__(max_length=_LONGEST_TAX_ID, **more)
        dress(self)

    def clean(self, value: Any) -> Any:
        """The number as it is written, empty where it may be and is. Raises ``ValidationError``."""
        text = super().clean(value)
        if not text:
            return ""
        written = tax_id_as_written(self.country, text)
        if written is None:
            raise ValidationError(
                _("This is not a tax number of the country chosen. Check it, or leave it out.")
            )
        return written


class PhoneField(forms.CharField):
    """A phone number with its signs; which country it is of is told by a plus in front, where it matters."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        super().__init__(max_length=30, widget=widget, **more)
        dress(self)

    def clean(self, value: Any) -> Any:
        """The number, empty where it may be and is. Raises ``ValidationError``."""
        text = super().clean(value)
        if text and not _PHONE.fullmatch(text):
            raise ValidationError(_("Give a phone number such as +47 22 12 34 56."))
        return text
