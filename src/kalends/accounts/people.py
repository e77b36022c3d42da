"""Users, and their places in accounts."""

from typing import Any

from psycopg import Connection

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
