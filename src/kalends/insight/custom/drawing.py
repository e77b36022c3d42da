"""The chart of a custom report, and what it shows in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal

from kalends.catalog.model import Text
from kalends.insight.charts import Chart, Form, Point, Track
from kalends.insight.custom.definition import WITHOUT_ROWS, CustomReport
from kalends.insight.custom.result import Result
from kalends.insight.custom.sheet import Column, Row, Sheet, dimension_label, figure_text, measure_label

BARS_SHOWN, TRACKS_SHOWN = 40, 8
_ONE_CURRENCY = ("bar", "stacked-bar", "donut", "scatter", "kpi", "gauge", "area")
_ONE_TRACK = ("bar", "donut", "kpi", "gauge")
Lack = Literal["", "rows", "columns", "two"]
Link = Callable[[Row, Column], str]


def lack_of(report: CustomReport) -> Lack:
    """What a shape needs that the report does not have: rows, columns, or a second measure."""
    if report.shape == "table" or report.shape in WITHOUT_ROWS:
        return ""
    if report.rows is None:
        return "rows"
    if report.shape == "pivot" and report.columns is None:
        return "columns"
    return "two" if report.shape in ("scatter", "combination") and len(report.measures) < 2 else ""


def title_of(report: CustomReport, language: str) -> str:
    """What a report is called that nobody has named: its measures, and by what they are grouped."""
    told = ", ".join(measure_label(report, each, language) for each in report.measures[:2])
    by = ", ".join(dimension_label(report, each, language) for each in report.dimensions)
    return f"{told}, {by}" if by else told


def chart_of(
    result: Result, sheet: Sheet, title: str, language: str, link: Link = lambda row, column: ""
) -> Chart | None:
    """The chart of a result; None for tables, and where the shape lacks something or there is nothing to draw."""
    report = result.report
    if report.shape in ("table", "pivot") or lack_of(report) or not sheet.rows or not sheet.columns:
        return None
    form: Form = report.shape  # type: ignore[assignment]
    rows = sheet.rows[:BARS_SHOWN] if not _is_time(report) else sheet.rows
    columns = _drawn(result, sheet, form)
    points = lambda column: tuple(_point(result, row, column, sheet, language, link) for row in rows)  # noqa: E731
    names = tuple(row.heads[0] for row in rows)
    told = summary(result, sheet, language)
    units = {result.currency_of(each.measure, each.currency) for each in columns}
    unit = units.pop() if len(units) == 1 else ""
    if form == "scatter":
        first, second = (next(each for each in columns if each.measure == number) for number in (0, 1))
        pairs = zip(points(first), points(second), strict=True)
        track = tuple(y._replace(across=x.value, text=f"{x.text}, {y.text}") for x, y in pairs)
        return Chart(form, title, told, names, (Track(f"{first.head}, {second.head}", track),), "", language)
    tracks = tuple(
        Track(
            each.head,
            points(each),
            as_line=form == "combination" and each.measure > 0,
            second=form == "combination"
            and result.currency_of(each.measure, each.currency) != result.currency_of(0, columns[0].currency),
        )
        for each in columns
    )
    limit = sheet.rows[0].figures[1] if form == "gauge" and len(sheet.columns) > 1 else None
    return Chart(
        form, title, told, names, tracks, unit, language, limit=limit if limit and limit > 0 else None
    )


def left_undrawn(result: Result, sheet: Sheet) -> str:
    """The one currency that a chart shows where the table has several; empty where it shows all."""
    several = any(len(each) > 1 for each in result.currencies.values())
    return _chosen_currency(result, sheet) if several and result.report.shape in _ONE_CURRENCY else ""


def _is_time(report: CustomReport) -> bool:
    return report.rows is not None and report.rows.every is not None


def _chosen_currency(result: Result, sheet: Sheet) -> str:
    codes = [each.currency for each in sheet.columns if each.currency]
    return result.own_currency if result.own_currency in codes or not codes else codes[0]


def _drawn(result: Result, sheet: Sheet, form: Form) -> list[Column]:
    """The columns that a chart shows: amounts of several currencies are never heaped on each other."""
    columns = list(sheet.columns)
    if form in _ONE_CURRENCY:
        chosen = _chosen_currency(result, sheet)
        columns = [each for each in columns if each.currency in ("", chosen)] or columns
    if form == "stacked-bar":
        columns = [each for each in columns if each.measure == columns[0].measure]
    return columns[:1] if form in _ONE_TRACK else columns[:TRACKS_SHOWN]


def _point(result: Result, row: Row, column: Column, sheet: Sheet, language: str, link: Link) -> Point:
    value = row.figures[sheet.columns.index(column)]
    if value is None:
        return Point(None)
    text = figure_text(result, value, column, language)
    code = result.currency_of(column.measure, column.currency)
    return Point(value, f"{text}\N{NO-BREAK SPACE}{code}" if code else text, link(row, column))


_NOTHING = Text("There is nothing to count.", "Det er ingenting å telle.", "Ei ole mitään laskettavaa.")
_ONE = Text("{label}: {value}.", "{label}: {value}.", "{label}: {value}.")
_MOST = Text(
    "{label}: the largest of {count} is {row} with {value}.",
    "{label}: den største av {count} er {row} med {value}.",
    "{label}: suurin {count} joukosta on {row}, {value}.",
)


def summary(result: Result, sheet: Sheet, language: str) -> str:
    """What the first columns say: the only figure, or where the largest one is."""
    told: list[str] = []
    for at, column in enumerate(sheet.columns[:3]):
        known: list[tuple[Fraction, str]] = [
            (figure, ", ".join(row.heads)) for row in sheet.rows if (figure := row.figures[at]) is not None
        ]
        if not known:
            continue
        most, name = max(known, key=lambda pair: pair[0])
        text = figure_text(result, most, column, language)
        sentence = (_ONE if len(sheet.rows) == 1 else _MOST).in_language(language)
        told.append(sentence.format(label=column.head, value=text, count=len(sheet.rows), row=name))
    return " ".join(told) or _NOTHING.in_language(language)
