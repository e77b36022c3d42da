"""Tying records to one another, and untying them."""

from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.catalog.associations import associations_of
from kalends.catalog.model import Association
from kalends.catalog.registry import get_object
from kalends.events import journal


class CannotAssociate(ValueError):
    """Two records that cannot be tied; the message says why."""


class End(NamedTuple):
    """One end of a tie: an object's name and a record's id."""

    object: str
    id: int


def associate(
    db: Connection[Any], ctx: AccountContext, one: End, other: End, *, actor: str = "system"
) -> bool:
    """Tie two records, seen from both; says whether the tie is new.

    Raises ``CannotAssociate`` when such objects have no ties of their own, or a record does not exist here.
    """
    forward, back = _kinds(one, other)
    with db.transaction():
        for end in (one, other):
            _require(db, ctx, end)
        rows = [
            (ctx.id, one.object, one.id, other.object, other.id, forward.type_id, ctx.now),
            (ctx.id, other.object, other.id, one.object, one.id, back.type_id, ctx.now),
        ]
        written = 0
        for row in rows:
            written += db.execute(
                "INSERT INTO association (account_id, from_type, from_id, to_type, to_id, type_id, created_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                row,
            ).rowcount
        if written:
            _announce(db, ctx, "associated", one, other, actor)
    return bool(written)


def dissociate(
    db: Connection[Any], ctx: AccountContext, one: End, other: End, *, actor: str = "system"
) -> bool:
    """Untie two records, whatever the kind of their tie; says whether there was one."""
    with db.transaction():
        removed = 0
        for here, there in ((one, other), (other, one)):
            removed += db.execute(
                "DELETE FROM association WHERE account_id = %s AND from_type = %s AND from_id = %s "
                "AND to_type = %s AND to_id = %s",
                [ctx.id, here.object, here.id, there.object, there.id],
            ).rowcount
        if removed:
            _announce(db, ctx, "dissociated", one, other, actor)
    return bool(removed)


def associated(db: Connection[Any], ctx: AccountContext, one: End, to: str) -> list[int]:
    """The ids of the records of an object that were tied to a record, oldest tie first."""
    rows = db.execute(
        "SELECT to_id FROM association WHERE account_id = %s AND from_type = %s AND from_id = %s AND to_type = %s "
        "ORDER BY created_at, to_id",
        [ctx.id, one.object, one.id, to],
    ).fetchall()
    return [row[0] for row in rows]


def _kinds(one: End, other: End) -> tuple[Association, Association]:
    forward = next((each for each in associations_of(one.object) if each.to == other.object), None)
    back = next((each for each in associations_of(other.object) if each.to == one.object), None)
    if forward is None or back is None:
        raise CannotAssociate(f"A {one.object} cannot be associated with a {other.object}.")
    if not forward.stored:
        raise CannotAssociate(
            f"Which {other.object} belongs to a {one.object} is told by the record itself and cannot be changed here."
        )
    return forward, back


def _require(db: Connection[Any], ctx: AccountContext, end: End) -> None:
    query = sql.SQL("SELECT FROM {} WHERE account_id = %s AND id = %s AND archived_at IS NULL")
    table = sql.Identifier(get_object(end.object).table)
    if db.execute(query.format(table), [ctx.id, end.id]).fetchone() is None:
        raise CannotAssociate(f"There is no {end.object} {end.id} in this account.")


def _announce(db: Connection[Any], ctx: AccountContext, verb: str, one: End, other: End, actor: str) -> None:
    events = [
        journal.NewEvent(f"{end.object}.{verb}", end.object, end.id, None, {"with": list(peer)})
        for end, peer in ((one, other), (other, one))
    ]
    journal.write(db, ctx.id, ctx.now, events, actor)
