"""Deals as staff see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from kalends.staff.objects.declare import (
    COMING,
    Empty,
    ObjectPage,
    QuickFilter,
    condition,
    object_type,
    view,
)

OBJECT = object_type("deal")
OUTCOME = ("hs_is_closed", "hs_is_closed_won")
"""The properties that :func:`is_lost` looks at."""


def is_lost(row: Mapping[str, Any]) -> bool:
    """Whether a deal was closed without being won: nothing is made of it before it is opened again."""
    return bool(row["hs_is_closed"]) and not row["hs_is_closed_won"]


def _found(count: int) -> str:
    return ngettext("%(count)s deal", "%(count)s deals", count)


PAGE = ObjectPage(
    object=OBJECT,
    slug="deals",
    icon="handshake",
    group="customers",
    title="dealname",
    amount="amount",
    due="closedate",
    views=(
        view("all", gettext_lazy("All deals")),
        view("mine", gettext_lazy("My deals"), [condition("hubspot_owner_id", "is_any_of", "me")]),
        view(
            "closing", gettext_lazy("Closing this month"), [condition("closedate", "in_period", "this_month")]
        ),
        view("won", gettext_lazy("Won"), [condition("dealstage", "is_any_of", "closedwon")]),
    ),
    quick=(
        QuickFilter("owner", "hubspot_owner_id"),
        QuickFilter("stage", "dealstage"),
        QuickFilter("close", "closedate", COMING),
    ),
    columns=("dealstage", "closedate", "hubspot_owner_id", "amount"),
    key_properties=("amount", "dealstage", "pipeline", "closedate", "dealtype", "hs_mrr", "hubspot_owner_id"),
    ties=("contact", "company", "line_item", "subscription", "quote", "payment_link"),
    found=_found,
    empty=Empty(
        gettext_lazy("No deals yet"),
        gettext_lazy("Deals are listed here as soon as the first one is made or imported."),
    ),
    sum_label=gettext_lazy("Amount"),
    search_hint=gettext_lazy("Name, stage or ID"),
)
