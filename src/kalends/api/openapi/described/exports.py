"""Exports."""

from __future__ import annotations

from kalends.api.openapi.described.examples import EXPORT
from kalends.api.openapi.terms import (
    GIVEN_ID,
    ID,
    Operation,
    array,
    flag,
    mapping,
    moment,
    number,
    of,
    shape,
    text,
)

_TAG = "Exports"
_CHOSEN = {
    "exportType": "VIEW",
    "format": "CSV",
    "exportName": "Active subscriptions",
    "language": "EN",
    "objectType": "SUBSCRIPTION",
    "objectProperties": ["hs_name", "hs_status"],
    "associatedObjectType": ["CONTACT"],
    "publicCrmSearchRequest": {
        "filters": [{"propertyName": "hs_status", "operator": "EQ", "value": "active"}],
        "sorts": [{"propertyName": "hs_name", "order": "ASC"}],
    },
}
_ONE = {"id": EXPORT}

COMPONENTS = {
    "ExportAsked": shape(
        {
            "exportType": text("A search's records, or a list's members.", enum=["VIEW", "LIST"]),
            "format": text(enum=["CSV", "XLSX", "XLS"]),
            "exportName": text("What the file is called."),
            "language": text("Of the column headers.", enum=["EN", "NO", "FI"]),
            "objectType": text("An object by any of its names."),
            "objectProperties": array(text(), "The columns, behind the record's id."),
        },
        {
            "associatedObjectType": {
                "description": "Objects whose associated records have columns: their numbers, and their names.",
                "oneOf": [text(), array(text())],
            },
            "overrideAssociatedObjectsPerDefinitionPerRowLimit": flag(
                "All associated records, not up to 1,000; CSV only."
            ),
            "exportInternalValuesOptions": array(
                text(enum=["NAMES", "VALUES"]),
                "Names of properties as headers; values of options as they are kept.",
            ),
            "listId": GIVEN_ID,
            "publicCrmSearchRequest": of(
                "object",
                "Up to three groups of up to three filters each, as in searches; sorts say order ASC or DES.",
                additionalProperties=True,
            ),
        },
    ),
    "ExportStarted": shape({"id": ID, "links": mapping(text(), "Where its status is told.")}),
    "ExportStatus": shape(
        {
            "status": text(enum=["PENDING", "PROCESSING", "COMPLETE", "CANCELED"]),
            "requestedAt": moment(),
            "startedAt": moment("When it was asked for, until it begins."),
            "completedAt": moment("When it began, until it ends."),
        },
        {
            "result": text("The file's address, which opens it for five minutes and needs no token."),
            "numErrors": number(),
            "errors": array(of("object", additionalProperties=True), "Why no file was made."),
        },
    ),
    "ExportTold": shape(
        {
            "id": ID,
            "exportName": text(),
            "exportType": text(enum=["VIEW", "LIST"]),
            "exportState": text(
                enum=["ENQUEUED", "PROCESSING", "DONE", "DELETED", "FAILED", "CANCELED"],
            ),
            "objectType": text(),
            "objectProperties": array(text()),
            "recordCount": number("Records that are in the file so far."),
            "createdAt": moment(),
            "updatedAt": moment(),
        }
    ),
}

OPERATIONS = (
    Operation("exports.start", "startExport", _TAG, {202: "ExportStarted"}, body="ExportAsked", example=_CHOSEN,
        description="Thirty in any 24 hours, all programs of the account together; one is made at a time. A file is "
        "kept for thirty days. The token needs the scope to read the object besides."),
    Operation("exports.read_status", "readExportStatus", _TAG, {200: "ExportStatus"}, path=_ONE),
    Operation("exports.read_one", "readExport", _TAG, {200: "ExportTold"}, path=_ONE),
)  # fmt: skip
