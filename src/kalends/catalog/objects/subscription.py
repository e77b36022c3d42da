"""Subscriptions."""

from __future__ import annotations

from kalends.catalog import options as o
from kalends.catalog.associations import associations_of
from kalends.catalog.declare import choice, day, flag, instant, money, number, string
from kalends.catalog.expressions import (
    ACCOUNT_CURRENCY,
    Expression,
    by_frequency,
    in_account_currency,
    local_date,
    while_recurring,
)
from kalends.catalog.groups import ABOUT, ADDRESS, BILLING, PAYMENT, RECORD, REVENUE, SETTINGS, SOURCE
from kalends.catalog.model import AT_CREATION, EDITABLE, IMPORTED, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, owner
from kalends.core.calendar import Frequency

PAYMENT_METHOD = Expression(
    "(SELECT concat_ws(' - ', CASE lower(coalesce(pm.brand, pm.kind)) "
    "WHEN 'ach' THEN 'ACH' WHEN 'sepa' THEN 'SEPA' WHEN 'bacs' THEN 'BACS' WHEN 'pads' THEN 'PADs' "
    "WHEN 'pad' THEN 'PADs' WHEN 'jcb' THEN 'JCB' WHEN 'amex' THEN 'American Express' "
    "ELSE initcap(coalesce(pm.brand, pm.kind)) END, pm.last4) FROM payment_method pm "
    "WHERE pm.account_id = {t}.account_id AND pm.id = {t}.payment_method_id)"
)

BILLING_PERIOD = Expression(
    "'P' || {t}.expected_payments * "
    + by_frequency("{t}.frequency", {each: str(each.count) for each in Frequency}, "NULL")
    + " || "
    + by_frequency("{t}.frequency", {each: "'W'" if each.days else "'M'" for each in Frequency}, "NULL")
)

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("hs_name", Text("Name", "Navn", "Nimi"), "name", EDITABLE, ABOUT,
           "What the subscription is called: the link on lists, the name in exports.", required=True),
    choice("hs_status", Text("Status", "Status", "Tila"), "status", KEPT, ABOUT,
           "Where the subscription stands in its life.", computed=True, options=o.SUBSCRIPTION_STATUSES,
           required=True, formula="set by the schedule, by payments and by staff"),
    day("hs_recurring_billing_start_date", Text("Start date", "Startdato", "Aloituspäivä"), "start_date",
        AT_CREATION, BILLING,
        "The day of the first payment; while it lies ahead, the status is Scheduled.",
        required=True),
    day("hs_recurring_billing_end_date", Text("End date", "Sluttdato", "Päättymispäivä"), "end_date", KEPT,
        BILLING, "The day a fixed term ends; empty when the subscription renews until canceled.", computed=True,
        formula="start date + number of expected payments x billing period"),
    day("hs_churn_date", Text("Churn date", "Frafallsdato", "Poistumispäivämäärä"), "churn_date", KEPT, BILLING,
        "The day the status last became Unpaid, Canceled or Expired; empty again after recovery.",
        computed=True),
    instant("hs_createdate", Text("Create date", "Opprettelsesdato", "Luontipäivämäärä"), "created_at", KEPT,
            RECORD, "When the record was made.", computed=True, required=True),
    instant("hs_lastmodifieddate",
            Text("Last modified date", "Dato for siste endring", "Viimeisin muutospäivämäärä"), "updated_at",
            KEPT, RECORD, "When any property last changed.", computed=True, required=True),
    choice("hs_currency_code", Text("Currency code", "Valutakode", "Valuuttakoodi"), "currency", AT_CREATION,
           BILLING, "The currency of every amount of the subscription.", options_from="currencies",
           required=True),
    money("hs_mrr",
          Text("Monthly recurring revenue", "Månedlig gjentakende inntekt", "Kuukausittain toistuvat tulot"),
          while_recurring("mrr_minor"), KEPT, REVENUE,
          "What the subscription brings in per month, without tax and one-time items; none while it is scheduled "
          "or paused, or once it has ended.", computed=True,
          formula="net amount per period x periods per month (weekly 52/12)"),
    money("hs_arr", Text("Annual recurring revenue", "Årlig gjentakende inntekt", "Vuosittain toistuvat tulot"),
          while_recurring("arr_minor"), KEPT, REVENUE,
          "What the subscription brings in per year, without tax and one-time items; none while it is scheduled "
          "or paused, or once it has ended.", computed=True,
          formula="12 x exact MRR, rounded once"),
    money("hs_last_payment_amount", Text("Last payment amount", "Siste betalingsbeløp", "Viimeisin maksusumma"),
          "last_payment_amount_minor", KEPT, PAYMENT, "The gross amount of the latest successful charge.",
          computed=True),
    money("hs_next_payment_amount",
          Text("Next payment amount", "Neste betalingsbeløp", "Seuraavan maksun määrä"), "next_amount_minor",
          KEPT, BILLING, "What will be due on the next payment due date, with discounts, fees and taxes.",
          computed=True),
    day("hs_next_payment_due_date",
        Text("Next payment due date", "Neste betalingsfrist", "Seuraavan maksun eräpäivä"), "next_due_date",
        KEPT, BILLING, "The first day of the next billing period; empty when nothing is to be billed any more.",
        computed=True, formula="anchor date + number of cycles x billing period"),
    number("hs_number_of_completed_payments", Text("Number of completed payments",
           "Antall fullførte betalinger", "Suoritettujen maksujen määrä"), "completed_payments", KEPT, PAYMENT,
           "Payments that have settled; a refund does not take one away.", computed=True),
    number("hs_number_of_expected_payments", Text("Number of expected payments", "Antall forventede betalinger",
           "Odotettavissa olevien maksujen määrä"), "expected_payments", AT_CREATION, BILLING,
           "How many payments a fixed term has; empty when the subscription renews until canceled.",
           computed=True),
    string("hs_payment_method", Text("Payment method", "Betalingsmåte", "Maksutapa"), PAYMENT_METHOD, KEPT,
           PAYMENT,
           "The stored payment method, such as Visa - 4242 or ACH - 1117; empty until the customer has stored one.",
           computed=True),
    choice("hs_payments_source_app_id", Text("Payment source", "Betalingskilde", "Maksun lähde"),
           "payment_source_app", IMPORTED, SOURCE, "What created the subscription.", computed=True,
           options=o.SUBSCRIPTION_SOURCES),
    string("hs_payments_source_id", Text("Payment source ID", "Betalingskilde-ID", "Maksulähteen tunnus"),
           "payment_source_id", IMPORTED, SOURCE, "The id of what created the subscription.", computed=True),
    choice("hs_recurring_billing_frequency",
           Text("Recurring billing frequency", "Gjentakende faktureringsfrekvens", "Toistuva laskutustiheys"),
           "frequency", AT_CREATION, BILLING, "How often the customer is billed.", options=o.FREQUENCIES,
           required=True),
    owner(Text("Subscription owner", "Abonnementseier", "Tilauksen omistaja")),
    money("hs_total_collected_amount",
          Text("Total collected amount", "Totalt innkrevd beløp", "Kerätty kokonaismäärä"), "collected_minor",
          KEPT, PAYMENT, "Settled payments less refunds.", computed=True),
    choice("hs_last_payment_status",
           Text("Last payment status", "Siste betalingsstatus", "Viimeisimmän maksun tila"),
           "last_payment_status", KEPT, PAYMENT, "How the latest payment stands.", computed=True,
           options=o.LAST_PAYMENT_STATUSES),
    choice("hs_collection_process", Text("Collection process", "Innkrevingsprosess", "Perintätapa"),
           Expression("({t}.collection || '_payments')"), AT_CREATION, PAYMENT,
           "Whether the stored method is charged, or each invoice asks for payment.",
           options=o.COLLECTION_PROCESSES, required=True),
    choice("hs_invoice_creation", Text("Invoice creation", "Fakturaoppretting", "Laskujen luonti"),
           Expression("CASE WHEN {t}.creates_invoices THEN 'on' ELSE 'off' END"), AT_CREATION, SETTINGS,
           "On: each cycle makes an invoice. Off: a record only, billed elsewhere.", options=o.ON_OFF,
           required=True),
    choice("hs_payment_method_source_at_creation", Text("Payment method source at creation",
           "Kilde til betalingsmåte ved opprettelse", "Maksutavan lähde luontihetkellä"),
           "payment_method_origin", IMPORTED, PAYMENT,
           "Where the payment method came from when the subscription was made.", computed=True,
           options=o.METHOD_ORIGINS),
    number("hs_net_payment_terms", Text("Net payment terms", "Netto betalingsbetingelser", "Maksuehto (netto)"),
           "net_terms_days", EDITABLE, SETTINGS, "Days from an invoice's date to its due date.",
           options=o.NET_TERMS, required=True),
    flag("hs_payment_enabled", Text("Accept online payments", "Godta nettbetalinger", "Hyväksy verkkomaksut"),
         "online_payment", EDITABLE, SETTINGS, "Whether invoices carry a link for paying online."),
    choice("hs_allowed_payment_methods",
           Text("Accepted payment methods", "Godkjente betalingsmåter", "Hyväksytyt maksutavat"),
           Expression("NULLIF({t}.allowed_payment_methods, '{{}}')"), EDITABLE, SETTINGS,
           "How the customer may pay.", options=o.ACCEPTED_METHODS, multiple=True),
    choice("hs_collect_address_types",
           Text("Collected address types", "Adressetyper som samles inn", "Kerättävät osoitetyypit"),
           Expression("NULLIF({t}.collect_address_types, '{{}}')"), EDITABLE, SETTINGS,
           "Which addresses the checkout asks for.", options=o.ADDRESS_TYPES, multiple=True),
    flag("hs_automatically_email_invoices", Text("Automatically email invoices",
         "Send fakturaer automatisk på e-post", "Lähetä laskut automaattisesti sähköpostilla"),
         "email_invoices", EDITABLE, SETTINGS,
         "Whether each invoice is emailed to the customer when it is made."),
    string("hs_invoice_comments", Text("Invoice comments", "Fakturakommentarer", "Laskun kommentit"),
           "comments", EDITABLE, SETTINGS, "Printed on each invoice.", field_type="textarea"),
    choice("hs_language", Text("Language", "Språk", "Kieli"), "language", EDITABLE, SETTINGS,
           "The language of invoices and letters.", options=o.LANGUAGES),
    choice("hs_locale", Text("Locale", "Lokalinnstilling", "Alueasetus"), "locale", EDITABLE, SETTINGS,
           "How invoices write numbers and dates.", options_from="locales"),
    string("hs_tax_ids", Text("Tax IDs", "Skatte-ID-er", "Verotunnisteet"), "tax_ids", EDITABLE, SETTINGS,
           "The seller's tax numbers printed on invoices."),
    choice("hs_recipient_billing_address_source",
           Text("Billing address source", "Kilde til faktureringsadresse", "Laskutusosoitteen lähde"),
           "billing_address_origin", EDITABLE, ADDRESS, "Where invoices take the billing address from.",
           options=o.ADDRESS_ORIGINS),
    string("hs_recipient_billing_address",
           Text("Billing address line 1", "Faktureringsadresse linje 1", "Laskutusosoite rivi 1"),
           "billing_address", EDITABLE, ADDRESS, "Street address on invoices."),
    string("hs_recipient_billing_address2",
           Text("Billing address line 2", "Faktureringsadresse linje 2", "Laskutusosoite rivi 2"),
           "billing_address2", EDITABLE, ADDRESS, "Apartment, unit or building."),
    string("hs_recipient_billing_city",
           Text("Billing address city", "Faktureringsadresse by", "Laskutusosoitteen kaupunki"), "billing_city",
           EDITABLE, ADDRESS),
    string("hs_recipient_billing_state",
           Text("Billing address state", "Faktureringsadresse delstat/fylke", "Laskutusosoitteen osavaltio"),
           "billing_state", EDITABLE, ADDRESS),
    string("hs_recipient_billing_zip",
           Text("Billing address zip", "Faktureringsadresse postnummer", "Laskutusosoitteen postinumero"),
           "billing_zip", EDITABLE, ADDRESS),
    string("hs_recipient_billing_country",
           Text("Billing address country", "Faktureringsadresse land", "Laskutusosoitteen maa"),
           "billing_country", EDITABLE, ADDRESS),
    day("hs_next_billing_date", Text("Next billing date", "Neste faktureringsdato", "Seuraava laskutuspäivä"),
        Expression("{t}.next_due_date"), KEPT, BILLING,
        "The same day as the next payment due date, under the name that newer lists use.", computed=True),
    choice("hs_recurring_billing_terms", Text("Billing terms", "Faktureringsvilkår", "Laskutusehdot"),
           Expression("CASE WHEN {t}.expected_payments IS NULL THEN 'AUTOMATICALLY_RENEW' ELSE 'FIXED' END"),
           KEPT, BILLING, "A fixed number of payments, or renewal until canceled.", computed=True,
           options=o.BILLING_TERMS, required=True),
    string("hs_recurring_billing_period", Text("Billing period", "Faktureringsperiode", "Laskutuskausi"),
           BILLING_PERIOD, KEPT, BILLING,
           "The length of a fixed term as an ISO 8601 duration, such as P12M; empty when the subscription renews."),
    instant("hs_canceled_date", Text("Canceled date", "Kanselleringsdato", "Peruutuspäivä"), "canceled_at",
            KEPT, BILLING, "When the subscription was canceled.", computed=True),
    instant("hs_paused_date", Text("Paused date", "Dato satt på pause", "Keskeytyspäivä"), "paused_at", KEPT,
            BILLING, "When the subscription was paused.", computed=True),
    number("hs_number_of_failed_payments", Text("Number of failed payments", "Antall mislykkede betalinger",
           "Epäonnistuneiden maksujen määrä"), "failed_payments", KEPT, PAYMENT,
           "Charges that failed for good or are being tried again.", computed=True),
    money("hs_mrr_in_company_currency", Text("Monthly recurring revenue in company currency",
          "Månedlig gjentakende inntekt i selskapets valuta",
          "Kuukausittain toistuvat tulot yrityksen valuutassa"),
          in_account_currency(while_recurring("mrr_minor"), local_date("{t}.created_at")), KEPT, REVENUE,
          "Monthly recurring revenue in the account's currency; empty while no exchange rate is known.",
          computed=True, currency=ACCOUNT_CURRENCY,
          formula="MRR x exchange rate of the day the record was made"),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

SUBSCRIPTION = ObjectType(
    name="subscription",
    plural="subscriptions",
    type_id="0-69",
    singular_label=Text("Subscription", "Abonnement", "Tilaus"),
    plural_label=Text("Subscriptions", "Abonnementer", "Tilaukset"),
    table="subscription",
    properties=PROPERTIES,
    display="{t}.name",
    search=(
        "lower({t}.name) LIKE {pattern}",
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
    default_columns=(
        "hs_name",
        "hs_status",
        "hs_next_payment_due_date",
        "hs_next_payment_amount",
        "hs_recurring_billing_frequency",
        "hs_recurring_billing_start_date",
        "hs_recurring_billing_end_date",
        "hs_payment_method",
        "hubspot_owner_id",
        "hs_total_collected_amount",
    ),
    default_sort=Sort("hs_next_payment_due_date"),
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    associations=associations_of("subscription"),
)
