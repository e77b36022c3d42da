"""Tickets."""

from __future__ import annotations

from kalends.catalog import sales_options as o
from kalends.catalog.associations import associations_of
from kalends.catalog.declare import choice, flag, instant, string
from kalends.catalog.expressions import Expression
from kalends.catalog.groups import ABOUT
from kalends.catalog.model import EDITABLE, KEPT, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, created, modified, owner

IS_CLOSED = Expression(
    "coalesce((SELECT stg.is_closed FROM pipeline_stage stg WHERE stg.account_id = {t}.account_id "
    "AND stg.object_type = 'ticket' AND stg.name = {t}.stage), false)"
)

# fmt: off
PROPERTIES: tuple[Property, ...] = (
    string("subject", Text("Ticket name", "Sakens navn", "Tiketin nimi"), "subject", EDITABLE, ABOUT,
           required=True),
    string("content", Text("Ticket description", "Saksbeskrivelse", "Tiketin kuvaus"), "content", EDITABLE,
           ABOUT, field_type="textarea"),
    choice("hs_pipeline", Text("Pipeline", "Pipeline", "Putki"), "pipeline", EDITABLE, ABOUT,
           "The pipeline that the status belongs to.", options=o.TICKET_PIPELINES, required=True),
    choice("hs_pipeline_stage", Text("Ticket status", "Sakens status", "Tiketin tila"), "stage", EDITABLE,
           ABOUT, "How far the ticket has come; one of its pipeline's stages.", options=o.TICKET_STAGES,
           required=True),
    choice("hs_ticket_category", Text("Category", "Kategori", "Luokka"), "category", EDITABLE, ABOUT,
           options=o.TICKET_CATEGORIES, multiple=True),
    choice("hs_ticket_priority", Text("Priority", "Prioritet", "Prioriteetti"), "priority", EDITABLE, ABOUT,
           options=o.TICKET_PRIORITIES),
    choice("source_type", Text("Source", "Kilde", "Lähde"), "source_type", EDITABLE, ABOUT,
           "How the ticket came in.", options=o.TICKET_SOURCES),
    string("hs_resolution", Text("Resolution", "Løsning", "Ratkaisu"), "resolution", EDITABLE, ABOUT,
           "What was done about it.", field_type="textarea"),
    instant("closed_date", Text("Close date", "Lukkedato", "Sulkemispäivä"), "closed_at", EDITABLE, ABOUT,
            "When the ticket was closed."),
    flag("hs_is_closed", Text("Is ticket closed?", "Er saken lukket?", "Onko tiketti suljettu?"), IS_CLOSED,
         KEPT, ABOUT, computed=True),
    created("createdate"),
    modified(),
    owner(Text("Ticket owner", "Saksansvarlig", "Tiketin omistaja")),
    *OWNER_PROPERTIES,
    *RECORD_PROPERTIES,
)
# fmt: on

TICKET = ObjectType(
    name="ticket",
    plural="tickets",
    type_id="0-5",
    singular_label=Text("Ticket", "Sak", "Tiketti"),
    plural_label=Text("Tickets", "Saker", "Tiketit"),
    table="ticket",
    properties=PROPERTIES,
    display="coalesce(NULLIF({t}.subject, ''), {t}.id::text)",
    search=(
        "lower({t}.subject) LIKE {pattern}",
        "lower({t}.content) LIKE {pattern}",
        "{t}.id::text = {exact}",
    ),
    default_columns=("subject", "hs_pipeline_stage", "hs_ticket_priority", "hubspot_owner_id", "createdate"),
    default_sort=Sort("createdate", descending=True),
    created="createdate",
    modified="hs_lastmodifieddate",
    api_defaults=(
        "subject",
        "content",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
    ),
    required_at_creation=("subject", "hs_pipeline_stage"),
    pipeline="hs_pipeline",
    stage="hs_pipeline_stage",
    associations=associations_of("ticket"),
)
