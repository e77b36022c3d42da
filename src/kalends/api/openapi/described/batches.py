"""Up to a hundred records at once."""

from __future__ import annotations

from kalends.api.openapi.described.examples import COMPANY, CONTACT, DEAL, MOMENT, OTHER_CONTACT
from kalends.api.openapi.described.records import COMPONENTS as _SINGLE
from kalends.api.openapi.terms import (
    ARCHIVED,
    GIVEN_ID,
    Operation,
    array,
    batch,
    flag,
    inputs,
    ref,
    shape,
    text,
)

_MOST = 100
_TRACE = {
    "objectWriteTraceId": text(
        "One of its own for every input lets the others be written where one is wrong."
    )
}
_RECORD = _SINGLE["Record"]["examples"][0]
_DONE = {"status": "COMPLETE", "startedAt": MOMENT, "completedAt": MOMENT}

COMPONENTS = {
    "RecordBatch": batch("Record", example={**_DONE, "results": [_RECORD]}),
    "UpsertedRecord": {
        "type": "object",
        "properties": {**_SINGLE["Record"]["properties"], "new": flag("Whether the record was made.")},
        "required": [*_SINGLE["Record"]["required"], "new"],
    },
    "UpsertBatch": batch("UpsertedRecord", example={**_DONE, "results": [{**_RECORD, "new": False}]}),
    "BatchCreate": inputs(
        shape(
            {"properties": ref("AnyPropertiesInput")},
            {"associations": array(ref("NewTie"), maxItems=1000), **_TRACE},
        ),
        _MOST,
    ),
    "BatchUpdate": inputs(
        shape(
            {"id": GIVEN_ID, "properties": ref("AnyPropertiesInput")},
            {"idProperty": text("The property whose value `id` is."), **_TRACE},
        ),
        _MOST,
    ),
    "BatchUpsert": inputs(
        shape(
            {"id": {**GIVEN_ID, "pattern": "^.+$"}, "properties": ref("AnyPropertiesInput")},
            {
                "idProperty": text("The property whose value `id` is: `email`, or one that is unique."),
                **_TRACE,
            },
        ),
        _MOST,
    ),
    "BatchRead": inputs(
        shape({"id": GIVEN_ID}),
        _MOST,
        properties=array(text()),
        propertiesWithHistory=array(text(), "There are 50 inputs at most with it."),
        idProperty=text("The property whose value each `id` is."),
    ),
    "BatchArchive": inputs(shape({"id": GIVEN_ID}), _MOST),
}

OPERATIONS = (
    Operation("batch.create_batch", "createRecords", "Batches", {201: "RecordBatch", 207: "RecordBatch"},
        path={"type": "contacts"}, body="BatchCreate",
        description="One wrong input refuses the whole batch, unless each has an `objectWriteTraceId` of its own.",
        example={"inputs": [{"properties": {"email": "grace@example.com"}, "objectWriteTraceId": "t-1"},
                            {"properties": {"email": "alan@example.com"}, "objectWriteTraceId": "t-2"}]}),
    Operation("batch.read_batch", "readRecords", "Batches", {200: "RecordBatch", 207: "RecordBatch"},
        path={"type": "contacts"}, body="BatchRead", query=(ARCHIVED,),
        example={"inputs": [{"id": CONTACT}, {"id": OTHER_CONTACT}], "properties": ["email", "city"]}),
    Operation("batch.update_batch", "updateRecords", "Batches", {200: "RecordBatch", 207: "RecordBatch"},
        path={"type": "deals"}, body="BatchUpdate",
        example={"inputs": [{"id": DEAL, "properties": {"dealname": "Gold, yearly"}}]}),
    Operation("batch.upsert_batch", "upsertRecords", "Batches", {200: "UpsertBatch", 207: "UpsertBatch"},
        path={"type": "contacts"}, body="BatchUpsert",
        example={"inputs": [{"id": "grace@example.com", "idProperty": "email",
                             "properties": {"city": "Arlington"}}]}),
    Operation("batch.archive_batch", "archiveRecords", "Batches", {204: ""},
        path={"type": "companies"}, body="BatchArchive", example={"inputs": [{"id": COMPANY}]}),
)  # fmt: skip
