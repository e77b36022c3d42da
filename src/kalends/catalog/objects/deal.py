"""Deals."""

from __future__ import annotations

from kalends.catalog import sales_options as o
from kalends.catalog.associations import associations_of, tie
from kalends.catalog.declare import choice, day, flag, instant, money, number, string
from kalends.catalog.expressions import ACCOUNT_CURRENCY, Expression, linked_records
from kalends.catalog.groups import ABOUT, AMOUNTS, REVENUE
from kalends.catalog.line_sums import (
    CURRENCY,
    DEAL_ACV,
    DEAL_AMOUNT,
    DEAL_ARR,
    DEAL_IN_ACCOUNT_CURRENCY,
    DEAL_MRR,
    DEAL_TCV,
    IS_CLOSED,
    IS_WON,
    of_stage,
)
from kalends.catalog.model import EDITABLE, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, created, modified, owner

PROBABILITY = of_stage("stg.probability")
_CONTACTS = linked_records(tie("deal", "contact"), "deal", "contact", "con")
CONTACTS = Expression(f"(SELECT count(*) FROM {_CONTACTS})")

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("dealname", Text("Deal name", "Avtalenavn", "Kaupan nimi"), "name", EDITABLE, ABOUT, required=True),
    choice("pipeline", Text("Pipeline", "Pipeline", "Myyntiputki"), "pipeline", EDITABLE, ABOUT,
           "The pipeline that the stage belongs to.", options=o.PIPELINES, required=True),
    choice("dealstage", Text("Deal stage", "Avtaletrinn", "Kaupan vaihe"), "stage", EDITABLE, ABOUT,
           "How far the deal has come; one of its pipeline's stages.", options=o.DEAL_STAGES, required=True),
    money("amount", Text("Amount", "Beløp", "Summa"), DEAL_AMOUNT, EDITABLE, AMOUNTS,
          "What was typed; without that, what the line items come to in the preferred way.", column="amount",
          currency=CURRENCY, formula="as preferred: TCV, ACV, ARR or MRR of the line items"),
    money("amount_in_home_currency",
          Text("Amount in company currency", "Beløp i selskapets valuta", "Summa yrityksen valuutassa"),
          DEAL_IN_ACCOUNT_CURRENCY, KEPT, AMOUNTS, computed=True, currency=ACCOUNT_CURRENCY,
          formula="amount x the deal's exchange rate, or that of today (of the close date once closed)"),
    choice("hs_deal_amount_calculation_preference",
           Text("Deal amount calculation preference", "Foretrukket beregning av avtalebeløp",
                "Kaupan summan laskentatapa"), "amount_preference", EDITABLE, AMOUNTS,
           "Which figure of the line items is the amount; empty: total contract value.",
           options=o.AMOUNT_PREFERENCES),
    choice("deal_currency_code", Text("Currency", "Valuta", "Valuutta"), "currency", EDITABLE, AMOUNTS,
           "Empty: the account's currency.", options_from="currencies"),
    instant("closedate", Text("Close date", "Lukkedato", "Päättymispäivä"), "close_at", EDITABLE, ABOUT,
            "When the deal is expected to close, or did."),
    choice("dealtype", Text("Deal type", "Avtaletype", "Kaupan tyyppi"), "deal_type", EDITABLE, ABOUT,
           options=o.DEAL_TYPES),
    string("description", Text("Deal description", "Avtalebeskrivelse", "Kaupan kuvaus"), "description",
           EDITABLE, ABOUT, field_type="textarea"),
    choice("hs_priority", Text("Priority", "Prioritet", "Prioriteetti"), "priority", EDITABLE, ABOUT,
           options=o.DEAL_PRIORITIES),
    money("hs_mrr", Text("Monthly recurring revenue", "Månedlig gjentakende inntekt",
          "Kuukausittain toistuvat tulot"), DEAL_MRR, KEPT, REVENUE, computed=True, currency=CURRENCY,
          formula="sum of the line items' MRR"),
    money("hs_arr", Text("Annual recurring revenue", "Årlig gjentakende inntekt", "Vuosittain toistuvat tulot"),
          DEAL_ARR, KEPT, REVENUE, computed=True, currency=CURRENCY, formula="sum of the line items' ARR"),
    money("hs_acv", Text("Annual contract value", "Årlig kontraktsverdi", "Vuotuinen sopimusarvo"), DEAL_ACV,
          KEPT, REVENUE, computed=True, currency=CURRENCY, formula="sum of the line items' ACV"),
    money("hs_tcv", Text("Total contract value", "Total kontraktsverdi", "Sopimuksen kokonaisarvo"), DEAL_TCV,
          KEPT, REVENUE, computed=True, currency=CURRENCY, formula="sum of the line items' TCV"),
    number("hs_deal_stage_probability", Text("Deal probability", "Avtalesannsynlighet", "Kaupan todennäköisyys"),
           PROBABILITY, KEPT, REVENUE, "How likely the stage makes it that the deal is won, from 0 to 1.",
           computed=True),
    money("hs_projected_amount", Text("Weighted amount", "Vektet beløp", "Painotettu summa"),
          Expression(f"{DEAL_AMOUNT} * {PROBABILITY}"), KEPT, REVENUE, computed=True, currency=CURRENCY,
          formula="amount x deal probability"),
    money("hs_forecast_amount", Text("Forecast amount", "Prognosebeløp", "Ennustesumma"), DEAL_AMOUNT, KEPT,
          REVENUE, "The amount: no deal has a forecast probability of its own.", computed=True,
          currency=CURRENCY, formula="amount"),
    money("hs_closed_amount", Text("Closed amount", "Lukket beløp", "Toteutunut summa"),
          Expression(f"CASE WHEN {IS_WON} THEN {DEAL_AMOUNT} ELSE 0 END"), KEPT, REVENUE, computed=True,
          currency=CURRENCY, formula="amount of a deal that is closed won, else 0"),
    flag("hs_is_closed", Text("Is deal closed?", "Er avtalen lukket?", "Onko kauppa päättynyt?"),
         Expression(f"coalesce({IS_CLOSED}, false)"), KEPT, ABOUT, computed=True),
    flag("hs_is_closed_won", Text("Is closed won", "Er lukket vunnet", "Onko voitettu"),
         Expression(f"coalesce({IS_WON}, false)"), KEPT, ABOUT, computed=True),
    number("hs_exchange_rate", Text("Exchange rate", "Valutakurs", "Valuuttakurssi"), "exchange_rate", EDITABLE,
           AMOUNTS, "What one unit of the deal's currency is worth in the account's; empty: the account's rate."),
    number("num_associated_contacts", Text("Number of associated contacts", "Antall tilknyttede kontakter",
           "Liittyvien yhteyshenkilöiden määrä"), CONTACTS, KEPT, ABOUT, computed=True),
    money("recurring_revenue_amount", Text("Recurring revenue amount", "Gjentakende inntektsbeløp",
          "Toistuvien tulojen määrä"), "recurring_revenue_amount", EDITABLE, REVENUE,
          "What the deal brings in per month.", currency=CURRENCY),
    choice("recurring_revenue_deal_type", Text("Recurring revenue deal type",
           "Avtaletype for gjentakende inntekt", "Toistuvien tulojen kaupan tyyppi"),
           "recurring_revenue_deal_type", EDITABLE, REVENUE, options=o.REVENUE_DEAL_TYPES),
    day("recurring_revenue_inactive_date", Text("Recurring revenue inactive date",
        "Dato gjentakende inntekt ble inaktiv", "Toistuvien tulojen päättymispäivä"),
        "recurring_revenue_inactive_date", EDITABLE, REVENUE, "The day from which it comes in no longer."),
    choice("recurring_revenue_inactive_reason", Text("Recurring revenue inactive reason",
           "Årsak til inaktiv gjentakende inntekt", "Toistuvien tulojen päättymisen syy"),
           "recurring_revenue_inactive_reason", EDITABLE, REVENUE, options=o.INACTIVE_REASONS),
    created("createdate"),
    modified(),
    owner(Text("Deal owner", "Avtaleeier", "Kaupan omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

DEAL = ObjectType(
    name="deal",
    plural="deals",
    type_id="0-3",
    singular_label=Text("Deal", "Avtale", "Kauppa"),
    plural_label=Text("Deals", "Avtaler", "Kaupat"),
    table="deal",
    properties=PROPERTIES,
    display="coalesce(NULLIF({t}.name, ''), {t}.id::text)",
    search=(
        "lower({t}.name) LIKE {pattern}",
        "lower({t}.description) LIKE {pattern}",
        "lower({t}.deal_type) LIKE {pattern}",
        "lower({t}.pipeline) LIKE {pattern}",
        "lower({t}.stage) LIKE {pattern}",
        "{t}.id::text = {exact}",
    ),
    default_columns=("dealname", "dealstage", "closedate", "hubspot_owner_id", "amount"),
    default_sort=Sort("createdate", descending=True),
    created="createdate",
    modified="hs_lastmodifieddate",
    api_defaults=("dealname", "amount", "closedate", "pipeline", "dealstage"),
    required_at_creation=("dealname", "dealstage"),
    pipeline="pipeline",
    stage="dealstage",
    associations=associations_of("deal"),
)
