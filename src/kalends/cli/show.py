"""How commands show things: tables and sentences for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kalends.core.money import format_minor

_WIDTH_WITHOUT_TERMINAL = 160


def json_option(command: Any) -> Any:
    """``--json``: one document on standard output, and nothing else there."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document instead of text, for programs."
    )(command)


def print_json(document: Mapping[str, Any]) -> None:
    """The one document of a command that was asked for ``--json``."""
    click.echo(json.dumps(document, default=_plain, ensure_ascii=False, indent=2))


def _plain(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def say(text: str = "") -> None:
    """A line of the answer."""
    click.echo(text)


def note(text: str) -> None:
    """A remark beside the answer: on standard error, so that it is in nobody's way."""
    click.echo(text, err=True)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    right: Sequence[str] = (),
    aside: bool = False,
) -> None:
    """A table with a head; the columns named in ``right`` hold numbers. Nothing is cut off.

    With ``aside`` it is a remark beside the answer, on standard error, as ``note`` is.
    """
    console = _console(aside=aside)
    drawn = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        drawn.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*[Text("" if value is None else str(value)) for value in row])
    console.print(drawn)


def facts(pairs: Iterable[tuple[str, object]], *, aside: bool = False) -> None:
    """Names and values below each other; ``aside``, on standard error, as ``note`` is."""
    kept = [(name, str(value)) for name, value in pairs if value is not None]
    width = max((len(name) for name, _ in kept), default=0)
    for name, value in kept:
        click.echo(f"{name:<{width}}  {value}", err=aside)


def money(amounts: Mapping[str, int]) -> str:
    """Amounts of several currencies in one line; ``-`` where there is none.

    >>> money({"EUR": 123450, "NOK": 100}), money({})
    ('1,234.50 EUR, 1.00 NOK', '-')
    """
    return ", ".join(format_minor(minor, currency) for currency, minor in sorted(amounts.items())) or "-"


def moment(when: datetime | None) -> str:
    """A moment to the minute, as the world's clock shows it; nothing where there is none.

    >>> moment(datetime(2026, 3, 1, 12, 0, 59)), moment(None)
    ('2026-03-01 12:00 UTC', '')
    """
    return "" if when is None else f"{when:%Y-%m-%d %H:%M} UTC"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> count(1, "invoice"), count(1200, "invoice"), count(2, "company", "companies")
    ('1 invoice', '1,200 invoices', '2 companies')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _console(*, aside: bool) -> Console:
    console = Console(highlight=False, soft_wrap=False, stderr=aside)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL, color_system=None, stderr=aside)
    return console
