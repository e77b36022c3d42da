"""``kalends bench``: measurements beside a floor taken in the same run."""

from __future__ import annotations

import click

from kalends.cli.progress import Progress
from kalends.cli.session import open_session
from kalends.cli.show import facts, json_option, print_json


@click.group()
def bench() -> None:
    """Measure, beside the floor of this very machine in the same minute.

    A lone time says little: what is quoted is the ratio to what the database itself can do.
    """


@bench.command(epilog="Exit codes: 0 measured, 3 no database, or no right to create one for the measurement.")
@click.option("--subscriptions", type=click.IntRange(1, 20_000_000), default=200_000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@json_option
def billing(subscriptions: int, processes: int, as_json: bool) -> None:
    """How many subscriptions a second a billing run bills.

    Makes a book of monthly subscriptions with two lines each, taxed, all due, half automatic; bills it (invoice,
    lines, payment or receivable, ledger, events, letters, updated subscriptions, numbers); then writes the same rows
    with the same columns by one INSERT … SELECT a block into bare tables that have primary keys only: the floor.
    Everything happens in a database of its own on the installation's server, which is dropped at the end.

    \b
    Examples:
      kalends bench billing --subscriptions 200000 --processes 1
      kalends bench billing --subscriptions 200000 --processes 2 --json
    """
    from kalends.bench.billing import bench_billing

    with open_session(), Progress("bench", subscriptions) as progress:
        measured = bench_billing(subscriptions, processes, lambda step, done: progress(done, step))
    if as_json:
        print_json(measured)
        return
    facts(
        [
            ("subscriptions", f"{measured['subscriptions']:,}"),
            ("processes", measured["processes"]),
            ("billed per second", f"{measured['subscriptions_per_second']:,}"),
            ("floor per second", f"{measured['floor_per_second']:,}"),
            ("ratio to the floor", measured["ratio"]),
            ("peak memory per process", f"{measured['peak_rss_mb']} MB"),
        ]
    )
