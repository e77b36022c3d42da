"""What currencies were worth in the account's own, day by day; conversion is exact, and rounded once at the end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.core.money import minor_digits


class NoRate(LookupError):
    """On that day no rate of the currency was known."""

    def __init__(self, currency: str, day: date) -> None:
        super().__init__(f"There is no exchange rate of {currency} on {day}.")
        self.currency, self.day = currency, day


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates into the currency ``own``: for each other currency the days from which one holds, oldest first."""

    own: str
    since: Mapping[str, tuple[tuple[date, Decimal], ...]]

    def of(self, currency: str, day: date) -> Fraction:
        """The worth of one minor unit in minor units of ``own`` on a day. Raises :class:`NoRate`.

        >>> rates = Rates("EUR", {"JPY": ((date(2026, 1, 1), Decimal("0.0061")),)})
        >>> rates.of("JPY", date(2026, 5, 1)) * 1000, rates.of("EUR", date(2026, 5, 1))
        (Fraction(610, 1), Fraction(1, 1))
        """
        if currency == self.own:
            return Fraction(1)
        known = self.since.get(currency, ())
        place = bisect_right(known, day, key=lambda each: each[0])
        if not place:
            raise NoRate(currency, day)
        shift = minor_digits(self.own) - minor_digits(currency)
        return Fraction(known[place - 1][1]) * Fraction(10) ** shift


def rates_of(db: Connection[Any], ctx: AccountContext) -> Rates:
    """All rates that the account has set."""
    rows: Iterable[tuple[str, date, Decimal]] = db.execute(
        "SELECT code, from_date, rate FROM exchange_rate WHERE account_id = %s ORDER BY code, from_date",
        [ctx.id],
    ).fetchall()
    since: dict[str, tuple[tuple[date, Decimal], ...]] = {}
    for code, day, rate in rows:
        since[code] = (*since.get(code, ()), (day, rate))
    return Rates(ctx.currency, since)
