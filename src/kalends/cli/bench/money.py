"""What is measured of the money: billing, collecting, a real book's years, and the proof."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kalends.cli.bench.shared import EXIT_CODES, measured, number, rates
from kalends.cli.show import facts, json_option, print_json


@click.command(epilog=EXIT_CODES)
@number("--subscriptions", 1, 20_000_000, 200_000)
@number("--processes", 1, 64, 1)
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

    found = measured(subscriptions, lambda progress: bench_billing(subscriptions, processes, progress))
    if as_json:
        print_json(found)
        return
    facts(
        [
            ("subscriptions", f"{found['count']:,}"),
            ("processes", found["processes"]),
            *rates(found),
            ("peak memory per process", f"{found['peak_rss_mb']} MB"),
        ]
    )


@click.command(epilog=EXIT_CODES)
@number("--charges", 1, 1_000_000, 2_000)
@number("--latency", 1, 10_000, 50, "In ms.")
@number("--at-once", 1, 256, 8, "Calls under way; Stripe's 8.")
@json_option
def collection(charges: int, latency: int, at_once: int, as_json: bool) -> None:
    """How many charges a second are collected through a processor that takes its time.

    Bills a book and charges what is automatic, one charge a call, through a processor that answers each after the
    same time: charges are marked before they are sent, and what came of them moves payments, invoices, subscriptions,
    the ledger, events and letters. The floor is the bare waiting, by as many threads that do nothing else. No
    account's own limit of charges a second is in the way. Everything happens in a database of its own on the
    installation's server, which is dropped at the end.

    \b
    Examples:
      kalends bench collection
      kalends bench collection --charges 10000 --latency 50 --at-once 32 --json
    """
    from kalends.bench.collecting import bench_collecting

    found = measured(charges, lambda progress: bench_collecting(charges, latency, at_once, progress))
    if as_json:
        print_json(found)
        return
    facts(
        [
            ("charges", f"{found['charges']:,}, {latency} ms each, {at_once} at once"),
            *rates(found),
            ("bare writes of the same rows", f"{found['bare_writes_seconds']} s of {found['seconds']} s"),
        ]
    )


@click.command(epilog="Exit codes: 0 measured, 2 the file cannot be read, 3 no database.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default="2026-03-01", show_default=True)
@json_option
def replay(file: Path, until: datetime, as_json: bool) -> None:
    """How long the years of a real book take: the telecom's, as `kalends replay` bills them, day by day.

    The floor writes the very rows that came of it into bare tables, all of a table's at once. Everything happens in a
    database of its own on the installation's server, which is dropped at the end.

    \b
    Example:
      kalends bench replay telco-customers.csv
    """
    from kalends.bench.replaying import bench_replay
    from kalends.cli.replay import read_telco

    book = read_telco(file)
    found = measured(0, lambda progress: bench_replay(book, until.date(), progress))
    if as_json:
        print_json(found)
        return
    facts(
        [
            ("customers", f"{found['customers']:,}"),
            ("days", f"{found['days']:,}"),
            ("invoices", f"{found['invoices']:,}"),
            ("seconds", found["seconds"]),
            *rates(found),
        ]
    )


@click.command(epilog=EXIT_CODES)
@number("--subscriptions", 2, 1_000_000, 10_000)
@number("--months", 1, 120, 3)
@json_option
def verify(subscriptions: int, months: int, as_json: bool) -> None:
    """How many invoices a second `kalends verify` proves.

    Lets a book of subscriptions live through some months on a sandbox's clock, and proves it. The floor is the server
    handing over every row of the account once, to a reader that throws all of it away. Everything happens in a
    database of its own on the installation's server, which is dropped at the end.

    \b
    Examples:
      kalends bench verify
      kalends bench verify --subscriptions 100000 --months 12 --json
    """
    from kalends.bench.proving import bench_proving

    found = measured(subscriptions, lambda progress: bench_proving(subscriptions, months, progress))
    if as_json:
        print_json(found)
        return
    facts(
        [
            ("invoices", f"{found['invoices']:,}, {found['checks']} checks"),
            *rates(found),
            ("peak memory", f"{found['peak_rss_mb']} MB"),
        ]
    )
