"""Quotes."""

from __future__ import annotations

from kalends.catalog import options as shared
from kalends.catalog import sales_options as o
from kalends.catalog.associations import associations_of, tie
from kalends.catalog.declare import choice, day, flag, instant, money, number, string
from kalends.catalog.expressions import Expression, linked_records
from kalends.catalog.groups import ABOUT, AMOUNTS, BILLING, PAYMENT, SETTINGS
from kalends.catalog.line_sums import CURRENCY, QUOTE_DISCOUNT, QUOTE_TCV
from kalends.catalog.model import EDITABLE, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, created, modified, owner
from kalends.catalog.quote_amount import QUOTE_AMOUNT

_PUBLISHED = "{t}.status IN ('APPROVAL_NOT_NEEDED', 'APPROVED', 'ACCEPTED')"
NUMBER = Expression("to_char({t}.created_at AT TIME ZONE 'UTC', 'YYYYMMDD') || '-' || {t}.id")
EXPIRED = Expression("coalesce({t}.status <> 'ACCEPTED' AND {today} > {t}.expiration_date, false)")
LINK = Expression(
    f"CASE WHEN {_PUBLISHED} AND {{t}}.domain <> '' AND {{t}}.slug <> '' "
    "THEN 'https://' || {t}.domain || '/' || {t}.slug END"
)
_PAYMENTS = f"FROM {linked_records(tie('quote', 'payment'), 'quote', 'payment', 'pay')}"
_PAID = "pay.status NOT IN ('processing', 'failed')"
PAYMENT_STATUS = Expression(
    "CASE WHEN NOT {t}.payment_enabled THEN 'PAYMENT_NOT_ENABLED' "
    f"WHEN EXISTS (SELECT {_PAYMENTS} AND {_PAID}) THEN 'PAID' "
    f"WHEN EXISTS (SELECT {_PAYMENTS} AND pay.status = 'processing') THEN 'PROCESSING' "
    f"WHEN {_PUBLISHED} THEN 'PENDING' END"
)
PAID_AT = Expression(f"(SELECT min(pay.settled_at) {_PAYMENTS} AND {_PAID})")

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("hs_title", Text("Quote name", "Tilbudsnavn", "Tarjouksen nimi"), "title", EDITABLE, ABOUT,
           required=True),
    day("hs_expiration_date", Text("Expiration date", "Utløpsdato", "Viimeinen voimassaolopäivä"),
        "expiration_date", EDITABLE, ABOUT, "The last day on which the quote can be accepted.", required=True),
    choice("hs_status", Text("Quote status", "Tilbudsstatus", "Tarjouksen tila"), "status", EDITABLE, ABOUT,
           "A published quote is locked until it is a draft again.", options=o.QUOTE_STATUSES, required=True),
    string("hs_quote_number", Text("Quote number", "Tilbudsnummer", "Tarjousnumero"), NUMBER, KEPT, ABOUT,
           "What is printed on the document.", computed=True, formula="day of making - record id"),
    string("hs_public_url_key", Text("Public URL key", "Nøkkel i offentlig URL", "Julkisen URL-osoitteen avain"),
           Expression("replace({t}.public_key::text, '-', '')"), KEPT, ABOUT,
           "The part of the public address that cannot be guessed.", computed=True),
    money("hs_quote_amount", Text("Quote amount", "Tilbudsbeløp", "Tarjouksen summa"), QUOTE_AMOUNT, KEPT,
          AMOUNTS, "Total contract value without tax, or the first payment with tax.", computed=True,
          currency=CURRENCY,
          formula="as preferred: TCV or first payment of the line items; less the quote's discounts, with its fees"),
    choice("hs_quote_total_preference", Text("Quote total preference", "Foretrukket tilbudssum",
           "Tarjouksen summan laskentatapa"), "total_preference", EDITABLE, AMOUNTS,
           "Which figure is the quote amount; empty: total contract value.", options=o.QUOTE_TOTALS),
    money("hs_tcv", Text("Total contract value", "Total kontraktsverdi", "Sopimuksen kokonaisarvo"), QUOTE_TCV,
          KEPT, AMOUNTS, computed=True, currency=CURRENCY, formula="sum of the line items' TCV"),
    money("hs_total_discount", Text("Total discount", "Rabatt totalt", "Alennus yhteensä"), QUOTE_DISCOUNT,
          KEPT, AMOUNTS, computed=True, currency=CURRENCY, formula="sum of the line items' discounts"),
    choice("hs_currency", Text("Currency", "Valuta", "Valuutta"), "currency", EDITABLE, AMOUNTS,
           "Empty: the account's currency.", options_from="currencies", api_type="string"),
    flag("hs_payment_enabled", Text("Payment enabled", "Betaling aktivert", "Maksaminen käytössä"),
         "payment_enabled", EDITABLE, PAYMENT, "Whether the buyer can pay where the quote is shown."),
    flag("hs_billing_enabled", Text("Billing enabled", "Fakturering aktivert", "Laskutus käytössä"),
         "billing_enabled", EDITABLE, BILLING, "Whether its acceptance makes subscriptions and invoices."),
    flag("hs_store_payment_method_at_checkout", Text("Store payment method at checkout",
         "Lagre betalingsmåte ved betaling", "Tallenna maksutapa kassalla"), "store_method", EDITABLE, PAYMENT,
         "Needed for later automatic charges."),
    choice("hs_collection_process", Text("Collection process", "Innkrevingsprosess", "Perintätapa"),
           "collection", EDITABLE, BILLING, options=o.QUOTE_COLLECTION),
    choice("hs_payment_type", Text("Payment processor type", "Type betalingsbehandler",
           "Maksunkäsittelijän tyyppi"), "processor_type", EDITABLE, PAYMENT, options=o.QUOTE_PROCESSORS),
    choice("hs_payment_status", Text("Payment status", "Betalingsstatus", "Maksun tila"), PAYMENT_STATUS, KEPT,
           PAYMENT, "Follows the payments on the quote; empty before it is published.", computed=True,
           options=o.QUOTE_PAYMENT_STATUSES),
    instant("hs_payment_date", Text("Payment date", "Betalingsdato", "Maksupäivä"), PAID_AT, KEPT, PAYMENT,
            "When the first payment was settled.", computed=True),
    choice("hs_allowed_payment_methods", Text("Allowed payment methods", "Tillatte betalingsmåter",
           "Sallitut maksutavat"), "allowed_payment_methods", EDITABLE, PAYMENT, options=o.QUOTE_METHODS,
           multiple=True),
    flag("hs_collect_billing_address", Text("Collect billing address", "Samle inn faktureringsadresse",
         "Kerää laskutusosoite"), "collect_billing_address", EDITABLE, SETTINGS),
    flag("hs_collect_shipping_address", Text("Collect shipping address", "Samle inn leveringsadresse",
         "Kerää toimitusosoite"), "collect_shipping_address", EDITABLE, SETTINGS),
    number("hs_net_payment_terms", Text("Net payment terms", "Netto betalingsbetingelser",
           "Maksuehto (netto)"), "net_terms_days", EDITABLE, BILLING, "Days."),
    choice("hs_acceptance_method", Text("Acceptance method", "Akseptmetode", "Hyväksymistapa"),
           "acceptance_method", EDITABLE, ABOUT, options=o.ACCEPTANCE_METHODS),
    instant("hs_accepted_date", Text("Accepted date", "Akseptdato", "Hyväksymispäivä"), "accepted_at", KEPT,
            ABOUT, "When the quote was accepted.", computed=True),
    flag("hs_expired", Text("Expired", "Utløpt", "Vanhentunut"), EXPIRED, KEPT, ABOUT, computed=True,
         formula="today > expiration date, and not accepted"),
    flag("hs_locked", Text("Locked", "Låst", "Lukittu"), Expression(_PUBLISHED), KEPT, ABOUT,
         "While it is published, a quote cannot be changed.", computed=True),
    string("hs_quote_link", Text("Quote link", "Tilbudslenke", "Tarjouslinkki"), LINK, KEPT, ABOUT,
           "Where the buyer finds it once it is published.", computed=True, formula="domain / slug"),
    string("hs_pdf_download_link", Text("PDF download link", "Lenke for PDF-nedlasting", "PDF-latauslinkki"),
           "pdf_url", KEPT, ABOUT, "Given when the quote is published as a document.", computed=True),
    string("hs_domain", Text("Domain", "Domene", "Verkkotunnus"), "domain", EDITABLE, SETTINGS),
    string("hs_slug", Text("Slug", "Slug", "Polku"), "slug", EDITABLE, SETTINGS),
    choice("hs_language", Text("Language", "Språk", "Kieli"), "language", EDITABLE, SETTINGS,
           options=shared.LANGUAGES),
    choice("hs_locale", Text("Locale", "Lokalinnstilling", "Alueasetus"), "locale", EDITABLE, SETTINGS,
           options_from="locales"),
    string("hs_timezone", Text("Time zone", "Tidssone", "Aikavyöhyke"), "time_zone", EDITABLE, SETTINGS),
    choice("hs_template_type", Text("Template type", "Maltype", "Mallin tyyppi"), "template_type", EDITABLE,
           SETTINGS, options=o.TEMPLATE_TYPES),
    string("hs_sender_email", Text("Sender email", "Avsenders e-post", "Lähettäjän sähköposti"), "sender_email",
           EDITABLE, SETTINGS),
    created("hs_createdate"),
    modified(),
    owner(Text("Quote owner", "Tilbudseier", "Tarjouksen omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

QUOTE = ObjectType(
    name="quote",
    plural="quotes",
    type_id="0-14",
    singular_label=Text("Quote", "Tilbud", "Tarjous"),
    plural_label=Text("Quotes", "Tilbud", "Tarjoukset"),
    table="quote",
    properties=PROPERTIES,
    display="coalesce(NULLIF({t}.title, ''), {t}.id::text)",
    search=(
        "lower({t}.title) LIKE {pattern}",
        f"{NUMBER} LIKE {{pattern}}",
        "lower({t}.sender_email) LIKE {pattern}",
        "{t}.id::text = {exact}",
    ),
    default_columns=("hs_title", "hs_status", "hs_quote_amount", "hs_expiration_date", "hs_createdate"),
    default_sort=Sort("hs_createdate", descending=True),
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    api_defaults=("hs_expiration_date", "hs_public_url_key", "hs_status", "hs_title"),
    required_at_creation=("hs_title", "hs_expiration_date"),
    associations=associations_of("quote"),
)
