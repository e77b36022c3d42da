"""Whose records somebody may see: the one condition that lists, counts, searches, filters and records share.

A record is reached through its owner. Invoices and payments are reached through the owners of what they belong to as
well, and the parts of a document (line items, discounts, fees, taxes) with the document; the catalogue declares which
(``kept_with`` and ``part_of``). See docs/decisions/0025.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.query.context import Binder
from kalends.query.ties import tied_sql


class Scope(StrEnum):
    """How many records of an object somebody may see or change, from none to all."""

    NONE = "none"
    OWNED = "owned"
    TEAM = "team"
    ALL = "all"

    @property
    def rank(self) -> int:
        """Scopes in their order: each holds those before it.

        >>> Scope.OWNED.rank < Scope.TEAM.rank < Scope.ALL.rank
        True
        """
        return list(Scope).index(self)


@dataclass(frozen=True, slots=True)
class Sight:
    """Somebody's view of an account: for each object a scope.

    ``user_id`` owns what is *owned*; ``team`` are the users whose records are the *team*'s, the user among them.
    ``unassigned`` adds the records that nobody owns to both. An object that is not named is not seen.
    """

    user_id: int
    team: tuple[int, ...]
    scopes: Mapping[str, Scope]
    unassigned: bool = False

    def scope_of(self, name: str) -> Scope:
        """The scope of an object."""
        return self.scopes.get(name, Scope.NONE)

    def owners(self, name: str) -> tuple[int, ...]:
        """The users whose records of an object are seen, where not all are."""
        return self.team if self.scope_of(name) is Scope.TEAM else (self.user_id,)


def seen_sql(binder: Binder, obj: ObjectType, alias: str) -> str:
    """The condition that the row ``alias`` is seen; empty where everything is."""
    sight = binder.context.sight
    if sight is None:
        return ""
    if not obj.part_of:
        return _owned_sql(binder, obj, alias, sight)
    wholes = [get_object(name) for name in obj.part_of]
    ways = [_tied(binder, obj, each, alias, "w", _owned_sql(binder, each, "w", sight)) for each in wholes]
    alone = [f"{_tied(binder, obj, each, alias, 'w', '')} IS NOT TRUE" for each in wholes]
    ways.append(f"({' AND '.join([*alone, _own_sql(binder, sight, alias)])})")
    return f"({' OR '.join(ways)})"


def _own_sql(binder: Binder, sight: Sight, alias: str) -> str:
    """A part that stands alone so far is its owner's, or everybody's who sees what nobody owns."""
    own = f"{alias}.owner_id = {binder.bind(sight.user_id, 'bigint')}"
    return f"({own} OR {alias}.owner_id IS NULL)" if sight.unassigned else own


def _owned_sql(binder: Binder, obj: ObjectType, alias: str, sight: Sight) -> str:
    scope = sight.scope_of(obj.name)
    if scope is Scope.ALL:
        return ""
    if scope is Scope.NONE:
        return "FALSE"
    people = binder.bind(list(sight.owners(obj.name)), "bigint[]")
    keepers = [get_object(name) for name in obj.kept_with]
    ways = [f"{alias}.owner_id = ANY({people})"]
    ways += [_tied(binder, obj, each, alias, "k", f"k.owner_id = ANY({people})") for each in keepers]
    if sight.unassigned:
        kept = [
            f"{_tied(binder, obj, each, alias, 'k', 'k.owner_id IS NOT NULL')} IS NOT TRUE"
            for each in keepers
        ]
        ways.append(f"({' AND '.join([f'{alias}.owner_id IS NULL', *kept])})")
    return f"({' OR '.join(ways)})"


def _tied(binder: Binder, obj: ObjectType, other: ObjectType, this: str, that: str, condition: str) -> str:
    tie = obj.association(other.name)
    assert tie is not None, f"the catalogue ties no {obj.name} to a {other.name}"
    own = f"{that}.account_id = %(account_id)s"
    inner = f"{own} AND {condition}" if condition else own
    return tied_sql(obj, other, tie, this, that, inner, few=binder.few)
