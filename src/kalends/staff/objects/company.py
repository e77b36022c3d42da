"""Companies as staff see them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, ngettext

from kalends.staff.objects.declare import (
    GONE,
    Empty,
    ObjectPage,
    QuickFilter,
    condition,
    object_type,
    view,
)

OBJECT = object_type("company")


def _found(count: int) -> str:
    return ngettext("%(count)s company", "%(count)s companies", count)


PAGE = ObjectPage(
    object=OBJECT,
    slug="companies",
    icon="building-2",
    group="customers",
    title="name",
    due="createdate",
    under="domain",
    views=(
        view("all", gettext_lazy("All companies")),
        view("mine", gettext_lazy("My companies"), [condition("hubspot_owner_id", "is_any_of", "me")]),
        view("unassigned", gettext_lazy("Unassigned"), [condition("hubspot_owner_id", "unknown")]),
    ),
    quick=(
        QuickFilter("owner", "hubspot_owner_id"),
        QuickFilter("stage", "lifecyclestage"),
        QuickFilter("created", "createdate", GONE),
    ),
    columns=("phone", "city", "country", "hubspot_owner_id", "createdate"),
    key_properties=(
        "domain",
        "phone",
        "city",
        "country",
        "lifecyclestage",
        "hs_subscription_mrr",
        "total_revenue",
        "hubspot_owner_id",
    ),
    ties=("contact", "subscription", "invoice", "payment", "deal", "quote", "payment_link"),
    found=_found,
    empty=Empty(
        gettext_lazy("No companies yet"),
        gettext_lazy("Companies are listed here as soon as the first one is made or imported."),
    ),
    search_hint=gettext_lazy("Name, domain or phone"),
)
