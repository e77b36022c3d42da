"""The currencies that an account bills in, and what each is worth in the account's own from a day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.core.money import UnknownCurrency, minor_digits
from kalends.events import journal

Db = Connection[Any]
DECIMALS = 9


class CurrencyRefused(ValueError):
    """Something that cannot be done with a currency; ``reason`` is one of the keys of :data:`REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


REASONS = {
    "unknown": "Give the code of a currency of ISO 4217, such as EUR.",
    "enabled": "The account bills in this currency already.",
    "own": "The account's own currency is worth 1, and stays.",
    "not_enabled": "The account does not bill in this currency.",
    "in_use": "Subscriptions that still run are billed in this currency: end them first.",
    "rate": f"Give a rate above 0 with at most {DECIMALS} decimals.",
}
"""What can be refused, in English; pages have words of their own for each."""


class Currency(NamedTuple):
    """A currency that the account bills in, and its rate of today: the worth of one unit in the account's own."""

    code: str
    rate: Decimal | None
    since: date | None
    running: int


def currencies(db: Db, ctx: AccountContext) -> list[Currency]:
    """What the account bills in, its own currency first, with how many subscriptions run in each."""
    rows = db.execute(
        "SELECT c.code, fx.rate, fx.from_date, (SELECT count(*) FROM subscription AS s "
        "WHERE s.account_id = c.account_id AND s.currency = c.code AND s.archived_at IS NULL "
        "AND s.status NOT IN ('canceled', 'expired')) "
        "FROM enabled_currency AS c LEFT JOIN LATERAL (SELECT r.rate, r.from_date FROM exchange_rate AS r "
        "WHERE r.account_id = c.account_id AND r.code = c.code AND r.from_date <= %(today)s "
        "ORDER BY r.from_date DESC LIMIT 1) AS fx ON true "
        "WHERE c.account_id = %(account_id)s ORDER BY c.code <> %(own)s, c.code",
        {"account_id": ctx.id, "today": ctx.today, "own": ctx.currency},
    ).fetchall()
    return [Currency(*row) for row in rows]


def enable_currency(db: Db, ctx: AccountContext, code: str, *, actor: str = "system") -> None:
    """Bill in one more currency. Raises :class:`CurrencyRefused`."""
    try:
        minor_digits(code)
    except UnknownCurrency as problem:
        raise CurrencyRefused("unknown") from problem
    with db.transaction():
        done = db.execute(
            "INSERT INTO enabled_currency (account_id, code) VALUES (%s, %s) "
            "ON CONFLICT ON CONSTRAINT enabled_currency_once DO NOTHING",
            [ctx.id, code],
        )
        if not done.rowcount:
            raise CurrencyRefused("enabled")
        _note(db, ctx, "account.currency_enabled", {"currency": code}, actor)


def disable_currency(db: Db, ctx: AccountContext, code: str, *, actor: str = "system") -> None:
    """Bill in a currency no more; its rates stay, for the records that there are. Raises :class:`CurrencyRefused`."""
    if code == ctx.currency:
        raise CurrencyRefused("own")
    with db.transaction():
        found = next((each for each in currencies(db, ctx) if each.code == code), None)
        if found is None:
            raise CurrencyRefused("not_enabled")
        if found.running:
            raise CurrencyRefused("in_use")
        db.execute("DELETE FROM enabled_currency WHERE account_id = %s AND code = %s", [ctx.id, code])
        _note(db, ctx, "account.currency_disabled", {"currency": code}, actor)


def set_rate(
    db: Db, ctx: AccountContext, code: str, rate: Decimal, *, since: date, actor: str = "system"
) -> None:
    """Say what one unit of a currency is worth in the account's own from a day on, in the place of what was said for
    that day. Raises :class:`CurrencyRefused`.
    """
    if code == ctx.currency:
        raise CurrencyRefused("own")
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 < rate < 10**DECIMALS or -exponent > DECIMALS:
        raise CurrencyRefused("rate")
    with db.transaction():
        if code not in [each.code for each in currencies(db, ctx)]:
            raise CurrencyRefused("not_enabled")
        row = db.execute(
            "SELECT rate FROM exchange_rate WHERE account_id = %s AND code = %s AND from_date <= %s "
            "ORDER BY from_date DESC LIMIT 1",
            [ctx.id, code, since],
        ).fetchone()
        db.execute(
            "INSERT INTO exchange_rate (account_id, code, from_date, rate) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT ON CONSTRAINT exchange_rate_once_a_day DO UPDATE SET rate = excluded.rate",
            [ctx.id, code, since, rate],
        )
        told = journal.changed(rate=(row[0] if row else None, rate))
        _note(db, ctx, "account.exchange_rate_set", {"currency": code, "since": since, **told}, actor)


def _note(db: Db, ctx: AccountContext, kind: str, data: dict[str, Any], actor: str) -> None:
    journal.write(db, ctx.id, ctx.now, [journal.NewEvent(kind, "account", ctx.id, None, data)], actor)
