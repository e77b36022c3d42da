"""What the tests of segments have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.crm.properties import create_property, definitions
from kalends.crm.property_terms import Choice, Definition
from kalends.events.journal import NewEvent, changed, write
from tests.query import books
from tests.query.oracle import Record


def on_the_day(account: AccountContext) -> AccountContext:
    """The account on the day of the books of the query tests."""
    return replace(account, now=books.NOW)


def members(db: Connection[Any], ctx: AccountContext, segment: int) -> list[int]:
    """The members of a segment, in order."""
    rows = db.execute(
        "SELECT record_id FROM segment_member WHERE account_id = %s AND segment_id = %s ORDER BY record_id",
        [ctx.id, segment],
    ).fetchall()
    return [row[0] for row in rows]


def own_properties(db: Connection[Any], ctx: AccountContext) -> None:
    """The properties that the account of the books has added to subscriptions."""
    subscription = get_object("subscription")
    if definitions(db, ctx, subscription):
        return
    fields = {"number": "number", "string": "text", "bool": "booleancheckbox", "enumeration": "checkbox"}
    for each in books.CUSTOM:
        options = tuple(Choice(option.value, option.label.en) for option in each.options)
        group = "subscriptioninformation"
        wanted = Definition(
            name=each.name,
            label=each.label.en,
            type=each.type,
            field_type=fields[each.type],
            group=group,
            options=options,
        )
        create_property(db, ctx, subscription, wanted)


def change_everything(
    db: Connection[Any], ctx: AccountContext, records: list[Record], before: books.Book, after: books.Book
) -> None:
    """Let what was written of one book become what another one says, with the events that tell of it."""
    contacts = _contacts(db, ctx)
    for contact, row in zip(contacts, after.contacts, strict=True):
        _update(db, ctx, "contact", contact.id, row)
        contact.values = {
            **contact.values,
            "firstname": row["first_name"],
            "lifecyclestage": row["lifecycle_stage"],
            "hs_email_optout": row["email_opt_out"],
        }
    for number, record in enumerate(records):
        row = (
            after.subscriptions[number] if number < len(after.subscriptions) else before.subscriptions[number]
        )
        own = [] if row["contact"] is None else [contacts[row["contact"]]]
        columns = {name: value for name, value in row.items() if name not in ("contact", "custom")}
        _update(
            db,
            ctx,
            "subscription",
            record.id,
            {**columns, "custom": Jsonb(row["custom"]), "contact_id": own[0].id if own else None},
        )
        for number_before, contact in before.tied:
            if number_before == number:
                _untie(db, ctx, record.id, contacts[contact].id)
        record.values = books.subscription_values(record.id, row)
        record.tied = {"contact": own}
    for number, contact in after.tied:
        if number < len(records):
            books.tie(db, ctx.id, records[number].id, contacts[contact].id)
            records[number].tied["contact"].append(contacts[contact])
            _tell_tie(db, ctx, "associated", records[number].id, contacts[contact].id)


def _contacts(db: Connection[Any], ctx: AccountContext) -> list[Record]:
    rows = db.execute(
        "SELECT id FROM contact WHERE account_id = %s AND archived_at IS NULL ORDER BY id", [ctx.id]
    ).fetchall()
    return [Record(row[0], {"createdate": books.NOW}) for row in rows]


def _update(db: Connection[Any], ctx: AccountContext, table: str, id_: int, columns: dict[str, Any]) -> None:
    """Write the columns that differ, and tell the ties among them as the application does."""
    for name, value in columns.items():
        query = f"SELECT {name} FROM {table} WHERE account_id = %s AND id = %s"
        before = db.execute(query, [ctx.id, id_]).fetchall()[0][0]
        if before != (value.obj if isinstance(value, Jsonb) else value):
            db.execute(
                f"UPDATE {table} SET {name} = %s WHERE account_id = %s AND id = %s", [value, ctx.id, id_]
            )
            told = (before, value) if name == "contact_id" else ("before", "after")
            event = NewEvent(f"{table}.updated", table, id_, None, changed(**{name: told}))
            write(db, ctx.id, ctx.now, [event])


def _untie(db: Connection[Any], ctx: AccountContext, subscription: int, contact: int) -> None:
    db.execute(
        "DELETE FROM association WHERE account_id = %s AND (from_id, to_id) IN ((%s, %s), (%s, %s))",
        [ctx.id, subscription, contact, contact, subscription],
    )
    _tell_tie(db, ctx, "dissociated", subscription, contact)


def _tell_tie(db: Connection[Any], ctx: AccountContext, verb: str, subscription: int, contact: int) -> None:
    ends = (("subscription", subscription), ("contact", contact))
    events = [
        NewEvent(f"{one}.{verb}", one, id_, None, {"with": list(other)})
        for (one, id_), other in (ends, ends[::-1])
    ]
    write(db, ctx.id, ctx.now, events)


def empty(db: Connection[Any], ctx: AccountContext) -> None:
    """Let all records be deleted ones."""
    for table in ("subscription", "contact"):
        db.execute(f"UPDATE {table} SET archived_at = %s WHERE account_id = %s", [ctx.now, ctx.id])
