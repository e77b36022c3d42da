"""Tying records to one another, and untying them.

A tie is written where it belongs: in a column of one of the records, as the parent of a line item, or in rows of the
table ``association``, one for each direction. Readers (:mod:`kalends.crm.association_reads`) need not know which.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import OBJECTS
from kalends.crm.association_reads import linked
from kalends.crm.association_types import CannotAssociate, Pairing, pairing
from kalends.crm.tying import End, TieChange, Tying, Wanted, ends_of, register_tie_rule
from kalends.events import journal

__all__ = [
    "CannotAssociate",
    "End",
    "NotThere",
    "TieChange",
    "Wanted",
    "associate",
    "associate_all",
    "associated",
    "dissociate",
    "register_tie_rule",
    "take_labels",
]

Db = Connection[Any]
TIES_MOST = 50_000
"""How many records of one object a record may be tied to."""


class NotThere(CannotAssociate):
    """A record that is to be tied does not exist here."""


def associate(
    db: Db,
    ctx: AccountContext,
    one: End,
    other: End,
    *,
    types: Sequence[tuple[str, int]] = (),
    replace: bool = False,
    actor: str = "system",
) -> bool:
    """Tie two records, seen from both; says whether anything changed.

    ``types`` are the kinds besides the plain one, as (category, type id); they are added to those that are there, or
    with ``replace`` take their place. Raises ``CannotAssociate`` when such objects have no meaning for each other, a
    kind is not one of theirs, or the records themselves forbid it; :class:`NotThere` when one does not exist here.
    """
    wanted = [Wanted(one.id, other.id, tuple(types))]
    (outcome,) = associate_all(db, ctx, one.object, other.object, wanted, replace=replace, actor=actor)
    if isinstance(outcome, CannotAssociate):
        raise outcome
    return outcome


def associate_all(
    db: Db,
    ctx: AccountContext,
    one: str,
    other: str,
    wanted: Sequence[Wanted],
    *,
    replace: bool = False,
    actor: str = "system",
) -> list[bool | CannotAssociate]:
    """:func:`associate` for many pairs of the same objects: what came of each, in order.

    Those that cannot be tied stand there with the reason, and the others are tied. Raises ``CannotAssociate`` only
    when such objects have no meaning for each other.
    """
    with db.transaction():
        pair = pairing(db, ctx, one, other)
        there = {name: _living(db, ctx, name, ids) for name, ids in _ids(pair, wanted)}
        full = _full(db, ctx, pair, wanted)
        outcomes: list[bool | CannotAssociate] = []
        events: list[journal.NewEvent] = []
        for each in wanted:
            if ends_of(pair, each)[0] == ends_of(pair, each)[1]:
                outcomes.append(CannotAssociate(f"The {one} {each.one} cannot be tied to itself."))
                continue
            missing = next((end for end in ends_of(pair, each) if end.id not in there[end.object]), None)
            if missing is not None:
                outcomes.append(NotThere(f"There is no {missing.object} {missing.id} in this account."))
                continue
            if each.one in full:
                outcomes.append(
                    CannotAssociate(
                        f"The {one} {each.one} is tied to {TIES_MOST} {OBJECTS[other].plural} already."
                    )
                )
                continue
            try:
                with db.transaction():
                    changed = Tying(db, ctx, pair, each, actor).write(replace=replace)
            except CannotAssociate as refusal:
                outcomes.append(refusal)
                continue
            outcomes.append(changed)
            if changed:
                events += _events("associated", *ends_of(pair, each), [number for _, number in each.types])
        journal.write(db, ctx.id, ctx.now, events, actor)
    return outcomes


def dissociate(db: Db, ctx: AccountContext, one: End, other: End, *, actor: str = "system") -> bool:
    """Untie two records, whatever the kinds of their tie; says whether there was one. Raises ``CannotAssociate``."""
    with db.transaction():
        tying = Tying(db, ctx, pairing(db, ctx, one.object, other.object), Wanted(one.id, other.id), actor)
        removed = tying.remove()
        if removed:
            journal.write(db, ctx.id, ctx.now, _events("dissociated", one, other, []), actor)
    return removed


def take_labels(
    db: Db,
    ctx: AccountContext,
    one: End,
    other: End,
    types: Sequence[tuple[str, int]],
    *,
    actor: str = "system",
) -> bool:
    """Take kinds off a tie; with the plain kind the tie itself goes. Raises ``CannotAssociate``."""
    pair = pairing(db, ctx, one.object, other.object)
    kinds = pair.chosen(types)
    if pair.plain in kinds:
        return dissociate(db, ctx, one, other, actor=actor)
    with db.transaction():
        changed = Tying(db, ctx, pair, Wanted(one.id, other.id), actor).take(kinds)
        if changed:
            numbers = [kind.type_id for kind in kinds]
            journal.write(db, ctx.id, ctx.now, _events("unlabeled", one, other, numbers), actor)
    return changed


def associated(db: Db, ctx: AccountContext, one: End, to: str) -> list[int]:
    """The ids of the living records of an object that a record is tied to, in their order."""
    found = linked(db, ctx, one.object, [one.id], to, limit=TIES_MOST)
    return [each.id for each in found.get(one.id, [])]


def _ids(pair: Pairing, wanted: Sequence[Wanted]) -> list[tuple[str, set[int]]]:
    ones, others = {each.one for each in wanted}, {each.other for each in wanted}
    return [(pair.one, ones | others)] if pair.one == pair.other else [(pair.one, ones), (pair.other, others)]


def _living(db: Db, ctx: AccountContext, name: str, ids: set[int]) -> set[int]:
    query = sql.SQL(
        "SELECT id FROM {} WHERE account_id = %s AND id = ANY(%s) AND archived_at IS NULL"
    ).format(sql.Identifier(OBJECTS[name].table))
    return {row[0] for row in db.execute(query, [ctx.id, sorted(ids)])}


def _full(db: Db, ctx: AccountContext, pair: Pairing, wanted: Sequence[Wanted]) -> set[int]:
    """The records that are tied to as many records of the other object as may be."""
    rows = db.execute(
        "SELECT from_id FROM association WHERE account_id = %s AND from_type = %s AND from_id = ANY(%s) "
        "AND to_type = %s AND type_id = %s GROUP BY from_id HAVING count(*) >= %s",
        [ctx.id, pair.one, sorted({each.one for each in wanted}), pair.other, pair.plain.type_id, TIES_MOST],
    ).fetchall()
    return {row[0] for row in rows}


def _events(verb: str, one: End, other: End, types: Sequence[int]) -> list[journal.NewEvent]:
    kinds = {"types": list(types)} if types else {}
    return [
        journal.NewEvent(f"{end.object}.{verb}", end.object, end.id, None, {"with": list(peer), **kinds})
        for end, peer in ((one, other), (other, one))
    ]
