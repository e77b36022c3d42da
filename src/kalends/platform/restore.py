"""Making a home of a backup: as the installation was when its log ends, or at a moment since the backup.

The database is made in a folder beside the one that it is to take the place of, and changes places with it when it is
whole. However a restore ends before, what was there is there, and it may be given again.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kalends.platform.archive import PACKED, bringing_back, forget_archive
from kalends.platform.backup import Backup, backups_in, compare_with_manifest, fingerprint, unfinished_in
from kalends.platform.copying import copy_tree, refuse_without_room, size_of
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home, open_home
from kalends.platform.postgres_server import Server, ensure_running, server_beside, server_in, stop

LONGEST_RECOVERY_SECONDS = 2 * 24 * 3600
_LAST_DONE = re.compile(r"last completed transaction was at log time (\S+ \S+)")
_BROUGHT = re.compile(r'restored log file "([0-9A-F]{24})" from archive')
_SECONDS_BETWEEN_LOOKS = 0.5
_OURS = "# Written by `kalends restore`.\n"

Tell = Callable[[str], None]
Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Made:
    """A home that was made of a backup. ``last_change`` is the last one in its database, as PostgreSQL writes it;
    ``before`` is where the database that was there lies now, ``keys_before`` where its keys do. ``keys``: ``fit``,
    ``missing``, or ``others``. ``kept_log``: whether the server kept its log, which it does not any more."""

    home: Path
    backup: Backup
    last_change: str
    before: Path | None
    keys: str
    keys_before: Path | None = None
    kept_log: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A restore that can be done as far as one can see before it is begun."""

    source: Path
    into: Path
    backup: Backup
    to_time: datetime | None
    keys: Path | None


def wanted(source: Path, into: Path, *, now: datetime, to_time: datetime | None, keys: Path | None) -> Wanted:
    """Look at everything that was asked for, and change nothing. Raises UserFacing."""
    source, into = Path(os.path.abspath(source)), Path(os.path.abspath(into))
    if to_time is not None and to_time > now:
        raise UserFacing(
            "This moment is still to come.",
            where="--to-time",
            value=f"{to_time:%Y-%m-%d %H:%M:%S} UTC; it is {now:%Y-%m-%d %H:%M:%S} UTC",
            remedy="Give a moment of before, in UTC, or leave --to-time out to get everything there is.",
        )
    backup = _newest_before(source, to_time)
    if source == into or source in into.parents or into in source.parents:
        raise UserFacing(
            "A backup is not restored into its own folder, nor into one around it.",
            where="--into" if into != source else str(into),
            value=str(into),
            remedy="Choose another folder.",
        )
    if keys is not None and not (keys / "sealing-keys").is_file():
        raise UserFacing(
            "There are no keys in this folder.",
            where="--keys",
            value=f"{keys} has no file sealing-keys",
            remedy="Name the folder that `kalends backup make --keys` was given, or leave --keys out: without keys, "
            "sealed secrets cannot be read.",
        )
    return Wanted(source, into, backup, to_time, keys)


def restore(
    asked: Wanted,
    *,
    now: datetime,
    replace: bool,
    tell: Tell = lambda sentence: None,
    progress: Progress = lambda what, done, total: None,
) -> Made:
    """Make the home of an installation as it was at the moment asked for, or when the log ends.

    With ``replace`` a database that is there is moved aside at the end, if nobody uses it. Raises UserFacing; whatever
    happens before the end, what was there stays in its place.
    """
    home = open_home(asked.into)
    kept = asked.source / "base" / asked.backup.name
    with _nobody_in(home):
        server = server_in(home)
        _refuse_there(server, replace=replace)
        draft = _swept(server)
        refuse_without_room(home.path, size_of(kept))
        try:
            tell(f"Copying the backup of {asked.backup.made_at[:16].replace('T', ' ')} UTC ...")
            _copy(draft, kept / "data", progress)
            until = "the moment asked for" if asked.to_time else "the end of its log"
            tell(f"Bringing it up to {until} ...")
            last_change = _recover(draft, asked.source / "log", asked, progress)
        except BaseException:
            stop(draft)
            shutil.rmtree(draft.data, ignore_errors=True)
            raise
        copy_tree(kept / "files", home.files)
        keys, keys_before = _bring_keys(home, asked, now)
        before = _take_the_place(server, draft, now)
        kept_log = forget_archive(server)
    return Made(home.path, asked.backup, last_change, before, keys, keys_before, kept_log)


def _newest_before(source: Path, to_time: datetime | None) -> Backup:
    found = backups_in(source)
    fitting = [each for each in found if to_time is None or each.ended <= to_time]
    if not fitting:
        raise UserFacing(
            "The oldest backup is younger than the moment asked for.",
            where="--to-time",
            value=f"{to_time:%Y-%m-%d %H:%M:%S} UTC",
            remedy=f"The oldest one was made at {found[0].ended:%Y-%m-%d %H:%M:%S} UTC; any moment from then on will "
            "do.",
        )
    if any(name > fitting[-1].name for name in unfinished_in(source)) and to_time is None:
        raise UserFacing(
            "The newest backup in this folder is not whole: it was copied in part.",
            where=str(source / "base" / max(unfinished_in(source))),
            value="kalends.json is missing, or cannot be read",
            remedy=f"Copy it again; or delete it, and the backup {fitting[-1].name} and its log are used.",
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


def _refuse_there(server: Server, *, replace: bool) -> None:
    if server.data.exists() and not replace:
        raise UserFacing(
            "There is a database already in this installation.",
            where=str(server.data),
            remedy="Restore into an empty folder with --into, or say --replace: the old one is moved aside then.",
        )


def _swept(server: Server) -> Server:
    """Where the database is made; what a restore that was killed has left there is gone, its server as well."""
    draft = server_beside(server)
    if (draft.data / "postmaster.pid").exists():
        stop(draft)
    shutil.rmtree(draft.root)
    return server_beside(server)


def _copy(draft: Server, data: Path, progress: Progress) -> None:
    written_by = (data / "PG_VERSION").read_text().strip()
    if written_by != str(draft.programs.major):
        raise UserFacing(
            f"The backup is of PostgreSQL {written_by}; the server here is {draft.programs.version}.",
            where=str(data),
            value=written_by,
            remedy="Restore it with the version of Kalends that made it, and upgrade then.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )
    total = size_of(data)
    copy_tree(data, draft.data, lambda done: progress("copying", done, total))
    damage = compare_with_manifest(
        draft.programs, draft.data, lambda done: progress("comparing", done * total // 100, total)
    )
    if damage:
        raise UserFacing(
            "This backup is damaged, or could not be copied whole.",
            where=str(data),
            value=damage,
            remedy="Nothing was changed. `kalends backup verify --all` tells which backups are whole; an older one "
            "with the log since is as good.",
            exit_code=ExitCode.PROBLEM_FOUND,
        )
    for path in (draft.data, *draft.data.rglob("*")):
        if draft.user.changes:
            os.chown(path, draft.user.uid, draft.user.gid, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)


def _recover(draft: Server, log: Path, asked: Wanted, progress: Progress) -> str:
    """Let PostgreSQL do again what its log says, up to the moment; returns when the last change was made."""
    own = draft.data / "postgresql.auto.conf"
    kept = own.read_text()
    settings = {
        "restore_command": bringing_back(draft, _readable(draft, log)).replace("'", "''"),
        # Only what followed this very backup: an earlier restore may have begun another timeline since.
        "recovery_target_timeline": "current",
        "recovery_target_action": "promote",
        "hot_standby": "off",
        "archive_command": "/bin/true",
    }
    if asked.to_time is not None:
        settings["recovery_target_time"] = asked.to_time.isoformat()
    own.write_text(kept + _OURS + "".join(f"{name} = '{value}'\n" for name, value in settings.items()))
    (draft.data / "recovery.signal").touch()
    for path in (own, draft.data / "recovery.signal"):
        if draft.user.changes:
            os.chown(path, draft.user.uid, draft.user.gid)
    draft.user.owns(draft.log.parent)
    pieces = sum(path.name >= asked.backup.begins_with for path in log.glob(f"*{PACKED}"))
    try:
        with _watched(draft, lambda done: progress("bringing up", done, pieces)):
            ensure_running(draft, longest_start_seconds=LONGEST_RECOVERY_SECONDS)
    except UserFacing as problem:
        raise _explained(problem, asked.to_time, _said(draft)) from problem
    own.write_text(kept)
    stop(draft)
    done = _LAST_DONE.findall(_said(draft))
    return done[-1] if done else "none after the backup"


def _readable(draft: Server, log: Path) -> Path:
    """The log where the server's user can read it: a copy, where it came from another machine with other users."""
    first = next(log.glob(f"*{PACKED}"), None)
    if first is None or draft.user.reads(first):
        return log
    copy = draft.root / "pieces"
    refuse_without_room(draft.root, size_of(log))
    copy_tree(log, copy)
    for path in (copy, *copy.iterdir()):
        os.chown(path, draft.user.uid, draft.user.gid)
    return copy


@contextmanager
def _watched(draft: Server, tell: Callable[[int], None]) -> Iterator[None]:
    """Tell how many pieces of the log the server has gone through, while the block waits for it."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_SECONDS_BETWEEN_LOOKS):
            tell(len(set(_BROUGHT.findall(_said(draft)))))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _explained(problem: UserFacing, to_time: datetime | None, said: str) -> UserFacing:
    if "recovery ended before configured recovery target was reached" not in said:
        return problem
    done = _LAST_DONE.findall(said)
    return UserFacing(
        "The log of the backup ends before the moment asked for.",
        where="--to-time",
        value=f"{to_time:%Y-%m-%d %H:%M:%S} UTC; the last change in it was made "
        f"{f'{done[-1]} (UTC)' if done else 'before the backup'}",
        remedy="Ask for an earlier moment, or leave --to-time out to get everything there is.",
    )


def _said(draft: Server) -> str:
    try:
        return draft.log.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _take_the_place(server: Server, draft: Server, now: datetime) -> Path | None:
    """Two renames; ended between them, the home has no database, and refuses to make an empty one."""
    aside = None
    if server.data.exists():
        if (server.data / "postmaster.pid").exists():
            stop(server)  # left behind by processes that were killed
        aside = server.root / f"data-before-{now:%Y-%m-%dT%H%M%SZ}"
        server.data.rename(aside)
    draft.data.rename(server.data)
    draft.log.replace(server.log.with_name("restore.log"))
    shutil.rmtree(draft.root)
    return aside


def _bring_keys(home: Home, asked: Wanted, now: datetime) -> tuple[str, Path | None]:
    """The keys of the backup, where they were given; others that are there are kept beside them."""
    before = None
    if asked.keys is not None:
        there = home.keys / "sealing-keys"
        if there.exists() and there.read_bytes() != (asked.keys / "sealing-keys").read_bytes():
            before = home.path / f"keys-before-{now:%Y-%m-%dT%H%M%SZ}"
            copy_tree(home.keys, before)
        for path in sorted(asked.keys.iterdir()):
            if path.is_file():
                shutil.copy2(path, home.keys / path.name)
                (home.keys / path.name).chmod(0o600)
    if not (home.keys / "sealing-keys").exists():
        return "missing", before
    return ("fit" if fingerprint(home.sealing_keys()) == asked.backup.sealing_keys else "others"), before
