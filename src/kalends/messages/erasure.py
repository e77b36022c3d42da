"""What letters say of people. That a letter went out stays; to whom, and its words, go."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.crm.erasing import exported
from kalends.crm.erasure import Part, Person, Rows, register
from kalends.messages.backends import file_backend
from kalends.messages.envelope import file_name

Db = Connection[Any]

_OF_LETTERS = (
    "id",
    "kind",
    "recipient",
    "language",
    "status",
    "created_at",
    "sent_at",
    "subject",
    "text",
    "attached",
)


def register_rules() -> None:
    """Say what letters know of people."""
    register(Part(name="messages", erase=_erase, export=_export))


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    """Notices to staff about the person lose their words as well; what was not sent to the person is not sent."""
    params = {"account_id": ctx.id, "contacts": person.contacts}
    db.execute(load("kalends.messages", "erasure_unsent"), params)
    emptied = db.execute(load("kalends.messages", "erasure_words"), params).fetchall()
    folder = file_backend()
    for id_, created_at in emptied:
        folder.forget(file_name(created_at, id_))


def _export(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    return {"letters": exported(db, ctx, "message", "contact_id", contacts, _OF_LETTERS)}
