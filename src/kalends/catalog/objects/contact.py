"""Contacts."""

from __future__ import annotations

from kalends.catalog import options as o
from kalends.catalog.associations import associations_of
from kalends.catalog.customers import (
    active_subscriptions,
    associated_deals,
    last_won_amount,
    last_won_at,
    subscription_mrr,
    won_amount,
)
from kalends.catalog.declare import choice, flag, instant, money, number, phone, string
from kalends.catalog.expressions import ACCOUNT_CURRENCY
from kalends.catalog.groups import ABOUT, ADDRESS, RECORD, REVENUE
from kalends.catalog.model import EDITABLE, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, owner

FULL_NAME = "NULLIF(concat_ws(' ', NULLIF({t}.first_name, ''), NULLIF({t}.last_name, '')), '')"

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("email", Text("Email", "E-post", "Sähköposti"), "email", EDITABLE, ABOUT,
           "In lower case; no two contacts share one.", unique=True),
    string("hs_additional_emails",
           Text("Additional email addresses", "Ytterligere e-postadresser", "Muut sähköpostiosoitteet"),
           "additional_emails", EDITABLE, ABOUT, "Further addresses, separated by semicolons."),
    string("firstname", Text("First name", "Fornavn", "Etunimi"), "first_name", EDITABLE, ABOUT),
    string("lastname", Text("Last name", "Etternavn", "Sukunimi"), "last_name", EDITABLE, ABOUT),
    phone("phone", Text("Phone number", "Telefonnummer", "Puhelinnumero"), "phone", EDITABLE, ABOUT),
    phone("mobilephone", Text("Mobile phone number", "Mobilnummer", "Matkapuhelinnumero"), "mobile_phone",
          EDITABLE, ABOUT),
    string("company", Text("Company name", "Selskapsnavn", "Yrityksen nimi"), "company_name", EDITABLE, ABOUT,
           "The company's name as the contact gave it."),
    string("jobtitle", Text("Job title", "Stillingstittel", "Tehtävänimike"), "job_title", EDITABLE, ABOUT),
    string("address", Text("Street address", "Gateadresse", "Katuosoite"), "address", EDITABLE, ADDRESS),
    string("city", Text("City", "By", "Kaupunki"), "city", EDITABLE, ADDRESS),
    string("state", Text("State/Region", "Delstat/region", "Osavaltio/alue"), "state", EDITABLE, ADDRESS),
    string("zip", Text("Postal code", "Postnummer", "Postinumero"), "zip", EDITABLE, ADDRESS),
    string("country", Text("Country/Region", "Land/region", "Maa/alue"), "country", EDITABLE, ADDRESS),
    choice("hs_language", Text("Preferred language", "Foretrukket språk", "Ensisijainen kieli"), "language",
           EDITABLE, ABOUT, "The language of letters to the contact.", options=o.LANGUAGES),
    choice("hs_timezone", Text("Time zone", "Tidssone", "Aikavyöhyke"), "time_zone", EDITABLE, ABOUT,
           options_from="time_zones"),
    choice("lifecyclestage", Text("Lifecycle stage", "Livssyklustrinn", "Elinkaaren vaihe"), "lifecycle_stage",
           EDITABLE, ABOUT, options=o.LIFECYCLE_STAGES),
    choice("hs_lead_status", Text("Lead status", "Leadstatus", "Liidin tila"), "lead_status", EDITABLE, ABOUT,
           options=o.LEAD_STATUSES),
    number("associatedcompanyid", Text("Primary associated company ID", "ID for primært tilknyttet selskap",
           "Ensisijaisen yrityksen tunnus"), "primary_company_id", KEPT, ABOUT,
           "The record id of the contact's primary company.", computed=True),
    flag("hs_email_optout",
         Text("Unsubscribed from all email", "Avmeldt all e-post", "Peruuttanut kaikki sähköpostit"),
         "email_opt_out", EDITABLE, ABOUT),
    money("recent_deal_amount",
          Text("Recent deal amount", "Beløp for siste avtale", "Viimeisimmän kaupan summa"),
          last_won_amount("contact"), KEPT, REVENUE,
          "The amount of the deal that was won last, in the account's currency.", computed=True,
          currency=ACCOUNT_CURRENCY),
    instant("recent_deal_close_date",
            Text("Recent deal close date", "Lukkedato for siste avtale", "Viimeisimmän kaupan päättymispäivä"),
            last_won_at("contact"), KEPT, REVENUE, "When the deal that was won last was closed.", computed=True),
    money("total_revenue", Text("Total revenue", "Total inntekt", "Kokonaistulot"), won_amount("contact"),
          KEPT, REVENUE, "Won deals in all, in the account's currency; empty without any.", computed=True,
          currency=ACCOUNT_CURRENCY),
    number("num_associated_deals",
           Text("Number of associated deals", "Antall tilknyttede avtaler", "Liittyvien kauppojen määrä"),
           associated_deals("contact"), KEPT, REVENUE, computed=True),
    number("hs_num_active_subscriptions", Text("Number of active subscriptions", "Antall aktive abonnementer",
           "Aktiivisten tilausten määrä"), active_subscriptions("contact"), KEPT, REVENUE,
           "Subscriptions in the status Active that are tied to the contact.", computed=True),
    money("hs_subscription_mrr", Text("Subscription MRR", "Abonnementenes MRR", "Tilausten MRR"),
          subscription_mrr("contact"), KEPT, REVENUE,
          "What the contact's active and past due subscriptions bring in per month, in the account's currency.",
          computed=True, currency=ACCOUNT_CURRENCY,
          formula="sum of MRR x today's exchange rate; empty while a rate is missing"),
    instant("createdate", Text("Create date", "Opprettelsesdato", "Luontipäivämäärä"), "created_at", KEPT,
            RECORD, "When the record was made.", computed=True, required=True),
    instant("lastmodifieddate",
            Text("Last modified date", "Dato for siste endring", "Viimeisin muutospäivämäärä"), "updated_at",
            KEPT, RECORD, "When any property last changed.", computed=True, required=True),
    owner(Text("Contact owner", "Kontakteier", "Yhteyshenkilön omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

CONTACT = ObjectType(
    name="contact",
    plural="contacts",
    type_id="0-1",
    singular_label=Text("Contact", "Kontakt", "Yhteyshenkilö"),
    plural_label=Text("Contacts", "Kontakter", "Yhteyshenkilöt"),
    table="contact",
    properties=PROPERTIES,
    display=f"coalesce({FULL_NAME}, NULLIF({{t}}.email, ''), {{t}}.id::text)",
    search=(
        f"lower({FULL_NAME}) LIKE {{pattern}}",
        "lower({t}.email) LIKE {pattern}",
        "lower({t}.phone) LIKE {pattern}",
        "lower({t}.company_name) LIKE {pattern}",
        "{t}.id::text = {exact}",
    ),
    found_by_beginning=("email",),
    default_columns=("firstname", "lastname", "email", "phone", "company", "hubspot_owner_id", "createdate"),
    default_sort=Sort("createdate", descending=True),
    created="createdate",
    modified="lastmodifieddate",
    api_defaults=("email", "firstname", "lastname"),
    associations=associations_of("contact"),
)
