"""A seller's own questions to whoever buys: text, number, date, choice, check box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kalends.buyer.fields.form import BuyerForm

_LONGEST = 2_000


class QuestionsForm(BuyerForm):
    """A field for each question, named as it is; ``answers`` are what a checkout keeps."""

    def __init__(
        self, data: Any = None, *, asked: Sequence[Mapping[str, Any]], initial: Mapping[str, Any]
    ) -> None:
        kinds = {each["name"]: each["type"] for each in asked}
        shown = {
            name: bool(value) if kinds.get(name) == "checkbox" else value for name, value in initial.items()
        }
        super().__init__(data, prefix="custom", initial=shown)
        for each in asked:
            field = _field_of(each)
            if not isinstance(field, forms.BooleanField):
                kind = "select" if isinstance(field, forms.ChoiceField) else "input"
                field.widget.attrs["class"] = kind
            self.fields[each["name"]] = field

    @property
    def answers(self) -> dict[str, str]:
        """The answers as text: numbers with a point, days as 2026-03-01, a ticked box as ``yes``."""
        return {name: text for name, value in self.cleaned_data.items() if (text := _as_text(value))}


def _field_of(asked: Mapping[str, Any]) -> forms.Field:
    general: dict[str, Any] = {"label": asked["label"], "required": bool(asked.get("required"))}
    match asked["type"]:
        case "number":
            field = forms.DecimalField(
                **general,
                max_digits=24,
                decimal_places=6,
                localize=True,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )
            field.error_messages["invalid"] = _("Give a number.")
            return field
        case "date":
            # The browser's own field for days says and reads them as 2026-03-01, and shows them in the reader's way.
            widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            field = forms.DateField(**general, input_formats=["%Y-%m-%d"], widget=widget)
            field.error_messages["invalid"] = _("Give a day such as %(example)s.") % {"example": "2026-03-01"}
            return field
        case "choice":
            names = [(each, each) for each in map(str, asked["options"])]
            return forms.ChoiceField(**general, choices=[("", "--"), *names])
        case "checkbox":
            return forms.BooleanField(**general)
        case _:
            return forms.CharField(**general, max_length=_LONGEST)


def _as_text(value: Any) -> str:
    match value:
        case None | False | "":
            return ""
        case True:
            return "yes"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)
