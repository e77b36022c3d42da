"""Canceling a subscription, now or at the end of the paid period, with everything that follows said before."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import Connection

from kalends.billing import changes
from kalends.billing.unused import Unused, unused_days
from kalends.billing.void import CannotVoid, void_invoice
from kalends.core.lifecycle import Status, is_terminal
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, looking
from kalends.staff.actions.facts import SubscriptionFacts
from kalends.staff.actions.sending import give_back_now, payments_by_hand
from kalends.staff.actions.words import amount, day
from kalends.staff.forms import AmountField, Form
from kalends.staff.visit import Visit

_OPEN = (
    "SELECT id FROM invoice WHERE account_id = %s AND subscription_id = %s AND status = 'open' ORDER BY id"
)


class CancelForm(Form):
    """When it ends, what is given back, and that the consequence was understood."""

    when = forms.ChoiceField(label=gettext_lazy("When"), widget=forms.RadioSelect, initial="now")
    refund = forms.ChoiceField(
        label=gettext_lazy("Unused days"), widget=forms.RadioSelect, initial="none", required=False
    )
    void = forms.BooleanField(label=gettext_lazy("Void its open invoices"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Stays in the subscription's history; the customer does not see it."),
    )
    acknowledged = forms.BooleanField(
        label=gettext_lazy("I understand that the customer will not be charged again"),
        error_messages={"required": gettext_lazy("Tick this to cancel the subscription.")},
    )

    def __init__(self, facts: SubscriptionFacts, unused: Unused, data: Any = None) -> None:
        super().__init__(data)
        self.facts, self.unused = facts, unused
        self.order_fields(["when", "refund", "amount", "void", "reason", "acknowledged"])
        choices = [("now", _("Now"))]
        if ends_with_period(facts) and facts.next_due_date is not None:
            choices.append(
                (
                    "period_end",
                    _("At the end of the paid period, on %(day)s") % {"day": day(facts.next_due_date)},
                )
            )
        self.fields["when"].choices = choices  # type: ignore[attr-defined]
        if unused.left_minor:
            self._offer_refund()
        else:
            del self.fields["refund"]
        if not facts.owed_count:
            del self.fields["void"]

    def _offer_refund(self) -> None:
        unused = self.unused
        choices = [("none", _("Give nothing back"))]
        if unused.suggested_minor:
            told = {"amount": amount(unused.suggested_minor, unused.currency)}
            choices.append(("unused", _("Give back %(amount)s for the days that are left") % told))
        choices.append(("other", _("Give back another amount")))
        self.fields["refund"].choices = choices  # type: ignore[attr-defined]
        self.fields["amount"] = AmountField(
            label=_("Amount to give back"),
            currency=unused.currency,
            least_minor=1,
            most_minor=unused.left_minor,
            required=False,
            help_text=_("At most %(amount)s.") % {"amount": amount(unused.left_minor, unused.currency)},
        )
        self.fields["amount"].widget.attrs.update({"class": "input", "inputmode": "decimal"})
        self.order_fields(["when", "refund", "amount", "void", "reason", "acknowledged"])

    def clean(self) -> dict[str, Any]:
        """An amount of one's own is given where it was chosen, and money goes back only from now."""
        given = super().clean() or {}
        if given.get("refund") == "other" and given.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Give the amount that goes back."))
        if given.get("when") == "period_end" and given.get("refund") not in (None, "", "none"):
            self.add_error(
                "refund", _("Nothing is unused when it ends with its period. Cancel now to give back.")
            )
        return given

    @property
    def refund_minor(self) -> int:
        """What goes back."""
        chosen = self.cleaned_data.get("refund")
        if chosen == "unused":
            return self.unused.suggested_minor
        return self.cleaned_data.get("amount") or 0 if chosen == "other" else 0


def ends_with_period(facts: SubscriptionFacts) -> bool:
    """Whether there is a paid period that it could run out with."""
    return facts.next_cycle > 0 and facts.next_due_date is not None and facts.cancel_on is None


def _form(visit: Visit, facts: SubscriptionFacts, data: Any) -> CancelForm:
    with looking(visit) as db:
        return CancelForm(facts, unused_days(db, visit.ctx, facts.id), data)


def _tell(visit: Visit, facts: SubscriptionFacts, form: CancelForm) -> Told:  # noqa: ARG001
    effects = [*_not_charged(facts), *_stays(facts), *_unused(form.unused)]
    if ends_with_period(facts) and facts.next_due_date is not None:
        effects.append(
            Effect(
                _("At the end of the period: it stays as it is until %(day)s, and can be kept until then.")
                % {"day": day(facts.next_due_date)},
                "calendar-clock",
            )
        )
    effects.append(
        Effect(_("The customer is told by a letter. A canceled subscription never comes back."), "mail")
    )
    units = {"amount": facts.currency}
    return Told(_("Cancel subscription"), _("Cancel subscription"), effects, _("Keep it"), units)


def _not_charged(facts: SubscriptionFacts) -> list[Effect]:
    if facts.next_due_date is None:
        return [Effect(_("Nothing more is billed."), "ban")]
    told = {"amount": amount(facts.next_amount_minor, facts.currency), "day": day(facts.next_due_date)}
    if facts.is_automatic:
        return [Effect(_("%(amount)s on %(day)s will not be charged, and nothing after it.") % told, "ban")]
    return [Effect(_("%(amount)s on %(day)s will not be invoiced, and nothing after it.") % told, "ban")]


def _stays(facts: SubscriptionFacts) -> list[Effect]:
    """What was asked for before, and is not stopped."""
    effects: list[Effect] = []
    if facts.moving_count:
        words = _("%(amount)s is under way at the bank: it is not called back, and may still arrive.")
        effects.append(
            Effect(words % {"amount": amount(facts.moving_minor, facts.currency)}, "hourglass", "warn")
        )
    if facts.owed_count:
        words = _("%(amount)s of open invoices is still owed, but is not charged by itself any more.")
        effects.append(
            Effect(words % {"amount": amount(facts.owed_minor, facts.currency)}, "file-text", "warn")
        )
    return effects


def _unused(unused: Unused) -> list[Effect]:
    effects: list[Effect] = []
    for line in unused.lines:
        if line.amount_minor:
            told = {
                "name": line.name,
                "left": line.days_left,
                "days": line.days,
                "amount": amount(line.amount_minor, unused.currency),
                "full": amount(line.full_minor, unused.currency),
            }
            words = _("%(name)s: %(left)s of %(days)s days are left, which is %(amount)s of %(full)s.") % told
            effects.append(Effect(words, "calendar-days"))
    if effects and not unused.left_minor:
        effects.append(
            Effect(_("Nothing of that was collected yet, so there is nothing to give back."), "info")
        )
    return effects


def _cancel(visit: ActionVisit, facts: SubscriptionFacts, form: CancelForm) -> str:
    if form.cleaned_data["when"] == "period_end":
        why, actor = form.cleaned_data["reason"], visit.who.actor

        def run_out(db: Connection[Any]) -> dict[str, str]:
            return {
                "on": changes.cancel_at_period_end(
                    db, visit.ctx, facts.id, reason=why, actor=actor
                ).isoformat()
            }

        day_of_end = date.fromisoformat(visit.do(CANCEL.kind, run_out)["on"])
        return _("Will be canceled on %(day)s") % {"day": day(day_of_end)}
    done = visit.do(CANCEL.kind, lambda db: _now(db, visit, facts, form))
    told = [_("Canceled.")]
    if done["by_hand"]:
        told.append(payments_by_hand(done["by_hand"]))
    if done["not_voided"]:
        told.append(_("Some open invoices could not be voided: something was paid on them."))
    return give_back_now(visit, done["sent"], after=" ".join(told))


def _now(
    db: Connection[Any], visit: ActionVisit, facts: SubscriptionFacts, form: CancelForm
) -> dict[str, Any]:
    """Cancel first, so that charges which were not sent yet are given up and their invoices can be voided."""
    given, actor = form.cleaned_data, visit.who.actor
    done = changes.cancel(
        db, visit.ctx, facts.id, refund_minor=form.refund_minor or None, reason=given["reason"], actor=actor
    )
    not_voided = 0
    for (invoice,) in db.execute(_OPEN, [visit.ctx.id, facts.id]).fetchall() if given.get("void") else ():
        try:
            void_invoice(db, visit.ctx, invoice, reason=given["reason"], actor=actor)
        except CannotVoid:
            not_voided += 1
    return {
        "sent": [each.refund_id for each in done.refunds if not each.by_hand],
        "by_hand": sum(each.by_hand for each in done.refunds),
        "not_voided": not_voided,
    }


CANCEL = Action(
    object="subscription",
    key="cancel",
    label=gettext_lazy("Cancel subscription"),
    icon="circle-x",
    needs=("manage_payments", ""),
    verdict=lambda _visit, facts: not is_terminal(Status(facts.status)),
    form=_form,
    tell=_tell,  # type: ignore[arg-type]
    do=_cancel,
    danger=True,
)
