"""A report as a file: its table as CSV with plain numbers, its chart as a picture."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from kalends.core.money import from_minor, round_half_up
from kalends.exports.values import defused_text
from kalends.insight import Answer, Figure, chart_of, table
from kalends.insight.answer import Kind
from kalends.insight.charts import Chart, png, sheet

FILES = ("csv", "png", "svg")
_BYTE_ORDER_MARK = "\ufeff"


def plain(value: int | Fraction | None, kind: Kind, currency: str) -> str:
    """A figure for a spreadsheet: a decimal point, nothing between thousands; a share in percent.

    >>> plain(123450, "money", "EUR"), plain(Fraction(1, 8), "share", "EUR"), plain(None, "count", "EUR")
    ('1234.50', '12.5', '')
    """
    if value is None:
        return ""
    if kind == "money":
        return str(from_minor(int(value), currency))
    if kind == "share":
        tenths = round_half_up(Fraction(value) * 1000)
        return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"
    return str(value)


def csv_of(answer: Answer, language: str) -> str:
    """The table of an answer as CSV; a name that a spreadsheet would take for a formula is made text."""
    heads, words = table(answer, language)
    rows = [[heads[0], *heads[1:]]]
    for number, row in enumerate(words):
        rows.append([row[0], *_plain_row(answer, number)])
    return written([[defused_text(each) for each in row] for row in rows])


def written(rows: list[list[str]]) -> str:
    """Rows as CSV, with the mark by which spreadsheets know UTF-8."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return _BYTE_ORDER_MARK + file.getvalue()


def _plain_row(answer: Answer, number: int) -> list[str]:
    def cell(figure: Figure, kind: Kind) -> str:
        return plain(figure.value, kind, answer.currency)

    if answer.report.shape == "cohorts":
        each = answer.series[number]
        leads = [cell(lead.figure, lead.kind) for lead in each.lead]
        return [*leads, *(cell(figure, each.kind) for figure in each.figures)]
    if number == len(answer.columns):
        return [cell(total, each.kind) for each, total in zip(answer.series, answer.total, strict=True)]
    return [cell(each.figures[number], each.kind) for each in answer.series]


def answer_file(answer: Answer, kind: str, language: str) -> HttpResponse:
    """A report as a file to keep."""
    if kind == "csv":
        return file(csv_of(answer, language), answer.report.name, kind)
    return picture(chart_of(answer, language), answer.report.name, kind)


def picture(chart: Chart, name: str, kind: str) -> HttpResponse:
    """A chart as a file to keep."""
    return file(png(chart) if kind == "png" else sheet(chart), name, kind)


def file(content: str | bytes, name: str, kind: str) -> HttpResponse:
    """Something to keep, called after what it is of."""
    types = {"csv": "text/csv; charset=utf-8", "png": "image/png", "svg": "image/svg+xml; charset=utf-8"}
    response = HttpResponse(content, content_type=types[kind])
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"{name}.{kind}") or ""
    )
    return response
