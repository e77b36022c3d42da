"""Letting time pass: until when, worked out at the moment at which a record comes to the wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kalends.accounts.context import AccountContext
from kalends.core.calendar import local_date, wall_instant
from kalends.core.timetable import next_time
from kalends.events.feed import settled_for_others
from kalends.workflows.actions.block import Block
from kalends.workflows.definition import Span, WaitFor, WaitForEvent, WaitForHours, WaitForTime, WaitUntil
from kalends.workflows.places import Place, Result

_DAYS = {"days": 1, "weeks": 7}
_MINUTES = {"minutes": 1, "hours": 60}


def after(ctx: AccountContext, span: Span) -> datetime:
    """The moment some time from now. Days and weeks keep the time that clocks on the wall show."""
    if span.unit in _MINUTES:
        return ctx.now + timedelta(minutes=span.amount * _MINUTES[span.unit])
    wall = ctx.now.astimezone(ZoneInfo(ctx.time_zone))
    day = wall.date() + timedelta(days=span.amount * _DAYS[span.unit])
    return wall_instant(day, wall.time(), ctx.time_zone)


def wait_for(block: Block, action: WaitFor, places: Sequence[Place]) -> dict[int, Result]:
    """Wait for some time."""
    return _all(places, _until(block.ctx, after(block.ctx, action.span), action.next))


def wait_until(block: Block, action: WaitUntil, places: Sequence[Place]) -> dict[int, Result]:
    """Wait for a day, or for one that the record has; without one, and when it has passed, go on."""
    ctx = block.ctx
    if action.around is None:
        assert action.day is not None, "a wait names a day or a property"
        return _all(places, _until(ctx, wall_instant(action.day, action.at, ctx.time_zone), action.next))
    around = action.around
    rows = block.values(places, [around.property])
    found: dict[int, Result] = {}
    for place in places:
        day = day_of(ctx, rows.get(place.record_id, {}).get(around.property))
        if day is None:
            found[place.id] = Result("skipped", f"{around.property} has no value", action.next)
        else:
            moment = wall_instant(day + timedelta(days=around.days), around.at, ctx.time_zone)
            found[place.id] = _until(ctx, moment, action.next)
    return found


def wait_for_time(block: Block, action: WaitForTime, places: Sequence[Place]) -> dict[int, Result]:
    """Wait for the next such time."""
    ctx = block.ctx
    return _all(places, _until(ctx, next_time(action.days, action.at, ctx.now, ctx.time_zone), action.next))


def wait_for_hours(block: Block, action: WaitForHours, places: Sequence[Place]) -> dict[int, Result]:
    """Wait until the hours begin."""
    ctx = block.ctx
    return _all(places, _until(ctx, action.window.opens(ctx.now, ctx.time_zone), action.next))


def wait_for_event(block: Block, action: WaitForEvent, places: Sequence[Place]) -> dict[int, Result]:
    """Wait for something to occur, and if it has not by the limit, go the other way."""
    # Nobody reads on in the journal until it is committed that these records wait: an event would be passed over.
    block.db.execute("SELECT FROM workflow_cursor WHERE account_id = %s FOR SHARE", [block.ctx.id])
    begins, limit = settled_for_others(block.db, block.ctx), after(block.ctx, action.span)
    found: dict[int, Result] = {}
    for place in places:
        if place.waits_after is not None:
            found[place.id] = Result("done", "nothing occurred", action.otherwise)
        else:
            note = f"until {limit.isoformat()} at the latest"
            found[place.id] = Result("waiting", note, due_at=limit, waits_after=begins)
    return found


def day_of(ctx: AccountContext, value: Any) -> date | None:
    """The account's day of a date or an instant."""
    return local_date(value, ctx.time_zone) if isinstance(value, datetime) else value


def _until(ctx: AccountContext, moment: datetime, following: str) -> Result:
    if moment <= ctx.now:
        return Result("done", "the moment had come", following)
    return Result("waiting", f"until {moment.isoformat()}", following, due_at=moment)


def _all(places: Sequence[Place], result: Result) -> dict[int, Result]:
    return {place.id: result for place in places}
