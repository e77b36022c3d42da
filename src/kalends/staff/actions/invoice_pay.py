"""Money that came for an invoice outside a processor, and whether it may come in parts."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.payments.record import ReceivedPayment, allow_partial_payments, record_payments
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import InvoiceFacts
from kalends.staff.actions.words import amount, day
from kalends.staff.forms import AmountField, DateField, Form
from kalends.staff.visit import Visit

MEANS = (
    ("wire_transfer", gettext_lazy("Wire transfer")),
    ("check", gettext_lazy("Check")),
    ("cash", gettext_lazy("Cash")),
    ("other", gettext_lazy("Other means")),
)
_NOON = time(12)


class ReceivedForm(Form):
    """How much came, when, by which means and under which reference."""

    received = DateField(label=gettext_lazy("Received on"))
    kind = forms.ChoiceField(label=gettext_lazy("By"), choices=MEANS)
    reference = forms.CharField(label=gettext_lazy("Reference"), required=False, max_length=200)

    def __init__(self, facts: InvoiceFacts, today: date, data: Any = None) -> None:
        super().__init__(data)
        self.facts, self.today = facts, today
        self.fields["received"].initial = today
        self.fields["amount"] = AmountField(
            label=_("Amount"),
            currency=facts.currency,
            least_minor=1,
            most_minor=facts.payable_minor,
            initial=facts.payable_minor,
        )
        self.fields["amount"].widget.attrs.update({"class": "input", "inputmode": "decimal"})
        self.order_fields(["amount", "received", "kind", "reference"])

    def clean_received(self) -> date:
        """Money that has come: today or before."""
        given: date = self.cleaned_data["received"]
        if given > self.today:
            raise forms.ValidationError(_("Money that came was received today or before."))
        return given

    def clean_amount(self) -> int:
        """A part only where parts are taken."""
        given: int = self.cleaned_data["amount"]
        if given < self.facts.payable_minor and not self.facts.takes_parts:
            whole = amount(self.facts.payable_minor, self.facts.currency)
            raise forms.ValidationError(
                _("This is a part of %(whole)s. Allow partial payments on the invoice first.")
                % {"whole": whole}
            )
        return given


def _may_record(visit: Visit, facts: InvoiceFacts) -> Verdict:  # noqa: ARG001
    if facts.status != "open":
        return False
    return True if facts.payable_minor else _("All that is owed on it is being collected at this moment.")


def _tell_record(visit: Visit, facts: InvoiceFacts, form: Form) -> Told:  # noqa: ARG001
    told = {"amount": amount(facts.owed_minor, facts.currency), "number": facts.name}
    effects = [Effect(_("%(amount)s is owed on invoice %(number)s.") % told, "file-text")]
    if facts.moving_minor:
        words = _("%(amount)s of that is under way already and cannot be recorded.")
        effects.append(
            Effect(words % {"amount": amount(facts.moving_minor, facts.currency)}, "hourglass", "warn")
        )
    if facts.takes_parts:
        effects.append(Effect(_("It may be paid in parts; the rest stays owed."), "info"))
    effects.append(Effect(_("Nothing is charged by this. A receipt goes to the customer."), "mail"))
    return Told(_("Record a payment"), _("Record payment"), effects, "", {"amount": facts.currency})


def _record(visit: ActionVisit, facts: InvoiceFacts, form: ReceivedForm) -> str:
    given = form.cleaned_data
    noon = datetime.combine(given["received"], _NOON, ZoneInfo(visit.ctx.time_zone))
    # Today's money came now: noon may lie ahead, and what is in the future has not come.
    at = None if given["received"] >= visit.ctx.today else noon
    received = ReceivedPayment(facts.id, given["amount"], given["kind"], at, given["reference"] or None)
    visit.do(
        RECORD.kind,
        lambda db: {"payments": record_payments(db, visit.ctx, [received], actor=visit.who.actor).payments},
    )
    told = {"amount": amount(given["amount"], facts.currency), "day": day(given["received"])}
    return _("%(amount)s received on %(day)s is recorded") % told


RECORD = Action(
    object="invoice",
    key="record-payment",
    label=gettext_lazy("Record payment"),
    icon="banknote",
    needs=("manage_payments", ""),
    verdict=_may_record,
    form=lambda visit, facts, data: ReceivedForm(facts, visit.ctx.today, data),
    tell=_tell_record,
    do=_record,
)


class PartsForm(Form):
    """Whether an invoice may be paid in parts."""

    allowed = forms.BooleanField(label=gettext_lazy("It may be paid in parts"), required=False)


def _tell_parts(visit: Visit, facts: InvoiceFacts, form: Form) -> Told:  # noqa: ARG001
    words = _("%(amount)s is owed. With partial payments, less than that can be recorded at a time.")
    effects = [Effect(words % {"amount": amount(facts.owed_minor, facts.currency)}, "info")]
    return Told(_("Partial payments"), _("Save"), effects)


def _allow(visit: ActionVisit, facts: InvoiceFacts, form: PartsForm) -> str:
    allowed: bool = form.cleaned_data["allowed"]

    def work(db: Any) -> int:
        return allow_partial_payments(db, visit.ctx, facts.id, allowed=allowed, actor=visit.who.actor)

    visit.do(PARTS.kind, work)
    return _("It may be paid in parts") if allowed else _("It is to be paid in one")


PARTS = Action(
    object="invoice",
    key="partial-payments",
    label=gettext_lazy("Partial payments"),
    icon="percent",
    needs=("edit", "invoice"),
    verdict=lambda _visit, facts: facts.status == "open",
    form=lambda _visit, facts, data: PartsForm(data, initial={"allowed": facts.takes_parts}),
    tell=_tell_parts,
    do=_allow,
)
