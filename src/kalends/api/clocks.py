"""A sandbox account's present moment: shown, and moved forward with everything that falls due on the way.

A move is many transactions on a connection of its own, while the request's transaction holds its idempotency key and
the right to move this clock: whoever sends the same request again gets the same answer, and time passes once.
"""

from __future__ import annotations

import re
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from kalends.accounts import connections
from kalends.accounts.context import AccountContext, load_context
from kalends.api.call import Answer, Call
from kalends.api.days import moment_of
from kalends.api.errors import ApiError, conflict, invalid
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.api.wire import field_of
from kalends.billing.clock import ClockRefused, advance
from kalends.core.calendar import resolve_start
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database

LONGEST_MOVE = timedelta(days=1_100)
"""How far one request may move a clock: a little more than three years."""

_LOCK = 72
_MOVES = named(
    "crm.objects.subscriptions.write", "crm.objects.invoices.write", "crm.objects.commercepayments.write"
)
_DURATION = re.compile(
    r"(?:([0-9]{1,2})y)?(?:([0-9]{1,3})mo)?(?:([0-9]{1,4})w)?(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?",
    re.IGNORECASE,
)


@route("kalends", "/clock", "GET", named())
def show(call: Call) -> Answer:
    """What time it is in the account."""
    return Answer(200, _shown(call.ctx))


@route("kalends", "/clock/advance", "POST", _MOVES)
def advance_by(call: Call) -> Answer:
    """Let the clock run for a duration, such as ``1mo3d``."""
    duration = field_of(call.json(), "duration", str, "a text such as 12h, 3d, 2w, 1mo or 1y", "")
    found = _DURATION.fullmatch(str(duration).strip())
    if found is None or not any(found.groups()):
        raise _wrong(
            "duration", duration, "12h, 3d, 2w, 1mo, 1y, or several together, the longest first: 1mo3d"
        )
    ctx = _alone(call)
    return _move(ctx, _later(ctx, [int(part or 0) for part in found.groups()], str(duration)))


@route("kalends", "/clock/set", "POST", _MOVES)
def set_to(call: Call) -> Answer:
    """Let the clock run until a moment; a day is its first moment in the account's time zone."""
    to = call.json().get("to")
    if to is None:
        raise _wrong("to", "", "a moment such as 2026-03-01T12:00, or a day")
    ctx = _alone(call)
    return _move(ctx, moment_of(to, "to", ctx.time_zone))


def _alone(call: Call) -> AccountContext:
    """The account as it stands once nobody else moves its clock over the API. Raises ``ApiError``."""
    if not call.ctx.is_sandbox:
        raise invalid("The account is live: its clock is the real one. Only sandboxes can be moved.")
    free = call.db.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, call.ctx.id]).fetchone()
    if not free or not free[0]:
        raise _moving()
    return load_context(call.db, call.ctx.id, system_now=call.now)


def _move(ctx: AccountContext, to: datetime) -> Answer:
    if to < ctx.now:
        raise invalid(f"The clock stands at {moment(ctx.now)} and cannot go back to {moment(to)}.")
    if to - ctx.now > LONGEST_MOVE:
        raise invalid(
            f"One request moves a clock by at most {LONGEST_MOVE.days:,} days; ask for the rest in another."
        )
    try:
        with (
            connections.apart(ctx.id) as db,
            closing(AccountProcessors(database.connect, ctx.id)) as processors,
        ):
            moved, result = advance(db, ctx, processors, to)
    except ClockRefused as refusal:
        raise _moving() from refusal
    except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as lost:
        raise conflict(
            "Somebody else changed what was billed on the way. Show the clock, and move it on."
        ) from lost
    return Answer(200, {**_shown(moved), "from": moment(ctx.now), "happened": _plain(result.as_json())})


def _shown(ctx: AccountContext) -> dict[str, Any]:
    return {
        "accountId": ctx.id,
        "mode": ctx.mode,
        "now": moment(ctx.now),
        "today": ctx.today.isoformat(),
        "timeZone": ctx.time_zone,
        "billingDay": ctx.billing_day.isoformat(),
    }


def _later(ctx: AccountContext, parts: list[int], given: str) -> datetime:
    """The moment a duration later; days and longer keep the hour on the wall."""
    years, months, weeks, days, hours = parts
    try:
        wall = ctx.now.astimezone(ZoneInfo(ctx.time_zone))
        day = resolve_start(wall.date(), delay_months=12 * years + months) + timedelta(weeks=weeks, days=days)
        return datetime.combine(day, wall.timetz()).astimezone(ctx.now.tzinfo) + timedelta(hours=hours)
    except (ValueError, OverflowError) as problem:
        raise _wrong("duration", given, "a shorter one; this leads beyond the calendar") from problem


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, int | str | bool | None) else str(value)


def _moving() -> ApiError:
    return conflict("Somebody else is moving this clock right now. Ask again when it stands.")


def _wrong(name: str, value: object, wanted: str) -> ApiError:
    message = f"{name} is {str(value)[:60]!r}; give {wanted}."
    return invalid(message, errors=[{"message": message, "in": name}])
