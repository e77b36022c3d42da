"""Groups of properties: the catalogue's cards under the names that the API has for them, and the account's own."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.groups import ABOUT
from kalends.catalog.model import Group, ObjectType

Db = Connection[Any]
LABEL_LONGEST = 300
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


class PropertyRefused(ValueError):
    """Something that cannot be done to a property or a group, in a sentence that says what to do instead."""


class Taken(PropertyRefused):
    """There is a property or a group of that name already."""


class UnknownGroup(LookupError):
    """The object has no group of that name."""


class PropertyGroup(NamedTuple):
    """A group; ``own`` says that the account made it and may change it."""

    name: str
    label: str
    display_order: int
    own: bool
    archived: bool = False


def information(obj: ObjectType) -> str:
    """The name of an object's main group.

    >>> from kalends.catalog import get_object
    >>> information(get_object("line_item")), information(get_object("payment"))
    ('lineiteminformation', 'commercepaymentinformation')
    """
    return f"{obj.api_name.replace('_', '')}information"


def group_name(obj: ObjectType, group: Group) -> str:
    """What the API calls the group of a property: the card About is the object's main group."""
    return information(obj) if group.name == ABOUT.name else group.name


def groups(db: Db, ctx: AccountContext, obj: ObjectType, *, archived: bool = False) -> list[PropertyGroup]:
    """The catalogue's groups of an object and then the account's own, or the account's archived ones."""
    rows = db.execute(
        "SELECT name, label, display_order, true, archived_at IS NOT NULL FROM property_group "
        "WHERE account_id = %s AND object_type = %s AND (archived_at IS NOT NULL) = %s ORDER BY display_order, id",
        [ctx.id, obj.name, archived],
    ).fetchall()
    own = [PropertyGroup(*row) for row in rows]
    if archived:
        return own
    declared = dict.fromkeys((ABOUT, *(prop.group for prop in obj.properties if not prop.custom)))
    first = PropertyGroup(information(obj), f"{obj.singular_label.en} information", 0, own=False)
    others = [
        PropertyGroup(each.name, each.label.en, place, own=False)
        for place, each in enumerate(declared)
        if each.name != ABOUT.name
    ]
    return [first, *others, *own]


def group(db: Db, ctx: AccountContext, obj: ObjectType, name: str) -> PropertyGroup:
    """A living group by name. Raises :class:`UnknownGroup`."""
    found = next((each for each in groups(db, ctx, obj) if each.name == name), None)
    if found is None:
        raise UnknownGroup(f"There is no group {name!r} of properties of {obj.plural}.")
    return found


def create_group(
    db: Db, ctx: AccountContext, obj: ObjectType, *, name: str, label: str, display_order: int = -1
) -> PropertyGroup:
    """Make a group. Raises :class:`PropertyRefused`, and :class:`Taken` where there is one of that name."""
    if not _NAME.fullmatch(name):
        raise PropertyRefused(
            f"Group name {name[:110]!r}: use lower-case letters, digits and underscores, beginning with a letter."
        )
    _check_label(label)
    if name == ABOUT.name or any(each.name == name for each in groups(db, ctx, obj)):
        raise Taken(f"A group named {name!r} already exists.")
    written = db.execute(
        "INSERT INTO property_group AS g (account_id, object_type, name, label, display_order) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (account_id, object_type, name) DO UPDATE "
        "SET label = excluded.label, display_order = excluded.display_order, archived_at = NULL "
        "WHERE g.archived_at IS NOT NULL",
        [ctx.id, obj.name, name, label.strip(), display_order],
    )
    if written.rowcount == 0:
        raise Taken(f"A group named {name!r} already exists.")
    return group(db, ctx, obj, name)


def update_group(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    name: str,
    *,
    label: str | None = None,
    display_order: int | None = None,
) -> PropertyGroup:
    """Change a group of the account's own. Raises :class:`UnknownGroup`, :class:`PropertyRefused`."""
    before = _own(db, ctx, obj, name)
    if label is not None:
        _check_label(label)
    db.execute(
        "UPDATE property_group SET label = %s, display_order = %s "
        "WHERE account_id = %s AND object_type = %s AND name = %s",
        [
            before.label if label is None else label.strip(),
            before.display_order if display_order is None else display_order,
            ctx.id,
            obj.name,
            name,
        ],
    )
    return group(db, ctx, obj, name)


def archive_group(db: Db, ctx: AccountContext, obj: ObjectType, name: str) -> None:
    """Archive a group that no property stands in. Raises :class:`UnknownGroup`, :class:`PropertyRefused`."""
    _own(db, ctx, obj, name)
    with db.transaction():
        db.execute(
            "SELECT FROM property_group WHERE account_id = %s AND object_type = %s AND name = %s FOR UPDATE",
            [ctx.id, obj.name, name],
        )
        row = db.execute(
            "SELECT count(*) FROM property_definition "
            "WHERE account_id = %s AND object_type = %s AND group_name = %s AND archived_at IS NULL",
            [ctx.id, obj.name, name],
        ).fetchone()
        if row is not None and row[0]:
            raise PropertyRefused(
                f"{row[0]} properties are in the group {name!r}; move them to another one first."
            )
        db.execute(
            "UPDATE property_group SET archived_at = %s WHERE account_id = %s AND object_type = %s AND name = %s",
            [ctx.now, ctx.id, obj.name, name],
        )


def require_group(db: Db, ctx: AccountContext, obj: ObjectType, name: str) -> None:
    """Refuse a group that the object does not have, and keep it from being archived meanwhile."""
    db.execute(
        "SELECT FROM property_group WHERE account_id = %s AND object_type = %s AND name = %s FOR SHARE",
        [ctx.id, obj.name, name],
    )
    known = [each.name for each in groups(db, ctx, obj)]
    if name not in known:
        raise PropertyRefused(f"There is no group {name!r} of {obj.plural}. Known are {', '.join(known)}.")


def _own(db: Db, ctx: AccountContext, obj: ObjectType, name: str) -> PropertyGroup:
    found = group(db, ctx, obj, name)
    if not found.own:
        raise PropertyRefused(f"The group {name!r} is part of the product and cannot be changed.")
    return found


def _check_label(label: str) -> None:
    if not 0 < len(label.strip()) <= LABEL_LONGEST:
        raise PropertyRefused(f"Give the group a label of 1 to {LABEL_LONGEST} characters.")
