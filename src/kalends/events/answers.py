"""Answers that are given again: a program that asks once more under the same key gets the first answer, word for word.

The key is taken in the transaction that does what was asked, so that the effect and the answer are there together or
not at all. One at the same moment waits at that row, and gets the first one's answer. A request that was refused
leaves nothing behind: corrected, it may use its key again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

KEPT_FOR = timedelta(days=30)
KEY_LENGTH_MAX = 255
_FORGOTTEN_AT_ONCE = 200


class KeyRefused(ValueError):
    """A key that cannot be used, or that belongs to another request; the message says which and what to do."""


class Asked(NamedTuple):
    """Who asks under which key, and the fingerprint of what is asked."""

    asker: int
    key: str
    fingerprint: str


class Given(NamedTuple):
    """An answer that was given: its status and its text."""

    status: int
    body: str


def given_before(db: Connection[Any], account_id: int, asked: Asked, now: datetime) -> Given | None:
    """Take the key of a request, or give the answer that it got before.

    Runs in the caller's transaction, before anything else does; afterwards the caller remembers its answer with
    :func:`remember`, or rolls back. Raises :class:`KeyRefused`.
    """
    if (
        not 0 < len(asked.key) <= KEY_LENGTH_MAX
        or not asked.key.isprintable()
        or asked.key != asked.key.strip()
    ):
        raise KeyRefused(
            f"The idempotency key cannot be used: give 1 to {KEY_LENGTH_MAX} printable characters, such as a "
            "random UUID."
        )
    params = {"account_id": account_id, "asker": asked.asker, "key": asked.key, "now": now}
    taken = db.execute(
        "INSERT INTO answer AS a (account_id, asker, key, asked, answered_at) "
        "VALUES (%(account_id)s, %(asker)s, %(key)s, %(asked)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT answer_pkey DO UPDATE SET asked = EXCLUDED.asked, "
        "answered_at = EXCLUDED.answered_at, status = NULL, body = NULL WHERE a.answered_at < %(oldest)s",
        {**params, "asked": asked.fingerprint, "oldest": now - KEPT_FOR},
    )
    if taken.rowcount:
        return None
    row = db.execute(
        "SELECT asked, status, body, answered_at FROM answer "
        "WHERE account_id = %(account_id)s AND asker = %(asker)s AND key = %(key)s",
        params,
    ).fetchone()
    assert row is not None, "a key was taken, and then it was not"
    if row[0] != asked.fingerprint:
        raise KeyRefused(
            f"The idempotency key {asked.key!r} was used for another request at {row[3]:%Y-%m-%d %H:%M} UTC. Give what "
            f"is asked anew a key of its own."
        )
    if row[1] is None:
        raise KeyRefused(
            f"The request of the idempotency key {asked.key!r} was done at {row[3]:%Y-%m-%d %H:%M} UTC. What it was "
            "answered spoke of a person who was erased since, and is not kept any more."
        )
    return Given(row[1], row[2])


def remember(db: Connection[Any], account_id: int, asked: Asked, answer: Given, now: datetime) -> None:
    """Keep the answer of a request whose key was taken in this transaction, and forget some that are too old."""
    db.execute(
        "UPDATE answer SET status = %s, body = %s WHERE account_id = %s AND asker = %s AND key = %s",
        [answer.status, answer.body, account_id, asked.asker, asked.key],
    )
    prune(db, account_id, now)


def prune(db: Connection[Any], account_id: int, now: datetime, most: int = _FORGOTTEN_AT_ONCE) -> int:
    """Forget answers that are too old, the oldest first and at most so many; says how many."""
    return db.execute(
        "WITH old AS MATERIALIZED (SELECT account_id, asker, key FROM answer "
        "WHERE account_id = %s AND answered_at < %s ORDER BY answered_at LIMIT %s FOR UPDATE SKIP LOCKED) "
        "DELETE FROM answer AS a USING old "
        "WHERE a.account_id = old.account_id AND a.asker = old.asker AND a.key = old.key",
        [account_id, now - KEPT_FOR, most],
    ).rowcount


def forget(db: Connection[Any], account_id: int, records: Sequence[int], words: Sequence[str]) -> None:
    """Forget what was answered about records of these numbers, or holds these words. The keys stay taken."""
    numbers = "|".join(map(str, records))
    db.execute(
        "UPDATE answer SET status = NULL, body = NULL WHERE account_id = %(account_id)s AND body <> '' "
        "AND (body ~ %(numbers)s OR body::jsonb::text ~* pattern_of_words(%(words)s::text[]))",
        {
            "account_id": account_id,
            "numbers": f'"(id|objectId|toObjectId|fromObjectId)":"?({numbers})[",}}]',
            "words": list(words),
        },
    )
