"""Payments."""

from __future__ import annotations

from kalends.catalog import options as o
from kalends.catalog.associations import associations_of
from kalends.catalog.declare import choice, flag, instant, money, number, string
from kalends.catalog.expressions import (
    ACCOUNT_CURRENCY,
    Expression,
    digits,
    in_account_currency,
    joined,
    local_date,
    major,
    rate,
    unit,
)
from kalends.catalog.groups import ABOUT, ADDRESS, AMOUNTS, DELIVERY, PAYMENT, RECORD, SOURCE
from kalends.catalog.model import AT_CREATION, EDITABLE, IMPORTED, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import created, owner

BILLING_ADDRESS = joined(
    ["billing_address", "billing_address2", "billing_city", "billing_state", "billing_zip", "billing_country"]
)
SHIPPING_ADDRESS = joined(
    [
        "shipping_address",
        "shipping_address2",
        "shipping_city",
        "shipping_state",
        "shipping_zip",
        "shipping_country",
    ]
)
PAID_ON = local_date("{t}.initiated_at")
SETTLEMENT_CURRENCY = "{t}.settlement_currency"
GROSS = Expression(major("{t}.amount_minor"))
NET = Expression(major("{t}.amount_minor - {t}.fee_minor - {t}.platform_fee_minor - {t}.refunded_minor"))
COLLECTED = Expression(
    "(CASE WHEN {t}.status IN ('processing', 'failed') THEN 0 ELSE {t}.amount_minor - {t}.refunded_minor END * "
    + unit("{t}.currency")
    + ")"
)
DISCOUNTS = Expression(major("{t}.line_discount_minor + {t}.order_discount_minor"))
RATE = Expression(rate("{t}.currency", PAID_ON))
ASSOCIATED_RECORDS = Expression(
    "NULLIF(concat_ws('; ', "
    "(SELECT sub.name FROM subscription sub WHERE sub.account_id = {t}.account_id AND sub.id = {t}.subscription_id), "
    "(SELECT coalesce(inv.number, inv.id::text) FROM invoice inv "
    "WHERE inv.account_id = {t}.account_id AND inv.id = {t}.invoice_id)), '')"
)


def in_account(amount: str) -> Expression:
    """An amount of the payment in the account's currency, at the rate of the payment date."""
    return in_account_currency(amount, PAID_ON)


def settled(amount: str) -> Expression:
    """An amount of the payment in the currency of the payout."""
    return Expression(f"round({amount} * {{t}}.settlement_rate, {digits(SETTLEMENT_CURRENCY)})")


def share_of_invoice(part: str) -> Expression:
    """The payment's share of a part of its invoice; nothing of a payment that has not been collected."""
    share = (
        f"(SELECT round(inv.{part}::numeric * {{t}}.amount_minor / NULLIF(inv.total_minor, 0)) FROM invoice inv "
        "WHERE inv.account_id = {t}.account_id AND inv.id = {t}.invoice_id)"
    )
    return Expression(
        major(f"CASE WHEN {{t}}.status IN ('processing', 'failed') THEN 0 ELSE coalesce({share}, 0) END")
    )


# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("hs_payment_method_bank_or_issuer",
           Text("Bank or issuer", "Bank eller kortutsteder", "Pankki tai kortin myöntäjä"), "bank_or_issuer",
           AT_CREATION, PAYMENT, "The bank or card issuer."),
    string("hs_billing_address", Text("Billing address", "Faktureringsadresse", "Laskutusosoite"),
           BILLING_ADDRESS, KEPT, ADDRESS, "The whole billing address in one line.", computed=True),
    string("hs_billing_address_city",
           Text("Billing address city", "Faktureringsadresse by", "Laskutusosoitteen kaupunki"), "billing_city",
           AT_CREATION, ADDRESS),
    string("hs_billing_address_country",
           Text("Billing address country", "Faktureringsadresse land", "Laskutusosoitteen maa"),
           "billing_country", AT_CREATION, ADDRESS),
    string("hs_billing_address_line_1",
           Text("Billing address line 1", "Faktureringsadresse linje 1", "Laskutusosoite rivi 1"),
           "billing_address", AT_CREATION, ADDRESS),
    string("hs_billing_address_line_2",
           Text("Billing address line 2", "Faktureringsadresse linje 2", "Laskutusosoite rivi 2"),
           "billing_address2", AT_CREATION, ADDRESS),
    string("hs_billing_address_zip",
           Text("Billing address zip", "Faktureringsadresse postnummer", "Laskutusosoitteen postinumero"),
           "billing_zip", AT_CREATION, ADDRESS),
    string("hs_billing_address_state",
           Text("Billing address state", "Faktureringsadresse delstat/fylke", "Laskutusosoitteen osavaltio"),
           "billing_state", AT_CREATION, ADDRESS),
    number("hs_created_by_user_id",
           Text("Created by user ID", "Opprettet av bruker-ID", "Luonut käyttäjätunnus"), "created_by_user_id",
           KEPT, RECORD, "The user who recorded the payment.", computed=True),
    choice("hs_currency_code", Text("Currency code", "Valutakode", "Valuuttakoodi"), "currency", AT_CREATION,
           AMOUNTS, "The currency the customer paid in.", options_from="currencies", required=True),
    string("hs_customer_email", Text("Customer", "Kunde", "Asiakas"), "customer_email", AT_CREATION, ABOUT,
           "The address of the buyer who paid."),
    money("hs_initial_amount", Text("Gross amount", "Bruttobeløp", "Bruttosumma"), "amount_minor", AT_CREATION,
          AMOUNTS, "What the customer was charged in total.", required=True),
    string("hs_payment_method_last_4", Text("Last four digits", "Siste fire sifre", "Neljä viimeistä numeroa"),
           "last4", AT_CREATION, PAYMENT, "The last four digits of the card or the bank account."),
    money("hs_net_amount", Text("Net amount", "Nettobeløp", "Nettomäärä"), NET, KEPT, AMOUNTS,
          "What is kept after fees and refunds. It may fall below zero, since fees are not returned on a refund.",
          computed=True, formula="gross amount - processing fees - platform fee - refunded"),
    number("hs_object_id", Text("Object ID", "Objekt-ID", "Objektin tunnus"), "id", KEPT, RECORD,
           "The number of the record, never used again.", computed=True, required=True, unique=True),
    instant("hs_createdate",
            Text("Object create date/time", "Objektets opprettelsesdato/-tid", "Objektin luontipäivä/-aika"),
            "created_at", KEPT, RECORD, "When the record was made.", computed=True, required=True),
    created("createdate"),
    instant("hs_lastmodifieddate", Text("Object last modified date/time",
            "Objektets dato/tid for siste endring", "Objektin viimeisin muutospäivä/-aika"), "updated_at", KEPT,
            RECORD, "When any property last changed.", computed=True, required=True),
    string("hs_payment_id", Text("Payment ID", "Betalings-ID", "Maksun tunnus"), Expression("{t}.id::text"),
           KEPT, ABOUT, "The payment's own id, as text.", computed=True, required=True, unique=True),
    instant("hs_initiated_date", Text("Payment date", "Betalingsdato", "Maksupäivä"), "initiated_at",
            AT_CREATION, ABOUT, "When the customer paid, or the recurring charge was made.", required=True),
    choice("hs_payment_method", Text("Payment method", "Betalingsmåte", "Maksutapa"), "method_kind",
           AT_CREATION, PAYMENT, "How the customer paid.", computed=True, options=o.PAYMENT_METHODS,
           required=True),
    string("hs_payment_source_name", Text("Payment source name", "Navn på betalingskilde", "Maksulähteen nimi"),
           "payment_source_name", IMPORTED, SOURCE, "The name of the payment link, quote or other source.",
           computed=True),
    money("hs_fees_amount", Text("Processing fees", "Behandlingsgebyrer", "Käsittelymaksut"), "fee_minor",
          AT_CREATION, AMOUNTS, "What the processor charged for the payment."),
    money("hs_refunds_amount", Text("Refunded", "Refundert", "Palautettu"), "refunded_minor", AT_CREATION,
          AMOUNTS, "What has been paid back to the customer.", formula="sum of refunds"),
    string("hs_shipping_address", Text("Shipping address", "Leveringsadresse", "Toimitusosoite"),
           SHIPPING_ADDRESS, KEPT, DELIVERY, "The whole shipping address in one line.", computed=True),
    string("hs_shipping_address_city",
           Text("Shipping address city", "Leveringsadresse by", "Toimitusosoitteen kaupunki"), "shipping_city",
           AT_CREATION, DELIVERY),
    string("hs_shipping_address_country",
           Text("Shipping address country", "Leveringsadresse land", "Toimitusosoitteen maa"),
           "shipping_country", AT_CREATION, DELIVERY),
    string("hs_shipping_address_line_1",
           Text("Shipping address line 1", "Leveringsadresse linje 1", "Toimitusosoite rivi 1"),
           "shipping_address", AT_CREATION, DELIVERY),
    string("hs_shipping_address_line_2",
           Text("Shipping address line 2", "Leveringsadresse linje 2", "Toimitusosoite rivi 2"),
           "shipping_address2", AT_CREATION, DELIVERY),
    string("hs_shipping_address_state",
           Text("Shipping address state", "Leveringsadresse delstat/fylke", "Toimitusosoitteen osavaltio"),
           "shipping_state", AT_CREATION, DELIVERY),
    string("hs_shipping_address_zip",
           Text("Shipping address zip", "Leveringsadresse postnummer", "Toimitusosoitteen postinumero"),
           "shipping_zip", AT_CREATION, DELIVERY),
    choice("hs_payment_source_app", Text("Source", "Kilde", "Lähde"), "payment_source_app", IMPORTED, SOURCE,
           "What created the payment.", computed=True, options=o.PAYMENT_SOURCES),
    string("hs_payment_source_id", Text("Source ID", "Kilde-ID", "Lähdetunnus"), "payment_source_id", IMPORTED,
           SOURCE, "The id of what created the payment.", computed=True),
    string("hs_payment_source_url", Text("Source URL", "Kilde-URL", "Lähteen URL-osoite"), "payment_source_url",
           IMPORTED, SOURCE, "The address of what created the payment.", computed=True),
    choice("hs_latest_status", Text("Status", "Status", "Tila"), "status", AT_CREATION, ABOUT,
           "How the payment stands.", computed=True, options=o.PAYMENT_STATUSES, required=True,
           formula="set by what the processor reports"),
    instant("hs_latest_status_updated_date", Text("Status updated on", "Status oppdatert", "Tila päivitetty"),
            "status_updated_at", KEPT, ABOUT, "When the status last changed.", computed=True, required=True),
    money("hs_total_discounts_amount", Text("Total discounts", "Rabatter totalt", "Alennusten kokonaismäärä"),
          DISCOUNTS, KEPT, AMOUNTS, "All discounts of the payment.", computed=True,
          formula="line item discounts + order discounts"),
    money("hs_order_discount_amount",
          Text("Total order discounts", "Ordrerabatter totalt", "Tilausalennusten kokonaismäärä"),
          "order_discount_minor", KEPT, AMOUNTS, "Discounts on the whole order.", computed=True),
    money("hs_line_item_discounts_amount", Text("Total line item discounts", "Linjeelementrabatter totalt",
          "Rivikohta-alennusten kokonaismäärä"), "line_discount_minor", AT_CREATION, AMOUNTS,
          "Discounts on single lines, one-time and recurring."),
    money("hs_total_fees_amount", Text("Total fees", "Gebyrer totalt", "Lisämaksut yhteensä"),
          share_of_invoice("fees_minor"), KEPT, AMOUNTS,
          "The payment's share of the fees of its invoice; for reports only.", computed=True,
          reporting_only=True, formula="invoice fees x gross amount / invoice total"),
    money("hs_total_taxes_amount", Text("Total taxes", "Skatter og avgifter totalt", "Verot yhteensä"),
          share_of_invoice("tax_minor"), KEPT, AMOUNTS,
          "The payment's share of the taxes of its invoice; for reports only.", computed=True,
          reporting_only=True, formula="invoice taxes x gross amount / invoice total"),
    number("hs_updated_by_user_id",
           Text("Updated by user ID", "Oppdatert av bruker-ID", "Päivitetty käyttäjätunnus"),
           "updated_by_user_id", KEPT, RECORD, "The user who last changed the record.", computed=True),
    money("hs_total_collected_amount_after_refunds", Text("Amount paid", "Betalt beløp", "Maksettu summa"),
          COLLECTED, KEPT, AMOUNTS, "What the customer has paid, less what was paid back.", computed=True,
          formula="gross amount - refunded, once collected"),
    money("hs_total_collected_amount_after_refunds_in_portal_currency", Text("Amount paid in company currency",
          "Betalt beløp i selskapets valuta", "Maksettu summa yrityksen valuutassa"), in_account(COLLECTED),
          KEPT, AMOUNTS, computed=True, currency=ACCOUNT_CURRENCY,
          formula="amount paid x exchange rate of the payment date"),
    string("hs_associated_records", Text("Associated records", "Tilknyttede poster", "Liittyvät tietueet"),
           ASSOCIATED_RECORDS, KEPT, ABOUT, "The subscription and the invoice that the payment is for.",
           computed=True),
    choice("hs_payment_method_type", Text("Payment method type", "Type betalingsmåte", "Maksutavan tyyppi"),
           Expression("{t}.method_kind"), AT_CREATION, PAYMENT,
           "The kind of method; written when a payment made elsewhere is recorded.",
           options=o.PAYMENT_METHOD_TYPES, required=True, column="method_kind"),
    choice("hs_digital_wallet_type",
           Text("Digital wallet type", "Type digital lommebok", "Digitaalisen lompakon tyyppi"), "wallet",
           IMPORTED, PAYMENT, "The wallet that held the card.", computed=True, options=o.WALLETS),
    choice("hs_processor_type", Text("Processor", "Betalingsbehandler", "Maksunkäsittelijä"), "processor",
           AT_CREATION, PAYMENT, "Who collected the payment.", options=o.PROCESSORS),
    choice("hs_payment_type", Text("Payment type", "Betalingstype", "Maksun tyyppi"), "payment_type", IMPORTED,
           PAYMENT, "The first payment, or a later one of a subscription.", computed=True,
           options=o.PAYMENT_TYPES),
    choice("hs_payment_creation_method",
           Text("Payment creation method", "Metode for oppretting av betaling", "Maksun luontitapa"),
           "creation_method", KEPT, SOURCE, "How the payment came to be.", computed=True,
           options=o.CREATION_METHODS),
    instant("hs_payout_date", Text("Payout date", "Utbetalingsdato", "Tilityspäivä"), "payout_at", AT_CREATION,
            PAYMENT, "When the bank deposit that holds the payment was made."),
    string("hs_reference_number", Text("Reference number", "Referansenummer", "Viitenumero"),
           "reference_number", EDITABLE, PAYMENT, "The reference of a payment made elsewhere."),
    string("hs_internal_comment", Text("Internal comment", "Intern kommentar", "Sisäinen kommentti"),
           "internal_comment", EDITABLE, PAYMENT, "A note by the member of staff who recorded the payment.",
           field_type="textarea"),
    money("hs_platform_fee", Text("Platform fee", "Plattformgebyr", "Alustamaksu"), "platform_fee_minor", KEPT,
          AMOUNTS, "What the platform charged for the payment.", computed=True),
    money("hs_net_amount_after_refunds",
          Text("Net amount after refunds", "Nettobeløp etter refusjoner", "Nettomäärä palautusten jälkeen"),
          NET, KEPT, AMOUNTS, "The net amount, under the name that the API also gives it.", computed=True),
    money("hs_max_refundable_amount_in_portal_currency", Text("Maximum refundable amount in company currency",
          "Maksimalt refunderbart beløp i selskapets valuta",
          "Palautettavissa oleva enimmäismäärä yrityksen valuutassa"), in_account(COLLECTED), KEPT, AMOUNTS,
          "What could still be paid back.", computed=True, currency=ACCOUNT_CURRENCY,
          formula="(gross amount - refunded) x exchange rate of the payment date"),
    money("hs_initial_amount_in_portal_currency", Text("Gross amount in company currency",
          "Bruttobeløp i selskapets valuta", "Bruttosumma yrityksen valuutassa"), in_account(GROSS), KEPT,
          AMOUNTS, computed=True, currency=ACCOUNT_CURRENCY,
          formula="gross amount x exchange rate of the payment date"),
    money("hs_initial_amount_in_settlement_currency", Text("Gross amount in settlement currency",
          "Bruttobeløp i oppgjørsvaluta", "Bruttosumma tilitysvaluutassa"), settled(GROSS), KEPT, AMOUNTS,
          computed=True, currency=SETTLEMENT_CURRENCY, formula="gross amount x settlement rate"),
    money("hs_net_amount_in_portal_currency", Text("Net amount in company currency",
          "Nettobeløp i selskapets valuta", "Nettomäärä yrityksen valuutassa"), in_account(NET), KEPT, AMOUNTS,
          computed=True, currency=ACCOUNT_CURRENCY, formula="net amount x exchange rate of the payment date"),
    money("hs_net_amount_in_settlement_currency", Text("Net amount in settlement currency",
          "Nettobeløp i oppgjørsvaluta", "Nettomäärä tilitysvaluutassa"), settled(NET), KEPT, AMOUNTS,
          computed=True, currency=SETTLEMENT_CURRENCY, formula="net amount x settlement rate"),
    money("hs_fees_amount_in_settlement_currency", Text("Processing fees in settlement currency",
          "Behandlingsgebyrer i oppgjørsvaluta", "Käsittelymaksut tilitysvaluutassa"),
          settled(major("{t}.fee_minor")), KEPT, AMOUNTS, computed=True, currency=SETTLEMENT_CURRENCY,
          formula="processing fees x settlement rate"),
    money("hs_refunds_amount_in_portal_currency", Text("Refunded in company currency",
          "Refundert i selskapets valuta", "Palautettu yrityksen valuutassa"),
          in_account(major("{t}.refunded_minor")), KEPT, AMOUNTS, computed=True, currency=ACCOUNT_CURRENCY,
          formula="refunded x exchange rate of the payment date"),
    money("hs_total_discounts_amount_in_portal_currency", Text("Total discounts in company currency",
          "Rabatter totalt i selskapets valuta", "Alennusten kokonaismäärä yrityksen valuutassa"),
          in_account(DISCOUNTS), KEPT, AMOUNTS, computed=True, currency=ACCOUNT_CURRENCY,
          formula="total discounts x exchange rate of the payment date"),
    money("hs_line_item_discounts_amount_in_portal_currency",
          Text("Total line item discounts in company currency",
          "Linjeelementrabatter totalt i selskapets valuta", "Rivikohta-alennukset yrityksen valuutassa"),
          in_account(major("{t}.line_discount_minor")), KEPT, AMOUNTS, computed=True, currency=ACCOUNT_CURRENCY,
          formula="line item discounts x exchange rate of the payment date"),
    choice("hs_settlement_currency_code",
           Text("Settlement currency code", "Valutakode for oppgjør", "Tilitysvaluutan koodi"),
           "settlement_currency", KEPT, AMOUNTS, "The currency of the payout.", computed=True,
           options_from="currencies"),
    number("hs_presentment_to_portal_currency_dated_exchange_rate", Text("Exchange rate to company currency",
           "Valutakurs til selskapets valuta", "Kurssi yrityksen valuuttaan"), RATE, KEPT, AMOUNTS,
           "The exchange rate of the payment date.", computed=True),
    string("hs_order_discount_code", Text("Discount code", "Rabattkode", "Alennuskoodi"), "order_discount_code",
           IMPORTED, AMOUNTS, "The code that was used.", computed=True),
    number("hs_order_discount_percentage",
           Text("Order discount percentage", "Ordrerabatt i prosent", "Tilausalennusprosentti"),
           "order_discount_percent", IMPORTED, AMOUNTS, computed=True),
    string("hs_shipping_ship_to_name", Text("Ship to name", "Leveres til navn", "Vastaanottajan nimi"),
           "ship_to_name", AT_CREATION, DELIVERY),
    string("hs_billing_bill_to_name", Text("Bill to name", "Faktureres til navn", "Laskutettavan nimi"),
           "bill_to_name", AT_CREATION, ADDRESS),
    flag("hs_has_associated_invoice", Text("Has associated invoice", "Har tilknyttet faktura", "Liittyy lasku"),
         Expression("({t}.invoice_id IS NOT NULL)"), KEPT, ABOUT, computed=True),
    number("hs_number_of_associated_invoices",
           Text("Number of associated invoices", "Antall tilknyttede fakturaer", "Liittyvien laskujen määrä"),
           Expression("({t}.invoice_id IS NOT NULL)::int"), KEPT, ABOUT,
           "A payment is for at most one invoice.", computed=True),
    string("hs_external_reference_id",
           Text("External reference ID", "Ekstern referanse-ID", "Ulkoinen viitetunnus"), "external_reference",
           AT_CREATION, SOURCE, "The payment's id in another system."),
    string("hs_failure_reason", Text("Failure reason", "Årsak til feil", "Epäonnistumisen syy"),
           "failure_reason", KEPT, PAYMENT, "Why the charge failed.", computed=True),
    owner(Text("Payment owner", "Betalingseier", "Maksun omistaja")),
    choice("hs_object_source_label", Text("Record source", "Postkilde", "Tietueen lähde"), "source_label", KEPT,
           RECORD, "How the record came to be.", computed=True, options=o.RECORD_SOURCES),
)
# fmt: on

PAYMENT_OBJECT = ObjectType(
    name="payment",
    plural="commerce_payments",
    type_id="0-101",
    singular_label=Text("Payment", "Betaling", "Maksu"),
    plural_label=Text("Payments", "Betalinger", "Maksut"),
    table="payment",
    properties=PROPERTIES,
    display="coalesce(NULLIF({t}.customer_email, ''), {t}.id::text)",
    search=(
        "lower({t}.customer_email) LIKE {pattern}",
        "lower({t}.reference_number) LIKE {pattern}",
        "{t}.id::text = {exact}",
        (
            "{t}.invoice_id IN (SELECT inv.id FROM invoice inv WHERE inv.account_id = {account} "
            "AND lower(inv.number) LIKE {pattern})"
        ),
    ),
    found_with=(("invoice_id", "invoice"),),
    indexed_together=("hs_latest_status", "hs_initiated_date"),
    default_columns=(
        "hs_customer_email",
        "hs_initial_amount",
        "hs_latest_status",
        "hs_initiated_date",
        "hs_payment_method",
        "hs_payment_source_app",
        "hs_net_amount",
    ),
    default_sort=Sort("hs_initiated_date", descending=True),
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    required_at_creation=("hs_initial_amount", "hs_initiated_date"),
    api_singular="commerce_payment",
    associations=associations_of("payment"),
    kept_with=("subscription", "invoice", "contact", "company"),
)
