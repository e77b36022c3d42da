"""What billing knows of people: subscriptions and invoices in their name. The books stay, their words go."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.money import format_minor
from kalends.crm.erasing import blank, exported, in_the_name_of
from kalends.crm.erasure import PERSONAL, Part, Person, Rows, register
from kalends.documents.kept_buyers import keep_buyers

Db = Connection[Any]

_EMPTIED = frozenset(PERSONAL) - {"billing_country", "shipping_country"}
"""The country stays: the books need it to say which tax was due."""


def register_rules() -> None:
    """Say what billing knows of people."""
    register(Part(name="billing", obstacles=_obstacles, words=_words, erase=_erase, export=_export))


def _obstacles(db: Db, ctx: AccountContext, contacts: list[int]) -> list[str]:
    params = {"account_id": ctx.id, "contacts": contacts}
    billed = db.execute(load("kalends.billing", "erasure_billed"), params).fetchall()
    owed = db.execute(load("kalends.billing", "erasure_owed"), params).fetchall()
    credit = db.execute(load("kalends.billing", "erasure_credit"), params).fetchall()
    return [
        *(f"Subscription {id_} ({name}) is {status}: cancel it first." for id_, name, status in billed),
        *(
            f"Invoice {number or id_} is open, and {format_minor(minor, currency)} is owed on it: have it paid, credit "
            "it or void it first."
            for id_, number, minor, currency in owed
        ),
        *(
            f"There is {format_minor(minor, currency)} to the customer's credit: bill something that uses it up first, "
            "such as a subscription of one payment."
            for minor, currency in credit
        ),
    ]


def _issued(db: Db, ctx: AccountContext, invoices: list[int]) -> list[int]:
    query = "SELECT id FROM invoice WHERE account_id = %s AND id = ANY(%s) AND status <> 'draft' ORDER BY id"
    return [row[0] for row in db.execute(query, [ctx.id, invoices])]


def _words(db: Db, ctx: AccountContext, contacts: list[int]) -> list[str]:
    rows = db.execute(
        "SELECT unnest(ARRAY[billing_address, billing_address2]) FROM subscription "
        "WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s) UNION "
        "SELECT unnest(ARRAY[billing_address, billing_address2, shipping_address, shipping_address2, "
        "external_recipient]) FROM invoice WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s)",
        {"account_id": ctx.id, "contacts": contacts},
    )
    return [row[0] for row in rows if row[0]]


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    subscriptions = in_the_name_of(db, ctx, "subscription", person.contacts)
    invoices = in_the_name_of(db, ctx, "invoice", person.contacts)
    keep_buyers(db, ctx, _issued(db, ctx, invoices))
    blank(db, ctx, "subscription", subscriptions, _EMPTIED, person.words)
    blank(db, ctx, "invoice", invoices, _EMPTIED, person.words)
    lines = "SELECT id FROM line_item WHERE account_id = %s AND parent_id = ANY(%s)"
    found = [row[0] for row in db.execute(lines, [ctx.id, [*subscriptions, *invoices]])]
    blank(db, ctx, "line_item", found, (), person.words)
    # What was issued keeps the number of a contact that is gone, and stays comparable with payments and credit.
    db.execute(
        "UPDATE subscription SET contact_id = NULL WHERE account_id = %s AND id = ANY(%s)",
        [ctx.id, subscriptions],
    )
    db.execute(
        "UPDATE invoice SET contact_id = NULL WHERE account_id = %s AND id = ANY(%s) AND status = 'draft'",
        [ctx.id, invoices],
    )


def _export(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    subscriptions = in_the_name_of(db, ctx, "subscription", contacts)
    invoices = in_the_name_of(db, ctx, "invoice", contacts)
    return {
        "subscriptions": exported(db, ctx, "subscription", "id", subscriptions),
        "invoices": exported(db, ctx, "invoice", "id", invoices),
        "line_items": exported(db, ctx, "line_item", "parent_id", [*subscriptions, *invoices]),
        "credit_notes": exported(db, ctx, "credit_note", "contact_id", contacts),
        "credit": exported(db, ctx, "customer_credit", "contact_id", contacts),
    }
