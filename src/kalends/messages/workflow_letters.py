"""Letters that a workflow writes, in words of the account's own: to contacts, and to users of the account.

What they say is kept when they are decided on, for what they speak of may be another thing by the time they are read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load

CONTACT, USER = "workflow_letter", "workflow_note"
"""The kinds of these letters."""


_TOLD = ("subject", "body", "link", "workflow", "unsubscribe")
"""What the letter is told when it is decided on."""


class FreeLetter(NamedTuple):
    """A letter about a record, to a contact or user (``reader_id``), once for an occasion.

    ``link`` leads to the record's page for staff, and ``workflow`` is the name of the workflow that writes;
    ``unsubscribe`` is where a contact says that they want no more.
    """

    object_id: int
    occasion: str
    reader_id: int
    subject: str
    body: str
    link: str
    workflow: str
    unsubscribe: str = ""


def tell_contacts(
    db: Connection[Any], ctx: AccountContext, letters: Sequence[FreeLetter]
) -> set[tuple[int, str]]:
    """Put letters to contacts into the outbox; returns record and occasion of those that are new.

    Contacts without an address get none.
    """
    return _tell(db, ctx, load("kalends.messages", "tell_free_contacts"), CONTACT, letters)


def tell_users(
    db: Connection[Any], ctx: AccountContext, letters: Sequence[FreeLetter]
) -> set[tuple[int, str]]:
    """Put letters to users of the account into the outbox; returns record and occasion of those that are new."""
    return _tell(db, ctx, load("kalends.messages", "tell_free_users"), USER, letters)


def _tell(
    db: Connection[Any], ctx: AccountContext, query: LiteralString, kind: str, letters: Sequence[FreeLetter]
) -> set[tuple[int, str]]:
    rows = [
        (
            letter.object_id,
            letter.occasion,
            letter.reader_id,
            json.dumps({name: getattr(letter, name) for name in _TOLD}),
        )
        for letter in letters
    ]
    if not rows:
        return set()
    params = {
        "account_id": ctx.id,
        "kind": kind,
        "status": ctx.settings.letters,
        "at": ctx.now,
        **arrays(("objects", "occasions", "readers", "given"), rows),
    }
    return {(row[0], row[1]) for row in db.execute(query, params).fetchall()}
