"""SQL that several properties share, written once: units of currencies, exchange rates, ties, billing periods.

Results are templates (see :mod:`kalends.catalog.model`) and are read only; what is charged is computed by
:mod:`kalends.core`, and stored.
"""

from __future__ import annotations

from kalends.catalog.model import Association
from kalends.core.calendar import Frequency
from kalends.core.currencies import MINOR_DIGITS

ACCOUNT_CURRENCY = "(SELECT acc.currency FROM account acc WHERE acc.id = {t}.account_id)"


class Expression(str):
    """A template that computes a value, as opposed to the name of a column."""

    __slots__ = ()


def _by_digits(currency: str, results: dict[int, str]) -> str:
    cases = " ".join(
        f"WHEN {currency} IN ({', '.join(_literal(code) for code, has in MINOR_DIGITS.items() if has == digits)}) "
        f"THEN {result}"
        for digits, result in results.items()
        if digits != 2
    )
    return f"CASE {cases} ELSE {results[2]} END"


def _literal(code: str) -> str:
    return f"'{code}'"


def unit(currency: str) -> str:
    """How much one minor unit of a currency is in major units: 1, 0.01 or 0.001."""
    return _by_digits(currency, {0: "1", 2: "0.01", 3: "0.001"})


def digits(currency: str) -> str:
    """How many decimals a currency has."""
    return _by_digits(currency, {0: "0", 2: "2", 3: "3"})


def major(minor: str, currency: str = "{t}.currency") -> str:
    """An amount in minor units as an exact decimal in major units, with all the currency's decimals."""
    return f"(({minor}) * {unit(currency)})"


def while_recurring(column: str) -> Expression:
    """What was agreed per month or year, in the statuses that have recurring revenue; elsewhere 0.

    Unpaid subscriptions keep theirs on the record, and reports state it apart.
    """
    billed = "{t}.status IN ('active', 'past_due', 'unpaid')"
    return Expression(major(f"CASE WHEN {billed} THEN {{t}}.{column} ELSE 0 END"))


def local_date(instant: str) -> str:
    """The date of an instant in the account's time zone."""
    return f"(({instant}) AT TIME ZONE {{zone}})::date"


def rate(currency: str, on: str) -> str:
    """What one unit of a currency was worth in the account's currency on a date; null where no rate is known."""
    return (
        f"(SELECT CASE WHEN acc.currency = {currency} THEN 1 ELSE (SELECT fx.rate FROM exchange_rate fx "
        f"WHERE fx.account_id = acc.id AND fx.code = {currency} AND fx.from_date <= {on} "
        f"ORDER BY fx.from_date DESC LIMIT 1) END FROM account acc WHERE acc.id = {{t}}.account_id)"
    )


def in_account_currency(amount: str, on: str, currency: str = "{t}.currency") -> Expression:
    """An amount (major units) in the account's currency at the rate of a date, rounded half up to its decimals."""
    return Expression(f"round(({amount}) * {rate(currency, on)}, {digits(ACCOUNT_CURRENCY)})")


def linked_ids(association: Association, this: str, that_table: str) -> str:
    """A query of the ids of the records of ``that_table`` that are tied to the row ``{t}`` of the object ``this``."""
    queries: list[str] = []
    if association.column:
        queries.append(f"SELECT {{t}}.{association.column}")
    if association.their_column:
        queries.append(
            f"SELECT lnk.id FROM {that_table} lnk "
            f"WHERE lnk.account_id = {{t}}.account_id AND lnk.{association.their_column} = {{t}}.id"
        )
    if association.is_parent:
        queries.append(
            f"SELECT lnk.id FROM {that_table} lnk WHERE lnk.account_id = {{t}}.account_id "
            f"AND lnk.parent_type = '{this}' AND lnk.parent_id = {{t}}.id"
        )
    if association.is_child:
        queries.append(f"SELECT {{t}}.parent_id WHERE {{t}}.parent_type = '{association.to}'")
    if association.stored:
        queries.append(
            "SELECT lnk.to_id FROM association lnk WHERE lnk.account_id = {t}.account_id "
            f"AND lnk.from_type = '{this}' AND lnk.from_id = {{t}}.id AND lnk.to_type = '{association.to}'"
        )
    return " UNION ".join(queries)


def linked_records(association: Association, this: str, that_table: str, alias: str) -> str:
    """What follows FROM: the living records of ``that_table`` that are tied to the row ``{t}``, each once.

    It ends in a WHERE, to which conditions can be added. Each record is looked up by itself, behind a fence: asked for
    ``id IN (…)``, the planner walks through all of the account in whatever index holds the id, since it expects an
    account to be small (:mod:`kalends.accounts.walls`).
    """
    one = f"SELECT * FROM {that_table} WHERE account_id = {{t}}.account_id AND id = tied.id OFFSET 0"
    return (
        f"(SELECT DISTINCT each.id FROM ({linked_ids(association, this, that_table)}) AS each (id)) AS tied "
        f"CROSS JOIN LATERAL ({one}) AS {alias} WHERE {alias}.archived_at IS NULL"
    )


def by_frequency(frequency: str, result: dict[Frequency, str], otherwise: str) -> str:
    """A value that depends on the billing frequency."""
    cases = " ".join(f"WHEN '{each.value}' THEN {value}" for each, value in result.items())
    return f"CASE {frequency} {cases} ELSE {otherwise} END"


def monthly(amount: str, frequency: str) -> str:
    """An amount per billing period as an amount per month, not rounded; 0 for what is not recurring.

    A month is a twelfth of a year of 52 weeks, as in :func:`kalends.core.revenue.monthly_factor`.
    """
    result = {
        each: f"({amount}) * 52 / {12 * each.count}" if each.days else f"({amount}) / {each.months}.0"
        for each in Frequency
    }
    return by_frequency(frequency, result, "0")


def joined(parts: list[str]) -> Expression:
    """The parts of an address in one line."""
    columns = ", ".join(f"NULLIF({{t}}.{part}, '')" for part in parts)
    return Expression(f"NULLIF(concat_ws(', ', {columns}), '')")
