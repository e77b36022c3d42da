"""By what a subscription is charged: asking the customer for another method, changing it, charging what is overdue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import Connection

from kalends.billing.changes import change_payment_method
from kalends.billing.hold import find_hold
from kalends.core.lifecycle import Status, is_terminal, may_be_charged
from kalends.messages.ask import request_new_method
from kalends.payments.again import charge_overdue, overdue, pay_by_new_method
from kalends.payments.methods import is_accepted
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict, looking
from kalends.staff.actions.facts import SubscriptionFacts
from kalends.staff.actions.sending import charge_now
from kalends.staff.actions.words import amount, can_be_written_to, day
from kalends.staff.forms import Form
from kalends.staff.methods import stored
from kalends.staff.visit import Visit

EDIT = ("edit", "subscription")
_METHODS = """
    SELECT id, kind, brand, last4, expires_on FROM payment_method
    WHERE account_id = %s AND contact_id = %s AND (expires_on IS NULL OR expires_on >= %s) AND ended_at IS NULL
    ORDER BY id DESC LIMIT 50
"""


def _is_charged(facts: SubscriptionFacts) -> bool:
    return facts.is_automatic and facts.creates_invoices and not is_terminal(Status(facts.status))


def _may_ask(visit: Visit, facts: SubscriptionFacts) -> Verdict:  # noqa: ARG001
    if not _is_charged(facts):
        return False
    return can_be_written_to(facts.email)


def _tell_ask(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    effects = [
        Effect(
            _("%(email)s gets a letter with a link to enter another payment method.")
            % {"email": facts.email},
            "mail",
        ),
        Effect(_("At most one such letter goes out a day. Nothing is charged by this."), "info"),
    ]
    if facts.method is not None:
        effects.append(
            Effect(
                _("Until then it is charged by %(method)s.") % {"method": facts.method.name},
                facts.method.icon,
            )
        )
    return Told(_("Ask for another payment method"), _("Send the letter"), effects)


def _ask(visit: ActionVisit, facts: SubscriptionFacts, form: Form) -> str:  # noqa: ARG001
    def work(db: Connection[Any]) -> dict[str, str]:
        return {"email": request_new_method(db, visit.ctx, facts.id, actor=visit.who.actor)}

    email = visit.do(ASK_METHOD.kind, work)["email"]
    return _("The letter to %(email)s is on its way") % {"email": email}


ASK_METHOD = Action(
    object="subscription",
    key="request-method",
    label=gettext_lazy("Ask for a payment method"),
    icon="link",
    needs=EDIT,
    verdict=_may_ask,
    tell=_tell_ask,
    do=_ask,
)


class MethodForm(Form):
    """A stored method of the contact, and whether overdue payments are charged by it at once."""

    method = forms.TypedChoiceField(
        label=gettext_lazy("Payment method"), coerce=int, widget=forms.RadioSelect
    )
    overdue = forms.BooleanField(required=False, initial=True)

    def __init__(
        self, facts: SubscriptionFacts, methods: list[tuple[int, str]], owed: str, data: Any = None
    ) -> None:
        super().__init__(data)
        self.fields["method"].choices = methods  # type: ignore[attr-defined]
        self.fields["method"].initial = facts.method_id
        if owed:
            self.fields["overdue"].label = _("Charge %(amount)s that is overdue by it now") % {"amount": owed}
        else:
            del self.fields["overdue"]


def stored_methods(visit: Visit, facts: SubscriptionFacts) -> list[tuple[int, str]]:
    """The contact's methods that may be charged by this subscription, newest first, with their names."""
    with visit.cursor() as cursor:
        cursor.execute(_METHODS, [visit.ctx.id, facts.contact_id, visit.ctx.today])
        rows = cursor.fetchall()
    found: list[tuple[int, str]] = []
    for id_, kind, brand, last4, expires_on in rows:
        if is_accepted(kind, facts.accepted):
            name = stored(kind, brand, last4).name
            until = f", {_('until %(day)s') % {'day': day(expires_on)}}" if expires_on else ""
            found.append((id_, f"{name}{until}"))
    return found


def _overdue_minor(visit: Visit, facts: SubscriptionFacts) -> int:
    if not may_be_charged(Status(facts.status)):
        return 0
    with looking(visit) as db:
        return sum(each.owed_minor for each in overdue(db, visit.ctx, facts.id))


def _method_form(visit: Visit, facts: SubscriptionFacts, data: Any) -> MethodForm:
    owed = _overdue_minor(visit, facts) if visit.may("manage_payments") else 0
    words = amount(owed, facts.currency) if owed else ""
    return MethodForm(facts, stored_methods(visit, facts), words, data)


def _tell_method(visit: Visit, facts: SubscriptionFacts, form: MethodForm) -> Told:  # noqa: ARG001
    effects: list[Effect] = []
    if facts.next_due_date is not None:
        told = {"amount": amount(facts.next_amount_minor, facts.currency), "day": day(facts.next_due_date)}
        effects.append(
            Effect(
                _("%(amount)s on %(day)s, and all after it, is charged by the method chosen here.") % told,
                "credit-card",
            )
        )
    if not form.fields["method"].choices:  # type: ignore[attr-defined]
        effects.append(
            Effect(
                _("The contact has no stored payment method. Ask for one by the letter with the link."),
                "info",
                "warn",
            )
        )
    return Told(_("Change the payment method"), _("Use this method"), effects)


def _change(visit: ActionVisit, facts: SubscriptionFacts, form: MethodForm) -> str:
    method, actor = form.cleaned_data["method"], visit.who.actor
    if form.cleaned_data.get("overdue"):
        visit.require("manage_payments")
        done = visit.do(
            METHOD.kind,
            lambda db: {"payments": pay_by_new_method(db, visit.ctx, facts.id, method, actor=actor)},
        )
        return charge_now(visit, done["payments"], after=_("The payment method is changed."))
    visit.do(METHOD.kind, lambda db: change_payment_method(db, visit.ctx, facts.id, method, actor=actor))
    return _("The payment method is changed.")


METHOD = Action(
    object="subscription",
    key="method",
    label=gettext_lazy("Change payment method"),
    icon="credit-card",
    needs=EDIT,
    verdict=lambda _visit, facts: _is_charged(facts),
    form=_method_form,
    tell=_tell_method,  # type: ignore[arg-type]
    do=_change,
)


def _may_charge(visit: Visit, facts: SubscriptionFacts) -> Verdict:  # noqa: ARG001
    if not _is_charged(facts) or facts.status not in ("unpaid", "past_due") or not facts.owed_count:
        return False
    return True if facts.method_id else _("The subscription has no payment method. Ask for one first.")


def _tell_overdue(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    with looking(visit) as db:
        items = overdue(db, visit.ctx, facts.id)
    method = facts.method.name if facts.method else ""
    effects = [
        Effect(
            _("%(amount)s of invoice %(number)s is charged by %(method)s now.")
            % {"amount": amount(each.owed_minor, facts.currency), "number": each.number, "method": method},
            "credit-card",
        )
        for each in items
    ]
    if not items:
        effects.append(Effect(_("Nothing is overdue that could be charged now."), "info"))
    elif find_hold(visit.psycopg(), visit.ctx.id) is not None:
        effects.append(
            Effect(_("Billing is held: it is charged when billing goes on."), "circle-pause", "warn")
        )
    return Told(_("Charge what is overdue"), _("Charge now"), effects)


def _charge(visit: ActionVisit, facts: SubscriptionFacts, form: Form) -> str:  # noqa: ARG001
    done = visit.do(
        OVERDUE.kind, lambda db: {"payments": charge_overdue(db, visit.ctx, facts.id, actor=visit.who.actor)}
    )
    if not done["payments"]:
        return _("Nothing was overdue that could be charged.")
    return charge_now(visit, done["payments"])


OVERDUE = Action(
    object="subscription",
    key="charge-overdue",
    label=gettext_lazy("Charge what is overdue"),
    icon="zap",
    needs=("manage_payments", ""),
    verdict=_may_charge,
    tell=_tell_overdue,
    do=_charge,
)
