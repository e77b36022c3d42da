"""What must hold of a workflow's actions together: ways lead somewhere, all are reached, no circle lacks a wait."""

from __future__ import annotations

from collections.abc import Iterator

from kalends.catalog.registry import suggestion
from kalends.query import Problem
from kalends.workflows.definition import WAITS, Definition, WaitForHours, WaitUntil

_MAY_NOT_WAIT = (WaitForHours, WaitUntil)
"""Waits that let a record pass at once when their moment is there."""


def problems_of(made: Definition) -> Iterator[Problem]:
    """Every mistake in the graph of a definition."""
    if made.actions or made.start:
        yield from _lead_somewhere(made)
    for id_ in made.actions:
        if id_ not in reached(made):
            yield Problem(f"action {id_}", "not reached", "Lead to it from another action, or take it out.")
    circle = circle_without_wait(made)
    if circle:
        shown = " -> ".join((*circle, circle[0]))
        yield Problem(
            f"action {circle[0]}", shown, "A record would go round for ever: put a wait into the circle."
        )


def _lead_somewhere(made: Definition) -> Iterator[Problem]:
    if made.start not in made.actions:
        yield Problem("start", made.start or "nothing", suggestion(made.start, made.actions))
    for id_, action in made.actions.items():
        for target in action.targets:
            if target and target not in made.actions:
                yield Problem(f"action {id_}, next", target, suggestion(target, made.actions))


def reached(made: Definition) -> set[str]:
    """The actions to which some way leads from the start."""
    found: set[str] = set()
    waiting = [made.start]
    while waiting:
        id_ = waiting.pop()
        if id_ in made.actions and id_ not in found:
            found.add(id_)
            waiting.extend(made.actions[id_].targets)
    return found


def circle_without_wait(made: Definition) -> tuple[str, ...]:
    """A circle of actions in which no time need pass; none if there is no such circle."""
    done: set[str] = set()
    for id_ in made.actions:
        path: list[str] = []
        ways = [iter([id_])]
        while ways:
            following = next(ways[-1], None)
            if following is None:
                ways.pop()
                if path:
                    done.add(path.pop())
                continue
            if following in path:
                return tuple(path[path.index(following) :])
            if following in done or following not in made.actions or _takes_time(made, following):
                continue
            path.append(following)
            ways.append(iter(made.actions[following].targets))
    return ()


def _takes_time(made: Definition, id_: str) -> bool:
    action = made.actions[id_]
    return isinstance(action, WAITS) and not isinstance(action, _MAY_NOT_WAIT)
