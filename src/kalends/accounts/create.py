"""Making accounts, users and memberships."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext, AccountSettings, load_context
from kalends.accounts.put_back import mark_database
from kalends.accounts.sql import enter_account
from kalends.core.calendar import local_date
from kalends.core.money import minor_digits
from kalends.crm.pipelines import make_default_pipelines


def create_account(
    db: Connection[Any],
    *,
    name: str,
    time_zone: str,
    currency: str,
    now: datetime,
    language: str = "en",
    country: str = "",
    clock_at: datetime | None = None,
    settings: AccountSettings | None = None,
    currencies: tuple[str, ...] = (),
) -> AccountContext:
    """Make an account and enter it; with ``clock_at`` it is a sandbox whose clock stands there.

    Raises ``UnknownCurrency`` or ``UnknownTimeZone`` before anything is written.
    """
    for code in (currency, *currencies):
        minor_digits(code)
    local_date(now, time_zone)
    mode = "live" if clock_at is None else "sandbox"
    with db.transaction():
        row = db.execute(
            "INSERT INTO account (name, mode, time_zone, currency, language, country, clock_at, settings, created_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
            [
                name,
                mode,
                time_zone,
                currency,
                language,
                country,
                clock_at,
                (settings or AccountSettings()).stored(),
                now,
            ],
        ).fetchone()
        assert row is not None
        enter_account(db, row[0])
        for code in dict.fromkeys((currency, *currencies)):
            db.execute("INSERT INTO enabled_currency (account_id, code) VALUES (%s, %s)", [row[0], code])
        make_default_pipelines(db, row[0], clock_at or now)
        if clock_at is None:
            mark_database(db, now)
    return load_context(db, row[0], system_now=now)
