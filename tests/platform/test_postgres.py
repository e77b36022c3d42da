"""The embedded server: the first process starts it, all share it, the last one stops it, and crashes leave no mark."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import structlog

from kalends.platform import database
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home, open_home
from kalends.platform.postgres import acquire, embedded_server
from tests.platform.conftest import SRC, Guest, leave, server_pid


def test_a_new_home_gets_a_server_in_utf8_with_checksums_and_no_network(open_folder: Path) -> None:
    home = open_home(open_folder / "new")
    with embedded_server(home, ephemeral=True) as dsn, psycopg.connect(dsn) as connection:
        settings = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("server_encoding", "data_checksums", "listen_addresses", "jit")
        }
    assert settings == {
        "server_encoding": ("UTF8",),
        "data_checksums": ("on",),
        "listen_addresses": ("",),
        "jit": ("off",),
    }


def test_durability_is_given_up_only_when_asked(home: Home) -> None:
    def durability() -> list[object]:
        with embedded_server(home, ephemeral=ephemeral) as dsn, psycopg.connect(dsn) as connection:
            return connection.execute(
                "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
                " current_setting('synchronous_commit')"
            ).fetchall()

    ephemeral = True
    assert durability() == [("off", "off", "off")]
    ephemeral = False
    assert durability() == [("on", "on", "on")]


def test_kalends_is_no_superuser_of_its_server(home: Home) -> None:
    with (
        embedded_server(home, ephemeral=True) as dsn,
        psycopg.connect(dsn) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT pg_read_file('/etc/passwd')")


def test_a_second_process_shares_the_server_and_the_last_one_stops_it(
    home: Home, guest: Callable[[], Guest]
) -> None:
    first = guest()
    started = server_pid(home)
    second = guest()
    assert server_pid(home) == started
    leave(first)
    assert server_pid(home) == started
    leave(second)
    assert server_pid(home) is None


def test_two_processes_that_start_at_once_share_one_server(open_folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from kalends.platform.home import open_home\n"
        "from kalends.platform.postgres import embedded_server\n"
        "home = open_home(Path(sys.argv[1]))\n"
        "with embedded_server(home, ephemeral=True):\n"
        "    print((home.postgres / 'data' / 'postmaster.pid').read_text().split()[0], flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(open_folder / "new")],
            env={**os.environ, "PYTHONPATH": str(SRC)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    servers = {process.stdout.readline() for process in both if process.stdout}
    for process in both:
        leave(process)
    assert len(servers) == 1
    assert server_pid(Home(open_folder / "new")) is None


def test_who_waits_long_for_another_to_come_or_go_says_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalends.platform.postgres.WORDLESS_SECONDS", 0.01)
    with (home.path / "postgres.gate").open("w") as gate, structlog.testing.capture_logs() as told:
        fcntl.flock(gate, fcntl.LOCK_EX)
        arrived = threading.Thread(target=lambda: acquire(home, ephemeral=True).release())
        arrived.start()
        for _ in range(1000):
            if told:
                break
            time.sleep(0.01)
        fcntl.flock(gate, fcntl.LOCK_UN)
        arrived.join()
    (line,) = told
    assert line["event"] == "waiting for a process that starts, stops or restores the database"
    assert line["where"] == str(home.path)


def test_the_server_lives_in_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(home: Home) -> None:
    with embedded_server(home, ephemeral=True):
        server = server_pid(home)
        assert server is not None
        assert os.getsid(server) != os.getsid(0)


def test_two_leases_in_one_process_are_two_guests(home: Home) -> None:
    first, second = acquire(home, ephemeral=True), acquire(home, ephemeral=True)
    first.release()
    first.release()
    assert server_pid(home) is not None
    second.release()
    assert server_pid(home) is None


def test_a_killed_process_leaves_the_server_to_the_next_one(home: Home, guest: Callable[[], Guest]) -> None:
    killed = guest()
    started = server_pid(home)
    killed.kill()
    killed.wait()
    assert server_pid(home) == started
    next_one = guest()
    assert server_pid(home) == started
    leave(next_one)
    assert server_pid(home) is None


def test_a_killed_server_is_started_again_with_everything_committed(home: Home) -> None:
    lease = acquire(home, ephemeral=False)
    with psycopg.connect(lease.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 41 + 1 AS answer")
    killed = server_pid(home)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    with embedded_server(home, ephemeral=False) as dsn, psycopg.connect(dsn) as connection:
        assert server_pid(home) != killed
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    lease.release()
    assert server_pid(home) is None


def test_whoever_works_with_a_killed_server_starts_it_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = acquire(home, ephemeral=False)
    try:
        for name, value in {
            "source": (home, ""),
            "dsn": lease.dsn,
            "lease": lease,
            "application_role": False,
        }.items():
            monkeypatch.setattr(database._State, name, value)
        os.kill(server_pid(home), signal.SIGKILL)
        while True:
            try:
                psycopg.connect(lease.dsn).close()
            except psycopg.OperationalError:
                break
        with database.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        lease.release()


def test_a_pid_file_that_names_another_program_by_now_does_not_stop_a_start(home: Home) -> None:
    with embedded_server(home, ephemeral=True):
        left_behind = (home.postgres / "data" / "postmaster.pid").read_text().split("\n")
    left_behind[0] = str(os.getpid())
    (home.postgres / "data" / "postmaster.pid").write_text("\n".join(left_behind))
    with embedded_server(home, ephemeral=True) as dsn:
        psycopg.connect(dsn).close()


def test_a_forked_child_does_not_give_its_parents_lease_back(home: Home) -> None:
    lease = acquire(home, ephemeral=True)
    child = os.fork()
    if child == 0:
        lease.release()
        os._exit(0)
    assert os.waitpid(child, 0) == (child, 0)
    psycopg.connect(lease.dsn).close()
    lease.release()
    assert server_pid(home) is None


def test_data_of_another_version_is_refused_with_both_versions_named(home: Home) -> None:
    (home.postgres / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(UserFacing) as refused:
        acquire(home, ephemeral=True)
    assert "written by PostgreSQL 14" in refused.value.message
    assert refused.value.where == str(home.postgres / "data")
    assert refused.value.exit_code is ExitCode.DATABASE_UNAVAILABLE


def test_a_server_that_cannot_start_shows_the_end_of_its_log(home: Home) -> None:
    (home.postgres / "conf" / "local.conf").write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(UserFacing) as refused:
        acquire(home, ephemeral=True)
    assert "plenty" in refused.value.value
    assert "server.log" in refused.value.remedy


def test_ones_own_settings_have_the_last_word(home: Home) -> None:
    (home.postgres / "conf" / "local.conf").write_text("work_mem = '21MB'\n")
    with embedded_server(home, ephemeral=True) as dsn, psycopg.connect(dsn) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("21MB",)
