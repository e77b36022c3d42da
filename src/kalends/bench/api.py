"""What a request of the HTTP API costs, beside the same SQL sent straight through the driver.

The two take turns, request by request, so that both see the same machine in the same moments. The driver's side runs
the statement that the API would run, and turns its rows into JSON: what stays between them is HTTP, the door (token,
limits, account) and, for writes, everything that is checked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import quantiles
from threading import Thread
from typing import Any

from psycopg import Connection

from kalends.accounts.sql import enter_account
from kalends.bench.api_book import ApiBook, make_api_book
from kalends.bench.api_reads import Case, read_cases
from kalends.bench.api_server import Client, serving
from kalends.bench.api_writes import write_cases
from kalends.bench.measure import Progress, settle_tables
from kalends.platform import database
from kalends.platform.scratch import scratch_database

WARM_UP = 60
"""Requests before those that count: each of the server's threads has met each statement by then."""


def bench_api(
    subscriptions: int,
    rounds: int,
    clients: int,
    workers: int = 1,
    progress: Progress = lambda step, done: None,
) -> dict[str, Any]:
    """Make a book, serve it, ask; returns for each request the figures of HTTP and of the driver alone.

    ``rounds`` is how often each is asked, one after the other, for the percentiles; then ``clients`` ask at once, for
    the rate. Everything happens in a database of its own, which is dropped afterwards.
    """
    with scratch_database("kalends_bench"), database.connect(autocommit=True) as db:
        book = make_api_book(db, subscriptions, lambda made: progress("making the book", made))
        settle_tables()
        enter_account(db, book.ctx.id)
        cases = [*read_cases(db, book.ctx, rounds), *write_cases(db, book.ctx)]
        with serving(workers) as port, Client(port, book.token) as client:
            measured = [_measure(db, client, port, book, case, rounds, clients, progress) for case in cases]
    return {
        "subscriptions": subscriptions,
        "rounds": rounds,
        "clients": clients,
        "workers": workers,
        "requests": measured,
    }


def _measure(
    db: Connection[Any],
    client: Client,
    port: int,
    book: ApiBook,
    case: Case,
    rounds: int,
    clients: int,
    progress: Progress,
) -> dict[str, Any]:
    progress(case.name, 0)
    asked: list[float] = []
    bare: list[float] = []
    warm_up = min(WARM_UP, rounds)
    for round_ in range(warm_up + rounds):
        request, alone = case.request(round_), case.bare(db, round_)
        began = time.perf_counter()
        client.send(request)
        answered = time.perf_counter()
        alone()
        done = time.perf_counter()
        if round_ >= warm_up:
            asked.append(answered - began)
            bare.append(done - answered)
    rate = _rate(port, book.token, case, warm_up + rounds, rounds, clients)
    http, driver = _figures(asked), _figures(bare)
    return {
        "request": case.name,
        "per_second": rate,
        "http": http,
        "driver": driver,
        "p50_over_driver_ms": round(http["p50_ms"] - driver["p50_ms"], 2),
        "p50_ratio": round(http["p50_ms"] / driver["p50_ms"], 2),
    }


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    """The median and the 99th percentile, in milliseconds, and how many fit into a second one after the other."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return {
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
        "per_second": round(len(seconds) / sum(seconds)),
    }


def _rate(port: int, token: str, case: Case, first: int, rounds: int, clients: int) -> int:
    """Requests a second when several clients ask at once, each its share of the rounds."""
    share = max(1, rounds // clients)

    def ask(number: int) -> None:
        with Client(port, token) as client:
            for place in range(share):
                client.send(case.request(first + number * share + place))

    threads = [Thread(target=ask, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(share * clients / (time.perf_counter() - began))
