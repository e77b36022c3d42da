"""Products as staff see them."""

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

OBJECT = object_type("product")


def _found(count: int) -> str:
    return ngettext("%(count)s product", "%(count)s products", count)


PAGE = ObjectPage(
    object=OBJECT,
    slug="products",
    icon="package",
    group="commerce",
    title="name",
    amount="price",
    due="createdate",
    under="hs_sku",
    views=(
        view("all", gettext_lazy("All products")),
        view("recurring", gettext_lazy("Recurring"), [condition("recurringbillingfrequency", "known")]),
        view("one_time", gettext_lazy("One-time"), [condition("recurringbillingfrequency", "unknown")]),
    ),
    quick=(
        QuickFilter("frequency", "recurringbillingfrequency"),
        QuickFilter("type", "hs_product_type"),
        QuickFilter("created", "createdate", GONE),
    ),
    columns=("price", "recurringbillingfrequency", "hs_product_type", "createdate"),
    key_properties=(
        "price",
        "recurringbillingfrequency",
        "hs_recurring_billing_period",
        "hs_recurring_billing_start_date",
        "hs_tax_rate_group_id",
        "hs_cost_of_goods_sold",
        "hs_margin",
        "hs_product_type",
        "description",
    ),
    found=_found,
    empty=Empty(
        gettext_lazy("No products yet"),
        gettext_lazy("Products are listed here as soon as the first one is made or imported."),
    ),
    search_hint=gettext_lazy("Name, SKU or price"),
)
