"""`kalends prove` as a person gives it: on an account whose money is real, nothing leaves, and the books are proved."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest
from pytest_django import DjangoDbBlocker

from kalends.accounts.create import create_account
from kalends.accounts.integration_apps import create_app
from kalends.accounts.sql import enter_account
from kalends.cli.__main__ import run
from kalends.events.webhooks.kinds import read_event_type
from kalends.events.webhooks.settings import set_target
from kalends.events.webhooks.subscriptions import subscribe
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.home import open_home
from kalends.platform.sealing import seal
from kalends.platform.stopping import sigterm_as_ctrl_c
from kalends.proving.server import own_server, sweep
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.world import World

MEANWHILE = 300
"""Seconds after which a proof of a few subscriptions is late."""


class Wire:
    """A port on this machine that takes every connection, counts it and hangs up."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._take, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


class Outside(NamedTuple):
    """What an account may reach: its mail server, its processor, and a program that is told."""

    mail: Wire
    stripe: Wire
    program: Wire

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which Kalends knows them."""
        return {
            "KALENDS_SMTP_URL": f"smtp://127.0.0.1:{self.mail.port}",
            "KALENDS_STRIPE_API": f"http://127.0.0.1:{self.stripe.port}",
            "KALENDS_WEBHOOK_NETWORKS": "127.0.0.0/8",
        }


@pytest.fixture
def outside() -> Iterator[Outside]:
    with ExitStack() as opened:
        yield Outside(*(opened.enter_context(Wire()) for _ in range(3)))


@pytest.fixture
def live(db: AnyConnection, outside: Outside, settings: Any) -> Iterator[World]:
    """A live account that is behind, by Stripe and by emailed invoice, with a program that is told of it."""
    settings.WEBHOOK_NETWORKS = "127.0.0.0/8"
    now = FIRST_MOMENT
    ctx = create_account(
        db, name="Nordlys AS", time_zone="Europe/Oslo", currency="EUR", country="NO", now=now
    )
    app = create_app(db, ctx.id, name="Program", now=now).app.id
    with db.transaction():
        set_target(db, ctx, app, url=f"http://127.0.0.1:{outside.program.port}/told", now=now)
        wanted = read_event_type("contact.creation", None)
        subscribe(db, ctx, app, wanted, property_name=None, active=True, now=now)
    db.execute(
        "INSERT INTO stripe_connection (account_id, sealed_key, is_test, merchant, merchant_name, country, currency, "
        "methods, can_charge, can_pay_out, connected_at, connected_by, checked_at, events_to) "
        "VALUES (%s, %s, false, 'acct_1', 'Nordlys', 'NO', 'EUR', '[]', true, true, '2026-01-01Z', 'x', "
        "'2026-01-01Z', '2026-01-01Z')",
        [ctx.id, seal("sk_live_0123456789abcdef")],
    )
    processors = AccountProcessors(database.connect, ctx.id)
    world = World(db, ctx, processors)
    for number in range(6):
        contact = world.customer()
        method = world.method(contact) if number % 2 else None
        world.subscribe(contact, "49.90", method=method, net_terms_days=0 if method else 30)
    db.execute("UPDATE payment_method SET processor = 'stripe', token = 'pm_' || id")
    yield world
    processors.close()


def environment(outside: Outside) -> dict[str, str]:
    return {**database.environment_for_children(), **outside.environment}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "kalends.cli", *map(str, words)]


def everything(world: World) -> list[Any]:
    """What a proof might have changed."""
    enter_account(world.db, world.ctx.id)
    return [
        world.rows(f"SELECT to_jsonb(t) FROM {table} AS t WHERE account_id = %s ORDER BY 1", world.ctx.id)
        for table in (
            "subscription",
            "invoice",
            "payment",
            "payment_method",
            "message",
            "event",
            "billing_run",
        )
    ] + world.rows("SELECT to_jsonb(a) FROM account AS a WHERE id = %s", world.ctx.id)


def place() -> Path:
    return open_home().path / "proving"


@pytest.mark.timeout(MEANWHILE)
def test_a_live_accounts_books_are_proved_and_nothing_leaves(
    live: World, outside: Outside, tmp_path: Path
) -> None:
    before, report = everything(live), tmp_path / "proof.html"
    words = ("prove", "--account", live.ctx.id, "--kills", 6, "--months", 1, "--seed", 3)

    done = subprocess.run(
        command(*words, "--json", "--report", report),
        env=environment(outside), capture_output=True, text=True, timeout=MEANWHILE, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["proved"], told
    assert (told["seed"], told["kills"]["total"]) == (3, 6)
    assert told["copied"]["rows"]["subscription"] == 6
    assert told["billed"]["invoices"]["EUR"] >= 6
    assert told["billed"]["charges"]["EUR"] >= 3
    assert sum(told["billed"]["letters"].values()) >= 3
    assert "Proved. After 6 kills" in report.read_text()
    assert "6 of 6 kills" in done.stderr
    assert [wire.connections for wire in outside] == [0, 0, 0]
    assert everything(live) == before
    assert list(place().iterdir()) == []

    # And so that this means something: the account itself, billed once, reaches all three.
    once = command("worker", "--once", "--account", live.ctx.id)
    subprocess.run(once, env=environment(outside), capture_output=True, timeout=MEANWHILE, check=False)
    assert all(wire.connections for wire in outside), [wire.connections for wire in outside]


def test_one_that_is_stopped_by_ctrl_c_leaves_nothing(live: World, outside: Outside) -> None:
    words = command("prove", "--account", live.ctx.id, "--kills", 1000)
    known = environment(outside)
    with subprocess.Popen(
        words, env=known, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "subscriptions are copied" in line:
                break
        (folder,) = place().iterdir()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the command and all that it started
        process.stderr.read()
    assert process.returncode == 130
    assert list(place().iterdir()) == []
    assert not processes_in(folder)


def test_sigterm_takes_the_copies_away_as_ctrl_c_does() -> None:
    with pytest.raises(KeyboardInterrupt), sigterm_as_ctrl_c():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


_KILLED_WITH_ITS_SERVER = """
import sys
from pathlib import Path
from kalends.proving.server import own_server
with own_server(Path(sys.argv[1])):
    print("running", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_proof_left_is_swept_by_the_next_one_and_a_living_one_is_left_alone(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o711)
    killed = subprocess.Popen(
        [sys.executable, "-c", _KILLED_WITH_ITS_SERVER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"running\n"
    (folder,) = tmp_path.iterdir()
    assert sweep(tmp_path) == 0
    assert processes_in(folder)

    killed.kill()
    killed.communicate()

    assert folder.exists()
    assert sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
    deadline = time.monotonic() + 20
    while processes_in(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes_in(folder)


def processes_in(folder: Path) -> list[str]:
    """Processes whose command names the folder."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def test_a_server_that_is_killed_goes_on_with_what_was_committed(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with own_server(tmp_path) as server:
        with server.administer() as db:
            db.execute("CREATE TABLE kept AS SELECT 1 AS one")
        server.kill()
        server.recover()
        with server.administer() as db:
            assert db.execute("SELECT one FROM kept").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--report", "proof.pdf"), 2, "ends in .html"),
        (("--report", "/nowhere/proof.html"), 2, "folder is not there"),
        (("--account", "nobody"), 2, "no such account"),
        (("--kills", "0"), 2, "--kills"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_copied(
    server: str,
    account_id: int,
    django_db_blocker: DjangoDbBlocker,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    with django_db_blocker.unblock():
        assert run(["prove", *words]) == code
    assert said in capsys.readouterr().err
    assert not place().exists() or list(place().iterdir()) == []
