"""The form of an address: its parts in the order in which the chosen country writes them.

Choosing another country asks for the page again (a button does it, and a script presses that): what was typed stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kalends.buyer.fields.form import dress
from kalends.crm.countries import Shape, countries, shape_of, zip_as_written

PARTS = ("address", "address2", "zip", "city", "state")
REFRESH = "other_country"
"""The name of the button that asks for the page again, in another country's order; nothing is taken then."""

_LONGEST = 200
_AUTOCOMPLETE = {
    "country": "country",
    "address": "address-line1",
    "address2": "address-line2",
    "zip": "postal-code",
    "city": "address-level2",
    "state": "address-level1",
}


class AddressForm(forms.Form):
    """An address. ``cleaned_data`` has ``country`` (a code) and every part, empty where the country has none.

    ``kind`` is ``billing`` or ``shipping``, for browsers that fill it in. Show it with
    ``{% include "buyer/parts/address.html" with form=form %}``.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        country: str,
        language: str,
        kind: str = "billing",
        required: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.required = required
        given = self.data.get(self.add_prefix("country")) if self.is_bound else self.initial.get("country")
        known = {code for code, _name in countries(language)}
        self.country = given if given in known else country if country in known else "NO"
        self.shape: Shape = shape_of(self.country)
        labels = _labels(self.shape)
        self.fields["country"] = forms.ChoiceField(
            label=_("Country"),
            choices=countries(language),
            initial=self.country,
            widget=forms.Select(attrs={"data-refresh": REFRESH}),
        )
        for part in self.shape.parts:
            self.fields[part] = self._part(part, labels[part])
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = f"{kind} {_AUTOCOMPLETE[name]}"
            dress(field)

    def _part(self, part: str, label: str) -> forms.Field:
        required = self.required and part in self.shape.required
        if part == "state" and self.shape.states:
            choices = [("", "--"), *self.shape.states]
            return forms.ChoiceField(label=label, choices=choices, required=required)
        field = forms.CharField(label=label, required=required, max_length=_LONGEST)
        if part == "zip" and self.shape.zip_example:
            field.widget.attrs["inputmode"] = "numeric" if self.shape.zip_example.isdecimal() else "text"
        return field

    @property
    def rows(self) -> list[list[Any]]:
        """The fields below the country, those in one list that stand on one line."""
        return [[self[part] for part in row] for row in self.shape.rows]

    def clean(self) -> dict[str, Any]:
        """Check the postal code against its country. An address that may be left out is whole, or not there."""
        cleaned: dict[str, Any] = {**dict.fromkeys(PARTS, ""), **(super().clean() or {})}
        text = cleaned["zip"]
        if text and "zip" not in self.errors:
            written = zip_as_written(self.country, text, cleaned["state"])
            if written is None:
                example = self.shape.zip_example
                self.add_error(
                    "zip",
                    _("There is no such code in this country. One reads like %(example)s.")
                    % {"example": example}
                    if example
                    else _("There is no such code in this country."),
                )
            cleaned["zip"] = written or text
        if not self.required and any(cleaned[part] for part in PARTS):
            for part in self.shape.required:
                if not cleaned[part] and part not in self.errors:
                    self.add_error(part, _("Fill this in, or leave the whole address out."))
        return cleaned

    @property
    def given(self) -> Mapping[str, str]:
        """What was cleaned, without what is empty; nothing but the country means nothing."""
        found = {name: value for name, value in self.cleaned_data.items() if value}
        return found if len(found) > 1 else {}


def wants_other_country(data: Mapping[str, Any]) -> bool:
    """Whether the page was asked for again in another country's order, and nothing is to be taken."""
    return REFRESH in data


def _labels(shape: Shape) -> dict[str, str]:
    zips = {"zip": _("ZIP code"), "eircode": _("Eircode"), "pin": _("PIN code")}
    cities = {"post_town": _("Town or city"), "suburb": _("Suburb"), "district": _("District")}
    states = {
        "state": _("State"),
        "province": _("Province"),
        "county": _("County"),
        "prefecture": _("Prefecture"),
        "emirate": _("Emirate"),
        "department": _("Department"),
        "district": _("District"),
        "island": _("Island"),
        "parish": _("Parish"),
        "oblast": _("Oblast"),
    }
    return {
        "address": _("Street and number"),
        "address2": _("Building, floor or care of"),
        "zip": zips.get(shape.kinds["zip"], _("Postal code")),
        "city": cities.get(shape.kinds["city"], _("City")),
        "state": states.get(shape.kinds["state"], _("Region")),
    }
