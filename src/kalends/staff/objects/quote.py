"""Quotes as staff see them."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy, ngettext

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
from kalends.staff.visit import Visit

OBJECT = object_type("quote")
ICONS = {
    "DRAFT": "circle-dashed",
    "PENDING_APPROVAL": "hourglass",
    "APPROVAL_NOT_NEEDED": "clock",
    "APPROVED": "clock",
    "REJECTED": "circle-x",
    "ACCEPTED": "circle-check",
    "VOID": "circle-x",
}


def _found(count: int) -> str:
    return ngettext("%(count)s quote", "%(count)s quotes", count)


def _dresses(visit: Visit, beside: Beside) -> Mapping[str, Dress]:  # noqa: ARG001
    """A shape for each status, since color is never the only difference."""
    status = OBJECT.by_name["hs_status"]

    def badge(row: Row) -> Cell:
        value: str = row["hs_status"]
        text = status.option_label(value, visit.language)
        return Cell(kind="badge", value=value, icon=ICONS[value], text=text)

    return {"hs_status": badge}


PAGE = ObjectPage(
    object=OBJECT,
    slug="quotes",
    icon="file-text",
    group="commerce",
    title="hs_title",
    amount="hs_quote_amount",
    due="hs_expiration_date",
    views=(
        view("all", gettext_lazy("All quotes")),
        view("drafts", gettext_lazy("Drafts"), [condition("hs_status", "is_any_of", "DRAFT", "REJECTED")]),
        view(
            "approval",
            gettext_lazy("To be approved"),
            [condition("hs_status", "is_any_of", "PENDING_APPROVAL")],
        ),
        view(
            "published",
            gettext_lazy("Waiting for the buyer"),
            [condition("hs_status", "is_any_of", "APPROVAL_NOT_NEEDED", "APPROVED")],
        ),
        view("accepted", gettext_lazy("Accepted"), [condition("hs_status", "is_any_of", "ACCEPTED")]),
    ),
    quick=(
        QuickFilter("owner", "hubspot_owner_id"),
        QuickFilter("status", "hs_status"),
        QuickFilter("expires", "hs_expiration_date", COMING),
    ),
    badges={"hs_status": ICONS},
    columns=("hs_status", "hs_expiration_date", "hs_quote_amount", "hs_payment_status", "hs_createdate"),
    needs=("hs_status",),
    dresses=_dresses,
    key_properties=(
        "hs_quote_number",
        "hs_quote_amount",
        "hs_expiration_date",
        "hs_acceptance_method",
        "hs_accepted_date",
        "hs_payment_status",
        "hs_net_payment_terms",
        "hubspot_owner_id",
    ),
    ties=("deal", "contact", "company", "subscription", "invoice", "payment", "line_item"),
    found=_found,
    empty=Empty(
        gettext_lazy("No quotes yet"),
        gettext_lazy("A quote is made of a deal: open the deal, and add one on its Quotes card."),
    ),
    search_hint=gettext_lazy("Name, number or ID"),
)
