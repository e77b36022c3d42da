"""Homes for the launcher's tests, and processes that use a server and leave when they are told to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from kalends.platform.databases_for_tests import start_test_server
from kalends.platform.home import Home, open_home
from kalends.platform.postgres import embedded_server

SRC = Path(__file__).resolve().parents[2] / "src"

_GUEST = """
import sys
from pathlib import Path
from kalends.platform.home import open_home
from kalends.platform.postgres import acquire
lease = acquire(open_home(Path(sys.argv[1])), ephemeral=True)
print(lease.dsn, flush=True)
sys.stdin.readline()
"""

Guest = subprocess.Popen[str]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A short temporary folder that others may pass through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="kalends-platform-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose server was made and stopped, to be copied: making one anew takes seconds."""
    made = open_home(tmp_path_factory.mktemp("made") / "home")
    with embedded_server(made, ephemeral=True):
        pass
    return made.path


@pytest.fixture
def home(open_folder: Path, made_home: Path) -> Home:
    """The home of an installation whose server does not run."""
    subprocess.run(["cp", "-a", made_home, open_folder / "home"], check=True)
    return open_home(open_folder / "home")


@pytest.fixture
def guest(home: Home) -> Iterator[Callable[[], Guest]]:
    """Starts another process that takes a lease on the home's server and keeps it until its input ends."""
    guests: list[Guest] = []

    def start() -> Guest:
        process = subprocess.Popen(
            [sys.executable, "-c", _GUEST, str(home.path)],
            env={**os.environ, "PYTHONPATH": str(SRC)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        guests.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("host=")
        return process

    yield start
    for process in guests:
        leave(process)


def leave(guest: Guest) -> None:
    """Let a guest go home, and wait until it has."""
    guest.communicate(timeout=60)


def server_pid(home: Home) -> int | None:
    """The running server's process, or None when none runs."""
    try:
        return int((home.postgres / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    except FileNotFoundError:
        return None


@pytest.fixture(scope="session")
def test_database(django_db_blocker: DjangoDbBlocker) -> str:
    """The database this pytest process works in."""
    with django_db_blocker.unblock():
        return start_test_server()
