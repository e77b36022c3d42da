"""Deciding on letters: one row per letter, under the key of its effect."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import arrays, load

AGAIN = "#"
"""Sets the count of sending again apart from the occasion; no occasion holds it."""


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
) -> None:
    """Put letters to contacts into the outbox; one that is there already is left alone.

    Contacts without an email address get none: their timeline shows the event all the same.
    """
    if letters:
        columns = arrays(("kinds", "objects", "contacts", "occasions"), letters)
        db.execute(
            load("kalends.messages", "queue"),
            {"account_id": account_id, "at": at, "status": status, **columns},
        )


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
