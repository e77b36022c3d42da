"""Statements as they are sent, with the beginnings of their transactions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.sql import Composable

RECORDED = "KALENDS_STATEMENTS"
"""The environment variable that names a file into which every process of the tests writes its statements."""


class Sent(NamedTuple):
    """A statement, who sent it, and whether it began a transaction there."""

    connection: int
    text: str
    is_first: bool


@contextmanager
def recorded() -> Iterator[list[Sent]]:
    """What is sent while the block lasts, by psycopg and by Django."""
    sent: list[Sent] = []
    plainly, begins = psycopg.Cursor.execute, psycopg.Connection.transaction

    def transaction(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.info.transaction_status == TransactionStatus.IDLE:
            sent.append(Sent(id(self), "BEGIN", True))
        return begins(self, *args, **kwargs)

    def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        text = query.as_string(self.connection) if isinstance(query, Composable) else query
        idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        sent.append(Sent(id(self.connection), text.decode() if isinstance(text, bytes) else str(text), idle))
        return plainly(self, query, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", execute)
        patch.setattr(psycopg.Connection, "transaction", transaction)
        yield sent


@contextmanager
def kept() -> Iterator[None]:
    """Where :data:`RECORDED` names a file, what is sent while the block lasts is added to it."""
    path = os.environ.get(RECORDED)
    if not path:
        yield
        return
    with recorded() as sent:
        yield
    with open(path, "a", encoding="utf-8") as file:
        file.write("".join(json.dumps(text) + "\n" for text in dict.fromkeys(each.text for each in sent)))
