"""How often a program may ask: so many requests in ten seconds and a day for a token, so many searches a second.

Counts stand in the database, so that all processes of an installation share them, and each process takes its allowance
in portions: one short statement for several requests. Windows roll: in any ten seconds on end (any second, any day;
to a hundredth of it), portions of ``limit`` requests are given out at most, with no border at which twice as many
pass. A process may use up what it has left of a portion until that is a window old: of requests, each process adds
less than one portion (ten; one where the limit is under twenty, and of searches) to the limit. See decision 18.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from psycopg import Connection

from kalends.accounts.allowance import STEPS, take
from kalends.accounts.context import AccountContext
from kalends.accounts.tokens import Bearer
from kalends.api.errors import ApiError

_DAY = 86_400
_HEADER = "X-HubSpot-RateLimit-"


class _Policy(NamedTuple):
    """A limit: its name in answers, whose requests it counts, the length of its window in seconds, a portion."""

    name: str
    subject: str
    seconds: int
    limit: int
    portion: int


@dataclass(slots=True)
class _Held:
    """What this process holds of a window, and since when; what all processes have taken, the oldest of it when."""

    step: int
    left: int
    used: int
    oldest: int


class Counted(NamedTuple):
    """A request that was let through, or not: what its answer says about limits, and the refusal."""

    headers: dict[str, str]
    refusal: ApiError | None


_held: dict[tuple[int, str], _Held] = {}
_lock = threading.Lock()


def count_request(
    db: Connection[Any], ctx: AccountContext, bearer: Bearer, now: datetime, *, search: bool
) -> Counted:
    """Count a request against its limits; a search has one of its own, and says nothing about it."""
    settings = ctx.settings
    if search:
        policy = _Policy("SECONDLY", "search", 1, settings.api_searches_per_second, 1)
        left = _remaining(db, ctx, policy, now)
        return Counted({}, None if left is not None else _refused(ctx, policy, now))
    if bearer.app_id is None:
        subject, limit = f"token:{bearer.id}", settings.api_requests_per_ten_seconds
    else:  # all tokens of an app together, however many were made for it
        subject, limit = f"app:{bearer.app_id}", settings.api_app_requests_per_ten_seconds
    shortly = _Policy("TEN_SECONDLY_ROLLING", subject, 10, limit, 10)
    daily = _Policy("DAILY", "day", _DAY, settings.api_requests_per_day, 100)
    headers: dict[str, str] = {}
    left = _remaining(db, ctx, shortly, now)
    if shortly.limit:
        headers |= {
            f"{_HEADER}Max": str(shortly.limit),
            f"{_HEADER}Remaining": str(left or 0),
            f"{_HEADER}Interval-Milliseconds": "10000",
            f"{_HEADER}Secondly": str(max(1, shortly.limit // 10)),
            f"{_HEADER}Secondly-Remaining": str(min(left or 0, max(1, shortly.limit // 10))),
        }
    if left is None:
        return Counted(headers, _refused(ctx, shortly, now))
    left = _remaining(db, ctx, daily, now)
    if daily.limit:
        headers |= {f"{_HEADER}Daily": str(daily.limit), f"{_HEADER}Daily-Remaining": str(left or 0)}
    return Counted(headers, None if left is not None else _refused(ctx, daily, now))


def _remaining(db: Connection[Any], ctx: AccountContext, policy: _Policy, now: datetime) -> int | None:
    """How many requests remain after this one; ``None`` when this one is too many. A limit of 0 is none."""
    if not policy.limit:
        return 0
    step = _step(policy, now)
    with _lock:
        held = _held.get((ctx.id, policy.subject))
        if held is None or not held.left or abs(step - held.step) >= STEPS:
            if held is not None and held.used >= policy.limit and abs(step - held.oldest) < STEPS:
                return None
            portion = max(1, min(policy.portion, policy.limit // 10))
            taken = take(db, ctx.id, policy.subject, step, portion, policy.limit)
            held = _held[ctx.id, policy.subject] = _Held(step, *taken)
        if not held.left:
            return None
        held.left -= 1
        return max(0, policy.limit - held.used) + held.left


def _step(policy: _Policy, now: datetime) -> int:
    return math.floor(now.timestamp() * STEPS / policy.seconds)


def _refused(ctx: AccountContext, policy: _Policy, now: datetime) -> ApiError:
    """The refusal; it says after how many whole seconds the oldest requests no longer count."""
    held = _held.get((ctx.id, policy.subject))
    oldest = held.oldest if held is not None else _step(policy, now)
    wait = (oldest + STEPS) * policy.seconds / STEPS - now.timestamp()
    return ApiError(
        429,
        "RATE_LIMITS",
        f"You have reached your {policy.name.lower()} limit.",
        headers={"Retry-After": str(max(1, math.ceil(wait)))},
        errorType="RATE_LIMIT",
        policyName=policy.name,
        requestId=str(uuid4()),
    )


def forget() -> None:
    """Hold nothing any more; for tests."""
    with _lock:
        _held.clear()
