"""Payments as staff see them."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy, ngettext

from kalends.staff.cells import Cell, Dress, Row
from kalends.staff.objects.declare import (
    GONE,
    Beside,
    Empty,
    ObjectPage,
    QuickFilter,
    condition,
    object_type,
    view,
)
from kalends.staff.queries.customers import customers_of
from kalends.staff.reasons import reason
from kalends.staff.statuses import PAYMENT, payment_icon
from kalends.staff.visit import Visit

OBJECT = object_type("payment")


def _found(count: int) -> str:
    return ngettext("%(count)s payment", "%(count)s payments", count)


def _dresses(visit: Visit, beside: Beside) -> Mapping[str, Dress]:
    status = OBJECT.by_name["hs_latest_status"]

    def badge(row: Row) -> Cell:
        value: str = row["hs_latest_status"]
        return Cell(
            kind="badge",
            value=value,
            icon=payment_icon(value),
            text=status.option_label(value, visit.language),
        )

    def failure(row: Row) -> Cell:
        told = reason(None, row["hs_failure_reason"])
        return Cell(text=told) if told else Cell(kind="empty")

    def under(row: Row) -> Cell:
        return Cell(text=beside.get(row["id"], ""))

    return {"hs_latest_status": badge, "hs_failure_reason": failure, "@under": under}


PAGE = ObjectPage(
    object=OBJECT,
    slug="payments",
    icon="credit-card",
    group="commerce",
    title="hs_customer_email",
    amount="hs_initial_amount",
    due="hs_initiated_date",
    views=(
        view("all", gettext_lazy("All payments")),
        view(
            "succeeded", gettext_lazy("Succeeded"), [condition("hs_latest_status", "is_any_of", "succeeded")]
        ),
        view("failed", gettext_lazy("Failed"), [condition("hs_latest_status", "is_any_of", "failed")]),
        view(
            "refunded",
            gettext_lazy("Refunded"),
            [
                condition(
                    "hs_latest_status", "is_any_of", "refunded", "partially_refunded", "processing_refund"
                )
            ],
        ),
    ),
    quick=(
        QuickFilter("status", "hs_latest_status"),
        QuickFilter("date", "hs_initiated_date", GONE),
        QuickFilter("method", "hs_payment_method"),
    ),
    badges={"hs_latest_status": PAYMENT},
    columns=tuple(name for name in OBJECT.default_columns if name != "hs_customer_email"),
    beside=customers_of("payment"),
    dresses=_dresses,
    key_properties=(
        "hs_initial_amount",
        "hs_net_amount",
        "hs_refunds_amount",
        "hs_fees_amount",
        "hs_initiated_date",
        "hs_payment_method",
        "hs_payment_source_app",
        "hs_reference_number",
    ),
    ties=("subscription", "invoice", "contact", "company", "payment_link"),
    shows_ties=("contact", "company"),
    found=_found,
    empty=Empty(
        gettext_lazy("No payments yet"),
        gettext_lazy("Payments are listed here as soon as a customer is charged or one is recorded."),
    ),
    search_hint=gettext_lazy("Email, reference, invoice or ID"),
)
