"""Single records, searches and merges."""

from __future__ import annotations

from kalends.api.openapi.described.examples import COMPANY, CONTACT, DEAL, MOMENT, OTHER_CONTACT
from kalends.api.openapi.records import history
from kalends.api.openapi.terms import (
    AFTER,
    ARCHIVED,
    GIVEN_ID,
    ID,
    Operation,
    array,
    flag,
    limit,
    mapping,
    moment,
    names,
    number,
    of,
    page,
    parameter,
    ref,
    shape,
    text,
)

_RECORD = {
    "id": CONTACT,
    "properties": {
        "createdate": MOMENT,
        "lastmodifieddate": MOMENT,
        "hs_object_id": CONTACT,
        "email": "ada@example.com",
        "firstname": "Ada",
        "lastname": "Lovelace",
    },
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
    "archived": False,
}
_TIE = {
    "to": {"id": COMPANY},
    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}],
}

COMPONENTS = {
    "Record": shape(
        {
            "id": ID,
            "properties": ref("AnyProperties"),
            "createdAt": moment(),
            "updatedAt": moment(),
            "archived": flag(),
        },
        {
            "archivedAt": moment("Of an archived record."),
            "propertiesWithHistory": mapping(history(), "By property, where it was asked for."),
            "associations": mapping(ref("RecordTies"), "By object as it was asked for, where there are any."),
            "objectWriteTraceId": text("The one that a batch gave."),
        },
        example=_RECORD,
    ),
    "PastValue": shape(
        {"value": text(), "timestamp": moment(), "sourceType": text("API, CRM_UI, IMPORT and so on.")},
        {"sourceId": text(), "sourceLabel": of(["string", "null"])},
    ),
    "RecordTies": shape(
        {
            "results": array(
                shape({"id": ID, "type": text("The kind of tie, such as contact_to_company.")}), maxItems=500
            )
        },
        {"paging": ref("Paging")},
    ),
    "RecordPage": page("Record", example={"results": [_RECORD], "paging": {"next": {"after": CONTACT}}}),
    "FoundPage": page("Record", total=number("How many records were found."),
                      example={"total": 1, "results": [_RECORD]}),
    "AssociationType": shape(
        {"associationTypeId": of(["integer", "string"], "Its number.", minimum=1, pattern="^[0-9]{1,9}$")},
        {"associationCategory": text("HUBSPOT_DEFINED where nothing is said.",
                                     enum=["HUBSPOT_DEFINED", "USER_DEFINED"])},
    ),
    "NewTie": shape(
        {"to": shape({"id": GIVEN_ID}), "types": array(ref("AssociationType"), minItems=1, maxItems=100)},
        description="What a new record is tied to; the type says of which object that is.",
        example=_TIE,
    ),
    "NewRecord": shape(
        {"properties": ref("AnyPropertiesInput")}, {"associations": array(ref("NewTie"), maxItems=1000)}
    ),
    "RecordChange": shape({"properties": ref("AnyPropertiesInput")}),
    "Merge": shape({"primaryObjectId": GIVEN_ID, "objectIdToMerge": GIVEN_ID}),
    "Search": shape(
        {},
        {
            "filterGroups": array(ref("FilterGroup"), "One of them has to hold.", maxItems=5),
            "filters": array(ref("Filter"), "Short for one group.", maxItems=6),
            "query": text("A part of a name, address or other main property.", maxLength=3000),
            "sorts": array(
                {"anyOf": [text("A property; a `-` in front means descending."), ref("Sort")]}, maxItems=1
            ),
            "properties": array(text()),
            "limit": number(minimum=0, maximum=200, default=10),
            "after": of(["string", "integer"], "The mark of the page before.", pattern="^[0-9]{1,5}$", minimum=0),
        },
        description="At most 18 conditions in all, and 3,000 characters.",
    ),
    "FilterGroup": shape({"filters": array(ref("Filter"), "All of them have to hold.", maxItems=6)}),
    "Filter": shape(
        {
            "propertyName": text("A property, or `associations.` and an object."),
            "operator": text(
                enum=["EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY",
                      "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"]
            ),
        },
        {
            "value": of(["string", "number", "boolean"]),
            "highValue": of(["string", "number"], "The upper end of BETWEEN, which is included."),
            "values": array(of(["string", "number"]), "Of IN and NOT_IN.", maxItems=100),
        },
    ),
    "Sort": shape({"propertyName": text()}, {"direction": text(enum=["ASCENDING", "DESCENDING"])}),
}  # fmt: skip

PROJECTION = (
    names("properties", "What the answer has besides the properties that it always has."),
    names(
        "propertiesWithHistory",
        "Properties whose earlier values are told as well; a page then has 50 records at most.",
    ),
    names("associations", "Objects; the records of them that each record is tied to are told."),
)
ID_PROPERTY = parameter(
    "idProperty", text(), "The property by whose value the path names the record, such as `email`."
)

OPERATIONS = (
    Operation("records.list_records", "listRecords", "Records", {200: "RecordPage"},
        path={"type": "contacts"}, query=(limit(10, 100), AFTER, *PROJECTION, ARCHIVED)),
    Operation("records.create_record", "createRecord", "Records", {201: "Record"},
        path={"type": "contacts"}, body="NewRecord", etag=True,
        example={"properties": {"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace"},
                 "associations": [_TIE]}),
    Operation("records.read_record", "readRecord", "Records", {200: "Record", 304: ""},
        path={"type": "contacts", "id": CONTACT}, query=(*PROJECTION, ARCHIVED, ID_PROPERTY), etag=True),
    Operation("records.update_record", "updateRecord", "Records", {200: "Record"},
        path={"type": "deals", "id": DEAL}, query=(ID_PROPERTY,), body="RecordChange", etag=True, if_match=True,
        example={"properties": {"amount": "1250.50", "dealstage": "contractsent"}}),
    Operation("records.archive_record", "archiveRecord", "Records", {204: ""},
        path={"type": "contacts", "id": CONTACT}, if_match=True),
    Operation("search.search_records", "searchRecords", "Records", {200: "FoundPage"},
        path={"type": "contacts"}, body="Search", body_needed=False,
        description="Living records only, as they are at this moment. Without a sort, the oldest comes first.",
        example={"filterGroups": [{"filters": [{"propertyName": "email", "operator": "CONTAINS_TOKEN",
                                                "value": "*@example.com"}]}],
                 "sorts": [{"propertyName": "createdate", "direction": "DESCENDING"}],
                 "properties": ["email", "city"], "limit": 50}),
    Operation("merge.merge_records", "mergeRecords", "Records", {200: "Record"},
        path={"type": "contacts"}, types=("contacts", "companies", "deals", "tickets"), body="Merge",
        example={"primaryObjectId": CONTACT, "objectIdToMerge": OTHER_CONTACT}),
)  # fmt: skip
