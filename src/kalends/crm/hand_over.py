"""Giving somebody's records to somebody else, or to nobody: when a user leaves, or sales areas change."""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import OBJECTS
from kalends.events import journal

Db = Connection[Any]


class CannotHandOver(ValueError):
    """Records that cannot be given on; the message says why."""


def hand_over(
    db: Db, ctx: AccountContext, from_user: int, to_user: int | None, *, actor: str
) -> dict[str, int]:
    """Make ``to_user`` (or nobody) the owner of all living records of ``from_user``; how many, by object.

    Each record's history tells it. Raises :class:`CannotHandOver`.
    """
    if from_user == to_user:
        raise CannotHandOver("Give the records to somebody else than the one who owns them now.")
    moved: dict[str, int] = {}
    with db.transaction():
        if to_user is not None and not _has_place(db, ctx, to_user):
            raise CannotHandOver(f"The user {to_user} has no place in this account.")
        for obj in OBJECTS.values():
            ids = _give(db, ctx, obj.table, from_user, to_user)
            events = [
                journal.NewEvent(
                    f"{obj.name}.updated",
                    obj.name,
                    id_,
                    id_ if obj.name == "subscription" else None,
                    journal.changed(owner_id=(from_user, to_user)),
                )
                for id_ in ids
            ]
            journal.write(db, ctx.id, ctx.now, events, actor)
            if ids:
                moved[obj.name] = len(ids)
    return moved


def _has_place(db: Db, ctx: AccountContext, user_id: int) -> bool:
    query = "SELECT FROM membership WHERE account_id = %s AND user_id = %s"
    return db.execute(query, [ctx.id, user_id]).fetchone() is not None


def _give(db: Db, ctx: AccountContext, table: str, from_user: int, to_user: int | None) -> list[int]:
    query = sql.SQL(
        "UPDATE {table} SET owner_id = %(to)s, owner_assigned_at = %(now)s, updated_at = %(now)s "
        "WHERE account_id = %(account_id)s AND owner_id = %(from)s AND archived_at IS NULL RETURNING id"
    ).format(table=sql.Identifier(table))
    params = {"account_id": ctx.id, "from": from_user, "to": to_user, "now": ctx.now}
    return sorted(row[0] for row in db.execute(query, params).fetchall())
