"""What the first version sent to its database in some months of a small company, kept to be sent again.

A tape holds every statement in its order, as psycopg sent it, with the transactions around it. Played into a database
that is new and stands where the first version stood, each finds what it found then: numbers come from sequences, and
everything else was a parameter. So it can be played while that database is brought up to date.

Recorded with the sources of a version, from their folder::

    PYTHONPATH=src:. python -m tests.platform.tape tape.json.gz
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq
from psycopg._queries import PostgresQuery  # the same words as psycopg sends
from psycopg.adapt import Transformer

Part = tuple[int, int, list[str | None], list[int], list[int]]
"""A connection, a text, the parameters, their types, and whether each is binary (written as hexadecimal then)."""

ENDS = -1
"""Stands for the text where a connection is closed."""


class Recorder:
    """The texts, each once, and what was sent in which order by which connection."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.parts: list[Part] = []
        self._connections: dict[int, int] = {}

    def note(self, connection: Any, text: str, query: PostgresQuery | None = None) -> None:
        """Something was sent."""
        number = self._connections.setdefault(id(connection), len(self._connections))
        place = self.texts.setdefault(text, len(self.texts))
        params = list(query.params or ()) if query is not None else []
        formats = [int(each) for each in (query.formats or ())] if query is not None else []
        types = [int(each) for each in query.types] if query is not None else []
        told = [
            None if value is None else bytes(value).hex() if binary else bytes(value).decode()
            for value, binary in zip(params, formats, strict=True)
        ]
        self.parts.append((number, place, told, types, formats))

    def close(self, connection: Any) -> None:
        """A connection was closed: another one may get its place in memory."""
        number = self._connections.pop(id(connection), None)
        if number is not None:
            self._connections[-1 - number] = number
            self.parts.append((number, ENDS, [], [], []))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Everything that psycopg sends while the block lasts."""
        execute, command, close = (
            psycopg.Cursor.execute,
            psycopg.Connection._exec_command,
            psycopg.Connection.close,
        )
        recorder = self

        def noted_execute(cursor: Any, query: Any, params: Any = None, **more: Any) -> Any:
            converted = PostgresQuery(Transformer.from_context(cursor))
            converted.convert(query, params)
            recorder.note(cursor.connection, converted.query.decode(), converted)
            return execute(cursor, query, params, **more)

        def noted_command(connection: Any, given: Any, *more: Any) -> Any:
            text = given.as_string(connection) if hasattr(given, "as_string") else given
            recorder.note(connection, text.decode() if isinstance(text, bytes) else text)
            return command(connection, given, *more)

        def noted_close(connection: Any) -> None:
            recorder.close(connection)
            close(connection)

        psycopg.Cursor.execute = noted_execute  # type: ignore[method-assign]
        psycopg.Connection._exec_command = noted_command  # type: ignore[method-assign]
        psycopg.Connection.close = noted_close  # type: ignore[method-assign]
        try:
            yield
        finally:
            psycopg.Cursor.execute = execute  # type: ignore[method-assign]
            psycopg.Connection._exec_command = command  # type: ignore[method-assign]
            psycopg.Connection.close = close  # type: ignore[method-assign]

    def keep(self, path: Path) -> None:
        """Write the tape."""
        content = json.dumps({"texts": list(self.texts), "parts": self.parts}, separators=(",", ":"))
        path.write_bytes(gzip.compress(content.encode(), 9, mtime=0))


class Broken(Exception):
    """Something was answered with an error that was not one when it was recorded."""


def play(path: Path, dsn: str, before: Callable[[float, bool], None] = lambda part, idle: None) -> int:
    """Send all of a tape; returns how many parts it had. Raises :class:`Broken`.

    ``before`` is told of each part how much was sent before, and whether nobody is inside a transaction.
    """
    tape = json.loads(gzip.decompress(path.read_bytes()))
    connections: dict[int, pq.PGconn] = {}
    texts, parts = tape["texts"], tape["parts"]
    for number, (connection, place, told, types, formats) in enumerate(parts):
        idle = all(each.transaction_status == pq.TransactionStatus.IDLE for each in connections.values())
        before(number / len(parts), idle)
        if place == ENDS:
            if connection in connections:
                connections.pop(connection).finish()
            continue
        if connection not in connections:
            connections[connection] = pq.PGconn.connect(dsn.encode())
        params = [
            None if value is None else bytes.fromhex(value) if binary else value.encode()
            for value, binary in zip(told, formats, strict=True)
        ]
        answer = connections[connection].exec_params(texts[place].encode(), params, types, formats)
        if answer.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise Broken(f"{answer.error_message.decode().strip()}\n{texts[place]}\n{told}")
    for each in connections.values():
        each.finish()
    return len(parts)


def record(path: Path) -> None:
    """Let a small company live for some months in a database that is new, and keep what was sent."""
    from kalends.platform.databases_for_tests import start_test_server

    start_test_server()

    from kalends.accounts.create import create_account
    from kalends.billing.changes import cancel_subscriptions, pause, resume
    from kalends.billing.edit import Edit, apply_edit
    from kalends.payments.processors.registry import AccountProcessors
    from kalends.payments.record import ReceivedPayment, record_payments
    from kalends.payments.refund import request_refund
    from kalends.platform import database
    from tests.conftest import FIRST_MOMENT
    from tests.world import World

    recorder = Recorder()
    with recorder.recording(), database.connect(autocommit=True) as db:
        ctx = create_account(
            db, name="Nordlys AS", time_zone="Europe/Oslo", currency="EUR", country="NO", now=FIRST_MOMENT,
            clock_at=FIRST_MOMENT,
        )  # fmt: skip
        processors = AccountProcessors(database.connect, ctx.id)
        world = World(db, ctx, processors)
        made = []
        for outcome in ("approved", "declined", "timeout_charged", None, "approved"):
            kari = world.customer()
            made.append(world.subscribe(kari, method=world.method(kari, outcome) if outcome else None))
        world.until("2026-01-20")
        (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", made[0])
        request_refund(db, world.ctx, payment, 1_000)
        apply_edit(db, world.ctx, made[0], Edit(name="Fleet North"))
        pause(db, world.ctx, made[4])
        (invoice,) = world.invoices(made[3], "id")
        record_payments(db, world.ctx, [ReceivedPayment(invoice, 10_000, "cash")])
        world.until("2026-02-10")
        resume(db, world.ctx, made[4])
        cancel_subscriptions(db, world.ctx, [made[2]])
        world.until("2026-04-10")
        processors.close()
    recorder.keep(path)
    print(f"{len(recorder.parts):,} parts, {len(recorder.texts):,} texts, {path.stat().st_size:,} bytes")  # noqa: T201


def main(arguments: list[str]) -> None:
    """``TAPE``: record one. ``TAPE DSN``: play it, and after three quarters, between transactions, wait for a line."""
    path = Path(arguments[0])
    if len(arguments) == 1:
        return record(path)

    told: list[str] = []

    def pace(part: float, idle: bool) -> None:
        if not told and part > 0.25:
            told.append("playing")
            print("playing", flush=True)  # noqa: T201
        elif len(told) == 1 and part > 0.75 and idle:
            told.append(sys.stdin.readline())
        elif len(told) == 1:
            time.sleep(0.002)

    print(play(path, arguments[1], pace), flush=True)  # noqa: T201
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
