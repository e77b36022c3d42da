"""Products: what is sold. A line item copies its product's values when it is made, and lives its own life after."""

from __future__ import annotations

from kalends.catalog import options as shared
from kalends.catalog import sales_options as o
from kalends.catalog.associations import associations_of
from kalends.catalog.declare import choice, day, money, string
from kalends.catalog.expressions import ACCOUNT_CURRENCY, Expression
from kalends.catalog.groups import ABOUT, BILLING, PRICING, REVENUE
from kalends.catalog.model import EDITABLE, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, created, modified, owner

MARGIN = Expression("{t}.price - {t}.unit_cost")

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("name", Text("Name", "Navn", "Nimi"), "name", EDITABLE, ABOUT, required=True),
    string("hs_sku", Text("SKU", "SKU", "SKU"), "sku", EDITABLE, ABOUT, "The seller's own article number."),
    string("description", Text("Description", "Beskrivelse", "Kuvaus"), "description", EDITABLE, ABOUT,
           field_type="textarea"),
    choice("hs_folder", Text("Folder", "Mappe", "Kansio"), "folder", EDITABLE, ABOUT, options_from="folders"),
    choice("hs_status", Text("Status", "Status", "Tila"), "status", EDITABLE, ABOUT,
           options=o.PRODUCT_STATUSES),
    choice("hs_product_type", Text("Product type", "Produkttype", "Tuotetyyppi"), "product_type", EDITABLE,
           ABOUT, options=shared.PRODUCT_TYPES),
    money("price", Text("Unit price", "Enhetspris", "Yksikköhinta"), "price", EDITABLE, PRICING,
          "In the account's currency, with up to six decimals.", currency=ACCOUNT_CURRENCY),
    money("hs_cost_of_goods_sold", Text("Unit cost", "Enhetskostnad", "Yksikkökustannus"), "unit_cost",
          EDITABLE, PRICING, "What one unit costs the seller.", currency=ACCOUNT_CURRENCY),
    money("hs_margin", Text("Margin", "Margin", "Kate"), MARGIN, KEPT, REVENUE, computed=True,
          currency=ACCOUNT_CURRENCY, formula="unit price - unit cost"),
    money("tax", Text("Tax", "Skatt", "Vero"), "tax", EDITABLE, PRICING, currency=ACCOUNT_CURRENCY),
    choice("hs_tax_rate_group_id", Text("Tax rate", "Skattesats", "Verokanta"), "tax_rate_group_id", EDITABLE,
           PRICING, "The tax rate chosen from the account's list.", options_from="tax_rates"),
    choice("recurringbillingfrequency", Text("Billing frequency", "Faktureringsfrekvens", "Laskutustiheys"),
           "frequency", EDITABLE, BILLING, "How often it is billed; empty for a one-time item.",
           options=shared.FREQUENCIES),
    string("hs_recurring_billing_period", Text("Term", "Periode", "Kausi"), "term", EDITABLE, BILLING,
           "How long it runs, as an ISO 8601 duration such as P12M; empty when it renews until canceled."),
    day("hs_recurring_billing_start_date",
        Text("Billing start date", "Startdato for fakturering", "Laskutuksen aloituspäivä"), "start_date",
        EDITABLE, BILLING),
    choice("hs_pricing_model", Text("Pricing model", "Prismodell", "Hinnoittelumalli"), "pricing_model",
           EDITABLE, PRICING, options=shared.PRICING_MODELS),
    string("hs_tier_ranges", Text("Tier ranges", "Trinnintervaller", "Porrasvälit"), "tier_ranges", EDITABLE,
           PRICING, "A JSON list of ranges, each with start and end; the last has no end."),
    string("hs_tier_prices", Text("Tier prices", "Trinnpriser", "Porrashinnat"), "tier_prices", EDITABLE,
           PRICING, "A JSON list of the prices of the ranges."),
    string("hs_url", Text("URL", "URL", "URL-osoite"), "url", EDITABLE, ABOUT),
    string("hs_images", Text("Image URL", "Bilde-URL", "Kuvan URL-osoite"), "images", EDITABLE, ABOUT),
    created("createdate"),
    modified(),
    owner(Text("Product owner", "Produkteier", "Tuotteen omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

PRODUCT = ObjectType(
    name="product",
    plural="products",
    type_id="0-7",
    singular_label=Text("Product", "Produkt", "Tuote"),
    plural_label=Text("Products", "Produkter", "Tuotteet"),
    table="product",
    properties=PROPERTIES,
    display="coalesce(NULLIF({t}.name, ''), {t}.id::text)",
    search=(
        "lower({t}.name) LIKE {pattern}",
        "lower({t}.description) LIKE {pattern}",
        "lower({t}.sku) LIKE {pattern}",
        "{t}.price::text LIKE {pattern}",
        "{t}.id::text = {exact}",
    ),
    default_columns=("name", "hs_sku", "price", "recurringbillingfrequency", "createdate"),
    default_sort=Sort("createdate", descending=True),
    created="createdate",
    modified="hs_lastmodifieddate",
    api_defaults=("name", "description", "price"),
    required_at_creation=("name",),
    associations=associations_of("product"),
)
