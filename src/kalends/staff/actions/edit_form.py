"""The form of an edit: line items, day, contact, name, and from when it counts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing.edit import Edit, LineEdit
from kalends.core.pricing import LineTerms
from kalends.staff.actions.facts import SubscriptionFacts
from kalends.staff.actions.words import day
from kalends.staff.forms import DateField, Form
from kalends.staff.line_items import LineForms, LineNow
from kalends.staff.visit import Visit

_LINES = """
    SELECT id, name, unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive
    FROM line_item
    WHERE account_id = %(account_id)s AND parent_id = %(id)s AND parent_type = 'subscription'
        AND archived_at IS NULL
        AND from_cycle <= %(cycle)s AND (until_cycle IS NULL OR until_cycle > %(cycle)s)
    ORDER BY position, id
"""
_CONTACT = """
    SELECT id FROM contact
    WHERE account_id = %s AND lower(email) = lower(%s) AND archived_at IS NULL
    ORDER BY id LIMIT 1
"""


class EditForm(Form):
    """What is to be changed; ``lines`` are its rows. ``shown`` and ``offer`` are of the preview that was looked at."""

    next_due = DateField(
        label=gettext_lazy("Next payment on"),
        required=False,
        help_text=gettext_lazy("It becomes the day of all payments to come."),
    )
    contact = forms.EmailField(label=gettext_lazy("Contact's email"), required=False)
    name = forms.CharField(label=gettext_lazy("Name of the subscription"), max_length=500)
    counts = forms.ChoiceField(
        label=gettext_lazy("The change counts"),
        choices=(
            ("next", gettext_lazy("From the next payment on")),
            ("now", gettext_lazy("From today: the days left are charged and credited at once")),
        ),
        widget=forms.RadioSelect,
    )
    step = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    shown = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    offer = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, visit: Visit, facts: SubscriptionFacts, data: Any = None) -> None:
        super().__init__(data)
        self.visit, self.facts = visit, facts
        self.lines = LineForms(facts.currency, lines_now(visit, facts), data)
        self.fields["next_due"].initial = facts.next_due_date
        self.fields["contact"].initial = facts.email
        self.fields["name"].initial = facts.name
        self.fields["counts"].initial = "now" if visit.ctx.settings.prorate_edits else "next"

    def is_valid(self) -> bool:
        """Whether everything is; rows that are not are shown with the rest."""
        own, rows = super().is_valid(), self.lines.is_valid()
        if self.lines.unknown:
            self.add_error(None, _("A line item is not billed any more. Load the page to see what is."))
        return own and rows

    def add_row(self) -> None:
        """One more line item, empty."""
        self.lines.add()

    @property
    def prorate(self) -> bool:
        """Whether it counts from today."""
        return self.cleaned_data["counts"] == "now"

    def clean_next_due(self) -> date | None:
        """A day after today; the one that it is changes nothing."""
        given: date | None = self.cleaned_data["next_due"]
        if given is None or given == self.facts.next_due_date:
            return None
        if given <= self.visit.ctx.today:
            raise forms.ValidationError(
                _("Give a day after today, %(today)s.") % {"today": day(self.visit.ctx.today)}
            )
        return given

    def clean_contact(self) -> int | None:
        """The contact with this address; the one that it is changes nothing."""
        given: str = self.cleaned_data["contact"]
        if not given or given.lower() == (self.facts.email or "").lower():
            return None
        with self.visit.cursor() as cursor:
            cursor.execute(_CONTACT, [self.visit.ctx.id, given])
            rows = cursor.fetchall()
        found = self.visit.among("view", "contact", [row[0] for row in rows])
        if not found:
            raise forms.ValidationError(_("There is no contact with this email address."))
        return found.pop()

    def clean(self) -> dict[str, Any]:
        """What cannot be changed together with proration."""
        given = super().clean() or {}
        if given.get("counts") == "now":
            alone = _("Change this in an edit of its own, from the next payment on.")
            for name in ("next_due", "contact"):
                if given.get(name) is not None:
                    self.add_error(name, alone)
        return given

    @property
    def edit(self) -> Edit:
        """The change that is asked for."""
        given = self.cleaned_data
        return Edit(
            lines=[LineEdit(typed.id, typed.line) for typed in self.lines.typed],
            next_due=given["next_due"],
            contact_id=given["contact"],
            name=given["name"] if given["name"] != self.facts.name else None,
        )


def lines_now(visit: Visit, facts: SubscriptionFacts) -> list[LineNow]:
    """The lines that bill the next payment."""
    params = {"account_id": visit.ctx.id, "id": facts.id, "cycle": facts.next_cycle}
    with visit.cursor() as cursor:
        cursor.execute(_LINES, params)
        return [LineNow(id_, name, LineTerms(*terms)) for id_, name, *terms in cursor.fetchall()]
