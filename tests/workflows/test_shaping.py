"""However a workflow is shaped, each of its steps is reached, and no way leads to a step that is not there."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.workflows.shaping import (
    Misshapen,
    Slot,
    fresh_id,
    insert,
    lead,
    move,
    places_for,
    pruned,
    remove,
    slots_of,
    steps_of,
    target,
)

SHAPES: dict[str, dict[str, Any]] = {
    "wait": {},
    "notify": {},
    "branch": {"ways": [{"next": ""}, {"next": ""}]},
    "split": {"parts": [{"percent": 50, "next": ""}, {"percent": 50, "next": ""}]},
    "wait_for_event": {"otherwise": ""},
}
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("add", "add", "add", "remove", "move", "lead")),
        st.integers(0, 99),
        st.integers(0, 99),
    ),
    max_size=25,
)


def slots(definition: dict[str, Any]) -> list[Slot]:
    return [Slot("start"), *(slot for step in definition["actions"] for slot in slots_of(step))]


@given(EDITS)
@settings(max_examples=60)
def test_no_edit_leaves_a_step_behind_or_a_way_to_nowhere(edits: list[tuple[str, int, int]]) -> None:
    made: dict[str, Any] = {"start": "", "actions": []}
    for verb, one, other in edits:
        before = copy.deepcopy(made)
        changed = edited(made, verb, one, other)
        assert made == before, "an edit gives a new definition"
        made = changed
        steps = steps_of(made)
        assert len(steps) == len(made["actions"])
        assert all(target(made, slot) in ("", *steps) for slot in slots(made))
        assert pruned(made) == made


def edited(made: dict[str, Any], verb: str, one: int, other: int) -> dict[str, Any]:
    places, ids = slots(made), [str(each["id"]) for each in made["actions"]]
    if verb == "add":
        kind = list(SHAPES)[other % len(SHAPES)]
        step = {"id": fresh_id(made, kind), "do": kind, "next": "", **copy.deepcopy(SHAPES[kind])}
        return insert(made, places[one % len(places)], step)
    if not ids:
        return made
    id_ = ids[one % len(ids)]
    if verb == "lead":
        return lead(made, places[other % len(places)], id_)
    if verb == "remove":
        ways = slots_of(steps_of(made)[id_])
        return remove(made, id_, ways[other % len(ways)].way)
    able = places_for(made, id_)
    return move(made, id_, able[other % len(able)]) if able else made


def test_a_step_with_several_ways_takes_what_follows_with_it_and_cannot_go_into_itself() -> None:
    made: dict[str, Any] = {"start": "", "actions": []}
    made = insert(made, Slot("start"), {"id": "fork", "do": "branch", "next": "", "ways": [{"next": ""}]})
    made = insert(made, Slot("0", "fork"), {"id": "inside", "do": "wait", "next": ""})
    made = insert(
        made, Slot("start"), {"id": "first", "do": "split", "next": "", "parts": [{"next": ""}, {"next": ""}]}
    )
    moved = move(made, "fork", Slot("1", "first"))
    assert target(moved, Slot("1", "first")) == "fork"
    assert target(moved, Slot("0", "fork")) == "inside"
    with pytest.raises(Misshapen):
        move(made, "fork", Slot("next", "inside"))
