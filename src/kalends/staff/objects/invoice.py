"""Invoices as staff see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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
from kalends.staff.queries.customers import customers_of
from kalends.staff.statuses import INVOICE as ICONS
from kalends.staff.visit import Visit

OBJECT = object_type("invoice")
_OPEN = condition("hs_invoice_status", "is_any_of", "open")


def _found(count: int) -> str:
    return ngettext("%(count)s invoice", "%(count)s invoices", count)


def _dresses(visit: Visit, beside: Beside) -> Mapping[str, Dress]:
    """Overdue is an open invoice whose due date has passed: a shape of its own, and how late it is."""
    status = OBJECT.by_name["hs_invoice_status"]

    def badge(row: Row) -> Cell:
        value: str = row["hs_invoice_status"]
        due: date | None = row["hs_due_date"]
        late = (visit.ctx.today - due).days if value == "open" and due else 0
        if late > 0:
            return Cell(
                kind="badge",
                value="overdue",
                icon=ICONS["overdue"],
                text=_("Overdue"),
                note=formatting.late(late),
                note_tone="warn",
            )
        return Cell(
            kind="badge",
            value=value,
            icon=ICONS[value],
            text=status.option_label(value, visit.language),
        )

    def under(row: Row) -> Cell:
        return Cell(text=beside.get(row["id"], ""))

    return {"hs_invoice_status": badge, "@under": under}


PAGE = ObjectPage(
    object=OBJECT,
    slug="invoices",
    icon="file-text",
    group="commerce",
    title="hs_number",
    amount="hs_amount_billed",
    due="hs_due_date",
    under="hs_title",
    views=(
        view("all", gettext_lazy("All invoices")),
        view("drafts", gettext_lazy("Drafts"), [condition("hs_invoice_status", "is_any_of", "draft")]),
        view("open", gettext_lazy("Open"), [_OPEN]),
        view(
            "overdue", gettext_lazy("Overdue"), [_OPEN, condition("hs_due_date", "more_than_days_ago", "0")]
        ),
        view("paid", gettext_lazy("Paid"), [condition("hs_invoice_status", "is_any_of", "paid")]),
    ),
    quick=(
        QuickFilter("status", "hs_invoice_status"),
        QuickFilter("due", "hs_due_date", COMING),
        QuickFilter("owner", "hubspot_owner_id"),
    ),
    badges={"hs_invoice_status": ICONS},
    columns=tuple(name for name in OBJECT.default_columns if name != "hs_number"),
    needs=("hs_invoice_status", "hs_due_date"),
    beside=customers_of("invoice"),
    dresses=_dresses,
    key_properties=(
        "hs_amount_billed",
        "hs_balance_due",
        "hs_amount_paid",
        "hs_invoice_date",
        "hs_due_date",
        "hs_payment_date",
        "hubspot_owner_id",
    ),
    ties=("subscription", "contact", "company", "line_item", "payment", "payment_link"),
    shows_ties=("contact", "company"),
    found=_found,
    empty=Empty(
        gettext_lazy("No invoices yet"),
        gettext_lazy("Invoices are listed here as soon as a subscription is billed or one is written."),
    ),
    sum_label=gettext_lazy("Billed"),
    search_hint=gettext_lazy("Number, name, email or ID"),
)
