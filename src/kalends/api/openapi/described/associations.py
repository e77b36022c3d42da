"""What records are tied to, in the newer form and in that of v3."""

from __future__ import annotations

from kalends.api.openapi.described.examples import COMPANY, CONTACT, DEAL, MOMENT, OWN_LABEL
from kalends.api.openapi.terms import (
    AFTER,
    GIVEN_ID,
    ID,
    Operation,
    array,
    batch,
    inputs,
    limit,
    listed,
    number,
    of,
    or_null,
    page,
    ref,
    shape,
    text,
)

_TAG = "Associations"
_MOST = 2_000
_DONE = {"status": "COMPLETE", "startedAt": MOMENT, "completedAt": MOMENT}
_SPEC = {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}
_TIE = {"toObjectId": 1003, "associationTypes": [_SPEC]}
_END = shape({"id": ID})
_GIVEN_END = shape({"id": GIVEN_ID})
_PAIR = {"from": _GIVEN_END, "to": _GIVEN_END}
_PAIR_EXAMPLE = {"from": {"id": CONTACT}, "to": {"id": COMPANY}}
_TYPES = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
_BETWEEN = {"type": "contacts", "to": "companies"}
_ONE = {**_BETWEEN, "id": CONTACT, "other": COMPANY}

COMPONENTS = {
    "TieKind": shape(
        {
            "category": text("HUBSPOT_DEFINED, or USER_DEFINED for labels of the account's own."),
            "typeId": number("Its number, seen from the first object."),
            "label": or_null(text("Null for the plain tie.")),
        },
        example=_SPEC,
    ),
    "Tie": shape({"toObjectId": number(), "associationTypes": array(ref("TieKind"))}, example=_TIE),
    "TiePage": page("Tie", example={"results": [_TIE]}),
    "OlderTie": shape({"id": ID, "type": text("Such as contact_to_company.")}),
    "OlderTiePage": page("OlderTie", example={"results": [{"id": COMPANY, "type": "contact_to_company"}]}),
    "LabeledTie": shape(
        {
            "fromObjectTypeId": text(),
            "fromObjectId": number(),
            "toObjectTypeId": text(),
            "toObjectId": number(),
            "labels": array(text()),
        },
        example={"fromObjectTypeId": "0-1", "fromObjectId": 1001, "toObjectTypeId": "0-2", "toObjectId": 1003,
                 "labels": ["Primary"]},
    ),
    "PlainTie": shape(
        {
            "from": _END,
            "to": _END,
            "associationSpec": shape({"associationCategory": text(), "associationTypeId": number()}),
        }
    ),
    "OlderPair": shape({"from": _END, "to": _END, "type": text()}),
    "LabeledTieBatch": batch("LabeledTie"),
    "PlainTieBatch": batch(
        "PlainTie",
        example={**_DONE, "results": [{"from": {"id": CONTACT}, "to": {"id": COMPANY},
                 "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}}]},
    ),
    "OlderPairBatch": batch("OlderPair"),
    "RecordTie": shape({"from": _END, "to": array(ref("Tie"), maxItems=500)}, {"paging": ref("Paging")}),
    "RecordTieBatch": batch("RecordTie"),
    "OlderRecordTie": shape({"from": _END, "to": array(ref("OlderTie"))}, {"paging": ref("Paging")}),
    "OlderRecordTieBatch": batch("OlderRecordTie"),
    "TieKindList": listed("TieKind", example={"results": [_SPEC]}),
    "OlderTieKindList": listed("OlderTieKind", example={"results": [{"id": "279", "name": "contact_to_company"}]}),
    "OlderTieKind": shape({"id": ID, "name": text()}),
    "Types": array(ref("AssociationType"), minItems=1, maxItems=100),
    "TypedPairs": inputs(shape({**_PAIR, "types": ref("Types")}), _MOST),
    "PlainPairs": inputs(shape(_PAIR), _MOST),
    "OlderPairs": inputs(shape({**_PAIR, "type": of(["string", "integer"], "A number, or a text.")}), _MOST),
    "TieReads": inputs(shape({"id": GIVEN_ID}, {"after": of(["string", "integer"], pattern="^[0-9]{1,18}$")}), 1_000),
    "Untied": inputs(shape({"from": _GIVEN_END, "to": array(_GIVEN_END, minItems=1)}), _MOST,
                     description="100 different records in `from` at most, and 2,000 pairs."),
    "NewLabel": shape({"label": text("What people read.", minLength=1),
                       "name": text("What programs say.", minLength=1)},
                      {"inverseLabel": text("What it is called from the other side.")}),
    "LabelChange": shape({"associationTypeId": GIVEN_ID, "label": text(minLength=1)}, {"inverseLabel": text()}),
}  # fmt: skip

OPERATIONS = (
    Operation("associations.list_ties", "listAssociations", _TAG, {200: "TiePage"}, version="v4",
        path={**_BETWEEN, "id": CONTACT}, query=(limit(500, 500), AFTER)),
    Operation("associations.tie_plainly", "associatePlainly", _TAG, {200: "PlainTieBatch"}, version="v4", path=_ONE),
    Operation("associations.tie", "associate", _TAG, {201: "LabeledTie"}, version="v4",
        path=_ONE, body="Types", example=_TYPES),
    Operation("associations.untie", "dissociate", _TAG, {204: ""}, version="v4", path=_ONE),
    Operation("associations.list_ties", "listAssociationsV3", _TAG, {200: "OlderTiePage"},
        path={**_BETWEEN, "id": CONTACT}, query=(limit(500, 500), AFTER)),
    Operation("associations.tie_as", "associateV3", _TAG, {200: "Record"},
        path={**_ONE, "kind": "contact_to_company"}),
    Operation("associations.untie_as", "dissociateV3", _TAG, {204: ""},
        path={**_ONE, "kind": "contact_to_company"}),
    Operation("association_batches.create_batch", "associateBatch", _TAG,
        {201: "LabeledTieBatch", 207: "LabeledTieBatch"}, version="v4", path=_BETWEEN, body="TypedPairs",
        example={"inputs": [{**_PAIR_EXAMPLE, "types": _TYPES}]}),
    Operation("association_batches.create_plain_batch", "associatePlainlyBatch", _TAG, {200: "PlainTieBatch"},
        version="v4", path={"type": "deals", "to": "contacts"}, body="PlainPairs",
        example={"inputs": [{"from": {"id": DEAL}, "to": {"id": CONTACT}}]}),
    Operation("association_batches.read_batch", "readAssociationsBatch", _TAG,
        {200: "RecordTieBatch", 207: "RecordTieBatch"}, version="v4", path=_BETWEEN, body="TieReads",
        example={"inputs": [{"id": CONTACT}]}),
    Operation("association_batches.archive_batch", "dissociateBatch", _TAG, {204: ""}, version="v4",
        path=_BETWEEN, body="Untied", example={"inputs": [{"from": {"id": CONTACT}, "to": [{"id": COMPANY}]}]}),
    Operation("association_batches.archive_labels", "takeLabelsBatch", _TAG, {204: ""}, version="v4",
        path=_BETWEEN, body="TypedPairs",
        example={"inputs": [{**_PAIR_EXAMPLE,
                             "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]}]}),
    Operation("association_labels.list_labels", "listAssociationTypes", _TAG, {200: "TieKindList"},
        version="v4", path=_BETWEEN),
    Operation("association_labels.make_label", "createLabel", _TAG, {200: "TieKindList"}, version="v4",
        path=_BETWEEN, body="NewLabel",
        example={"label": "Employer", "name": "employer", "inverseLabel": "Employee"}),
    Operation("association_labels.change_label", "updateLabel", _TAG, {204: ""}, version="v4",
        path=_BETWEEN, body="LabelChange", example={"associationTypeId": OWN_LABEL, "label": "Works for"}),
    Operation("association_labels.remove_label", "deleteLabel", _TAG, {204: ""}, version="v4",
        path={**_BETWEEN, "number": OWN_LABEL}),
    Operation("association_batches.create_batch", "associateBatchV3", _TAG,
        {201: "OlderPairBatch", 207: "OlderPairBatch"}, path=_BETWEEN, body="OlderPairs",
        example={"inputs": [{**_PAIR_EXAMPLE, "type": "contact_to_company"}]}),
    Operation("association_batches.read_batch", "readAssociationsBatchV3", _TAG,
        {200: "OlderRecordTieBatch", 207: "OlderRecordTieBatch"}, path=_BETWEEN, body="TieReads",
        example={"inputs": [{"id": CONTACT}]}),
    Operation("association_batches.archive_batch", "dissociateBatchV3", _TAG, {204: ""}, path=_BETWEEN,
        body="OlderPairs", example={"inputs": [{**_PAIR_EXAMPLE, "type": "contact_to_company"}]}),
    Operation("association_labels.list_types", "listAssociationTypesV3", _TAG, {200: "OlderTieKindList"},
        path=_BETWEEN),
)  # fmt: skip
