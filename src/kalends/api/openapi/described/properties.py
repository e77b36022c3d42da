"""Properties and their groups."""

from __future__ import annotations

from kalends.api.openapi.described.examples import MOMENT, OWN_GROUP, OWN_PROPERTY
from kalends.api.openapi.terms import (
    ARCHIVED,
    Operation,
    array,
    batch,
    flag,
    inputs,
    listed,
    moment,
    names,
    number,
    parameter,
    ref,
    shape,
    text,
)
from kalends.crm.property_terms import FIELD_TYPES

_TAG = "Properties"
_CONTACTS = {"type": "contacts"}
_TYPE = text("What its values are.", enum=list(FIELD_TYPES))
_FIELDS = list(dict.fromkeys(field for fields in FIELD_TYPES.values() for field in fields))
_ORDER = number(
    "Where it stands among others; -1 after those that have a place.", minimum=-1, maximum=2**31 - 1
)
_OPTIONS = array(ref("NewPropertyOption"), "Of an enumeration.")
_META = {"archivable": True, "readOnlyDefinition": False, "readOnlyOptions": False, "readOnlyValue": False}
_NEW = {
    "name": OWN_PROPERTY,
    "label": "Favorite color",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "contactinformation",
    "description": "What to paint the gift box in.",
    "options": [{"label": "Blue", "value": "blue"}, {"label": "Green", "value": "green"}],
}
_PROPERTY = {
    **_NEW,
    "options": [
        {"label": "Blue", "value": "blue", "displayOrder": 0, "hidden": False, "description": ""},
        {"label": "Green", "value": "green", "displayOrder": 1, "hidden": False, "description": ""},
    ],
    "displayOrder": -1, "calculated": False, "externalOptions": False, "hasUniqueValue": False, "hidden": False,
    "hubspotDefined": False, "formField": False, "archived": False, "createdAt": MOMENT, "updatedAt": MOMENT,
    "modificationMetadata": _META,
}  # fmt: skip
_GROUP = {"name": OWN_GROUP, "label": "Loyalty", "displayOrder": -1, "archived": False}
_CHANGES = {
    "label": text(),
    "type": _TYPE,
    "fieldType": text(enum=_FIELDS),
    "groupName": text(),
    "description": text(),
    "options": _OPTIONS,
    "displayOrder": _ORDER,
    "hidden": flag(),
    "formField": flag(),
    "hasUniqueValue": flag("Whether a value identifies its record."),
    "externalOptions": flag("With OWNER: the account's users are the options."),
    "referencedObjectType": text(enum=["OWNER"]),
}
_NEEDED = ("label", "type", "fieldType", "groupName")

COMPONENTS = {
    "Property": shape(
        {
            "name": text(),
            "label": text(),
            "type": _TYPE,
            "fieldType": text("How it is shown."),
            "groupName": text(),
            "description": text(),
            "options": array(ref("PropertyOption")),
            "displayOrder": number(),
            "calculated": flag(),
            "externalOptions": flag(),
            "hasUniqueValue": flag(),
            "hidden": flag(),
            "hubspotDefined": flag("Whether it is part of the product."),
            "formField": flag(),
            "archived": flag(),
            "modificationMetadata": shape(
                {name: flag() for name in _META}, description="What can be changed of it, and whether its values can."
            ),
        },
        {
            "referencedObjectType": text(enum=["OWNER"]),
            "createdAt": moment(),
            "updatedAt": moment(),
            "archivedAt": moment(),
        },
        example=_PROPERTY,
    ),
    "PropertyOption": shape(
        {"label": text(), "value": text(), "description": text(), "hidden": flag(), "displayOrder": number()}
    ),
    "NewPropertyOption": shape(
        {"label": text(), "value": text()},
        {"description": text(), "hidden": flag(), "displayOrder": _ORDER},
    ),
    "NewProperty": shape(
        {"name": text("Lower case letters, digits and `_`, beginning with a letter.", pattern="^[a-z][a-z0-9_]{0,99}$"),
         **{name: _CHANGES[name] for name in _NEEDED}},
        {name: schema for name, schema in _CHANGES.items() if name not in _NEEDED},
    ),
    "PropertyChange": shape({}, _CHANGES, description="Type and uniqueness stay as they are."),
    "PropertyList": listed("Property", example={"results": [_PROPERTY]}),
    "PropertyBatch": batch("Property"),
    "NewProperties": inputs(ref("NewProperty"), 100),
    "PropertyNames": inputs(shape({"name": text(minLength=1)}), 100),
    "PropertyReads": inputs(shape({"name": text(minLength=1)}), 100, archived=flag()),
    "PropertyGroup": shape(
        {"name": text(), "label": text(), "displayOrder": number(), "archived": flag()}, example=_GROUP
    ),
    "PropertyGroupList": listed("PropertyGroup", example={"results": [_GROUP]}),
    "NewPropertyGroup": shape({"name": text(), "label": text()}, {"displayOrder": _ORDER}),
    "PropertyGroupChange": shape({}, {"label": text(), "displayOrder": _ORDER}),
}  # fmt: skip

_OWN = {**_CONTACTS, "name": OWN_PROPERTY}
_IN_GROUP = {**_CONTACTS, "name": OWN_GROUP}
_LOCALE = parameter("locale", text(), "The language of labels: en, nb or fi.")

OPERATIONS = (
    Operation("properties.list_properties", "listProperties", _TAG, {200: "PropertyList"}, path=_CONTACTS,
        query=(ARCHIVED, names("properties", "Only these."), _LOCALE)),
    Operation("properties.make_property", "createProperty", _TAG, {201: "Property"}, path=_CONTACTS,
        body="NewProperty", example=_NEW),
    Operation("properties.read_property", "readProperty", _TAG, {200: "Property"},
        path={**_CONTACTS, "name": "email"}, query=(ARCHIVED, _LOCALE)),
    Operation("properties.change_property", "updateProperty", _TAG, {200: "Property"}, path=_OWN,
        body="PropertyChange", example={"label": "Color of choice"}),
    Operation("properties.remove_property", "archiveProperty", _TAG, {204: ""}, path=_OWN),
    Operation("properties.create_batch", "createProperties", _TAG, {201: "PropertyBatch", 207: "PropertyBatch"},
        path=_CONTACTS, body="NewProperties", example={"inputs": [_NEW]}),
    Operation("properties.read_batch", "readProperties", _TAG, {200: "PropertyBatch", 207: "PropertyBatch"},
        path=_CONTACTS, body="PropertyReads", example={"archived": False, "inputs": [{"name": "email"}]}),
    Operation("properties.archive_batch", "archiveProperties", _TAG, {204: ""}, path=_CONTACTS,
        body="PropertyNames", example={"inputs": [{"name": OWN_PROPERTY}]}),
    Operation("property_groups.list_groups", "listPropertyGroups", _TAG, {200: "PropertyGroupList"},
        path=_CONTACTS, query=(ARCHIVED,)),
    Operation("property_groups.make_group", "createPropertyGroup", _TAG, {201: "PropertyGroup"}, path=_CONTACTS,
        body="NewPropertyGroup", example={"name": "loyalty", "label": "Loyalty"}),
    Operation("property_groups.read_group", "readPropertyGroup", _TAG, {200: "PropertyGroup"}, path=_IN_GROUP),
    Operation("property_groups.change_group", "updatePropertyGroup", _TAG, {200: "PropertyGroup"}, path=_IN_GROUP,
        body="PropertyGroupChange", example={"label": "Loyal customers"}),
    Operation("property_groups.remove_group", "archivePropertyGroup", _TAG, {204: ""}, path=_IN_GROUP),
)  # fmt: skip
