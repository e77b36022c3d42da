"""The amounts of a line item in SQL: kept ones where the line has them, else worked out from what was agreed.

Names that an expression may use: ``gross``, ``discount``, ``net`` (after discount), ``tax``, ``total`` (with tax),
``untaxed``, ``margin``; ``places`` (decimals of the currency); ``payments``, ``end_date`` and ``term_months``;
``periods`` per ``months`` (the billing frequency as a ratio; 0 for a one-time item).
"""

from __future__ import annotations

from kalends.catalog.expressions import Expression, by_frequency, digits, unit
from kalends.core.calendar import Frequency

_PERIODS = by_frequency("{t}.frequency", {each: "52" if each.days else "1" for each in Frequency}, "0")
_MONTHS = by_frequency(
    "{t}.frequency", {each: str(12 * each.count if each.days else each.months) for each in Frequency}, "1"
)
_WEEKS_OF_PERIOD = by_frequency(
    "{t}.frequency", {each: str(each.count) for each in Frequency if each.days}, "NULL"
)
_MONTHS_OF_PERIOD = by_frequency(
    "{t}.frequency", {each: str(each.months) for each in Frequency if each.months}, "NULL"
)

_STEPS = (
    (
        f"(SELECT {unit('{t}.currency')} AS unit, {digits('{t}.currency')} AS places, {_PERIODS}::numeric AS periods, "
        f"{_MONTHS} AS months, CASE WHEN {{t}}.term ~ '^P([0-9]+[YMWD])+$' THEN {{t}}.term::interval END AS term) cur"
    ),
    "(SELECT coalesce({t}.gross_minor * unit, round({t}.unit_price * {t}.quantity, places)) AS gross) gro",
    (
        "(SELECT coalesce({t}.discount_minor * unit, round(CASE WHEN {t}.discount_percent <> 0 "
        "THEN {t}.unit_price * {t}.quantity * {t}.discount_percent / 100 "
        "ELSE {t}.discount_per_unit * {t}.quantity END, places)) AS discount) dis"
    ),
    "(SELECT coalesce({t}.net_minor * unit, gross - discount) AS net) net",
    (
        "(SELECT coalesce({t}.tax_minor * unit, round(net * {t}.tax_rate "
        "/ CASE WHEN {t}.tax_inclusive THEN 100 + {t}.tax_rate ELSE 100 END, places)) AS tax) tax"
    ),
    "(SELECT coalesce({t}.total_minor * unit, CASE WHEN {t}.tax_inclusive THEN net ELSE net + tax END) AS total) tot",
    (
        "(SELECT total - tax AS untaxed, "
        "total - tax - round({t}.unit_cost * {t}.quantity, places) AS margin, "
        "({t}.start_date + term)::date AS end_date, "
        "extract(year FROM term) * 12 + extract(month FROM term) AS whole_months, extract(day FROM term) AS days) par"
    ),
    (
        "(SELECT whole_months + days * 12 / 364 AS term_months, "
        f"trunc(CASE WHEN days > 0 THEN days / (7 * {_WEEKS_OF_PERIOD}) "
        f"ELSE whole_months / {_MONTHS_OF_PERIOD} END) AS payments) trm"
    ),
)


def from_line(value: str) -> Expression:
    """An expression over the names that the module lists."""
    return Expression(f"(SELECT {value} FROM {' CROSS JOIN LATERAL '.join(_STEPS)})")


def per_month(value: str) -> Expression:
    """An amount per billing period as one per month; see :func:`kalends.core.revenue.mrr_minor`."""
    return from_line(f"round({value} * periods / months, places)")


def twelve_months(value: str) -> Expression:
    """An amount per billing period as one per year; see :func:`kalends.core.revenue.arr_minor`."""
    return from_line(f"round({value} * 12 * periods / months, places)")


def _total(value: str) -> str:
    return (
        f"CASE WHEN {{t}}.frequency IS NULL THEN {value} "
        f"WHEN payments IS NULL THEN round({value} * 12 * periods / months, places) ELSE {value} * payments END"
    )


def in_total(value: str) -> Expression:
    """An amount per billing period over the whole term; see :func:`kalends.core.revenue.tcv_minor`."""
    return from_line(_total(value))


def per_year(value: str) -> Expression:
    """The part of the total that falls on twelve months; see :func:`kalends.core.revenue.acv_minor`."""
    total = _total(value)
    return from_line(
        f"CASE WHEN {{t}}.frequency IS NULL OR payments IS NULL OR payments * months <= 12 * periods THEN {total} "
        f"ELSE round(({total}) * 12 * periods / (payments * months), places) END"
    )
