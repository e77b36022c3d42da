"""Pipelines of deals, tickets and orders, and their stages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from kalends.api.call import Answer, Call
from kalends.api.envelopes import in_words
from kalends.api.errors import invalid, not_found
from kalends.api.fields import objects, require, switch, text, whole, wrong
from kalends.api.routes import of_object, route
from kalends.api.shapes import Shape, moment
from kalends.api.wire import field_of
from kalends.catalog.model import ObjectType
from kalends.crm.pipelines import (
    Pipeline,
    Stage,
    StageTerms,
    archive_pipeline,
    archive_stage,
    create_pipeline,
    create_stage,
    pipeline,
    pipelines,
    update_pipeline,
    update_stage,
)

_READ, _WRITE = of_object("read", "schemas"), of_object("write", "schemas")
_LONGEST_NAME = 100


@route("pipelines", "/{type}", "GET", _READ)
def list_pipelines(call: Call) -> Answer:
    """All pipelines of an object, or its archived ones."""
    obj = call.object()
    with in_words():
        found = pipelines(call.db, call.ctx, obj, archived=call.query.flag("archived"))
    return Answer(body={"results": [_shape(obj, each) for each in found]})


@route("pipelines", "/{type}", "POST", _WRITE)
def make_pipeline(call: Call) -> Answer:
    """Make a pipeline with its stages."""
    obj, body = call.object(), call.json()
    require(body, ["label", "stages"])
    with in_words():
        made = create_pipeline(
            call.db,
            call.ctx,
            obj,
            label=text(body, "label") or "",
            stages=[_terms(each) for each in objects(body, "stages") or []],
            display_order=whole(body, "displayOrder") or 0,
            actor=call.who.actor,
        )
    return Answer(201, _shape(obj, made))


@route("pipelines", "/{type}/{pipeline}", "GET", _READ)
def read_pipeline(call: Call) -> Answer:
    """One pipeline."""
    obj = call.object()
    return Answer(body=_shape(obj, _found(call, obj)))


@route("pipelines", "/{type}/{pipeline}", "PATCH", _WRITE)
def change_pipeline(call: Call) -> Answer:
    """Call a pipeline otherwise, or put it in another place."""
    obj, body = call.object(), call.json()
    if switch(body, "archived"):
        raise invalid("A pipeline is archived by deleting it.")
    with in_words():
        changed = update_pipeline(
            call.db,
            call.ctx,
            obj,
            call.path["pipeline"],
            label=text(body, "label"),
            display_order=whole(body, "displayOrder"),
            actor=call.who.actor,
        )
    return Answer(body=_shape(obj, changed))


@route("pipelines", "/{type}/{pipeline}", "PUT", _WRITE)
def replace_pipeline(call: Call) -> Answer:
    """Make a pipeline what the body says; stages that it does not name, by id or by label, go."""
    obj, body = call.object(), call.json()
    require(body, ["label", "stages"])
    there = {each.label.lower(): each.name for each in _found(call, obj).stages}
    stages = [_terms(each) for each in objects(body, "stages") or []]
    kept = [each._replace(name=each.name or there.get(each.label.strip().lower())) for each in stages]
    if len({each.name for each in kept if each.name}) < sum(1 for each in kept if each.name):
        raise wrong("stages", "two of stages are the same stage")
    with in_words():
        changed = update_pipeline(
            call.db,
            call.ctx,
            obj,
            call.path["pipeline"],
            label=text(body, "label"),
            display_order=whole(body, "displayOrder"),
            stages=kept,
            actor=call.who.actor,
        )
    return Answer(body=_shape(obj, changed))


@route("pipelines", "/{type}/{pipeline}", "DELETE", _WRITE)
def remove_pipeline(call: Call) -> Answer:
    """Archive a pipeline that no record stands in."""
    with in_words():
        archive_pipeline(call.db, call.ctx, call.object(), call.path["pipeline"], actor=call.who.actor)
    return Answer(204)


@route("pipelines", "/{type}/{pipeline}/stages", "GET", _READ)
def list_stages(call: Call) -> Answer:
    """The stages of a pipeline in their order."""
    obj = call.object()
    return Answer(body={"results": [_stage(obj, each) for each in _found(call, obj).stages]})


@route("pipelines", "/{type}/{pipeline}/stages", "POST", _WRITE)
def make_stage(call: Call) -> Answer:
    """Add a stage to a pipeline."""
    obj, body = call.object(), call.json()
    with in_words():
        made = create_stage(call.db, call.ctx, obj, call.path["pipeline"], _terms(body), actor=call.who.actor)
    return Answer(201, _stage(obj, made))


@route("pipelines", "/{type}/{pipeline}/stages/{stage}", "GET", _READ)
def read_stage(call: Call) -> Answer:
    """One stage."""
    obj = call.object()
    with in_words():
        return Answer(body=_stage(obj, _found(call, obj).stage(call.path["stage"])))


@route("pipelines", "/{type}/{pipeline}/stages/{stage}", "PATCH", _WRITE)
def change_stage(call: Call) -> Answer:
    """Change what is named of a stage."""
    return _change(call, call.json())


@route("pipelines", "/{type}/{pipeline}/stages/{stage}", "PUT", _WRITE)
def replace_stage(call: Call) -> Answer:
    """Make a stage what the body says."""
    body = call.json()
    require(body, ["label", "displayOrder"])
    return _change(call, body)


@route("pipelines", "/{type}/{pipeline}/stages/{stage}", "DELETE", _WRITE)
def remove_stage(call: Call) -> Answer:
    """Archive a stage that no record stands in."""
    with in_words():
        archive_stage(
            call.db,
            call.ctx,
            call.object(),
            call.path["pipeline"],
            call.path["stage"],
            actor=call.who.actor,
        )
    return Answer(204)


@route("pipelines", "/{type}/{pipeline}/audit", "GET", _READ)
def audit_pipeline(call: Call) -> Answer:
    """What was done to a pipeline, the latest first."""
    found = _found(call, call.object())
    return Answer(body={"results": [told for _, told in _audit(call, found)]})


@route("pipelines", "/{type}/{pipeline}/stages/{stage}/audit", "GET", _READ)
def audit_stage(call: Call) -> Answer:
    """What was done to a stage, the latest first."""
    name, obj = call.path["stage"], call.object()
    with in_words():
        every = pipelines(call.db, call.ctx, obj)
    # HubSpot's libraries leave the pipeline's place in the path unfilled: the stage alone says which is meant.
    found = next((each for each in every if name in [stage.name for stage in each.stages]), None)
    if found is None:
        raise not_found(f"There is no stage {name[:100]!r} for {obj.plural}.")
    told = [
        {**each, "identifier": name, "action": verb.removeprefix("stage_").upper()}
        for data, each in _audit(call, found)
        for verb, value in data.items()
        if verb.startswith("stage_") and value == name
    ]
    return Answer(body={"results": told})


def _found(call: Call, obj: ObjectType) -> Pipeline:
    with in_words():
        return pipeline(call.db, call.ctx, obj, call.path["pipeline"])


def _change(call: Call, body: Mapping[str, Any]) -> Answer:
    obj = call.object()
    if switch(body, "archived"):
        raise invalid("A stage is archived by deleting it.")
    with in_words():
        before = _found(call, obj).stage(call.path["stage"])
        terms = _terms(body, before)
        changed = update_stage(call.db, call.ctx, obj, call.path["pipeline"], terms, actor=call.who.actor)
    return Answer(body=_stage(obj, changed))


def _terms(body: Mapping[str, Any], before: Stage | None = None) -> StageTerms:
    """A stage with what a body says of it; what the body does not say stays. Raises ``ApiError``."""
    if before is None:
        require(body, ["label"])
    label, order = text(body, "label"), whole(body, "displayOrder")
    metadata: dict[str, Any] = field_of(body, "metadata", dict, "an object of texts", {})
    closed = switch(metadata, "isClosed")
    state = text(metadata, "ticketState")
    if closed is None and state is not None:
        if state.upper() not in ("OPEN", "CLOSED"):
            raise wrong("metadata.ticketState", "metadata.ticketState is to be OPEN or CLOSED")
        closed = state.upper() == "CLOSED"
    chance = _probability(metadata.get("probability"))
    if before is not None:
        return StageTerms(
            before.label if label is None else label,
            before.display_order if order is None else order,
            before.is_closed if closed is None else closed,
            before.probability if chance is None else chance,
            before.name,
        )
    return StageTerms(label or "", order or 0, closed or False, chance, _name(body))


def _name(body: Mapping[str, Any]) -> str | None:
    name = text(body, "stageId") or text(body, "id")
    if name is not None and (len(name) > _LONGEST_NAME or "/" in name):
        raise wrong("stageId", f"stageId is to have at most {_LONGEST_NAME} characters and no slash")
    return name


def _probability(given: object) -> Decimal | None:
    """A chance from 0 to 1, which is usually a text."""
    if given is None:
        return None
    if isinstance(given, str | int | Decimal) and not isinstance(given, bool):
        try:
            if (chance := Decimal(given)).is_finite() and 0 <= chance <= 1:
                return chance
        except InvalidOperation:
            pass
    raise wrong("metadata.probability", "metadata.probability is to be a number from 0.0 to 1.0")


def _shape(obj: ObjectType, found: Pipeline) -> Shape:
    return {
        "id": found.name,
        "label": found.label,
        "displayOrder": found.display_order,
        "stages": [_stage(obj, each) for each in found.stages],
        **_moments(found),
    }


def _stage(obj: ObjectType, found: Stage) -> Shape:
    metadata = {"isClosed": "true" if found.is_closed else "false"}
    if obj.name == "ticket":
        metadata["ticketState"] = "CLOSED" if found.is_closed else "OPEN"
    if found.probability is not None:
        metadata["probability"] = _plainly(found.probability)
    return {
        "id": found.name,
        "label": found.label,
        "displayOrder": found.display_order,
        "metadata": metadata,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        **_moments(found),
    }


def _plainly(chance: Decimal) -> str:
    """A chance with at least one decimal.

    >>> _plainly(Decimal("0.200")), _plainly(Decimal(1))
    ('0.2', '1.0')
    """
    digits = f"{chance.normalize():f}"
    return digits if "." in digits else f"{digits}.0"


def _moments(found: Pipeline | Stage) -> Shape:
    shape: Shape = {
        "createdAt": moment(found.created_at),
        "updatedAt": moment(found.updated_at),
        "archived": found.archived_at is not None,
    }
    if found.archived_at is not None:
        shape["archivedAt"] = moment(found.archived_at)
    return shape


def _audit(call: Call, found: Pipeline) -> list[tuple[dict[str, Any], Shape]]:
    rows = call.db.execute(
        "SELECT kind, at, actor, data FROM event WHERE account_id = %s AND object_id = %s "
        "AND object_type = 'pipeline' ORDER BY id DESC LIMIT 500",
        [call.ctx.id, found.id],
    ).fetchall()
    return [
        (
            data,
            {
                "portalId": call.ctx.id,
                "identifier": found.name,
                "action": kind.partition(".")[2].upper(),
                "timestamp": moment(at),
                "message": actor,
                "rawObject": data,
            },
        )
        for kind, at, actor, data in rows
    ]
