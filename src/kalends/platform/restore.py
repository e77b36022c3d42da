"""Making a home of a backup: as the installation was when its log ends, or at a moment since the backup."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kalends.platform.archive import bringing_back
from kalends.platform.backup import Backup, backups_in, fingerprint
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home, open_home
from kalends.platform.postgres_server import Server, ensure_running, server_in, stop

LONGEST_RECOVERY_SECONDS = 2 * 24 * 3600
_LAST_DONE = re.compile(r"last completed transaction was at log time (\S+ \S+)")
_OURS = "# Written by `kalends restore`.\n"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A home that was made of a backup. ``last_change`` is the last one in its database, as PostgreSQL writes it;
    ``before`` is where the database that was there lies now. ``keys``: ``fit``, ``missing``, or ``others``."""

    home: Path
    backup: Backup
    last_change: str
    before: Path | None
    keys: str


def restore(
    source: Path,
    into: Path,
    *,
    now: datetime,
    to_time: datetime | None,
    keys: Path | None,
    replace: bool,
    tell: Tell,
) -> Made:
    """Make ``into`` the home of an installation as it was at ``to_time``, or when the log in ``source`` ends.

    With ``replace`` a database that is there is moved aside first, if nobody uses it. Raises UserFacing; a database
    that could not be brought to that moment is taken away again, and what was moved aside is put back.
    """
    backup = _newest_before(source, to_time)
    home = open_home(Path(os.path.abspath(into)))
    with _nobody_in(home):
        before = _make_room(home, now, replace=replace)
        server = server_in(home)
        try:
            tell(f"Copying the backup of {backup.made_at[:16].replace('T', ' ')} UTC ...")
            _copy(server, source / "base" / backup.name / "data")
            tell(
                "Bringing it up to the moment asked for ..."
                if to_time
                else "Bringing it up to the end of its log ..."
            )
            last_change = _recover(server, source / "log", to_time)
        except BaseException:
            stop(server)
            shutil.rmtree(home.postgres / "data", ignore_errors=True)
            if before is not None:
                before.rename(home.postgres / "data")
            raise
    shutil.copytree(source / "base" / backup.name / "files", home.files, dirs_exist_ok=True)
    return Made(home.path, backup, last_change, before, _bring_keys(home, keys, backup))


def _newest_before(source: Path, to_time: datetime | None) -> Backup:
    found = backups_in(source)
    fitting = [each for each in found if to_time is None or datetime.fromisoformat(each.made_at) <= to_time]
    if not fitting:
        raise UserFacing(
            "The oldest backup is younger than the moment asked for.",
            where="--to-time",
            value=str(to_time),
            remedy=f"The oldest one was made at {found[0].made_at}.",
        )
    return fitting[-1]


@contextmanager
def _nobody_in(home: Home) -> Iterator[None]:
    """Alone with the home's database for as long as the block runs. Raises UserFacing while a process uses it."""
    gate = os.open(home.path / "postgres.gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    lock = os.open(home.path / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserFacing(
                "This installation is in use.",
                where=str(home.path),
                remedy="Stop its pages and workers first, or restore into another folder.",
            ) from None
        yield
    finally:
        os.close(lock)
        os.close(gate)


def _make_room(home: Home, now: datetime, *, replace: bool) -> Path | None:
    data = home.postgres / "data"
    if not data.exists():
        return None
    if not replace:
        raise UserFacing(
            "There is a database already in this installation.",
            where=str(data),
            remedy="Restore into an empty folder with --into, or say --replace: the old one is moved aside then.",
        )
    if (data / "postmaster.pid").exists():
        stop(server_in(home))  # left behind by processes that were killed
    aside = home.postgres / f"data-before-{now:%Y-%m-%dT%H%M%SZ}"
    data.rename(aside)
    return aside


def _copy(server: Server, data: Path) -> None:
    draft = server.root / "data-draft"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(data, draft, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if server.user.changes:
            os.chown(path, server.user.uid, server.user.gid, follow_symlinks=False)
        path.chmod(0o700 if path.is_dir() else 0o600)
    written_by = (draft / "PG_VERSION").read_text().strip()
    if written_by != str(server.programs.major):
        shutil.rmtree(draft)
        raise UserFacing(
            f"The backup is of PostgreSQL {written_by}; the server here is {server.programs.version}.",
            where=str(data),
            value=written_by,
            remedy="Restore it with the version of Kalends that made it, and upgrade then.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )
    draft.rename(server.data)


def _recover(server: Server, log: Path, to_time: datetime | None) -> str:
    """Let PostgreSQL do again what its log says, up to the moment; returns when the last change was made."""
    own = server.data / "postgresql.auto.conf"
    kept = own.read_text()
    wanted = {
        "restore_command": bringing_back(server, log).replace("'", "''"),
        "recovery_target_action": "promote",
        "hot_standby": "off",
    }
    if to_time is not None:
        wanted["recovery_target_time"] = to_time.isoformat()
    own.write_text(kept + _OURS + "".join(f"{name} = '{value}'\n" for name, value in wanted.items()))
    (server.data / "recovery.signal").touch()
    for path in (own, server.data / "recovery.signal"):
        if server.user.changes:
            os.chown(path, server.user.uid, server.user.gid)
    server.user.owns(server.log.parent)
    start = server.log.stat().st_size if server.log.exists() else 0
    try:
        ensure_running(server, longest_start_seconds=LONGEST_RECOVERY_SECONDS)
    except UserFacing as problem:
        raise _explained(problem, to_time, _said(server, start)) from problem
    own.write_text(kept)
    stop(server)
    done = _LAST_DONE.findall(_said(server, start))
    return done[-1] if done else "none after the backup"


def _explained(problem: UserFacing, to_time: datetime | None, said: str) -> UserFacing:
    if "recovery ended before configured recovery target was reached" not in said:
        return problem
    done = _LAST_DONE.findall(said)
    return UserFacing(
        "The log of the backup ends before the moment asked for.",
        where="--to-time",
        value=f"{to_time}; the last change in it was made {done[-1] if done else 'before the backup'}",
        remedy="Ask for an earlier moment, or leave --to-time out to get everything there is.",
    )


def _said(server: Server, start: int) -> str:
    with server.log.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")


def _bring_keys(home: Home, keys: Path | None, backup: Backup) -> str:
    if keys is not None:
        for path in sorted(keys.iterdir()):
            shutil.copy2(path, home.keys / path.name)
            (home.keys / path.name).chmod(0o600)
    if not (home.keys / "sealing-keys").exists():
        return "missing"
    return "fit" if fingerprint(home.sealing_keys()) == backup.sealing_keys else "others"
