"""Deleting a subscription that has ended, letting go of one that was put aside, and billing what was only a record."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing import changes, parking
from kalends.billing.switch_on import start_billing
from kalends.core.lifecycle import Status, is_terminal, may_be_deleted, may_be_edited
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import SubscriptionFacts
from kalends.staff.actions.words import amount, day
from kalends.staff.billing.words import parked_remedy, parked_why
from kalends.staff.forms import DateField, Form
from kalends.staff.visit import Visit


def _may_delete(visit: Visit, facts: SubscriptionFacts) -> Verdict:  # noqa: ARG001
    if may_be_deleted(Status(facts.status), facts.creates_invoices):
        return True
    return _("Only a canceled or an expired subscription can be deleted. Cancel it first.")


def _tell_delete(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    effects = [
        Effect(_("The subscription and its line items are gone for good."), "trash-2", "bad"),
        Effect(_("Its invoices and payments stay, without the link to it."), "file-text"),
    ]
    if facts.moving_count:
        words = _("%(amount)s is under way at the bank and may still arrive.")
        effects.append(
            Effect(words % {"amount": amount(facts.moving_minor, facts.currency)}, "hourglass", "warn")
        )
    title = _("Delete %(name)s") % {"name": facts.name}
    return Told(title, _("Delete for good"), effects, _("Keep the record"))


def _delete(visit: ActionVisit, facts: SubscriptionFacts, form: Form) -> str:  # noqa: ARG001
    visit.do(
        DELETE.kind, lambda db: changes.delete_subscription(db, visit.ctx, facts.id, actor=visit.who.actor)
    )
    return _("%(name)s is deleted") % {"name": facts.name}


DELETE = Action(
    object="subscription",
    key="delete",
    label=gettext_lazy("Delete"),
    icon="trash-2",
    needs=("delete", "subscription"),
    verdict=_may_delete,
    tell=_tell_delete,
    do=_delete,
    danger=True,
    leaves=True,
)


def _tell_release(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    effects: list[Effect] = []
    if facts.parked is not None:
        effects.append(Effect(parked_why(facts.parked), "triangle-alert", "warn"))
        effects.append(Effect(parked_remedy(facts.parked), "info"))
    if facts.next_due_date is not None:
        told = {"amount": amount(facts.next_amount_minor, facts.currency), "day": day(facts.next_due_date)}
        effects.append(
            Effect(
                _("The next run bills %(amount)s, due on %(day)s, or puts it aside again.") % told,
                "refresh-cw",
            )
        )
    return Told(_("Release the subscription"), _("Release"), effects, _("Leave it aside"))


def _release(visit: ActionVisit, facts: SubscriptionFacts, form: Form) -> str:  # noqa: ARG001
    visit.do(RELEASE.kind, lambda db: parking.release(db, visit.ctx, facts.id, actor=visit.who.actor).id)
    return _("Released: the next run bills it")


RELEASE = Action(
    object="subscription",
    key="release",
    label=gettext_lazy("Release"),
    icon="log-out",
    needs=("run_billing", ""),
    verdict=lambda _visit, facts: facts.parked is not None,
    tell=_tell_release,
    do=_release,
)


class StartForm(Form):
    """From when a record is billed here, and how."""

    first = DateField(label=gettext_lazy("First payment here on"))
    before = forms.IntegerField(
        label=gettext_lazy("Payments made elsewhere before"),
        min_value=0,
        max_value=10_000,
        initial=0,
        help_text=gettext_lazy("They count towards a fixed number of payments and are never billed here."),
    )
    collection = forms.ChoiceField(
        label=gettext_lazy("Payment collection"),
        choices=(
            ("automatic", gettext_lazy("Charge the stored payment method")),
            ("manual", gettext_lazy("Send an invoice each time")),
        ),
        widget=forms.RadioSelect,
    )

    def __init__(self, facts: SubscriptionFacts, today: date, data: Any = None) -> None:
        super().__init__(data)
        self.today = today
        self.fields["first"].initial = today
        self.fields["collection"].initial = facts.collection

    def clean_first(self) -> date:
        """A day that is not past."""
        given: date = self.cleaned_data["first"]
        if given < self.today:
            raise forms.ValidationError(_("Give today or a day to come."))
        return given


def _may_start(visit: Visit, facts: SubscriptionFacts) -> Verdict:  # noqa: ARG001
    if facts.creates_invoices or is_terminal(Status(facts.status)):
        return False
    if not may_be_edited(Status(facts.status)):
        return _("Only an active or a scheduled subscription can be billed from here on.")
    if facts.contact_id is None:
        return _("It needs a contact to bill: associate one with it first.")
    return True


def _tell_start(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    effects = [
        Effect(_("It creates invoices from the first payment on; until now it is only a record."), "zap"),
        Effect(_("What fell due before that day is not billed."), "skip-forward"),
    ]
    if facts.method is not None:
        effects.append(
            Effect(_("It is charged by %(method)s.") % {"method": facts.method.name}, facts.method.icon)
        )
    return Told(_("Bill this subscription here"), _("Begin billing"), effects)


def _start(visit: ActionVisit, facts: SubscriptionFacts, form: StartForm) -> str:
    given = form.cleaned_data

    def work(db: Any) -> dict[str, Any]:
        terms = start_billing(
            db,
            visit.ctx,
            facts.id,
            given["first"],
            cycles_before=given["before"],
            automatic=given["collection"] == "automatic",
            actor=visit.who.actor,
        )
        return {"minor": terms.next_amount_minor}

    minor = visit.do(START.kind, work)["minor"]
    told = {"amount": amount(minor, facts.currency), "day": day(given["first"])}
    return _("Billed here: %(amount)s is due on %(day)s") % told


START = Action(
    object="subscription",
    key="start-billing",
    label=gettext_lazy("Bill it here"),
    icon="zap",
    needs=("edit", "subscription"),
    verdict=_may_start,
    form=lambda visit, facts, data: StartForm(facts, visit.ctx.today, data),
    tell=_tell_start,
    do=_start,
)
