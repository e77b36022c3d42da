"""The panel beside a report: which days, how finely, in which currency, and whose subscriptions."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from kalends.accounts.currencies import currencies
from kalends.catalog import get_object
from kalends.insight import EVERY_LABELS, Report
from kalends.insight.period import PERIODS
from kalends.query import NAME, Filter, compile_select, fetch
from kalends.segments.segment import read_segments
from kalends.staff.cells import Names
from kalends.staff.insight.state import Asking
from kalends.staff.visit import Visit

PRODUCTS_OFFERED = 200
_BY_START, _BY_CHURN = "new-revenue", "churned-revenue"


class Choice(NamedTuple):
    """A value that can be chosen."""

    value: str
    label: str
    chosen: bool


class PeriodLink(NamedTuple):
    """A period as a link."""

    label: str
    link: str
    chosen: bool


def panel(visit: Visit, asking: Asking, report: Report | None, base: str) -> dict[str, Any]:
    """What the panel of a report shows; without a report, that of the overview."""
    question, language = asking.question, visit.language
    dated = report is None or has_days(report)
    return {
        "days_label": _days_label(report),
        "has_days": dated,
        "has_frequency": dated and (report is None or report.shape == "time"),
        "has_currency": report is None or report.name != "cohorts-by-count",
        "periods": [
            PeriodLink(each.label.in_language(language), base + asking.in_period(name), name == asking.period)
            for name, each in PERIODS.items()
        ],
        "first": question.first.isoformat(),
        "last": question.last.isoformat(),
        "frequencies": [
            Choice(each.value, label.in_language(language), each is question.every)
            for each, label in EVERY_LABELS.items()
        ],
        "currencies": _currencies(visit, asking),
        "owners": _owners(visit, asking),
        "products": _products(visit, asking),
        "segments": _segments(visit, asking),
        "has_filter": bool(asking.words.get("filter")),
        "without_filter": base + asking.query(filter=""),
        "kept_period": asking.words.get("period", ""),
        "kept_filter": asking.words.get("filter", ""),
        "reset_link": base,
        "is_narrowed": bool(asking.words),
    }


def has_days(report: Report) -> bool:
    """Whether the days that are asked about change anything: a breakdown is of today, a forecast of what comes."""
    return report.group != "breakdown" and report.name != "forecast"


def _days_label(report: Report | None) -> str:
    name = report.name if report else ""
    if name == _BY_START:
        return _("Initial billing date")
    return _("Churn date") if name == _BY_CHURN else _("Dates")


def _currencies(visit: Visit, asking: Asking) -> list[Choice]:
    own, chosen = visit.ctx.currency, asking.question.currency
    every = _("All, in %(currency)s at the rate of each day") % {"currency": own}
    known = [each.code for each in currencies(visit.psycopg(), visit.ctx)]
    only = [Choice(code, _("Only %(currency)s") % {"currency": code}, code == chosen) for code in known]
    strange = [Choice(chosen, chosen, chosen=True)] if chosen and chosen not in known else []
    return [Choice("", every, chosen is None), *only, *strange]


def _owners(visit: Visit, asking: Asking) -> list[Choice]:
    chosen = set(map(str, asking.question.owners))
    names = Names.of_account(visit.ctx.id).owners
    known = sorted(names.items(), key=lambda pair: pair[1].casefold())
    strange = [(each, each) for each in sorted(chosen - set(names))]
    return [Choice(id_, name, id_ in chosen) for id_, name in (*known, *strange)]


def _products(visit: Visit, asking: Asking) -> list[Choice]:
    """The products that the user may see, those that are chosen first where there are very many."""
    chosen = set(map(str, asking.question.products))
    if not visit.may("view", "product"):
        return [Choice(each, each, chosen=True) for each in sorted(chosen)]
    sql = compile_select(get_object("product"), (NAME,), Filter(), None, visit.asking, limit=PRODUCTS_OFFERED)
    with visit.cursor() as cursor:
        names = {str(row["id"]): row[NAME] or str(row["id"]) for row in fetch(cursor, sql)}
    names |= {each: each for each in chosen - set(names)}
    known = sorted(names.items(), key=lambda pair: pair[1].casefold())
    return [Choice(id_, name, id_ in chosen) for id_, name in known]


def _segments(visit: Visit, asking: Asking) -> list[Choice]:
    """Segments of subscriptions, and of what subscriptions are tied to."""
    tied = {"subscription", *(each.to for each in get_object("subscription").associations)}
    chosen = asking.words.get("segment", "")
    return [
        Choice(str(each.id), each.name, str(each.id) == chosen)
        for each in read_segments(visit.psycopg(), visit.ctx)
        if each.object in tied and visit.may("view", each.object)
    ]
