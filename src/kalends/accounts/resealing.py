"""Sealing every secret anew with the newest key, so that the older ones can be given up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from kalends.platform.sealing import CannotUnseal, resealed

Db = Connection[Any]


class Resealed(NamedTuple):
    """What came of it: how many were sealed anew, how many were already, and which no key opens, in words."""

    anew: int
    before: int
    lost: tuple[str, ...]

    def and_then(self, more: Resealed) -> Resealed:
        """Both together."""
        return Resealed(self.anew + more.anew, self.before + more.before, (*self.lost, *more.lost))


def reseal_apps(db: Db, account_id: int) -> Resealed:
    """The secrets of the apps of the account that was entered, revoked ones as well."""
    rows = db.execute(
        "SELECT id, name, client_secret FROM integration_app WHERE account_id = %s ORDER BY id", [account_id]
    ).fetchall()
    return _reseal(
        db,
        "UPDATE integration_app SET client_secret = %s WHERE account_id = %s AND id = %s AND client_secret = %s",
        [
            ([account_id, id_], f"app {id_} ({name}) of account {account_id}", bytes(sealed))
            for id_, name, sealed in rows
        ],
    )


def reseal_workflow_secret(db: Db, account_id: int) -> Resealed:
    """What signs the webhooks of workflows of the account that was entered, if it has any."""
    rows = db.execute("SELECT sealed FROM workflow_secret WHERE account_id = %s", [account_id]).fetchall()
    return _reseal(
        db,
        "UPDATE workflow_secret SET sealed = %s WHERE account_id = %s AND sealed = %s",
        [([account_id], f"webhooks of workflows of account {account_id}", bytes(row[0])) for row in rows],
    )


def reseal_second_factors(db: Db) -> Resealed:
    """The secrets of users' apps for codes; users are of no account."""
    rows = db.execute(
        "SELECT f.user_id, u.email, f.sealed_secret FROM second_factor AS f JOIN app_user AS u ON u.id = f.user_id "
        "ORDER BY f.user_id"
    ).fetchall()
    return _reseal(
        db,
        "UPDATE second_factor SET sealed_secret = %s WHERE user_id = %s AND sealed_secret = %s",
        [([id_], f"app for codes of {email}", bytes(sealed)) for id_, email, sealed in rows],
    )


def _reseal(db: Db, update: LiteralString, found: Iterable[tuple[list[int], str, bytes]]) -> Resealed:
    """Each by itself: a secret that was changed meanwhile is newer than what was read, and is left as it is."""
    done = Resealed(0, 0, ())
    for key, words, sealed in found:
        try:
            fresh = resealed(sealed)
        except CannotUnseal:
            done = done.and_then(Resealed(0, 0, (words,)))
            continue
        if fresh is None or not db.execute(update, [fresh, *key, sealed]).rowcount:
            done = done.and_then(Resealed(0, 1, ()))
        else:
            done = done.and_then(Resealed(1, 0, ()))
    return done
