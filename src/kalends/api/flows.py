"""Workflows for programs, in the shape of HubSpot's automation API (v4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kalends.accounts.scopes import AUTOMATION, lacking, scope_of
from kalends.api import fields
from kalends.api.call import Answer, Call, object_named
from kalends.api.errors import conflict, invalid, missing_scopes, not_found
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.api.wire import record_id
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.crm.schema import account_object
from kalends.workflows.flows import Stored, UnknownWorkflow, definition_json, find_workflow, list_workflows
from kalends.workflows.hubspot import from_flow, next_id, to_action, to_criteria, to_settings
from kalends.workflows.reach import reach_of
from kalends.workflows.services import (
    WorkflowRefused,
    check_definition,
    create_workflow,
    delete_workflow,
    edit_workflow,
    turn_off,
    turn_on,
)
from kalends.workflows.sheet import DefinitionError

NEEDED = named(AUTOMATION)
_PAGE, _PAGE_MOST = 100, 500


@route("automation", "/flows", "GET", NEEDED)
def read_list(call: Call) -> Answer:
    """The account's workflows, without their actions, in order of their numbers."""
    limit, after = call.query.limit(_PAGE, _PAGE_MOST), call.query.after()
    found = sorted(each for each in list_workflows(call.db, call.ctx) if each.id > after)
    body: dict[str, Any] = {"results": [_short(call, each) for each in found[:limit]]}
    if len(found) > limit:
        body["paging"] = {"next": {"after": str(found[limit - 1].id)}}
    return Answer(body=body)


@route("automation", "/flows/{flow}", "GET", NEEDED)
def read_one(call: Call) -> Answer:
    """A workflow."""
    return Answer(body=_whole(call, _stored(call)))


@route("automation", "/flows", "POST", NEEDED)
def create(call: Call) -> Answer:
    """Make a workflow; with isEnabled it is turned on at once, for what happens from here on."""
    body = call.json()
    fields.require(body, ("name", "objectTypeId"))
    obj = object_named(call, fields.text(body, "objectTypeId") or "")
    with _in_words():
        made = from_flow(obj, body)
        _let_reach(call, made)
        id_ = create_workflow(
            call.db,
            call.ctx,
            name=fields.text(body, "name") or "",
            definition=made,
            actor=call.who.actor,
        )
        if fields.switch(body, "isEnabled"):
            turn_on(call.db, call.ctx, id_, actor=call.who.actor)
    return Answer(201, _whole(call, find_workflow(call.db, call.ctx, id_)))


@route("automation", "/flows/{flow}", "PUT", NEEDED)
def update(call: Call) -> Answer:
    """Give a workflow another definition, whole; revisionId is that of the one that was read."""
    stored, body = _stored(call), call.json()
    fields.require(body, ("revisionId",))
    if str(body["revisionId"]) != str(stored.version):
        raise conflict(f"The workflow is at revision {stored.version} by now; read it again.")
    obj = _object(call, stored)
    with _in_words():
        made = from_flow(obj, body)
        _let_reach(call, made)
        edit_workflow(
            call.db,
            call.ctx,
            stored.id,
            actor=call.who.actor,
            definition=made,
            name=fields.text(body, "name"),
        )
        wanted = fields.switch(body, "isEnabled")
        if wanted is True:
            turn_on(call.db, call.ctx, stored.id, actor=call.who.actor)
        elif wanted is False and stored.is_on:
            turn_off(call.db, call.ctx, stored.id, actor=call.who.actor)
    return Answer(body=_whole(call, find_workflow(call.db, call.ctx, stored.id)))


@route("automation", "/flows/{flow}", "DELETE", NEEDED)
def delete(call: Call) -> Answer:
    """Delete a workflow; who is in it leaves, and its history stays. Again is no error."""
    id_ = record_id(call.path["flow"])
    try:
        if id_ is not None:
            delete_workflow(call.db, call.ctx, id_, actor=call.who.actor)
    except UnknownWorkflow:
        pass
    return Answer(204)


def _let_reach(call: Call, definition: dict[str, Any]) -> None:
    """A workflow is made by who may read and write what it does. Raises ``ApiError``, ``DefinitionError``."""
    read, written = reach_of(check_definition(call.db, call.ctx, definition))
    needed = [scope_of(get_object(each), "read") for each in sorted(read)]
    needed += [scope_of(get_object(each), "write") for each in sorted(written)]
    short = lacking(call.bearer.scopes, needed)
    if short:
        raise missing_scopes(short)


def _stored(call: Call) -> Stored:
    id_ = record_id(call.path["flow"])
    try:
        if id_ is None:
            raise UnknownWorkflow
        return find_workflow(call.db, call.ctx, id_)
    except UnknownWorkflow:
        raise not_found(f"There is no workflow {call.path['flow'][:40]}.") from None


def _object(call: Call, stored: Stored) -> ObjectType:
    return account_object(call.db, call.ctx, stored.object)


def _short(call: Call, stored: Stored) -> dict[str, Any]:
    obj = _object(call, stored)
    return {
        "id": str(stored.id),
        "isEnabled": stored.is_on,
        "flowType": "WORKFLOW",
        "type": "CONTACT_FLOW" if stored.object == "contact" else "PLATFORM_FLOW",
        "name": stored.name,
        "objectTypeId": obj.type_id,
        "revisionId": str(stored.version),
        "createdAt": moment(stored.created_at),
        "updatedAt": moment(stored.updated_at),
    }


def _whole(call: Call, stored: Stored) -> dict[str, Any]:
    obj, made = _object(call, stored), definition_json(call.db, call.ctx, stored.id, stored.version)
    return {
        **_short(call, stored),
        "startActionId": made.get("start", ""),
        "nextAvailableActionId": next_id(made),
        "actions": [to_action(obj, each) for each in made.get("actions", [])],
        "enrollmentCriteria": to_criteria(obj, made),
        **to_settings(obj, made),
    }


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except DefinitionError as error:
        told = [
            {"message": f"{each.place}: {each.value}: {each.remedy}", "in": each.place}
            for each in error.problems
        ]
        raise invalid("The workflow has mistakes.", errors=told) from error
    except WorkflowRefused as refusal:
        raise (conflict if refusal.reason == "name" else invalid)(str(refusal)) from refusal
