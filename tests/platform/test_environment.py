"""./kalends makes its environment by itself, once, whoever calls it from wherever."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kalends.platform.environment import Failed, make_environment, without_addresses

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "kalends"


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    """Locks without a package in them, so that nothing is fetched."""
    folder = tmp_path / "requirements"
    folder.mkdir()
    (folder / "runtime.txt").write_text("# nothing\n")
    (folder / "dev.txt").write_text("# nothing more\n")
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An environment that is complete, whose Python only says how it was called."""
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    python = environment / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$PYTHONPATH|$PWD|$*"\n')
    python.chmod(0o755)
    for name in ("runtime.txt", "dev.txt"):
        shutil.copy(ROOT / "requirements" / name, environment)
    return environment


def test_it_is_made_once_and_brought_up_to_date_when_a_lock_changes_or_python_is_lost(
    tmp_path: Path, locks: Path
) -> None:
    folder = tmp_path / "environment"
    with ThreadPoolExecutor(2) as pool:
        of_two_at_once = list(pool.map(lambda _: make_environment(folder, ["runtime"], locks), range(2)))
    assert sorted(of_two_at_once) == [[], ["runtime"]]
    assert subprocess.run([folder / "bin" / "python", "-c", ""], check=True).returncode == 0

    assert make_environment(folder, ["runtime", "dev"], locks) == ["dev"]
    (locks / "dev.txt").write_text("# nothing else\n")
    assert make_environment(folder, ["runtime", "dev"], locks) == ["dev"]

    (locks / "runtime.txt").write_text("no-such-folder/package.whl --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(Failed, match="could not install"):
        make_environment(folder, ["runtime"], locks)
    (locks / "runtime.txt").write_text("# nothing\n")
    assert make_environment(folder, ["runtime"], locks) == ["runtime"], "what failed is tried again"

    (folder / "bin" / "python").unlink()
    (folder / "left-over").write_text("")
    assert make_environment(folder, ["runtime"], locks) == ["runtime"]
    assert not (folder / "left-over").exists()


def test_what_pip_says_is_shown_without_addresses() -> None:
    said = (
        "WARNING: Retrying after connection broken by NewConnectionError(HTTPSConnection(host='registry.example.org',"
        " port=443)): /simple/click/\nERROR: Could not fetch https://u:p@registry.example.org/simple/click/"
    )
    assert "example" not in without_addresses(said)
    assert "Could not fetch" in without_addresses(said)


def test_the_locks_hold_hashes_and_no_address() -> None:
    for name in ("runtime.txt", "dev.txt"):
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        packages = [line for line in lines if line[:1].isalnum()]
        assert packages
        assert all(line.endswith("\\") and "==" in line for line in packages)
        assert not any("://" in line or line.startswith("--index") for line in lines)


def _call(script: Path, *arguments: str, environment: Path, cwd: Path) -> str:
    variables = {**os.environ, "KALENDS_ENV": str(environment)}
    done = subprocess.run(
        [script, *arguments], env=variables, cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def test_every_argument_reaches_the_command_line_as_it_was(made: Path, tmp_path: Path) -> None:
    answer = _call(SCRIPT, "bill", "--note", "two  words", environment=made, cwd=tmp_path)
    assert answer == f"{ROOT}/src|{tmp_path}|-P -m kalends.cli bill --note two  words"


def test_it_works_through_a_symbolic_link_from_any_folder(made: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "first").symlink_to(SCRIPT)
    (tmp_path / "bin" / "second").symlink_to("first")
    answer = _call(tmp_path / "bin" / "second", "status", environment=made, cwd=Path("/"))
    assert answer == f"{ROOT}/src|/|-P -m kalends.cli status"


def test_without_a_python_that_is_new_enough_it_says_so(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cmp"):
        (tools / name).symlink_to(shutil.which(name) or name)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    variables = {"PATH": str(tools), "KALENDS_ENV": str(tmp_path / "none")}
    done = subprocess.run([SCRIPT, "status"], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed" in done.stderr


def test_an_environment_that_may_not_be_written_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [
        sys.executable,
        ROOT / "src/kalends/platform/environment.py",
        tmp_path / "file" / "env",
        "runtime",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "KALENDS_ENV" in done.stderr
