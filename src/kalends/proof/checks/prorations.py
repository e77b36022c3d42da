"""Prorated edits: whether each line was charged for its days, and credited for those that were not used."""

from collections.abc import Mapping, Sequence
from typing import Any

from kalends.proof.oracle.prices import Document, Terms
from kalends.proof.oracle.shares import days_between, document_of_days, of_days
from kalends.proof.report import CheckMade
from kalends.proof.run import Check, Proof, Row, by_sql, shown

CREDITS = "credited days"
_PERIOD_START, _PERIOD_END, _CYCLE_START = 12, 13, 17
"""Where the dates stand in a row of ``sql/lines.sql``."""


def of_days_billed(whole: Document, terms: Sequence[Terms], lines: Sequence[Row]) -> Document:
    """What lines come to that were priced over a whole cycle: all of it, or the share of a part that was billed.

    A prorated edit bills from its own day to the end of the cycle, for all its lines alike.
    """
    if not lines or lines[0][_CYCLE_START] is None:
        return whole
    first = lines[0]
    days = days_between(first[_CYCLE_START], first[_PERIOD_END])
    left = days_between(first[_PERIOD_START], first[_PERIOD_END])
    if not 0 < left <= days:
        return whole
    return document_of_days(whole, terms, left, days)


def _walk(proof: Proof, checks: Mapping[str, CheckMade]) -> None:
    """Every credit of days that were not used, against what was charged for the period that they are of."""
    check = checks[CREDITS]
    for what, currency, charged, before, stands, starts, ends, unused in proof.stream(
        "proof_credited_days", "credited_days"
    ):
        check.rows += 1
        right = _credited(charged, before, starts, ends, unused)
        if stands != right:
            proof.report.add(check, what, "amount credited", shown(stands, currency), shown(right, currency))


def _credited(charged: int, before: int, starts: Any, ends: Any, unused: Any) -> int:
    """The share of the days from ``unused`` on, but no more than was left after earlier credit notes."""
    share = of_days(charged, days_between(max(starts, unused), ends), days_between(starts, ends))
    return min(share, charged - before)


CHECKS = (
    Check(
        {CREDITS: "What was credited for unused days is their share of what was charged for the period."},
        _walk,
    ),
    by_sql(
        "prorated lines",
        "Lines that an edit took in or out of force in a period were charged and credited from that day, once.",
        "prorated_lines",
        "line_item",
    ),
    by_sql(
        "prorated invoices",
        "Each bills lines that were agreed, from the day on which they came into force to the end of the cycle.",
        "prorated_invoices",
        "invoice",
    ),
)
