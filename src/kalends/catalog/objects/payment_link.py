"""Payment links: shared pages where somebody buys the line items of the link.

HubSpot has no public list of a payment link's properties: names are its words for the fields of its payment links API,
with the usual prefix. Its object type id is not published either; the one here is Kalends' own guess.
"""

from __future__ import annotations

from kalends.catalog import options as shared
from kalends.catalog import sales_options as o
from kalends.catalog.associations import associations_of, tie
from kalends.catalog.declare import choice, day, flag, money, number, string
from kalends.catalog.expressions import Expression, linked_ids, major
from kalends.catalog.groups import ABOUT, AMOUNTS, PAYMENT, SETTINGS
from kalends.catalog.line_amounts import from_line
from kalends.catalog.line_sums import sum_of_lines
from kalends.catalog.model import AT_CREATION, EDITABLE, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, created, modified, owner

STATE = Expression(
    "CASE WHEN {t}.status <> 'active' THEN {t}.status WHEN {t}.one_time_use AND {t}.uses > 0 THEN 'used' "
    "WHEN {t}.expires_on < {today} THEN 'expired' ELSE 'active' END"
)
AMOUNT = sum_of_lines(
    "payment_link",
    Expression(f"CASE WHEN coalesce({{t}}.is_optional, false) THEN 0 ELSE {from_line('total')} END"),
)
COLLECTED = Expression(
    "(SELECT coalesce("
    + major("sum(pay.amount_minor - pay.refunded_minor)")
    + ", 0) FROM payment pay WHERE pay.account_id = {t}.account_id AND pay.archived_at IS NULL "
    "AND pay.currency = {t}.currency AND pay.settled_at IS NOT NULL AND pay.id IN ("
    + linked_ids(tie("payment_link", "payment"), "payment_link", "payment")
    + "))"
)

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("hs_payment_link_name", Text("Payment link name", "Navn på betalingslenke", "Maksulinkin nimi"),
           "name", EDITABLE, ABOUT, required=True),
    choice("hs_state", Text("Status", "Status", "Tila"), STATE, KEPT, ABOUT,
           "Whether somebody can buy: a link may be switched off, have expired, or have been used the one time.",
           computed=True, options=o.LINK_STATES),
    choice("hs_currency_code", Text("Currency", "Valuta", "Valuutta"), "currency", AT_CREATION, AMOUNTS,
           options_from="currencies", required=True),
    money("hs_amount", Text("Amount", "Beløp", "Summa"), AMOUNT, KEPT, AMOUNTS,
          "The first payment of all line items that are not optional, with tax.", computed=True,
          formula="sum of the line items' net price after tax"),
    money("hs_collected_amount", Text("Collected amount", "Innkrevd beløp", "Peritty summa"), COLLECTED, KEPT,
          AMOUNTS, "What was paid through the link, less refunds.", computed=True,
          formula="sum of the settled payments of the link - refunds"),
    number("hs_completed_purchase_count", Text("Completed purchases", "Fullførte kjøp", "Toteutuneet ostot"),
           "uses", KEPT, AMOUNTS, "How many checkouts were paid.", computed=True),
    choice("hs_allowed_payment_methods", Text("Accepted payment methods", "Godkjente betalingsmåter",
           "Hyväksytyt maksutavat"), "allowed_payment_methods", EDITABLE, PAYMENT,
           "Empty: every method of the account's processor.", options=shared.ACCEPTED_METHODS, multiple=True),
    flag("hs_one_time_use_enabled", Text("One-time use", "Engangsbruk", "Kertakäyttöinen"), "one_time_use",
         EDITABLE, SETTINGS, "The link stops working once somebody has paid."),
    day("hs_expiration_date", Text("Expiration date", "Utløpsdato", "Viimeinen voimassaolopäivä"), "expires_on",
        EDITABLE, SETTINGS, "The last day on which somebody can buy; empty: no such day."),
    flag("hs_discount_code_enabled", Text("Discount codes enabled", "Rabattkoder aktivert",
         "Alennuskoodit käytössä"), "take_discount_codes", EDITABLE, SETTINGS),
    flag("hs_collect_billing_address", Text("Collect full billing address",
         "Samle inn full faktureringsadresse", "Kerää koko laskutusosoite"), "collect_billing_address", EDITABLE,
         SETTINGS),
    flag("hs_collect_shipping_address", Text("Collect shipping address", "Samle inn leveringsadresse",
         "Kerää toimitusosoite"), "collect_shipping_address", EDITABLE, SETTINGS),
    flag("hs_collect_tax_id", Text("Collect tax ID", "Samle inn organisasjonsnummer", "Kerää verotunniste"),
         "collect_tax_id", EDITABLE, SETTINGS),
    string("hs_checkout_text", Text("Text below the total", "Tekst under totalen", "Teksti summan alla"),
           "text_below_total", EDITABLE, SETTINGS, field_type="textarea"),
    string("hs_success_url", Text("Success URL", "URL ved fullført betaling", "Onnistumisen URL-osoite"),
           "redirect_url", EDITABLE, SETTINGS, "Where the receipt page leads on to."),
    choice("hs_language", Text("Language", "Språk", "Kieli"), "language", EDITABLE, SETTINGS,
           "Empty: that of the buyer's browser.", options=shared.LANGUAGES),
    flag("hs_create_deal", Text("Create a deal", "Opprett en avtale", "Luo kauppa"), "create_deal", EDITABLE,
         SETTINGS, "Whether a purchase makes a deal; empty: as the account has decided. A repeat payment never does."),
    choice("hs_deal_pipeline", Text("Deal pipeline", "Pipeline for avtalen", "Kaupan myyntiputki"),
           "deal_pipeline", EDITABLE, SETTINGS, options_from="deal_pipelines", api_type="string", field_type="text"),
    choice("hs_deal_stage", Text("Deal stage", "Avtaletrinn", "Kaupan vaihe"), "deal_stage", EDITABLE, SETTINGS,
           options_from="deal_stages", api_type="string", field_type="text"),
    string("hs_public_url_key", Text("Public URL key", "Nøkkel i offentlig URL", "Julkisen URL-osoitteen avain"),
           Expression("{t}.public_key::text"), KEPT, ABOUT,
           "The part of the link's address that cannot be guessed.", computed=True),
    created("hs_createdate"),
    modified(),
    owner(Text("Payment link owner", "Eier av betalingslenke", "Maksulinkin omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

PAYMENT_LINK = ObjectType(
    name="payment_link",
    plural="payment_links",
    type_id="0-118",
    singular_label=Text("Payment link", "Betalingslenke", "Maksulinkki"),
    plural_label=Text("Payment links", "Betalingslenker", "Maksulinkit"),
    table="payment_link",
    properties=PROPERTIES,
    display="coalesce(NULLIF({t}.name, ''), {t}.id::text)",
    search=("lower({t}.name) LIKE {pattern}", "{t}.public_key::text = {exact}", "{t}.id::text = {exact}"),
    default_columns=(
        "hs_payment_link_name",
        "hs_state",
        "hs_amount",
        "hs_completed_purchase_count",
        "hs_createdate",
    ),
    default_sort=Sort("hs_createdate", descending=True),
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    api_defaults=("hs_payment_link_name", "hs_state", "hs_currency_code", "hs_amount"),
    required_at_creation=("hs_payment_link_name", "hs_currency_code"),
    associations=associations_of("payment_link"),
)
