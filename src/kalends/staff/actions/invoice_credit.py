"""A credit note: an invoice is taken back, whole or line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.accounts.sql import load
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import InvoiceFacts
from kalends.staff.actions.words import amount
from kalends.staff.forms import AmountField, Form
from kalends.staff.visit import Visit


class Creditable(NamedTuple):
    """A line of an invoice, in minor units; ``left_minor`` is what can still be taken back of it, with its tax."""

    id: int
    name: str
    total_minor: int
    credited_minor: int

    @property
    def left_minor(self) -> int:
        """What can still be taken back."""
        return self.total_minor - self.credited_minor


class CreditForm(Form):
    """The whole of what is left, or an amount for each line; and why."""

    what = forms.ChoiceField(label=gettext_lazy("Credit"), widget=forms.RadioSelect, initial="whole")
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Stands on the credit note; the customer reads it."),
    )

    def __init__(self, facts: InvoiceFacts, lines: Sequence[Creditable], data: Any = None) -> None:
        super().__init__(data)
        self.facts, self.lines = facts, [line for line in lines if line.left_minor]
        left = amount(self.left_minor, facts.currency)
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            ("whole", _("All that is left of it: %(amount)s") % {"amount": left}),
            ("lines", _("Amounts by line")),
        ]
        for line in self.lines:
            self.fields[f"line-{line.id}"] = AmountField(
                label=line.name,
                currency=facts.currency,
                least_minor=0,
                most_minor=line.left_minor,
                required=False,
                help_text=_("At most %(amount)s.") % {"amount": amount(line.left_minor, facts.currency)},
            )
            self.fields[f"line-{line.id}"].widget.attrs.update({"class": "input", "inputmode": "decimal"})
        self.order_fields(["what", *(f"line-{line.id}" for line in self.lines), "reason"])

    @property
    def left_minor(self) -> int:
        """What can still be taken back of the invoice."""
        return sum(line.left_minor for line in self.lines)

    def clean(self) -> dict[str, Any]:
        """At least one amount where lines are credited."""
        given = super().clean() or {}
        if given.get("what") == "lines" and not self.errors and not self._amounts(given):
            self.add_error("what", _("Give an amount for at least one line."))
        return given

    def _amounts(self, given: dict[str, Any]) -> list[CreditedLine]:
        return [
            CreditedLine(line.id, minor) for line in self.lines if (minor := given.get(f"line-{line.id}"))
        ]

    @property
    def wanted(self) -> list[CreditedLine] | None:
        """What is to be taken back: None for all that is left."""
        return None if self.cleaned_data["what"] == "whole" else self._amounts(self.cleaned_data)


def _lines(visit: Visit, invoice_id: int) -> list[Creditable]:
    with visit.cursor() as cursor:
        cursor.execute(
            load("kalends.billing", "lines_to_credit"), {"account_id": visit.ctx.id, "id": invoice_id}
        )
        return [
            Creditable(id_, name, net + tax, credited) for id_, name, net, tax, credited in cursor.fetchall()
        ]


def _may_credit(visit: Visit, facts: InvoiceFacts) -> Verdict:  # noqa: ARG001
    if facts.status not in ("open", "paid"):
        return False
    if facts.moving_minor and facts.status == "open":
        return _("It is being charged right now. Wait until that charge is settled.")
    return True


def _tell_credit(visit: Visit, facts: InvoiceFacts, form: CreditForm) -> Told:  # noqa: ARG001
    effects: list[Effect] = []
    if facts.status == "open" and facts.owed_minor:
        words = _("%(amount)s is still owed: a credit note takes that away first.")
        effects.append(Effect(words % {"amount": amount(facts.owed_minor, facts.currency)}, "file-text"))
    beyond = form.left_minor - facts.owed_minor
    if beyond > 0:
        told = {"amount": amount(beyond, facts.currency), "contact": facts.contact or _("the customer")}
        words = _(
            "Beyond that, up to %(amount)s is to the credit of %(contact)s; their next invoices use it up."
        )
        effects.append(Effect(words % told, "wallet"))
        effects.append(
            Effect(_("No money goes back by this. To give money back, refund the payment."), "undo-2")
        )
    effects.append(
        Effect(_("The customer gets the credit note by a letter. It cannot be taken back."), "mail")
    )
    if not form.lines:
        effects = [Effect(_("Nothing is left of it that could be credited."), "info")]
    units = {f"line-{line.id}": facts.currency for line in form.lines}
    title = _("Credit invoice %(number)s") % {"number": facts.name}
    return Told(title, _("Write credit note"), effects, "", units)


def _credit(visit: ActionVisit, facts: InvoiceFacts, form: CreditForm) -> str:
    wanted, why = form.wanted, form.cleaned_data["reason"]

    def work(db: Any) -> dict[str, Any]:
        note = issue_credit_note(db, visit.ctx, facts.id, wanted, reason=why, actor=visit.who.actor)
        return {"number": note.number, "total": note.total_minor}

    done = visit.do(CREDIT.kind, work)
    told = {"number": done["number"], "amount": amount(done["total"], facts.currency)}
    return _("Credit note %(number)s over %(amount)s is written") % told


CREDIT = Action(
    object="invoice",
    key="credit",
    label=gettext_lazy("Write credit note"),
    icon="undo-2",
    needs=("manage_payments", ""),
    verdict=_may_credit,
    form=lambda visit, facts, data: CreditForm(facts, _lines(visit, facts.id), data),
    tell=_tell_credit,  # type: ignore[arg-type]
    do=_credit,
)
