"""Workflows, in the shape of HubSpot's automation API."""

from __future__ import annotations

from kalends.api.openapi.described.examples import FLOW, MOMENT
from kalends.api.openapi.terms import (
    AFTER,
    Operation,
    array,
    flag,
    limit,
    mapping,
    moment,
    number,
    ref,
    shape,
    text,
)

_TAG = "Workflows"
_ONE = {"flow": FLOW}
_KINDS = ["PLATFORM_FLOW", "CONTACT_FLOW"]
_SHORT = {
    "id": text(),
    "isEnabled": flag(),
    "flowType": text(enum=["WORKFLOW"]),
    "type": text(enum=_KINDS),
    "name": text(),
    "objectTypeId": text("The kind of its records, such as 0-69 for subscriptions."),
    "revisionId": text("The number of its version."),
    "createdAt": moment(),
    "updatedAt": moment(),
}
_RULE = {
    "filterType": "PROPERTY",
    "property": "hs_status",
    "operation": {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["past_due"]},
}
_BRANCH = {
    "filterBranchType": "OR",
    "filters": [],
    "filterBranches": [{"filterBranchType": "AND", "filters": [_RULE], "filterBranches": []}],
}
_ACTION = {
    "actionId": "1",
    "actionTypeId": "0-5",
    "actionTypeVersion": 0,
    "type": "SINGLE_CONNECTION",
    "fields": {
        "property_name": "hs_invoice_comments",
        "value": {"type": "STATIC_VALUE", "staticValue": "Past due"},
    },
}
_NEW = {
    "name": "Note what is past due",
    "objectTypeId": "0-69",
    "isEnabled": False,
    "startActionId": "1",
    "actions": [_ACTION],
    "enrollmentCriteria": {"type": "LIST_BASED", "shouldReEnroll": True, "listFilterBranch": _BRANCH},
}
_FLOW_SHORT = {
    "id": FLOW, "isEnabled": False, "flowType": "WORKFLOW", "type": "PLATFORM_FLOW", "name": "Note what is past due",
    "objectTypeId": "0-69", "revisionId": "1", "createdAt": MOMENT, "updatedAt": MOMENT,
}  # fmt: skip
_SETTINGS = {
    "suppressionFilterBranch": ref("FilterBranch"),
    "goalFilterBranch": ref("FilterBranch"),
    "unEnrollmentFilterBranch": ref("FilterBranch"),
}

COMPONENTS = {
    "FlowAction": mapping(
        {},
        "SINGLE_CONNECTION with actionTypeId, fields and connection; LIST_BRANCH with listBranches; STATIC_BRANCH with "
        "staticBranches. What HubSpot has no number for is of the actionTypeId kalends- and a word, such as "
        "kalends-call_webhook. docs/api.md lists all of them. No action moves money.",
    ),
    "EnrollmentCriteria": mapping(
        {},
        "LIST_BASED with listFilterBranch, MANUAL, or KALENDS with triggers in the form of docs/guide.md, Workflows. "
        "With shouldReEnroll a record may come in again; reEnrollOnEachValueOf names a property, once for each value "
        "of which it does.",
    ),
    "TimeWindow": shape(
        {
            "day": text(enum=["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]),
            "startTime": shape({"hour": number(), "minute": number()}),
            "endTime": shape({"hour": number(), "minute": number()}),
        }
    ),
    "FlowSummary": shape(_SHORT, example=_FLOW_SHORT),
    "Flow": shape(
        {
            **_SHORT,
            "startActionId": text(),
            "nextAvailableActionId": text(),
            "actions": array(ref("FlowAction")),
            "enrollmentCriteria": ref("EnrollmentCriteria"),
            "timeWindows": array(
                ref("TimeWindow"), "The hours in which actions are done; none for all hours."
            ),
        },
        _SETTINGS,
        example={**_FLOW_SHORT, **_NEW, "nextAvailableActionId": "2", "timeWindows": []},
    ),
    "Flows": shape({"results": array(ref("FlowSummary"))}, {"paging": ref("Paging")}),
    "NewFlow": shape(
        {"name": text(minLength=1), "objectTypeId": text()},
        {
            "isEnabled": flag(),
            "startActionId": text(),
            "actions": array(ref("FlowAction")),
            "enrollmentCriteria": ref("EnrollmentCriteria"),
            "timeWindows": array(ref("TimeWindow")),
            **_SETTINGS,
        },
    ),
    "ChangedFlow": shape(
        {"revisionId": text("The revision that was read; another one answers 409.")},
        {
            "name": text(),
            "isEnabled": flag(),
            "startActionId": text(),
            "actions": array(ref("FlowAction")),
            "enrollmentCriteria": ref("EnrollmentCriteria"),
            "timeWindows": array(ref("TimeWindow")),
            **_SETTINGS,
        },
    ),
}

OPERATIONS = (
    Operation("flows.read_list", "listFlows", _TAG, {200: "Flows"}, version="v4", query=(limit(100, 500), AFTER)),
    Operation("flows.create", "createFlow", _TAG, {201: "Flow"}, version="v4", body="NewFlow", example=_NEW),
    Operation("flows.read_one", "readFlow", _TAG, {200: "Flow"}, version="v4", path=_ONE),
    Operation("flows.update", "updateFlow", _TAG, {200: "Flow"}, version="v4", path=_ONE, body="ChangedFlow",
        example={"revisionId": "1", **{key: each for key, each in _NEW.items() if key != "objectTypeId"}}),
    Operation("flows.delete", "deleteFlow", _TAG, {204: ""}, version="v4", path=_ONE),
)  # fmt: skip
