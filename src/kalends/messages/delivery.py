"""Delivery: letters that were decided on are written out and handed over, outside any transaction.

Intention, call, outcome, for each letter by itself. A block of queued letters is claimed, written out and committed;
then each is marked ``sending``, handed over, and marked ``sent``. The exact words are kept before the call, and a
letter whose call has once begun goes out in these words only.

Whoever works on a letter holds an advisory lock on its id, which goes when the connection does. A letter that is
``sending`` and not locked was broken off between call and outcome: nobody knows whether it was taken. It is sent
again, **at least once**, because a receipt that comes twice does less harm than one that never comes, and asking a
person about every crash would leave letters lying. It goes out under the same Message-ID, derived from the key of its
effect, so that mail servers and programs can drop the double; as a file it has the same name, and there is one.
After :data:`TRIES_MAX` calls it is given up as ``failed``, and a person decides.

A letter that its reader can refuse is marked ``failed`` instead of ``sending`` by the same statement when the address
that it goes to has been refused: whenever that happened, and whatever address the contact has by then.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.pq import TransactionStatus

from kalends.accounts.context import AccountContext
from kalends.accounts.put_back import tells_nobody
from kalends.accounts.sql import arrays, fetch, integers, load
from kalends.documents.logo import read_logos
from kalends.messages.backends.interface import Backend, MailUnavailable, Refused, RefusedForNow
from kalends.messages.envelope import Undeliverable, seal
from kalends.messages.kept_words import to_keep, to_send
from kalends.messages.letters.layout import Rendered
from kalends.messages.letters.render import CannotRender, MessageRow, render_block
from kalends.messages.refusals import REFUSED_KINDS, WANTS_NO_MORE, digest_of

BLOCK_SIZE = 50
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
"""How long a letter that was not taken waits before each further try."""

TRIES_MAX = len(PAUSES) + 1
"""How often a letter is handed over before it is given up."""

_BROKEN_OFF = "Sending was broken off, so it is not known whether this letter arrived."


class Delivered(NamedTuple):
    """What came of a delivery, in letters. ``postponed`` ones are tried again later."""

    sent: int = 0
    failed: int = 0
    postponed: int = 0


class _Claimed(NamedTuple):
    row: MessageRow
    tries: int
    letter: Rendered | None
    logos: Mapping[str, bytes] = MappingProxyType({})


def deliver(
    db: Connection[Any],
    ctx: AccountContext,
    backend: Backend,
    limit: int,
    *,
    now: datetime | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Hand over up to ``limit`` of the account's queued letters, the oldest first, each at most once.

    ``now`` is the real time, by which pauses are measured (default: the account's, which in a sandbox may stand
    still). ``stop`` is asked before each letter. ``db`` must not be inside a transaction. Several processes may
    deliver at once. Nothing is delivered while it is not known what was sent already, since the books were put back.
    Raises ``MailUnavailable`` when no letter can be handed over; those not sent stay queued.
    """
    if tells_nobody(db, ctx.id):
        return Delivered()
    now = now or ctx.now
    sent = postponed = 0
    failed = _recover(db, ctx)
    after = 0
    try:
        while limit > 0 and not stop():
            with _claim(db, ctx, now, after, min(limit, BLOCK_SIZE)) as (last, claimed, unwritable):
                if last is None:
                    break
                after, limit = last, limit - len(claimed) - unwritable
                failed += unwritable
                for item in claimed:
                    if stop():
                        break
                    status = _hand_over(db, ctx, backend, item, now)
                    sent += status == "sent"
                    failed += status == "failed"
                    postponed += status == "queued"
    finally:
        backend.close()
    return Delivered(sent, failed, postponed)


def write_out(db: Connection[Any], ctx: AccountContext, contact_id: int) -> None:
    """Put a contact's letters that wait into words, in the caller's transaction.

    For what they are about is going to be deleted: they are delivered all the same, and can be read later.
    """
    waiting = (
        "SELECT id FROM message WHERE account_id = %s AND contact_id = %s AND status IN ('queued', 'kept') "
        "AND subject IS NULL ORDER BY id"
    )
    ids = [row[0] for row in db.execute(waiting, [ctx.id, contact_id]).fetchall()]
    params = {"account_id": ctx.id, "ids": integers(ids)}
    rows = fetch(db, load("kalends.messages", "letters_to_send"), params)
    _written_out(db, ctx, [_Claimed(MessageRow(*row[:8]), row[8], None) for row in rows])


def _recover(db: Connection[Any], ctx: AccountContext) -> int:
    """Put letters that were broken off back into the queue; says how many were given up instead."""
    params = {"account_id": ctx.id, "tries_max": TRIES_MAX, "reason": _BROKEN_OFF}
    rows = fetch(db, load("kalends.messages", "recover_letters"), params)
    return sum(status == "failed" for (status,) in rows)


@contextmanager
def _claim(
    db: Connection[Any], ctx: AccountContext, now: datetime, after: int, size: int
) -> Iterator[tuple[int | None, list[_Claimed], int]]:
    """Letters that are ours until the end of the block, in their exact words.

    Gives the last id looked at (None when there is none), the letters, and how many could not be written.
    """
    held: list[int] = []
    try:
        with db.transaction():
            params = {"account_id": ctx.id, "now": now, "after": after, "limit": size}
            found = [row[0] for row in fetch(db, load("kalends.messages", "queued_letters"), params)]
            held = _lock(db, found)
            params = {"account_id": ctx.id, "ids": integers(held)}
            rows = [
                _Claimed(
                    MessageRow(*row[:8]),
                    row[8],
                    None if row[9] is None else to_send(Rendered(*row[9:]), row[7]),
                )
                for row in fetch(db, load("kalends.messages", "letters_to_send"), params)
            ]
            claimed = _with_logos(db, ctx, _written_out(db, ctx, rows))
        yield (found[-1] if found else None), claimed, len(rows) - len(claimed)
    finally:
        _unlock(db, held)


def _lock(db: Connection[Any], ids: Sequence[int]) -> list[int]:
    """Those of the letters that nobody else is working on. The lock outlives the transaction."""
    rows = db.execute(
        "SELECT id, pg_try_advisory_lock(id) FROM unnest(%s::bigint[]) AS id", [integers(ids)]
    ).fetchall()
    return [id_ for id_, ours in rows if ours]


def _unlock(db: Connection[Any], ids: Sequence[int]) -> None:
    if ids and not db.closed and db.info.transaction_status == TransactionStatus.IDLE:
        db.execute("SELECT pg_advisory_unlock(id) FROM unnest(%s::bigint[]) AS id", [integers(ids)])


def _written_out(db: Connection[Any], ctx: AccountContext, rows: Sequence[_Claimed]) -> list[_Claimed]:
    """The letters in words; new words are kept, and what cannot be written is failed with the reason."""
    unwritten: dict[str, list[MessageRow]] = {}
    for item in rows:
        if item.letter is None:
            unwritten.setdefault(item.row.kind, []).append(item.row)
    words: dict[int, Rendered] = {}
    given = {item.row.id: item.row.given for item in rows}
    problems: list[tuple[int, str]] = []
    for kind, same in unwritten.items():
        for row, letter in zip(same, render_block(db, ctx, kind, same), strict=True):
            if isinstance(letter, CannotRender):
                problems.append((row.id, str(letter)))
            else:
                words[row.id] = letter
    if words:
        fresh = [
            (
                id_,
                *letter[:3],
                None if letter.attached is None else json.dumps(letter.attached, ensure_ascii=False),
                letter.logo,
            )
            for id_, letter in ((id_, to_keep(letter, given[id_])) for id_, letter in words.items())
        ]
        params = {
            "account_id": ctx.id,
            **arrays(("ids", "subjects", "texts", "htmls", "attached", "logos"), fresh),
        }
        db.execute(load("kalends.messages", "keep_words"), params)
    if problems:
        params = {"account_id": ctx.id, **arrays(("ids", "reasons"), problems)}
        db.execute(load("kalends.messages", "fail_letters"), params)
    ready = [item._replace(letter=item.letter or words.get(item.row.id)) for item in rows]
    return [item for item in ready if item.letter is not None]


def _with_logos(db: Connection[Any], ctx: AccountContext, claimed: Sequence[_Claimed]) -> list[_Claimed]:
    """The letters with the pictures that they and their documents name: those of the account at that time."""
    named = {name for item in claimed if item.letter is not None for name in item.letter.logos}
    logos = read_logos(db, ctx.id, named)
    return [item._replace(logos=logos) for item in claimed]


def _hand_over(
    db: Connection[Any], ctx: AccountContext, backend: Backend, item: _Claimed, now: datetime
) -> str | None:
    """Mark the intention, call, and mark the outcome; returns the letter's new status."""
    assert item.letter is not None
    try:
        envelope = seal(ctx, item.row, item.letter, item.logos)
    except Undeliverable as problem:
        return _close(db, ctx, item, "failed", error=str(problem))
    backend.open()
    marked = db.execute(load("kalends.messages", "mark_sending"), _marking(ctx, item.row)).fetchone()
    if marked is None or marked[0] != "sending":
        return marked[0] if marked else None
    item = item._replace(tries=item.tries + 1)
    try:
        backend.send(envelope)
    except Refused as problem:
        return _close(db, ctx, item, "failed", error=str(problem))
    except RefusedForNow as problem:
        if item.tries >= TRIES_MAX:
            return _close(db, ctx, item, "failed", error=f"Given up after {item.tries} tries. {problem}")
        return _close(db, ctx, item, "queued", error=str(problem), next_try_at=now + PAUSES[item.tries - 1])
    except MailUnavailable:
        _close(db, ctx, item._replace(tries=item.tries - 1), "queued")
        raise
    return _close(db, ctx, item, "sent", sent_at=ctx.now)


def _marking(ctx: AccountContext, row: MessageRow) -> dict[str, Any]:
    """What the mark of the intention asks: whether the address that the letter goes to was refused in the meantime."""
    digest = digest_of(ctx.id, row.recipient) if row.kind in REFUSED_KINDS else None
    return {"account_id": ctx.id, "id": row.id, "digest": digest, "reason": WANTS_NO_MORE}


def _close(
    db: Connection[Any],
    ctx: AccountContext,
    item: _Claimed,
    status: str,
    *,
    error: str | None = None,
    next_try_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> str:
    """Write an outcome. What went wrong at an earlier try stays: it explains why there was more than one."""
    db.execute(
        "UPDATE message SET status = %s, tries = %s, error = coalesce(%s, error), next_try_at = %s, sent_at = %s "
        "WHERE account_id = %s AND id = %s",
        [status, item.tries, error, next_try_at, sent_at, ctx.id, item.row.id],
    )
    return status
