"""Exports for programs: asked for, looked at, and fetched by a link that opens one file for five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from kalends.accounts import connections
from kalends.accounts.context import UnknownAccount, load_context
from kalends.accounts.scopes import EXPORT, lacking, scope_of
from kalends.api import fields, wire
from kalends.api.call import Answer, Call, object_named
from kalends.api.errors import ApiError, invalid, missing_scopes, not_found
from kalends.api.routes import named, route
from kalends.api.search import refused
from kalends.api.shapes import moment
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.exports import exports
from kalends.exports.exports import Export
from kalends.exports.kept import link_token, open_kept, read_link
from kalends.exports.request import Request, WrongRequest
from kalends.platform import security_log
from kalends.platform.clock import system_now
from kalends.query import FilterError, from_hubspot_search, to_json

GROUPS_MAX, CONDITIONS_MAX = 3, 3
LANGUAGES = {"EN": "en", "NO": "nb", "FI": "fi"}
"""HubSpot's word for a language of headers, and ours. In the others that it has, nobody vouches for the words."""
_TYPES = ("VIEW", "LIST")
_STATUS = {"queued": "PENDING", "running": "PROCESSING", "done": "COMPLETE", "expired": "COMPLETE"}
_STATE = {
    "queued": "ENQUEUED",
    "running": "PROCESSING",
    "done": "DONE",
    "expired": "DELETED",
    "failed": "FAILED",
    "canceled": "CANCELED",
}
_DAY_SECONDS = 86_400
FILES = "/crm/v3/exports/files/"
"""Where files are fetched; what follows is a link's token."""


@route("exports", "/export/async", "POST", named(EXPORT))
def start(call: Call) -> Answer:
    """Let an export be made: of a search's records (VIEW), or of a list's members (LIST)."""
    body = call.json()
    fields.require(body, ["exportType", "format", "exportName", "language", "objectType", "objectProperties"])
    obj = object_named(call, str(body["objectType"]))
    asked = _request(call, obj, body)
    _let_read(call, asked)
    before = exports.asked_by_programs(call.db, call.ctx, call.now)
    if before >= exports.PROGRAMS_A_DAY:
        raise ApiError(
            429,
            "RATE_LIMITS",
            f"Programs may ask for {exports.PROGRAMS_A_DAY} exports in any 24 hours, all together.",
            headers={"Retry-After": str(_DAY_SECONDS)},
            errorType="RATE_LIMIT",
            policyName="EXPORTS",
        )
    try:
        id_ = exports.ask(
            call.db,
            call.ctx,
            obj,
            asked,
            now=call.now,
            user_id=None,
            name=fields.text(body, "exportName") or "",
            actor=call.who.actor,
        )
    except WrongRequest as problem:
        raise invalid(str(problem)) from problem
    except FilterError as error:
        raise refused(error) from error
    status = f"{settings.PUBLIC_URL}/crm/v3/exports/export/async/tasks/{id_}/status"
    return Answer(202, {"id": str(id_), "links": {"status": status}})


def _let_read(call: Call, asked: Request) -> None:
    """An export is for who may read its records and all whose names stand beside them. Raises ``ApiError``."""
    needed = [scope_of(get_object(each), "read") for each in (asked.object, *asked.ties)]
    short = lacking(call.bearer.scopes, needed)
    if short:
        raise missing_scopes(short)


def _request(call: Call, obj: ObjectType, body: Mapping[str, Any]) -> Request:
    language = str(body["language"]).upper()
    if language not in LANGUAGES:
        raise fields.wrong("language", f"language is to be one of {', '.join(LANGUAGES)}")
    format_ = str(body["format"]).lower()
    kind = str(body["exportType"])
    if kind not in _TYPES:
        raise fields.wrong("exportType", f"exportType is to be one of {', '.join(_TYPES)}")
    internal = _texts(body, "exportInternalValuesOptions")
    given = body.get("associatedObjectType")
    ties = [given] if isinstance(given, str) else _texts(body, "associatedObjectType")
    groups, search, sort = _which(obj, body, kind)
    return Request(
        object=obj.name,
        groups=groups,
        search=search,
        sort=sort,
        columns=tuple(_texts(body, "objectProperties")),
        ties=tuple(object_named(call, each).name for each in ties),
        format=cast("Any", format_),
        language=cast("Any", LANGUAGES[language]),
        all_tied=bool(fields.switch(body, "overrideAssociatedObjectsPerDefinitionPerRowLimit")),
        internal_names="NAMES" in internal,
        internal_values="VALUES" in internal,
    )


def _which(obj: ObjectType, body: Mapping[str, Any], kind: str) -> tuple[tuple[Any, ...], str, str]:
    """The filter's groups, the words looked for, and the order."""
    if kind == "LIST":
        number = wire.record_id(body.get("listId"))
        if number is None:
            raise fields.wrong("listId", "listId is to be the number of a list")
        return ([{"segment": str(number), "quantifier": "any"}],), "", ""
    given = body.get("publicCrmSearchRequest") or {}
    if not isinstance(given, dict):
        raise fields.wrong("publicCrmSearchRequest", "publicCrmSearchRequest is to be an object")
    wanted = cast("dict[str, Any]", given)
    groups = [
        *_list(wanted.get("filterGroups")),
        *([{"filters": wanted["filters"]}] if wanted.get("filters") else []),
    ]
    if len(groups) > GROUPS_MAX or any(
        len(_list(cast("dict[str, Any]", each).get("filters"))) > CONDITIONS_MAX
        for each in groups
        if isinstance(each, dict)
    ):
        raise invalid(
            f"An export takes up to {GROUPS_MAX} filter groups of up to {CONDITIONS_MAX} filters each."
        )
    plain = {name: wanted.get(name) for name in ("filters", "filterGroups", "query")}
    try:
        search = from_hubspot_search(obj, {**plain, "sorts": _sorts(wanted.get("sorts"))})
    except FilterError as error:
        raise refused(error) from error
    sort = ("-" if search.sort.descending else "") + search.sort.property if wanted.get("sorts") else ""
    return tuple(to_json(obj, search.filter)["groups"]), search.search or "", sort


def _sorts(given: object) -> list[Any]:
    """Exports say ``order`` and ``DES`` where searches say ``direction`` and ``DESCENDING``."""
    words = {"ASC": "ASCENDING", "DES": "DESCENDING", "DESC": "DESCENDING"}
    found: list[Any] = []
    for each in _list(given):
        if isinstance(each, dict) and "order" in each:
            rule = cast("dict[str, Any]", each)
            direction = words.get(str(rule["order"]).upper(), str(rule["order"]))
            found.append({"propertyName": rule.get("propertyName"), "direction": direction})
        else:
            found.append(each)
    return found


def _list(given: object) -> list[Any]:
    return cast("list[Any]", given) if isinstance(given, list) else []


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    given = wire.field_of(body, name, list, "a list of texts", [])
    for place, each in enumerate(given):
        if not isinstance(each, str):
            raise fields.wrong(f"{name}[{place}]", f"{name}[{place}] is to be a text")
    return given


def _found(call: Call) -> Export:
    number = wire.record_id(call.path["id"])
    export = None if number is None else exports.find(call.db, call.ctx, number)
    if export is None or export.user_id is not None:  # those of people are theirs
        raise not_found(f"There is no export {call.path['id'][:100]}.")
    _let_read(call, export.asked)
    return export


@route("exports", "/export/async/tasks/{id}/status", "GET", named(EXPORT))
def read_status(call: Call) -> Answer:
    """How far an export has come, and once it is complete a link to its file, which opens it for five minutes."""
    export = _found(call)
    began = export.started_at or export.asked_at
    told: dict[str, Any] = {
        "status": _STATUS.get(export.status, "CANCELED"),
        "requestedAt": moment(export.asked_at),
        "startedAt": moment(began),
        "completedAt": moment(export.ended_at or began),
    }
    if export.can_be_fetched(call.now):
        token = link_token(call.ctx.id, export.id, call.now)
        told["result"] = f"{settings.PUBLIC_URL}{FILES}{token}"
    if export.problem:
        told |= {
            "numErrors": 1,
            "errors": [{"status": "error", "category": "EXPORT_FAILED", "message": export.problem}],
        }
    return Answer(body=told)


@route("exports", "/export/{id}", "GET", named(EXPORT))
def read_one(call: Call) -> Answer:
    """What an export is of, and how far it is."""
    export = _found(call)
    is_list = bool(export.asked.groups) and "segment" in export.asked.groups[0][0]
    return Answer(
        body={
            "id": str(export.id),
            "exportName": export.name,
            "exportType": "LIST" if is_list else "VIEW",
            "exportState": _STATE[export.status],
            "objectType": export.object.upper(),
            "objectProperties": list(export.asked.columns),
            "recordCount": export.rows_done,
            "createdAt": moment(export.asked_at),
            "updatedAt": moment(export.ended_at or export.started_at or export.asked_at),
        }
    )


def answer_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """A file by its link. One that is over is told as if there had never been one."""
    now = system_now()
    named_by = read_link(token, now) if request.method in ("GET", "HEAD") else None
    kept = None
    if named_by is None:
        security_log.tell("signature_wrong", of="link to an exported file")
    else:
        account_id, export_id = named_by
        db = connections.inside(account_id)
        try:
            export = exports.find(db, load_context(db, account_id, system_now=now), export_id)
        except UnknownAccount:
            export = None
        if export is not None:
            kept = open_kept(Path(settings.MEDIA_ROOT), account_id, export, now)
    if kept is None:
        return HttpResponse("This link is over. Ask for the export's status again.\n", "text/plain", 404)
    response = FileResponse(kept.file, as_attachment=True, filename=kept.name, content_type=kept.content_type)
    response["Cache-Control"] = "private, no-store"
    return response
