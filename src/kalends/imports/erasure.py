"""What imports know of people: files, what rows were known by, what was wrong with them, and names in other systems."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.crm.erasing import exported
from kalends.crm.erasure import Part, Person, Rows, register
from kalends.exports.erasure import holding_people

Db = Connection[Any]

_ROWS = (
    "UPDATE import_row SET identity = NULL, problems = '[]' WHERE account_id = %(account_id)s "
    "AND record_id = ANY(%(contacts)s)"
)
_LEFT_OUT = (
    "UPDATE import_row SET identity = NULL, problems = '[]' WHERE account_id = %(account_id)s AND verdict = 'bad' "
    "AND EXISTS (SELECT FROM unnest(%(words)s::text[]) AS w (word) "
    "WHERE strpos(lower(coalesce(identity, '') || problems::text), lower(w.word)) > 0)"
)
_KEYS = (
    "DELETE FROM imported_key WHERE account_id = %(account_id)s AND object = 'contact' "
    "AND record_id = ANY(%(contacts)s)"
)


_UNDER_WAY = (
    # All are held, so that none begins before the person is gone.
    "SELECT id, status FROM data_import WHERE account_id = %(account_id)s AND object = ANY(%(objects)s) "
    "AND status IN ('new', 'checking', 'checked', 'running', 'failed') ORDER BY id FOR UPDATE"
)
_FILES = (
    "UPDATE data_import SET file_size = 0 WHERE account_id = %(account_id)s AND object = ANY(%(objects)s)"
)
_NOT_BEGUN = (
    "UPDATE data_import SET status = 'canceled', ended_at = %(now)s, problem = %(why)s "
    "WHERE account_id = %(account_id)s AND object = ANY(%(objects)s) AND status IN ('new', 'checked', 'failed')"
)
_WORDS = (
    "UPDATE data_import SET name = without_words(name, %(words)s::text[]) WHERE account_id = %(account_id)s"
)
_WHY = (
    "Somebody was erased whom the file may name, so that it is thrown away: take the person out of yours, and upload "
    "it again."
)


def register_rules() -> None:
    """Say what imports know of people."""
    register(Part(name="imports", obstacles=_obstacles, erase=_erase, export=_export))


def _obstacles(db: Db, ctx: AccountContext, contacts: list[int]) -> list[str]:  # noqa: ARG001
    params = {"account_id": ctx.id, "objects": list(holding_people())}
    return [
        f"The import {id_} is under way, and its file may name the person: wait for its end, or cancel it."
        for id_, status in db.execute(_UNDER_WAY, params).fetchall()
        if status in ("checking", "running")
    ]


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    """That a row made the contact stays; what it said of the person goes. So do files in which people may be named: the
    worker throws away within the hour those that are not to be kept, whose size is told as nothing."""
    params = {"account_id": ctx.id, "contacts": person.contacts, "words": person.words}
    params |= {"objects": list(holding_people()), "now": ctx.now, "why": _WHY}
    for query in (_ROWS, _LEFT_OUT, _KEYS, _FILES, _NOT_BEGUN, _WORDS):
        db.execute(query, params)


def _export(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    keys = exported(db, ctx, "imported_key", "record_id", contacts, ("object", "name"))
    return {"names in other systems": [each for each in keys if each.get("object") == "contact"]}
