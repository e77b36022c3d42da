"""Contacts as staff see them."""

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

OBJECT = object_type("contact")


def _found(count: int) -> str:
    return ngettext("%(count)s contact", "%(count)s contacts", count)


PAGE = ObjectPage(
    object=OBJECT,
    slug="contacts",
    icon="user-round",
    group="customers",
    title="firstname",
    due="createdate",
    under="email",
    views=(
        view("all", gettext_lazy("All contacts")),
        view("mine", gettext_lazy("My contacts"), [condition("hubspot_owner_id", "is_any_of", "me")]),
        view("unassigned", gettext_lazy("Unassigned"), [condition("hubspot_owner_id", "unknown")]),
    ),
    quick=(
        QuickFilter("owner", "hubspot_owner_id"),
        QuickFilter("stage", "lifecyclestage"),
        QuickFilter("created", "createdate", GONE),
    ),
    columns=("phone", "company", "lifecyclestage", "hubspot_owner_id", "createdate"),
    key_properties=(
        "email",
        "phone",
        "company",
        "jobtitle",
        "lifecyclestage",
        "hs_subscription_mrr",
        "total_revenue",
        "hubspot_owner_id",
    ),
    ties=("company", "subscription", "invoice", "payment", "deal", "quote", "payment_link"),
    found=_found,
    empty=Empty(
        gettext_lazy("No contacts yet"),
        gettext_lazy("Contacts are listed here as soon as the first one is made or imported."),
    ),
    search_hint=gettext_lazy("Name, email or phone"),
)
