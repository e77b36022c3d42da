"""The kinds of ties between two objects: the catalogue's, and the labels that an account has made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.associations import CHILD, PARENT, UPCOMING, tie
from kalends.catalog.model import Association
from kalends.catalog.registry import OBJECTS, get_object
from kalends.events import journal

Db = Connection[Any]
DEFINED, OWN = "HUBSPOT_DEFINED", "USER_DEFINED"
LABELS_MOST = 50
LABEL_LONGEST = 100
_FIRST_OWN = 10_001
"""Type ids of accounts begin here, above all those of the catalogue, so that a number alone names a kind."""
_NAMED = {PARENT: "child_to_parent_company", CHILD: "parent_to_child_company"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


class CannotAssociate(ValueError):
    """Two records that cannot be tied, or not so; the message says why."""


class LabelRefused(ValueError):
    """A label that cannot be made or changed; the message says why."""


class UnknownLabel(LookupError):
    """The account has made no such label between these objects."""


class Kind(NamedTuple):
    """One kind of tie in one direction; ``label`` is None for the plain one that every tie has."""

    category: str
    type_id: int
    inverse_id: int
    label: str | None
    name: str
    primary: bool = False
    """Whether a column of one of the records tells it, so that this record has one such tie at most."""
    derived: bool = False
    """Whether it follows from the records, and cannot be given."""


class Pairing(NamedTuple):
    """How two objects are tied, seen from the first: the catalogue's entries of both directions, and all kinds."""

    one: str
    other: str
    forward: Association
    back: Association
    kinds: Mapping[int, Kind]

    @property
    def plain(self) -> Kind:
        """The kind that every tie has."""
        return self.kinds[self.forward.type_id]

    def chosen(self, types: Sequence[tuple[str, int]]) -> list[Kind]:
        """The kinds of given categories and type ids. Raises :class:`CannotAssociate`."""
        found: list[Kind] = []
        for category, type_id in types:
            kind = self.kinds.get(type_id)
            if kind is None or kind.category != category:
                raise CannotAssociate(
                    f"{category} type {type_id} is no kind of tie from a {self.one} to a {self.other}."
                )
            if kind.derived:
                raise CannotAssociate(
                    f"Type {type_id}, {kind.label}, follows from the records and cannot be given."
                )
            found.append(kind)
        return found


def pairing(db: Db, ctx: AccountContext, one: str, other: str) -> Pairing:
    """How two objects are tied. Raises :class:`CannotAssociate` when they have no meaning for each other."""
    if OBJECTS[one].association(other) is None:
        raise CannotAssociate(f"A {one} cannot be associated with a {other}.")
    forward, back = tie(one, other), tie(other, one)
    if one == other:
        back = replace(back, labels=back.labels[::-1])
    every = [*_declared(one, other, forward, back), *_own(db, ctx, one, other)]
    return Pairing(one, other, forward, back, {each.type_id: each for each in every})


def _declared(one: str, other: str, forward: Association, back: Association) -> list[Kind]:
    name = f"{OBJECTS[one].api_name}_to_{OBJECTS[other].api_name}"
    kinds = [
        Kind(
            DEFINED,
            forward.type_id,
            back.type_id,
            None,
            f"{name}_unlabeled" if forward.primary_type_id else name,
        )
    ]
    if forward.primary_type_id and back.primary_type_id:
        kinds.append(
            Kind(DEFINED, forward.primary_type_id, back.primary_type_id, "Primary", name, primary=True)
        )
    for label, inverse in zip(forward.labels, back.labels, strict=True):
        named = _NAMED.get(label.type_id) or f"{name}_{label.text.lower().replace(' ', '_')}"
        derived = UPCOMING in (label.type_id, inverse.type_id)
        told = label.type_id in (PARENT, CHILD)
        kinds.append(Kind(DEFINED, label.type_id, inverse.type_id, label.text, named, told, derived))
    return kinds


def _own(db: Db, ctx: AccountContext, one: str, other: str) -> list[Kind]:
    rows = db.execute(
        "SELECT type_id, inverse_id, label, name FROM association_label "
        "WHERE account_id = %s AND from_type = %s AND to_type = %s ORDER BY type_id",
        [ctx.id, one, other],
    ).fetchall()
    return [Kind(OWN, *row) for row in rows]


def target_of(db: Db, ctx: AccountContext, one: str, category: str, type_id: int) -> str:
    """The object at the other end of a kind of tie that begins at ``one``. Raises :class:`CannotAssociate`."""
    if category == DEFINED:
        for each in OBJECTS[one].associations:
            if type_id in (each.type_id, each.primary_type_id, *(label.type_id for label in each.labels)):
                return each.to
    elif category == OWN:
        row = db.execute(
            "SELECT to_type FROM association_label WHERE account_id = %s AND type_id = %s AND from_type = %s",
            [ctx.id, type_id, one],
        ).fetchone()
        if row is not None:
            return row[0]
    raise CannotAssociate(f"No tie of the {category} type {type_id} begins at a {one}.")


def kind_of_text(pairing: Pairing, text: str) -> Kind:
    """The kind that a path of the older API names, by number or by text such as ``contact_to_company``.

    Raises :class:`CannotAssociate`.
    """
    for kind in pairing.kinds.values():
        if text.lower() in (str(kind.type_id), kind.name):
            return kind
    raise CannotAssociate(f"{text!r} is no kind of tie from a {pairing.one} to a {pairing.other}.")


def create_label(
    db: Db,
    ctx: AccountContext,
    one: str,
    other: str,
    *,
    label: str,
    name: str,
    inverse_label: str | None = None,
    actor: str = "system",
) -> tuple[Kind, Kind]:
    """Make a label, in both directions; returns the kind of each.

    Between records of one object, a label that is called the same from both ends is one kind. Raises
    :class:`LabelRefused`, ``CannotAssociate``.
    """
    _check_label(label)
    _check_label(inverse_label or label)
    if not _NAME.fullmatch(name):
        raise LabelRefused(
            f"Label name {name[:110]!r}: use lower-case letters, digits and underscores, beginning with a letter."
        )
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(hashtext('association labels'), %s)", [ctx.id % 2**31])
        present = [each for each in pairing(db, ctx, one, other).kinds.values() if each.category == OWN]
        if len(present) >= LABELS_MOST:
            raise LabelRefused(
                f"There are {len(present)} labels between a {one} and a {other}; delete one first."
            )
        if any(each.name == name or each.label == label.strip() for each in present):
            raise LabelRefused(
                f"There is a label {label.strip()!r} or a name {name!r} already; give another one."
            )
        row = db.execute(
            "SELECT greatest(%s, max(type_id) + 1) FROM association_label WHERE account_id = %s",
            [_FIRST_OWN, ctx.id],
        ).fetchone()
        assert row is not None
        first, second = row[0], row[0] + 1
        both = [
            (first, second, one, other, name, label),
            (second, first, other, one, f"{name}_inverse" if one == other else name, inverse_label or label),
        ]
        if one == other and inverse_label in (None, label):
            second, both = first, [(first, first, one, other, name, label)]
        for *numbers, here, there, called, text in both:
            db.execute(
                "INSERT INTO association_label (account_id, type_id, inverse_id, from_type, to_type, name, label, "
                "created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [ctx.id, *numbers, here, there, called, text.strip(), ctx.now],
            )
        _announce(db, ctx, "created", first, {"from": one, "to": other, "label": label.strip()}, actor)
        return _found(db, ctx, one, other, first), _found(db, ctx, other, one, second)


def update_label(
    db: Db,
    ctx: AccountContext,
    one: str,
    other: str,
    type_id: int,
    *,
    label: str,
    inverse_label: str | None = None,
    actor: str = "system",
) -> None:
    """Call a label otherwise. Raises :class:`UnknownLabel`, :class:`LabelRefused`."""
    _check_label(label)
    with db.transaction():
        kind = _found(db, ctx, one, other, type_id)
        texts = [(type_id, label)]
        if inverse_label is not None:
            _check_label(inverse_label)
            texts.append((kind.inverse_id, inverse_label))
        for number, text in texts:
            db.execute(
                "UPDATE association_label SET label = %s WHERE account_id = %s AND type_id = %s",
                [text.strip(), ctx.id, number],
            )
        _announce(db, ctx, "updated", type_id, journal.changed(label=(kind.label, label.strip())), actor)


def delete_label(
    db: Db, ctx: AccountContext, one: str, other: str, type_id: int, *, actor: str = "system"
) -> None:
    """Delete a label in both directions and take it off the ties that have it, which stay. Raises ``UnknownLabel``."""
    with db.transaction():
        kind = _found(db, ctx, one, other, type_id)
        both = [type_id, kind.inverse_id]
        db.execute("DELETE FROM association WHERE account_id = %s AND type_id = ANY(%s)", [ctx.id, both])
        db.execute(
            "DELETE FROM association_label WHERE account_id = %s AND type_id = ANY(%s)", [ctx.id, both]
        )
        _announce(db, ctx, "deleted", type_id, {"from": one, "to": other, "label": kind.label}, actor)


def _found(db: Db, ctx: AccountContext, one: str, other: str, type_id: int) -> Kind:
    found = next((each for each in _own(db, ctx, one, other) if each.type_id == type_id), None)
    if found is None:
        raise UnknownLabel(
            f"The account has made no label {type_id} from {get_object(one).plural} to {get_object(other).plural}."
        )
    return found


def _check_label(label: str) -> None:
    if not 0 < len(label.strip()) <= LABEL_LONGEST:
        raise LabelRefused(f"Give a label of 1 to {LABEL_LONGEST} characters.")


def _announce(db: Db, ctx: AccountContext, verb: str, id_: int, data: dict[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"association_label.{verb}", "association_label", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
