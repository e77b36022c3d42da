"""A process that bills is killed at random moments, again and again; what is there in the end is as if it never was.

The killed processes are real ones, with real connections to a real server; the moments come from a seed that is
printed when something is wrong.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from random import Random

from kalends.platform import database
from kalends.proof.verify import verify
from tests.world import World

KILLS = int(os.environ.get("KALENDS_KILLS", "20"))
SEED = int(os.environ.get("KALENDS_SEED", "20260301"))
UNTIL = dt.date(2027, 1, 1)

LIVES_ON = """
import sys, datetime as dt
from kalends.platform import database
from kalends.proof.verify import verify
from kalends.platform.home import open_home
from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.billing.clock import ClockRefused, advance
from kalends.payments.processors.registry import AccountProcessors

account_id, until = int(sys.argv[1]), dt.datetime.fromisoformat(sys.argv[2])
database.open_database(open_home())
db = database.connect(autocommit=True)
enter_account(db, account_id)
ctx = load_context(db, account_id, system_now=until)
print("began", flush=True)
advance(db, ctx, AccountProcessors(database.connect, account_id), until)
"""


def test_a_billing_process_killed_at_any_moment_leaves_every_cycle_billed_and_charged_once(
    world: World,
) -> None:
    random = Random(SEED)
    _open_book(world)
    moment = dt.datetime.combine(UNTIL, dt.time(12), dt.UTC)
    kills = 0
    for _ in range(KILLS):
        kills += _live_and_die(world.ctx.id, moment, after_seconds=random.uniform(0.02, 0.5))
        if _clock(world) >= moment:
            break
    assert kills >= min(KILLS, 5), "The story was over before it was disturbed often enough: make it longer."
    assert _live(world.ctx.id, moment) == 0, f"seed {SEED}"

    world.reload()
    _prove(world)


def _open_book(world: World) -> None:
    for number in range(60):
        kari = world.customer()
        kinds = ("card", "sepa", None)
        outcomes = ("approved", "timeout_charged", "timeout_not_charged", "approved")
        kind = kinds[number % 3]
        method = None
        if kind == "card":
            method = world.method(kari, outcomes[number // 3 % 4])
        elif kind:
            method = world.method(kari, "reports_twice" if number % 2 else "approved", kind=kind)
        start = dt.date(2026, 1, 1) + dt.timedelta(days=number % 31)
        world.subscribe(
            kari, "49.90", start=start, method=method, tax="25", net_terms_days=0 if method else 900
        )


def _start(account_id: int, moment: dt.datetime) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **database.environment_for_children()}
    command = [sys.executable, "-c", LIVES_ON, str(account_id), moment.isoformat()]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _live_and_die(account_id: int, moment: dt.datetime, *, after_seconds: float) -> bool:
    """Let a process bill and kill it; says whether it was killed before it was done."""
    with _start(account_id, moment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after_seconds)
        killed = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return killed


def _live(account_id: int, moment: dt.datetime) -> int:
    """Let a process bill to the end. The lock of a killed one may live for a moment longer than it."""
    for _ in range(20):
        with _start(account_id, moment) as process:
            code = process.wait(timeout=120)
        if code == 0:
            return 0
        time.sleep(0.2)
    return code


def _clock(world: World) -> dt.datetime:
    return world.one("SELECT clock_at FROM account WHERE id = %s", world.ctx.id)[0]


def _most(world: World, table: str, effect: str) -> int:
    """How many rows the effect with the most rows has."""
    counted = f"SELECT count(*) AS n FROM {table} WHERE account_id = %s GROUP BY {effect}"
    return world.one(f"SELECT max(n) FROM ({counted}) AS counted", world.ctx.id)[0]


def _prove(world: World) -> None:
    account = world.ctx.id
    expected = sum(12 if day else 13 for day in (number % 31 for number in range(60)))
    assert world.one("SELECT count(*) FROM invoice WHERE account_id = %s", account) == (expected,)
    assert _most(world, "invoice", "subscription_id, cycle") == 1
    assert _most(world, "sandbox_charge", "metadata ->> 'invoice_id'") == 1
    assert _most(world, "message", "kind, object_id, occasion") == 1
    numbers = world.rows(
        "SELECT substr(number, 5)::int FROM invoice WHERE account_id = %s ORDER BY 1", account
    )
    assert [row[0] for row in numbers] == list(range(1001, 1001 + expected))
    assert verify(world.db, world.ctx).differences == []
