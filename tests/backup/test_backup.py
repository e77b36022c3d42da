"""Backups with a real server: made while it works, checked, and made into a home as it was at a moment."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kalends.platform.archive import archive_of, hand_over_now, stop_archiving
from kalends.platform.backup import backups_in, make_backup, verify_backup
from kalends.platform.clock import system_now
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home, open_home
from kalends.platform.postgres import embedded_server
from kalends.platform.postgres_server import server_in
from kalends.platform.restore import restore
from tests.cli.conftest import Give, give, here  # noqa: F401

the_servers_clock = system_now
"""A log is played back to a moment of the server that wrote it, whatever day that is."""


def quiet(done: int, words: str) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the server's user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="kalends-backup-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def moments(place: Path) -> dict[str, dt.datetime]:
    """A home in which 1 was written, then a backup made, then 2 and 3 written: before 2, before 3, and afterwards."""
    home = open_home(place / "home")
    (home.files / "kept.txt").write_text("a file")
    seen: dict[str, dt.datetime] = {}
    with embedded_server(home, ephemeral=False) as dsn, psycopg.connect(dsn, autocommit=True) as db:
        db.execute("CREATE TABLE written AS SELECT 1 AS what")
        make_backup(
            home, place / "copies", now=the_servers_clock(), keep=1, keys=place / "keys", progress=quiet
        )
        for what in (2, 3):
            time.sleep(0.01)
            seen[f"before {what}"] = the_servers_clock()
            time.sleep(0.01)
            db.execute("INSERT INTO written VALUES (%s)", [what])
        hand_over_now(server_in(home), place / "copies" / "log")
        time.sleep(0.01)
        seen["afterwards"] = the_servers_clock()
        assert archive_of(server_in(home)) == place / "copies" / "log"
        assert stop_archiving(server_in(home))
        assert archive_of(server_in(home)) is None
    return seen


def written(home: Path) -> tuple[list[int], str]:
    """What stands in the table, and the server's timeline."""
    with embedded_server(open_home(home), ephemeral=True) as dsn, psycopg.connect(dsn) as db:
        found = sorted(row[0] for row in db.execute("SELECT what FROM written"))
        row = db.execute("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)").fetchone()
    assert row is not None
    return found, row[0]


def test_a_home_is_made_as_it_was_at_a_moment_and_then_with_all_that_the_log_has(
    place: Path, moments: dict[str, dt.datetime]
) -> None:
    told: list[str] = []

    def into_new(to_time: dt.datetime | None, *, replace: bool = False) -> Path | None:
        made = restore(
            place / "copies",
            place / "new",
            now=the_servers_clock(),
            to_time=to_time,
            keys=place / "keys",
            replace=replace,
            tell=told.append,
        )
        assert made.keys == "fit"
        return made.before

    assert into_new(moments["before 3"]) is None
    assert written(place / "new") == ([1, 2], "00000002")
    assert (open_home(place / "new").files / "kept.txt").read_text() == "a file"
    assert len(told) == 2

    with pytest.raises(UserFacing, match="There is a database already"):
        into_new(None)
    with pytest.raises(UserFacing, match="ends before the moment asked for"):
        into_new(moments["afterwards"], replace=True)
    assert written(place / "new")[0] == [1, 2], "what was moved aside is back"
    before = into_new(None, replace=True)
    assert before is not None
    assert before.name.startswith("data-before-")
    assert written(place / "new")[0] == [1, 2, 3]
    with (
        embedded_server(open_home(place / "new"), ephemeral=True),
        pytest.raises(UserFacing, match="This installation is in use"),
    ):
        into_new(None, replace=True)


def test_a_moment_before_the_oldest_backup_is_refused(place: Path, moments: dict[str, dt.datetime]) -> None:
    early = moments["before 2"] - dt.timedelta(days=1)
    with pytest.raises(UserFacing, match="younger than the moment"):
        restore(
            place / "copies",
            place / "early",
            now=the_servers_clock(),
            to_time=early,
            keys=None,
            replace=False,
            tell=print,
        )


def test_a_backup_has_no_keys_in_it_and_they_lie_apart_closed_to_others(
    place: Path, moments: dict[str, dt.datetime]
) -> None:
    del moments
    secret = (place / "home" / "keys" / "sealing-keys").read_bytes()
    assert (place / "keys" / "sealing-keys").read_bytes() == secret
    assert (place / "keys" / "sealing-keys").stat().st_mode & 0o77 == 0
    inside = [
        path for path in (place / "copies").rglob("*") if path.is_file() and secret in path.read_bytes()
    ]
    assert inside == []


def test_a_damaged_file_and_a_lost_piece_of_the_log_are_named(
    place: Path, moments: dict[str, dt.datetime], tmp_path: Path
) -> None:
    del moments
    server = server_in(Home(place / "home"))
    copies = tmp_path / "copies"
    shutil.copytree(place / "copies", copies)
    (only,) = backups_in(copies)
    assert verify_backup(server, copies, only, quiet) > only.begins_with

    pieces = sorted((copies / "log").glob("*[0-9A-F].gz"))
    lost = pieces[1].read_bytes()
    pieces[1].unlink()
    with pytest.raises(UserFacing) as missing:
        verify_backup(server, copies, only, quiet)
    assert missing.value.exit_code == ExitCode.PROBLEM_FOUND
    assert "is missing" in missing.value.value
    pieces[1].write_bytes(lost[:-100])
    with pytest.raises(UserFacing) as broken:
        verify_backup(server, copies, only, quiet)
    assert "cannot be unpacked" in broken.value.value
    pieces[1].write_bytes(lost)

    version = copies / "base" / only.name / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(UserFacing) as changed:
        verify_backup(server, copies, only, quiet)
    assert "PG_VERSION" in changed.value.value


def test_a_backup_lies_outside_of_the_home_and_its_keys_outside_of_it(place: Path, moments: object) -> None:
    del moments
    home = Home(place / "home")
    with pytest.raises(UserFacing, match="outside of the installation's own folder"):
        make_backup(home, home.files / "b", now=the_servers_clock(), keep=1, keys=None, progress=quiet)
    with pytest.raises(UserFacing, match="outside of the backup that they open"):
        make_backup(
            home, place / "b", now=the_servers_clock(), keep=1, keys=place / "b" / "k", progress=quiet
        )


def test_a_server_of_ones_own_is_backed_up_by_its_own_tools(
    give: Give,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/kalends")
    answer = give("backup", "make", tmp_path)
    assert answer.code == ExitCode.BAD_INPUT
    assert "docs/operations.md" in answer.err


def test_a_folder_without_a_backup_is_named(give: Give, tmp_path: Path) -> None:  # noqa: F811
    for words in (("backup", "list", tmp_path), ("restore", "--from", tmp_path, "--into", tmp_path / "new")):
        answer = give(*words)
        assert (answer.code, "There is no backup in this folder." in answer.err) == (ExitCode.BAD_INPUT, True)
    assert not (tmp_path / "new").exists()
