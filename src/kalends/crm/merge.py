"""Two records that turn out to be the same: one survives with the values and ties of both, the other is archived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import OBJECTS
from kalends.crm.associations import End, associate
from kalends.crm.records import lock
from kalends.events import journal

Db = Connection[Any]
Row = Mapping[str, Any]

MERGED = ("contact", "company", "deal", "ticket")
"""The objects whose records can be merged."""
_ALSO_KNOWN_AS = {
    "contact": ("email", "additional_emails"),
    "company": ("domain", "additional_domains"),
}
"""A column that names a record, and the one that keeps further names."""
_FOLLOW = {
    "contact": (("payment_method", "contact_id"), ("message", "contact_id"), ("checkout", "contact_id")),
    "company": (("company", "parent_company_id"),),
    "deal": (("checkout", "deal_id"),),
}
"""Columns of tables that name a record without being ties of the catalogue."""
_CREDIT = ("credit_note", "customer_credit", "credit_application")
"""What is owed to a contact, and was: books that are never changed."""


class MergeRefused(ValueError):
    """Two records that cannot be merged; the message says why."""


class NotMerged(LookupError):
    """One of the records does not exist here."""


def merge(
    db: Db, ctx: AccountContext, obj: ObjectType, survivor: int, other: int, *, actor: str = "system"
) -> None:
    """Let ``survivor`` have everything that ``other`` had, and archive ``other``.

    The survivor's values win, and what it lacks it takes from the other; ties, line items, and what subscriptions,
    invoices and payments say of the other go over. Raises :class:`MergeRefused` and :class:`NotMerged`.
    """
    if obj.name not in MERGED:
        raise MergeRefused(f"{obj.plural_label.en} cannot be merged; only {', '.join(MERGED)} records can.")
    if survivor == other:
        raise MergeRefused(f"The {obj.name} {other} cannot be merged with itself.")
    with db.transaction():
        rows = lock(db, ctx, obj, [survivor, other])
        missing = next((id_ for id_ in (survivor, other) if id_ not in rows), None)
        if missing is not None:
            raise NotMerged(f"There is no {obj.name} {missing} in this account.")
        if obj.name == "contact":
            _refuse_credit(db, ctx, other)
        _archive(db, ctx, obj, other)
        changed = _fill(db, ctx, obj, rows[survivor], rows[other])
        _move_columns(db, ctx, obj, survivor, other, actor)
        _move_rows(db, ctx, obj, survivor, other)
        _keep_company(db, ctx, obj, rows[survivor], rows[other], actor)
        events = [
            journal.NewEvent(
                f"{obj.name}.merged", obj.name, survivor, None, {"merged": other, "changes": changed}
            ),
            journal.NewEvent(f"{obj.name}.archived", obj.name, other, None, {"merged_into": survivor}),
        ]
        journal.write(db, ctx.id, ctx.now, events, actor)


def _refuse_credit(db: Db, ctx: AccountContext, id_: int) -> None:
    for table in _CREDIT:
        query = sql.SQL("SELECT FROM {} WHERE account_id = %s AND contact_id = %s LIMIT 1").format(
            sql.Identifier(table)
        )
        if db.execute(query, [ctx.id, id_]).fetchone() is not None:
            raise MergeRefused(
                f"The contact {id_} has credit notes, which stay in its name. Merge the other way round: let {id_} "
                "survive."
            )


def _archive(db: Db, ctx: AccountContext, obj: ObjectType, id_: int) -> None:
    """Before anything else, so that the other's unique values are free."""
    query = sql.SQL("UPDATE {} SET archived_at = %s, updated_at = %s WHERE account_id = %s AND id = %s")
    db.execute(query.format(sql.Identifier(obj.table)), [ctx.now, ctx.now, ctx.id, id_])


def _fill(db: Db, ctx: AccountContext, obj: ObjectType, here: Row, there: Row) -> dict[str, list[Any]]:
    """Write what the survivor lacks; returns what changed, by column."""
    columns = {prop.column for prop in obj.properties if prop.column and "user" in prop.writable_by}
    if obj.association("company") is not None and "primary_company_id" in here:
        columns.add("primary_company_id")
    if obj.name == "company":
        columns.add("parent_company_id")
    after = {name: there[name] for name in sorted(columns) if _empty(here[name]) and not _empty(there[name])}
    if obj.name == "company" and after.get("parent_company_id") == here["id"]:
        del after["parent_company_id"]
    own = {**there["custom"], **{name: value for name, value in here["custom"].items() if not _empty(value)}}
    changed = {name: [here[name], value] for name, value in after.items()}
    changed |= {
        f"custom.{name}": [here["custom"].get(name), value]
        for name, value in own.items()
        if here["custom"].get(name) != value
    }
    name, more = _ALSO_KNOWN_AS.get(obj.name, ("", ""))
    if name and not _empty(here[name]) and not _empty(there[name]) and here[name] != there[name]:
        known = [*(here[more] or "").split(";"), there[name], *(there[more] or "").split(";")]
        after[more] = ";".join(dict.fromkeys(each for each in known if each and each != here[name]))
        changed[more] = [here[more], after[more]]
    settings = [
        sql.SQL("{} = %s").format(sql.Identifier(column)) for column in (*after, "custom", "updated_at")
    ]
    query = sql.SQL("UPDATE {} SET {} WHERE account_id = %s AND id = %s").format(
        sql.Identifier(obj.table), sql.SQL(", ").join(settings)
    )
    db.execute(query, [*after.values(), Jsonb(own), ctx.now, ctx.id, here["id"]])
    return changed


def _empty(value: Any) -> bool:
    return value is None or value in ("", [])


def _move_columns(
    db: Db, ctx: AccountContext, obj: ObjectType, survivor: int, other: int, actor: str
) -> None:
    """What columns of other records say of the one that goes, they say of the survivor."""
    events: list[journal.NewEvent] = []
    for each in obj.associations:
        target = OBJECTS[each.to]
        if each.to == obj.name:
            continue  # see _FOLLOW, and _move_rows
        if each.their_column:
            column, narrowed = each.their_column, sql.SQL("TRUE")
        elif each.is_parent:
            column, narrowed = "parent_id", sql.SQL("parent_type = {}").format(sql.Literal(obj.name))
        else:
            continue
        query = sql.SQL(
            "UPDATE {} SET {} = %s, updated_at = %s WHERE account_id = %s AND {} = %s AND {} RETURNING id"
        ).format(sql.Identifier(target.table), sql.Identifier(column), sql.Identifier(column), narrowed)
        moved = db.execute(query, [survivor, ctx.now, ctx.id, other]).fetchall()
        changes = journal.changed(**{column: (other, survivor)})
        events += [
            journal.NewEvent(
                f"{target.name}.updated",
                target.name,
                row[0],
                row[0] if target.name == "subscription" else None,
                changes,
            )
            for row in moved
        ]
    journal.write(db, ctx.id, ctx.now, events, actor)
    for table, column in _FOLLOW.get(obj.name, ()):
        query = sql.SQL(
            "UPDATE {0} SET {1} = nullif(%s::bigint, {2}) WHERE account_id = %s AND {1} = %s"
        ).format(
            sql.Identifier(table),
            sql.Identifier(column),
            sql.Identifier("id") if table == obj.table else sql.SQL("NULL"),
        )
        db.execute(query, [survivor, ctx.id, other])


def _move_rows(db: Db, ctx: AccountContext, obj: ObjectType, survivor: int, other: int) -> None:
    for here, there in (("from", "to"), ("to", "from")):
        query = sql.SQL(
            "INSERT INTO association "
            "(account_id, {here_type}, {here_id}, {there_type}, {there_id}, type_id, created_at) "
            "SELECT account_id, {here_type}, %s, {there_type}, {there_id}, type_id, created_at FROM association "
            "WHERE account_id = %s AND {here_type} = %s AND {here_id} = %s "
            "AND ({there_type}, {there_id}) <> (%s, %s) ON CONFLICT DO NOTHING"
        ).format(
            here_type=sql.Identifier(f"{here}_type"),
            here_id=sql.Identifier(f"{here}_id"),
            there_type=sql.Identifier(f"{there}_type"),
            there_id=sql.Identifier(f"{there}_id"),
        )
        db.execute(query, [survivor, ctx.id, obj.name, other, obj.name, survivor])
        gone = sql.SQL("DELETE FROM association WHERE account_id = %s AND {} = %s AND {} = %s").format(
            sql.Identifier(f"{here}_type"), sql.Identifier(f"{here}_id")
        )
        db.execute(gone, [ctx.id, obj.name, other])


def _keep_company(db: Db, ctx: AccountContext, obj: ObjectType, here: Row, there: Row, actor: str) -> None:
    """The other's primary company stays tied, where the survivor has a primary one of its own."""
    former = there.get("primary_company_id")
    if obj.name != "company" and former is not None and here["primary_company_id"] not in (None, former):
        living = db.execute(
            "SELECT FROM company WHERE account_id = %s AND id = %s AND archived_at IS NULL", [ctx.id, former]
        ).fetchone()
        if living is not None:
            associate(db, ctx, End(obj.name, here["id"]), End("company", former), actor=actor)
