"""What workflows know of people: texts about their records, in logs, tasks and webhooks."""

from __future__ import annotations

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import OBJECTS
from kalends.crm.erasing import exported, take_out
from kalends.crm.erasure import Part, Person, Rows, register
from kalends.workflows.flows import Db

_TEXTS = (
    "UPDATE workflow_log SET note = '' WHERE account_id = %(account_id)s AND record_id = ANY(%(records)s)",
    "DELETE FROM task WHERE account_id = %(account_id)s AND record_id = ANY(%(records)s)",
    (
        "UPDATE workflow_call AS c SET body = '', "
        "status = CASE WHEN c.status = 'delivered' THEN c.status ELSE 'failed' END FROM enrollment AS e "
        "WHERE c.account_id = %(account_id)s AND e.account_id = c.account_id AND e.id = c.enrollment_id "
        "AND e.record_id = ANY(%(records)s)"
    ),
)


_OCCASIONS = (
    "UPDATE enrollment SET occasion = 'erased ' || id WHERE account_id = %(account_id)s "
    "AND record_id = ANY(%(contacts)s) AND occasion LIKE 'value %%'"
)
"""With which value of a property a contact came in; a value can be an address."""


def register_rules() -> None:
    """Say what workflows know of people."""
    register(Part(name="workflows", erase=_erase, export=_export, first=True))


def _erase(db: Db, ctx: AccountContext, person: Person) -> None:
    """That a record was in a workflow stays; what was written about it goes, and so do tasks about it."""
    params = {"account_id": ctx.id, "records": _records(db, ctx, person.contacts)}
    for statement in _TEXTS:
        db.execute(statement, params)
    db.execute(_OCCASIONS, {"account_id": ctx.id, "contacts": person.contacts})
    take_out(db, ctx, "workflow", ["draft", "problem"], person.words, named_once=True)
    take_out(db, ctx, "workflow_version", ["definition"], person.words)


def _export(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    records = _records(db, ctx, contacts)
    return {"tasks": exported(db, ctx, "task", "record_id", records)}


def _records(db: Db, ctx: AccountContext, contacts: list[int]) -> list[int]:
    """The contacts, and the records that are tied to them."""
    parts = ["SELECT unnest(%(contacts)s::bigint[])"]
    for obj in OBJECTS.values():
        tie = obj.association("contact")
        if tie is not None and tie.column:
            parts.append(
                f"SELECT id FROM {obj.table} WHERE account_id = %(account_id)s AND {tie.column} = ANY(%(contacts)s)"
            )
    parts.append(
        "SELECT from_id FROM association WHERE account_id = %(account_id)s AND to_type = 'contact' "
        "AND to_id = ANY(%(contacts)s)"
    )
    rows = db.execute(" UNION ".join(parts), {"account_id": ctx.id, "contacts": contacts})  # type: ignore[arg-type]
    return sorted(row[0] for row in rows)
