"""Changing or deleting many records at once: those that can be are, and each of the others says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import ObjectType
from kalends.crm import records
from kalends.crm.records import Who, Wish
from kalends.crm.rules import Refused

Db = Connection[Any]
Thing = TypeVar("Thing")
BLOCK = 500
TOLD_MAX = 100
"""How many refusals are told one by one."""


class Outcome:
    """How many records were changed, and which were refused with which code."""

    def __init__(self) -> None:
        self.done = 0
        self.refused: dict[int, str] = {}

    def stored(self) -> dict[str, Any]:
        """The form in which an action's result is kept."""
        told = [[id_, code] for id_, code in sorted(self.refused.items())[:TOLD_MAX]]
        return {"done": self.done, "refused": len(self.refused), "told": told}


RULE = "RULE"
"""The code of a refusal by a rule of the object, as opposed to one of the value."""
GONE = "GONE"
"""The code of a record that somebody deleted meanwhile."""


def change_many(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    ids: Sequence[int],
    properties: Mapping[str, object],
    who: Who,
) -> Outcome:
    """Write the same properties into many records, block by block, in the caller's transaction."""
    outcome = Outcome()
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]
        prepared = records.prepare_changes(db, ctx, obj, [Wish(id_, properties) for id_ in block])
        outcome.refused |= dict.fromkeys(prepared.missing, GONE)
        good = []
        for change in prepared.changes:
            problems = change.problems()
            if problems:
                outcome.refused[change.id] = problems[0].code
            else:
                good.append(change)

        def write(part: Sequence[Any]) -> None:
            records.write_changes(db, ctx, obj, part, who)

        for refused in _settle(db, good, write):
            outcome.refused[refused.id] = RULE
        outcome.done += len(block)
    outcome.done -= len(outcome.refused)
    return outcome


def delete_many(db: Db, ctx: AccountContext, obj: ObjectType, ids: Sequence[int], who: Who) -> Outcome:
    """Archive many records, or delete them where the object's rules say so, in the caller's transaction."""
    outcome = Outcome()
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]

        def remove(part: Sequence[int]) -> None:
            outcome.done += len(records.archive(db, ctx, obj, part, who))

        before = outcome.done
        refused = _settle(db, block, remove)
        outcome.refused |= dict.fromkeys(refused, RULE)
        assert outcome.done - before <= len(block) - len(refused)
    return outcome


def _settle(db: Db, things: Sequence[Thing], do: Callable[[Sequence[Thing]], None]) -> list[Thing]:
    """Do all that can be done, in as large parts as rules let through; returns those that were refused.

    A part that is refused leaves nothing behind, and is tried again in halves.
    """
    if not things:
        return []
    try:
        with db.transaction():
            do(things)
    except Refused:
        if len(things) == 1:
            return list(things)
        half = len(things) // 2
        return [*_settle(db, things[:half], do), *_settle(db, things[half:], do)]
    return []
