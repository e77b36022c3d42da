"""A process that delivers letters is killed at any point: afterwards each letter was written exactly once."""

from __future__ import annotations

import email
import email.policy
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from kalends.messages.delivery import Delivered
from kalends.platform import database
from tests.business.messages.post import Post

SRC = Path(__file__).resolve().parents[3] / "src"
LETTERS = 160
KILLS = 4

_DELIVERER = """
import os, signal, sys
from kalends.platform.boot import boot
boot()
from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.messages.backends import file_backend
from kalends.messages.delivery import deliver
from kalends.platform import database
from kalends.platform.clock import system_now

account_id, dies_after = int(sys.argv[1]), int(sys.argv[2])
backend = file_backend()
taken = 0

class Dying:
    open, close = backend.open, backend.close
    def send(self, envelope):
        global taken
        backend.send(envelope)
        taken += 1
        if taken == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)

with database.connect(autocommit=True) as db:
    enter_account(db, account_id)
    deliver(db, load_context(db, account_id, system_now=system_now()), Dying(), 100000)
"""


def start(post: Post, home: Path, dies_after: int = 0) -> subprocess.Popen[bytes]:
    environment = database.environment_for_children() | {"KALENDS_HOME": str(home), "PYTHONPATH": str(SRC)}
    return subprocess.Popen(
        [sys.executable, "-c", _DELIVERER, str(post.world.ctx.id), str(dies_after)], env=environment
    )


def written(home: Path) -> int:
    return len(list((home / "mail").glob("*.eml"))) if (home / "mail").exists() else 0


def wait_for(process: subprocess.Popen[bytes], home: Path, letters: int) -> None:
    while written(home) < letters and process.poll() is None:
        time.sleep(0.001)


def check_each_once(post: Post, home: Path, ids: list[int]) -> None:
    """One file and one Message-ID for each letter, all of them sent; what was tried twice says why."""
    message_ids: set[str] = set()
    names: set[str] = set()
    for path in (home / "mail").glob("*.eml"):
        letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        message_ids.add(letter["Message-ID"])
        names.add(path.stem.rpartition("-")[2])
        assert letter["Subject"] == post.state(int(path.stem.rpartition("-")[2]), "subject")
    assert names == {str(id_) for id_ in ids}
    assert len(message_ids) == len(ids)
    states = post.world.rows("SELECT status, tries, error FROM message WHERE id = ANY(%s)", ids)
    assert {status for status, _, _ in states} == {"sent"}
    assert all((tries == 1) == (error is None) for _, tries, error in states)
    assert all("broken off" in error for _, _, error in states if error)


def test_killed_at_random_points_each_letter_is_written_exactly_once(post: Post, tmp_path: Path) -> None:
    ids = post.cancellations(LETTERS)
    chance = random.Random(20260101)
    for _ in range(KILLS):
        process = start(post, tmp_path)
        wait_for(process, tmp_path, written(tmp_path) + chance.randrange(1, LETTERS // KILLS))
        time.sleep(chance.random() / 500)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 0 < written(tmp_path) < LETTERS
    last = start(post, tmp_path)
    assert last.wait() == 0
    check_each_once(post, tmp_path, ids)


def test_killed_between_call_and_outcome_the_letter_goes_out_again_and_is_one_file(
    post: Post, tmp_path: Path
) -> None:
    ids = post.cancellations(4)
    assert start(post, tmp_path, dies_after=2).wait() == -signal.SIGKILL
    assert written(tmp_path) == 2
    assert [post.state(id_, "status") for id_ in ids] == ["sent", "sending", "queued", "queued"]
    assert start(post, tmp_path).wait() == os.EX_OK
    assert post.deliver() == Delivered()
    assert [post.state(id_, "tries") for id_ in ids] == [1, 2, 1, 1]
    check_each_once(post, tmp_path, ids)
