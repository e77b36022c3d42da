"""One pair of records while its tie is written: in a column, as the parent of a line, or in rows of both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays
from kalends.catalog.associations import CHILD
from kalends.catalog.registry import OBJECTS
from kalends.crm.association_types import CannotAssociate, Kind, Pairing, pairing
from kalends.events import journal

Db = Connection[Any]


class End(NamedTuple):
    """One end of a tie: an object's name and a record's id."""

    object: str
    id: int


class Wanted(NamedTuple):
    """A tie that somebody wants: the two records, and the kinds besides the plain one, as (category, type id)."""

    one: int
    other: int
    types: tuple[tuple[str, int], ...] = ()


class TieChange(NamedTuple):
    """What ``holder`` tells of its ``target`` object is to change from one record's id, or none, to another's."""

    holder: End
    target: str
    before: int | None
    after: int | None
    actor: str


TieRule = Callable[[Db, AccountContext, TieChange], None]
TIE_RULES: dict[tuple[str, str], TieRule] = {}
"""By holder and target; see :func:`register_tie_rule`."""


def register_tie_rule(holder: str, target: str, rule: TieRule) -> None:
    """Say how a tie that a record itself tells is changed: an invoice's contact, a line item's subscription.

    The room that owns ``holder`` registers it. The rule makes the change by a service of its own, in the caller's
    transaction, or raises :class:`CannotAssociate`. Without a rule such a tie cannot be changed.
    """
    TIE_RULES[holder, target] = rule


class Tying(NamedTuple):
    """One pair of records while its tie is written."""

    db: Db
    ctx: AccountContext
    pair: Pairing
    wanted: Wanted
    actor: str

    @property
    def holder(self) -> End:
        """The record whose column, or whose parent, tells the tie."""
        tie = self.pair.forward
        return ends_of(self.pair, self.wanted)[0 if tie.column or tie.is_child else 1]

    @property
    def target(self) -> End:
        """The record at the other end from the holder."""
        one, other = ends_of(self.pair, self.wanted)
        return other if self.holder == one else one

    @property
    def column(self) -> str | None:
        """The holder's column that tells the tie, if one does."""
        return self.pair.forward.column or self.pair.forward.their_column

    def write(self, *, replace: bool) -> bool:
        """Tie the pair with the kinds that are wanted; says whether anything changed."""
        kinds = [kind for kind in self.pair.chosen(self.wanted.types) if kind != self.pair.plain]
        told = [kind for kind in kinds if kind.primary]
        labels = [kind for kind in kinds if not kind.primary]
        if len(told) > 1:
            raise CannotAssociate(
                f"The {self.pair.one} {self.wanted.one} cannot be both parent and child of {self.wanted.other}."
            )
        changed = self._as_holder(told[0]).make_primary() if told else self._tie()
        if replace:
            others = [
                kind
                for kind in self.pair.kinds.values()
                if kind not in kinds and kind != self.pair.plain and not kind.derived
            ]
            changed = self.take(others) or changed
        return self.insert(labels) or changed

    def _tie(self) -> bool:
        tie = self.pair.forward
        if tie.is_parent or tie.is_child:
            return self._become_parent()
        if self.column is None:
            return self.insert([self.pair.plain])
        told = self.told()
        if told == self.target.id:
            return False
        rule = TIE_RULES.get((self.holder.object, self.target.object))
        if rule is not None and (told is None or not tie.stored):
            rule(self.db, self.ctx, self._change(told, self.target.id))
            return True
        if tie.stored:
            return self.insert([self.pair.plain])
        raise self._told_by_itself()

    def _as_holder(self, kind: Kind) -> Tying:
        """The same pair with the record whose column tells this kind as the holder: of two companies the child."""
        return self._turned() if kind.type_id == CHILD else self

    def _turned(self) -> Tying:
        return self._replace(wanted=Wanted(self.wanted.other, self.wanted.one))

    def make_primary(self) -> bool:
        """Let the holder's column tell the tie; what it told before stays tied."""
        told = self.told()
        if told == self.target.id:
            return False
        if self.pair.one == self.pair.other and self._turned().told() == self.holder.id:
            self._turned().tell(self.holder.id, None)
        self.tell(told, self.target.id)
        if told is not None:
            former = Wanted(self.holder.id, told)
            forward = pairing(self.db, self.ctx, self.holder.object, self.target.object)
            Tying(self.db, self.ctx, forward, former, self.actor).insert([forward.plain])
        return True

    def take(self, kinds: Sequence[Kind]) -> bool:
        """Take kinds off the tie, which stays."""
        changed = False
        for seen in (self._as_holder(kind) for kind in kinds if kind.primary):
            if seen.told() == seen.target.id:
                seen.tell(seen.target.id, None)
                self.insert([self.pair.plain])
                changed = True
        labels = [kind for kind in kinds if not kind.primary]
        return self.delete(labels) or changed

    def remove(self) -> bool:
        """Untie the pair."""
        tie = self.pair.forward
        removed = False
        if tie.is_parent or tie.is_child:
            removed = self._leave_parent()
        elif self.pair.one == self.pair.other:
            removed = self.take([kind for kind in self.pair.kinds.values() if kind.primary])
        elif self.column is not None and self.told() == self.target.id:
            rule = TIE_RULES.get((self.holder.object, self.target.object))
            if tie.primary_type_id is not None:
                self.tell(self.target.id, None)
            elif rule is not None:
                rule(self.db, self.ctx, self._change(self.target.id, None))
            else:
                raise self._told_by_itself()
            removed = True
        return self.delete(None) or removed

    def _become_parent(self) -> bool:
        kind, parent = self._parent()
        if (kind, parent) == self.target:
            return False
        if parent is not None:
            raise CannotAssociate(
                f"The line item {self.holder.id} belongs to the {kind} {parent}; a line has one parent. Copy it."
            )
        self._set_parent(None, self.target.id)
        return True

    def _leave_parent(self) -> bool:
        if self._parent() != self.target:
            return False
        self._set_parent(self.target.id, None)
        return True

    def _set_parent(self, before: int | None, after: int | None) -> None:
        if self.target.object in ("subscription", "invoice"):
            rule = TIE_RULES.get((self.holder.object, self.target.object))
            if rule is None:
                raise self._told_by_itself()
            rule(self.db, self.ctx, self._change(before, after))
            return
        self.db.execute(
            "UPDATE line_item SET parent_type = %s, parent_id = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [self.target.object if after else None, after, self.ctx.now, self.ctx.id, self.holder.id],
        )

    def _parent(self) -> tuple[str | None, int | None]:
        row = self.db.execute(
            "SELECT parent_type, parent_id FROM line_item WHERE account_id = %s AND id = %s FOR UPDATE",
            [self.ctx.id, self.holder.id],
        ).fetchone()
        return (row[0], row[1]) if row is not None else (None, None)

    def told(self) -> int | None:
        """The record that the holder's column names."""
        assert self.column is not None
        query = sql.SQL("SELECT {} FROM {} WHERE account_id = %s AND id = %s FOR UPDATE").format(
            sql.Identifier(self.column), sql.Identifier(OBJECTS[self.holder.object].table)
        )
        row = self.db.execute(query, [self.ctx.id, self.holder.id]).fetchone()
        return None if row is None else row[0]

    def tell(self, before: int | None, after: int | None) -> None:
        """Let the holder's column name another record, or none."""
        assert self.column is not None
        query = sql.SQL("UPDATE {} SET {} = %s, updated_at = %s WHERE account_id = %s AND id = %s").format(
            sql.Identifier(OBJECTS[self.holder.object].table), sql.Identifier(self.column)
        )
        self.db.execute(query, [after, self.ctx.now, self.ctx.id, self.holder.id])
        data = journal.changed(**{self.column: (before, after)})
        event = journal.NewEvent(f"{self.holder.object}.updated", *self.holder, None, data)
        journal.write(self.db, self.ctx.id, self.ctx.now, [event], self.actor)

    def insert(self, kinds: Sequence[Kind]) -> bool:
        """Write rows of these kinds in both directions; says whether there are new ones."""
        one, other = ends_of(self.pair, self.wanted)
        rows = [(*one, *other, kind.type_id) for kind in kinds]
        rows += [(*other, *one, kind.inverse_id) for kind in kinds]
        if not rows:
            return False
        names = ("from_types", "from_ids", "to_types", "to_ids", "type_ids")
        written = self.db.execute(
            "INSERT INTO association (account_id, from_type, from_id, to_type, to_id, type_id, created_at) "
            "SELECT %(account_id)s, f.*, %(now)s FROM unnest(%(from_types)s::text[], %(from_ids)s::bigint[], "
            "%(to_types)s::text[], %(to_ids)s::bigint[], %(type_ids)s::int[]) AS f ON CONFLICT DO NOTHING",
            {"account_id": self.ctx.id, "now": self.ctx.now, **arrays(names, rows)},
        )
        return written.rowcount > 0

    def delete(self, kinds: Sequence[Kind] | None) -> bool:
        """Take these kinds' rows away in both directions, or with None all rows of the pair."""
        one, other = ends_of(self.pair, self.wanted)
        only = None if kinds is None else [kind.type_id for kind in kinds]
        back = None if kinds is None else [kind.inverse_id for kind in kinds]
        removed = 0
        for here, there, numbers in ((one, other, only), (other, one, back)):
            removed += self.db.execute(
                "DELETE FROM association WHERE account_id = %s AND from_type = %s AND from_id = %s "
                "AND to_type = %s AND to_id = %s AND (%s::int[] IS NULL OR type_id = ANY(%s::int[]))",
                [self.ctx.id, *here, *there, numbers, numbers],
            ).rowcount
        return removed > 0

    def _change(self, before: int | None, after: int | None) -> TieChange:
        return TieChange(self.holder, self.target.object, before, after, self.actor)

    def _told_by_itself(self) -> CannotAssociate:
        return CannotAssociate(
            f"Which {self.target.object} belongs to a {self.holder.object} is told by the record itself and cannot be "
            "changed here."
        )


def ends_of(pair: Pairing, wanted: Wanted) -> tuple[End, End]:
    """The two ends of a tie that is wanted."""
    return End(pair.one, wanted.one), End(pair.other, wanted.other)
