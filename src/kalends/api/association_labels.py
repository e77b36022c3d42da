"""The kinds of ties between two objects: those that all accounts have, and labels of the account's own."""

from __future__ import annotations

from kalends.api.associations import ends_of, of_both, spec
from kalends.api.call import Answer, Call
from kalends.api.envelopes import in_words
from kalends.api.errors import not_found
from kalends.api.fields import require, text, wrong
from kalends.api.routes import route
from kalends.api.wire import record_id
from kalends.crm.association_types import create_label, delete_label, update_label


@route("associations", "/{type}/{to}/labels", "GET", of_both("read"))
def list_labels(call: Call) -> Answer:
    """Every kind of tie from the first object to the second."""
    return Answer(body={"results": [spec(kind) for kind in ends_of(call).pair.kinds.values()]})


@route("associations", "/{type}/{to}/types", "GET", of_both("read"))
def list_types(call: Call) -> Answer:
    """Every kind of tie by number and text, as v3 tells them."""
    kinds = ends_of(call).pair.kinds.values()
    return Answer(body={"results": [{"id": str(kind.type_id), "name": kind.name} for kind in kinds]})


@route("associations", "/{type}/{to}/labels", "POST", of_both("write", "schemas"))
def make_label(call: Call) -> Answer:
    """Make a label; the answer has the kinds of both directions, or the one that is the same in both."""
    ends = ends_of(call)
    body = call.json()
    require(body, ["label", "name"])
    with in_words():
        made = create_label(
            call.db,
            call.ctx,
            ends.one.name,
            ends.other.name,
            label=text(body, "label") or "",
            name=text(body, "name") or "",
            inverse_label=text(body, "inverseLabel"),
            actor=call.who.actor,
        )
    return Answer(200, {"results": [spec(kind) for kind in dict.fromkeys(made)]})


@route("associations", "/{type}/{to}/labels", "PUT", of_both("write", "schemas"))
def change_label(call: Call) -> Answer:
    """Call a label otherwise."""
    ends = ends_of(call)
    body = call.json()
    require(body, ["associationTypeId", "label"])
    number = record_id(body["associationTypeId"])
    if number is None:
        raise wrong("associationTypeId", "associationTypeId is to be the number of a label")
    with in_words():
        update_label(
            call.db,
            call.ctx,
            ends.one.name,
            ends.other.name,
            number,
            label=text(body, "label") or "",
            inverse_label=text(body, "inverseLabel"),
            actor=call.who.actor,
        )
    return Answer(204)


@route("associations", "/{type}/{to}/labels/{number}", "DELETE", of_both("write", "schemas"))
def remove_label(call: Call) -> Answer:
    """Delete a label; records that have it stay tied."""
    ends = ends_of(call)
    number = record_id(call.path["number"])
    if number is None:
        raise not_found(f"There is no label {call.path['number'][:40]!r}.")
    with in_words():
        delete_label(call.db, call.ctx, ends.one.name, ends.other.name, number, actor=call.who.actor)
    return Answer(204)
