"""The amount of a quote: of its line items, and of the discounts, fees and taxes on the whole of it.

The rule is :func:`kalends.core.adjustments.price_quote`, here in SQL for lists and filters. Empty is a quote to which
its adjustments cannot be applied.
"""

from __future__ import annotations

from kalends.catalog.associations import tie
from kalends.catalog.expressions import Expression, linked_records
from kalends.catalog.line_amounts import from_line
from kalends.catalog.line_sums import QUOTE_TCV, sum_of_lines
from kalends.catalog.quote_lines import AT_ONCE, PLACES, SUBTOTAL, taxes_after

_COUNTS = sum_of_lines("quote", from_line("untaxed"), AT_ONCE)
"""Empty where the lines cannot be added up: there are none, or one is in another currency."""


def _all(kind: str) -> str:
    return linked_records(tie("quote", kind), "quote", kind, "adj")


def _share(base: str, one: str) -> str:
    """What an adjustment comes to; empty for a value that no sum can be adjusted by."""
    return (
        f"CASE WHEN {one}.value < 0 THEN NULL WHEN {one}.value_type = 'PERCENT' THEN "
        f"CASE WHEN {one}.value <= 100 THEN round({base} * {one}.value * 0.01, places) END "
        f"WHEN {one}.value = round({one}.value, places) THEN {one}.value END"
    )


def _on_top(kind: str, base: str) -> str:
    """What all fees, or all taxes, come to."""
    share = _share(base, "adj")
    return (
        f"(SELECT CASE WHEN count({share}) = count(*) THEN coalesce(sum({share}), 0) END FROM {_all(kind)})"
    )


_SUMS = (
    f"(SELECT CASE WHEN {_COUNTS} IS NOT NULL THEN {SUBTOTAL} END AS subtotal, {PLACES} AS places) AS sums"
)
_LEFT = (
    "(WITH RECURSIVE off AS (SELECT row_number() OVER (ORDER BY adj.position, adj.id) AS number, "
    f"adj.value_type, adj.value FROM {_all('discount')}), "
    "rest (number, amount) AS (SELECT 0::bigint, subtotal UNION ALL "
    f"SELECT off.number, rest.amount - ({_share('rest.amount', 'off')}) "
    "FROM rest JOIN off ON off.number = rest.number + 1) "
    "SELECT amount AS remains FROM rest ORDER BY number DESC LIMIT 1) AS remaining"
)
_FOREVER = f"EXISTS (SELECT FROM {_all('discount')} AND adj.duration = 'FOREVER')"
_RECURS = (
    "EXISTS (SELECT FROM line_item lin WHERE lin.account_id = {t}.account_id AND lin.parent_type = 'quote' "
    "AND lin.parent_id = {t}.id AND lin.archived_at IS NULL AND lin.is_optional IS NOT TRUE "
    "AND lin.frequency IS NOT NULL)"
)
_FIRST = "{t}.total_preference = 'TOTAL_FIRST_PAYMENT'"
_ADJUSTED = (
    f"(SELECT CASE WHEN NOT coalesce({_FIRST}, false) THEN {QUOTE_TCV} - subtotal + remains + fees "
    f"ELSE remains + fees + taxes + {taxes_after('(subtotal - remains)')} END "
    f"FROM {_SUMS} CROSS JOIN LATERAL {_LEFT} CROSS JOIN LATERAL "
    f"(SELECT {_on_top('fee', 'remains')} AS fees) AS added CROSS JOIN LATERAL "
    f"(SELECT {_on_top('tax', '(remains + fees)')} AS taxes) AS taxed "
    f"WHERE (remains = subtotal OR remains > 0) AND taxes IS NOT NULL AND NOT ({_FOREVER} AND {_RECURS}))"
)
_IS_ADJUSTED = " OR ".join(f"EXISTS (SELECT FROM {_all(kind)})" for kind in ("discount", "fee", "tax"))
QUOTE_AMOUNT = Expression(f"(CASE WHEN {_FIRST} OR {_IS_ADJUSTED} THEN {_ADJUSTED} ELSE {QUOTE_TCV} END)")
