"""Many ties at once: made, read, taken away. What cannot be tied is told beside what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from kalends.api.associations import (
    PAGE,
    Ends,
    ends_of,
    kinds_of,
    labeled,
    of_both,
    older_result,
    page_of,
    plain_results,
    take_away,
)
from kalends.api.call import Answer, Call
from kalends.api.envelopes import batch_answer, in_words
from kalends.api.errors import ApiError, invalid, not_found
from kalends.api.fields import objects, wrong
from kalends.api.inputs import inputs_of
from kalends.api.problems import element
from kalends.api.routes import route
from kalends.api.shapes import Shape
from kalends.api.wire import record_id
from kalends.crm.association_reads import Linked, linked
from kalends.crm.association_types import Kind, kind_of_text
from kalends.crm.associations import (
    CannotAssociate,
    End,
    NotThere,
    Wanted,
    associate_all,
    dissociate,
    take_labels,
)

MOST_TIED, MOST_READ, MOST_UNTIED = 2_000, 1_000, 100
_NONE = "crm.associations.NO_ASSOCIATIONS_FOUND"


class _Tied(NamedTuple):
    """What came of a batch: the places of the pairs that are tied, and what is wrong with the others."""

    places: list[int]
    errors: list[Shape]


@route("associations", "/{type}/{to}/batch/create", "POST", of_both("write"))
def create_batch(call: Call) -> Answer:
    """Tie pairs of records with the kinds that each names; labels that they have stay."""
    ends = ends_of(call)
    inputs = inputs_of(call.json(), MOST_TIED)
    pairs = [_pair(each, place) for place, each in enumerate(inputs)]
    if call.version == "v3":
        named = [_named(ends, each, place) for place, each in enumerate(inputs)]
        kinds = [[(kind.category, kind.type_id)] for kind in named]
        done = _tie(call, ends, pairs, kinds)
        results = [older_result(*pairs[place], named[place]) for place in done.places]
    else:
        kinds = [kinds_of(each.get("types"), f"inputs[{place}].types") for place, each in enumerate(inputs)]
        done = _tie(call, ends, pairs, kinds)
        results = [labeled(ends, *pairs[place], kinds[place]) for place in done.places]
    return batch_answer(call, 201, results, done.errors)


@route("associations", "/{type}/{to}/batch/associate/default", "POST", of_both("write"))
def create_plain_batch(call: Call) -> Answer:
    """Tie pairs of records without a label. The answer is always 200; clients know no other here."""
    ends = ends_of(call)
    inputs = inputs_of(call.json(), MOST_TIED)
    pairs = [_pair(each, place) for place, each in enumerate(inputs)]
    done = _tie(call, ends, pairs, [[] for _ in pairs])
    results = [each for place in done.places for each in plain_results(ends.pair, *pairs[place])]
    return Answer(200, batch_answer(call, 200, results, done.errors).body)


@route("associations", "/{type}/{to}/batch/read", "POST", of_both("read"), writes=False)
def read_batch(call: Call) -> Answer:
    """What records are tied to, and which of them to nothing."""
    ends = ends_of(call)
    inputs = inputs_of(call.json(), MOST_READ)
    asked = [
        (_given_id(each, f"inputs[{place}].id"), _after(each, place)) for place, each in enumerate(inputs)
    ]
    found: dict[tuple[int, int], list[Linked]] = {}
    for after in dict.fromkeys(after for _, after in asked):
        ids = [id_ for id_, mark in asked if mark == after]
        ties = linked(call.db, call.ctx, ends.one.name, ids, ends.other.name, limit=PAGE, after=after)
        found |= {(id_, after): each for id_, each in ties.items()}
    older = call.version == "v3"
    results: list[Shape] = []
    errors: list[Shape] = []
    for id_, after in dict.fromkeys(asked):
        if (id_, after) in found:
            page = page_of(found[id_, after], PAGE, "to", older=older)
            results.append({"from": {"id": str(id_)}, **page})
        else:
            errors.append(_nothing(ends, id_))
    return batch_answer(call, 200, results, errors)


@route("associations", "/{type}/{to}/batch/archive", "POST", of_both("write"))
def archive_batch(call: Call) -> Answer:
    """Untie pairs of records; those that are not tied are no error."""
    ends = ends_of(call)
    inputs = inputs_of(call.json(), MOST_TIED)
    if call.version == "v3":
        for place, each in enumerate(inputs):
            one, other = _pair(each, place)
            with in_words():
                take_away(
                    call,
                    ends.pair,
                    End(ends.one.name, one),
                    End(ends.other.name, other),
                    _named(ends, each, place),
                )
        return Answer(204)
    pairs = [pair for place, each in enumerate(inputs) for pair in _pairs(each, place)]
    if len({one for one, _ in pairs}) > MOST_UNTIED or len(pairs) > MOST_TIED:
        raise invalid(
            f"A batch can untie at most {MOST_UNTIED} records, and {MOST_TIED:,} pairs of records. Divide it."
        )
    with in_words():
        for one, other in dict.fromkeys(pairs):
            dissociate(
                call.db, call.ctx, End(ends.one.name, one), End(ends.other.name, other), actor=call.who.actor
            )
    return Answer(204)


@route("associations", "/{type}/{to}/batch/labels/archive", "POST", of_both("write"))
def archive_labels(call: Call) -> Answer:
    """Take labels off pairs of records, which stay tied."""
    ends = ends_of(call)
    for place, each in enumerate(inputs_of(call.json(), MOST_TIED)):
        one, other = _pair(each, place)
        types = kinds_of(each.get("types"), f"inputs[{place}].types")
        with in_words():
            take_labels(
                call.db,
                call.ctx,
                End(ends.one.name, one),
                End(ends.other.name, other),
                types,
                actor=call.who.actor,
            )
    return Answer(204)


def _tie(
    call: Call,
    ends: Ends,
    pairs: Sequence[tuple[int, int]],
    kinds: Sequence[Sequence[tuple[str, int]]],
) -> _Tied:
    wanted = [Wanted(*pair, tuple(types)) for pair, types in zip(pairs, kinds, strict=True)]
    with in_words():
        outcomes = associate_all(
            call.db, call.ctx, ends.one.name, ends.other.name, wanted, actor=call.who.actor
        )
    places = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, bool)]
    errors = [
        _untied(pairs[place], outcome)
        for place, outcome in enumerate(outcomes)
        if isinstance(outcome, CannotAssociate)
    ]
    return _Tied(places, errors)


def _untied(pair: tuple[int, int], refusal: CannotAssociate) -> Shape:
    error: ApiError = (not_found if isinstance(refusal, NotThere) else invalid)(str(refusal))
    return element(error, fromObjectId=[str(pair[0])], toObjectId=[str(pair[1])])


def _nothing(ends: Ends, id_: int) -> Shape:
    error = not_found(f"No {ends.other.api_name} is associated with {ends.one.api_name} {id_}.")
    return {**element(error, fromObjectId=[str(id_)]), "subCategory": _NONE}


def _named(ends: Ends, each: Mapping[str, Any], place: int) -> Kind:
    """The kind that an input of v3 names by text or number."""
    given = each.get("type")
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise wrong(f"inputs[{place}].type", f"inputs[{place}].type is to name a type of association")
    with in_words():
        return kind_of_text(ends.pair, str(given))


def _pair(each: Mapping[str, Any], place: int) -> tuple[int, int]:
    return (
        _given_id(each.get("from"), f"inputs[{place}].from.id"),
        _given_id(each.get("to"), f"inputs[{place}].to.id"),
    )


def _pairs(each: Mapping[str, Any], place: int) -> list[tuple[int, int]]:
    one = _given_id(each.get("from"), f"inputs[{place}].from.id")
    others = objects(each, "to")
    if not others:
        raise wrong(f"inputs[{place}].to", f"inputs[{place}].to is to be a list of records")
    return [(one, _given_id(other, f"inputs[{place}].to[{at}].id")) for at, other in enumerate(others)]


def _given_id(given: object, where: str) -> int:
    id_ = record_id(cast("dict[str, Any]", given).get("id")) if isinstance(given, dict) else None
    if id_ is None:
        raise wrong(where, f"{where} is to be the number of a record")
    return id_


def _after(each: Mapping[str, Any], place: int) -> int:
    given = each.get("after")
    if given is None or given == "":
        return 0
    after = record_id(given)
    if after is None:
        raise wrong(f"inputs[{place}].after", f"inputs[{place}].after is to be the mark of the page before")
    return after
