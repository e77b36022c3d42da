"""What the commands of ``kalends bench`` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from kalends.cli.progress import Progress
from kalends.cli.session import open_session

EXIT_CODES = "Exit codes: 0 measured, 3 no database, or no right to create one for the measurement."

Measure = Callable[[Callable[[str, int], None]], dict[str, Any]]


def number(name: str, least: int, most: int, usual: int, about: str | None = None) -> Callable[[Any], Any]:
    """An option: how many of something."""
    asked = click.IntRange(least, most)
    return click.option(name, type=asked, default=usual, show_default=True, help=about)


def measured(total: int, measure: Measure) -> dict[str, Any]:
    """What a measurement of the opened installation's server found."""
    with open_session(), Progress("bench", total) as progress:
        return measure(lambda step, done: progress(done, step))


def rates(found: Mapping[str, Any]) -> list[tuple[str, object]]:
    """The figures that most measurements have."""
    return [
        ("a second", f"{found['per_second']:,}"),
        ("floor a second", f"{found['floor_per_second']:,}"),
        ("ratio to the floor", found["ratio"]),
        ("where the time went", went(found["spent"])),
    ]


def went(spent: Mapping[str, float]) -> str:
    """Where the time went, in shares.

    >>> went({"seconds": 4.0, "python": 1.0, "server": 2.0, "waiting": 1.0})
    '25 % Python, 50 % the server, 25 % waiting'
    >>> went({"seconds": 4.0, "python": 1.0})
    '25 % Python'
    """
    words = {"python": "Python", "server": "the server", "waiting": "waiting"}
    whole = spent["seconds"] or 1.0
    return ", ".join(
        f"{spent[kind] / whole * 100:.0f} % {word}" for kind, word in words.items() if kind in spent
    )
