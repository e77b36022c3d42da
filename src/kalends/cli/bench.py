"""``kalends bench``: measurements beside a floor taken in the same run."""

from __future__ import annotations

import click

from kalends.cli.progress import Progress
from kalends.cli.session import open_session
from kalends.cli.show import facts, json_option, print_json, table


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


@bench.command(epilog="Exit codes: 0 measured, 3 no database, or no right to create one for the measurement.")
@click.option("--subscriptions", type=click.IntRange(200, 20_000_000), default=100_000, show_default=True)
@click.option(
    "--rounds", type=click.IntRange(2, 100_000), default=200, show_default=True, help="Times each is asked."
)
@click.option(
    "--clients", type=click.IntRange(1, 64), default=4, show_default=True, help="For the rate: at once."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Server processes.")
@json_option
def api(subscriptions: int, rounds: int, clients: int, workers: int, as_json: bool) -> None:
    """What requests of the HTTP API cost, beside the same SQL sent straight through the driver.

    Makes a book of subscriptions with contacts, companies and ties, serves it as `kalends serve` does, and asks
    over HTTP: reads by id and by email, pages of the list, a search, batches read, made and changed. Each request
    takes turns with the driver alone: the same statement and its rows as JSON; for writes one INSERT with all rows
    and one with their events. Everything happens in a database of its own on the installation's server, which is
    dropped at the end.

    \b
    Examples:
      kalends bench api --subscriptions 100000
      kalends bench api --subscriptions 1000000 --rounds 500 --json
    """
    from kalends.bench.api import bench_api

    with open_session(), Progress("bench", subscriptions) as progress:
        measured = bench_api(subscriptions, rounds, clients, workers, lambda step, done: progress(done, step))
    if as_json:
        print_json(measured)
        return
    columns = (
        "request",
        "p50 ms",
        "p99 ms",
        "driver p50",
        "driver p99",
        "over the driver",
        "ratio",
        "a second",
    )
    table(
        columns,
        [
            (
                each["request"],
                each["http"]["p50_ms"],
                each["http"]["p99_ms"],
                each["driver"]["p50_ms"],
                each["driver"]["p99_ms"],
                each["p50_over_driver_ms"],
                each["p50_ratio"],
                f"{each['per_second']:,}",
            )
            for each in measured["requests"]
        ],
        right=columns[1:],
    )


@bench.command(epilog="Exit codes: 0 measured, 3 no database, or no right to create one for the measurement.")
@click.option("--subscriptions", type=click.IntRange(20, 20_000_000), default=200_000, show_default=True)
@click.option(
    "--rounds", type=click.IntRange(2, 100_000), default=50, show_default=True, help="Times each is asked."
)
@json_option
def pages(subscriptions: int, rounds: int, as_json: bool) -> None:
    """What pages cost the server, beside the statements they ask, sent straight through the driver.

    Makes a book of subscriptions with three invoices and payments each, signs a user in, and looks: at lists as they
    open, at lists with two filters and an order, at what they count, at a record, and at the search. Each page takes
    turns with the driver alone, which asks the same statements again. Everything happens in a database of its own on
    the installation's server, which is dropped at the end.

    \b
    Examples:
      kalends bench pages --subscriptions 200000
      kalends bench pages --subscriptions 1000000 --rounds 100 --json
    """
    from kalends.bench.pages import bench_pages

    with open_session(), Progress("bench", subscriptions) as progress:
        measured = bench_pages(subscriptions, rounds, lambda step, done: progress(done, step))
    if as_json:
        print_json(measured)
        return
    columns = ("page", "p50 ms", "p95 ms", "driver p50", "driver p95", "p95 ratio", "statements", "bytes")
    table(
        columns,
        [
            (
                each["page"],
                each["server"]["p50_ms"],
                each["server"]["p95_ms"],
                each["driver"]["p50_ms"],
                each["driver"]["p95_ms"],
                each["p95_ratio"],
                each["statements"],
                f"{each['bytes']:,}",
            )
            for each in measured["pages"]
        ],
        right=columns[1:],
    )


@bench.command(epilog="Exit codes: 0 measured, 3 no database, or no right to create one for the measurement.")
@click.option("--subscriptions", type=click.IntRange(20, 20_000_000), default=1_000_000, show_default=True)
@click.option(
    "--rounds", type=click.IntRange(1, 100), default=3, show_default=True, help="Times each is done."
)
@json_option
def export(subscriptions: int, rounds: int, as_json: bool) -> None:
    """What an export of subscriptions costs, beside PostgreSQL's own COPY of the same SELECT.

    Makes a book of subscriptions and exports twenty columns of all of them to CSV, as a worker does: with words for
    values, times of the account's zone, text that no spreadsheet runs, packed. It takes turns with COPY of the bare
    values of the same columns in the same order, written to a file. Everything happens in a database and a folder of
    its own, which are thrown away at the end.

    \b
    Examples:
      kalends bench export
      kalends bench export --subscriptions 200000 --rounds 5 --json
    """
    from kalends.bench.exports import bench_exports

    with open_session(), Progress("bench", subscriptions) as progress:
        measured = bench_exports(subscriptions, rounds, lambda step, done: progress(done, step))
    if as_json:
        print_json(measured)
        return
    facts(
        [
            ("subscriptions", f"{measured['subscriptions']:,}"),
            ("columns", measured["columns"]),
            ("export", f"{measured['export_seconds']} s, {measured['rows_per_second']:,} rows a second"),
            ("COPY", f"{measured['floor_seconds']} s"),
            ("ratio to COPY", measured["ratio"]),
            ("file", f"{measured['export_bytes']:,} bytes, packed from about {measured['floor_bytes']:,}"),
            ("memory grown", f"{measured['memory_grown_mb']} MB"),
        ]
    )


@bench.command(epilog="Exit codes: 0 measured, 3 no database, or no right to create one for the measurement.")
@click.option("--enrollments", type=click.IntRange(20, 20_000_000), default=20_000, show_default=True)
@json_option
def workflows(enrollments: int, as_json: bool) -> None:
    """How many enrollments a second a workflow does, beside the same rows written by one statement a table.

    Makes a book of subscriptions, changes all of them, and lets a workflow react in one process: it reads the journal,
    asks who passes, lets them in, and does four actions for each (a property, a branch, a task, a wait). Then the very
    rows that came of it are copied into bare tables with primary keys only: the floor. Everything happens in a database
    of its own on the installation's server, which is dropped at the end.

    \b
    Examples:
      kalends bench workflows
      kalends bench workflows --enrollments 100000 --json
    """
    from kalends.bench.workflows import bench_workflows

    with open_session(), Progress("bench", enrollments) as progress:
        measured = bench_workflows(enrollments, lambda step, done: progress(done, step))
    if as_json:
        print_json(measured)
        return
    facts(
        [
            ("enrollments", f"{measured['enrollments']:,}, {measured['actions']} actions each"),
            ("a second", f"{measured['per_second']:,}"),
            ("floor a second", f"{measured['floor_per_second']:,}"),
            ("ratio to the floor", measured["ratio"]),
        ]
    )
