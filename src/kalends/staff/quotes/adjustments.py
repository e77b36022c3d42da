"""Discounts, fees and taxes on the whole of a quote, as rows of its editor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.core.adjustments import Adjustments
from kalends.core.money import TooPrecise, to_minor
from kalends.sales.quote_adjusting import ADJUSTMENTS_MAX, OnTheWhole, as_adjustments
from kalends.staff import formatting
from kalends.staff.forms import NumberField, dress

PERCENT, AMOUNT = "percent", "amount"
_KINDS = (
    ("discount", gettext_lazy("Discount")),
    ("fee", gettext_lazy("Fee")),
    ("tax", gettext_lazy("Tax")),
)
_ROW = re.compile(r"whole-(\d{1,3})-kind", re.ASCII)
_FIELDS = ("kind", "label", "value", "unit")
_MOST = Decimal(10**9)


class AdjustmentForm(forms.Form):
    """A discount, a fee or a tax: what it is called, and a share in per cent or an amount."""

    kind = forms.ChoiceField(choices=_KINDS, widget=forms.HiddenInput)
    label = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=100)
    value = NumberField(label=gettext_lazy("Value"), max_length=40)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"))

    def __init__(self, number: int, currency: str, data: Any) -> None:
        super().__init__(data, prefix=f"whole-{number}")
        self.number, self.currency, self.label_suffix = number, currency, ""
        self.use_required_attribute = False
        self.fields["unit"].choices = [(PERCENT, "%"), (AMOUNT, currency)]  # type: ignore[attr-defined]
        self.fields["value"].widget.attrs["inputmode"] = "decimal"
        for field in self.fields.values():
            dress(field)

    @property
    def word(self) -> str:
        """What the row is, in the language of the page."""
        return str(dict(_KINDS).get(self.data.get(self.add_prefix("kind"), ""), _("Discount")))

    def clean(self) -> dict[str, Any]:
        """A share is of a hundred, an amount one that can be paid; neither is below 0."""
        typed = super().clean() or self.cleaned_data
        value, unit = typed.get("value"), typed.get("unit")
        if value is None or unit is None:
            return typed
        if value < 0:
            self.add_error("value", _("Give 0 or more."))
        elif value > (100 if unit == PERCENT else _MOST):
            self.add_error("value", _("This is too large."))
        elif unit == AMOUNT:
            try:
                to_minor(value, self.currency)
            except TooPrecise:
                self.add_error("value", _("Give an amount that can be paid in this currency."))
        return typed

    @property
    def wanted(self) -> OnTheWhole:
        """The row for the service; only of a valid form."""
        typed = self.cleaned_data
        return OnTheWhole(typed["kind"], typed["label"].strip(), typed["value"], typed["unit"] == PERCENT)


class Whole:
    """The rows that were sent, in their order."""

    def __init__(self, values: QueryDict, currency: str) -> None:
        self.rows = [AdjustmentForm(number, currency, values) for number in _numbers(values)]

    def is_right(self) -> bool:
        """Whether every row is; all are looked at, so that all errors are shown at once."""
        valid = [row.is_valid() for row in self.rows]
        return all(valid)

    @property
    def wanted(self) -> list[OnTheWhole]:
        """Those that are complete."""
        return [row.wanted for row in self.rows if row.is_valid()]

    @property
    def adjustments(self) -> Adjustments:
        """Those that are complete, as they are reckoned."""
        return as_adjustments(self.wanted)

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        for row in self.rows:
            row.is_valid()
            # Django has no other way to keep the values and drop the errors.
            row._errors = ErrorDict()  # type: ignore[attr-defined]  # noqa: SLF001


def change_adjustments(values: QueryDict, step: str, what: str) -> bool:
    """Add a row of a kind, or take one away; says whether the button was one of these."""
    if step == "add-whole" and what in dict(_KINDS):
        put(values, OnTheWhole(what, "", Decimal(0), is_percent=True), empty=True)
    elif step == "remove-whole":
        for name in _FIELDS:
            values.pop(f"whole-{what}-{name}", None)
    else:
        return False
    return True


def put(values: QueryDict, each: OnTheWhole, *, empty: bool = False) -> None:
    """One more row, as a form would send it."""
    numbers = _numbers(values)
    if len(numbers) >= ADJUSTMENTS_MAX:
        return
    told: Mapping[str, str] = {
        "kind": each.kind,
        "label": each.label,
        "value": "" if empty else formatting.number(each.value),
        "unit": PERCENT if each.is_percent else AMOUNT,
    }
    number = max(numbers, default=-1) + 1
    values.update({f"whole-{number}-{name}": value for name, value in told.items()})


def _numbers(values: QueryDict) -> list[int]:
    return sorted({int(match[1]) for name in values if (match := _ROW.fullmatch(name))})
