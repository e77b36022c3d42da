"""Values that no two records share: refused where they are taken, and found again by.

A unique property with a column has its key in the table. The values of unique own properties, which lie in ``custom``,
stand once more in the table ``unique_value``, in lower case, kept there by triggers: its primary key is what keeps two
records from the same value. What is refused here is refused in words; the keys have the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import array
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.values import WrongValue, read_value
from kalends.crm.record_columns import own_text
from kalends.crm.record_values import NOT_UNIQUE, Written
from kalends.crm.rules import rules_of

Db = Connection[Any]
EXISTS = "CONFLICT"
"""The code of a problem that is told as a conflict: the record is there already."""


class NotIdentifying(ValueError):
    """Records cannot be found by this property; the message says why."""


def refuse_taken(
    db: Db, ctx: AccountContext, obj: ObjectType, given: Sequence[tuple[int | None, Written]]
) -> None:
    """Refuse values that other records have, or that two of these would share."""
    for prop in _unique(obj):
        asked = [
            (id_, written, _key(prop, own_text(written.values[prop.name])))
            for id_, written in given
            if written.values.get(prop.name) is not None
        ]
        if not asked:
            continue
        holders = _holders(db, ctx, obj, prop, [text for _, _, text in asked], archived=False)
        seen: set[Any] = set()
        for id_, written, text in asked:
            holder = holders.get(text)
            if holder is not None and holder != id_:
                _refuse(obj, prop, written, holder)
            elif text in seen:
                written.wrong(
                    prop.name,
                    text,
                    NOT_UNIQUE,
                    f'"{prop.name}" is {text!r} in another record of this request.',
                )
            seen.add(text)


def _refuse(obj: ObjectType, prop: Property, written: Written, holder: int) -> None:
    value = written.values[prop.name]
    if prop.custom:
        written.wrong(
            prop.name, value, NOT_UNIQUE, f'"{prop.name}" is {value!r} on the {obj.name} {holder} already.'
        )
    else:
        named = obj.singular_label.en
        written.wrong(prop.name, value, EXISTS, f"{named} already exists. Existing ID: {holder}")


def find(
    db: Db, ctx: AccountContext, obj: ObjectType, name: str, values: Sequence[str], *, archived: bool = False
) -> dict[str, int]:
    """The records that have these values of an identifying property, by value as it was given.

    Addresses and domains are compared without regard to case. Raises :class:`NotIdentifying`.
    """
    prop = identifying(obj, name)
    rules = rules_of(obj.name)
    meant: dict[str, str] = {}
    for given in values:
        text = given.strip().lower() if name in rules.emails | rules.lowered else given
        try:
            meant[given] = _key(prop, own_text(read_value(prop, text)))
        except WrongValue:
            continue  # what is no value of the property is nobody's
    if prop.column == "id":
        return {given: int(text) for given, text in meant.items() if text.isdecimal() and len(text) < 19}
    holders = _holders(db, ctx, obj, prop, list(meant.values()), archived=archived)
    return {given: holders[text] for given, text in meant.items() if text in holders}


def identifying(obj: ObjectType, name: str) -> Property:
    """The property by which records are made or changed. Raises :class:`NotIdentifying`."""
    prop = obj.by_name.get(name)
    if prop is None or not (prop.unique or name in rules_of(obj.name).identifying):
        why = "does not exist" if prop is None else "does not have unique values"
        raise NotIdentifying(f'Records cannot be found by "{name}": this property {why}.')
    return prop


def _key(prop: Property, text: object) -> str:
    return str(text).lower() if prop.custom else str(text)


def _unique(obj: ObjectType) -> list[Property]:
    return [prop for prop in obj.properties if prop.unique and "api" in prop.writable_by]


def _holders(
    db: Db, ctx: AccountContext, obj: ObjectType, prop: Property, texts: Sequence[str], *, archived: bool
) -> dict[str, int]:
    if prop.custom:
        rows = db.execute(
            "SELECT value, record_id FROM unique_value "
            "WHERE account_id = %s AND object_type = %s AND property = %s AND value = ANY(%s)",
            [ctx.id, obj.name, prop.name, list(texts)],
        ).fetchall()
        return dict(rows)
    if prop.column is None:
        return {}
    query = sql.SQL(
        "SELECT {0}, min(id) FROM {1} WHERE account_id = %s AND {0} = ANY(%s::text[]) AND archived_at {2} GROUP BY 1"
    ).format(
        sql.Identifier(prop.column),
        sql.Identifier(obj.table),
        sql.SQL("IS NOT NULL" if archived else "IS NULL"),
    )
    return {str(value): id_ for value, id_ in db.execute(query, [ctx.id, array(list(texts))])}
