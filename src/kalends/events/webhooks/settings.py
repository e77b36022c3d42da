"""Where an app wants to be told of changes, and how many requests at once it can take."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events.feed import settled_until
from kalends.events.webhooks.networks import BadUrl, allowed_networks, check_url
from kalends.events.webhooks.signatures import OLDER_VERSIONS

CALLS_AT_ONCE, CALLS_AT_ONCE_MOST = 10, 100
"""How many requests at once an app gets unless it says so, and how many it can have."""

_SELECT = (
    "SELECT app_id, url, calls_at_once, signature_version, after, failures, created_at, updated_at "
    "FROM webhook_target WHERE account_id = %s"
)


class BadSettings(ValueError):
    """Settings that cannot be so; ``field`` is the one that is wrong, and the message says what would be right."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Target(NamedTuple):
    """Where an app is told of changes, and how far it has been: ``after`` is an event's number."""

    app_id: int
    url: str
    calls_at_once: int
    signature_version: str
    after: int
    failures: int
    created_at: datetime
    updated_at: datetime


def find_target(db: Connection[Any], ctx: AccountContext, app_id: int) -> Target | None:
    """The settings of an app, if it has any."""
    row = db.execute(_SELECT + " AND app_id = %s", [ctx.id, app_id]).fetchone()
    return None if row is None else Target(*row)


def list_targets(db: Connection[Any], account_id: int) -> list[Target]:
    """The settings of every app that has some and was not revoked."""
    rows = db.execute(
        _SELECT
        + " AND app_id IN (SELECT id FROM integration_app WHERE account_id = %s AND revoked_at IS NULL) "
        "ORDER BY app_id",
        [account_id, account_id],
    ).fetchall()
    return [Target(*row) for row in rows]


def set_target(
    db: Connection[Any],
    ctx: AccountContext,
    app_id: int,
    *,
    url: str,
    calls_at_once: int | None = None,
    signature_version: str | None = None,
    now: datetime,
) -> Target:
    """Set where an app is told of changes; what is not given stays. At first it is told of what comes from here on.

    Raises :class:`BadSettings`.
    """
    try:
        check_url(url, allowed_networks())
    except BadUrl as bad:
        raise BadSettings("targetUrl", str(bad)) from bad
    if calls_at_once is not None and not 1 <= calls_at_once <= CALLS_AT_ONCE_MOST:
        raise BadSettings(
            "throttling.maxConcurrentRequests",
            f"{calls_at_once} requests at once are not possible; give a whole number from 1 to {CALLS_AT_ONCE_MOST}.",
        )
    if signature_version is not None and signature_version not in OLDER_VERSIONS:
        raise BadSettings(
            "signatureVersion", f"The older signature is one of {' and '.join(OLDER_VERSIONS)}."
        )
    db.execute(
        "INSERT INTO webhook_target AS t (account_id, app_id, url, calls_at_once, signature_version, after, failures, "
        "created_at, updated_at) VALUES (%(account_id)s, %(app_id)s, %(url)s, coalesce(%(at_once)s::int, %(usual)s), "
        "coalesce(%(version)s::text, 'v1'), %(after)s, 0, %(now)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT webhook_target_pkey DO UPDATE SET url = EXCLUDED.url, failures = 0, "
        "calls_at_once = coalesce(%(at_once)s::int, t.calls_at_once), "
        "signature_version = coalesce(%(version)s::text, t.signature_version), updated_at = EXCLUDED.updated_at",
        {
            "account_id": ctx.id,
            "app_id": app_id,
            "url": url,
            "at_once": calls_at_once,
            "usual": CALLS_AT_ONCE,
            "version": signature_version,
            "after": settled_until(db, ctx),
            "now": now,
        },
    )
    found = find_target(db, ctx, app_id)
    assert found is not None, "the settings were written a moment ago"
    return found


def delete_target(db: Connection[Any], ctx: AccountContext, app_id: int) -> bool:
    """Tell an app of nothing from here on, and drop what it was not told yet; says whether it had settings."""
    params = {"account_id": ctx.id, "app_id": app_id}
    db.execute(
        "DELETE FROM webhook_delivery WHERE account_id = %(account_id)s AND app_id = %(app_id)s AND batch_id IS NULL",
        params,
    )
    db.execute(
        "WITH gone AS (DELETE FROM webhook_batch WHERE account_id = %(account_id)s AND app_id = %(app_id)s "
        "AND status = 'waiting' RETURNING id) "
        "DELETE FROM webhook_delivery AS d USING gone WHERE d.account_id = %(account_id)s AND d.batch_id = gone.id",
        params,
    )
    gone = db.execute(
        "DELETE FROM webhook_target WHERE account_id = %(account_id)s AND app_id = %(app_id)s", params
    )
    return gone.rowcount > 0
