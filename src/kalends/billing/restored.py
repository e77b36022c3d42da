"""Noticing that the database was put back to an earlier state, and stopping before anything is done twice.

Kalends keeps a mark of which database it works with (``database_mark``): server, timeline, database, table, and for a
server in the home its files. Whoever opens the installation compares it. If it differs, every live account is stopped
in one transaction, before anything else is done:

* its billing is held, and its letters, webhooks, calls of workflows and emails to segments wait;
* letters that were waiting are given up, since nobody knows whether they went out before; people may send them again;
* numbers of records and events go on a billion later, so that none names two things to a processor or a program;
* invoices and credit notes are numbered in new series, since customers may hold numbers that the books have lost.

:mod:`kalends.billing.release_restored` lets it go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.change import change_settings
from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.put_back import mark_database
from kalends.accounts.sql import enter_account
from kalends.events import journal
from kalends.platform import database, sealed_off
from kalends.platform.home import Home

WITHHELD = (
    "The database was put back to an earlier state, so this letter may have been sent before. "
    "Send it again if the customer has not got it."
)
_HOURS = "ABCDEFGHIJKLMNOPQRSTUVWX"
_PREFIX_LENGTH_MAX = 12

Stopping = Callable[[Connection[Any], AccountContext], None]
_stoppings: list[Stopping] = []


def register_stopping(stop: Stopping) -> None:
    """Let a tool stop what it is in the middle of, in the transaction that stops an account whose books are older."""
    if stop not in _stoppings:
        _stoppings.append(stop)


def notice(db: Connection[Any], now: datetime, *, folder: str = "") -> list[int]:
    """Compare the database with its mark, and stop every live account if it is another; returns those stopped.

    ``folder`` tells the files of the database apart, where they can be seen. The mark is made with the first live
    account. ``db`` must not be inside a transaction; of several that look at once, one stops the accounts.
    """
    row = db.execute("SELECT m.identity, m.folder, database_identity() FROM database_mark AS m").fetchone()
    if sealed_off.is_asked_for():
        return []
    if row is None:
        mark_database(db, now, folder=folder)
        return []
    if row[0] == row[2] and folder in ("", row[1]):
        return []
    return _compare(db, now, folder)


def look(home: Home, now: datetime) -> None:
    """Notice it when an installation is opened, before any other work is done with its database."""
    with database.connect(autocommit=True) as db:
        there = db.execute("SELECT to_regprocedure('leave_numbers_behind()') IS NOT NULL").fetchone()
        if there is not None and there[0]:
            notice(db, now, folder=database.files_known_by(home))


def declare(db: Connection[Any], now: datetime, *, reason: str) -> list[int]:
    """Stop every live account because somebody says that the database was put back, where it cannot be seen."""
    with db.transaction():
        _lock_mark(db, now)
        return _stop_all(db, now, reason)


def _compare(db: Connection[Any], now: datetime, folder: str) -> list[int]:
    with db.transaction():
        _lock_mark(db, now)
        row = db.execute("SELECT identity, folder, database_identity() FROM database_mark").fetchone()
        assert row is not None
        before, kept, identity = row
        why = _why(before, identity) or _moved(kept, folder)
        db.execute(
            "UPDATE database_mark SET identity = %s, folder = %s, noted_at = %s",
            [identity, folder or kept, now],
        )
        return _stop_all(db, now, why) if why else []


def _lock_mark(db: Connection[Any], now: datetime) -> None:
    db.execute(
        "INSERT INTO database_mark (identity, noted_at) VALUES (database_identity(), %s) ON CONFLICT (id) DO NOTHING",
        [now],
    )
    db.execute("SELECT FROM database_mark FOR UPDATE")


def _why(before: str, identity: str) -> str:
    """What differs between two identities, in words; empty where nothing does."""
    if before == identity:
        return ""
    differing = [one != other for one, other in zip(before.split("/"), identity.split("/"), strict=True)]
    if differing[0]:
        return "The database is on another server than before: it was restored from a dump, or moved."
    if differing[1]:
        return "The database server was restored from a backup, or a replica took over: it is on another timeline."
    if differing[2]:
        return "The database is another one of the same server: a copy, or one that was restored from a dump."
    return "The tables were made anew in this database: a dump was read into it."


def _moved(kept: str, folder: str) -> str:
    if folder and kept and folder != kept:
        return "The files of the database were put there anew: an older copy of the folder, or a moved one."
    return ""


def _stop_all(db: Connection[Any], now: datetime, why: str) -> list[int]:
    inside = db.execute("SELECT current_setting('kalends.account_id', true)").fetchone()
    first = db.execute("SELECT leave_numbers_behind()").fetchone()
    accounts = [row[0] for row in db.execute("SELECT id FROM account WHERE mode = 'live' ORDER BY id")]
    assert inside is not None
    assert first is not None
    for account_id in accounts:
        enter_account(db, account_id)
        _stop(db, load_context(db, account_id, system_now=now), why, first[0])
    db.execute("SELECT set_config('kalends.account_id', %s, false)", [inside[0] or ""])
    return accounts


def _stop(db: Connection[Any], ctx: AccountContext, why: str, first_id: int) -> None:
    """Stop an account; one that is stopped already keeps the earlier moment at which its books end."""
    db.execute(
        "INSERT INTO restoration (account_id, found_at, books_end, reason, first_id) "
        "SELECT %(id)s, %(now)s, coalesce((SELECT at FROM event WHERE account_id = %(id)s ORDER BY id DESC LIMIT 1), "
        "a.created_at), %(why)s, %(first)s FROM account AS a WHERE a.id = %(id)s "
        "ON CONFLICT (account_id) WHERE released_at IS NULL DO UPDATE SET "
        "found_at = excluded.found_at, reason = excluded.reason",
        {"id": ctx.id, "now": ctx.now, "why": why, "first": first_id},
    )
    db.execute(
        "UPDATE message SET status = 'failed', error = %s WHERE account_id = %s AND status IN ('queued', 'sending')",
        [WITHHELD, ctx.id],
    )
    for stop in _stoppings:
        stop(db, ctx)
    own = ctx.settings
    new = {
        "invoice_prefix": new_series(own.invoice_prefix, ctx.now),
        "credit_note_prefix": new_series(own.credit_note_prefix, ctx.now),
    }
    change_settings(db, ctx, new, actor="kalends")
    event = journal.NewEvent("billing.put_back", "account", ctx.id, None, {"reason": why})
    journal.write(db, ctx.id, ctx.now, [event], "kalends")


def new_series(prefix: str, now: datetime) -> str:
    """The prefix of the series that goes on for another, from an hour on.

    The hour is in it because the series of an earlier restoration may be among what the books have lost. A prefix has
    room for twelve characters, so a long one is cut short.

    >>> from datetime import datetime
    >>> noon = datetime(2026, 11, 22, 12, 30)
    >>> [new_series(prefix, noon) for prefix in ("INV-", "", "FAKTURA-2026/", "INV-261122M-")]
    ['INV-261122M-', '261122M-', 'FAKT261122M-', 'INV-261122M-']
    """
    stamp = f"{now:%y%m%d}{_HOURS[now.hour]}-"
    own = re.sub(r"\d{6}[A-X]-$", "", prefix)
    return own[: _PREFIX_LENGTH_MAX - len(stamp)] + stamp
