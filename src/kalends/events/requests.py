"""The same request twice is done once: a double click, a form sent again, a program that got no answer and asks again.

Whoever asks gives the request a key of their own. The key is taken in the transaction that does what was asked, so
the database lets only one of two at the same moment through; the other waits, and gets the first one's result. A
request that was refused leaves nothing behind: corrected, it may use its key again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load

KEY_LENGTH_MAX = 255
KEPT_FOR = timedelta(days=400)
"""How long a request is known by its key: somebody who asks once a year finds it again."""

Result = TypeVar("Result", int, dict[str, Any])
"""What a request may come to: something that JSON holds as it is, such as a record's number."""


class RequestKeyRefused(ValueError):
    """A request key that cannot be used, or that belongs to another request; the message says which and what to do."""


class Earlier(NamedTuple):
    """A request that was done: what it asked for, when, and what came of it."""

    asked: dict[str, Any]
    requested_at: datetime
    result: Any


def once(
    db: Connection[Any],
    ctx: AccountContext,
    kind: str,
    key: str | None,
    asked: Mapping[str, Any],
    do: Callable[[], Result],
    *,
    actor: str = "system",
) -> Result:
    """What ``do`` returns, or what it returned when the same request was made before; one transaction.

    ``kind`` names what is done (``refund``); the same key may be used once for each kind. ``asked`` is everything that
    decides what is done, in values that have a form in text: the same key with other values is somebody's mistake.
    Without a key every call does it. Call it before anything is locked, so that whoever waits for a key holds nothing.

    Raises ``RequestKeyRefused``, naming what differs, and whatever ``do`` raises.
    """
    if key is None:
        with db.transaction():
            return do()
    if not 0 < len(key) <= KEY_LENGTH_MAX or key != key.strip():
        raise RequestKeyRefused(
            f"The request key {key[:40]!r} cannot be used: give 1 to {KEY_LENGTH_MAX} characters that neither begin "
            f"nor end with a space, such as a random UUID."
        )
    plain: dict[str, Any] = json.loads(_encode(asked))
    params = {"account_id": ctx.id, "kind": kind, "key": key}
    with db.transaction():
        taken = db.execute(
            load("kalends.events", "take_request_key"),
            {**params, "asked": _encode(asked), "now": ctx.now, "actor": actor},
        )
        if taken.rowcount == 0:
            earlier = find_request(db, ctx, kind, key)
            assert earlier is not None, "a request key was taken, and then it was not"
            _refuse_other(kind, key, earlier, plain)
            return earlier.result
        result = do()
        db.execute(load("kalends.events", "remember_result"), {**params, "result": _encode(result)})
    return result


def find_request(db: Connection[Any], ctx: AccountContext, kind: str, key: str) -> Earlier | None:
    """The request of this kind that was done under this key, if there was one."""
    params = {"account_id": ctx.id, "kind": kind, "key": key}
    row = db.execute(load("kalends.events", "request_of_key"), params).fetchone()
    return None if row is None else Earlier(*row)


def prune(db: Connection[Any], ctx: AccountContext, most: int) -> int:
    """Forget requests that are too old, the oldest first and at most so many; says how many."""
    params = {"account_id": ctx.id, "oldest": ctx.now - KEPT_FOR, "most": most}
    return db.execute(load("kalends.events", "forget_old_requests"), params).rowcount


def forget(db: Connection[Any], account_id: int, contacts: Sequence[int], words: Sequence[str]) -> None:
    """Forget what was asked for these contacts, or in these words. The keys stay taken, and so does what came of it."""
    params = {"account_id": account_id, "contacts": list(contacts), "words": list(words)}
    db.execute(load("kalends.events", "forget_requests"), params)


_encode = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def _refuse_other(kind: str, key: str, earlier: Earlier, asked: Mapping[str, Any]) -> None:
    for name in sorted({*earlier.asked, *asked}):
        before, now = earlier.asked.get(name), asked.get(name)
        if before != now:
            raise RequestKeyRefused(
                f"The request key {key!r} was used for another {kind.replace('_', ' ')} at "
                f"{earlier.requested_at:%Y-%m-%d %H:%M} UTC: its {name.replace('_', ' ')} was {_shown(before)}, and "
                f"now it is {_shown(now)}. Give what is asked anew a key of its own."
            )


def _shown(value: object) -> str:
    text = "not given" if value is None else _encode(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
