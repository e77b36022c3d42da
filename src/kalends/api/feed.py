"""What happened in an account, as a feed with a mark: every event once, in one order, however late it was committed."""

from __future__ import annotations

import json
from typing import Any

from kalends.accounts import connections
from kalends.accounts.scopes import ALL, scope_of
from kalends.api.call import Answer, Call
from kalends.api.errors import missing_scopes
from kalends.api.routes import named, route
from kalends.api.shapes import Shape, moment
from kalends.catalog.registry import OBJECTS
from kalends.events.feed import Happened, read_feed

_PAGE, _LARGEST_PAGE = 100, 1_000


@route("kalends", "/events", "GET", named())
def read_events(call: Call) -> Answer:
    """Events after a mark, of the kinds of records that the token may read; ``after`` is always the next mark."""
    limit, after = call.query.limit(_PAGE, _LARGEST_PAGE), min(call.query.after(), 2**62)
    types = _readable(call)
    with connections.apart(call.ctx.id) as db:
        page = read_feed(db, call.ctx, after=after, limit=limit, types=types)
    told: Shape = {"results": [_event(each) for each in page.events], "after": str(page.after)}
    if page.more:
        told["paging"] = {"next": {"after": str(page.after)}}
    return Answer(200, told)


def _readable(call: Call) -> list[str] | None:
    """The object types whose events the token may see; None for all, also those of the account itself."""
    if ALL in call.bearer.scopes:
        return None
    scopes = {obj.name: scope_of(obj, "read") for obj in OBJECTS.values()}
    readable = [name for name, scope in scopes.items() if scope in call.bearer.scopes]
    if not readable:
        raise missing_scopes(sorted(scopes.values()))
    return readable


def _event(event: Happened) -> dict[str, Any]:
    obj = OBJECTS.get(event.object_type)
    return {
        "id": str(event.id),
        "occurredAt": moment(event.at),
        "kind": event.kind,
        "objectType": event.object_type,
        "objectTypeId": None if obj is None else obj.type_id,
        "objectId": str(event.object_id),
        "parentId": None if event.parent_id is None else str(event.parent_id),
        "actor": event.actor,
        # Amounts with decimals stay exact: as text.
        "data": json.loads(event.data, parse_float=str),
    }
