"""Owners: the users of the account, as records name them."""

from __future__ import annotations

from kalends.accounts.scopes import OWNERS
from kalends.api.call import Answer, Call
from kalends.api.envelopes import in_words
from kalends.api.errors import invalid, not_found
from kalends.api.routes import named, route
from kalends.api.shapes import Shape, moment
from kalends.api.wire import record_id
from kalends.crm.owners import Owner, owner, owners

_PAGE, _LARGEST_PAGE = 100, 500


@route("owners", "", "GET", named(OWNERS))
def list_owners(call: Call) -> Answer:
    """A page of owners, in the order of their numbers."""
    limit = call.query.limit(_PAGE, _LARGEST_PAGE)
    email = call.query.text("email").replace("\0", " ").strip() or None
    found = owners(
        call.db,
        call.ctx,
        email=email,
        archived=call.query.flag("archived"),
        after=call.query.after(),
        limit=limit + 1,
    )
    body: Shape = {"results": [_shape(each) for each in found[:limit]]}
    if len(found) > limit:
        body["paging"] = {"next": {"after": str(found[limit - 1].id)}}
    return Answer(body=body)


@route("owners", "/{owner}", "GET", named(OWNERS))
def read_owner(call: Call) -> Answer:
    """One owner, by id, which is the number of the user as well."""
    kind = call.query.text("idProperty") or "id"
    if kind not in ("id", "userId"):
        raise invalid(f"The query parameter idProperty is {kind[:40]!r}; give id or userId.")
    id_ = record_id(call.path["owner"])
    if id_ is None:
        raise not_found(f"There is no owner {call.path['owner'][:40]!r}.")
    with in_words():
        return Answer(body=_shape(owner(call.db, call.ctx, id_, archived=call.query.flag("archived"))))


def _shape(found: Owner) -> Shape:
    at = moment(found.created_at)
    shape: Shape = {
        "id": str(found.id),
        "email": found.email,
        "type": "PERSON",
        "firstName": found.first_name,
        "lastName": found.last_name,
        "userId": None if found.archived else found.id,
        "userIdIncludingInactive": found.id,
        "createdAt": at,
        "updatedAt": at,
        "archived": found.archived,
    }
    if found.team is not None:
        shape["teams"] = [{"id": str(found.team.id), "name": found.team.name, "primary": True}]
    return shape
