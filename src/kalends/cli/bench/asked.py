"""What is measured of who asks: programs over HTTP, and people who look at pages."""

from __future__ import annotations

import click

from kalends.cli.bench.shared import EXIT_CODES, measured, number
from kalends.cli.show import json_option, print_json, table


@click.command(epilog=EXIT_CODES)
@number("--subscriptions", 200, 20_000_000, 100_000)
@number("--rounds", 2, 100_000, 200, "Times each is asked.")
@number("--clients", 1, 64, 4, "For the rate: at once.")
@number("--workers", 1, 64, 1, "Server processes.")
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

    found = measured(
        subscriptions, lambda progress: bench_api(subscriptions, rounds, clients, workers, progress)
    )
    if as_json:
        print_json(found)
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
            for each in found["requests"]
        ],
        right=columns[1:],
    )


@click.command(epilog=EXIT_CODES)
@number("--subscriptions", 20, 20_000_000, 200_000)
@number("--rounds", 2, 100_000, 50, "Times each is asked.")
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

    found = measured(subscriptions, lambda progress: bench_pages(subscriptions, rounds, progress))
    if as_json:
        print_json(found)
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
            for each in found["pages"]
        ],
        right=columns[1:],
    )
