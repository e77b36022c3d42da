"""Shaping the JSON form of a definition: actions put in, moved and taken out, so that no way leads to nowhere.

A :class:`Slot` is a place between actions: the way out of a step, or the beginning. Every function gives a new
definition, and leaves the one that it was given as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from kalends.core.digits import whole_number
from kalends.workflows.reading import Json

START, NEXT, OTHERWISE = "start", "next", "otherwise"
_LISTS = {"branch": "ways", "branch_by_value": "cases", "split": "parts"}


class Slot(NamedTuple):
    """A way out of a step: ``next``, ``otherwise``, or the number of a way from 0; or the ``start``, of no step."""

    way: str
    step: str = ""

    @classmethod
    def read(cls, word: str) -> Slot:
        """From its word in an address.

        >>> Slot.read("next:tell"), Slot.read("start:").word
        (Slot(way='next', step='tell'), 'start:')
        """
        way, _, step = word.partition(":")
        return cls(way, step)

    @property
    def word(self) -> str:
        """How an address says it."""
        return f"{self.way}:{self.step}"


class Misshapen(ValueError):
    """A step or a place that is not there any more, or to which something cannot be moved."""


def steps_of(definition: Json) -> dict[str, Json]:
    """The actions by their ids."""
    return {str(each["id"]): each for each in definition.get("actions", ())}


def ways_of(action: Json) -> list[Json]:
    """The ways of a branch, its cases, or the parts of a split; none of another action."""
    return action.get(_LISTS.get(str(action["do"]), ""), [])


def slots_of(action: Json) -> list[Slot]:
    """The ways out of an action, as they are drawn.

    >>> [slot.way for slot in slots_of({"id": "b", "do": "branch", "ways": [{"next": ""}]})]
    ['0', 'next']
    """
    id_ = str(action["id"])
    numbered = [Slot(str(number), id_) for number in range(len(ways_of(action)))]
    match action["do"]:
        case "split":
            return numbered
        case "wait_for_event":
            return [Slot(NEXT, id_), Slot(OTHERWISE, id_)]
        case _:
            return [*numbered, Slot(NEXT, id_)]


def forks(action: Json) -> bool:
    """Whether more than one way leads out of it."""
    return action["do"] in _LISTS or action["do"] == "wait_for_event"


def target(definition: Json, slot: Slot) -> str:
    """The action to which a slot leads, or "". Raises :class:`Misshapen`."""
    holder, key = _holder(definition, slot)
    return str(holder.get(key, "") or "")


def _holder(definition: Json, slot: Slot) -> tuple[Json, str]:
    if slot.way == START:
        return definition, START
    action = steps_of(definition).get(slot.step)
    if action is None or slot not in slots_of(action):
        raise Misshapen(f"There is no place {slot.word}.")
    if slot.way.isdigit():
        return ways_of(action)[int(slot.way)], NEXT
    return action, slot.way


def lead(definition: Json, slot: Slot, to: str) -> Json:
    """Let a slot lead to an action, or to the end; actions to which nothing leads any more are taken out."""
    changed = copy.deepcopy(definition)
    holder, key = _holder(changed, slot)
    holder[key] = to
    return pruned(changed)


def insert(definition: Json, slot: Slot, action: Json) -> Json:
    """Put an action into a slot; what came there comes behind it.

    >>> was = {"start": "b", "actions": [{"id": "b", "do": "wait"}]}
    >>> made = insert(was, Slot("start"), {"id": "a", "do": "notify"})
    >>> made["start"], [(each["id"], each.get("next", "")) for each in made["actions"]]
    ('a', [('b', ''), ('a', 'b')])
    """
    changed = copy.deepcopy(definition)
    added = copy.deepcopy(action)
    holder, key = _holder(changed, slot)
    first = slots_of(added)[0] if added["do"] == "split" else Slot(NEXT, str(added["id"]))
    changed.setdefault("actions", []).append(added)
    behind = str(holder.get(key, "") or "")
    holder[key] = added["id"]
    inner, inner_key = _holder(changed, first)
    inner[inner_key] = behind
    return changed


def replace_step(definition: Json, action: Json) -> Json:
    """The definition with an action in place of the one of the same id. Raises :class:`Misshapen`."""
    changed = copy.deepcopy(definition)
    if action["id"] not in steps_of(changed):
        raise Misshapen(f"There is no action {action['id']}.")
    changed["actions"] = [action if each["id"] == action["id"] else each for each in changed["actions"]]
    return pruned(changed)


def remove(definition: Json, id_: str, keep: str = NEXT) -> Json:
    """Take an action out; what came behind it on the way ``keep`` comes in its place, and other ways go with it.

    >>> one = {"start": "a", "actions": [{"id": "a", "do": "wait", "next": "b"}, {"id": "b", "do": "wait"}]}
    >>> remove(one, "a")["start"]
    'b'
    """
    changed = copy.deepcopy(definition)
    behind = target(changed, Slot(keep, id_))
    for slot in _slots(changed):
        holder, key = _holder(changed, slot)
        if holder.get(key) == id_:
            holder[key] = "" if behind == id_ else behind
    return pruned(changed)


def move(definition: Json, id_: str, to: Slot) -> Json:
    """Move an action to another place. One with several ways takes all that follows with it, and goes to an end only.

    Raises :class:`Misshapen` where that would lead in a circle, or the place is not there.
    """
    action = steps_of(definition).get(id_)
    if action is None or to not in places_for(definition, id_):
        raise Misshapen(f"The action {id_} cannot be moved to {to.word}.")
    if not forks(action):
        behind = target(definition, Slot(NEXT, id_))
        without = copy.deepcopy(definition)
        for slot in _slots(without):
            holder, key = _holder(without, slot)
            if holder.get(key) == id_ and slot.step != id_:
                holder[key] = behind
        without["actions"] = [each for each in without["actions"] if each["id"] != id_]
        return insert(without, to, {**action, "next": ""})
    changed = copy.deepcopy(definition)
    for slot in _slots(changed):
        holder, key = _holder(changed, slot)
        if holder.get(key) == id_ and slot.step != id_:
            holder[key] = ""
    holder, key = _holder(changed, to)
    holder[key] = id_
    return pruned(changed)


def places_for(definition: Json, id_: str) -> list[Slot]:
    """Where an action can be moved: anywhere else; with all that follows it, to ends that are not its own."""
    action = steps_of(definition).get(id_)
    if action is None:
        return []
    elsewhere = [slot for slot in _slots(definition) if slot.step != id_ and target(definition, slot) != id_]
    if not forks(action):
        return elsewhere
    below = _reached(definition, id_)
    return [slot for slot in elsewhere if slot.step not in below and not target(definition, slot)]


def pruned(definition: Json) -> Json:
    """The definition without the actions to which no way leads."""
    reached = _reached(definition, str(definition.get(START, "") or ""))
    kept = [each for each in definition.get("actions", ()) if str(each["id"]) in reached]
    return {**definition, "actions": kept}


def _slots(definition: Json) -> Iterator[Slot]:
    yield Slot(START)
    for action in definition.get("actions", ()):
        yield from slots_of(action)


def _reached(definition: Json, start: str) -> set[str]:
    steps, found, waiting = steps_of(definition), set[str](), [start]
    while waiting:
        id_ = waiting.pop()
        if id_ in steps and id_ not in found:
            found.add(id_)
            waiting.extend(target(definition, slot) for slot in slots_of(steps[id_]))
    return found


def fresh_id(definition: Json, kind: str) -> str:
    """An id for a new action that none has.

    >>> fresh_id({"actions": [{"id": "wait", "do": "wait"}]}, "wait")
    'wait-2'
    """
    taken, number, id_ = steps_of(definition), 1, kind
    while id_ in taken:
        number += 1
        id_ = f"{kind}-{number}"
    return id_


def read_way(action: Json, way: str) -> dict[str, Any]:
    """One way of a branch, by its number. Raises :class:`Misshapen`."""
    ways = ways_of(action)
    number = whole_number(way)
    if number is None or number >= len(ways):
        raise Misshapen(f"The action {action['id']} has no way {way}.")
    return ways[number]
