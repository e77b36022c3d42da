"""What exports know of people: files that are kept, and the words that somebody looked for."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import OBJECTS
from kalends.crm.erasure import Part, Person, register
from kalends.exports.exports import ACCOUNT

Db = Connection[Any]

_BEGUN_ANEW = (
    # Those that wait are held until the person is gone, so that nobody begins one with the person in it meanwhile.
    "UPDATE data_export SET status = 'queued', rows_done = 0, rows_total = NULL, "
    "attempts = attempts - CASE status WHEN 'running' THEN 1 ELSE 0 END "
    "WHERE account_id = %(account_id)s AND status IN ('queued', 'running') AND object = ANY(%(objects)s)"
)
_THROWN_AWAY = (
    "UPDATE data_export SET status = 'expired' "
    "WHERE account_id = %(account_id)s AND status = 'done' AND object = ANY(%(objects)s)"
)
_WORDS = (
    "UPDATE data_export SET asked = without_words(asked, %(words)s::text[]), "
    "name = without_words(name, %(words)s::text[]), file_name = without_words(file_name, %(words)s::text[]) "
    "WHERE account_id = %(account_id)s"
)


def register_rules() -> None:
    """Say what exports know of people."""
    register(Part(name="exports", erase=_erase))


def holding_people() -> tuple[str, ...]:
    """The objects whose files can speak of contacts, and the archive of the whole account.

    >>> "contact" in holding_people(), "invoice" in holding_people(), "product" in holding_people()
    (True, True, False)
    """
    tied = (name for name, obj in OBJECTS.items() if name == "contact" or obj.association("contact"))
    return (ACCOUNT, *tied)


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    """Files that can speak of the person expire, and the worker throws them away within the hour; those that are being
    made are begun anew. Whoever wants one asks again, and gets it without the person."""
    params = {"account_id": ctx.id, "words": person.words, "objects": list(holding_people())}
    for statement in (_BEGUN_ANEW, _THROWN_AWAY, _WORDS):
        db.execute(statement, params)
