"""Deciding on letters: one row per letter, under the key of its effect."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load

AGAIN = "#"
"""Sets the count of sending again apart from the occasion; no occasion holds it."""


BY_STAFF = "staff-"
"""What the occasion of a letter begins with that a member of staff sent of their own accord."""


class Letter(NamedTuple):
    """A letter about a record: its contact's language and address are looked up when it is decided on."""

    kind: str
    object_id: int
    contact_id: int
    occasion: str = ""


def first_occasion(occasion: str) -> str:
    """The occasion of a letter without the count of how often it was sent again.

    >>> first_occasion("3#2"), first_occasion("2026-11-15")
    ('3', '2026-11-15')
    """
    return occasion.partition(AGAIN)[0]


def queue(
    db: Connection[Any], account_id: int, at: datetime, letters: Sequence[Letter], *, status: str = "queued"
) -> int:
    """Put letters to contacts into the outbox, and say how many are new; one that is there already is left alone.

    Contacts without an email address get none, and neither do those whom the account does not write to of that kind:
    their timeline shows the event all the same.
    """
    if not letters:
        return 0
    columns = arrays(("kinds", "objects", "contacts", "occasions"), letters)
    return db.execute(
        load("kalends.messages", "queue"),
        {"account_id": account_id, "at": at, "status": status, **columns},
    ).rowcount


def notify_staff(
    db: Connection[Any], account_id: int, at: datetime, letters: Sequence[Letter], *, status: str = "queued"
) -> None:
    """Tell the account's administrators who want to be told; kinds are ``payment_made``, ``payment_failed``,
    ``dispute_opened``, ``dispute_won`` and ``dispute_lost``."""
    if letters:
        columns = arrays(("kinds", "objects", "contacts", "occasions"), letters)
        db.execute(
            load("kalends.messages", "notify_staff"),
            {"account_id": account_id, "at": at, "status": status, **columns},
        )


def notify_owner(
    db: Connection[Any], account_id: int, at: datetime, letters: Sequence[Letter], *, status: str = "queued"
) -> None:
    """Tell the users who own the subscriptions that the letters are about, if they want to be told.

    The kind is ``pause_notice``. Of a subscription that nobody owns the account's administrators are told.
    """
    if letters:
        columns = arrays(("kinds", "objects", "contacts", "occasions"), letters)
        db.execute(
            load("kalends.messages", "notify_owner"),
            {"account_id": account_id, "at": at, "status": status, **columns},
        )


def tell_user(
    db: Connection[Any],
    ctx: AccountContext,
    *,
    kind: str,
    object_id: int,
    user_id: int,
    given: Mapping[str, Any],
    occasion: str = "",
) -> bool:
    """Put a letter to a user of the account into the outbox, once for each object and occasion; says whether it is new.

    ``given`` is what the letter speaks of, as JSON: it is kept with the letter, and read from there when it is written.
    """
    params = {
        "account_id": ctx.id,
        "kind": kind,
        "object_id": object_id,
        "occasion": occasion,
        "user_id": user_id,
        "given": json.dumps(given),
        "status": ctx.settings.letters,
        "at": ctx.now,
    }
    return db.execute(load("kalends.messages", "tell_user"), params).rowcount == 1


def tell_administrators(
    db: Connection[Any], ctx: AccountContext, *, kind: str, object_id: int, given: Mapping[str, Any]
) -> None:
    """Put a letter to each administrator of the account into the outbox, as :func:`tell_user` does."""
    rows = db.execute(
        "SELECT user_id FROM membership WHERE account_id = %s AND role = 'admin' AND role_id IS NULL "
        "ORDER BY user_id",
        [ctx.id],
    ).fetchall()
    for (user_id,) in rows:
        tell_user(db, ctx, kind=kind, object_id=object_id, user_id=user_id, given=given)
