"""What a quote's lines come to on acceptance, in SQL: the rule of :mod:`kalends.core.pricing`, to the last cent.

Lines are divided into the documents that they will be billed by: what is billed once, and what recurs equally often for
as many payments. In each of them a tax falls on the sum for its rate and is rounded once; a discount on the whole is
taken off what is billed once, and only the rest of it off what recurs. What is shared is shared by largest remainder,
so each step works out whole parts first and then gives what is left of the cents to the largest remainders.
"""

from __future__ import annotations

from kalends.catalog.expressions import Expression, digits
from kalends.catalog.line_amounts import from_line
from kalends.catalog.line_sums import CURRENCY

AT_ONCE = (
    "(lin.is_optional IS NOT TRUE AND (lin.frequency IS NULL OR CASE WHEN lin.start_date IS NULL "
    "THEN coalesce(lin.delay_days, lin.delay_months, 0) = 0 ELSE lin.start_date <= {today} END))"
)
"""Whether a line (``lin``) is due on acceptance."""

PLACES = digits(CURRENCY)
_NET = from_line("net").replace("{t}", "lin")
_PAYMENTS = from_line("payments").replace("{t}", "lin")
_TAXED = "(PARTITION BY bill, rate, inclusive)"


def _whole_parts(amount: str, weight: str, over: str) -> str:
    """Of a share by largest remainder: the whole part, and what remains to rank by."""
    whole = f"nullif(sum({weight}) OVER {over}, 0)"
    return (
        f"coalesce(div({amount} * {weight}, {whole}), 0) AS part, "
        f"coalesce(mod({amount} * {weight}, {whole}), 0) AS rest"
    )


def _share(amount: str, over: str) -> str:
    """The share itself, of columns that :func:`_whole_parts` has made."""
    ranked = over.rstrip(")") + " ORDER BY rest DESC, place)"
    return f"(part + (row_number() OVER {ranked} <= {amount} - sum(part) OVER {over})::int)"


_UNTAXED = (
    "line AS (SELECT row_number() OVER (ORDER BY lin.position, lin.id) AS place, "
    f"CASE WHEN lin.frequency IS NULL THEN '' ELSE concat_ws(' ', lin.frequency, {_PAYMENTS}) END AS bill, "
    "coalesce(lin.tax_rate, 0) AS rate, coalesce(lin.tax_inclusive AND lin.tax_rate <> 0, false) AS inclusive, "
    f"{_NET} * power(10::numeric, {PLACES}) AS net FROM line_item lin "
    "WHERE lin.account_id = {t}.account_id AND lin.parent_type = 'quote' AND lin.parent_id = {t}.id "
    f"AND lin.archived_at IS NULL AND {AT_ONCE}), "
    f"held AS (SELECT *, CASE WHEN inclusive THEN round(sum(net) OVER {_TAXED} * rate / (100 + rate)) ELSE 0 END "
    "AS within FROM line), "
    f"parted AS (SELECT *, {_whole_parts('within', 'net', _TAXED)} FROM held), "
    f"untaxed AS (SELECT place, bill, rate, inclusive, net, net - {_share('within', _TAXED)} AS amount FROM parted)"
)
SUBTOTAL = Expression(
    f"(WITH {_UNTAXED} SELECT round(coalesce(sum(amount), 0) / power(10::numeric, {PLACES}), {PLACES}) FROM untaxed)"
)
"""What is due on acceptance without any tax, in major units."""

_BILLS = "()"


def taxes_after(off: str) -> Expression:
    """The taxes of the lines in major units, where discounts on the whole take ``off``, in major units too."""
    return Expression(
        f"(WITH {_UNTAXED}, "
        "bills AS (SELECT bill, min(place) AS place, sum(amount) AS due FROM untaxed GROUP BY bill), "
        f"taken AS (SELECT {off} * power(10::numeric, {PLACES}) AS whole, "
        f"least({off} * power(10::numeric, {PLACES}), "
        "coalesce((SELECT due FROM bills WHERE bill = ''), 0)) AS once), "
        f"again AS (SELECT bill, place, whole - once AS off, {_whole_parts('(whole - once)', 'due', _BILLS)} "
        "FROM bills CROSS JOIN taken WHERE bill <> ''), "
        "offs AS (SELECT '' AS bill, once AS off FROM taken UNION ALL "
        f"SELECT bill, {_share('off', _BILLS)} FROM again), "
        "divided AS (SELECT untaxed.*, off, "
        f"{_whole_parts('off', 'amount', '(PARTITION BY bill)')} FROM untaxed JOIN offs USING (bill)), "
        f"shared AS (SELECT *, {_share('off', '(PARTITION BY bill)')} AS less FROM divided), "
        "taxes AS (SELECT CASE WHEN inclusive AND max(less) = 0 THEN sum(net - amount) "
        "ELSE round(sum(amount - less) * rate / 100) END AS tax FROM shared GROUP BY bill, rate, inclusive) "
        f"SELECT round(coalesce(sum(tax), 0) / power(10::numeric, {PLACES}), {PLACES}) FROM taxes)"
    )
