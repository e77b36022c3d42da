"""Subscriptions as staff see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalends.catalog.status_shapes import SUBSCRIPTION_SHAPES as ICONS
from kalends.query import parse
from kalends.staff import formatting
from kalends.staff.cells import Cell, Dress, Row
from kalends.staff.objects.declare import (
    COMING,
    Beside,
    Empty,
    ObjectPage,
    QuickFilter,
    condition,
    object_type,
    view,
)
from kalends.staff.queries.subscriptions import companions
from kalends.staff.visit import Visit

OBJECT = object_type("subscription")


def _found(count: int) -> str:
    return ngettext("%(count)s subscription", "%(count)s subscriptions", count)


class _Dresses:
    def __init__(self, visit: Visit, beside: Beside) -> None:
        self.visit, self.beside = visit, beside
        self.status = OBJECT.by_name["hs_status"]

    def badge(self, row: Row) -> Cell:
        status, since = row["hs_status"], self.beside[row["id"]].arrears_since
        behind = (self.visit.ctx.today - since).days if since else 0
        return Cell(
            kind="badge",
            value=status,
            icon=ICONS[status],
            text=self.status.option_label(status, self.visit.language),
            note=formatting.late(behind) if behind > 0 else "",
            note_tone="bad" if status == "unpaid" else "warn",
        )

    def due(self, row: Row) -> Cell:
        day: date | None = row["hs_next_payment_due_date"]
        resumes = self.beside[row["id"]].resume_on
        if day is None:
            note = _("resumes %(day)s") % {"day": formatting.day(resumes)} if resumes else ""
            return Cell(kind="empty", note=note)
        today = self.visit.ctx.today
        first = row["hs_status"] == "scheduled" and day > today
        note = formatting.until(day, today)
        return Cell(
            kind="date",
            text=formatting.day(day),
            note=_("first payment %(when)s") % {"when": note} if first else note,
            note_tone="bad" if day < today else "",
        )

    def method(self, row: Row) -> Cell:
        method = self.beside[row["id"]].method
        return Cell(kind="method", text=method.name, icon=method.icon) if method else Cell(kind="empty")

    def under(self, row: Row) -> Cell:
        return Cell(text=self.beside[row["id"]].customer)


def _dresses(visit: Visit, beside: Beside) -> Mapping[str, Dress]:
    dress = _Dresses(visit, beside)
    return {
        "hs_status": dress.badge,
        "hs_next_payment_due_date": dress.due,
        "hs_payment_method": dress.method,
        "@under": dress.under,
    }


PAGE = ObjectPage(
    object=OBJECT,
    slug="subscriptions",
    icon="repeat",
    group="commerce",
    alert=parse(OBJECT, {"groups": [[condition("hs_status", "is_any_of", "unpaid")]]}),
    title="hs_name",
    amount="hs_next_payment_amount",
    due="hs_next_payment_due_date",
    views=(
        view("all", gettext_lazy("All subscriptions")),
        view("unpaid", gettext_lazy("Unpaid"), [condition("hs_status", "is_any_of", "unpaid")]),
        view("scheduled", gettext_lazy("Scheduled"), [condition("hs_status", "is_any_of", "scheduled")]),
    ),
    quick=(QuickFilter("status", "hs_status"), QuickFilter("due", "hs_next_payment_due_date", COMING)),
    badges={"hs_status": ICONS},
    columns=tuple(name for name in OBJECT.default_columns if name != "hs_name"),
    needs=("hs_status", "hs_next_payment_due_date"),
    beside=companions,
    dresses=_dresses,
    key_properties=(
        "hs_next_payment_due_date",
        "hs_next_payment_amount",
        "hs_recurring_billing_frequency",
        "hs_payment_method",
        "hs_mrr",
        "hs_total_collected_amount",
        "hs_recurring_billing_start_date",
        "hs_recurring_billing_end_date",
        "hubspot_owner_id",
    ),
    ties=("contact", "company", "line_item", "invoice", "payment", "deal", "quote", "payment_link"),
    shows_ties=("contact", "company"),
    found=_found,
    empty=Empty(
        gettext_lazy("No subscriptions yet"),
        gettext_lazy("Subscriptions are listed here as soon as the first one is made or imported."),
    ),
    search_hint=gettext_lazy("Name, email or ID"),
    sum_label=gettext_lazy("Next payments"),
    day_filter=(
        (condition("hs_next_payment_due_date", "is_any_of", "{day}"),),
        (
            {
                "associated": "invoice",
                "conditions": [
                    condition("hs_due_date", "is_any_of", "{day}"),
                    condition("hs_invoice_status", "is_any_of", "open", "paid"),
                ],
            },
        ),
    ),
)
