"""Recurring revenue at a glance: six figures with what they were before, and the charts that tell why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from kalends.insight import REPORTS, Answer, Figure, Series, written
from kalends.insight.every import begin, following
from kalends.staff.insight.drawing import Card, card
from kalends.staff.insight.links import Links
from kalends.staff.insight.pages import around, asked, rules, shown
from kalends.staff.insight.state import Asking, read_asking
from kalends.staff.visit import Visit, account_page

_MINUS = "\N{MINUS SIGN}"
_SIDE_BY_SIDE = ("mrr", "churn", "forecast")
_WIDTH, _HEIGHT = 640, 250


class Kpi(NamedTuple):
    """A figure: its unit, where its records are, how it changed, and whether the change is good (``up``, ``down``)."""

    label: str
    value: str
    unit: str
    link: str
    change: str
    tone: str


class _Shown(NamedTuple):
    """A series of a report whose last figure is shown."""

    report: str
    series: str
    more_is_better: bool = True


_KPIS = (
    _Shown("mrr", "mrr"),
    _Shown("arr", "arr"),
    _Shown("active", "subscriptions"),
    _Shown("retention", "net"),
    _Shown("churn", "mrr", more_is_better=False),
)


@require_safe
@account_page
def overview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The overview of recurring revenue."""
    visit.require("reports")
    asking = read_asking(visit, request.GET)
    names = ("mrr", "arr", "active", "retention", "churn", "failed", "forecast", "cohorts", "net-new-mrr")
    answers = {name: asked(visit, name, asking) for name in names}
    cards = list(_cards(visit, asking, answers))
    context = {
        **around(request, visit, asking, ""),
        "title": _("Recurring revenue"),
        "kpis": list(_kpis(visit, asking, answers)),
        "cards": [(width, replace(each, notes=[])) for width, each in cards],
        "notes": list(dict.fromkeys(note for _width, each in cards for note in each.notes)),
        "rules": rules(visit),
        "about": _(
            "What comes in again and again: how much it is, how it changes, and what is to be expected."
        ),
    }
    return shown(request, context, asking)


def _cards(visit: Visit, asking: Asking, answers: dict[str, Answer]) -> Iterator[tuple[int, Card]]:
    yield 6, card(visit, answers["net-new-mrr"], asking, "chart-moved", width=_WIDTH, height=_HEIGHT)
    for name in _SIDE_BY_SIDE:
        yield 6, card(visit, answers[name], asking, f"chart-{name}", width=_WIDTH, height=_HEIGHT)
    yield 12, card(visit, answers["cohorts"], asking, "chart-cohorts", width=960)


def _kpis(visit: Visit, asking: Asking, answers: dict[str, Answer]) -> Iterator[Kpi]:
    for each in _KPIS:
        answer = answers[each.report]
        yield _kpi(visit, asking, answer, answer.of(each.series), each)
    yield _recovered(visit, asking, answers["failed"])


def _kpi(visit: Visit, asking: Asking, answer: Answer, of: Series, shown_as: _Shown) -> Kpi:
    language = visit.language
    shown_until = _end_of_shares(asking, answer) if of.kind == "share" else len(of.figures)
    figures = of.figures[:shown_until]
    figure = figures[-1] if figures else Figure(None)
    before = figures[-2] if len(figures) > 1 else Figure(None)
    change, tone = "", ""
    if figure.value is not None and before.value is not None:
        by = figure.value - before.value
        when = answer.columns[shown_until - 2].label.in_language(language)
        change = _("%(change)s since %(time)s") % {"change": _signed(by, of, answer, language), "time": when}
        tone = "" if by == 0 else "up" if (by > 0) == shown_as.more_is_better else "down"
    label = (of if of.kind != "share" else REPORTS[shown_as.report]).label.in_language(language)
    label = _LABELS[shown_as.report]() if shown_as.report in _LABELS else label
    if shown_until < len(of.figures):
        label = f"{label}, {answer.columns[shown_until - 1].label.in_language(language)}"
    value, unit = _split(figure, of, answer, language)
    link = Links(visit, shown_as.report, asking)(figure.behind)
    return Kpi(label, value, unit, link, change, tone)


def _end_of_shares(asking: Asking, answer: Answer) -> int:
    """How many columns tell a share: one that has only begun does not, where there is one before it.

    On the second of a month nobody has left yet, and the month is not better than the one before for that.
    """
    columns, every = answer.columns, asking.question.every
    if len(columns) < 2 or columns[-1].last is None:
        return len(columns)
    ended = columns[-1].last + timedelta(days=1) == following(begin(columns[-1].last, every), every)
    return len(columns) if ended else len(columns) - 1


_LABELS = {
    "active": lambda: _("Active subscriptions"),
    "retention": lambda: _("Net retention"),
    "churn": lambda: _("MRR churn"),
}


def _signed(by: int | Fraction, of: Series, answer: Answer, language: str) -> str:
    """A change with its sign; of shares in percentage points."""
    sign = "+" if by > 0 else _MINUS if by < 0 else "±"
    text = written(abs(by), of.kind, answer.currency, language)
    if of.kind != "share":
        return sign + text
    return sign + _("%(number)s points") % {"number": text.removesuffix("%").rstrip()}


def _split(figure: Figure, of: Series, answer: Answer, language: str) -> tuple[str, str]:
    """A figure and its unit apart."""
    text = written(figure.value, of.kind, answer.currency, language) or "--"
    if of.kind == "money":
        return text, answer.currency
    return (text.removesuffix("%").rstrip(), "%") if text.endswith("%") else (text, "")


def _recovered(visit: Visit, asking: Asking, answer: Answer) -> Kpi:
    """Of the payments that failed in all of the time asked about, the part that came in after all."""
    totals = dict(zip((each.key for each in answer.series), answer.total, strict=True))
    failed, recovered = int(totals["payments"].value or 0), int(totals["payments_recovered"].value or 0)
    rate = Figure(Fraction(recovered, failed) if failed else None)
    value, unit = _split(rate, answer.of("rate"), answer, visit.language)
    of = {
        "recovered": written(recovered, "count", "", visit.language),
        "failed": written(failed, "count", "", visit.language),
    }
    told = (
        ngettext("%(recovered)s of %(failed)s payment", "%(recovered)s of %(failed)s payments", failed) % of
    )
    link = Links(visit, "failed", asking)(totals["payments"].behind)
    return Kpi(_("Failures recovered"), value, unit, link, told, "")
