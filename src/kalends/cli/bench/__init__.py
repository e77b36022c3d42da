"""``kalends bench``: measurements beside a floor taken in the same run."""

from __future__ import annotations

import click

from kalends.cli.bench.asked import api, pages
from kalends.cli.bench.everything import all_, page
from kalends.cli.bench.files import export, import_, pdf
from kalends.cli.bench.money import billing, collection, replay, verify
from kalends.cli.bench.tools import segments, workflows


@click.group()
def bench() -> None:
    """Measure, beside the floor of this very machine in the same minute.

    A lone time says little: what is quoted is the ratio to what the database itself can do. docs/benchmarks.md tells
    how each figure is made and what came of it.
    """


for _command in (
    *(billing, collection, replay, verify, api, pages, import_, export, pdf, segments, workflows),
    *(all_, page),
):
    bench.add_command(_command)
