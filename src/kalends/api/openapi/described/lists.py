"""Lists: segments under HubSpot's name."""

from __future__ import annotations

from kalends.api.openapi.described.examples import CONTACT, LIST, LIST_NAME, MOMENT, OTHER_LIST
from kalends.api.openapi.terms import (
    AFTER,
    GIVEN_ID,
    Operation,
    array,
    flag,
    limit,
    mapping,
    moment,
    names,
    number,
    of,
    parameter,
    ref,
    shape,
    text,
)

_TAG = "Lists"
_ONE = {"list": LIST}
_OTHER = {"list": OTHER_LIST}
_FILTERS = parameter("includeFilters", of("boolean", default=False), "Whether filterBranch is told.")
_KINDS = ["MANUAL", "DYNAMIC", "SNAPSHOT"]
_RULE = {
    "filterType": "PROPERTY",
    "property": "email",
    "operation": {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"},
}
_BRANCH = {
    "filterBranchType": "OR",
    "filters": [],
    "filterBranches": [{"filterBranchType": "AND", "filters": [_RULE], "filterBranches": []}],
}
_LIST = {
    "listId": LIST, "listVersion": 1, "name": "Reachable", "objectTypeId": "0-1", "processingType": "DYNAMIC",
    "processingStatus": "COMPLETE", "size": 40, "createdAt": MOMENT, "updatedAt": MOMENT, "filtersUpdatedAt": MOMENT,
}  # fmt: skip

COMPONENTS = {
    "FilterBranch": mapping(
        {},
        "An OR branch of AND branches. Filters are of the type PROPERTY or IN_LIST; an AND branch may hold ASSOCIATION "
        "branches, which with the operator NOT_IN_LIST ask for no such record. An operation of the type KALENDS has an "
        "operator and values of the filter language itself.",
    ),
    "List": shape(
        {
            "listId": text(),
            "listVersion": number(),
            "name": text(),
            "objectTypeId": text(),
            "processingType": text(enum=_KINDS),
            "processingStatus": text(
                "PROCESSING while its members are being found.", enum=["COMPLETE", "PROCESSING"]
            ),
            "size": number("How many members it has."),
            "createdAt": moment(),
            "updatedAt": moment(),
            "filtersUpdatedAt": moment(),
        },
        {
            "createdById": text(),
            "filterBranch": ref("FilterBranch"),
            "additionalProperties": mapping(text()),
        },
        example=_LIST,
    ),
    "OneList": shape({"list": ref("List")}),
    "UpdatedList": shape({"updatedList": ref("List")}),
    "Lists": shape({"lists": array(ref("List"))}),
    "ListsFound": shape(
        {"lists": array(ref("List")), "hasMore": flag(), "offset": number(), "total": number()}
    ),
    "NewList": shape(
        {
            "name": text(minLength=1),
            "objectTypeId": text("Such as 0-1 for contacts."),
            "processingType": text(enum=_KINDS),
        },
        {"filterBranch": ref("FilterBranch")},
    ),
    "ListFilters": shape({"filterBranch": ref("FilterBranch")}),
    "ListSearch": shape(
        {},
        {
            "query": text("A part of the name."),
            "processingTypes": array(text(enum=_KINDS)),
            "listIds": array(GIVEN_ID),
            "objectTypeId": text(),
            "offset": number(minimum=-1),
            "count": number(minimum=-1),
        },
    ),
    "RecordIds": array(GIVEN_ID),
    "MembershipChange": shape({}, {"recordIdsToAdd": array(GIVEN_ID), "recordIdsToRemove": array(GIVEN_ID)}),
    "MembershipsChanged": shape(
        {
            "recordIdsMissing": array(text(), "Records that are not there."),
            "recordsIdsAdded": array(text()),
            "recordIdsRemoved": array(text()),
        }
    ),
    "ListMembers": shape(
        {
            "results": array(shape({"recordId": text(), "membershipTimestamp": moment("Since when.")})),
            "total": number(),
        },
        {"paging": ref("Paging")},
    ),
    "ListsOfRecord": shape(
        {
            "results": array(
                shape(
                    {
                        "listId": text(),
                        "listVersion": number(),
                        "firstAddedTimestamp": moment(),
                        "lastAddedTimestamp": moment(),
                    }
                )
            ),
            "total": number(),
        }
    ),
}

OPERATIONS = (
    Operation("lists.create", "createList", _TAG, {200: "OneList"}, body="NewList",
        example={"name": "Reachable", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": _BRANCH}),
    Operation("lists.read_several", "readLists", _TAG, {200: "Lists"},
        query=(names("listIds", "The numbers of lists."), _FILTERS)),
    Operation("lists.search", "searchLists", _TAG, {200: "ListsFound"}, body="ListSearch", example={"query": "reach"},
        body_needed=False),
    Operation("lists.read_one", "readList", _TAG, {200: "OneList"}, path=_ONE, query=(_FILTERS,)),
    Operation("lists.read_by_name", "readListByName", _TAG, {200: "OneList"},
        path={"object": "0-1", "name": LIST_NAME}, query=(_FILTERS,)),
    Operation("lists.update_filters", "updateListFilters", _TAG, {200: "UpdatedList"}, path=_OTHER,
        body="ListFilters", example={"filterBranch": _BRANCH}),
    Operation("lists.update_name", "updateListName", _TAG, {200: "UpdatedList"}, path=_OTHER,
        query=(parameter("listName", text(), "The new name; without one it stays."), _FILTERS)),
    Operation("lists.remove", "deleteList", _TAG, {204: ""}, path=_OTHER),
    Operation("lists.restore", "restoreList", _TAG, {204: ""}, path=_ONE),
    Operation("list_members.read_members", "readListMembers", _TAG, {200: "ListMembers"}, path=_ONE,
        query=(limit(100, 250), AFTER)),
    Operation("list_members.read_members_by_age", "readListMembersByAge", _TAG, {200: "ListMembers"}, path=_ONE,
        query=(limit(100, 250), AFTER)),
    Operation("list_members.add", "addListMembers", _TAG, {200: "MembershipsChanged"}, path=_ONE, body="RecordIds",
        example=[CONTACT]),
    Operation("list_members.remove", "removeListMembers", _TAG, {200: "MembershipsChanged"}, path=_ONE,
        body="RecordIds", example=[CONTACT]),
    Operation("list_members.add_and_remove", "changeListMembers", _TAG, {200: "MembershipsChanged"}, path=_ONE,
        body="MembershipChange", example={"recordIdsToAdd": [CONTACT], "recordIdsToRemove": []}),
    Operation("list_members.add_from", "addListMembersFrom", _TAG, {204: ""},
        path={"list": LIST, "source": OTHER_LIST}),
    Operation("list_members.remove_all", "removeAllListMembers", _TAG, {204: ""}, path=_ONE),
    Operation("list_members.lists_of_record", "readListsOfRecord", _TAG, {200: "ListsOfRecord"},
        path={"object": "0-1", "record": CONTACT}),
)  # fmt: skip
