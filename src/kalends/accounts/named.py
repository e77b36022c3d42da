"""What has a name in an account that nothing else of its kind has, such as roles and teams, and who changed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Place
from kalends.events import journal

NAME_LENGTH_MAX = 60


class NameRefused(ValueError):
    """A name that cannot be; ``reason`` is ``name_empty`` or ``name_taken``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def free_name(
    db: Connection[Any], ctx: AccountContext, table: LiteralString, name: str, own: int | None = None
) -> str:
    """The name as it is kept, without spaces around it; ``own`` may have it already. Raises :class:`NameRefused`."""
    clean = " ".join(name.split())
    if not 0 < len(clean) <= NAME_LENGTH_MAX or not clean.isprintable():
        raise NameRefused("name_empty")
    taken = db.execute(
        f"SELECT FROM {table} WHERE account_id = %s AND lower(name) = lower(%s) AND id IS DISTINCT FROM %s",
        [ctx.id, clean, own],
    )
    if taken.rowcount:
        raise NameRefused("name_taken")
    return clean


def note(
    db: Connection[Any],
    ctx: AccountContext,
    by: Place,
    kind: str,
    object_type: str,
    id_: int,
    data: Mapping[str, Any],
) -> None:
    """Tell the journal what somebody did to roles, teams and places."""
    event = journal.NewEvent(kind, object_type, id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], f"user:{by.user_id}")
