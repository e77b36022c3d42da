"""Where records go next: branches and splits, other workflows, segments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from kalends.catalog.registry import get_property
from kalends.catalog.render import to_api
from kalends.segments.members import add_members, remove_members
from kalends.workflows.actions.block import Block
from kalends.workflows.definition import Branch, BranchByValue, ChangeSegment, EnrollElsewhere, Split
from kalends.workflows.enrolling import Chain, admit
from kalends.workflows.flows import passing
from kalends.workflows.places import Place, Result


def branch(block: Block, action: Branch, places: Sequence[Place]) -> dict[int, Result]:
    """The first way whose filter a record passes."""
    found: dict[int, Result] = {}
    left = list(places)
    for way in action.ways:
        if not left:
            break
        ids = [place.record_id for place in left]
        passes = set(passing(block.db, block.ctx, block.flow.object, way.filter, ids))
        found |= {p.id: Result("done", way.name, way.next) for p in left if p.record_id in passes}
        left = [place for place in left if place.record_id not in passes]
    return found | {place.id: Result("done", "none met", action.next) for place in left}


def branch_by_value(block: Block, action: BranchByValue, places: Sequence[Place]) -> dict[int, Result]:
    """The way of a record's value."""
    prop = get_property(block.flow.object, action.by)
    ways = {value.lower(): case.next for case in action.cases for value in case.values}
    rows = block.values(places, [prop.name])
    found: dict[int, Result] = {}
    for place in places:
        value = to_api(prop, rows.get(place.record_id, {}).get(prop.name)) or ""
        known = value.lower() in ways
        note = value if known else f"none met: {value or 'no value'}"
        found[place.id] = Result("done", note, ways.get(value.lower(), action.next))
    return found


def split(block: Block, action: Split, places: Sequence[Place]) -> dict[int, Result]:
    """A way by chance, which follows from the enrollment alone: asked again, it falls the same way."""
    del block
    found: dict[int, Result] = {}
    for place in places:
        digest = hashlib.sha256(f"{action.id}/{place.id}/{place.done}".encode()).digest()
        drawn = int.from_bytes(digest[:4], "big") % 100
        for part in action.parts:
            if drawn < part.percent:
                found[place.id] = Result("done", f"{part.percent} %", part.next)
                break
            drawn -= part.percent
    return found


def enroll_elsewhere(block: Block, action: EnrollElsewhere, places: Sequence[Place]) -> dict[int, Result]:
    """Enroll records in another workflow that is on, one workflow further down the chain."""
    rows = block.db.execute(
        "SELECT version FROM workflow WHERE account_id = %s AND id = %s AND is_on AND archived_at IS NULL",
        [block.ctx.id, action.workflow],
    ).fetchone()
    other = block.flows.flow(action.workflow, rows[0]) if rows else "The other workflow is not on."
    if isinstance(other, str):
        return {place.id: Result("failed", other, action.next) for place in places}
    if other.object.name != block.flow.object.name:
        return {
            place.id: Result("failed", "The other workflow is of another object.", action.next)
            for place in places
        }
    natural = {place.record_id: f"enrollment {place.occasion}" for place in places}
    chains = {place.record_id: Chain(place.id, place.depth + 1) for place in places}
    came = {
        each.record_id: each for each in admit(block.db, block.ctx, other, list(natural), natural, chains)
    }
    found: dict[int, Result] = {}
    for place in places:
        there = came.get(place.record_id)
        if there is None:
            found[place.id] = Result("skipped", "It is, or was, in there, or may not come in.", action.next)
        elif there.status == "stopped":
            found[place.id] = Result(
                "failed", "It was stopped by the limit on workflows that lead to one another.", action.next
            )
        else:
            found[place.id] = Result("done", f"enrollment {there.id}", action.next)
    return found


def change_segment(block: Block, action: ChangeSegment, places: Sequence[Place]) -> dict[int, Result]:
    """Add records to a static segment, or remove them; who is there already stays."""
    ids = [place.record_id for place in places]
    if action.add:
        add_members(block.db, block.ctx, action.segment, ids, block.flow.actor)
    else:
        remove_members(block.db, block.ctx, action.segment, ids, block.flow.actor)
    return {place.id: Result("done", "", action.next) for place in places}
