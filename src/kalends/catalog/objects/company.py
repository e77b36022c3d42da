"""Companies."""

from __future__ import annotations

from kalends.catalog import options as o
from kalends.catalog.associations import associations_of, tie
from kalends.catalog.customers import (
    active_subscriptions,
    associated_deals,
    last_won_amount,
    last_won_at,
    subscription_mrr,
    won_amount,
)
from kalends.catalog.declare import choice, instant, money, number, phone, string
from kalends.catalog.expressions import ACCOUNT_CURRENCY, Expression, linked_records
from kalends.catalog.groups import ABOUT, ADDRESS, RECORD, REVENUE
from kalends.catalog.model import EDITABLE, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, owner

_CONTACTS = linked_records(tie("company", "contact"), "company", "contact", "con")
CONTACTS = Expression(f"(SELECT count(*) FROM {_CONTACTS})")

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("name", Text("Company name", "Selskapsnavn", "Yrityksen nimi"), "name", EDITABLE, ABOUT),
    string("domain", Text("Company Domain Name", "Selskapets domenenavn", "Yrityksen verkkotunnus"), "domain",
           EDITABLE, ABOUT, "The company's domain on the internet."),
    string("hs_additional_domains", Text("Additional Domains", "Ytterligere domener", "Muut verkkotunnukset"),
           "additional_domains", EDITABLE, ABOUT, "Further domains, separated by semicolons."),
    phone("phone", Text("Phone number", "Telefonnummer", "Puhelinnumero"), "phone", EDITABLE, ABOUT),
    string("website", Text("Website URL", "Nettsteds-URL", "Verkkosivuston URL-osoite"), "website", EDITABLE,
           ABOUT),
    choice("industry", Text("Industry", "Bransje", "Toimiala"), "industry", EDITABLE, ABOUT,
           options_from="industries"),
    number("numberofemployees", Text("Number of employees", "Antall ansatte", "Työntekijöiden määrä"),
           "employees", EDITABLE, ABOUT),
    money("annualrevenue", Text("Annual revenue", "Årlig omsetning", "Vuosiliikevaihto"), "annual_revenue",
          EDITABLE, ABOUT, "The company's own revenue per year, in the account's currency.",
          currency=ACCOUNT_CURRENCY),
    string("address", Text("Street address", "Gateadresse", "Katuosoite"), "address", EDITABLE, ADDRESS),
    string("address2", Text("Street address 2", "Gateadresse 2", "Katuosoite 2"), "address2", EDITABLE,
           ADDRESS),
    string("city", Text("City", "By", "Kaupunki"), "city", EDITABLE, ADDRESS),
    string("state", Text("State/Region", "Delstat/region", "Osavaltio/alue"), "state", EDITABLE, ADDRESS),
    string("zip", Text("Postal code", "Postnummer", "Postinumero"), "zip", EDITABLE, ADDRESS),
    string("country", Text("Country/Region", "Land/region", "Maa/alue"), "country", EDITABLE, ADDRESS),
    string("timezone", Text("Time zone", "Tidssone", "Aikavyöhyke"), "time_zone", EDITABLE, ABOUT),
    choice("lifecyclestage", Text("Lifecycle stage", "Livssyklustrinn", "Elinkaaren vaihe"), "lifecycle_stage",
           EDITABLE, ABOUT, options=o.LIFECYCLE_STAGES),
    choice("hs_lead_status", Text("Lead status", "Leadstatus", "Liidin tila"), "lead_status", EDITABLE, ABOUT,
           options=o.LEAD_STATUSES),
    number("hs_parent_company_id", Text("Parent company", "Morselskap", "Emoyhtiö"), "parent_company_id",
           KEPT, ABOUT, "The record id of the company that owns this one; an association makes it."),
    money("total_revenue", Text("Total revenue", "Total inntekt", "Kokonaistulot"), won_amount("company"),
          KEPT, REVENUE, "Won deals in all, in the account's currency; empty without any.", computed=True,
          currency=ACCOUNT_CURRENCY),
    money("recent_deal_amount",
          Text("Recent deal amount", "Beløp for siste avtale", "Viimeisimmän kaupan summa"),
          last_won_amount("company"), KEPT, REVENUE,
          "The amount of the deal that was won last, in the account's currency.", computed=True,
          currency=ACCOUNT_CURRENCY),
    instant("recent_deal_close_date",
            Text("Recent deal close date", "Lukkedato for siste avtale", "Viimeisimmän kaupan päättymispäivä"),
            last_won_at("company"), KEPT, REVENUE, "When the deal that was won last was closed.", computed=True),
    number("num_associated_contacts", Text("Number of associated contacts", "Antall tilknyttede kontakter",
           "Liittyvien yhteyshenkilöiden määrä"), CONTACTS, KEPT, ABOUT, computed=True),
    number("num_associated_deals",
           Text("Number of associated deals", "Antall tilknyttede avtaler", "Liittyvien kauppojen määrä"),
           associated_deals("company"), KEPT, REVENUE, computed=True),
    number("hs_num_active_subscriptions", Text("Number of active subscriptions", "Antall aktive abonnementer",
           "Aktiivisten tilausten määrä"), active_subscriptions("company"), KEPT, REVENUE,
           "Subscriptions in the status Active that are tied to the company.", computed=True),
    money("hs_subscription_mrr", Text("Subscription MRR", "Abonnementenes MRR", "Tilausten MRR"),
          subscription_mrr("company"), KEPT, REVENUE,
          "What the company's active and past due subscriptions bring in per month, in the account's currency.",
          computed=True, currency=ACCOUNT_CURRENCY,
          formula="sum of MRR x today's exchange rate; empty while a rate is missing"),
    instant("createdate", Text("Create date", "Opprettelsesdato", "Luontipäivämäärä"), "created_at", KEPT,
            RECORD, "When the record was made.", computed=True, required=True),
    instant("hs_lastmodifieddate",
            Text("Last modified date", "Dato for siste endring", "Viimeisin muutospäivämäärä"), "updated_at",
            KEPT, RECORD, "When any property last changed.", computed=True, required=True),
    owner(Text("Company owner", "Selskapseier", "Yrityksen omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

COMPANY = ObjectType(
    name="company",
    plural="companies",
    type_id="0-2",
    singular_label=Text("Company", "Selskap", "Yritys"),
    plural_label=Text("Companies", "Selskaper", "Yritykset"),
    table="company",
    properties=PROPERTIES,
    display="coalesce(NULLIF({t}.name, ''), NULLIF({t}.domain, ''), {t}.id::text)",
    search=(
        "lower({t}.name) LIKE {pattern}",
        "lower({t}.domain) LIKE {pattern}",
        "lower({t}.phone) LIKE {pattern}",
        "lower({t}.website) LIKE {pattern}",
        "{t}.id::text = {exact}",
    ),
    found_by_beginning=("domain",),
    default_columns=("name", "domain", "phone", "city", "country", "hubspot_owner_id", "createdate"),
    default_sort=Sort("createdate", descending=True),
    created="createdate",
    modified="hs_lastmodifieddate",
    api_defaults=("name", "domain"),
    one_required_at_creation=("name", "domain"),
    associations=associations_of("company"),
)
