"""What segments and the emails to them know of people: whom a filter asks for, and what is written of them."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.crm.erasing import take_out
from kalends.crm.erasure import Part, Person, register


def register_rules() -> None:
    """Say what segments know of people."""
    register(Part(name="segments", erase=_erase))


def _erase(db: Connection[Any], ctx: AccountContext, person: Person) -> None:
    """A filter that asks for the person asks for nobody from now on, and its segment is found anew."""
    changed = take_out(db, ctx, "segment", ["filter"], person.words, named_once=True)
    db.execute(
        "UPDATE segment SET revision = revision + 1 WHERE account_id = %s AND id = ANY(%s) AND kind = 'active'",
        [ctx.id, changed],
    )
    take_out(db, ctx, "mailing", ["name", "words"], person.words)
