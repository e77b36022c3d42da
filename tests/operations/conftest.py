"""What the log says, as it is written; and the pages' stage."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from kalends.platform import logs
from tests.cli.conftest import give as give  # noqa: PLC0414
from tests.staff.conftest import _pages as _pages  # noqa: PLC0414 - fixtures, found under these names
from tests.staff.conftest import client as client  # noqa: PLC0414
from tests.staff.conftest import sign_in as sign_in  # noqa: PLC0414
from tests.staff.conftest import stage as stage  # noqa: PLC0414
from tests.worker.conftest import clock as clock  # noqa: PLC0414
from tests.worker.conftest import mail as mail  # noqa: PLC0414
from tests.worker.conftest import new_world as new_world  # noqa: PLC0414
from tests.worker.conftest import own_database as own_database  # noqa: PLC0414
from tests.worker.conftest import worker as worker  # noqa: PLC0414


class Log:
    """Everything that is logged while a test runs, in the very form in which it is written."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log of this process: structlog's, and the standard library's down to its smallest."""
    kept = Log()
    structlog.reset_defaults()
    logs.set_up_logs()
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(kept.stream))
    handler = logging.StreamHandler(kept.stream)
    handler.setFormatter(logs.formatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield kept
    root.setLevel(before)
    root.removeHandler(handler)
    structlog.reset_defaults()
