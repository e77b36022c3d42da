"""What the index of subscriptions offers, and how it shows properties that have a better form than their type's."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.catalog import OBJECTS
from kalends.query import Period, parse
from kalends.staff import formatting
from kalends.staff.cells import Cell, Row
from kalends.staff.lists import Index, Preset, SavedView, period
from kalends.staff.queries.subscriptions import Companion
from kalends.staff.statuses import SUBSCRIPTION as ICONS
from kalends.staff.visit import Visit

OBJECT = OBJECTS["subscription"]


def _status(key: str, label: Any) -> SavedView:
    condition = {"property": "hs_status", "operator": "is_any_of", "values": [key]}
    return SavedView(key, label, {"groups": [[condition]]})


INDEX = Index(
    object=OBJECT,
    views=(
        SavedView("all", gettext_lazy("All subscriptions"), {"groups": []}),
        _status("unpaid", gettext_lazy("Unpaid")),
        _status("scheduled", gettext_lazy("Scheduled")),
    ),
    choice=("status", "hs_status"),
    time=("due", "hs_next_payment_due_date"),
    presets=(
        period(Period.TODAY, gettext_lazy("Today")),
        period(Period.TOMORROW, gettext_lazy("Tomorrow")),
        period(Period.THIS_WEEK, gettext_lazy("This week")),
        period(Period.NEXT_WEEK, gettext_lazy("Next week")),
        period(Period.THIS_MONTH, gettext_lazy("This month")),
        period(Period.NEXT_MONTH, gettext_lazy("Next month")),
        Preset("next_30_days", gettext_lazy("Next 30 days"), "less_than_days_ahead", "30"),
        Preset("later", gettext_lazy("Later than 30 days"), "more_than_days_ahead", "30"),
    ),
    day_filter=(
        [{"property": "hs_next_payment_due_date", "operator": "is_any_of", "values": ["{day}"]}],
        [
            {
                "associated": "invoice",
                "conditions": [
                    {"property": "hs_due_date", "operator": "is_any_of", "values": ["{day}"]},
                    {"property": "hs_invoice_status", "operator": "is_any_of", "values": ["open", "paid"]},
                ],
            }
        ],
    ),
)


class Dresses:
    """How the index shows properties that have a better form than their type's."""

    def __init__(self, visit: Visit, beside: dict[int, Companion]) -> None:
        self.visit, self.beside = visit, beside
        self.status = OBJECT.by_name["hs_status"]

    def all(self) -> dict[str, Any]:
        """By property."""
        return {
            "hs_name": self.name,
            "hs_status": self.badge,
            "hs_next_payment_due_date": self.due,
            "hs_next_payment_amount": self.amount,
            "hs_payment_method": self.method,
        }

    def name(self, row: Row) -> Cell:
        link = reverse("subscription", args=[self.visit.ctx.id, row["id"]])
        under = self.beside[row["id"]].customer
        return Cell(kind="name", text=row["hs_name"], link=link, under=under, css="c-name")

    def badge(self, row: Row) -> Cell:
        status, since = row["hs_status"], self.beside[row["id"]].arrears_since
        behind = (self.visit.ctx.today - since).days if since else 0
        return Cell(
            kind="badge",
            value=status,
            icon=ICONS[status],
            css="c-status",
            text=self.status.option_label(status, self.visit.language),
            note=formatting.late(behind) if behind > 0 else "",
            note_tone="bad" if status == "unpaid" else "warn",
        )

    def due(self, row: Row) -> Cell:
        day: date | None = row["hs_next_payment_due_date"]
        resumes = self.beside[row["id"]].resume_on
        if day is None:
            note = _("resumes %(day)s") % {"day": formatting.day(resumes)} if resumes else ""
            return Cell(kind="empty", css="c-due", note=note)
        today = self.visit.ctx.today
        first = row["hs_status"] == "scheduled" and day > today
        note = formatting.until(day, today)
        return Cell(
            kind="date",
            css="c-due",
            text=formatting.day(day),
            note=_("first payment %(when)s") % {"when": note} if first else note,
            note_tone="bad" if day < today else "",
        )

    def amount(self, row: Row) -> Cell:
        amount = row["hs_next_payment_amount"]
        if amount is None:
            return Cell(kind="empty", css="num c-amount")
        shown = formatting.money(amount, row["hs_next_payment_amount@currency"])
        return Cell(kind="money", money=shown, css="num c-amount")

    def method(self, row: Row) -> Cell:
        method = self.beside[row["id"]].method
        return Cell(kind="method", text=method.name, icon=method.icon) if method else Cell(kind="empty")


UNPAID = parse(OBJECT, INDEX.views[1].filter)
"""What needs a person: the number beside the navigation's entry."""
