"""Properties that every record has alike."""

from __future__ import annotations

from kalends.catalog import options as o
from kalends.catalog.declare import choice, instant, number, string
from kalends.catalog.expressions import Expression
from kalends.catalog.groups import ABOUT, RECORD
from kalends.catalog.model import EDITABLE, KEPT, Property, Text

# fmt: off
RECORD_PROPERTIES: tuple[Property, ...] = (
    number("hs_object_id", Text("Record ID", "Post-ID", "Tietueen tunnus"), "id", KEPT, RECORD,
           "The number of the record, never used again.", computed=True, required=True, unique=True),
    number("hs_created_by_user_id",
           Text("Created by user ID", "Opprettet av bruker-ID", "Luonut käyttäjätunnus"), "created_by_user_id",
           KEPT, RECORD, "The user who made the record.", computed=True),
    number("hs_updated_by_user_id",
           Text("Updated by user ID", "Oppdatert av bruker-ID", "Päivittänyt käyttäjätunnus"),
           "updated_by_user_id", KEPT, RECORD, "The user who last changed the record.", computed=True),
    choice("hs_object_source_label", Text("Record source", "Postkilde", "Tietueen lähde"), "source_label", KEPT,
           RECORD, "How the record came to be.", computed=True, options=o.RECORD_SOURCES),
    string("hs_object_source_id", Text("Record source ID", "Postkilde-ID", "Tietueen lähteen tunnus"),
           "source_id", KEPT, RECORD, "The id within the source, such as that of a user.", computed=True),
)
# fmt: on
"""Of every object but payments, which call them differently."""


def owner(label: Text) -> Property:
    """The user who looks after the record; ``label`` names the object's owner."""
    return choice(
        "hubspot_owner_id",
        label,
        Expression("{t}.owner_id::text"),
        EDITABLE,
        ABOUT,
        "The user who looks after the record.",
        options_from="owners",
        column="owner_id",
    )


TEAM = Expression(
    "(SELECT mem.team_id::text FROM membership mem "
    "WHERE mem.account_id = {t}.account_id AND mem.user_id = {t}.owner_id)"
)

# fmt: off
OWNER_PROPERTIES: tuple[Property, ...] = (
    choice("hubspot_team_id", Text("Team", "Team", "Tiimi"), TEAM, KEPT, ABOUT, "The team of the owner.",
           computed=True, options_from="teams"),
    instant("hubspot_owner_assigneddate",
            Text("Owner assigned date", "Dato for eiertildeling", "Omistajan määrityspäivä"),
            "owner_assigned_at", KEPT, RECORD, "When the present owner was set.", computed=True),
)
# fmt: on
"""What follows from the owner."""


CREATED = Text("Create date", "Opprettelsesdato", "Luontipäivämäärä")
MODIFIED = Text("Last modified date", "Dato for siste endring", "Viimeisin muutospäivämäärä")


def created(name: str) -> Property:
    """When the record was made, under one of the two names that HubSpot uses for it."""
    return instant(
        name, CREATED, "created_at", KEPT, RECORD, "When the record was made.", computed=True, required=True
    )


def modified() -> Property:
    """When any property last changed."""
    return instant(
        "hs_lastmodifieddate",
        MODIFIED,
        "updated_at",
        KEPT,
        RECORD,
        "When any property last changed.",
        computed=True,
        required=True,
    )
