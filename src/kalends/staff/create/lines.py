"""The line items of the wizard as they are typed: what is sold, how often it is billed, from when, for how long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing.agree import LineWanted
from kalends.billing.agreement import EARLIEST, LATEST, PAYMENTS_MAX
from kalends.billing.create import NewLine
from kalends.catalog.options import FREQUENCIES
from kalends.core.calendar import Frequency, cycles_before, resolve_start
from kalends.staff.forms import DateField
from kalends.staff.line_items import LineForm, LineNow

ONE_TIME = "one_time"
TYPED = "typed"
"""What a line's tax rate is called that is none of the account's, but a percentage that somebody typed."""
CHECKS = ("optional", "buyer_quantity", "buyer_price")
UNTIL_CANCELED, PAYMENTS, UNTIL = "until_canceled", "payments", "until"
AT_ONCE, ON, DAYS, MONTHS = "at_once", "on", "days", "months"
DELAYS_MAX = {DAYS: 3_650, MONTHS: 120}
_ROW = re.compile(r"lines-(\d{1,3})-name", re.ASCII)
_TERMS = (
    (UNTIL_CANCELED, gettext_lazy("Renew until canceled")),
    (PAYMENTS, gettext_lazy("Fixed number of payments")),
    (UNTIL, gettext_lazy("Until a date")),
)
_STARTS = (
    (AT_ONCE, gettext_lazy("At once")),
    (ON, gettext_lazy("On a date")),
    (DAYS, gettext_lazy("After some days")),
    (MONTHS, gettext_lazy("After some months")),
)


class AgreedLineForm(LineForm):
    """A line with its schedule. ``origin`` says of which product or line of a deal it was made: ``product:7``."""

    one_time = False
    """Whether what is billed once may be among the lines."""
    id = None
    remove = None
    origin = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    frequency = forms.ChoiceField(label=gettext_lazy("Billing frequency"))
    start = forms.ChoiceField(label=gettext_lazy("Billing starts"), choices=_STARTS)
    start_date = DateField(label=gettext_lazy("Start date"), required=False)
    delay = forms.IntegerField(label=gettext_lazy("Delay"), required=False)
    terms = forms.ChoiceField(label=gettext_lazy("Terms"), choices=_TERMS)
    payments = forms.IntegerField(label=gettext_lazy("Number of payments"), required=False)
    until = DateField(label=gettext_lazy("End date"), required=False)

    def __init__(
        self,
        number: int,
        currency: str,
        data: Any = None,
        *,
        today: date,
        language: str,
        initial: Mapping[str, Any] | None = None,
        origin: NewLine | None = None,
    ) -> None:
        super().__init__(number, currency, data)
        self.initial = dict(initial or {})
        self.today, self.made_of = today, origin
        if origin is not None:
            self.now = LineNow(0, origin.name, origin.terms)
        frequencies = [(each.value, each.label.in_language(language)) for each in FREQUENCIES]
        self.fields["frequency"].choices = [*frequencies, (ONE_TIME, _("One time"))]  # type: ignore[attr-defined]
        self.fields["name"].label, self.fields["price"].label = _("Product or service"), _("Unit price")
        for name in ("quantity", "price", "discount", "tax", "delay", "payments"):
            kind = "numeric" if name in ("delay", "payments") else "decimal"
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": kind, "class": "input num"})

    def clean(self) -> dict[str, Any]:
        """Looks at what belongs together: price and discount, how it starts, when it ends."""
        typed = super().clean()
        if typed.get("origin") and self.made_of is None:
            self.add_error(
                "name",
                _("What this line was made of is not there any more. Remove it, or add it as a custom item."),
            )
        self._say_no_price(typed)
        if typed.get("frequency") == ONE_TIME and not self.one_time:
            self.add_error(
                "frequency",
                _("What is billed once makes no subscription. Remove the line, or let it have 1 payment."),
            )
        self._check_start(typed)
        self._check_terms(typed)
        return typed

    @property
    def wanted(self) -> LineWanted:
        """The line for the service; only of a valid form."""
        typed, start = self.cleaned_data, self.cleaned_data["start"]
        terms = self._terms(typed)
        return LineWanted(
            replace(self.made_of or NewLine("", terms), name=typed["name"], terms=terms),
            Frequency(typed["frequency"]),
            self._payments(typed),
            start=typed["start_date"] if start == ON else None,
            delay_days=typed["delay"] if start == DAYS else None,
            delay_months=typed["delay"] if start == MONTHS else None,
        )

    def _say_no_price(self, typed: Mapping[str, Any]) -> None:
        """A product that has no price in the currency: it is not sold in it before somebody gives one."""
        if typed.get("origin", "").startswith("product:") and self.has_error("price", "required"):
            del self.errors["price"]
            self.add_error(
                "price",
                _("The product has no price in %(currency)s. Give one here, or on the product.")
                % {"currency": self.currency},
            )

    def _check_start(self, typed: Mapping[str, Any]) -> None:
        start, day, delay = typed.get("start"), typed.get("start_date"), typed.get("delay")
        if start == ON and not self.has_error("start_date"):
            if day is None:
                self.add_error("start_date", _("Choose a day."))
            else:
                self._check_day("start_date", day)
        most = DELAYS_MAX.get(start or "")
        if most and not self.has_error("delay") and (delay is None or not 0 <= delay <= most):
            self.add_error("delay", _("Give a whole number from 0 to %(most)s.") % {"most": most})

    def _check_terms(self, typed: Mapping[str, Any]) -> None:
        terms, payments, until = typed.get("terms"), typed.get("payments"), typed.get("until")
        if typed.get("frequency") == ONE_TIME:
            return
        if terms == PAYMENTS and not self.has_error("payments"):
            if payments is None or not 1 <= payments <= PAYMENTS_MAX:
                self.add_error(
                    "payments", _("Give a whole number from 1 to %(most)s.") % {"most": PAYMENTS_MAX}
                )
        elif terms == UNTIL and not self.has_error("until"):
            if until is None:
                self.add_error("until", _("Choose a day."))
            elif self._check_day("until", until) and not self.errors:
                number = self._payments(typed) or 0
                if not 1 <= number <= PAYMENTS_MAX:
                    self.add_error(
                        "until", _("No payment would fall due before this day. Choose a later one.")
                    )

    def _check_day(self, name: str, day: date) -> bool:
        if EARLIEST <= day < LATEST:
            return True
        self.add_error(name, _("Choose a day between 1970 and 2199."))
        return False

    def _payments(self, typed: Mapping[str, Any]) -> int | None:
        if typed["frequency"] == ONE_TIME:
            return None
        if typed["terms"] == PAYMENTS:
            return typed["payments"]
        if typed["terms"] == UNTIL:
            return cycles_before(self._first(typed), Frequency(typed["frequency"]), typed["until"])
        return None

    def _first(self, typed: Mapping[str, Any]) -> date:
        start, delay = typed["start"], typed["delay"]
        return resolve_start(
            self.today,
            on=typed["start_date"] if start == ON else None,
            delay_days=delay if start == DAYS else None,
            delay_months=delay if start == MONTHS else None,
        )


def numbers(data: QueryDict | Mapping[str, Any]) -> list[int]:
    """The numbers of the rows that were sent, in order; they stay as they are when a row is removed."""
    return sorted({int(match[1]) for name in data if (match := _ROW.fullmatch(name))})


def fresh_row(number: int, **values: Any) -> dict[str, str]:
    """A new row as a form would send it."""
    usual = {
        "origin": "",
        "name": "",
        "description": "",
        "quantity": "1",
        "price": "",
        "discount": "",
        "discount_kind": "percent",
        "tax": "",
        "tax_rate": "",
        "frequency": Frequency.MONTHLY.value,
        "start": AT_ONCE,
        "start_date": "",
        "delay": "",
        "terms": UNTIL_CANCELED,
        "payments": "",
        "until": "",
        "buyer_min": "",
        "buyer_max": "",
        "buyer_price_min": "",
    }
    return {f"lines-{number}-{name}": str(value) for name, value in {**usual, **values}.items()}


def row_fields(number: int) -> list[str]:
    """The names under which a row is sent, those of its check boxes among them."""
    return [*fresh_row(number), *(f"lines-{number}-{name}" for name in CHECKS)]
