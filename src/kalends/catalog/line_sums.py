"""Sums over the line items of a deal or a quote, and the amount of a deal that follows from them.

A sum is empty when there are no lines, and when one of them is in another currency than the record: a figure that
leaves a line out would be wrong, not smaller.
"""

from __future__ import annotations

from kalends.catalog.expressions import ACCOUNT_CURRENCY, Expression, in_account_currency, local_date
from kalends.catalog.line_amounts import from_line, in_total, per_month, per_year, twelve_months

CURRENCY = f"coalesce({{t}}.currency, {ACCOUNT_CURRENCY})"
"""The currency of a deal or a quote: its own, or else the account's."""


def sum_of_lines(parent: str, value: Expression, only: str = "") -> Expression:
    """The sum of an expression of :mod:`kalends.catalog.line_amounts` over the lines of the row ``{t}``.

    ``only`` is a condition on a line (``lin``); where no line meets it the sum is 0.
    """
    own = value.replace("{t}", "lin")
    total = f"coalesce(sum({own}) FILTER (WHERE {only}), 0)" if only else f"sum({own})"
    return Expression(
        f"(SELECT CASE WHEN bool_and(lin.currency = {CURRENCY}) THEN {total} END FROM line_item lin "
        f"WHERE lin.account_id = {{t}}.account_id AND lin.parent_type = '{parent}' AND lin.parent_id = {{t}}.id "
        "AND lin.archived_at IS NULL)"
    )


DEAL_MRR = sum_of_lines("deal", per_month("untaxed"))
DEAL_ARR = sum_of_lines("deal", twelve_months("untaxed"))
DEAL_ACV = sum_of_lines("deal", per_year("untaxed"))
DEAL_TCV = sum_of_lines("deal", in_total("untaxed"))

DEAL_AMOUNT = Expression(
    "(CASE WHEN {t}.amount IS NOT NULL OR {t}.amount_preference = 'MANUAL' THEN {t}.amount "
    f"WHEN {{t}}.amount_preference = 'MRR' THEN {DEAL_MRR} WHEN {{t}}.amount_preference = 'ARR' THEN {DEAL_ARR} "
    f"WHEN {{t}}.amount_preference = 'ACV' THEN {DEAL_ACV} ELSE {DEAL_TCV} END)"
)
"""What was typed, or else what the lines come to in the way that the deal prefers."""


def of_stage(value: str) -> Expression:
    """A column of the stage (``stg``) in which the deal stands."""
    return Expression(
        f"(SELECT {value} FROM pipeline_stage stg WHERE stg.account_id = {{t}}.account_id "
        "AND stg.object_type = 'deal' AND stg.name = {t}.stage)"
    )


IS_CLOSED = of_stage("stg.is_closed")
IS_WON = of_stage("stg.is_closed AND stg.probability = 1")
_RATE_DAY = (
    f"(CASE WHEN {IS_CLOSED} THEN coalesce({local_date('{t}.close_at')}, {{today}}) ELSE {{today}} END)"
)
DEAL_IN_ACCOUNT_CURRENCY = Expression(
    f"coalesce({DEAL_AMOUNT} * {{t}}.exchange_rate, {in_account_currency(DEAL_AMOUNT, _RATE_DAY, CURRENCY)})"
)
"""At the deal's own rate, or else that of today; of the day on which it closed, once it is closed."""

QUOTE_TCV = sum_of_lines("quote", in_total("untaxed"))
QUOTE_DISCOUNT = sum_of_lines("quote", from_line("discount"))
