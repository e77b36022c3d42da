"""Backups of an installation whose database server lies in its home: made, looked through, checked, thrown away.

A backup's folder has one folder in ``base/`` for each backup (the database's files with PostgreSQL's own manifest, and
``files/`` of the home) and ``log/`` with the pieces of the write-ahead log since the oldest. Keys are never in it:
whoever finds a backup shall not be able to open the secrets in it. They go to a folder of their own.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg

from kalends.platform.archive import PACKED, archive_of, archive_to, hand_over_now, stop_archiving
from kalends.platform.copying import copy_tree, size_of
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home
from kalends.platform.postgres import acquire
from kalends.platform.postgres_programs import Programs
from kalends.platform.postgres_server import Server, server_in
from kalends.platform.version import version

Clock = Callable[[], datetime]
Progress = Callable[[int, str], None]
"""Hears how many of a hundred parts are done, and what is being done."""
_TELLS_PROGRESS = 16
"""The first PostgreSQL whose pg_verifybackup tells how far it is."""
_FACTS = "kalends.json"
_DRAFT = ".part"
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_IDENTIFIER = re.compile(r'"System-Identifier": (\d+)')
_HEAD = 400
"""So many characters of PostgreSQL's list of a backup's files say of which database it is."""
_BEGINS = re.compile(r"START WAL LOCATION: .* \(file ([0-9A-F]{24})\)")


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: what it is called, when it was begun, by which versions, and where its log begins.

    ``sealing_keys`` is a fingerprint of the keys that open the secrets in it. ``ended_at`` is the first moment to which
    it can be restored: the copy of the database was whole then.
    """

    name: str
    made_at: str
    kalends: str
    postgresql: str
    begins_with: str
    sealing_keys: str
    ended_at: str

    @property
    def ended(self) -> datetime:
        """The first moment to which it can be restored."""
        return datetime.fromisoformat(self.ended_at)


def make_backup(
    home: Home, target: Path, *, clock: Clock, keep: int, keys: Path | None, progress: Progress
) -> Backup:
    """Back the installation up into ``target`` while it works, and keep its log there from now on.

    Of the backups in ``target`` the newest ``keep`` stay, and the log since the oldest of these. ``keys`` is where the
    home's keys are copied to, outside of ``target``. Raises UserFacing, with nothing left of what is half made.
    """
    target = Path(os.path.abspath(target))
    _refuse_within(home.path, target, "The backup has to lie outside of the installation's own folder.")
    if keys is not None:
        keys = Path(os.path.abspath(keys))
        _refuse_within(target, keys, "Keys have to lie outside of the backup that they open.")
        _refuse_within(
            home.path, keys, "The copies of the keys have to lie outside of the installation's folder."
        )
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    (target / "base").mkdir(mode=0o711, parents=True, exist_ok=True)
    with _nobody_else_in(target):
        lease = acquire(home)
        try:
            made = _made(home, server_in(home), target, clock, progress)
        finally:
            lease.release()
        if keys is not None:
            _copy_keys(home, keys)
        _throw_away(server_in(home).programs, target, keep)
    return made


def _made(home: Home, server: Server, target: Path, clock: Clock, progress: Progress) -> Backup:
    _refuse_other_history(server, target)
    kept_in = archive_of(server)
    archive_to(server, target / "log")
    now = clock()
    name = f"{now:%Y-%m-%dT%H%M%SZ}"
    draft = target / "base" / f"{name}{_DRAFT}"
    _sweep(target)
    draft.mkdir(mode=0o700)
    try:
        _copy_database(server, draft / "data", progress)
        ended = clock()
        progress(100, "copying files")
        copy_tree(home.files, draft / "files")
        made = Backup(
            name=name,
            made_at=now.isoformat(),
            kalends=version(),
            postgresql=server.programs.version,
            begins_with=_first_segment(draft / "data"),
            sealing_keys=fingerprint(home.sealing_keys()),
            ended_at=ended.isoformat(),
        )
        (draft / _FACTS).write_text(json.dumps(asdict(made), indent=2) + "\n")
        progress(100, "waiting for the log")
        hand_over_now(server, target / "log")
        draft.rename(target / "base" / name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        if kept_in != target / "log":  # the log goes on where it was kept, if anywhere
            archive_to(server, kept_in) if kept_in else stop_archiving(server)
        raise
    return made


@contextmanager
def _nobody_else_in(target: Path) -> Iterator[None]:
    """Alone in the folder for as long as the block runs: of two backups at once one would sweep the other away."""
    folder = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserFacing(
            "Another backup is being made in this folder.",
            where=str(target),
            remedy="Wait until it is done, or look for who makes it: a timer, or somebody at another terminal.",
        ) from None
    finally:
        os.close(folder)


def backups_in(target: Path) -> list[Backup]:
    """The whole backups in a folder, the oldest first. Raises UserFacing where there is none."""
    found = [backup for path in _folders(target) if (backup := _read(path)) is not None]
    if not found:
        raise UserFacing(
            "There is no backup in this folder.",
            where=str(target),
            value=", ".join(f"{name} is not whole" for name in unfinished_in(target)),
            remedy="Name the folder that `kalends backup make` was given.",
        )
    return found


def unfinished_in(target: Path) -> list[str]:
    """What is called like a backup and does not say what it is: a copy of the folder that was ended on its way."""
    return [path.name for path in _folders(target) if _read(path) is None]


def size_of_backup(target: Path, backup: Backup) -> int:
    """Bytes of its files, without its log."""
    return size_of(target / "base" / backup.name)


def log_of(target: Path, backup: Backup) -> list[Path]:
    """The pieces of the log since a backup began, in order."""
    return list(_log_since(target, backup))


def _folders(target: Path) -> list[Path]:
    return sorted(path for path in target.glob("base/*Z") if path.is_dir())


def _read(folder: Path) -> Backup | None:
    try:
        told = json.loads((folder / _FACTS).read_text())
        return replace(Backup(**({"ended_at": told["made_at"]} | told)), name=folder.name)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def verify_backup(programs: Programs, target: Path, backup: Backup, progress: Progress) -> str:
    """Check every file of a backup by its checksum, and its log piece by piece; returns the last piece.

    Raises UserFacing (exit code 1) that names what is wrong.
    """
    progress(0, "comparing every file with its checksum")
    damage = compare_with_manifest(
        programs,
        target / "base" / backup.name / "data",
        lambda percent: progress(percent, "comparing every file with its checksum"),
    )
    if damage:
        raise _damaged(target, backup, damage)
    pieces = log_of(target, backup)
    if not pieces:
        raise _damaged(
            target, backup, f"Its log is not there: nothing in {target / 'log'} is of {backup.begins_with}."
        )
    last = backup.begins_with
    for number, path in enumerate(pieces):
        progress(100 * number // len(pieces), f"looking through the log: {path.name}")
        segment = path.name.removesuffix(PACKED)
        if number == 0 and segment != backup.begins_with:
            raise _damaged(target, backup, f"The log begins with {segment}, not with {backup.begins_with}.")
        if number and not follows(last, segment):
            raise _damaged(target, backup, f"Between {last} and {segment} a piece of the log is missing.")
        if _run(["gzip", "-t", path]).returncode != 0:
            raise _damaged(target, backup, f"{path.name} cannot be unpacked.")
        last = segment
    return last


def compare_with_manifest(programs: Programs, data: Path, progress: Callable[[int], None]) -> str:
    """What is wrong with the files of a backup by PostgreSQL's own list of them; empty where nothing is.

    ``progress`` hears how many of a hundred parts were compared.
    """
    command = [
        programs.folder / "pg_verifybackup",
        *(["--progress"] if programs.major >= _TELLS_PROGRESS else []),
        data,
    ]
    code, said = _run_telling(command, progress)
    return "" if code == 0 else said or "pg_verifybackup says nothing"


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


def _refuse_other_history(server: Server, target: Path) -> None:
    """A log beside that of another server, or of before a restore, could not be told apart for good."""
    newest = next((each for path in reversed(_folders(target)) if (each := _read(path)) is not None), None)
    if newest is None:
        return
    with psycopg.connect(server.dsn(user="postgres", dbname="postgres")) as connection:
        row = connection.execute(
            "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8), system_identifier::text FROM pg_control_system()"
        ).fetchone()
    assert row is not None
    manifest = target / "base" / newest.name / "data" / "backup_manifest"
    with suppress(FileNotFoundError), manifest.open() as file:
        known = _IDENTIFIER.search(file.read(_HEAD))
        if known is not None and known.group(1) != row[1]:
            raise UserFacing(
                "This folder has backups of another installation.",
                where=str(target),
                value=f"{newest.name} is of the database {known.group(1)}; the one here is {row[1]}",
                remedy="Choose a folder of its own for each installation.",
            )
    if newest.begins_with[:8] != row[0]:
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
    code, said = _run_telling(command, lambda percent: progress(percent, "copying the database"))
    if code != 0:
        full = "No space left" in said
        raise UserFacing(
            "The database could not be copied.",
            where=str(data),
            value=said,
            remedy="Free some space. What was half made is gone." if full else f"See {server.log}.",
            exit_code=ExitCode.NO_ROOM if full else ExitCode.DATABASE_UNAVAILABLE,
        )


def _run_telling(command: Sequence[str | Path], progress: Callable[[int], None]) -> tuple[int, str]:
    """Run one of PostgreSQL's programs that tells how far it is in percent; returns its code and what else it said."""
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
        try:
            for line in process.stderr:
                if percent := re.search(r"\((\d+)%\)", line):
                    progress(int(percent.group(1)))
                elif line.strip():
                    said.append(line.strip())
        except KeyboardInterrupt:
            process.terminate()
            raise
    return process.returncode, "\n         ".join(said[-4:])


def _first_segment(data: Path) -> str:
    found = _BEGINS.search((data / "backup_label").read_text())
    assert found is not None, "pg_basebackup wrote it"
    return found.group(1)


def _copy_keys(home: Home, keys: Path) -> None:
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
        value=said,
        remedy="Make another at once, and look for the cause: the disk, or somebody who tidied up.",
        exit_code=ExitCode.PROBLEM_FOUND,
    )
