"""What saved reports know of people: whom their filters ask for, and what they and dashboards are called."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.crm.erasing import take_out
from kalends.crm.erasure import Part, Person, register


def register_rules() -> None:
    """Say what reports know of people."""
    register(Part(name="insight", erase=_erase))


def _erase(db: Connection[Any], ctx: AccountContext, person: Person) -> None:
    """A report that asks for the person asks for nobody from now on."""
    take_out(db, ctx, "saved_report", ["content"], person.words, named_once=True)
    take_out(db, ctx, "dashboard", [], person.words, named_once=True)
