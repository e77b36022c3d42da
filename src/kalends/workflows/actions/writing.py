"""Writing properties, through the rules that hold for everybody who writes records (:mod:`kalends.crm.records`).

Each change stands in the journal under the workflow's name. What the record's rules refuse is told in the log, and the
other records are written all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_property
from kalends.catalog.render import to_api
from kalends.crm.record_reads import read
from kalends.crm.records import Who, Wish, prepare_changes, write_changes
from kalends.workflows.actions.block import Block
from kalends.workflows.definition import SetProperty
from kalends.workflows.places import Place, Result
from kalends.workflows.writable import is_writable

TIED_MOST = 100
"""How many records that a record is tied to are written."""


def set_property(block: Block, action: SetProperty, places: Sequence[Place]) -> dict[int, Result]:
    """Write a property of the records, or of what they are tied to."""
    obj = block.flows.object(action.on) if action.on else block.flow.object
    ties = (
        block.tied(places, action.on, most=TIED_MOST)
        if action.on
        else {place.record_id: [place.record_id] for place in places}
    )
    wanted = _wanted(block, action, obj, places, ties)
    problems = write(block, obj, wanted)
    found: dict[int, Result] = {}
    for place in places:
        targets = ties.get(place.record_id, [])
        wrong = next((problems[id_] for id_ in targets if id_ in problems), "")
        if wrong:
            found[place.id] = Result("failed", wrong, action.next)
        elif not any(id_ in wanted for id_ in targets):
            found[place.id] = Result("skipped", "There is nothing to write it to, or from.", action.next)
        else:
            value = wanted[next(id_ for id_ in targets if id_ in wanted)][action.property]
            found[place.id] = Result("done", f"{action.property} = {value or 'no value'}", action.next)
    return found


def _wanted(
    block: Block,
    action: SetProperty,
    obj: ObjectType,
    places: Sequence[Place],
    ties: Mapping[int, Sequence[int]],
) -> dict[int, dict[str, str]]:
    """What is to be written, by the record that it is written to."""
    targets = {id_ for place in places for id_ in ties.get(place.record_id, ())}
    prop = get_property(obj, action.property)
    match action.mode:
        case "set" | "clear" | "now":
            text = {"set": action.value, "clear": ""}.get(action.mode)
            if text is None:
                text = (block.ctx.today if prop.type == "date" else block.ctx.now).isoformat()
            return {id_: {prop.name: text} for id_ in targets}
        case "copy":
            source = get_property(block.flow.object, action.source)
            rows = block.values(places, [source.name])
            shown = {id_: as_written(source, row[source.name], prop.type) for id_, row in rows.items()}
            return {
                target: {prop.name: shown[place.record_id]}
                for place in places
                for target in ties.get(place.record_id, ())
                if shown.get(place.record_id)
            }
        case "increment":
            rows = read(block.db, block.ctx, obj, sorted(targets), [prop.name])
            by = Decimal(action.value)
            return {id_: {prop.name: f"{(row[prop.name] or 0) + by:f}"} for id_, row in rows.items()}


def as_written(prop: Any, value: Any, kind: str) -> str:
    """A value of one property as another one of a kind takes it."""
    if kind == "date" and isinstance(value, datetime | date):
        return value.isoformat()[: len("2026-03-01")]
    return to_api(prop, value) or ""


def write(block: Block, obj: ObjectType, wanted: Mapping[int, Mapping[str, str]]) -> dict[int, str]:
    """Write properties of records; returns why some could not be written, by record.

    Whatever a definition says, nothing is written that a workflow may not write.
    """
    for values in wanted.values():
        for name in values:
            assert is_writable(obj, get_property(obj, name)), f"a workflow may not write {name}"
    problems: dict[int, str] = {}
    prepared = prepare_changes(
        block.db, block.ctx, obj, [Wish(id_, values) for id_, values in sorted(wanted.items())]
    )
    problems |= dict.fromkeys(prepared.missing, "The record is not there any more.")
    for change in prepared.changes:
        if change.problems():
            problems[change.id] = change.problems()[0].message
    right = [change for change in prepared.changes if not change.problems()]
    write_changes(
        block.db, block.ctx, obj, right, Who(block.flow.actor, "AUTOMATION_PLATFORM", str(block.flow.id))
    )
    return problems
