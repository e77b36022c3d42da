"""The account's list of tax rates."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.billing.tax_rates import (
    TaxRate,
    TaxRateRefused,
    create_tax_rate,
    list_tax_rates,
    read_tax_rates,
    update_tax_rate,
)
from kalends.staff import formatting
from kalends.staff.forms import Form, NumberField
from kalends.staff.refusals import worded
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.visit import Visit, account_page

worded(
    TaxRateRefused,
    lambda problem: _(
        "Give a name that no other rate has, and a percentage from 0 to 100 with at most 6 decimals."
    ),
)


class TaxForm(Form):
    """A rate."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, help_text=gettext_lazy("For you, such as Norway 25 %.")
    )
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("What stands on invoices, such as MVA. Empty: the name."),
    )
    percentage = NumberField(label=gettext_lazy("Percentage"), max_length=30)


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The rates that lines can be given, and those that were archived."""
    visit.require(PLACES["taxes"].needs)
    found = list_tax_rates(visit.psycopg(), visit.ctx)
    columns = [_("Name"), _("On invoices"), _("Percentage")]
    tables = [
        Table(
            "taxes",
            _("Tax rates"),
            columns,
            [_row(visit, each) for each in found if each.is_active],
            note=_("A line item copies the rate it is given. A rate that changes later changes no line."),
            add=Act(_("Add a tax rate"), reverse("settings-tax-add", args=[visit.ctx.id])),
            empty=_("No rates yet. A percentage can be given to line items all the same."),
        )
    ]
    gone = [_row(visit, each) for each in found if not each.is_active]
    if gone:
        tables.append(Table("archived", _("Archived"), columns, gone))
    return shown(request, visit, "taxes", "tables", {"tables": tables})


def _row(visit: Visit, each: TaxRate) -> Row:
    address = [visit.ctx.id, each.id]
    acts = (
        [
            Act(_("Edit"), reverse("settings-tax-edit", args=address)),
            Act(_("Archive"), reverse("settings-tax-archive", args=address)),
        ]
        if each.is_active
        else [Act(_("Restore"), reverse("settings-tax-restore", args=address))]
    )
    percent = _("%(number)s %%") % {"number": formatting.number(each.percentage.normalize())}
    return Row(each.name, [Cell(each.name), Cell(each.label), Cell(percent)], acts)


def _found(visit: Visit, rate_id: int, *, active: bool) -> TaxRate:
    found = read_tax_rates(visit.psycopg(), visit.ctx, [rate_id]).get(rate_id)
    if found is None or found.is_active is not active:
        raise Http404(f"no tax rate {rate_id}")
    return found


def _edit_form(visit: Visit, data: Any, rate_id: int) -> Form:
    each = _found(visit, rate_id, active=True)
    percentage = formatting.number(each.percentage.normalize())
    return TaxForm(data, initial={"name": each.name, "label": each.label, "percentage": percentage})


def _percentage(asked: dict[str, Any]) -> Decimal:
    return asked["percentage"]


def _add(db: Any, visit: Any, asked: dict[str, Any]) -> int:
    return create_tax_rate(
        db,
        visit.ctx,
        name=asked["name"],
        label=asked["label"],
        percentage=_percentage(asked),
        actor=visit.who.actor,
    ).id


def _edit(db: Any, visit: Any, asked: dict[str, Any], rate_id: int) -> None:
    update_tax_rate(
        db,
        visit.ctx,
        rate_id,
        name=asked["name"],
        label=asked["label"] or asked["name"],
        percentage=_percentage(asked),
        actor=visit.who.actor,
    )


def _switch(*, active: bool) -> Any:
    def work(db: Any, visit: Any, asked: dict[str, Any], rate_id: int) -> None:  # noqa: ARG001
        update_tax_rate(db, visit.ctx, rate_id, active=active, actor=visit.who.actor)

    return work


add = Deed(
    name="create tax rate",
    page="taxes",
    form=lambda visit, data: TaxForm(data),
    asked=lambda visit, form: Asked(_("Add a tax rate"), _("Add")),
    work=_add,
    told=lambda asked: _("The tax rate %(name)s is there") % asked,
)
edit = Deed(
    name="update tax rate",
    page="taxes",
    form=_edit_form,
    asked=lambda visit, form, rate_id: Asked(
        _("Edit the tax rate"),
        _("Save"),
        [_("Line items that have it keep what they copied: subscriptions go on with the old percentage.")],
    ),
    work=_edit,
    told=lambda asked: _("The tax rate is saved"),
)
archive = Deed(
    name="archive tax rate",
    page="taxes",
    form=of_what_is_there(partial(_found, active=True)),
    asked=lambda visit, form, rate_id: Asked(
        _("Archive the tax rate %(name)s") % {"name": _found(visit, rate_id, active=True).name},
        _("Archive"),
        [_("It is given to no new line item. Those that have it keep it, and are billed with it.")],
        takes_away=True,
    ),
    work=_switch(active=False),
    told=lambda asked: _("The tax rate is archived"),
)
restore = Deed(
    name="restore tax rate",
    page="taxes",
    form=of_what_is_there(partial(_found, active=False)),
    asked=lambda visit, form, rate_id: Asked(
        _("Restore the tax rate %(name)s") % {"name": _found(visit, rate_id, active=False).name},
        _("Restore"),
        [_("New line items can be given it again.")],
    ),
    work=_switch(active=True),
    told=lambda asked: _("The tax rate is back"),
)
