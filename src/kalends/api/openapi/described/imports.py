"""Imports."""

from __future__ import annotations

import json

from kalends.api.openapi.described.examples import IMPORT
from kalends.api.openapi.terms import (
    AFTER,
    ID,
    Operation,
    array,
    flag,
    limit,
    mapping,
    moment,
    number,
    page,
    shape,
    text,
)

_TAG = "Imports"
_ASKED = {
    "name": "Contacts of March",
    "importOperations": {"0-1": "UPSERT"},
    "dateFormat": "DAY_MONTH_YEAR",
    "files": [
        {
            "fileName": "contacts.csv",
            "fileFormat": "CSV",
            "fileImportPage": {
                "hasHeader": True,
                "columnMappings": [
                    {
                        "columnObjectTypeId": "0-1",
                        "columnName": "Email",
                        "propertyName": "email",
                        "columnType": "HUBSPOT_ALTERNATE_ID",
                    },
                    {"columnObjectTypeId": "0-1", "columnName": "City", "propertyName": "city"},
                ],
            },
        }
    ],
}
_SENT = {"importRequest": json.dumps(_ASKED), "files": "Email,City\nkari@example.com,Bodø\n"}
_ONE = {"import": IMPORT}

COMPONENTS = {
    "ImportAsked": shape(
        {
            "importRequest": text(
                "JSON: `name`; `importOperations` (by type id CREATE, UPDATE or UPSERT, which is usual); `dateFormat` "
                "(MONTH_DAY_YEAR, DAY_MONTH_YEAR or YEAR_MONTH_DAY); and `files` with one file, whose `fileImportPage` "
                "has `hasHeader` true and `columnMappings`. Each of them has `columnObjectTypeId`, `columnName`, "
                "`propertyName` and, where records are known by it, `columnType` HUBSPOT_OBJECT_ID or "
                "HUBSPOT_ALTERNATE_ID.",
                contentMediaType="application/json",
            ),
            "files": text("The file: CSV or XLSX with headings in its first row.", format="binary"),
        }
    ),
    "Import": shape(
        {
            "id": ID,
            "state": text(enum=["STARTED", "PROCESSING", "DONE", "FAILED", "CANCELED", "REVERTED"]),
            "createdAt": moment(),
            "updatedAt": moment("When it ended; until then when it was asked for."),
            "importName": text(),
            "importSource": text(enum=["API"]),
            "mappedObjectTypeIds": array(text(), "The objects that the columns name; the rows' own first."),
            "optOutImport": flag("Always false."),
            "metadata": shape(
                {
                    "counters": mapping(
                        number(),
                        "TOTAL_ROWS, CREATED_OBJECTS, UPDATED_OBJECTS, UNIQUE_OBJECTS_WRITTEN, ERRORS.",
                    ),
                    "fileIds": array(text()),
                    "objectLists": array(mapping(text()), "Always empty: no list is made."),
                }
            ),
        },
        {"message": text("Why it failed, or was stopped.")},
    ),
    "ImportPage": page("Import"),
    "ImportCanceled": shape(
        {
            "status": text(enum=["CANCELED"]),
            "requestedAt": moment(),
            "startedAt": moment(),
            "completedAt": moment(),
        }
    ),
    "ImportError": shape(
        {
            "id": ID,
            "createdAt": number("Milliseconds since 1970."),
            "errorType": text(
                "FAILED_VALIDATION, COULD_NOT_PARSE_DATE, INVALID_ENUMERATION_OPTION and so on."
            ),
            "errorMessage": text("What would be right."),
            "sourceData": shape(
                {
                    "lineNumber": number("The line in the file; the headings are line 1."),
                    "rowData": array(text(), "The cells of the row; empty once the file is thrown away."),
                    "containsEncryptedProperties": flag("Always false."),
                    "fileId": number(),
                }
            ),
        },
        {
            "invalidValue": text(),
            "knownColumnNumber": number("The column, from 1."),
            "objectTypeId": text("Of the column."),
        },
    ),
    "ImportErrorPage": page("ImportError"),
}

OPERATIONS = (
    Operation("imports.start", "startImport", _TAG, {200: "Import"}, body="ImportAsked", example=_SENT, multipart=True,
        description="Rows make or change records of one object; columns of other objects name records that are there, "
        "to be associated. Every row is checked first; those that are wrong are left out and told. The token needs "
        "the scope to write the object besides, and those to read what columns name. What is billed elsewhere is not "
        "billed here until people let it be."),
    Operation("imports.list_imports", "listImports", _TAG, {200: "ImportPage"}, query=(limit(10, 100), AFTER)),
    Operation("imports.read_one", "readImport", _TAG, {200: "Import"}, path=_ONE),
    Operation("imports.cancel", "cancelImport", _TAG, {200: "ImportCanceled"}, path=_ONE),
    Operation("imports.list_errors", "listImportErrors", _TAG, {200: "ImportErrorPage"}, path=_ONE,
        query=(limit(100, 500), AFTER)),
)  # fmt: skip
