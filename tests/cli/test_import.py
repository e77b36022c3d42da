"""Importing on command: rehearsed, listed, and safe to kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kalends.platform.database import environment_for_children
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World

MAP = 'object = "contact"\n[columns]\n"Email" = "email"\n"First" = "firstname"\n'


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file and its mapping."""
    (tmp_path / "map.toml").write_text(MAP)
    (tmp_path / "people.csv").write_text(
        "Email,First,Shoe size\na@example.com,Anna,38\nb@example.com,Bo,44\n"
    )
    return tmp_path / "people.csv", tmp_path / "map.toml"


def test_a_rehearsal_then_the_import_then_nothing_new(
    files: tuple[Path, Path], here: Give, world: World
) -> None:
    file, mapping = files
    rehearsed = here("import", file, "--map", mapping, "--dry-run")
    assert (rehearsed.code, "nothing was written" in rehearsed.out) == (0, True)
    assert "columns not mapped  Shoe size" in rehearsed.out
    assert world.one("SELECT count(*) FROM contact") == (0,)

    assert here("import", file, "--map", mapping, "--json").json()["created"] == 2
    assert here("import", file, "--map", mapping, "--json").json()["unchanged"] == 2


def test_problems_are_a_list_by_row_and_column(files: tuple[Path, Path], here: Give, world: World) -> None:
    file, mapping = files
    file.write_text(file.read_text() + "c.example.com,Cee,\nd@example.com,Dee\n")
    answer = here("import", file, "--map", mapping)
    assert answer.code == ExitCode.BAD_INPUT
    assert "c.example.com" in answer.out
    assert "2 problems in 4 rows. Nothing was imported." in answer.out
    as_json = here("import", file, "--map", mapping, "--json")
    assert as_json.code == ExitCode.BAD_INPUT
    assert [(item["row"], item["column"]) for item in as_json.json()["problems"]["first"]] == [
        (4, "Email"),
        (5, ""),
    ]
    assert world.one("SELECT count(*) FROM contact") == (0,)

    skipped = here("import", file, "--map", mapping, "--skip-bad-rows", "--json")
    assert skipped.code == ExitCode.PROBLEM_FOUND
    assert (skipped.json()["created"], skipped.json()["left_out_rows"]) == (2, 2)


def test_wrong_use_is_told(files: tuple[Path, Path], give: Give, tmp_path: Path) -> None:
    file, mapping = files
    assert "--map" in give("import", file).err
    for words in (
        (tmp_path / "none.csv", "--map", mapping),
        (file, "--map", tmp_path / "none.toml"),
        (tmp_path, "--map", mapping),
    ):
        answer = give("import", *words)
        assert answer.code == ExitCode.BAD_INPUT, words
        assert str(tmp_path) in answer.err


def test_a_printed_mapping_is_one_to_start_from(give: Give) -> None:
    printed = give("import", "--print-map", "contact")
    assert printed.code == 0
    assert 'object = "contact"' in printed.out


def test_an_import_that_is_killed_leaves_nothing_and_can_be_repeated(
    files: tuple[Path, Path], here: Give, world: World
) -> None:
    """The kill comes while rows are being written: the process is seen to hold row locks of its own."""
    file, mapping = files
    file.write_text("Email,First\n" + "".join(f"n{number}@example.com,N\n" for number in range(15_000)))
    command = [
        sys.executable,
        "-m",
        "kalends.cli",
        "import",
        file,
        "--map",
        mapping,
        "--account",
        str(world.ctx.id),
    ]
    process = subprocess.Popen(
        command, env=environment_for_children(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    writing = (
        "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        "WHERE c.relname = 'contact' AND l.mode = 'RowExclusiveLock' AND l.database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    while world.one(writing) == (0,):
        assert process.poll() is None, "the import ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert world.one("SELECT count(*) FROM contact") == (0,)
    assert here("import", file, "--map", mapping, "--json").json()["created"] == 15_000
    assert world.one("SELECT count(*) FROM contact") == (15_000,)
