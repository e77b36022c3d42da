"""What saved views know of people: whom they look for."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.crm.erasing import take_out
from kalends.crm.erasure import Part, Person, register


def register_rules() -> None:
    """Say what saved views know of people."""
    register(Part(name="views", erase=_erase))


def _erase(db: Connection[Any], ctx: AccountContext, person: Person) -> None:
    """A view that asks for the person asks for nobody from now on."""
    take_out(db, ctx, "saved_view", ["content"], person.words, named_once=True)
