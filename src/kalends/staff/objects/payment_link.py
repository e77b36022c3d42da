"""Payment links as staff see them."""

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
from kalends.staff.visit import Visit

OBJECT = object_type("payment_link")
ICONS = {
    "active": "circle-check",
    "inactive": "circle-pause",
    "expired": "circle-x",
    "used": "flag",
}


def _found(count: int) -> str:
    return ngettext("%(count)s payment link", "%(count)s payment links", count)


def _dresses(visit: Visit, beside: Beside) -> Mapping[str, Dress]:  # noqa: ARG001
    """A shape for each state, since color is never the only difference."""
    state = OBJECT.by_name["hs_state"]

    def badge(row: Row) -> Cell:
        value: str = row["hs_state"]
        return Cell(
            kind="badge", value=value, icon=ICONS[value], text=state.option_label(value, visit.language)
        )

    return {"hs_state": badge}


PAGE = ObjectPage(
    object=OBJECT,
    slug="payment-links",
    icon="link",
    group="commerce",
    title="hs_payment_link_name",
    amount="hs_amount",
    due="hs_createdate",
    views=(
        view("all", gettext_lazy("All payment links")),
        view("active", gettext_lazy("Active"), [condition("hs_state", "is_any_of", "active")]),
        view(
            "closed",
            gettext_lazy("Closed"),
            [condition("hs_state", "is_any_of", "inactive", "expired", "used")],
        ),
    ),
    quick=(
        QuickFilter("status", "hs_state"),
        QuickFilter("owner", "hubspot_owner_id"),
        QuickFilter("created", "hs_createdate", GONE),
    ),
    badges={"hs_state": ICONS},
    columns=("hs_state", "hs_amount", "hs_completed_purchase_count", "hs_collected_amount", "hs_createdate"),
    needs=("hs_state",),
    dresses=_dresses,
    key_properties=(
        "hs_amount",
        "hs_completed_purchase_count",
        "hs_collected_amount",
        "hs_allowed_payment_methods",
        "hs_one_time_use_enabled",
        "hs_expiration_date",
        "hs_discount_code_enabled",
        "hubspot_owner_id",
    ),
    ties=("contact", "company", "deal", "subscription", "payment", "invoice", "line_item"),
    found=_found,
    empty=Empty(
        gettext_lazy("No payment links yet"),
        gettext_lazy(
            "A payment link is a page where customers buy and pay by themselves. Make one, and share its address."
        ),
    ),
    search_hint=gettext_lazy("Name or ID"),
)
