"""What a page costs the server, beside the very statements that it asked, sent straight through the driver.

Pages are asked for in this process, through Django's test client: all of its middleware, and no network. What a page
asked of the database is written down while it is made, and asked again at once by the driver alone, so that both see
the same machine in the same moments.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from django.test import Client
from psycopg import ClientCursor, Connection

from kalends.accounts.sql import enter_account
from kalends.bench.measure import Meter, Progress, settle_tables, typical
from kalends.bench.pages_asked import PageCase, page_cases
from kalends.bench.pages_book import PagesBook, make_pages_book
from kalends.platform import database
from kalends.platform.scratch import scratch_database

WARM_UP = 5
_HOST = "localhost"
_READS = ("SELECT", "WITH", "SAVEPOINT", "ROLLBACK TO", "RELEASE")
"""How statements begin that are asked again: what the first look of a browser writes is left out."""


class Statement(NamedTuple):
    """Something that a page asked of the database."""

    text: str
    params: Any


class Recorder:
    """Writes down what Django asks; used as ``with connection.execute_wrapper(recorder)``."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements.append(Statement(sql, params))
        return execute(sql, params, many, context)


def bench_pages(
    subscriptions: int, rounds: int, progress: Progress = lambda step, done: None
) -> dict[str, Any]:
    """Make a book, sign in, look; returns for each page the figures of the page and of its statements alone.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    with scratch_database("kalends_bench"), database.connect(autocommit=True) as db:
        try:
            book = make_pages_book(db, subscriptions, progress)
            settle_tables()
            measured = _measure_all(db, book, rounds, progress)
        finally:
            connection.close()
    return {
        "subscriptions": subscriptions,
        "payments": 3 * subscriptions,
        "rounds": rounds,
        "pages": measured,
    }


def _measure_all(
    db: Connection[Any], book: PagesBook, rounds: int, progress: Progress
) -> list[dict[str, Any]]:
    enter_account(db, book.ctx.id)
    db.execute(f"SET {database.ROWS_AS_THEY_COME}")
    db.cursor_factory = ClientCursor
    client = Client(SERVER_NAME=_HOST)
    client.force_login(book.user)
    return [_measure(db, client, case, rounds, progress) for case in page_cases(db, book.ctx)]


def _measure(
    db: Connection[Any], client: Client, case: PageCase, rounds: int, progress: Progress
) -> dict[str, Any]:
    progress(case.name, 0)
    paged: list[float] = []
    bare: list[float] = []
    asked, size, counted = 0, 0, Meter()
    for round_ in range(WARM_UP + rounds):
        address, recorder = case.address(round_), Recorder()
        meter = counted if round_ >= WARM_UP else Meter()
        with meter.running(), connection.execute_wrapper(recorder):
            answer = client.get(address)
        asked_again = time.perf_counter()
        _ask_again(db, recorder.statements)
        done = time.perf_counter()
        if answer.status_code != 200:
            raise RuntimeError(f"{address} was answered with {answer.status_code}")
        if round_ >= WARM_UP:
            paged.append(meter.last)
            bare.append(done - asked_again)
        asked, size = len(recorder.statements), len(answer.content)
    page, driver = typical(paged), typical(bare)
    return {
        "page": case.name,
        "bytes": size,
        "statements": asked,
        "server": page,
        "driver": driver,
        "p95_ratio": round(page["p95_ms"] / driver["p95_ms"], 2),
        "spent": counted.told(),
    }


def _ask_again(db: Connection[Any], statements: Iterable[Statement]) -> None:
    """The same statements in one transaction, which leaves nothing behind.

    A count that is given up after a moment is given up here as well, at the savepoint in front of it.
    """
    savepoint = ""
    with db.transaction(force_rollback=True), db.cursor() as cursor:
        for text, params in statements:
            if not text.startswith(_READS):
                continue
            if text.startswith("SAVEPOINT"):
                savepoint = text.removeprefix("SAVEPOINT ")
            try:
                cursor.execute(text, params or None)  # type: ignore[arg-type]
            except psycopg.errors.QueryCanceled:
                cursor.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")  # type: ignore[arg-type]
            else:
                if cursor.description is not None:
                    cursor.fetchall()
