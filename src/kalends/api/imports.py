"""Imports for programs, in HubSpot's shape: a file comes in with what its columns are, and is read in the background.

What people look at on pages happens by itself here: every row is rehearsed, and those that are right are then written.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings

from kalends.accounts.scopes import IMPORT, lacking, scope_of
from kalends.api import fields, uploads, wire
from kalends.api.call import Answer, Call
from kalends.api.errors import invalid, missing_scopes, not_found
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.catalog.registry import get_object
from kalends.catalog.values import is_storable
from kalends.crm.schema import account_object
from kalends.imports import carry, runs, sheets
from kalends.imports.hubspot import Wanted, objects_told, plan_of, read_request
from kalends.imports.plan import Plan, WrongPlan, check, parse_target
from kalends.imports.runs import Import, ImportRefused, Wrong
from kalends.imports.sheets import WrongFile

_PAGE, _LARGEST_PAGE = 10, 100
_ERRORS_PAGE, _LARGEST_ERRORS_PAGE = 100, 500
_STATE = {
    "new": "STARTED",
    "checking": "PROCESSING",
    "checked": "PROCESSING",
    "running": "PROCESSING",
    "done": "DONE",
    "failed": "FAILED",
    "canceled": "CANCELED",
    "undoing": "REVERTED",
    "undone": "REVERTED",
}
_ERROR_TYPES = {
    "csv": "COULD_NOT_PARSE_ROW",
    "encoding": "COULD_NOT_PARSE_ROW",
    "number": "COULD_NOT_PARSE_NUMBER",
    "INVALID_INTEGER": "COULD_NOT_PARSE_NUMBER",
    "date": "COULD_NOT_PARSE_DATE",
    "INVALID_DATE": "COULD_NOT_PARSE_DATE",
    "INVALID_OPTION": "INVALID_ENUMERATION_OPTION",
    "INVALID_EMAIL": "INVALID_EMAIL",
    "REQUIRED_FIELD": "MISSING_REQUIRED_PROPERTY",
    "CONFLICTING_UNIQUE_VALUE": "DUPLICATE_UNIQUE_PROPERTY_VALUE",
    "identity": "MISSING_REQUIRED_PROPERTY",
    "repeated": "DUPLICATE_ROW_CONTENT",
    "long": "COLUMN_TOO_LARGE",
    "there": "CREATE_ONLY_IMPORT",
    "not_there": "UPDATE_ONLY_IMPORT",
    "tie": "ASSOCIATION_RECORD_NOT_FOUND",
}
"""HubSpot's word for what is wrong with a row; anything else failed validation."""


@route("imports", "", "POST", named(IMPORT))
def start(call: Call) -> Answer:
    """Begin an import: ``importRequest`` says what the columns of the one file in ``files`` are."""
    form = uploads.read_form(call.raw, call.content_type)
    if "importRequest" not in form.fields:
        raise fields.wrong(
            "importRequest", "importRequest is required: what the columns of the file are, as JSON"
        )
    body = wire.read_object(form.fields["importRequest"].encode("utf-8", "replace"))
    name = fields.text(body, "name") or ""
    given = form.files.get("files", [])
    if len(given) != 1:
        raise fields.wrong("files", f"files is to be one file, and there are {len(given)}")
    try:
        wanted = read_request(body)
    except WrongPlan as problem:
        raise invalid(str(problem)) from problem
    _let_import(call, wanted)
    folder = carry.folder_of(Path(settings.MEDIA_ROOT), call.ctx.id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / secrets.token_urlsafe(32)
    try:
        with path.open("wb") as target:
            path.chmod(0o600)
            for part in given[0].chunks():
                target.write(part)
        id_ = _taken_in(call, wanted, path, name or Path(str(given[0].name or "")).name)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Answer(200, _told(_found(call, id_)))


def _let_import(call: Call, wanted: Wanted) -> None:
    """For who may write the rows' object and what rows bring, and read what their columns name. Raises ``ApiError``."""
    written = {wanted.object, *(["line_item"] if wanted.brings_lines else [])}
    needed = [
        scope_of(get_object(each), "write" if each in written else "read") for each in sorted(wanted.objects)
    ]
    short = lacking(call.bearer.scopes, needed)
    if short:
        raise missing_scopes(short)


def _taken_in(call: Call, wanted: Wanted, path: Path, name: str) -> int:
    """The number of the import of a file, which the worker takes up. Raises ``ApiError``."""
    try:
        plan = _plan(call, wanted, path)
        id_ = runs.start(
            call.db,
            call.ctx,
            plan,
            name=name if is_storable(name) else "",
            user_id=runs.PROGRAM,
            actor=call.who.actor,
            now=call.now,
            key=path.name,
            file_size=path.stat().st_size,
        )
    except (WrongFile, WrongPlan, ImportRefused) as problem:
        raise invalid(str(problem)) from problem
    runs.let_begin(call.db, call.ctx, id_, "rehearse")
    return id_


def _plan(call: Call, wanted: Wanted, path: Path) -> Plan:
    obj = account_object(call.db, call.ctx, wanted.object)
    shape = sheets.guess_shape(path)
    headings = sheets.headings(path, shape)
    plan = plan_of(wanted, obj, shape, headings, sheets.sample(path, shape))
    check(plan, obj, len(headings))
    return plan


def _found(call: Call, number: int | None) -> Import:
    one = None if number is None else runs.find(call.db, call.ctx, number)
    if one is None or not one.of_program:  # those of people are theirs
        raise not_found("There is no such import.")
    return one


def _told(one: Import) -> dict[str, Any]:
    """An import in HubSpot's shape."""
    created, updated, bad = (one.found.get(each, 0) for each in ("created", "updated", "bad"))
    counters = {"TOTAL_ROWS": one.rows, "ERRORS": bad}
    if one.status not in ("checking", "failed"):  # a rehearsal has written nothing
        written = {
            "CREATED_OBJECTS": created,
            "UPDATED_OBJECTS": updated,
            "UNIQUE_OBJECTS_WRITTEN": created + updated,
        }
        counters |= written
    return {
        "id": str(one.id),
        "state": _STATE[one.status],
        "createdAt": moment(one.asked_at),
        "updatedAt": moment(one.ended_at or one.asked_at),
        "importName": one.name,
        "importSource": "API",
        "mappedObjectTypeIds": objects_told(one.plan),
        "optOutImport": False,
        "metadata": {"counters": counters, "fileIds": [str(one.id)], "objectLists": []},
        **({"message": one.problem} if one.problem else {}),
    }


@route("imports", "", "GET", named(IMPORT))
def list_imports(call: Call) -> Answer:
    """A page of the imports that programs asked for, the newest first."""
    limit = call.query.limit(_PAGE, _LARGEST_PAGE)
    found = runs.list_of_programs(call.db, call.ctx, before=call.query.after(), limit=limit + 1)
    body: dict[str, Any] = {"results": [_told(each) for each in found[:limit]]}
    if len(found) > limit:
        body["paging"] = {"next": {"after": str(found[limit - 1].id)}}
    return Answer(body=body)


@route("imports", "/{import}", "GET", named(IMPORT))
def read_one(call: Call) -> Answer:
    """An import: how far it has come, and what it did."""
    return Answer(body=_told(_found(call, wire.record_id(call.path["import"]))))


@route("imports", "/{import}/cancel", "POST", named(IMPORT))
def cancel(call: Call) -> Answer:
    """Stop an import; what was written so far stays, and people can undo it on its page."""
    one = _found(call, wire.record_id(call.path["import"]))
    try:
        runs.cancel(call.db, call.ctx, one.id, now=call.now, actor=call.who.actor)
    except ImportRefused as problem:
        raise invalid(str(problem)) from problem
    return Answer(
        body={
            "status": "CANCELED",
            "requestedAt": moment(one.asked_at),
            "startedAt": moment(one.asked_at),
            "completedAt": moment(call.now),
        }
    )


@route("imports", "/{import}/errors", "GET", named(IMPORT))
def list_errors(call: Call) -> Answer:
    """A page of what is wrong with rows, which were left out; in the order of the file."""
    one = _found(call, wire.record_id(call.path["import"]))
    limit = call.query.limit(_ERRORS_PAGE, _LARGEST_ERRORS_PAGE)
    found = runs.problems_after(call.db, call.ctx, one.id, after=call.query.after(), limit=limit + 1)
    shown = found[:limit]
    told = _Errors(one, carry.folder_of(Path(settings.MEDIA_ROOT), call.ctx.id) / one.key, shown)
    body: dict[str, Any] = {"results": [told.error(each) for each in shown]}
    if len(found) > limit:
        body["paging"] = {"next": {"after": str(shown[-1].mark)}}
    return Answer(body=body)


class _Errors:
    """Errors with the rows that they are about, as long as the file is kept."""

    def __init__(self, one: Import, path: Path, shown: list[Wrong]) -> None:
        self._one = one
        self._headings: list[str] = []
        self._rows: dict[int, list[str]] = {}
        lines = {each.problem.row for each in shown}
        if lines and one.file_size and path.is_file():
            shape = one.plan.shape
            self._headings = sheets.headings(path, shape)
            for row in sheets.rows(path, shape, after=min(lines) - 1):
                if row.line in lines:
                    self._rows[row.line] = [sheets.printable(sheets.shown(each)) for each in row.cells]
                if row.line >= max(lines):
                    break

    def error(self, wrong: Wrong) -> dict[str, Any]:
        """One error in HubSpot's shape."""
        one, problem = self._one, wrong.problem
        told: dict[str, Any] = {
            "id": str(wrong.mark),
            "createdAt": int((one.ended_at or one.asked_at).timestamp() * 1000),
            "errorType": _ERROR_TYPES.get(problem.code, "FAILED_VALIDATION"),
            "errorMessage": problem.remedy,
            "sourceData": {
                "lineNumber": problem.row,
                "rowData": self._rows.get(problem.row, []),
                "containsEncryptedProperties": False,
                "fileId": one.id,
            },
        }
        if problem.value:
            told["invalidValue"] = problem.value
        if problem.column in self._headings:
            place = self._headings.index(problem.column)
            told |= {"knownColumnNumber": place + 1, "objectTypeId": self._type_id(place)}
        return told

    def _type_id(self, place: int) -> str:
        target = self._one.plan.targets[place]
        to = parse_target(target).to if target else ""
        return get_object(to or self._one.object).type_id
