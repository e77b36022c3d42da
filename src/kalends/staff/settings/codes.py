"""Discount codes: a list, new ones, and which of them are in use."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.core.money import TooPrecise, to_minor
from kalends.sales.codes import (
    FIXED,
    PERCENT,
    Code,
    NewCode,
    code_of,
    create_code,
    deactivate_code,
    describe,
    list_codes,
)
from kalends.staff import formatting
from kalends.staff.create import customers
from kalends.staff.forms import DateField, Form, NumberField
from kalends.staff.settings.deeds import Asked, Deed
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page


class CodeForm(Form):
    """A code: a share of the first payment, or an amount in one currency."""

    code = forms.RegexField(
        label=gettext_lazy("Code"),
        regex=r"^[^\W_][\w.+%-]{0,49}$",
        max_length=50,
        help_text=gettext_lazy("What buyers type, such as SPRING25. Capital letters make no difference."),
        error_messages={
            "invalid": gettext_lazy(
                "Give letters and digits; hyphens, dots, plus and percent signs may follow the first."
            )
        },
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Takes off"),
        choices=((PERCENT, gettext_lazy("Percent")), (FIXED, gettext_lazy("An amount"))),
    )
    value = NumberField(label=gettext_lazy("How much"), max_length=30)
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("For an amount only."), required=False
    )
    uses_max = forms.IntegerField(
        label=gettext_lazy("Uses at most"),
        min_value=1,
        max_value=1_000_000_000,
        required=False,
        help_text=gettext_lazy("Counted once a checkout is paid. Empty: any number."),
    )
    expires_on = DateField(label=gettext_lazy("Last day"), required=False)
    label = forms.CharField(
        label=gettext_lazy("Note"), max_length=200, required=False, help_text=gettext_lazy("For you.")
    )

    def __init__(self, visit: Visit, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.visit = visit
        with visit.cursor() as cursor:
            codes = customers.currencies(cursor, visit.ctx)
        self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
        self.fields["currency"].initial = visit.ctx.currency

    def clean(self) -> dict[str, Any]:
        """Looks at what belongs together: how much of what, and when it ends."""
        given = super().clean() or self.cleaned_data
        value = given.get("value")
        if value is not None and given.get("kind") == PERCENT and not 0 < value < 100:
            self.add_error("value", _("Give a percentage above 0 and below 100."))
        if value is not None and given.get("kind") == FIXED:
            given["amount_minor"] = self._amount(value, given.get("currency") or self.visit.ctx.currency)
        day = given.get("expires_on")
        if day is not None and day < self.visit.ctx.today:
            self.add_error("expires_on", _("Choose today or a later day."))
        code = given.get("code")
        taken = {each.code.upper() for each in list_codes(self.visit.psycopg(), self.visit.ctx)}
        if code and code.upper() in taken:
            self.add_error("code", _("There is a code of this name already."))
        return given

    def _amount(self, value: Any, currency: str) -> int | None:
        try:
            minor = to_minor(value, currency)
        except TooPrecise:
            minor = 0
        if minor > 0:
            return minor
        self.add_error("value", _("Give an amount above 0, with no more decimals than the currency has."))
        return None


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All codes, the newest first."""
    visit.require(PLACES["codes"].needs)
    found = list_codes(visit.psycopg(), visit.ctx)
    table = Table(
        "codes",
        _("Discount codes"),
        [_("Code"), _("Takes off"), _("Uses"), _("Last day")],
        [_row(visit, each) for each in found],
        note=_("A code takes something off the first payment. A use counts once the checkout is paid."),
        add=Act(_("Add a discount code"), reverse("settings-code-add", args=[visit.ctx.id])),
        empty=_("No discount codes yet."),
    )
    return shown(request, visit, "codes", "tables", {"tables": [table]})


def _row(visit: Visit, code: Code) -> Row:
    why = code.useless_because(code.currency or visit.ctx.currency, visit.ctx.today)
    words = {"inactive": _("Inactive"), "expired": _("Expired"), "used_up": _("Used up")}
    tags = [Tag(words[why], "warn")] if why in words else [Tag(_("Active"), "ok")]
    uses = formatting.number(Decimal(code.uses))
    if code.uses_max is not None:
        uses = _("%(uses)s of %(most)s") % {"uses": uses, "most": formatting.number(Decimal(code.uses_max))}
    name = "settings-code-stop" if code.is_active else "settings-code-start"
    act = Act(
        _("Deactivate") if code.is_active else _("Activate"),
        reverse(name, args=[visit.ctx.id, code.id]),
    )
    return Row(
        code.code,
        [
            Cell(code.code, under=code.label or "", tags=tags),
            Cell(_off(code)),
            Cell(uses),
            Cell(formatting.day(code.expires_on) if code.expires_on else "-"),
        ],
        [act],
    )


def _off(code: Code) -> str:
    if code.percent is not None:
        return _("%(number)s %%") % {"number": formatting.number(code.percent.normalize())}
    if code.amount_minor is not None and code.currency is not None:
        return str(formatting.minor(code.amount_minor, code.currency))
    return describe(code)


def _found(visit: Visit, code_id: int, *, active: bool) -> Code:
    found = code_of(visit.psycopg(), visit.ctx, code_id)
    if found is None or found.is_active is not active:
        raise Http404(f"no discount code {code_id}")
    return found


def _form_of(*, active: bool) -> Any:
    def form(visit: Visit, data: Any, code_id: int) -> Form:
        _found(visit, code_id, active=active)
        return Form(data)

    return form


def _add(db: Any, visit: Any, asked: dict[str, Any]) -> int:
    is_percent = asked["kind"] == PERCENT
    wanted = NewCode(
        code=asked["code"],
        kind=asked["kind"],
        percent=asked["value"] if is_percent else None,
        amount_minor=None if is_percent else asked["amount_minor"],
        currency=None if is_percent else asked["currency"] or visit.ctx.currency,
        label=asked["label"] or None,
        uses_max=asked["uses_max"],
        expires_on=asked["expires_on"],
    )
    return create_code(db, visit.ctx, wanted, actor=visit.who.actor)


def _switch(*, active: bool) -> Any:
    def work(db: Any, visit: Any, asked: dict[str, Any], code_id: int) -> None:  # noqa: ARG001
        deactivate_code(db, visit.ctx, code_id, active=active, actor=visit.who.actor)

    return work


add = Deed(
    name="create discount code",
    page="codes",
    form=CodeForm,
    asked=lambda visit, form: Asked(_("Add a discount code"), _("Add")),
    work=_add,
    told=lambda asked: _("The discount code %(code)s is there") % asked,
)
stop = Deed(
    name="deactivate discount code",
    page="codes",
    form=_form_of(active=True),
    asked=lambda visit, form, code_id: Asked(
        _("Deactivate %(code)s") % {"code": _found(visit, code_id, active=True).code},
        _("Deactivate"),
        [_("Nobody can use it from now on. What was bought with it stays as it is.")],
        takes_away=True,
    ),
    work=_switch(active=False),
    told=lambda asked: _("The discount code is deactivated"),
)
start = Deed(
    name="activate discount code",
    page="codes",
    form=_form_of(active=False),
    asked=lambda visit, form, code_id: Asked(
        _("Activate %(code)s") % {"code": _found(visit, code_id, active=False).code},
        _("Activate"),
        [_("Buyers can use it again, as often as is left and up to its last day.")],
    ),
    work=_switch(active=True),
    told=lambda asked: _("The discount code is active"),
)
