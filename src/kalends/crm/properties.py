"""An account's own properties and their groups: made, changed, archived, restored, and their values deleted.

What the catalogue declares is read together with them and cannot be changed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from psycopg import Connection, sql
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.catalog.model import ObjectType
from kalends.crm.property_groups import PropertyRefused, Taken, require_group
from kalends.crm.property_terms import Choice, Definition, check_name, check_terms
from kalends.events import journal

Db = Connection[Any]
UNIQUE_MOST = 10
PROPERTIES_MOST = 1000


class UnknownProperty(LookupError):
    """The account has added no such property to the object."""


_COLUMNS = (
    "name, label, type, field_type, group_name, description, options::text, options_from, is_unique, display_order, "
    "hidden, form_field, id, created_at, updated_at, archived_at"
)


def definitions(db: Db, ctx: AccountContext, obj: ObjectType, *, archived: bool = False) -> list[Definition]:
    """The account's own properties of an object, living or archived, in the order of their making."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM property_definition WHERE account_id = %s AND object_type = %s "
        "AND (archived_at IS NOT NULL) = %s ORDER BY id",
        [ctx.id, obj.name, archived],
    ).fetchall()
    return [_read(row) for row in rows]


def definition(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, *, archived: bool = False
) -> Definition:
    """One of the account's own properties. Raises :class:`UnknownProperty`."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM property_definition WHERE account_id = %s AND object_type = %s AND name = %s "
        "AND (archived_at IS NOT NULL) = %s",
        [ctx.id, obj.name, name, archived],
    ).fetchall()
    if not rows:
        raise UnknownProperty(f"The account has {'archived' if archived else 'added'} no property {name!r}.")
    return _read(rows[0])


def create_property(
    db: Db, ctx: AccountContext, obj: ObjectType, wanted: Definition, *, actor: str = "system"
) -> Definition:
    """Add a property to an object. ``obj`` is the catalogue's entry.

    Raises :class:`PropertyRefused`, and :class:`Taken` where there is one of that name, archived ones included.
    """
    check_name(wanted.name)
    check_terms(wanted)
    with db.transaction():
        _lock(db, ctx, obj)
        if wanted.name in obj.by_name:
            raise Taken(f"A property named {wanted.name!r} already exists.")
        _check_room(db, ctx, obj, wanted)
        require_group(db, ctx, obj, wanted.group)
        (id_,) = take_ids(db, 1)
        try:
            with db.transaction():
                db.execute(
                    "INSERT INTO property_definition (account_id, id, object_type, created_at, updated_at, name, "
                    "label, description, group_name, type, field_type, multiple, is_unique, options, options_from, "
                    "display_order, hidden, form_field) "
                    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [ctx.id, id_, obj.name, ctx.now, ctx.now, wanted.name, *_values(wanted)],
                )
        except UniqueViolation:
            raise Taken(
                f"A property named {wanted.name!r} already exists, perhaps archived: restore it, or take another name."
            ) from None
        _announce(db, ctx, "created", id_, {"object": obj.name, "name": wanted.name}, actor)
        return definition(db, ctx, obj, wanted.name)


def update_property(
    db: Db, ctx: AccountContext, obj: ObjectType, wanted: Definition, *, actor: str = "system"
) -> Definition:
    """Make the property ``wanted.name`` what is wanted; its type, and whether it is unique, stay as they are.

    Values that an option was taken away from stay on their records. Raises :class:`UnknownProperty` and
    :class:`PropertyRefused`.
    """
    with db.transaction():
        _lock(db, ctx, obj)
        before = definition(db, ctx, obj, wanted.name)
        if (wanted.type, wanted.unique, wanted.multiple) != (before.type, before.unique, before.multiple):
            raise PropertyRefused(
                f"The property {wanted.name!r} is a {before.type} with values of its own: its type, whether it is "
                "unique and whether it holds several values cannot be changed. Make another property."
            )
        check_terms(wanted)
        require_group(db, ctx, obj, wanted.group)
        db.execute(
            "UPDATE property_definition SET label = %s, description = %s, group_name = %s, type = %s, "
            "field_type = %s, multiple = %s, is_unique = %s, options = %s, options_from = %s, display_order = %s, "
            "hidden = %s, form_field = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [*_values(wanted), ctx.now, ctx.id, before.id],
        )
        after = definition(db, ctx, obj, wanted.name)
        changes = journal.changes(
            **{
                name: (_plain(getattr(before, name)), _plain(getattr(after, name)))
                for name in ("label", "description", "group", "field_type", "options", "hidden")
            }
        )
        _announce(
            db,
            ctx,
            "updated",
            before.id,
            {"object": obj.name, "name": before.name, "changes": changes},
            actor,
        )
        return after


def archive_property(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, *, actor: str = "system"
) -> None:
    """Put a property away; its values stay on the records and come back with it. Raises :class:`UnknownProperty`."""
    with db.transaction():
        _lock(db, ctx, obj)
        gone = definition(db, ctx, obj, name)
        db.execute(
            "UPDATE property_definition SET archived_at = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.now, ctx.id, gone.id],
        )
        _forget_unique(db, ctx, obj, name)
        _announce(db, ctx, "archived", gone.id, {"object": obj.name, "name": name}, actor)


def restore_property(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, *, actor: str = "system"
) -> Definition:
    """Take an archived property into use again, with the values that records have.

    Raises :class:`UnknownProperty`, and :class:`PropertyRefused` where there is no room for it, or where records came
    to share values that were to be unique.
    """
    with db.transaction():
        _lock(db, ctx, obj)
        back = definition(db, ctx, obj, name, archived=True)
        _check_room(db, ctx, obj, back)
        db.execute(
            "UPDATE property_definition SET archived_at = NULL, updated_at = %s WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.id, back.id],
        )
        if back.unique:
            _learn_unique(db, ctx, obj, name)
        _announce(db, ctx, "restored", back.id, {"object": obj.name, "name": name}, actor)
        return definition(db, ctx, obj, name)


def delete_property(db: Db, ctx: AccountContext, obj: ObjectType, name: str, *, actor: str = "system") -> int:
    """Delete an archived property for good, with its values; returns how many records had one.

    The journal keeps what the values were. Raises :class:`UnknownProperty` for one that is not archived.
    """
    with db.transaction():
        _lock(db, ctx, obj)
        gone = definition(db, ctx, obj, name, archived=True)
        query = sql.SQL(
            "UPDATE {} SET custom = custom - %s::text WHERE account_id = %s AND custom ? %s::text"
        ).format(sql.Identifier(obj.table))
        had = db.execute(query, [name, ctx.id, name]).rowcount
        db.execute("DELETE FROM property_definition WHERE account_id = %s AND id = %s", [ctx.id, gone.id])
        _announce(db, ctx, "deleted", gone.id, {"object": obj.name, "name": name, "records": had}, actor)
        return had


def _check_room(db: Db, ctx: AccountContext, obj: ObjectType, wanted: Definition) -> None:
    living = definitions(db, ctx, obj)
    if len(living) >= PROPERTIES_MOST:
        raise PropertyRefused(
            f"The account has added {len(living)} properties to {obj.plural}; archive one first."
        )
    unique = sum(each.unique for each in living)
    if wanted.unique and unique >= UNIQUE_MOST:
        raise PropertyRefused(
            f"At most {UNIQUE_MOST} properties of {obj.plural} can have unique values, and {unique} have; "
            "archive one first."
        )


def _lock(db: Db, ctx: AccountContext, obj: ObjectType) -> None:
    """Nobody else adds or takes away properties of the object meanwhile."""
    db.execute(
        "SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [f"properties of {obj.name}", ctx.id % 2**31]
    )


def _learn_unique(db: Db, ctx: AccountContext, obj: ObjectType, name: str) -> None:
    query = sql.SQL(
        "INSERT INTO unique_value (account_id, object_type, property, value, record_id) "
        "SELECT account_id, %s, %s, unique_form(custom ->> %s), id FROM {} "
        "WHERE account_id = %s AND archived_at IS NULL AND custom ->> %s <> ''"
    ).format(sql.Identifier(obj.table))
    try:
        with db.transaction():
            db.execute(query, [obj.name, name, name, ctx.id, name])
    except UniqueViolation:
        raise PropertyRefused(
            f"Several {obj.plural} have the same value of {name!r}, which was to be unique; change them first."
        ) from None


def _forget_unique(db: Db, ctx: AccountContext, obj: ObjectType, name: str) -> None:
    db.execute(
        "DELETE FROM unique_value WHERE account_id = %s AND object_type = %s AND property = %s",
        [ctx.id, obj.name, name],
    )


def _values(wanted: Definition) -> Sequence[Any]:
    return (
        wanted.label.strip(),
        wanted.description,
        wanted.group,
        wanted.type,
        wanted.field_type,
        wanted.multiple,
        wanted.unique,
        Jsonb([each.stored() for each in wanted.options]),
        wanted.options_from,
        wanted.display_order,
        wanted.hidden,
        wanted.form_field,
    )


def _read(row: Sequence[Any]) -> Definition:
    found = Definition(
        name=row[0],
        label=row[1],
        type=row[2],
        field_type=row[3],
        group=row[4],
        description=row[5],
        options_from=row[7],
        unique=row[8],
        display_order=row[9],
        hidden=row[10],
        form_field=row[11],
        id=row[12],
        created_at=row[13],
        updated_at=row[14],
        archived_at=row[15],
    )
    options = tuple(
        Choice(each["value"], each["label"], each["description"], each["hidden"], each["displayOrder"])
        for each in json.loads(row[6])
    )
    return replace(found, options=options)


def _plain(value: Any) -> Any:
    return [each.stored() for each in value] if isinstance(value, tuple) else value


def _announce(db: Db, ctx: AccountContext, verb: str, id_: int, data: dict[str, Any], actor: str) -> None:
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent(f"property.{verb}", "property", id_, None, data)], actor
    )
