"""What new records are tied to from the start, and what records are tied to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.crm.association_reads import linked
from kalends.crm.associations import CannotAssociate, Wanted, associate_all
from kalends.crm.rules import Draft, Refused

ASSOCIATIONS = "associations"
"""The place that problems with ties are told under."""
MISSING = "ASSOCIATION_NOT_FOUND"


def missing_ties(db: Connection[Any], ctx: AccountContext, drafts: Sequence[Draft]) -> None:
    """Refuse drafts that are to be tied to records that are not there."""
    wanted: dict[str, set[int]] = {}
    for draft in drafts:
        for tie in draft.ties:
            wanted.setdefault(tie.object, set()).add(tie.id)
    there: dict[str, set[int]] = {}
    for name, ids in wanted.items():
        query = sql.SQL(
            "SELECT id FROM {} WHERE account_id = %s AND id = ANY(%s) AND archived_at IS NULL"
        ).format(sql.Identifier(get_object(name).table))
        there[name] = {row[0] for row in db.execute(query, [ctx.id, list(ids)])}
    for draft in drafts:
        for tie in draft.ties:
            if tie.id not in there[tie.object]:
                draft.refuse(ASSOCIATIONS, f"There is no {tie.object} {tie.id} to associate with.", MISSING)


def write_ties(
    db: Connection[Any], ctx: AccountContext, obj: ObjectType, drafts: Sequence[Draft], actor: str
) -> None:
    """Tie records that were just made. Raises :class:`Refused`."""
    wanted: dict[str, list[Wanted]] = {}
    for draft in drafts:
        for tie in draft.ties:
            wanted.setdefault(tie.object, []).append(Wanted(draft.id, tie.id, ((tie.category, tie.type_id),)))
    for name, pairs in wanted.items():
        try:
            outcomes = associate_all(db, ctx, obj.name, name, pairs, actor=actor)
        except CannotAssociate as refusal:
            raise Refused(str(refusal)) from refusal
        refused = next((each for each in outcomes if isinstance(each, CannotAssociate)), None)
        if refused is not None:
            raise Refused(str(refused)) from refused


class Tied(NamedTuple):
    """A record that another is tied to, and the kind of tie as text: ``subscription_to_contact``."""

    id: int
    type: str


def tied_to(
    db: Connection[Any], ctx: AccountContext, obj: ObjectType, ids: Sequence[int], to: str, limit: int
) -> dict[int, tuple[list[Tied], bool]]:
    """The living records of an object that records are tied to, and whether there are more than ``limit``.

    Records without any are left out. A tie with a label is told once for each of its kinds.
    """
    found = linked(db, ctx, obj.name, ids, to, limit=limit) if ids else {}
    return {
        id_: ([Tied(tie.id, kind.name) for tie in ties[:limit] for kind in tie.kinds], len(ties) > limit)
        for id_, ties in found.items()
    }
