"""Conditions on what a record is tied to, by the ways that the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterator

from kalends.catalog.expressions import linked_ids
from kalends.catalog.model import Association, ObjectType


def tied_sql(
    obj: ObjectType,
    target: ObjectType,
    tie: Association,
    this: str,
    that: str,
    inner: str,
    *,
    few: bool = False,
) -> str:
    """That the row ``this`` of an object is tied to a row ``that`` of another one for which ``inner`` holds.

    With ``few`` the rows asked about are a few that are known by number: their ties are looked up for each of them,
    instead of all that the other object has.
    """
    if few:
        return _looked_up(obj, target, tie, this, that, inner)
    return f"({' OR '.join(_routes(obj, target, tie, this, that, inner))})"


def _looked_up(
    obj: ObjectType, target: ObjectType, tie: Association, this: str, that: str, inner: str
) -> str:
    one = f"SELECT * FROM {target.table} WHERE account_id = %(account_id)s AND id = tied.id OFFSET 0"
    tied = linked_ids(tie, obj.name, target.table).format(t=this)
    return f"EXISTS (SELECT FROM ({tied}) AS tied (id) CROSS JOIN LATERAL ({one}) AS {that} WHERE {inner} OFFSET 0)"


def _routes(
    obj: ObjectType, target: ObjectType, tie: Association, this: str, that: str, inner: str
) -> Iterator[str]:
    """The ways in which two rows can be tied, as memberships.

    Each is an uncorrelated IN, which the planner turns into one semi-join or one hashed set, not a search a row.
    """
    rows = f"FROM {target.table} {that} WHERE {inner}"
    if tie.column:
        yield f"{this}.{tie.column} IN (SELECT {that}.id {rows})"
    if tie.their_column:
        yield (
            f"{this}.id IN (SELECT {that}.{tie.their_column} FROM {target.table} {that} "
            f"WHERE {that}.{tie.their_column} IS NOT NULL AND {inner})"
        )
    if tie.is_parent:
        yield (
            f"{this}.id IN (SELECT {that}.parent_id FROM {target.table} {that} "
            f"WHERE {that}.parent_type = '{obj.name}' AND {inner})"
        )
    if tie.is_child:
        yield f"({this}.parent_type = '{target.name}' AND {this}.parent_id IN (SELECT {that}.id {rows}))"
    if tie.stored:
        yield (
            f"{this}.id IN (SELECT l.from_id FROM association l JOIN {target.table} {that} "
            f"ON {that}.account_id = l.account_id AND {that}.id = l.to_id WHERE l.account_id = %(account_id)s "
            f"AND l.from_type = '{obj.name}' AND l.to_type = '{target.name}' AND {inner})"
        )
