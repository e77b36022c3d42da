"""Single records of every object: list, make, read, change, archive."""

from __future__ import annotations

from kalends.api import shapes
from kalends.api.call import Answer, Call, object_named
from kalends.api.errors import ApiError, invalid, not_found
from kalends.api.inputs import new_record, properties_of
from kalends.api.problems import refusal_of
from kalends.api.routes import of_object, route
from kalends.api.versions import ask_for_etag, etag, has_it, require_known
from kalends.api.wire import record_id
from kalends.catalog.model import ObjectType
from kalends.crm import unique
from kalends.crm.record_reads import archived_since, read, read_page
from kalends.crm.records import Wish, archive, prepare_changes, prepare_new, write_changes, write_new

_PAGE, _LARGEST_PAGE, _LARGEST_WITH_HISTORY = 10, 100, 50


@route("objects", "/{type}", "GET", of_object("read"))
def list_records(call: Call) -> Answer:
    """A page of records in the order of their numbers."""
    obj = call.object()
    history, names, to = _asked(call, obj)
    limit = call.query.limit(_PAGE, _LARGEST_WITH_HISTORY if history else _LARGEST_PAGE)
    archived = call.query.flag("archived")
    rows, more = read_page(
        call.db,
        call.ctx,
        obj,
        shapes.columns_for(obj, names, history),
        limit=limit,
        after=call.query.after(),
        archived=archived,
    )
    results = shapes.full(call, obj, rows, names, history=history, associations=to, archived=archived)
    return Answer(body={"results": results, **({"paging": {"next": {"after": str(more)}}} if more else {})})


@route("objects", "/{type}", "POST", of_object("write"))
def create_record(call: Call) -> Answer:
    """Make a record."""
    obj = call.object()
    new = new_record(call, obj, call.json())
    (draft,) = prepare_new(call.db, call.ctx, obj, [new])
    if draft.written.problems:
        raise refusal_of(call.ctx, obj, draft.written.problems)
    (id_,) = write_new(call.db, call.ctx, obj, [draft], call.who)
    return Answer(201, shapes.written(call, obj, [id_], new.properties)[id_], etag(call, id_))


@route("objects", "/{type}/{id}", "GET", of_object("read"))
def read_record(call: Call) -> Answer:
    """One record, by its number or by a property that identifies it."""
    obj = call.object()
    history, names, to = _asked(call, obj)
    archived = call.query.flag("archived")
    id_ = number_of(call, obj, archived=archived)
    columns = shapes.columns_for(obj, names, history)
    if id_ is None:
        raise not_there(obj, call.path["id"])
    tag_of = ask_for_etag(call, id_)
    rows = list(read(call.db, call.ctx, obj, [id_], columns, archived=archived).values())
    if not rows:
        raise not_there(obj, call.path["id"])
    (shape,) = shapes.full(call, obj, rows, names, history=history, associations=to, archived=archived)
    headers = tag_of(shape)
    if has_it(call, headers["ETag"]):
        return Answer(304, headers=headers)
    return Answer(body=shape, headers=headers)


@route("objects", "/{type}/{id}", "PATCH", of_object("write"))
def update_record(call: Call) -> Answer:
    """Change properties of a record."""
    obj = call.object()
    given = properties_of(call.json())
    id_ = number_of(call, obj)
    require_known(call, obj, id_)
    prepared = prepare_changes(call.db, call.ctx, obj, [] if id_ is None else [Wish(id_, given)])
    if not prepared.changes or id_ is None:
        raise not_there(obj, call.path["id"])
    problems = prepared.changes[0].problems()
    if problems:
        raise refusal_of(call.ctx, obj, problems)
    write_changes(call.db, call.ctx, obj, prepared.changes, call.who)
    return Answer(body=shapes.written(call, obj, [id_], given)[id_], headers=etag(call, id_))


@route("objects", "/{type}/{id}", "DELETE", of_object("write"))
def archive_record(call: Call) -> Answer:
    """Archive a record; again is no error."""
    obj = call.object()
    id_ = record_id(call.path["id"])
    require_known(call, obj, id_)
    if id_ is None or not (archive(call.db, call.ctx, obj, [id_], call.who) or _was_there(call, obj, id_)):
        raise not_there(obj, call.path["id"])
    return Answer(204)


def number_of(call: Call, obj: ObjectType, *, archived: bool = False) -> int | None:
    """The number of the record that the path names, by its number or by the property that the query names."""
    given, name = call.path["id"], call.query.text("idProperty").strip()
    if not name:
        return record_id(given)
    try:
        return unique.find(call.db, call.ctx, obj, name, [given], archived=archived).get(given)
    except unique.NotIdentifying as problem:
        raise invalid(str(problem)) from problem


def not_there(obj: ObjectType, given: str) -> ApiError:
    """There is no such record for this account."""
    return not_found("resource not found", context={"objectType": [obj.type_id], "id": [given[:200]]})


def _was_there(call: Call, obj: ObjectType, id_: int) -> bool:
    """Whether a record of this number was archived, or deleted for good."""
    if archived_since(call.db, call.ctx, obj, [id_]).get(id_) is not None:
        return True
    deleted = call.db.execute(
        "SELECT FROM event WHERE account_id = %s AND object_id = %s AND kind = %s LIMIT 1",
        [call.ctx.id, id_, f"{obj.name}.deleted"],
    )
    return deleted.fetchone() is not None


def _asked(call: Call, obj: ObjectType) -> tuple[list[str], list[str], list[str]]:
    """What a read asks for: properties with their history, properties, and objects that the record is tied to."""
    history = call.query.names("propertiesWithHistory")
    asked = call.query.names("properties")
    names = shapes.chosen(obj, [*asked, *history])
    to = call.query.names("associations")
    for name in to:
        target = object_named(call, name)
        if obj.association(target.name) is None:
            raise invalid(f"No associations lead from {obj.plural} to {target.plural}.")
    return history, names, to
