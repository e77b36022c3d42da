"""What sales know of people: what was typed at checkouts, and how payments to come and quotes were agreed to."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.crm.erasing import exported
from kalends.crm.erasure import Part, Person, Rows, register
from kalends.payments.processors.stripe.book import intend_erasures
from kalends.sales.quote_versions import EMPTIED, withdraw
from kalends.sales.quotes import DRAFT

Db = Connection[Any]
_TOLD = (
    "quote_id",
    "kind",
    "at",
    "signer_name",
    "signer_email",
    "email_verified_at",
    "agreed_text",
    "document_hash",
    "address",
    "agent",
)


def register_rules() -> None:
    """Say what sales know of people."""
    register(Part(name="sales", words=_words, erase=_erase, export=_export))


def _words(db: Db, ctx: AccountContext, contacts: list[int]) -> list[str]:
    params = {"account_id": ctx.id, "contacts": contacts}
    return [row[0] for row in db.execute(load("kalends.sales", "erasure_words"), params) if row[0]]


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    """What was agreed and charged stays, with the text of the consent; who typed it goes.

    Who accepted or signed a quote stays: that is what shows that it was agreed to (decision 22). Quotes that nobody
    agreed to are emptied, and codes that were sent to the person go.
    """
    words = [word.lower() for word in person.words]
    params = {"account_id": ctx.id, "contacts": person.contacts, "words": words}
    pages = db.execute(load("kalends.sales", "erasure_at_stripe"), params).fetchall()
    intend_erasures(db, ctx.id, [row[0] for row in pages], ctx.now)
    db.execute(load("kalends.sales", "erase_buyers"), params)

    _forget_quotes(db, ctx, person)


def _forget_quotes(db: Db, ctx: AccountContext, person: Person) -> None:
    db.execute(
        "DELETE FROM quote_signing WHERE account_id = %s AND contact_id = ANY(%s)", [ctx.id, person.contacts]
    )
    params = {"account_id": ctx.id, "words": [word for word in person.words if word.strip()]}
    for version_id, quote_id, is_current in db.execute(
        load("kalends.sales", "erasure_quotes"), params
    ).fetchall():
        if is_current:
            withdraw(db, ctx, quote_id, "system")
            db.execute(
                "UPDATE quote SET status = %s, updated_at = %s WHERE account_id = %s AND id = %s",
                [DRAFT, ctx.now, ctx.id, quote_id],
            )
        db.execute(
            "UPDATE quote_version SET document = %s, pdf = ''::bytea WHERE account_id = %s AND id = %s",
            [EMPTIED, ctx.id, version_id],
        )


def _export(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    return {
        "checkouts": exported(db, ctx, "checkout", "contact_id", contacts),
        "quote_acceptances": exported(db, ctx, "quote_acceptance", "contact_id", contacts, _TOLD),
    }
