"""Letters about quotes: to a contact, and to whoever sells. What they say is kept when they are decided on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load


def tell_contact(
    db: Connection[Any],
    ctx: AccountContext,
    kind: str,
    object_id: int,
    contact_id: int,
    occasion: str,
    given: Mapping[str, Any],
) -> str | None:
    """Put a letter to a contact into the outbox; returns their address.

    None when there is none to send it to, or when it was sent for this occasion already.
    """
    row = db.execute(
        load("kalends.messages", "tell_contact"),
        {
            "account_id": ctx.id,
            "kind": kind,
            "object_id": object_id,
            "contact_id": contact_id,
            "occasion": occasion,
            "given": json.dumps(given),
            "status": ctx.settings.letters,
            "at": ctx.now,
        },
    ).fetchone()
    return row[0] if row else None


def tell_owner(
    db: Connection[Any],
    ctx: AccountContext,
    kind: str,
    object_id: int,
    owner_id: int | None,
    given: Mapping[str, Any],
) -> None:
    """Put a letter to a record's owner into the outbox; to the administrators while nobody who is there owns it."""
    db.execute(
        load("kalends.messages", "tell_owner"),
        {
            "account_id": ctx.id,
            "kind": kind,
            "object_id": object_id,
            "owner_id": owner_id,
            "given": json.dumps(given),
            "status": ctx.settings.letters,
            "at": ctx.now,
        },
    )
