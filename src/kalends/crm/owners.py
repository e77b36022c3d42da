"""Owners: the users of an account, as records name them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load

Db = Connection[Any]


class UnknownOwner(LookupError):
    """The account has no such owner."""


class OwnerTeam(NamedTuple):
    """A team that an owner is in; a user is in one at most, which is the primary one."""

    id: int
    name: str


class Owner(NamedTuple):
    """A user of the account. ``id`` is what properties of records hold, and the user's number as well.

    An archived owner is a user who can no longer sign in; records may still name them.
    """

    id: int
    email: str
    first_name: str
    last_name: str
    created_at: datetime
    archived: bool
    team: OwnerTeam | None


def owners(
    db: Db,
    ctx: AccountContext,
    *,
    email: str | None = None,
    archived: bool = False,
    after: int = 0,
    limit: int = 100,
) -> list[Owner]:
    """The account's owners behind the id ``after``, in order of id; at most ``limit`` of them.

    An address is compared without regard to case.
    """
    params = {
        "account_id": ctx.id,
        "id": None,
        "email": email.strip().lower() if email is not None else None,
        "archived": archived,
        "after": after,
        "limit": limit,
    }
    return [_owner(*row) for row in db.execute(load("kalends.crm", "owners"), params)]


def owner(db: Db, ctx: AccountContext, id_: int, *, archived: bool = False) -> Owner:
    """An owner by id, which is the user's number too. Raises :class:`UnknownOwner`."""
    params = {
        "account_id": ctx.id,
        "id": id_,
        "email": None,
        "archived": archived,
        "after": 0,
        "limit": 1,
    }
    row = db.execute(load("kalends.crm", "owners"), params).fetchone()
    if row is None:
        raise UnknownOwner(f"There is no {'archived ' if archived else ''}owner {id_} in this account.")
    return _owner(*row)


def _owner(
    id_: int,
    email: str,
    name: str,
    created_at: datetime,
    active: bool,
    team_id: int | None,
    team: str | None,
) -> Owner:
    first, last = split_name(name)
    return Owner(
        id_,
        email,
        first,
        last,
        created_at,
        not active,
        OwnerTeam(team_id, team or "") if team_id is not None else None,
    )


def split_name(name: str) -> tuple[str, str]:
    """A name as first and last name: the last word is the last name.

    >>> split_name("Anna Maria Virtanen"), split_name("Olive")
    (('Anna Maria', 'Virtanen'), ('Olive', ''))
    """
    first, _, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")
