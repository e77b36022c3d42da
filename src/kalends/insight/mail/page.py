"""A dashboard in words and drawings, as one reader sees it on a day: what the typesetter makes a page of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any, TypedDict

import psycopg
from django.utils import translation
from django.utils.translation import gettext as _
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Place
from kalends.documents.sheet import LETTER_PAPER, breakable
from kalends.exports.make import people_of
from kalends.insight import chart_of
from kalends.insight.ask import REPORTS
from kalends.insight.charts import PAPER, Chart, draw, key
from kalends.insight.custom import TooManyGroups, WrongReport, read_report, work_out
from kalends.insight.custom import drawing as custom
from kalends.insight.custom.sheet import figure_text, sheet_of
from kalends.insight.dashboards import Dashboard, Tile
from kalends.insight.mail.ready import answered
from kalends.insight.mail.schedule import Format
from kalends.insight.question import WrongQuestion
from kalends.insight.saved import SavedReport, reports_of
from kalends.insight.words import summary, table
from kalends.messages.letters.formats import Formats, language_of, locale_of
from kalends.views.saved import Viewer

Db = Connection[Any]
_SECONDS = 20
_WIDTH, _HEIGHT = 760, 260
_ROWS: Mapping[Format, int] = {"pdf": 60, "png": 15}
_COLUMNS = 9
_UNFIT_FOR_A_NAME = re.compile(r"[^\w.-]+")


class Part(TypedDict):
    """A report on the page. ``plot`` is an SVG or empty, ``key`` has the names of tracks with their colors.

    ``told`` says in a sentence what the chart shows, ``notes`` what a reader has to know beside that.
    """

    heading: str
    unit: str
    key: list[list[str]]
    plot: str
    told: str
    notes: list[str]
    heads: list[str]
    rows: list[list[str]]


def dashboard_page(
    db: Db,
    ctx: AccountContext,
    board: Dashboard,
    viewer: Viewer,
    place: Place,
    language: str,
    format_: Format,
) -> dict[str, Any]:
    """The page of a dashboard on the account's day, about what the viewer may see, in their language."""
    spoken = language_of(language)
    locale = locale_of(spoken, ctx.country)
    saved = {each.id: each for each in reports_of(db, ctx, viewer)}
    with translation.override(spoken):
        day = Formats(locale).day(ctx.today)
        parts = [_part(db, ctx, tile, saved, place, spoken, _ROWS[format_]) for tile in board.tiles]
        return {
            "template": "dashboard",
            "format": format_,
            "file_name": f"{_file_name(board.name)}-{ctx.today}.{format_}",
            "language": spoken,
            "region": locale.territory or "",
            "paper": "us-letter" if ctx.country in LETTER_PAPER else "a4",
            "title": breakable(board.name),
            "subject": f"{board.name}, {day}",
            "day": day,
            "issued_at": ctx.now.astimezone(UTC).isoformat(),
            "color": ctx.letterhead.brand_color,
            "ink": ctx.letterhead.ink,
            "logo": ctx.letterhead.logo,
            "seller": {"name": breakable(ctx.name)},
            "test": _("This is a test. No real money is moved.") if ctx.is_sandbox else "",
            "reports": parts,
            "page": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        }


def _file_name(name: str) -> str:
    return _UNFIT_FOR_A_NAME.sub("-", name.encode("ascii", "ignore").decode()).strip("-.") or "dashboard"


def _part(
    db: Db,
    ctx: AccountContext,
    tile: Tile,
    saved: Mapping[int, SavedReport],
    place: Place,
    language: str,
    rows_shown: int,
) -> Part:
    report = saved.get(tile.saved)
    if tile.saved and report is None:
        return _empty(_("Report"), _("This report is not shared with you, or is no longer there."))
    ready = report.ready if report is not None else tile.ready
    heading = report.name if report is not None else ready
    if (ready or report is None) and ready not in REPORTS:
        return _empty(heading, _("This report is no longer there."))
    try:
        with db.transaction():
            db.execute("SELECT set_config('statement_timeout', %s, true)", [f"{_SECONDS}s"])
            if ready:
                part = _ready(db, ctx, ready, report, place, language, rows_shown)
            else:
                assert report is not None
                part = _custom(db, ctx, report, place, language, rows_shown)
            db.execute("SET LOCAL statement_timeout TO DEFAULT")
    except WrongReport:
        why = _("A property of this report is gone: open it, and choose another one.")
    except WrongQuestion:
        why = _("Something that this report asks for is gone: open it, and choose again.")
    except TooManyGroups:
        why = _(
            "The report has too many rows to work out. Choose longer stretches of time, a property with fewer "
            "values, or a filter."
        )
    except psycopg.errors.QueryCanceled:
        why = _(
            "The report took longer than %(seconds)s seconds and was stopped. Join fewer records, or add a filter."
        ) % {"seconds": _SECONDS}
    else:
        return part
    return _empty(REPORTS[ready].label.in_language(language) if ready and report is None else heading, why)


def _empty(heading: str, why: str) -> Part:
    return Part(heading=heading, unit="", key=[], plot="", told="", notes=[why], heads=[], rows=[])


def _ready(
    db: Db,
    ctx: AccountContext,
    name: str,
    report: SavedReport | None,
    place: Place,
    language: str,
    rows_shown: int,
) -> Part:
    words = {word: str(value) for word, value in report.content.items()} if report else {}
    answer = answered(db, ctx, name, words, place)
    heads, rows = table(answer, language)
    heading = report.name if report else answer.report.label.in_language(language)
    chart = chart_of(answer, language)
    return _drawn(
        heading, chart if chart.tracks else None, summary(answer, language), heads, rows, rows_shown
    )


def _custom(
    db: Db, ctx: AccountContext, report: SavedReport, place: Place, language: str, rows_shown: int
) -> Part:
    definition = read_report(db, ctx, report.content)
    result = work_out(db, ctx, definition, sight=place.sight(), user_id=place.user_id)
    sheet = sheet_of(result, people_of(db, ctx.id), language)
    chart = custom.chart_of(result, sheet, report.name, language)
    rows = [
        [
            *row.heads,
            *(
                figure_text(result, figure, column, language)
                for figure, column in zip(row.figures, sheet.columns, strict=True)
            ),
        ]
        for row in sheet.rows
    ]
    heads = [*(sheet.heads or (_("Records"),)), *(each.head for each in sheet.columns)]
    told = custom.summary(result, sheet, language)
    return _drawn(report.name, chart, told, heads, rows, rows_shown, sheet.rows_cut, sheet.columns_cut)


def _drawn(
    heading: str,
    chart: Chart | None,
    told: str,
    heads: list[str],
    rows: list[list[str]],
    rows_shown: int,
    rows_cut: int = 0,
    columns_cut: int = 0,
) -> Part:
    """A report with its chart, and as much of its table as a page has room for; what is left out is said."""
    is_cut = len(rows) + rows_cut > rows_shown or len(heads) + columns_cut > _COLUMNS
    return Part(
        heading=breakable(heading),
        unit=chart.unit if chart else "",
        key=[list(each) for each in key(chart)] if chart else [],
        plot=draw(chart, "chart", palette=PAPER, width=_WIDTH, height=_HEIGHT) if chart else "",
        told=told,
        notes=[_("The table is cut to fit the page; the dashboard has all of it.")] if is_cut else [],
        heads=[breakable(each) for each in heads[:_COLUMNS]],
        rows=[[breakable(each) for each in row[:_COLUMNS]] for row in rows[:rows_shown]],
    )
