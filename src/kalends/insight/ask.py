"""Asking a report; every report there is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.insight.answer import Answer
from kalends.insight.asked import Asked
from kalends.insight.question import Question
from kalends.insight.report import Report
from kalends.insight.reports import breakdown, cash, customers, revenue
from kalends.query import Sight

REPORTS: Mapping[str, Report] = MappingProxyType(
    {each.name: each for each in (*revenue.REPORTS, *customers.REPORTS, *cash.REPORTS, *breakdown.REPORTS)}
)
"""Every ready-made report, in the order in which they are offered."""


class UnknownReport(LookupError):
    """There is no report of this name; the message names those that there are."""


def report_of(name: str) -> Report:
    """A report by its name. Raises :class:`UnknownReport`."""
    if name not in REPORTS:
        raise UnknownReport(f"There is no report {name!r}. There are {', '.join(REPORTS)}.")
    return REPORTS[name]


def ask(
    db: Connection[Any],
    ctx: AccountContext,
    name: str,
    question: Question,
    *,
    sight: Sight | None = None,
    user_id: int | None = None,
) -> Answer:
    """The answer of a report about the records that ``sight`` shows; ``db`` has entered the account.

    Raises :class:`UnknownReport`.
    """
    report = report_of(name)
    return report.fill(report, Asked(db, ctx, question, sight, user_id))
