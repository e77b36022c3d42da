"""``kalends report``: every report of recurring revenue, as a table, as JSON, or as a picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, note, print_json, say, table
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.insight import Answer, Figure

_PICTURES = (".svg", ".png")


@click.command(
    epilog="Exit codes: 0 shown, 2 no such report or account, or a question that cannot be asked, 3 no database."
)
@click.argument("name", required=False)
@account_option
@click.option(
    "--from", "first", default="", metavar="DAY", help="The first day; eleven months before this one."
)
@click.option("--to", "last", default="", metavar="DAY", help="The last day; today.")
@click.option(
    "--every", default="", metavar="HOW", help="daily, weekly, monthly (default), quarterly or yearly."
)
@click.option(
    "--currency", default="", metavar="CODE", help="Only what is billed in it; else all is converted."
)
@click.option(
    "--owner", default="", metavar="IDS", help="Only subscriptions of these owners, with commas between."
)
@click.option("--product", default="", metavar="IDS", help="Only subscriptions with one of these products.")
@click.option(
    "--filter", "wanted", default="", metavar="JSON", help="Only subscriptions that pass this filter."
)
@click.option(
    "--chart", type=click.Path(path_type=Path), metavar="FILE", help="Draw it as well: a .svg or a .png file."
)
@click.option(
    "--language", type=click.Choice(("en", "nb", "fi")), default="en", help="Of the table and the chart."
)
@json_option
def report(
    name: str | None, account: str | None, chart: Path | None, language: str, as_json: bool, **asks: str
) -> None:
    """Show a report on what subscriptions bring in: new and lost revenue, MRR, churn, retention, forecast and more.

    Without a NAME all reports are listed. Amounts of several currencies are converted into the account's own at the
    rates of their days; amounts in JSON are whole minor units, and shares are decimals (0.265 is 26.5 %).

    \b
    Examples:
      kalends report
      kalends report mrr --from 2026-01-01 --every weekly
      kalends report net-new-mrr --chart movement.png
      kalends report churn --json
    """
    if name is None:
        _list(as_json)
        return
    if chart is not None and chart.suffix.lower() not in _PICTURES:
        raise UserFacing(
            "This is no picture.", where="--chart", value=str(chart), remedy="Name a .svg or .png file."
        )
    answer = _ask(name, account, asks)
    if chart is not None:
        _draw(answer, chart, language)
    if as_json:
        print_json(_document(answer))
    else:
        _tell(answer, language)


def _list(as_json: bool) -> None:
    from kalends.insight import GROUPS, REPORTS

    rows = [(each.name, GROUPS[each.group].en, each.label.en, each.about.en) for each in REPORTS.values()]
    if as_json:
        print_json(
            {"reports": [dict(zip(("name", "group", "label", "about"), row, strict=True)) for row in rows]}
        )
    else:
        table(("name", "about", "report", "what it says"), rows)


def _ask(name: str, account: str | None, asks: dict[str, str]) -> Answer:
    from kalends.insight import UnknownReport, WrongQuestion, ask, read_question, report_of

    try:
        report_of(name)
    except UnknownReport as problem:
        raise UserFacing(
            "There is no such report.",
            where="NAME",
            value=name,
            remedy="`kalends report` lists all there are.",
        ) from problem
    with open_session() as session:
        ctx = session.account(account)
        names = {"first": "from", "last": "to", "wanted": "filter"}
        try:
            question = read_question({names.get(key, key): value for key, value in asks.items()}, ctx)
        except WrongQuestion as problem:
            raise UserFacing(
                "This cannot be asked.",
                where=f"--{problem.field}",
                value=str(problem),
                remedy="Correct it, and give the command again.",
            ) from problem
        return ask(session.db, ctx, name, question)


def _tell(answer: Answer, language: str) -> None:
    from kalends.insight import summary
    from kalends.insight import table as cells

    say(f"{answer.report.label.in_language(language)} ({answer.currency})")
    say(summary(answer, language))
    say()
    head, rows = cells(answer, language)
    table(head, rows, right=head[1:])
    for each in answer.notes:
        note(each.in_language(language))


def _document(answer: Answer) -> dict[str, Any]:
    from kalends.insight import summary

    return {
        "report": answer.report.name,
        "question": answer.question.to_text(),
        "currency": answer.currency,
        "summary": summary(answer, "en"),
        "columns": [{"key": each.key, "label": each.label.en} for each in answer.columns],
        "series": [
            {
                "key": each.key,
                "label": each.label.en,
                "kind": each.kind,
                "values": [_plain(figure) for figure in each.figures],
                "total": _plain(total),
                **({"lead": {lead.label.en: _plain(lead.figure) for lead in each.lead}} if each.lead else {}),
            }
            for each, total in zip(answer.series, answer.total, strict=True)
        ],
        "notes": [each.en for each in answer.notes],
    }


def _plain(figure: Figure) -> int | str | None:
    """Whole numbers as they are, a share as a decimal with six places."""
    from kalends.core.money import round_half_up

    if figure.value is None or isinstance(figure.value, int):
        return figure.value
    millionths = round_half_up(Fraction(figure.value) * 1_000_000)
    sign, millionths = ("-", -millionths) if millionths < 0 else ("", millionths)
    return f"{sign}{millionths // 1_000_000}.{millionths % 1_000_000:06d}"


def _draw(answer: Answer, place: Path, language: str) -> None:
    from kalends.insight import chart_of
    from kalends.insight.charts import png, sheet

    made = chart_of(answer, language)
    content = png(made) if place.suffix.lower() == ".png" else sheet(made).encode()
    try:
        place.write_bytes(content)
    except OSError as problem:
        raise UserFacing(
            "The picture cannot be written.",
            where="--chart",
            value=str(problem),
            remedy="Name another place.",
        ) from problem
