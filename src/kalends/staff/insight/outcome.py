"""What a custom report comes to, as a card: chart, summary, table with links, and what was left out in words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import psycopg
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.exports.values import defused_text
from kalends.insight.charts import Chart
from kalends.insight.custom import CustomReport, Result, TooManyGroups, work_out
from kalends.insight.custom.behind import filter_behind
from kalends.insight.custom.drawing import BARS_SHOWN, chart_of, lack_of, left_undrawn, summary, title_of
from kalends.insight.custom.sheet import Column, Row, Sheet, figure_plain, figure_text, sheet_of
from kalends.query import to_json
from kalends.staff import formatting
from kalends.staff.cells import Names
from kalends.staff.insight.cells import Cell, Grid, Line
from kalends.staff.insight.drawing import Card, key_of, plotted
from kalends.staff.objects import PAGES
from kalends.staff.segments.pages import list_link
from kalends.staff.visit import Visit

_SECONDS = 20


class Unanswered(Exception):
    """A report that could not be worked out; the message says why, and what would help, to people."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A report worked out for a user, with its table and its chart."""

    visit: Visit
    result: Result
    sheet: Sheet
    title: str
    chart: Chart | None

    @property
    def report(self) -> CustomReport:
        """The report."""
        return self.result.report


def outcome_of(visit: Visit, report: CustomReport, names: Names, title: str = "") -> Outcome:
    """Work a report out about what the user may see. Raises :class:`Unanswered`."""
    result = _worked_out(visit, report)
    people = {"owners": names.owners, "teams": names.teams}
    sheet = sheet_of(result, people, visit.language)
    title = title or title_of(report, visit.language)
    links = _Links(visit, result)
    return Outcome(visit, result, sheet, title, chart_of(result, sheet, title, visit.language, links))


def _worked_out(visit: Visit, report: CustomReport) -> Result:
    try:
        with transaction.atomic():
            db = visit.psycopg()
            db.execute(f"SET LOCAL statement_timeout = '{_SECONDS}s'")
            result = work_out(db, visit.ctx, report, sight=visit.place.sight(), user_id=visit.user.id)
            db.execute("SET LOCAL statement_timeout = 0")
    except TooManyGroups as problem:
        raise Unanswered(
            _(
                "The report has too many rows to work out. Choose longer stretches of time, a property with fewer "
                "values, or a filter."
            )
        ) from problem
    except psycopg.errors.QueryCanceled as problem:
        raise Unanswered(
            _(
                "The report took longer than %(seconds)s seconds and was stopped. Join fewer records, or add a filter."
            )
            % {"seconds": _SECONDS}
        ) from problem
    return result


class _Links:
    """From a figure to the list of the primary object's records in its group."""

    def __init__(self, visit: Visit, result: Result) -> None:
        self.visit, self.result = visit, result
        name = result.report.object
        self.open = name in PAGES and visit.may("view", name)
        folded = [str(row).casefold() for row in result.rows if isinstance(row, str)]
        self.doubled = (
            {each for each in folded if folded.count(each) > 1} if len(folded) < 2000 else set(folded)
        )

    def __call__(self, row: Row, column: Column) -> str:
        report = self.result.report
        if not self.open or report.measures[column.measure].object != report.object:
            return ""
        keys = row.keys
        if len(report.dimensions) == 2 and len(keys) == 1:
            keys = (*keys, column.value)
        if any(isinstance(each, str) and each.casefold() in self.doubled for each in keys):
            return ""  # conditions on text do not tell capitals apart
        groups = to_json(report.primary, filter_behind(report, keys, column.currency))["groups"]
        return list_link(self.visit, report.object, groups)


def card_of(
    outcome: Outcome, id_: str, query: str, *, link: str = "", width: int = 760, height: int = 280
) -> Card:
    """The card of a report."""
    visit, result, sheet = outcome.visit, outcome.result, outcome.sheet
    links = _Links(visit, result)
    chart = outcome.chart
    kinds = ("csv", "png", "svg") if chart is not None else ("csv",)
    kept = kinds if visit.may("export") else ()
    told = summary(result, sheet, visit.language)
    return Card(
        id=id_,
        name="custom",
        heading=outcome.title,
        summary=told,
        unit=chart.unit if chart is not None else "",
        plot=plotted(chart, id_, width, height) if chart is not None else "",
        key=key_of(chart) if chart is not None else [],
        grid=_grid(outcome, links),
        notes=notes_of(outcome),
        link=link,
        files=[(kind.upper(), reverse("custom-file", args=[visit.ctx.id, kind]) + query) for kind in kept],
        is_table=outcome.report.shape in ("table", "pivot"),
    )


def _heads(outcome: Outcome) -> list[str]:
    return [*(outcome.sheet.heads or (_("Records"),)), *(each.head for each in outcome.sheet.columns)]


def _grid(outcome: Outcome, links: _Links) -> Grid:
    sheet, language = outcome.sheet, outcome.visit.language
    lines = [
        Line(
            row.heads[0],
            [
                *(Cell(text) for text in row.heads[1:]),
                *(
                    Cell(figure_text(outcome.result, figure, column, language), links(row, column))
                    for figure, column in zip(row.figures, sheet.columns, strict=True)
                ),
            ],
        )
        for row in sheet.rows
    ]
    return Grid(_heads(outcome), lines)


def notes_of(outcome: Outcome) -> list[str]:
    """What a reader has to know: what was left out, and why a chart is not there."""
    sheet, result = outcome.sheet, outcome.result
    found: list[str] = []
    lacks = {
        "rows": _("This chart needs rows: choose a property for them."),
        "columns": _("A pivot table needs rows and columns: choose a property for each."),
        "two": _("This chart needs rows and two measures: choose another one."),
    }
    if lack := lack_of(result.report):
        found.append(lacks[lack])
    if sheet.rows_cut:
        found.append(
            _(
                "Only the first %(shown)s rows are shown; %(count)s more are left out. Choose a filter to see them."
            )
            % {"shown": _count(len(sheet.rows)), "count": _count(sheet.rows_cut)}
        )
    if sheet.columns_cut:
        found.append(
            _("%(count)s columns are left out: choose a property with fewer values.")
            % {"count": _count(sheet.columns_cut)}
        )
    if outcome.chart is not None and len(outcome.chart.columns) < len(sheet.rows):
        found.append(
            _("The chart shows the first %(count)s rows; the table has all.") % {"count": BARS_SHOWN}
        )
    if outcome.chart is not None and (code := left_undrawn(result, sheet)):
        found.append(
            _("The chart shows amounts in %(currency)s only; the table has each currency.")
            % {"currency": code}
        )
    if result.missing:
        found.append(
            ngettext(
                "%(count)s amount is left out: no exchange rate was known on its day.",
                "%(count)s amounts are left out: no exchange rate was known on their days.",
                result.missing,
            )
            % {"count": _count(result.missing)}
        )
    return found


def _count(number: int) -> str:
    return formatting.number(Decimal(number))


def rows_of_file(outcome: Outcome) -> list[list[str]]:
    """The table for a spreadsheet: plain numbers, and no text that it would take for a formula."""
    rows = [_heads(outcome)]
    for row in outcome.sheet.rows:
        figures = zip(row.figures, outcome.sheet.columns, strict=True)
        rows.append(
            [*row.heads, *(figure_plain(outcome.result, figure, column) for figure, column in figures)]
        )
    return [[defused_text(each) for each in row] for row in rows]
