"""On which days the cycles of a subscription fell due, also those before its schedule was moved.

A subscription says how it is counted now. A pause or an edit moves the schedule, and the row keeps no trace of the one
before: from which day the cycles were counted then is read from the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import integers, load
from kalends.proof.oracle.dates import Anchor, cycle_day


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
    """From which cycle on another schedule held, and the anchor that it was counted from."""

    cycle: int
    anchor: Anchor


def moves_of(db: Connection[Any], account_id: int, schedules: Iterable[Schedule]) -> dict[int, list[Move]]:
    """What the journal says of those subscriptions whose anchor is not their first."""
    starts = {schedule.subscription: schedule.start for schedule in schedules if schedule.may_have_moved}
    if not starts:
        return {}
    moves: dict[int, list[Move]] = {}
    params = {"account_id": account_id, "subscriptions": integers(sorted(starts))}
    for id_, cycle, day, number in db.execute(load("kalends.proof", "moved_schedules"), params).fetchall():
        told = moves.setdefault(id_, [])
        before = told[-1].anchor if told else Anchor(starts[id_], 0)
        # The journal holds what changed: where it is silent, that half of the anchor stayed as it was.
        anchor = Anchor(before.day if day is None else day, before.cycle if number is None else number)
        told.append(Move(cycle, anchor))
    return moves


def anchor_of(schedule: Schedule, cycle: int, moves: Mapping[int, Sequence[Move]]) -> Anchor:
    """The anchor that a cycle was counted from: that of the last move before it.

    >>> schedule = Schedule(7, "monthly", date(2026, 1, 31), Anchor(date(2026, 4, 30), 1))
    >>> moved = {7: [Move(1, Anchor(date(2026, 4, 30), 1))]}
    >>> anchor_of(schedule, 0, moved).day.isoformat(), anchor_of(schedule, 1, moved).day.isoformat()
    ('2026-01-31', '2026-04-30')
    """
    told = moves.get(schedule.subscription)
    if not told:
        return schedule.now
    held = (move.anchor for move in reversed(told) if move.cycle <= cycle)
    return next(held, Anchor(schedule.start, 0))


def period_of(schedule: Schedule, cycle: int, moves: Mapping[int, Sequence[Move]]) -> tuple[date, date]:
    """The first day of a cycle and the first day after it."""
    anchor = anchor_of(schedule, cycle, moves)
    return (cycle_day(anchor, schedule.frequency, cycle), cycle_day(anchor, schedule.frequency, cycle + 1))
