"""Whom a subscription bills: its contact and its company, told by the subscription itself."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.create import InvalidSubscription
from kalends.billing.edit import Edit, EditRefused, apply_edit
from kalends.crm.associations import CannotAssociate, TieChange, register_tie_rule
from kalends.events import journal

Db = Connection[Any]


def register_rules() -> None:
    """Say how the contact and the company of a subscription are changed."""
    register_tie_rule("subscription", "contact", _change_contact)
    register_tie_rule("subscription", "company", _change_company)


def _change_contact(db: Db, ctx: AccountContext, change: TieChange) -> None:
    row = db.execute(
        "SELECT creates_invoices, status FROM subscription WHERE account_id = %s AND id = %s FOR UPDATE",
        [ctx.id, change.holder.id],
    ).fetchone()
    assert row is not None
    if row[0] and row[1] not in ("canceled", "expired"):
        if change.after is None:
            raise CannotAssociate("A subscription that is billed needs the contact that it bills.")
        try:
            apply_edit(db, ctx, change.holder.id, Edit(contact_id=change.after), actor=change.actor)
        except (EditRefused, InvalidSubscription) as refusal:
            raise CannotAssociate(str(refusal)) from refusal
        return
    _write(db, ctx, change, "contact_id")


def _change_company(db: Db, ctx: AccountContext, change: TieChange) -> None:
    _write(db, ctx, change, "company_id")


def _write(db: Db, ctx: AccountContext, change: TieChange, column: str) -> None:
    db.execute(
        f"UPDATE subscription SET {column} = %s, updated_at = %s WHERE account_id = %s AND id = %s",  # type: ignore[arg-type]
        [change.after, ctx.now, ctx.id, change.holder.id],
    )
    data = journal.changed(**{column: (change.before, change.after)})
    event = journal.NewEvent("subscription.updated", "subscription", change.holder.id, change.holder.id, data)
    journal.write(db, ctx.id, ctx.now, [event], change.actor)
