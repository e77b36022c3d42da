"""The archive of the embedded server's log: every change that was committed, piece by piece, in a folder of its own.

PostgreSQL hands over each piece of its write-ahead log when it is full, and after a minute in any case. A small script
packs it and lets it appear in the archive whole or not at all. With a backup of the files and the pieces that follow,
the database can be made as it was at any moment since.
"""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import psycopg

from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import UNFIT
from kalends.platform.postgres_server import Server

PACKED = ".gz"
LONGEST_UNSAVED_SECONDS = 60
"""After how long a piece that is not full is handed over: so much is lost at most with the machine."""

_LONGEST_WAIT_SECONDS = 300
_FAILED = "SELECT last_failed_time > %s FROM pg_stat_archiver"
_KEEP = """#!/bin/sh
# Keeps one piece of the log ($1 is its file, $2 its name); PostgreSQL calls it, and again until it succeeds.
set -eu
kept={archive}/"$2"{packed}
if [ -e "$kept" ]; then
    gzip -dc "$kept" | cmp -s - "$1"
else
    gzip -1c "$1" > "$kept.part"
    sync "$kept.part"
    mv "$kept.part" "$kept"
    sync {archive}
fi
"""
_BRING = """#!/bin/sh
# Brings one piece of the log back ($1 is its name, $2 the file to write); PostgreSQL calls it while it recovers.
set -eu
gzip -dc {archive}/"$1"{packed} > "$2"
"""


def archive_to(server: Server, archive: Path) -> bool:
    """Keep the running server's log in ``archive`` from now on; says whether it did not so before.

    Raises UserFacing where the server's user cannot write there.
    """
    _check_place(server, archive)
    script = _script(server, "keep-log", _KEEP, archive)
    lines = [
        "# Written by `kalends backup`.",
        f'archive_command = \'"{script}" "%p" "%f"\'',
        f"archive_timeout = {LONGEST_UNSAVED_SECONDS}",
    ]
    return _configure(server, "\n".join(lines) + "\n")


def stop_archiving(server: Server) -> bool:
    """Keep no log any more; says whether any was kept."""
    return _configure(server, "")


def forget_archive(server: Server) -> bool:
    """Let a server that does not run keep no log when it starts; says whether it did."""
    kept = archive_of(server) is not None
    (server.configuration / "archive.conf").write_text("")
    return kept


def archive_of(server: Server) -> Path | None:
    """Where the server's log is kept; ``None`` where it is not."""
    return kept_by(server.configuration)


def kept_by(configuration: Path) -> Path | None:
    """The same, of the server that is configured in this folder."""
    try:
        text = (configuration / "keep-log").read_text()
        kept = bool((configuration / "archive.conf").read_text().strip())
    except FileNotFoundError:
        return None
    line = next(line for line in text.splitlines() if line.startswith("kept="))
    return Path(shlex.split(line.removeprefix("kept="))[0]).parent if kept else None


def bringing_back(server: Server, archive: Path) -> str:
    """The command with which a server that recovers fetches its log. Raises UserFacing where it may not.

    The archive may lie on a disk that is only read.
    """
    _refuse_unfit(archive)
    _refuse_unreached(server, archive)
    return f'"{_script(server, "bring-log", _BRING, archive)}" "%f" "%p"'


def hand_over_now(server: Server, archive: Path) -> None:
    """Let the piece of the log that is being written be handed over, and wait until ``archive`` has it.

    Raises UserFacing when the archive does not take it.
    """
    with psycopg.connect(server.dsn(user="postgres", dbname="postgres"), autocommit=True) as connection:
        row = connection.execute(
            "SELECT pg_walfile_name(pg_create_restore_point('kalends backup') - 1), clock_timestamp(), pg_switch_wal()"
        ).fetchone()
        assert row is not None
        kept = archive / f"{row[0]}{PACKED}"
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while not kept.exists():
            failed = connection.execute(
                _FAILED, [row[1]]
            ).fetchone()  # what failed before may be mended by now
            if failed is None or failed[0] or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return
    raise UserFacing(
        "The archive of the database's log takes nothing.",
        where=str(archive),
        value=f"{row[0]} is not there",
        remedy=f"The server's log says why: {server.log}. Is the disk full, or the folder gone?",
        exit_code=ExitCode.NO_ROOM,
    )


def _configure(server: Server, text: str) -> bool:
    path = server.configuration / "archive.conf"
    before = path.read_text() if path.exists() else ""
    if before == text:
        return False
    path.write_text(text)
    path.chmod(0o644)
    with psycopg.connect(server.dsn(user="postgres", dbname="postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT current_setting('archive_mode')").fetchone()
        if text and row is not None and row[0] == "off":
            path.write_text(before)
            raise UserFacing(
                "The database server was started by an older version, or without durability; it keeps no log so.",
                where=str(server.root),
                remedy="Stop the pages and the worker once, so that the server stops as well, and try again.",
            )
        connection.execute("SELECT pg_reload_conf()")
    return True


def _script(server: Server, name: str, text: str, archive: Path) -> Path:
    path = server.configuration / name
    draft = path.with_suffix(".part")
    draft.write_text(text.format(archive=shlex.quote(str(archive)), packed=PACKED))
    draft.chmod(0o755)
    draft.replace(path)
    return path


def _check_place(server: Server, archive: Path) -> None:
    _refuse_unfit(archive)
    archive.mkdir(mode=0o700, parents=True, exist_ok=True)
    server.user.owns(archive)
    _refuse_unreached(server, archive)


def _refuse_unfit(archive: Path) -> None:
    if unfit := sorted(UNFIT.intersection(str(archive))):
        raise UserFacing(
            "The name of the backup's folder has a character that PostgreSQL's programs do not take.",
            where=str(archive),
            value=" ".join(map(repr, unfit)),
            remedy="Choose a folder without it.",
        )


def _refuse_unreached(server: Server, archive: Path) -> None:
    if not server.user.reaches(archive):
        raise UserFacing(
            f"The database server runs as {server.user.name}, which cannot reach the log in the backup's folder.",
            where=str(archive),
            remedy=f"Choose a folder above which all others can be passed through, such as /var/backups/kalends, and "
            f"let the folder log belong to {server.user.name}.",
        )
