"""The worker as a process: told to stop, it finishes what it has in hand and leaves with 0."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kalends.platform import database
from tests.worker.conftest import MORNING
from tests.world import World

SRC = Path(__file__).resolve().parents[2] / "src"

_WORKER = """
import sys
from datetime import datetime
from kalends.platform.boot import boot
boot()
from kalends.worker.loop import Pace, run_worker
moment = datetime.fromisoformat(sys.argv[1])
sys.exit(run_worker(clock=lambda: moment, once=sys.argv[2] == "once"))
"""

NewWorld = Callable[..., World]


def start(home: Path, how: str = "") -> subprocess.Popen[str]:
    environment = database.environment_for_children() | {"KALENDS_HOME": str(home), "PYTHONPATH": str(SRC)}
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER, MORNING.isoformat(), how],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code and what it told."""
    _, told = process.communicate(timeout=120)
    return process.returncode, told


def letters(home: Path) -> int:
    return len(list((home / "mail").glob("*.eml"))) if (home / "mail").exists() else 0


def subscribe(world: World, count: int) -> None:
    for _ in range(count):
        kari = world.customer()
        world.subscribe(kari, "100", start=MORNING.date(), method=world.method(kari))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_it_finish_the_letter_in_hand_and_leave_with_0(
    new_world: NewWorld, tmp_path: Path, number: signal.Signals
) -> None:
    world = new_world()
    subscribe(world, 120)
    process = start(tmp_path)
    while letters(tmp_path) == 0 and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(number)
    assert finish(process)[0] == 0
    rows = world.rows("SELECT status, count(*) FROM message WHERE account_id = %s GROUP BY 1", world.ctx.id)
    counted = dict(rows)
    assert set(counted) <= {"sent", "queued"}
    assert counted["sent"] == letters(tmp_path)
    assert finish(start(tmp_path, "once"))[0] == 0
    assert letters(tmp_path) == 120


def test_once_does_what_is_due_and_leaves(new_world: NewWorld, tmp_path: Path) -> None:
    world = new_world()
    subscribe(world, 3)
    code, told = finish(start(tmp_path, "once"))
    assert code == 0
    assert letters(tmp_path) == 3
    lines = [json.loads(line) for line in told.splitlines()]
    assert [(line["event"], line["account_id"]) for line in lines] == [
        ("billing", world.ctx.id),
        ("letters", world.ctx.id),
        ("proof", world.ctx.id),
    ]
    assert lines[0]["invoiced"] == 3
    assert lines[0]["charges"]["succeeded"] == 3
    assert lines[1]["sent"] == 3
    assert (lines[2]["night"], lines[2]["invoices"], lines[2]["differences"]) == ("2026-01-01", 3, 0)
