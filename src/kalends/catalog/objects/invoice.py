"""Invoices."""

from __future__ import annotations

from kalends.catalog import options as o
from kalends.catalog.associations import associations_of
from kalends.catalog.declare import choice, day, flag, instant, money, number, string
from kalends.catalog.expressions import ACCOUNT_CURRENCY, Expression, in_account_currency, local_date, major
from kalends.catalog.groups import ABOUT, ADDRESS, AMOUNTS, DELIVERY, PAYMENT, RECORD, SETTINGS, SOURCE
from kalends.catalog.model import AT_CREATION, EDITABLE, IMPORTED, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, created, owner

BALANCE = Expression(
    major(
        "CASE WHEN {t}.status = 'voided' THEN 0 ELSE {t}.total_minor - {t}.paid_minor - {t}.credited_minor END"
    )
)
PAID = Expression(major("{t}.paid_minor - {t}.refunded_minor"))
DAYS_OVERDUE = Expression("CASE WHEN {t}.status = 'open' THEN greatest(0, {today} - {t}.due_date) ELSE 0 END")
BOOKED_ON = f"coalesce({{t}}.invoice_date, {local_date('{t}.created_at')})"
COMPANY_NAME = Expression(
    "(SELECT com.name FROM company com WHERE com.account_id = {t}.account_id AND com.id = {t}.company_id)"
)

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("hs_number", Text("Number", "Nummer", "Numero"), "number", IMPORTED, ABOUT,
           "The invoice's number, without gaps within a series; given when the draft is finalized.",
           computed=True, unique=True),
    string("hs_title", Text("Invoice title", "Fakturatittel", "Laskun otsikko"), "title", EDITABLE, ABOUT),
    choice("hs_invoice_status", Text("Invoice status", "Fakturastatus", "Laskun tila"), "status", KEPT, ABOUT,
           "Draft, open (finalized and unpaid), paid, or voided.", computed=True, options=o.INVOICE_STATUSES,
           required=True),
    choice("hs_currency", Text("Currency", "Valuta", "Valuutta"), "currency", AT_CREATION, AMOUNTS,
           "The currency of every amount of the invoice.", options_from="currencies", required=True,
           api_type="string"),
    day("hs_invoice_date", Text("Invoice date", "Fakturadato", "Laskun päivämäärä"), "invoice_date",
        AT_CREATION, ABOUT, api_type="datetime"),
    day("hs_due_date", Text("Due date", "Forfallsdato", "Eräpäivä"), "due_date", AT_CREATION, ABOUT,
        "The day by which the invoice is to be paid.", api_type="datetime",
        formula="invoice date + net payment terms"),
    money("hs_amount_billed", Text("Amount billed", "Fakturert beløp", "Laskutettu summa"), "total_minor", KEPT,
          AMOUNTS, "The total of the invoice.", computed=True, formula="subtotal - order discounts + fees + taxes"),
    money("hs_amount_billed_in_company_currency", Text("Amount billed in company currency",
          "Fakturert beløp i selskapets valuta", "Laskutettu summa yrityksen valuutassa"),
          in_account_currency(major("{t}.total_minor"), BOOKED_ON), KEPT, AMOUNTS, computed=True,
          currency=ACCOUNT_CURRENCY, formula="amount billed x exchange rate of the invoice date"),
    money("hs_amount_paid", Text("Amount paid", "Betalt beløp", "Maksettu summa"), PAID, KEPT, AMOUNTS,
          "Settled payments less refunds of them.", computed=True),
    money("hs_balance_due", Text("Balance due", "Utestående saldo", "Maksettava saldo"), BALANCE, KEPT, AMOUNTS,
          "What is still to be paid; nothing on a voided invoice.", computed=True,
          formula="amount billed - amount paid - credited"),
    money("hs_subtotal", Text("Subtotal", "Delsum", "Välisumma"), "subtotal_minor", KEPT, AMOUNTS,
          "Net prices of the lines, without tax.", computed=True),
    money("hs_total_discount", Text("Total discount", "Rabatt totalt", "Alennus yhteensä"), "discount_minor",
          KEPT, AMOUNTS, "Discounts of lines and of the whole order.", computed=True),
    money("hs_total_fees", Text("Total fees", "Gebyrer totalt", "Lisämaksut yhteensä"), "fees_minor", KEPT,
          AMOUNTS, computed=True),
    money("hs_total_tax", Text("Total taxes", "Skatter og avgifter totalt", "Verot yhteensä"), "tax_minor",
          KEPT, AMOUNTS, computed=True),
    instant("hs_payment_date", Text("Payment date", "Betalingsdato", "Maksupäivä"), "paid_at", KEPT, PAYMENT,
            "When the invoice was paid in full.", computed=True),
    number("hs_net_payment_terms", Text("Net payment terms", "Netto betalingsbetingelser", "Maksuehto (netto)"),
           "net_terms_days", AT_CREATION, SETTINGS, "Days from the invoice date to the due date.",
           required=True),
    number("hs_days_overdue", Text("Days overdue", "Dager forfalt", "Päiviä myöhässä"), DAYS_OVERDUE, KEPT,
           ABOUT, "Days since the due date of an open invoice.", computed=True,
           formula="today - due date, at least 0"),
    flag("hs_invoice_billable", Text("Billable", "Fakturerbar", "Laskutettava"), "billable", AT_CREATION,
         SETTINGS, "No: a record only, without document and letters."),
    choice("hs_invoice_source", Text("Invoice source", "Fakturakilde", "Laskun lähde"), "source", IMPORTED,
           SOURCE, "The system that made the invoice.", computed=True, options=o.INVOICE_SOURCES),
    string("hs_external_invoice_status",
           Text("External invoice status", "Ekstern fakturastatus", "Ulkoinen laskun tila"), "external_status",
           IMPORTED, SOURCE, "The status in the accounting system that the invoice comes from."),
    string("hs_external_recipient", Text("External recipient", "Ekstern mottaker", "Ulkoinen vastaanottaja"),
           "external_recipient", IMPORTED, SOURCE,
           "The recipient in the accounting system that the invoice comes from."),
    choice("hs_allowed_payment_methods",
           Text("Allowed payment methods", "Tillatte betalingsmåter", "Sallitut maksutavat"),
           Expression("NULLIF({t}.allowed_payment_methods, '{{}}')"), EDITABLE, SETTINGS,
           "How the customer may pay.", options=o.ACCEPTED_METHODS, multiple=True,
           column="allowed_payment_methods"),
    choice("hs_invoice_payment_collection_method",
           Text("Payment collection method", "Metode for betalingsinnkreving", "Maksun perintätapa"),
           "collection", AT_CREATION, PAYMENT,
           "Whether the customer pays online or a stored method is charged.",
           options=o.INVOICE_COLLECTION_METHODS),
    flag("hs_allow_partial_payments", Text("Allow partial payments", "Tillat delbetaling", "Salli osamaksut"),
         "allow_partial_payments", EDITABLE, SETTINGS, "Whether the customer may pay less than the balance."),
    choice("hs_collect_address_types",
           Text("Collected address types", "Adressetyper som samles inn", "Kerättävät osoitetyypit"),
           Expression("NULLIF({t}.collect_address_types, '{{}}')"), EDITABLE, SETTINGS,
           "Which addresses the checkout asks for.", options=o.ADDRESS_TYPES, multiple=True,
           column="collect_address_types"),
    string("hs_purchase_order_number", Text("Purchase order number", "Innkjøpsordrenummer", "Ostotilausnumero"),
           "purchase_order_number", EDITABLE, SETTINGS),
    string("checkout_answers", Text("Answers at checkout", "Svar ved betaling", "Vastaukset kassalla"),
           "checkout_answers", KEPT, ABOUT,
           "What the buyer answered to the payment link's own questions, a line for each.",
           field_type="textarea", computed=True),
    string("hs_comments", Text("Comments", "Kommentarer", "Kommentit"), "comments", EDITABLE, SETTINGS,
           "Printed on the invoice.", field_type="textarea"),
    string("hs_tax_id", Text("Tax ID", "Skatte-ID", "Verotunniste"), "tax_ids", EDITABLE, SETTINGS,
           "The seller's tax number printed on the invoice."),
    choice("hs_custom_fields", Text("Custom fields", "Egendefinerte felt", "Mukautetut kentät"),
           "custom_fields", EDITABLE, SETTINGS, options_from="free"),
    choice("hs_language", Text("Language", "Språk", "Kieli"), "language", EDITABLE, SETTINGS,
           "The language of the invoice and its letters.", options=o.LANGUAGES),
    choice("hs_locale", Text("Locale", "Lokalinnstilling", "Alueasetus"), "locale", EDITABLE, SETTINGS,
           "How the invoice writes numbers and dates.", options_from="locales"),
    string("hs_invoice_link", Text("Invoice link", "Fakturalenke", "Laskun linkki"), Expression("NULL::text"),
           KEPT, ABOUT,
           "The public address of the invoice; empty while the account has no pages for customers.",
           computed=True),
    string("hs_pdf_download_link", Text("PDF download link", "Lenke for PDF-nedlasting", "PDF-latauslinkki"),
           Expression("NULL::text"), KEPT, ABOUT,
           "The public address of the document; empty while the account has no pages for customers.",
           computed=True),
    string("hs_invoice_latest_company_name", Text("Company name", "Selskapsnavn", "Yrityksen nimi"),
           COMPANY_NAME, KEPT, ADDRESS, "The name of the company that is billed.", computed=True),
    string("hs_recipient_company_address",
           Text("Recipient company address", "Mottakerselskapets adresse", "Vastaanottajayrityksen osoite"),
           "recipient_company_address", EDITABLE, ADDRESS),
    string("hs_recipient_company_address2", Text("Recipient company address line 2",
           "Mottakerselskapets adresse linje 2", "Vastaanottajayrityksen osoite rivi 2"),
           "recipient_company_address2", EDITABLE, ADDRESS),
    string("hs_recipient_company_city",
           Text("Recipient company city", "Mottakerselskapets by", "Vastaanottajayrityksen kaupunki"),
           "recipient_company_city", EDITABLE, ADDRESS),
    string("hs_recipient_company_state", Text("Recipient company state", "Mottakerselskapets delstat/fylke",
           "Vastaanottajayrityksen osavaltio"), "recipient_company_state", EDITABLE, ADDRESS),
    string("hs_recipient_company_zip", Text("Recipient company zip", "Mottakerselskapets postnummer",
           "Vastaanottajayrityksen postinumero"), "recipient_company_zip", EDITABLE, ADDRESS),
    string("hs_recipient_shipping_address",
           Text("Recipient shipping address", "Mottakers leveringsadresse", "Vastaanottajan toimitusosoite"),
           "shipping_address", EDITABLE, DELIVERY),
    string("hs_recipient_shipping_address2", Text("Recipient shipping address line 2",
           "Mottakers leveringsadresse linje 2", "Vastaanottajan toimitusosoite rivi 2"), "shipping_address2",
           EDITABLE, DELIVERY),
    string("hs_recipient_shipping_city",
           Text("Recipient shipping city", "Mottakers leveringsby", "Vastaanottajan toimituskaupunki"),
           "shipping_city", EDITABLE, DELIVERY),
    string("hs_recipient_shipping_state", Text("Recipient shipping state",
           "Mottakers delstat/fylke for levering", "Vastaanottajan toimitusosavaltio"), "shipping_state",
           EDITABLE, DELIVERY),
    string("hs_recipient_shipping_zip", Text("Recipient shipping zip", "Mottakers postnummer for levering",
           "Vastaanottajan toimituspostinumero"), "shipping_zip", EDITABLE, DELIVERY),
    string("hs_recipient_shipping_country",
           Text("Recipient shipping country", "Mottakers land for levering", "Vastaanottajan toimitusmaa"),
           "shipping_country", EDITABLE, DELIVERY),
    instant("hs_createdate", Text("Create date", "Opprettelsesdato", "Luontipäivämäärä"), "created_at", KEPT,
            RECORD, "When the record was made.", computed=True, required=True),
    created("createdate"),
    instant("hs_lastmodifieddate",
            Text("Last modified date", "Dato for siste endring", "Viimeisin muutospäivämäärä"), "updated_at",
            KEPT, RECORD, "When any property last changed.", computed=True, required=True),
    owner(Text("Invoice owner", "Fakturaeier", "Laskun omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

INVOICE = ObjectType(
    name="invoice",
    plural="invoices",
    type_id="0-53",
    singular_label=Text("Invoice", "Faktura", "Lasku"),
    plural_label=Text("Invoices", "Fakturaer", "Laskut"),
    table="invoice",
    properties=PROPERTIES,
    display="coalesce({t}.number, NULLIF({t}.title, ''), {t}.id::text)",
    search=(
        "lower({t}.number) LIKE {pattern}",
        "lower({t}.title) LIKE {pattern}",
        "{t}.id::text = {exact}",
        (
            "{t}.contact_id IN (SELECT con.id FROM contact con WHERE con.account_id = {account} "
            "AND (lower(con.email) LIKE {pattern} "
            "OR lower(concat_ws(' ', con.first_name, con.last_name)) LIKE {pattern}))"
        ),
        (
            "{t}.company_id IN (SELECT com.id FROM company com WHERE com.account_id = {account} "
            "AND lower(com.name) LIKE {pattern})"
        ),
    ),
    found_by_beginning=("number",),
    found_with=(("contact_id", "contact"), ("company_id", "company")),
    indexed_together=("hs_invoice_status", "hs_due_date"),
    default_columns=(
        "hs_number",
        "hs_invoice_status",
        "hs_amount_billed",
        "hs_balance_due",
        "hs_due_date",
        "hubspot_owner_id",
    ),
    default_sort=Sort("hs_invoice_date", descending=True),
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    required_at_creation=("hs_currency",),
    associations=associations_of("invoice"),
    kept_with=("subscription", "contact", "company"),
)
