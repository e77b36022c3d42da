"""Giving a payment back, whole or in part, and what its dispute stands at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.payments.refund import REFUNDABLE, request_refund
from kalends.staff import formatting
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import PaymentFacts
from kalends.staff.actions.sending import give_back_now, payments_by_hand
from kalends.staff.actions.words import amount, day
from kalends.staff.forms import AmountField, Form
from kalends.staff.visit import Visit


class RefundForm(Form):
    """How much goes back, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Stays with the refund; the customer does not see it."),
    )

    def __init__(self, facts: PaymentFacts, data: Any = None) -> None:
        super().__init__(data)
        self.fields["amount"] = AmountField(
            label=_("Amount to give back"),
            currency=facts.currency,
            least_minor=1,
            most_minor=facts.left_minor,
            initial=facts.left_minor,
            help_text=_("At most %(amount)s.") % {"amount": amount(facts.left_minor, facts.currency)},
        )
        self.fields["amount"].widget.attrs.update({"class": "input", "inputmode": "decimal"})
        self.order_fields(["amount", "reason"])


def _may_refund(visit: Visit, facts: PaymentFacts) -> Verdict:  # noqa: ARG001
    moving = facts.status == "processing" and facts.is_debit
    if facts.status not in REFUNDABLE and not moving:
        if facts.status in ("disputed_action_required", "disputed_awaiting_decision"):
            return _("The customer's bank has taken the money back until the dispute is decided.")
        return False
    if not facts.left_minor:
        return _("Nothing is left of it: it was given back, or went to the customer's credit.")
    return True


def _tell_refund(visit: Visit, facts: PaymentFacts, form: Form) -> Told:  # noqa: ARG001
    method = facts.method.name
    effects: list[Effect] = []
    if facts.by_hand:
        effects.append(
            Effect(
                _("It came outside a processor: hand the money back yourself; here it is written down."),
                "hand-coins",
                "warn",
            )
        )
    elif facts.status == "processing":
        effects.append(
            Effect(
                _("The bank debit is still under way: it is given back once it has arrived."),
                "hourglass",
                "warn",
            )
        )
    elif facts.is_debit:
        effects.append(
            Effect(_("It goes back to %(method)s in 5 to 10 business days.") % {"method": method}, "landmark")
        )
    else:
        effects.append(
            Effect(
                _("It goes back to %(method)s at once; the bank shows it within days.") % {"method": method},
                "credit-card",
            )
        )
    if facts.refunded_minor:
        told = {
            "back": amount(facts.refunded_minor, facts.currency),
            "paid": amount(facts.amount_minor, facts.currency),
        }
        effects.append(Effect(_("%(back)s of %(paid)s was given back before.") % told, "undo-2"))
    if facts.fee_minor:
        words = _("The processor keeps its fee of %(amount)s.") % {
            "amount": amount(facts.fee_minor, facts.currency)
        }
        effects.append(Effect(words, "receipt"))
    if facts.subscription:
        words = _("%(name)s goes on and is charged as agreed. Cancel it to end that.") % {
            "name": facts.subscription
        }
        effects.append(Effect(words, "repeat"))
    title = _("Refund %(amount)s") % {"amount": amount(facts.amount_minor, facts.currency)}
    return Told(title, _("Refund"), effects, _("Keep the money"), {"amount": facts.currency})


def _refund(visit: ActionVisit, facts: PaymentFacts, form: RefundForm) -> str:
    given = form.cleaned_data

    def work(db: Any) -> int:
        return request_refund(
            db, visit.ctx, facts.id, given["amount"], reason=given["reason"], actor=visit.who.actor
        )

    refund = visit.do(REFUND.kind, work)
    if facts.by_hand:
        return payments_by_hand(1)
    return give_back_now(visit, [refund])


REFUND = Action(
    object="payment",
    key="refund",
    label=gettext_lazy("Refund"),
    icon="undo-2",
    needs=("manage_payments", ""),
    verdict=_may_refund,
    form=lambda _visit, facts, data: RefundForm(facts, data),
    tell=_tell_refund,
    do=_refund,
    danger=True,
)


def _tell_dispute(visit: Visit, facts: PaymentFacts, form: Form) -> Told:  # noqa: ARG001
    zone = visit.ctx.time_zone
    effects: list[Effect] = []
    if (
        facts.disputed_minor is not None
        and facts.disputed_at is not None
        and facts.evidence_due_on is not None
    ):
        told = {
            "amount": amount(facts.disputed_minor, facts.currency),
            "at": formatting.instant(facts.disputed_at, zone),
        }
        effects.append(
            Effect(
                _("The customer disputed %(amount)s at their bank, %(at)s.") % told, "triangle-alert", "warn"
            )
        )
        fee = {"amount": amount(facts.dispute_fee_minor, facts.currency)}
        effects.append(Effect(_("The processor took a fee of %(amount)s for it.") % fee, "receipt"))
        effects.append(_standing(facts, zone))
    return Told(_("Dispute"), "", effects)


def _standing(facts: PaymentFacts, zone: str) -> Effect:
    at = {"at": formatting.instant(facts.decided_at, zone) if facts.decided_at else ""}
    if facts.dispute_status == "won":
        return Effect(_("It was won %(at)s: the money is back here.") % at, "circle-check", "ok")
    if facts.dispute_status == "lost":
        return Effect(_("It was lost %(at)s: the money stays with the customer.") % at, "circle-x", "bad")
    assert facts.evidence_due_on is not None
    return Effect(
        _("Send evidence to the processor until %(day)s. The invoice stays paid until it is decided.")
        % {"day": day(facts.evidence_due_on)},
        "calendar-clock",
        "warn",
    )


DISPUTE = Action(
    object="payment",
    key="dispute",
    label=gettext_lazy("Dispute"),
    icon="triangle-alert",
    needs=("view", "payment"),
    verdict=lambda _visit, facts: facts.disputed_minor is not None,
    tell=_tell_dispute,
)
