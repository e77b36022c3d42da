"""The line item editor: what is sold on a deal, a quote, a payment link or an invoice, row by row, and its sum.

One component for all of them: the rows (:class:`SoldLineForm`), the buttons
(:func:`~kalends.staff.create.rows.change_rows`), the totals, and ``staff/create/lines.html`` with
``staff/create/sold_totals.html``. Every button sends the whole form to the same address, so nothing typed is lost and
no script is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing.create import NewLine
from kalends.billing.tax_rates import TaxRate, list_tax_rates
from kalends.core.calendar import Frequency, term_of
from kalends.core.checkout import Offer, price_offer
from kalends.core.choices import OfferedLine
from kalends.core.terms import TAX, LineTerms
from kalends.sales.links import LinkLine
from kalends.staff import formatting
from kalends.staff.create import origins
from kalends.staff.create.lines import AT_ONCE, DAYS, MONTHS, ON, ONE_TIME, TYPED, AgreedLineForm, numbers
from kalends.staff.create.rows import follow_currency
from kalends.staff.forms import NumberField, dress
from kalends.staff.visit import Visit

_BUYERS = ("optional", "buyer_quantity", "buyer_min", "buyer_max", "buyer_price", "buyer_price_min")
_SCHEDULE = ("frequency", "start", "start_date", "delay", "terms", "payments", "until")
_STARTED_BY = {
    ON: "hs_recurring_billing_start_date",
    DAYS: "hs_billing_start_delay_days",
    MONTHS: "hs_billing_start_delay_months",
}
QUANTITY_MOST = 1_000_000


class SoldLineForm(AgreedLineForm):
    """A line that somebody is asked to buy; with ``buyers`` the buyer may decide on quantity, price and taking it.

    With ``once`` it is billed once and at once, whatever it was made of.
    """

    one_time = True
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    tax_rate = forms.ChoiceField(label=gettext_lazy("Tax rate"), required=False)
    optional = forms.BooleanField(
        label=gettext_lazy("Optional: the buyer decides whether to take it"), required=False
    )
    buyer_quantity = forms.BooleanField(label=gettext_lazy("The buyer chooses the quantity"), required=False)
    buyer_min = forms.IntegerField(label=gettext_lazy("From"), required=False)
    buyer_max = forms.IntegerField(label=gettext_lazy("To"), required=False)
    buyer_price = forms.BooleanField(label=gettext_lazy("The buyer sets the price"), required=False)
    buyer_price_min = NumberField(label=gettext_lazy("Lowest price"), max_length=40, required=False)

    def __init__(
        self,
        number: int,
        currency: str,
        data: Any,
        *,
        rates: Mapping[str, TaxRate],
        buyers: bool,
        once: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(number, currency, data, **more)
        self.rates, self.buyers, self.once = rates, buyers, once
        named = [
            (key, f"{rate.name} ({formatting.number(rate.percentage.normalize())} %)")
            for key, rate in rates.items()
        ]
        self.fields["tax_rate"].choices = [("", _("No tax")), *named, (TYPED, _("Another percentage"))]  # type: ignore[attr-defined]
        for name in ("buyer_min", "buyer_max", "buyer_price_min"):
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "input num"})
        for name in ("optional", "buyer_quantity", "buyer_price"):
            dress(self.fields[name])
        for name in (*(() if buyers else _BUYERS), *(_SCHEDULE if once else ())):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Looks at what the buyer may choose besides."""
        typed = super().clean()
        if self.once:
            typed |= {"frequency": ONE_TIME, "start": AT_ONCE}
        if self.buyers:
            self._check_buyers(typed)
        return typed

    def _check_buyers(self, typed: Mapping[str, Any]) -> None:
        least, most = typed.get("buyer_min"), typed.get("buyer_max")
        if typed.get("buyer_quantity"):
            for name, value in (("buyer_min", least), ("buyer_max", most)):
                if value is not None and not 1 <= value <= QUANTITY_MOST:
                    self.add_error(
                        name, _("Give a whole number from 1 to %(most)s.") % {"most": QUANTITY_MOST}
                    )
            if least is not None and most is not None and least > most:
                self.add_error("buyer_max", _("Give at least the number from which the buyer may choose."))
        lowest = typed.get("buyer_price_min")
        if typed.get("buyer_price") and lowest is not None and lowest < 0:
            self.add_error("buyer_price_min", _("Give 0 or more."))

    def _terms(self, given: Mapping[str, Any]) -> LineTerms:
        terms = super()._terms(given)
        rate = self.rates.get(given.get("tax_rate") or "")
        if rate is not None:
            return terms._replace(tax_rate=rate.percentage)
        return terms if given.get("tax_rate") == TYPED else terms._replace(tax_rate=Decimal(0))

    @property
    def has_extras(self) -> bool:
        """Whether something is said besides what is sold for how much; errors are shown too."""
        names = ("description", *_BUYERS)
        return any(self.data.get(self.add_prefix(name)) or self.has_error(name) for name in names)

    @property
    def line(self) -> LinkLine:
        """The line for the service; only of a valid form."""
        typed = self.cleaned_data
        kind, _colon, id_ = typed["origin"].partition(":")
        mode = {"product": "FROM_PRODUCT", "line": "CLONE"}.get(kind, "CUSTOM")
        return LinkLine(mode, int(id_) if id_ else None, self._values(typed))

    def _values(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        terms, recurs = self._terms(typed), typed["frequency"] != ONE_TIME
        start = typed["start"] if recurs else AT_ONCE
        rate = self.rates.get(typed["tax_rate"])
        payments = self._payments(typed)
        values: dict[str, Any] = {
            "name": typed["name"],
            "description": typed["description"] or None,
            **{name: value for name, value in terms._asdict().items() if name != "levy"},
            **({"tax_rate_group_id": typed["tax_rate"], "tax_label": rate.label} if rate else {}),
            "frequency": typed["frequency"] if recurs else None,
            "term": term_of(payments, Frequency(typed["frequency"])) if payments else None,
            "start_type": _STARTED_BY.get(start),
            "start_date": typed["start_date"] if start == ON else None,
            "delay_days": typed["delay"] if start == DAYS else None,
            "delay_months": typed["delay"] if start == MONTHS else None,
        }
        if self.buyers:
            chosen, priced = typed["buyer_quantity"], typed["buyer_price"]
            values |= {
                "is_optional": typed["optional"],
                "buyer_quantity": chosen,
                "buyer_quantity_min": typed["buyer_min"] if chosen else None,
                "buyer_quantity_max": typed["buyer_max"] if chosen else None,
                "buyer_price": priced,
                "buyer_price_min": typed["buyer_price_min"] if priced else None,
            }
        return values

    @property
    def offered(self) -> OfferedLine:
        """The line as it is reckoned; only of a valid form."""
        typed = self.cleaned_data
        recurs = typed["frequency"] != ONE_TIME
        start = typed["start"] if recurs else AT_ONCE
        return OfferedLine(
            self.number,
            typed["name"],
            self._terms(typed),
            Frequency(typed["frequency"]) if recurs else None,
            self._payments(typed),
            start=typed["start_date"] if start == ON else None,
            delay_days=typed["delay"] if start == DAYS else None,
            delay_months=typed["delay"] if start == MONTHS else None,
            optional=bool(typed.get("optional")),
        )


class LineEditor:
    """The rows of line items in ``values``, as a form would send them, and what they come to in ``currency``."""

    def __init__(
        self,
        visit: Visit,
        values: QueryDict,
        currency: str,
        *,
        buyers: bool = False,
        once: bool = False,
    ) -> None:
        self.visit, self.values, self.currency = visit, values, currency
        follow_currency(visit, values, currency)
        places = numbers(values)
        keys = [values.get(f"lines-{place}-origin", "") for place in places]
        made_of: Mapping[str, NewLine] = origins.find(visit, [key for key in keys if key], currency)
        rates = {str(rate.id): rate for rate in list_tax_rates(visit.psycopg(), visit.ctx, active_only=True)}
        self.rows = [
            SoldLineForm(
                place,
                currency,
                values,
                rates=rates,
                buyers=buyers,
                once=once,
                today=visit.ctx.today,
                language=visit.language,
                origin=made_of.get(key),
            )
            for place, key in zip(places, keys, strict=True)
        ]

    @property
    def filled(self) -> list[SoldLineForm]:
        """The rows in which something was written."""
        return [row for row in self.rows if not row.is_empty]

    def is_right(self) -> bool:
        """Whether every row is; all are looked at, so that all errors are shown at once."""
        valid = [row.is_valid() for row in self.filled]
        return all(valid)

    @property
    def lines(self) -> list[LinkLine]:
        """The lines for the service; only of an editor whose rows are right."""
        return [row.line for row in self.filled]

    @cached_property
    def offer(self) -> Offer | None:
        """What the lines that are complete come to, bought today; None while none is."""
        whole = [row.offered for row in self.filled if row.is_valid()]
        return price_offer(whole, {}, self.currency, self.visit.ctx.today) if whole else None

    @property
    def left_out(self) -> int:
        """How many rows are not complete, and so are left out of the totals."""
        return sum(not row.is_valid() for row in self.filled)

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        _known = self.offer
        for row in self.rows:
            row.is_valid()
            # Django has no other way to keep the values and drop the errors.
            row._errors = ErrorDict()  # noqa: SLF001

    def marks(self) -> dict[int, formatting.Money]:
        """What each row that is complete comes to at its first payment."""
        if self.offer is None:
            return {}
        return {
            line.key: formatting.minor(line.priced.total_minor, self.currency) for line in self.offer.lines
        }


def totals(editor: LineEditor, adjusted: Offer | None = None) -> dict[str, Any]:
    """What the editor's template shows beside the rows: due today, taxes, and the charges to come.

    ``adjusted`` is the offer with what is on the whole of it, where that can be.
    """
    offer = adjusted or editor.offer
    if offer is None:
        return {"left_out": editor.left_out}
    money = lambda minor: formatting.minor(minor, offer.currency)  # noqa: E731
    return {
        "left_out": editor.left_out,
        "subtotal": money(offer.subtotal_minor),
        "discount": money(offer.line_discount_minor) if offer.line_discount_minor else None,
        "added": [
            {"label": each.label, "amount": money(each.amount_minor)}
            for each in offer.added
            if each.kind != TAX
        ],
        "levied": [
            {"label": each.label, "amount": money(each.amount_minor)}
            for each in offer.added
            if each.kind == TAX
        ],
        "taxes": [
            {"rate": formatting.number(tax.rate), "amount": money(tax.tax_minor)} for tax in offer.taxes
        ],
        "due": money(offer.due_minor),
        "future": [
            {"day": each.day, "amount": money(each.amount_minor), "often": _often(each.frequency, editor)}
            for each in offer.future
        ],
        "marks": editor.marks(),
    }


def _often(frequency: Frequency | None, editor: LineEditor) -> str:
    row = next((row for row in editor.rows), None)
    if frequency is None or row is None:
        return ""
    return str(dict(row.fields["frequency"].choices).get(frequency.value, ""))  # type: ignore[attr-defined]
