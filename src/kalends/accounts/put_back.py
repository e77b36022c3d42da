"""Whether an account's books are known to be the latest: what asks before it bills, charges, or tells anybody anything.

A database that was put back to an earlier state has forgotten what was done since: charges, letters, webhooks. Until
somebody has let it go on (:mod:`kalends.billing.release_restored`), a live account does nothing that others see.
"""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.platform import sealed_off

JUST_FOUND = (
    "This database is not the one that Kalends worked with last: it seems to be an earlier state or a copy."
)

_STANDING = """
SELECT r.found_at, r.reason, r.released_at IS NOT NULL
FROM restoration AS r
WHERE r.account_id = %(account_id)s AND r.caught_up_at IS NULL
UNION ALL
SELECT m.noted_at, %(just_found)s, false
FROM database_mark AS m JOIN account AS a ON a.id = %(account_id)s AND a.mode = 'live'
WHERE m.identity <> database_identity() AND NOT %(sealed_off)s
ORDER BY 3, 1
LIMIT 1
"""


class PutBack(NamedTuple):
    """The account's books were put back: found when, why it is thought so, and whether somebody let them go on."""

    found_at: datetime
    reason: str
    released: bool


def put_back(db: Connection[Any], account_id: int) -> PutBack | None:
    """What stands in the way of the account since its books were put back; ``None`` where nothing does.

    It is asked of the database itself each time: a server may be restored under processes that go on. A process that
    can reach nobody (:mod:`kalends.platform.sealed_off`) works on copies, and may.
    """
    params = {
        "account_id": account_id,
        "just_found": JUST_FOUND,
        "sealed_off": sealed_off.is_asked_for(),
    }
    row = db.execute(_STANDING, params).fetchone()
    return None if row is None else PutBack(*row)


def mark_database(db: Connection[Any], now: datetime, *, folder: str = "") -> None:
    """Keep which database this one is, once there is a live account; a mark that is there already stays."""
    db.execute(
        "INSERT INTO database_mark (identity, folder, noted_at) SELECT database_identity(), %s, %s "
        "WHERE EXISTS (SELECT FROM account WHERE mode = 'live') ON CONFLICT (id) DO NOTHING",
        [folder, now],
    )


def tells_nobody(db: Connection[Any], account_id: int) -> bool:
    """Whether letters, webhooks and calls of workflows have to wait, since they may have been sent before."""
    return put_back(db, account_id) is not None
