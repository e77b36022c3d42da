"""Make or bring up to date the Python environment: ``python environment.py FOLDER runtime [dev]``.

Called by the shell script ``kalends`` before there is anything but Python's standard library. Packages come
through the machine's own pip and its configuration, each checked against the hash in the lock. A copy of the
lock in the environment says that it is complete.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[3] / "requirements"
_GUARD = ".making"


class Failed(Exception):
    """The environment could not be made; the text says why and what to do."""


def make_environment(folder: Path, locks: Sequence[str], requirements: Path = REQUIREMENTS) -> list[str]:
    """Install what is missing and return the names of the locks that were installed.

    Of two processes that start at once, the second waits for the first and finds nothing left to do.
    """
    with _alone_in(folder):
        missing = [name for name in locks if not _is_installed(folder, requirements / f"{name}.txt")]
        if not missing:
            return []
        _say(
            f"preparing the Python environment in {folder}; this is done once and takes about half a minute ..."
        )
        if not _works(folder):
            _make_empty(folder)
        for name in missing:
            _install(folder, requirements / f"{name}.txt")
        return missing


def _is_installed(folder: Path, lock: Path) -> bool:
    copy = folder / lock.name
    return _works(folder) and copy.exists() and copy.read_bytes() == lock.read_bytes()


def _works(folder: Path) -> bool:
    """Whether the environment has a Python that runs; it has none after that Python was removed or upgraded."""
    try:
        return (
            _run([folder / "bin" / "python", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])[0]
            == 0
        )
    except OSError:
        return False


def _make_empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != _GUARD:
            entry.unlink()
    venv.create(folder, symlinks=True, with_pip=False)


def _install(folder: Path, lock: Path) -> None:
    """pip installs into the environment; what it says is shown only on failure and without addresses."""
    (folder / lock.name).unlink(missing_ok=True)
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
    status, said = _run([*_pip(folder), "install", *options])
    if status != 0:
        raise Failed(
            f"pip could not install {lock}:\n{without_addresses(said)}\n"
            "Check that this machine reaches its package registry and has room on the disk, and start again."
        )
    draft = folder / f"{lock.name}.draft"
    shutil.copyfile(lock, draft)
    os.replace(draft, folder / lock.name)


def _pip(folder: Path) -> list[str]:
    """The pip beside our Python, which need not be copied; else one put into the environment by ensurepip."""
    python = str(folder / "bin" / "python")
    beside = [sys.executable, "-m", "pip", "--python", python]
    own = [python, "-m", "pip"]
    if _run([*beside, "--version"])[0] == 0:
        return beside
    if _run([*own, "--version"])[0] == 0 or _run([python, "-m", "ensurepip", "--default-pip"])[0] == 0:
        return own
    raise Failed(
        f"{sys.executable} has neither pip nor ensurepip. Install them (on Debian: apt-get install python3-venv)."
    )


def without_addresses(text: str) -> str:
    """The last lines of what pip said, without any network address.

    >>> without_addresses("Looking in indexes: https://me:secret@example.org/simple\\nERROR: no such package")
    'Looking in indexes: (address)\\nERROR: no such package'
    """
    text = re.sub(r"\S*://\S+", "(address)", text)
    text = re.sub(r"(host=|port=)\S+", r"\1(address)", text)
    text = re.sub(r"\b[\w-]+(\.[\w-]+)*\.(org|com|net|io|dev|internal|local|lan)\b(:\d+)?", "(address)", text)
    return "\n".join(text.strip().splitlines()[-12:])


def _run(command: Sequence[str | Path]) -> tuple[int, str]:
    """Exit status and everything said. An inherited PYTHONPATH would hide what is missing from the environment."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [str(part) for part in command],
        env=kept,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _GUARD).open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"kalends: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Exit status 0 when the environment is complete, 2 when it may not be written, 1 on another failure."""
    folder = Path(arguments[0]).absolute()
    try:
        if make_environment(folder, arguments[1:]):
            _say("the environment is ready.")
    except Failed as problem:
        _say(str(problem))
        return 1
    except OSError as problem:
        _say(f"cannot write the Python environment: {problem}. Set KALENDS_ENV to a folder you may write.")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
