"""Line items as rows of a form: name, price, quantity, discount and tax, added and taken away one by one.

Rows are posted as ``lines-<n>-<field>``. A row is added by the submit button ``step=add``, so that it works without
JavaScript; a row that is wholly empty counts as none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing.create import NewLine
from kalends.core.digits import whole_number
from kalends.core.terms import ImpossibleTerms, LineTerms, validate_line
from kalends.staff import formatting
from kalends.staff.forms import NumberField, dress

LINES_MAX = 100
PERCENT, AMOUNT = "percent", "amount"
DISCOUNT_KINDS = ((PERCENT, gettext_lazy("percent")), (AMOUNT, gettext_lazy("off each")))
_FIELD_OF = {
    "unit_price": "price",
    "quantity": "quantity",
    "discount_per_unit": "discount",
    "discount_percent": "discount",
    "tax_rate": "tax",
}
_PLACE = re.compile(r"lines-(\d{1,3})-[a-z_]+", re.ASCII)


class LineNow(NamedTuple):
    """A line that is there: what it is called and what it is charged by."""

    id: int
    name: str
    terms: LineTerms


class TypedLine(NamedTuple):
    """A row as it was filled in: the line it stands for, if any, and what that becomes; None where it goes."""

    id: int | None
    line: NewLine | None


class LineForm(forms.Form):
    """One row."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    price = NumberField(label=gettext_lazy("Price"), max_length=40)
    quantity = NumberField(label=gettext_lazy("Quantity"), max_length=40)
    discount = NumberField(label=gettext_lazy("Discount"), max_length=40, required=False)
    discount_kind = forms.ChoiceField(
        label=gettext_lazy("Discount in"),
        choices=DISCOUNT_KINDS,
        required=False,
    )
    tax = NumberField(label=gettext_lazy("Tax, %"), max_length=40, required=False)
    remove = forms.BooleanField(label=gettext_lazy("Ends"), required=False)

    def __init__(self, number: int, currency: str, data: Any = None, *, now: LineNow | None = None) -> None:
        super().__init__(data, prefix=f"lines-{number}", initial=_shown(now) if now else {"quantity": "1"})
        self.number, self.currency, self.now = number, currency, now
        self.label_suffix = ""
        for name in ("price", "quantity", "discount", "tax"):
            self.fields[name].widget.attrs["inputmode"] = "decimal"
        for field in self.fields.values():
            dress(field)

    @property
    def is_empty(self) -> bool:
        """Whether it is a new row in which nothing was written."""
        written = (self.data.get(self.add_prefix(name), "").strip() for name in ("id", "name", "price"))
        return self.is_bound and not any(written)

    def full_clean(self) -> None:
        """Nothing is wrong with a row that goes, or that is empty."""
        super().full_clean()
        if self.is_bound and (self.is_empty or self.data.get(self.add_prefix("remove"))):
            self._errors = ErrorDict()

    def clean(self) -> dict[str, Any]:
        """Terms that somebody can be billed by."""
        given = super().clean() or {}
        if not self.errors and not given.get("remove"):
            terms = self._terms(given)
            try:
                validate_line(terms, self.currency)
            except ImpossibleTerms as impossible:
                self.add_error(_FIELD_OF[impossible.field], _words(impossible, terms, self.currency))
        return given

    def _terms(self, given: Mapping[str, Any]) -> LineTerms:
        discount = given.get("discount") or Decimal(0)
        by_amount = given.get("discount_kind") == AMOUNT
        return LineTerms(
            given["price"],
            given["quantity"],
            discount_per_unit=discount if by_amount else Decimal(0),
            discount_percent=Decimal(0) if by_amount else discount,
            tax_rate=given.get("tax") or Decimal(0),
            tax_inclusive=bool(self.now and self.now.terms.tax_inclusive),
        )

    @property
    def typed(self) -> TypedLine | None:
        """What the row asks for; None where it is empty, or changes nothing."""
        given = self.cleaned_data
        if self.is_empty:
            return None
        if given.get("remove"):
            return TypedLine(self.now.id, None) if self.now else None
        line = NewLine(given["name"], self._terms(given))
        if self.now is None:
            return TypedLine(None, line)
        unchanged = (line.name, line.terms) == (self.now.name, self.now.terms)
        return None if unchanged else TypedLine(self.now.id, line)


class LineForms:
    """All rows of a form: those of lines that are there, and new ones."""

    def __init__(self, currency: str, lines: Sequence[LineNow] = (), data: Any = None) -> None:
        self.currency, self.is_bound = currency, data is not None
        known = {line.id: line for line in lines}
        if data is None:
            self.rows = [LineForm(number, currency, now=line) for number, line in enumerate(lines)]
            return
        self.unknown = False
        self.rows = []
        for number in sorted({int(found[1]) for name in data if (found := _PLACE.fullmatch(name))})[
            :LINES_MAX
        ]:
            id_ = data.get(f"lines-{number}-id", "").strip()
            own = whole_number(id_)
            now = None if own is None else known.get(own)
            self.unknown = self.unknown or (bool(id_) and now is None)
            self.rows.append(LineForm(number, currency, data, now=now))

    def is_valid(self) -> bool:
        """Whether every row is; all are looked at, so that all errors are shown at once."""
        valid = [row.is_valid() for row in self.rows]
        return all(valid) and not self.unknown

    @property
    def typed(self) -> list[TypedLine]:
        """What is asked for."""
        return [typed for row in self.rows if (typed := row.typed) is not None]

    def add(self) -> None:
        """One more row, empty."""
        if len(self.rows) < LINES_MAX:
            number = max((row.number for row in self.rows), default=-1) + 1
            self.rows.append(LineForm(number, self.currency))


def _shown(line: LineNow) -> dict[str, Any]:
    """The line in the user's way of writing numbers."""
    terms = line.terms
    by_amount = bool(terms.discount_per_unit)
    discount = terms.discount_per_unit if by_amount else terms.discount_percent
    return {
        "id": line.id,
        "name": line.name,
        "price": formatting.number(terms.unit_price),
        "quantity": formatting.number(terms.quantity),
        "discount": formatting.number(discount) if discount else "",
        "discount_kind": AMOUNT if by_amount else PERCENT,
        "tax": formatting.number(terms.tax_rate) if terms.tax_rate else "",
    }


def _words(impossible: ImpossibleTerms, terms: LineTerms, currency: str) -> str:
    """A refusal of the rules in the language of the page; they themselves speak English."""
    if impossible.field == "discount_per_unit" and terms.discount_per_unit > terms.unit_price >= 0:
        most = formatting.price(terms.unit_price, currency)
        return _("The discount is above the unit price of %(price)s.") % {"price": most}
    remedies = {
        "give 0 or more": _("Give 0 or more."),
        "give more than 0, or leave the line out": _("Give more than 0, or remove the line."),
        "give at most 6 decimals": _("Give at most six decimals."),
        "give a percentage from 0 to 100": _("Give a percentage from 0 to 100."),
    }
    return remedies.get(impossible.remedy, _("This number is too large. Divide the line."))
