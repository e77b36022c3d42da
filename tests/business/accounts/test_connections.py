"""The connection that a thread keeps between requests ends with the thread, or with the process."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

from psycopg import Connection

from kalends.accounts import connections
from kalends.platform.database import environment_for_children

ASKED = """
from kalends.platform.boot import boot
boot(migrate=False)
from kalends.accounts import connections
print(connections.inside(1).execute("SELECT 'asked'").fetchone()[0])
"""


def test_it_ends_with_its_thread(account_id: int) -> None:
    kept: list[Connection[Any]] = []
    thread = threading.Thread(target=lambda: kept.append(connections.inside(account_id)))
    thread.start()
    thread.join()
    assert kept[0].closed


def test_it_ends_with_its_process_and_nothing_is_left_open(server: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", ASKED],
        env=environment_for_children(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "asked\n"
    assert "still open" not in done.stderr
