"""What one record is tied to: read, tied, labeled, untied, in the newer form and in that of v3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from kalends.api import shapes, wire
from kalends.api.call import Answer, Call
from kalends.api.envelopes import batch_answer, in_words
from kalends.api.errors import invalid
from kalends.api.fields import wrong
from kalends.api.records import not_there
from kalends.api.routes import Scopes, Verb, of_object, route
from kalends.api.shapes import Shape
from kalends.api.wire import record_id
from kalends.catalog.model import ObjectType
from kalends.crm.association_reads import Linked, linked
from kalends.crm.association_types import DEFINED, Kind, Pairing, kind_of_text, pairing
from kalends.crm.associations import End, associate, dissociate, take_labels
from kalends.crm.record_reads import ID, read

PAGE = 500
_MOST_KINDS = 100


class Ends(NamedTuple):
    """Two objects of a path, and how they are tied."""

    one: ObjectType
    other: ObjectType
    pair: Pairing


def of_both(verb: Verb, kind: str = "objects") -> Scopes:
    """The scopes for the objects at both ends."""
    first, second = of_object(verb, kind), of_object(verb, kind, "to")
    return lambda path: tuple(dict.fromkeys((*first(path), *second(path))))


@route("objects", "/{type}/{id}/associations/{to}", "GET", of_both("read"))
def list_ties(call: Call) -> Answer:
    """A page of the records of an object that a record is tied to."""
    ends = ends_of(call)
    id_ = _living(call, ends.one)
    limit = call.query.limit(PAGE, PAGE)
    found = linked(
        call.db, call.ctx, ends.one.name, [id_], ends.other.name, limit=limit, after=call.query.after()
    )
    return Answer(body=page_of(found.get(id_, []), limit, "results", older=call.version == "v3"))


@route("objects", "/{type}/{id}/associations/default/{to}/{other}", "PUT", of_both("write"))
def tie_plainly(call: Call) -> Answer:
    """Tie two records without a label; labels that are there stay."""
    ends = ends_of(call)
    one, other = _records(call, ends)
    with in_words():
        associate(call.db, call.ctx, one, other, actor=call.who.actor)
    return batch_answer(call, 200, plain_results(ends.pair, one.id, other.id), [])


@route("objects", "/{type}/{id}/associations/{to}/{other}", "PUT", of_both("write"))
def tie(call: Call) -> Answer:
    """Tie two records with exactly these labels, besides the plain tie."""
    ends = ends_of(call)
    one, other = _records(call, ends)
    types = kinds_of(wire.read_json(call.raw), "the body")
    with in_words():
        associate(call.db, call.ctx, one, other, types=types, replace=True, actor=call.who.actor)
        return Answer(201, labeled(ends, one.id, other.id, types))


@route("objects", "/{type}/{id}/associations/{to}/{other}", "DELETE", of_both("write"))
def untie(call: Call) -> Answer:
    """Untie two records, whatever their labels; again is no error."""
    ends = ends_of(call)
    one, other = _records(call, ends)
    with in_words():
        dissociate(call.db, call.ctx, one, other, actor=call.who.actor)
    return Answer(204)


@route("objects", "/{type}/{id}/associations/{to}/{other}/{kind}", "PUT", of_both("write"))
def tie_as(call: Call) -> Answer:
    """Tie two records with the kind that the path names by number or text, as v3 does; the first record."""
    ends = ends_of(call)
    one, other = _records(call, ends)
    with in_words():
        kind = kind_of_text(ends.pair, call.path["kind"])
        types = [(kind.category, kind.type_id)]
        associate(call.db, call.ctx, one, other, types=types, actor=call.who.actor)
    names = shapes.chosen(ends.one, [])
    rows = list(read(call.db, call.ctx, ends.one, [one.id], names).values())
    (shape,) = shapes.full(call, ends.one, rows, names, associations=[call.path["to"]])
    return Answer(body=shape)


@route("objects", "/{type}/{id}/associations/{to}/{other}/{kind}", "DELETE", of_both("write"))
def untie_as(call: Call) -> Answer:
    """Take away the kind of tie that the path names, as v3 does."""
    ends = ends_of(call)
    one, other = _records(call, ends)
    with in_words():
        take_away(call, ends.pair, one, other, kind_of_text(ends.pair, call.path["kind"]))
    return Answer(204)


def ends_of(call: Call) -> Ends:
    """The objects that the path names. Raises ``ApiError`` where they have no meaning for each other."""
    one, other = call.object(), call.object("to")
    with in_words():
        return Ends(one, other, pairing(call.db, call.ctx, one.name, other.name))


def kinds_of(given: object, where: str) -> list[tuple[str, int]]:
    """Association types of a body, as (category, type id); one without a category is HubSpot's. Raises ``ApiError``."""
    if not isinstance(given, list) or not 0 < len(cast("list[Any]", given)) <= _MOST_KINDS:
        raise wrong(where, f"{where} is to be a list of 1 to {_MOST_KINDS} association types")
    kinds: list[tuple[str, int]] = []
    for each in cast("list[Any]", given):
        item = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        number, category = (
            record_id(item.get("associationTypeId")),
            item.get("associationCategory") or DEFINED,
        )
        if number is None or not isinstance(category, str):
            raise wrong(where, f"each type of {where} is to have associationCategory and associationTypeId")
        kinds.append((category, number))
    return kinds


def take_away(call: Call, pair: Pairing, one: End, other: End, kind: Kind) -> None:
    """Take a kind off a tie as v3 means it: to it the plain and the primary kind are the tie itself."""
    if kind.primary or kind == pair.plain:
        dissociate(call.db, call.ctx, one, other, actor=call.who.actor)
    else:
        take_labels(call.db, call.ctx, one, other, [(kind.category, kind.type_id)], actor=call.who.actor)


def page_of(ties: Sequence[Linked], limit: int, key: str, *, older: bool) -> Shape:
    """The records that one is tied to, under ``key``, and the mark of the next page if there is one."""
    shown = ties[:limit]
    told = [each for tie in shown for each in (_older(tie) if older else [_newer(tie)])]
    more = len(ties) > limit
    return {key: told, **({"paging": {"next": {"after": str(shown[-1].id)}}} if more else {})}


def _newer(tie: Linked) -> Shape:
    return {"toObjectId": tie.id, "associationTypes": [spec(kind) for kind in tie.kinds]}


def _older(tie: Linked) -> list[Shape]:
    return [{"id": str(tie.id), "type": kind.name} for kind in tie.kinds]


def spec(kind: Kind) -> Shape:
    """A kind of tie, as answers tell it."""
    return {"category": kind.category, "typeId": kind.type_id, "label": kind.label}


def labeled(ends: Ends, one: int, other: int, types: Sequence[tuple[str, int]]) -> Shape:
    """A pair that was tied with these kinds. Raises ``CannotAssociate``."""
    return {
        "fromObjectTypeId": ends.one.type_id,
        "fromObjectId": one,
        "toObjectTypeId": ends.other.type_id,
        "toObjectId": other,
        "labels": [kind.label for kind in ends.pair.chosen(types) if kind.label is not None],
    }


def plain_results(pair: Pairing, one: int, other: int) -> list[Shape]:
    """A pair that was tied plainly, once for each direction."""
    return [
        {
            "from": {"id": str(here)},
            "to": {"id": str(there)},
            "associationSpec": {"associationCategory": DEFINED, "associationTypeId": number},
        }
        for here, there, number in (
            (one, other, pair.plain.type_id),
            (other, one, pair.plain.inverse_id),
        )
    ]


def older_result(one: int, other: int, kind: Kind) -> Shape:
    """A pair that was tied, as v3 tells it."""
    return {"from": {"id": str(one)}, "to": {"id": str(other)}, "type": kind.name}


def _records(call: Call, ends: Ends) -> tuple[End, End]:
    one, other = record_id(call.path["id"]), record_id(call.path["other"])
    if one is None:
        raise not_there(ends.one, call.path["id"])
    if other is None:
        raise not_there(ends.other, call.path["other"])
    if (ends.one.name, one) == (ends.other.name, other):
        raise invalid("A record cannot be associated with itself.")
    return End(ends.one.name, one), End(ends.other.name, other)


def _living(call: Call, obj: ObjectType) -> int:
    id_ = record_id(call.path["id"])
    if id_ is None or id_ not in read(call.db, call.ctx, obj, [id_], [ID]):
        raise not_there(obj, call.path["id"])
    return id_
