"""Up to a hundred records at once: made, read, changed, made or changed, archived.

Missing records are told beside the results. Wrong values refuse the whole batch, unless every input carries an
``objectWriteTraceId`` of its own: then those that are right are written, and each wrong one is told under its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from kalends.api import shapes
from kalends.api.call import Answer, Call
from kalends.api.envelopes import batch_answer
from kalends.api.errors import ApiError, invalid
from kalends.api.inputs import inputs_of, new_record, properties_of
from kalends.api.problems import element, missing_element, refusal_of
from kalends.api.routes import of_object, route
from kalends.api.shapes import Shape
from kalends.api.wire import field_of, record_id
from kalends.catalog.model import ObjectType
from kalends.crm import unique
from kalends.crm.record_reads import read
from kalends.crm.records import New, Wish, archive, prepare_changes, prepare_new, write_changes, write_new
from kalends.crm.rules import Change, Draft, Refused

Item = TypeVar("Item", Draft, Change)
_TRACE = "objectWriteTraceId"


class _Traced(NamedTuple):
    """The trace ids of a batch's inputs, and whether each has one of its own: then some may fail alone."""

    ids: list[str | None]
    partial: bool


@route("objects", "/{type}/batch/create", "POST", of_object("write"))
def create_batch(call: Call) -> Answer:
    """Make records."""
    obj = call.object()
    inputs = inputs_of(call.json())
    traced = _traces(inputs)
    news, errors = _read_each(traced, inputs, lambda each: new_record(call, obj, each))
    drafts = prepare_new(call.db, call.ctx, obj, list(news.values()))
    places = dict(zip(news, drafts, strict=True))
    done = _write(call, obj, traced, places, errors, _write_drafts(call, obj))
    sent = {name for new in news.values() for name in new.properties}
    made = shapes.written(call, obj, [places[place].id for place in done], sent)
    results = [_echo(made[places[place].id], traced, place) for place in done]
    return batch_answer(call, 201, results, errors)


@route("objects", "/{type}/batch/update", "POST", of_object("write"))
def update_batch(call: Call) -> Answer:
    """Change records, by their numbers or by a property that identifies them."""
    obj = call.object()
    inputs = inputs_of(call.json())
    traced = _traces(inputs)
    given, errors = _read_each(traced, inputs, properties_of)
    numbers = _numbers(call, obj, inputs)
    wishes = {place: Wish(numbers[place], given[place]) for place in given if place in numbers}
    _refuse_repeated([wish.id for wish in wishes.values()])
    prepared = prepare_changes(call.db, call.ctx, obj, list(wishes.values()))
    by_id = {change.id: change for change in prepared.changes}
    places = {place: by_id[wish.id] for place, wish in wishes.items() if wish.id in by_id}
    missing = [str(inputs[place].get("id")) for place in given if place not in places]
    if missing:
        errors.append(missing_element(obj, missing))
    done = _write(call, obj, traced, places, errors, _write_each_change(call, obj))
    sent = {name for place in done for name in given[place]}
    shown = shapes.written(call, obj, [places[place].id for place in done], sent)
    return batch_answer(call, 200, [_echo(shown[places[place].id], traced, place) for place in done], errors)


@route("objects", "/{type}/batch/upsert", "POST", of_object("write"))
def upsert_batch(call: Call) -> Answer:
    """Change the records that are there, and make the others."""
    obj = call.object()
    inputs = inputs_of(call.json())
    traced = _traces(inputs)
    given, errors = _read_each(traced, inputs, properties_of)
    numbers = _numbers(call, obj, inputs)
    _refuse_repeated([numbers[place] for place in given if place in numbers])
    named = {place: _named(obj, inputs[place], given[place]) for place in given if place not in numbers}
    _refuse_repeated([(name, str(new.properties[name]).lower()) for name, new in named.values()])
    drafts = prepare_new(call.db, call.ctx, obj, [new for _, new in named.values()])
    made = dict(zip(named, drafts, strict=True))
    prepared = prepare_changes(
        call.db, call.ctx, obj, [Wish(numbers[place], given[place]) for place in given if place in numbers]
    )
    by_id = {change.id: change for change in prepared.changes}
    changed = {place: by_id[numbers[place]] for place in given if numbers.get(place) in by_id}
    if prepared.missing:
        errors.append(missing_element(obj, [str(each) for each in prepared.missing]))
    _refuse_before(call, obj, traced, {**made, **changed})
    done = {
        *_write(call, obj, traced, made, errors, _write_drafts(call, obj)),
        *_write(call, obj, traced, changed, errors, _write_each_change(call, obj)),
    }
    ids = {place: (made.get(place) or changed[place]).id for place in sorted(done)}
    sent = {name for place in ids for name in given[place]}
    shown = shapes.written(call, obj, list(ids.values()), sent)
    results = [{**_echo(shown[id_], traced, place), "new": place in made} for place, id_ in ids.items()]
    return batch_answer(call, 200, results, errors)


@route("objects", "/{type}/batch/read", "POST", of_object("read"), writes=False)
def read_batch(call: Call) -> Answer:
    """Records by their numbers, or by a property that identifies them."""
    obj = call.object()
    body = call.json()
    archived = call.query.flag("archived")
    asked = _texts(body, "properties") or call.query.names("properties")
    history = _texts(body, "propertiesWithHistory")
    inputs = inputs_of(body, 50 if history else 100)
    name = field_of(body, "idProperty", str, "a text", "")
    numbers = _numbers(call, obj, inputs, default=name, archived=archived)
    names = shapes.chosen(obj, [*asked, *history])
    ids = list(dict.fromkeys(numbers.values()))
    rows = read(call.db, call.ctx, obj, ids, shapes.columns_for(obj, names, history), archived=archived)
    there = [rows[id_] for id_ in ids if id_ in rows]
    results = shapes.full(call, obj, there, names, history=history, archived=archived)
    missing = [str(each.get("id")) for place, each in enumerate(inputs) if numbers.get(place) not in rows]
    errors = [missing_element(obj, list(dict.fromkeys(missing)))] if missing else []
    return batch_answer(call, 200, results, errors)


@route("objects", "/{type}/batch/archive", "POST", of_object("write"))
def archive_batch(call: Call) -> Answer:
    """Archive records; numbers that nobody has are no error."""
    obj = call.object()
    ids = [record_id(each.get("id")) for each in inputs_of(call.json())]
    archive(call.db, call.ctx, obj, [id_ for id_ in ids if id_ is not None], call.who)
    return Answer(204)


def _traces(inputs: Sequence[Mapping[str, Any]]) -> _Traced:
    ids = [each.get(_TRACE) for each in inputs]
    texts = [None if each is None else str(each) for each in ids]
    return _Traced(texts, partial=bool(texts) and None not in texts and len(set(texts)) == len(texts))


Read = TypeVar("Read")


def _read_each(
    traced: _Traced, inputs: Sequence[dict[str, Any]], read_one: Callable[[dict[str, Any]], Read]
) -> tuple[dict[int, Read], list[Shape]]:
    """The inputs by place as they were understood, and what is wrong with the others. Raises ``ApiError``."""
    found: dict[int, Read] = {}
    errors: list[Shape] = []
    for place, each in enumerate(inputs):
        try:
            found[place] = read_one(each)
        except ApiError as error:
            if not traced.partial:
                error.errors = [_at(place, each) for each in error.errors]
                raise
            errors.append(element(error, **{_TRACE: [str(traced.ids[place])]}))
    return found, errors


def _at(place: int, error: Shape) -> Shape:
    """What is wrong, with the input in which it is."""
    within = error.get("in", "")
    return {**error, "in": f"inputs[{place}].{within}" if within else f"inputs[{place}]"}


def _numbers(
    call: Call,
    obj: ObjectType,
    inputs: Sequence[Mapping[str, Any]],
    *,
    default: str = "",
    archived: bool = False,
) -> dict[int, int]:
    """The numbers of the records that inputs name, by place; those that are not there are left out."""
    numbers: dict[int, int] = {}
    named: dict[str, dict[int, str]] = {}
    for place, each in enumerate(inputs):
        given, name = each.get("id"), each.get("idProperty") or default
        if isinstance(given, bool) or not isinstance(given, str | int) or not isinstance(name, str):
            raise invalid(
                f"inputs[{place}].id is to be the number of a record, or a value of its idProperty.",
                errors=[{"message": "id is required", "in": f"inputs[{place}].id", "code": "REQUIRED_FIELD"}],
            )
        if name:
            named.setdefault(name, {})[place] = str(given)
        elif (number := record_id(given)) is not None:
            numbers[place] = number
    for name, values in named.items():
        try:
            found = unique.find(call.db, call.ctx, obj, name, list(values.values()), archived=archived)
        except unique.NotIdentifying as problem:
            raise invalid(str(problem)) from problem
        numbers.update({place: found[text] for place, text in values.items() if text in found})
    return numbers


def _named(obj: ObjectType, each: Mapping[str, Any], given: Mapping[str, object]) -> tuple[str, New]:
    """A record to be that has the identifying value by which it was not found."""
    name = each.get("idProperty")
    if not name:
        raise invalid(f"There is no record {each.get('id')}; give the idProperty by which it is to be made.")
    try:
        prop = unique.identifying(obj, str(name))
    except unique.NotIdentifying as problem:
        raise invalid(str(problem)) from problem
    return prop.name, New({**given, prop.name: each["id"]})


def _refuse_repeated(keys: Sequence[object]) -> None:
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        shown = ": ".join(
            map(str, cast("tuple[object, ...]", twice) if isinstance(twice, tuple) else (twice,))
        )
        raise invalid(f"Duplicate IDs found in batch input: [{shown}]. A record can stand in a batch once.")


def _write_drafts(call: Call, obj: ObjectType) -> Callable[[Sequence[Draft]], object]:
    return lambda drafts: write_new(call.db, call.ctx, obj, drafts, call.who)


def _write_each_change(call: Call, obj: ObjectType) -> Callable[[Sequence[Change]], object]:
    return lambda changes: write_changes(call.db, call.ctx, obj, changes, call.who)


def _refuse_before(
    call: Call, obj: ObjectType, traced: _Traced, places: Mapping[int, Draft | Change]
) -> None:
    """Refuse a batch whose inputs do not fail alone, before anything of it is written."""
    wrong = [(place, problem) for place, item in places.items() for problem in item.written.problems]
    if wrong and not traced.partial:
        error = refusal_of(call.ctx, obj, [problem for _, problem in wrong])
        error.errors = [_at(place, each) for (place, _), each in zip(wrong, error.errors, strict=True)]
        raise error


def _write(
    call: Call,
    obj: ObjectType,
    traced: _Traced,
    places: Mapping[int, Item],
    errors: list[Shape],
    write: Callable[[Sequence[Item]], object],
) -> list[int]:
    """Write what nothing is wrong with; returns the places of what was written. Raises ``ApiError``, ``Refused``."""
    _refuse_before(call, obj, traced, places)
    good: list[int] = []
    for place, item in places.items():
        if item.written.problems:
            error = refusal_of(call.ctx, obj, item.written.problems)
            errors.append(element(error, **{_TRACE: [str(traced.ids[place])]}))
        else:
            good.append(place)
    if not traced.partial:
        write([places[place] for place in good])
        return good
    try:
        with call.db.transaction():
            write([places[place] for place in good])
    except Refused:
        return _one_by_one(call, traced, places, good, errors, write)
    return good


def _one_by_one(
    call: Call,
    traced: _Traced,
    places: Mapping[int, Item],
    good: Sequence[int],
    errors: list[Shape],
    write: Callable[[Sequence[Item]], object],
) -> list[int]:
    """Each by itself, once a rule refused some of them."""
    done: list[int] = []
    for place in good:
        try:
            with call.db.transaction():
                write([places[place]])
        except Refused as refusal:
            errors.append(element(invalid(str(refusal)), **{_TRACE: [str(traced.ids[place])]}))
        else:
            done.append(place)
    return done


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    values = cast("list[Any]", field_of(body, name, list, "a list of names", []))
    return [str(each) for each in values]


def _echo(shape: Shape, traced: _Traced, place: int) -> Shape:
    trace = traced.ids[place]
    return shape if trace is None else {**shape, _TRACE: trace}
