"""Currencies that are billed in, and their rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from kalends.accounts.currencies import (
    CurrencyRefused,
    currencies,
    disable_currency,
    enable_currency,
    set_rate,
)
from kalends.core.currencies import MINOR_DIGITS
from kalends.staff import formatting
from kalends.staff.forms import DateField, Form, NumberField
from kalends.staff.refusals import worded
from kalends.staff.settings.deeds import Asked, Deed
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page

_REFUSED = {
    "unknown": lambda: _("There is no such currency."),
    "enabled": lambda: _("You bill in this currency already."),
    "own": lambda: _("Your own currency is worth 1, and stays."),
    "not_enabled": lambda: _("You do not bill in this currency."),
    "in_use": lambda: _("Subscriptions that still run are billed in this currency: end them first."),
    "rate": lambda: _("Give a rate above 0 with at most 9 decimals."),
}
worded(CurrencyRefused, lambda problem: _REFUSED[problem.reason]())


class CurrencyForm(Form):
    """A currency to bill in."""

    code = forms.ChoiceField(label=gettext_lazy("Currency"))

    def __init__(self, visit: Visit, data: Any) -> None:
        super().__init__(data)
        there = {each.code for each in currencies(visit.psycopg(), visit.ctx)}
        names = formatting.locale().currencies
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            (code, f"{code} · {names.get(code, code)}") for code in sorted(MINOR_DIGITS) if code not in there
        ]


class RateForm(Form):
    """What a currency is worth from a day on."""

    rate = NumberField(label=gettext_lazy("Rate"), max_length=30)
    since = DateField(label=gettext_lazy("From this day on"))

    def __init__(self, visit: Visit, data: Any, code: str) -> None:
        found = next((each for each in currencies(visit.psycopg(), visit.ctx) if each.code == code), None)
        if found is None or code == visit.ctx.currency:
            raise Http404(f"no rate of {code}")
        super().__init__(
            data,
            initial={"since": visit.ctx.today, "rate": found.rate and format(found.rate.normalize(), "f")},
        )
        self.fields["rate"].help_text = _("What one %(code)s is worth in %(own)s.") % {
            "code": code,
            "own": visit.ctx.currency,
        }


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The currencies and their rates."""
    visit.require(PLACES["currencies"].needs)
    rows = [_row(visit, each) for each in currencies(visit.psycopg(), visit.ctx)]
    table = Table(
        "currencies",
        _("You bill in these"),
        [_("Currency"), _("Rate"), _("Subscriptions that run")],
        rows,
        note=_(
            "Sums over several currencies are shown in your own by these rates. No charge is ever converted."
        ),
        add=Act(_("Add a currency"), reverse("settings-currency-add", args=[visit.ctx.id])),
    )
    return shown(request, visit, "currencies", "tables", {"tables": [table]})


def _row(visit: Visit, each: Any) -> Row:
    own = each.code == visit.ctx.currency
    name = formatting.locale().currencies.get(each.code, each.code)
    if own:
        rate = Cell("1", _("books are kept in it; it cannot be changed"))
    elif each.rate is None:
        rate = Cell("--", tags=[Tag(_("No rate yet"), "warn")])
    else:
        since = _("since %(day)s") % {"day": formatting.day(each.since)}
        rate = Cell(formatting.number(each.rate.normalize()), since)
    address = [visit.ctx.id, each.code]
    acts = (
        []
        if own
        else [
            Act(_("Set the rate"), reverse("settings-currency-rate", args=address)),
            Act(_("Remove"), reverse("settings-currency-remove", args=address)),
        ]
    )
    tags = [Tag(_("Your own"), "ok")] if own else []
    return Row(
        each.code,
        [Cell(each.code, name, tags=tags), rate, Cell(formatting.number(Decimal(each.running)))],
        acts,
    )


add = Deed(
    name="enable currency",
    page="currencies",
    form=CurrencyForm,
    asked=lambda visit, form: Asked(
        _("Add a currency"), _("Add"), [_("Subscriptions, invoices and products can be in it at once.")]
    ),
    work=lambda db, visit, asked: enable_currency(db, visit.ctx, asked["code"], actor=visit.who.actor),
    told=lambda asked: _("You bill in %(code)s too now") % asked,
)
rate = Deed(
    name="exchange rate",
    page="currencies",
    form=RateForm,
    asked=lambda visit, form, code: Asked(
        _("Rate of %(code)s") % {"code": code},
        _("Set the rate"),
        [_("Sums from that day on are shown by it; invoices and charges keep their amounts.")],
    ),
    work=lambda db, visit, asked, code: set_rate(
        db, visit.ctx, code, asked["rate"], since=asked["since"], actor=visit.who.actor
    ),
    told=lambda asked: _("The rate is set"),
)


def _remove_form(visit: Visit, data: Any, code: str) -> Form:
    if code not in [each.code for each in currencies(visit.psycopg(), visit.ctx)]:
        raise Http404(f"no currency {code}")
    return Form(data)


remove = Deed(
    name="disable currency",
    page="currencies",
    form=_remove_form,
    asked=lambda visit, form, code: Asked(
        _("Bill in %(code)s no more") % {"code": code},
        _("Remove"),
        [_("Nothing new can be in it. What is there stays, and is paid as agreed."), *_running(visit, code)],
        takes_away=True,
    ),
    work=lambda db, visit, asked, code: disable_currency(db, visit.ctx, code, actor=visit.who.actor),
    told=lambda asked: _("The currency is removed"),
)


def _running(visit: Visit, code: str) -> list[str]:
    number = next(each.running for each in currencies(visit.psycopg(), visit.ctx) if each.code == code)
    if not number:
        return []
    return [
        ngettext(
            "%(number)s subscription still runs in it: it must be ended first.",
            "%(number)s subscriptions still run in it: they must be ended first.",
            number,
        )
        % {"number": number}
    ]
