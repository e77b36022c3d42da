"""Coming in, going out and failing to: kept for the audit log of each account in which the user has a place.

These happen to a user, not to an account's records, so they are no events of the journal: programs that read an
account's feed learn nothing of them. Each of the user's accounts gets a row of its own, behind its own wall.
"""

from __future__ import annotations

from datetime import datetime

from kalends.accounts.people import accounts_of
from kalends.query.context import Cursor

SIGNED_IN, SIGNED_OUT, FAILED = "signed_in", "signed_out", "sign_in_failed"
KINDS = (
    SIGNED_IN,
    SIGNED_OUT,
    FAILED,
    "password_changed",
    "second_factor_added",
    "second_factor_removed",
    "passkey_added",
    "passkey_removed",
    "session_revoked",
)
_LONGEST_AGENT = 300


def note_security(
    cursor: Cursor, user_id: int, kind: str, at: datetime, *, address: str = "", agent: str = ""
) -> None:
    """Write that something happened to a user's way in; inside a transaction, which is in no account afterwards.

    ``at`` is the system's moment also in a sandbox, whose clock says nothing about people; ``address`` the machine
    that asked, ``agent`` what its program calls itself.
    """
    assert kind in KINDS, f"there is no security event {kind}"
    for account in accounts_of(cursor, user_id):
        cursor.execute("SELECT set_config('kalends.account_id', %s, true)", [str(account.id)])
        cursor.execute(
            "INSERT INTO security_event (account_id, at, kind, user_id, address, agent) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [account.id, at, kind, user_id, address[:100], agent[:_LONGEST_AGENT]],
        )
    cursor.execute("SELECT set_config('kalends.account_id', '', true)", [])
