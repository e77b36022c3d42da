"""On which days the cycles of a subscription fell due, also those before its schedule was moved.

A subscription says how it is counted now. A pause moves the schedule, and the row keeps no trace of the one before:
where it began is read from the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import integers, load
from kalends.proof.oracle.dates import Anchor, cycle_day, cycle_of_day


class Schedule(NamedTuple):
    """How a subscription is counted: its frequency, its first day and, as the row says now, its anchor."""

    subscription: int
    frequency: str
    start: date
    now: Anchor

    @property
    def may_have_moved(self) -> bool:
        """Whether the anchor is another than the one the subscription began with."""
        return self.now != Anchor(self.start, 0)


class Move(NamedTuple):
    """From which cycle on another schedule held, and the day of that cycle; no day where nothing was left to bill."""

    cycle: int
    day: date | None


def moves_of(db: Connection[Any], account_id: int, schedules: Iterable[Schedule]) -> dict[int, list[Move]]:
    """What the journal says of those subscriptions whose anchor is not their first."""
    ids = {schedule.subscription for schedule in schedules if schedule.may_have_moved}
    if not ids:
        return {}
    moves: dict[int, list[Move]] = {}
    params = {"account_id": account_id, "subscriptions": integers(sorted(ids))}
    for id_, cycle, day in db.execute(load("kalends.proof", "moved_schedules"), params).fetchall():
        moves.setdefault(id_, []).append(Move(cycle, day))
    return moves


def possible_periods(
    schedule: Schedule, cycle: int, moves: Mapping[int, Sequence[Move]]
) -> list[tuple[date, date]]:
    """The first day of a cycle and the first day after it.

    More than one is possible only for a cycle between two moves, from the second on: the journal holds the day on
    which a subscription was resumed, but not whether that day became a new anchor or lay on the old schedule.
    """
    anchors = possible_anchors(schedule, cycle, moves.get(schedule.subscription, ()))
    return [
        (cycle_day(anchor, schedule.frequency, cycle), cycle_day(anchor, schedule.frequency, cycle + 1))
        for anchor in anchors
    ]


def possible_anchors(schedule: Schedule, cycle: int, moves: Sequence[Move]) -> list[Anchor]:
    """The anchors from which the cycle may have been counted."""
    if not moves or cycle >= moves[-1].cycle:
        return [schedule.now]
    anchors = [Anchor(schedule.start, 0)]
    for move in moves:
        if move.cycle > cycle:
            break
        if move.day is not None:
            anchors = _after(anchors, schedule.frequency, Anchor(move.day, move.cycle))
    return anchors


def _after(before: Sequence[Anchor], frequency: str, resumed: Anchor) -> list[Anchor]:
    """A day of one's own is a new anchor; a day on the old schedule goes on with the old day of the month."""
    after = [resumed]
    for anchor in before:
        cycle = cycle_of_day(anchor, frequency, resumed.day)
        if cycle is not None:
            after.append(Anchor(anchor.day, anchor.cycle + resumed.cycle - cycle))
    return list(dict.fromkeys(after))
