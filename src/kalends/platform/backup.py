"""Backups of an installation whose database server lies in its home: made, looked through, checked, thrown away.

A backup's folder has one folder in ``base/`` for each backup (the database's files with PostgreSQL's own manifest, and
``files/`` of the home) and ``log/`` with the pieces of the write-ahead log since the oldest. Keys are never in it:
whoever finds a backup shall not be able to open the secrets in it. They go to a folder of their own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from kalends.platform.archive import PACKED, archive_to, hand_over_now
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home
from kalends.platform.postgres import acquire
from kalends.platform.postgres_programs import Programs
from kalends.platform.postgres_server import Server, server_in
from kalends.platform.version import version

Progress = Callable[[int, str], None]
_FACTS = "kalends.json"
_DRAFT = ".part"
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_BEGINS = re.compile(r"START WAL LOCATION: .* \(file ([0-9A-F]{24})\)")


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: what it is called, when it was made, by which versions, and where its log begins.

    ``sealing_keys`` is a fingerprint of the keys that open the secrets in it.
    """

    name: str
    made_at: str
    kalends: str
    postgresql: str
    begins_with: str
    sealing_keys: str


def make_backup(
    home: Home, target: Path, *, now: datetime, keep: int, keys: Path | None, progress: Progress
) -> Backup:
    """Back the installation up into ``target`` while it works, and keep its log there from now on.

    Of the backups in ``target`` the newest ``keep`` stay, and the log since the oldest of these. ``keys`` is where the
    home's keys are copied to, outside of ``target``. Raises UserFacing; what is half made is thrown away next time.
    """
    target = Path(os.path.abspath(target))
    _refuse_within(home.path, target, "The backup has to lie outside of the installation's own folder.")
    if keys is not None:
        keys = Path(os.path.abspath(keys))
        _refuse_within(target, keys, "Keys have to lie outside of the backup that they open.")
    (target / "base").mkdir(mode=0o711, parents=True, exist_ok=True)
    lease = acquire(home)
    try:
        server = server_in(home)
        _refuse_other_timeline(server, target)
        archive_to(server, target / "log")
        name = f"{now:%Y-%m-%dT%H%M%SZ}"
        draft = target / "base" / f"{name}{_DRAFT}"
        _sweep(target)
        draft.mkdir(mode=0o700)
        _copy_database(server, draft / "data", progress)
        shutil.copytree(home.files, draft / "files")
        made = Backup(
            name=name,
            made_at=now.isoformat(),
            kalends=version(),
            postgresql=server.programs.version,
            begins_with=_first_segment(draft / "data"),
            sealing_keys=fingerprint(home.sealing_keys()),
        )
        (draft / _FACTS).write_text(json.dumps(asdict(made), indent=2) + "\n")
        hand_over_now(server, target / "log")
        draft.rename(target / "base" / name)
    finally:
        lease.release()
    if keys is not None:
        _copy_keys(home, keys)
    _throw_away(server.programs, target, keep)
    return made


def backups_in(target: Path) -> list[Backup]:
    """The whole backups in a folder, the oldest first. Raises UserFacing where there is none."""
    found = [Backup(**json.loads(path.read_text())) for path in sorted(target.glob(f"base/*Z/{_FACTS}"))]
    if not found:
        raise UserFacing(
            "There is no backup in this folder.",
            where=str(target),
            remedy="Name the folder that `kalends backup make` was given.",
        )
    return found


def verify_backup(server: Server, target: Path, backup: Backup, progress: Progress) -> str:
    """Check every file of a backup by its checksum, and its log piece by piece; returns the last piece.

    Raises UserFacing (exit code 1) that names what is wrong.
    """
    progress(0, "comparing every file with its checksum")
    checked = _run([server.programs.folder / "pg_verifybackup", target / "base" / backup.name / "data"])
    if checked.returncode != 0:
        raise _damaged(target, backup, checked.stdout)
    last = backup.begins_with
    for number, path in enumerate(_log_since(target, backup)):
        progress(number, path.name)
        segment = path.name.removesuffix(PACKED)
        if number == 0 and segment != backup.begins_with:
            raise _damaged(target, backup, f"The log begins with {segment}, not with {backup.begins_with}.")
        if number and not follows(last, segment):
            raise _damaged(target, backup, f"Between {last} and {segment} a piece of the log is missing.")
        if _run(["gzip", "-t", path]).returncode != 0:
            raise _damaged(target, backup, f"{path.name} cannot be unpacked.")
        last = segment
    return last


def follows(before: str, after: str) -> bool:
    """Whether one piece of the log comes right after another; on a new timeline the same number may come again.

    >>> follows("000000010000000000000002", "000000010000000000000003")
    True
    >>> follows("0000000100000000000000FF", "000000010000000100000000")
    True
    >>> follows("000000010000000000000002", "000000010000000000000004")
    False
    >>> follows("000000010000000000000004", "000000020000000000000004")
    True
    """
    count_before, count_after = (int(name[8:16], 16) * 256 + int(name[16:], 16) for name in (before, after))
    if before[:8] != after[:8]:
        return after[:8] > before[:8] and count_after <= count_before + 1
    return count_after == count_before + 1


def fingerprint(keys: str) -> str:
    """By what sealing keys are known without telling them: of the first, which seals.

    >>> len(fingerprint("a key"))
    16
    """
    return hashlib.sha256(keys.split("\n", 1)[0].strip().encode()).hexdigest()[:16]


def _log_since(target: Path, backup: Backup) -> Iterator[Path]:
    for path in sorted((target / "log").glob(f"*{PACKED}")):
        segment = path.name.removesuffix(PACKED)
        if _SEGMENT.fullmatch(segment) and segment >= backup.begins_with:
            yield path


def _refuse_other_timeline(server: Server, target: Path) -> None:
    """A restored database has another timeline: its log beside that of before could not be told apart for good."""
    with psycopg.connect(server.dsn(user="postgres", dbname="postgres")) as connection:
        row = connection.execute("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)").fetchone()
    assert row is not None
    if any(target.glob(f"base/*Z/{_FACTS}")) and backups_in(target)[-1].begins_with[:8] != row[0]:
        raise UserFacing(
            "This folder has backups of before the database was restored.",
            where=str(target),
            remedy="Choose another folder, and keep this one until the new one has all that you need.",
        )


def _copy_database(server: Server, data: Path, progress: Progress) -> None:
    command: list[str | Path] = [
        server.programs.folder / "pg_basebackup",
        *("-d", server.dsn(user="postgres", dbname="postgres"), "-D", data),
        *("--wal-method=stream", "--checkpoint=fast", "--progress"),
    ]
    said: list[str] = []
    with subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",  # universal newlines: each state of its progress is a line
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if percent := re.search(r"\((\d+)%\)", line):
                progress(int(percent.group(1)), "copying the database")
    if process.returncode != 0:
        told = [line.strip() for line in said if "kB (" not in line]
        raise UserFacing(
            "The database could not be copied.",
            where=str(data),
            value="\n         ".join(told[-4:]),
            remedy="Free some space." if "No space left" in "".join(told) else f"See {server.log}.",
            exit_code=ExitCode.NO_ROOM if "No space left" in "".join(told) else ExitCode.DATABASE_UNAVAILABLE,
        )


def _first_segment(data: Path) -> str:
    found = _BEGINS.search((data / "backup_label").read_text())
    assert found is not None, "pg_basebackup wrote it"
    return found.group(1)


def _copy_keys(home: Home, keys: Path) -> None:
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(home.keys.iterdir()):
        if path.name != "setup-code":
            shutil.copy2(path, keys / path.name)
            (keys / path.name).chmod(0o600)


def _throw_away(programs: Programs, target: Path, keep: int) -> None:
    kept = backups_in(target)
    for old in kept[:-keep]:
        (target / "base" / old.name).rename(target / "base" / f"{old.name}{_DRAFT}")
    _sweep(target)
    first = min((each.begins_with for each in kept[-keep:]), key=lambda segment: segment[8:])
    _run([programs.folder / "pg_archivecleanup", "-x", PACKED, target / "log", first])


def _sweep(target: Path) -> None:
    for draft in (target / "base").glob(f"*{_DRAFT}"):
        shutil.rmtree(draft)


def _run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _refuse_within(outer: Path, inner: Path, message: str) -> None:
    if inner == outer or outer in inner.parents:
        raise UserFacing(
            message, where=str(inner), remedy="Choose another folder, best on another disk or machine."
        )


def _damaged(target: Path, backup: Backup, said: str) -> UserFacing:
    return UserFacing(
        "This backup is damaged.",
        where=str(target / "base" / backup.name),
        value="\n         ".join(said.strip().splitlines()[-4:]),
        remedy="Make another at once, and look for the cause: the disk, or somebody who tidied up.",
        exit_code=ExitCode.PROBLEM_FOUND,
    )
