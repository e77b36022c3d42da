"""Commands as a user gives them, in the database of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import AccountContext
from kalends.cli.__main__ import run
from kalends.platform.database import environment_for_children


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Standard output as the one document that it is."""
        return json.loads(self.out)


Give = Callable[..., Answer]


@pytest.fixture
def give(server: str, django_db_blocker: DjangoDbBlocker, capsys: pytest.CaptureFixture[str]) -> Give:
    """Gives a command in this process: quick, and everything but the process is real."""

    def in_this_process(*words: object) -> Answer:
        capsys.readouterr()
        with django_db_blocker.unblock():
            code = run([str(word) for word in words])
        structlog.reset_defaults()  # `serve` writes its log to this test's standard error, which is closed after it
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return in_this_process


@pytest.fixture
def here(give: Give, account: AccountContext) -> Give:
    """Gives a command in the test's own account."""

    def in_the_account(*words: object) -> Answer:
        return give(*words, "--account", account.id)

    return in_the_account


@pytest.fixture
def shell(server: str) -> Give:
    """Gives a command in a process of its own, as a person or a program does."""

    def in_a_process(*words: object, **environment: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "kalends.cli", *map(str, words)],
            env={**environment_for_children(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return in_a_process
