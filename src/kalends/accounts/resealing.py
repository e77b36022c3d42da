"""Sealing every secret anew with the newest key, so that the older ones can be given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection, sql

from kalends.platform.sealing import CannotUnseal, resealed

Db = Connection[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A column in which secrets are sealed. ``key`` finds the row, ``called`` is what a person calls it, in SQL."""

    table: str
    column: str
    key: Sequence[str]
    called: LiteralString
    of_account: bool = True


PLACES = (
    Place(
        table="second_factor",
        column="sealed_secret",
        key=("user_id",),
        called="'app for codes of ' || (SELECT email FROM app_user WHERE id = user_id)",
        of_account=False,
    ),
    Place(
        table="integration_app",
        column="client_secret",
        key=("account_id", "id"),
        called="format('app %%s (%%s) of account %%s', id, name, account_id)",
    ),
    Place(
        table="workflow_secret",
        column="sealed",
        key=("account_id",),
        called="format('webhooks of workflows of account %%s', account_id)",
    ),
    Place(
        table="stripe_connection",
        column="sealed_key",
        key=("account_id",),
        called="format('connection to Stripe of account %%s', account_id)",
    ),
    Place(
        table="stripe_connection",
        column="sealed_signing",
        key=("account_id",),
        called="format('reports of Stripe to account %%s', account_id)",
    ),
)
"""Every column of the database with something sealed in it; a test looks for columns that are missing here."""


class Resealed(NamedTuple):
    """What came of it: how many were sealed anew, how many were already, and which no key opens, in words."""

    anew: int = 0
    before: int = 0
    lost: tuple[str, ...] = ()

    @property
    def looked_at(self) -> int:
        """How many secrets there were."""
        return self.anew + self.before + len(self.lost)

    def and_then(self, more: Resealed) -> Resealed:
        """Both together."""
        return Resealed(self.anew + more.anew, self.before + more.before, (*self.lost, *more.lost))


def reseal_account(
    db: Db, account_id: int, *, tell: Callable[[Resealed], None] = lambda done: None
) -> Resealed:
    """The secrets of the account that was entered, also of what was revoked. ``tell`` hears how far it has come.

    Each secret is written by itself, so that a run that ends early has done what it did, and the next goes on.
    """
    return _reseal([place for place in PLACES if place.of_account], db, account_id, tell)


def reseal_people(db: Db, *, tell: Callable[[Resealed], None] = lambda done: None) -> Resealed:
    """The secrets of users, who are of no account."""
    return _reseal([place for place in PLACES if not place.of_account], db, 0, tell)


def _reseal(places: Sequence[Place], db: Db, account_id: int, tell: Callable[[Resealed], None]) -> Resealed:
    done = Resealed()
    for place in places:
        for words, sealed, *key in db.execute(_find(place), {"account_id": account_id}).fetchall():
            done = done.and_then(_seal_anew(db, place, key, words, bytes(sealed)))
            tell(done)
    return done


def _seal_anew(db: Db, place: Place, key: Sequence[Any], words: str, sealed: bytes) -> Resealed:
    """A secret that was changed meanwhile is newer than what was read, and is left as it is."""
    try:
        fresh = resealed(sealed)
    except CannotUnseal:
        return Resealed(lost=(words,))
    if fresh is None or not db.execute(_replace(place), [fresh, *key, sealed]).rowcount:
        return Resealed(before=1)
    return Resealed(anew=1)


def _find(place: Place) -> sql.Composed:
    keys = sql.SQL(", ").join(map(sql.Identifier, place.key))
    within = "WHERE account_id = %(account_id)s AND" if place.of_account else "WHERE"
    return sql.SQL("SELECT {}, {}, {} FROM {} " + within + " {} IS NOT NULL ORDER BY {}").format(
        sql.SQL(place.called),
        sql.Identifier(place.column),
        keys,
        sql.Identifier(place.table),
        sql.Identifier(place.column),
        keys,
    )


def _replace(place: Place) -> sql.Composed:
    column = sql.Identifier(place.column)
    conditions = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in place.key]
    return sql.SQL("UPDATE {} SET {} = %s WHERE {} AND {} = %s").format(
        sql.Identifier(place.table), column, sql.SQL(" AND ").join(conditions), column
    )
