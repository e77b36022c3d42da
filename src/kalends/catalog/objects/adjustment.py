"""Discounts, fees and taxes on a whole quote or invoice. They count in this order: discounts, fees, taxes."""

from __future__ import annotations

from kalends.catalog import sales_options as o
from kalends.catalog.associations import associations_of
from kalends.catalog.declare import choice, number, string
from kalends.catalog.groups import ABOUT, PRICING
from kalends.catalog.model import EDITABLE, ObjectType, Property, Sort, Text
from kalends.catalog.objects.shared import OWNER_PROPERTIES, RECORD_PROPERTIES, created, modified, owner

# fmt: off
_ALIKE: tuple[Property, ...] = (
    string("hs_label", Text("Label", "Etikett", "Nimi"), "label", EDITABLE, ABOUT,
           "What it is called on documents."),
    choice("hs_type", Text("Type", "Type", "Tyyppi"), "value_type", EDITABLE, PRICING,
           "Whether the value is an amount or a percentage.", options=o.VALUE_TYPES, required=True),
    number("hs_value", Text("Value", "Verdi", "Arvo"), "value", EDITABLE, PRICING,
           "An amount in the document's currency, or per cent.", required=True),
    number("hs_sort_order", Text("Sort order", "Sorteringsrekkefølge", "Lajittelujärjestys"), "position",
           EDITABLE, PRICING, "The lowest counts first."),
    created("hs_createdate"),
    created("createdate"),
    modified(),
)
_DURATION = choice(
    "hs_duration", Text("Duration", "Varighet", "Kesto"), "duration", EDITABLE, PRICING,
    "Whether it is for the first payment only, or for every one.", options=o.DISCOUNT_DURATIONS,
)
# fmt: on


def _adjustment(
    name: str, plural: str, type_id: str, one: Text, many: Text, owned: Text, *more: Property
) -> ObjectType:
    return ObjectType(
        name=name,
        plural=plural,
        type_id=type_id,
        singular_label=one,
        plural_label=many,
        table=name,
        properties=(*_ALIKE, *more, owner(owned), *OWNER_PROPERTIES, *RECORD_PROPERTIES),
        display="coalesce(NULLIF({t}.label, ''), {t}.id::text)",
        search=("lower({t}.label) LIKE {pattern}", "{t}.id::text = {exact}"),
        default_columns=("hs_label", "hs_type", "hs_value", "hs_createdate"),
        default_sort=Sort("hs_createdate", descending=True),
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        required_at_creation=("hs_type", "hs_value"),
        associations=associations_of(name),
        part_of=("invoice", "quote"),
    )


DISCOUNT = _adjustment(
    "discount",
    "discounts",
    "0-84",
    Text("Discount", "Rabatt", "Alennus"),
    Text("Discounts", "Rabatter", "Alennukset"),
    Text("Discount owner", "Rabattens eier", "Alennuksen omistaja"),
    _DURATION,
)
FEE = _adjustment(
    "fee",
    "fees",
    "0-85",
    Text("Fee", "Gebyr", "Lisämaksu"),
    Text("Fees", "Gebyrer", "Lisämaksut"),
    Text("Fee owner", "Gebyrets eier", "Lisämaksun omistaja"),
)
TAX = _adjustment(
    "tax",
    "taxes",
    "0-86",
    Text("Tax", "Skatt", "Vero"),
    Text("Taxes", "Skatter", "Verot"),
    Text("Tax owner", "Skattens eier", "Veron omistaja"),
)
