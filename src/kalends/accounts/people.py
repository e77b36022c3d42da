"""Users, and their places in accounts."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.query.context import Cursor

NO_PASSWORD = "!"  # noqa: S105
"""A password hash that no password has: the user cannot sign in until one is set."""


def add_user(
    db: Connection[Any], *, email: str, name: str, password_hash: str = NO_PASSWORD, language: str = "en"
) -> int:
    """Make a user, or find the one with this address (compared without regard to case); returns the id.

    An existing user's name, password and language are left as they are.
    """
    address = email.strip().lower()
    db.execute(
        "INSERT INTO app_user (email, name, password, language, is_active) VALUES (%s, %s, %s, %s, true) "
        "ON CONFLICT (email) DO NOTHING",
        [address, name, password_hash, language],
    )
    row = db.execute("SELECT id FROM app_user WHERE email = %s", [address]).fetchone()
    assert row is not None
    return row[0]


def add_member(db: Connection[Any], account_id: int, user_id: int, role: str = "member") -> None:
    """Give a user a place in the account; who has one keeps it. ``role`` is ``admin`` or ``member``."""
    db.execute(
        "INSERT INTO membership (account_id, user_id, role, told_of_payments_made, told_of_payments_failed) "
        "VALUES (%s, %s, %s, true, true) ON CONFLICT ON CONSTRAINT membership_once DO NOTHING",
        [account_id, user_id, role],
    )


class OwnAccount(NamedTuple):
    """An account in which a user has a place."""

    id: int
    name: str
    is_sandbox: bool


def accounts_of(cursor: Cursor, user_id: int) -> list[OwnAccount]:
    """Every account in which the user has a place, by name, live ones first; inside a transaction.

    The one statement that looks across accounts: a policy of its own shows a user the places that they have
    (:data:`kalends.accounts.walls.OWN_PLACES`), and of the accounts no more than their names.
    """
    cursor.execute("SELECT set_config('kalends.user_id', %s, true)", [str(user_id)])
    cursor.execute(
        "SELECT a.id, a.name, a.mode = 'sandbox' FROM membership AS m JOIN account AS a ON a.id = m.account_id "
        "WHERE m.user_id = %s ORDER BY a.mode, lower(a.name), a.id",
        [user_id],
    )
    found = [OwnAccount(*row) for row in cursor.fetchall()]
    cursor.execute("SELECT set_config('kalends.user_id', '', true)", [])
    return found


class UnknownMember(LookupError):
    """The account has no user with this address."""


class Member(NamedTuple):
    """A user of the account, and of what the user wants to be told by letter."""

    user_id: int
    name: str
    email: str
    role: str
    payments_made: bool
    payments_failed: bool
    disputes: bool
    pauses: bool
    webhooks: bool


NOTICES = ("payments_made", "payments_failed", "disputes", "pauses", "webhooks")
"""What users can be told of, by letter and on their pages; each switches them alone. Of webhooks no letter tells."""


def members(db: Connection[Any], account_id: int, email: str | None = None) -> list[Member]:
    """The account's users, or the one with this address. Raises ``UnknownMember`` for an address that nobody has."""
    rows = db.execute(
        "SELECT u.id, u.name, u.email, m.role, m.told_of_payments_made, m.told_of_payments_failed, m.told_of_disputes, "
        "m.told_of_pauses, m.told_of_webhooks FROM membership AS m JOIN app_user AS u ON u.id = m.user_id "
        "WHERE m.account_id = %(account_id)s AND (%(email)s::text IS NULL OR u.email = %(email)s) ORDER BY m.id",
        {"account_id": account_id, "email": None if email is None else email.strip().lower()},
    ).fetchall()
    if email is not None and not rows:
        raise UnknownMember(f"Nobody with the address {email} has a place in this account.")
    return [Member(*row) for row in rows]


def switch_notices(db: Connection[Any], account_id: int, email: str, wanted: Mapping[str, bool]) -> None:
    """Let a user be told of things or not, by their names in ``NOTICES``. Raises ``UnknownMember``."""
    unknown = wanted.keys() - set(NOTICES)
    assert not unknown, f"there is no notice of {unknown}"
    (member,) = members(db, account_id, email)
    switched = member._replace(**wanted)
    db.execute(
        "UPDATE membership SET told_of_payments_made = %s, told_of_payments_failed = %s, told_of_disputes = %s, "
        "told_of_pauses = %s, told_of_webhooks = %s WHERE account_id = %s AND user_id = %s",
        [*(getattr(switched, name) for name in NOTICES), account_id, member.user_id],
    )


def set_export_alert(db: Connection[Any], account_id: int, user_id: int, least: int | None) -> None:
    """Let a user be told of exports with at least so many records, or of none."""
    db.execute(
        "UPDATE membership SET told_of_exports_from = %s WHERE account_id = %s AND user_id = %s",
        [least, account_id, user_id],
    )
