"""Short words for workflows: made and turned on, what came of them, and the account's turn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from kalends.accounts.people import add_member, add_user
from kalends.workflows.services import create_workflow, turn_on
from kalends.workflows.turn import take_turn
from tests.world import World


class Flows:
    """Workflows of the account."""

    def __init__(self, world: World) -> None:
        self.world = world

    def on(self, name: str, *actions: dict[str, Any], existing: bool = False, **more: Any) -> int:
        """A workflow of subscriptions that is on, whose actions follow one another; returns its number."""
        id_ = self.made(name, *actions, **more)
        turn_on(self.world.db, self.world.ctx, id_, actor="user:1", existing=existing)
        return id_

    def made(self, name: str, *actions: dict[str, Any], **more: Any) -> int:
        """The same, which is off."""
        return create_workflow(
            self.world.db, self.world.ctx, name=name, definition=definition(*actions, **more), actor="user:1"
        )

    def turn(self) -> None:
        """Let the account's workflows do what is to be done now."""
        take_turn(self.world.db, self.world.ctx)

    def ends(self, workflow: int) -> list[tuple[int, str, str]]:
        """Record, status and reason of each enrollment, in order."""
        rows = self.world.rows(
            "SELECT record_id, status, reason FROM enrollment WHERE account_id = %s AND workflow_id = %s ORDER BY id",
            self.world.ctx.id,
            workflow,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def log(self, workflow: int) -> list[tuple[str, str, str]]:
        """Action, outcome and note of each action, in order."""
        rows = self.world.rows(
            "SELECT action, outcome, note FROM workflow_log WHERE account_id = %s AND workflow_id = %s "
            "ORDER BY enrollment_id, nth",
            self.world.ctx.id,
            workflow,
        )
        return [(row[0], row[1], row[2]) for row in rows]


def definition(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A definition whose actions follow one another, where they do not say otherwise."""
    named = [{"id": f"a{number}", **action} for number, action in enumerate(actions, 1)]
    for one, following in pairwise(named):
        one.setdefault("next", following["id"])
    shared = {"object": "subscription", "start": named[0]["id"] if named else ""}
    return {**shared, "actions": named, **more}


def match(name: str, *values: str, operator: str = "is_any_of") -> dict[str, Any]:
    """A filter with one condition."""
    return {"groups": [[{"property": name, "operator": operator, "values": list(values)}]]}


@pytest.fixture
def flows(world: World) -> Flows:
    """The account's workflows."""
    return Flows(world)


def new_user(world: World, name: str) -> int:
    """A user of the account; returns the number."""
    first = name.split(maxsplit=1)[0].lower()
    id_ = add_user(world.db, email=f"{first}.{world.ctx.id}@skarv.test", name=name)
    add_member(world.db, world.ctx.id, id_)
    return id_
