"""What payments know of people: cards and accounts, and the addresses on payments. What was paid stays."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.crm.erasing import blank, exported, in_the_name_of
from kalends.crm.erasure import PERSONAL, Part, Person, Rows, register
from kalends.payments.processors.stripe.book import intend_erasures

Db = Connection[Any]

_WAIT = {
    "charge": "A charge of payment {} is under way: wait for its end, or settle it by hand.",
    "refund": "A refund of payment {} is under way: wait for its end.",
    "dispute": "Payment {} is disputed: wait for the bank's decision.",
}


def register_rules() -> None:
    """Say what payments know of people."""
    register(Part(name="payments", obstacles=_obstacles, words=_words, erase=_erase, export=_export))


def _obstacles(db: Db, ctx: AccountContext, contacts: list[int]) -> list[str]:
    params = {"account_id": ctx.id, "contacts": contacts}
    rows = db.execute(load("kalends.payments", "erasure_under_way"), params).fetchall()
    return [_WAIT[what].format(payment) for what, payment in rows]


def _words(db: Db, ctx: AccountContext, contacts: list[int]) -> list[str]:
    rows = db.execute(
        "SELECT DISTINCT unnest(ARRAY[customer_email, bill_to_name, ship_to_name, billing_address, billing_address2, "
        "shipping_address, shipping_address2]) FROM payment WHERE account_id = %s AND contact_id = ANY(%s)",
        [ctx.id, contacts],
    )
    return [row[0] for row in rows if row[0]]


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    payments = in_the_name_of(db, ctx, "payment", person.contacts)
    blank(db, ctx, "payment", payments, PERSONAL, person.words)
    query = "SELECT id FROM refund WHERE account_id = %s AND payment_id = ANY(%s)"
    refunds = [row[0] for row in db.execute(query, [ctx.id, payments])]
    blank(db, ctx, "refund", refunds, (), person.words)
    params = {"account_id": ctx.id, "contacts": person.contacts}
    known = db.execute(load("kalends.payments", "erasure_at_stripe"), params).fetchall()
    intend_erasures(db, ctx.id, [row[0] for row in known], ctx.now)
    db.execute(load("kalends.payments", "erasure_methods"), params)


def _export(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    payments = in_the_name_of(db, ctx, "payment", contacts)
    return {
        "payment_methods": exported(db, ctx, "payment_method", "contact_id", contacts),
        "payments": exported(db, ctx, "payment", "id", payments),
        "refunds": exported(db, ctx, "refund", "payment_id", payments),
    }
