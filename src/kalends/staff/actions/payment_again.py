"""Trying a failed charge again, writing what became of an unanswered one, and sending a receipt once more."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalends.core.dunning import may_be_retried
from kalends.core.lifecycle import Status, may_be_charged
from kalends.messages.resend import resend
from kalends.payments.again import RETRIES_BY_HAND_MAX, retry_by_hand
from kalends.payments.settle import settle_by_hand
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import PaymentFacts
from kalends.staff.actions.sending import charge_now
from kalends.staff.actions.words import amount, can_be_written_to, day
from kalends.staff.forms import AmountField, Form
from kalends.staff.reasons import reason
from kalends.staff.visit import Visit

PAYMENTS = ("manage_payments", "")


def _may_retry(visit: Visit, facts: PaymentFacts) -> Verdict:
    if facts.status != "failed" or facts.by_hand:
        return False
    status = facts.subscription_status
    if status is None or not may_be_charged(Status(status)):
        return _("It belongs to no subscription that may be charged.")
    debits = visit.ctx.settings.retry_bank_debits
    if not may_be_retried(facts.method_kind, facts.failure_code or "", bank_debits=debits):
        return _(
            "It failed for a reason that stays, or not by card. Ask the customer for another payment method."
        )
    if facts.retries_by_hand >= RETRIES_BY_HAND_MAX:
        return _(
            "It was tried again %(count)s times already. Ask the customer for another payment method."
        ) % {"count": RETRIES_BY_HAND_MAX}
    if (facts.owed_minor or 0) < facts.amount_minor or facts.invoice_status != "open":
        return _("Its invoice owes less by now. Charge what is overdue on the subscription instead.")
    return True if facts.next_kind else _("The subscription has no payment method. Ask for one first.")


def _tell_retry(visit: Visit, facts: PaymentFacts, form: Form) -> Told:  # noqa: ARG001
    method = facts.next_method.name if facts.next_method else ""
    told = {"amount": amount(facts.amount_minor, facts.currency), "method": method}
    effects = [
        Effect(_("%(amount)s is charged by %(method)s now.") % told, "credit-card"),
        Effect(
            _("Last time: %(why)s.") % {"why": reason(facts.failure_code, facts.failure_reason)},
            "circle-alert",
        ),
    ]
    if facts.next_retry_on is not None:
        words = _("If it is declined again, the retry of %(day)s stays.") % {"day": day(facts.next_retry_on)}
        effects.append(Effect(words, "calendar-clock"))
    left = RETRIES_BY_HAND_MAX - facts.retries_by_hand
    words = ngettext(
        "It can be tried by hand %(count)s more time.", "It can be tried by hand %(count)s more times.", left
    )
    effects.append(Effect(words % {"count": left}, "info"))
    return Told(_("Try the charge again"), _("Charge now"), effects)


def _retry(visit: ActionVisit, facts: PaymentFacts, form: Form) -> str:  # noqa: ARG001
    visit.do(RETRY.kind, lambda db: retry_by_hand(db, visit.ctx, facts.id, actor=visit.who.actor))
    return charge_now(visit, [facts.id])


RETRY = Action(
    object="payment",
    key="retry",
    label=gettext_lazy("Try again"),
    icon="refresh-cw",
    needs=PAYMENTS,
    verdict=_may_retry,
    tell=_tell_retry,
    do=_retry,
)


class SettleForm(Form):
    """What the processor's own records say of a charge that got no answer."""

    found = forms.ChoiceField(
        label=gettext_lazy("What the processor's records say"),
        choices=(
            ("paid", gettext_lazy("The charge was made")),
            ("not_paid", gettext_lazy("There is no such charge")),
        ),
        widget=forms.RadioSelect,
    )
    reference = forms.CharField(
        label=gettext_lazy("The processor's reference"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("For a charge that was made."),
    )
    reason = forms.CharField(label=gettext_lazy("How you found out"), required=False, max_length=500)

    def __init__(self, facts: PaymentFacts, data: Any = None) -> None:
        super().__init__(data)
        self.fields["fee"] = AmountField(
            label=_("The processor's fee"),
            currency=facts.currency,
            least_minor=0,
            most_minor=facts.amount_minor,
            required=False,
        )
        self.fields["fee"].widget.attrs.update({"class": "input", "inputmode": "decimal"})
        self.order_fields(["found", "reference", "fee", "reason"])

    def clean(self) -> dict[str, Any]:
        """A charge that was made has a reference; one that was not has no fee."""
        given = super().clean() or {}
        paid = given.get("found") == "paid"
        if paid and not (given.get("reference") or "").strip():
            self.add_error(
                "reference", _("A charge that was made has a reference at the processor: give that.")
            )
        if not paid and given.get("fee"):
            self.add_error("fee", _("A charge that was not made has no fee."))
        return given


def _tell_settle(visit: Visit, facts: PaymentFacts, form: Form) -> Told:  # noqa: ARG001
    told = {"amount": amount(facts.amount_minor, facts.currency), "number": facts.invoice or ""}
    effects = [
        Effect(_("Made: %(amount)s pays invoice %(number)s.") % told, "circle-check"),
        Effect(_("Not made: the charge has failed, and a card is tried again on its days."), "circle-x"),
        Effect(
            _(
                "Be sure: a charge that was made and is called not made may be made twice. This cannot be taken back."
            ),
            "triangle-alert",
            "warn",
        ),
    ]
    return Told(
        _("Write what became of the charge"), _("Write it down"), effects, "", {"fee": facts.currency}
    )


def _settle(visit: ActionVisit, facts: PaymentFacts, form: SettleForm) -> str:
    given = form.cleaned_data
    paid = given["found"] == "paid"

    def work(db: Any) -> dict[str, Any]:
        done = settle_by_hand(
            db,
            visit.ctx,
            facts.id,
            paid=paid,
            reference=given["reference"] or None,
            fee_minor=given.get("fee") or 0,
            reason=given["reason"],
            actor=visit.who.actor,
        )
        return {"status": done.status}

    visit.do(SETTLE.kind, work)
    return _("Written down as paid") if paid else _("Written down as not paid")


SETTLE = Action(
    object="payment",
    key="settle",
    label=gettext_lazy("Settle by hand"),
    icon="circle-question-mark",
    needs=PAYMENTS,
    verdict=lambda _visit, facts: facts.attempt == "sent",
    form=lambda _visit, facts, data: SettleForm(facts, data),
    tell=_tell_settle,
    do=_settle,
)


def _may_resend(visit: Visit, facts: PaymentFacts) -> Verdict:  # noqa: ARG001
    if facts.receipt_id is None:
        return False
    return can_be_written_to(facts.email)


def _tell_resend(visit: Visit, facts: PaymentFacts, form: Form) -> Told:  # noqa: ARG001
    words = _("The receipt over %(amount)s goes to %(email)s once more, as it was.") % {
        "amount": amount(facts.amount_minor, facts.currency),
        "email": facts.email,
    }
    return Told(_("Send the receipt again"), _("Send it"), [Effect(words, "mail")])


def _resend(visit: ActionVisit, facts: PaymentFacts, form: Form) -> str:  # noqa: ARG001
    letter = facts.receipt_id
    assert letter is not None
    visit.do(RESEND_RECEIPT.kind, lambda db: resend(db, visit.ctx, letter))
    return _("The receipt to %(email)s is on its way") % {"email": facts.email}


RESEND_RECEIPT = Action(
    object="payment",
    key="resend-receipt",
    label=gettext_lazy("Send the receipt again"),
    icon="send",
    needs=PAYMENTS,
    verdict=_may_resend,
    tell=_tell_resend,
    do=_resend,
)
