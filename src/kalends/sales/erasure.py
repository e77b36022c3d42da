"""What sales know of people: what was typed at checkouts, and how payments to come were agreed to."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.crm.erasing import exported
from kalends.crm.erasure import Part, Person, Rows, register

Db = Connection[Any]


def register_rules() -> None:
    """Say what sales know of people."""
    register(Part(name="sales", words=_words, erase=_erase, export=_export))


def _words(db: Db, ctx: AccountContext, contacts: list[int]) -> list[str]:
    params = {"account_id": ctx.id, "contacts": contacts}
    return [row[0] for row in db.execute(load("kalends.sales", "erasure_words"), params) if row[0]]


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    """What was agreed and charged stays, with the text of the consent; who typed it goes."""
    db.execute(
        load("kalends.sales", "erase_buyers"),
        {"account_id": ctx.id, "contacts": person.contacts, "words": [word.lower() for word in person.words]},
    )


def _export(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    return {"checkouts": exported(db, ctx, "checkout", "contact_id", contacts)}
