"""One embedded PostgreSQL server in one folder: made, started, found running, stopped.

The callers in :mod:`kalends.platform.postgres` see to it that only one process at a time is in here.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shlex
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.errors import CannotConnectNow

from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home
from kalends.platform.postgres_programs import Programs, find_programs, reachable_programs
from kalends.platform.postgres_settings import PORT, machine_memory, server_settings, write_configuration
from kalends.platform.server_user import ServerUser, let_through, server_user

RESTORING = "restoring"
"""The folder of a server whose database is being restored, below the one whose place it takes."""
_SOCKET = f".s.PGSQL.{PORT}"
_LONGEST_SOCKET_PATH = 107
_LONGEST_START_SECONDS = 600
_LONGEST_WAIT_FOR_OLD_PROCESSES_SECONDS = 15
_NOT_YET = ("starting up", "shutting down", "not yet accepting connections", "not accepting connections")
_LARGEST_LOG_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server lies and who runs it; building one changes nothing but folders."""

    root: Path
    user: ServerUser
    programs: Programs

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.root / "log" / "server.log"

    @property
    def configuration(self) -> Path:
        """The folder of the files that :func:`write_configuration` writes."""
        return self.root / "conf"

    def dsn(self, *, user: str = "kalends", dbname: str = "kalends") -> str:
        """The connection string, by the socket the server listens on now or would at its next start."""
        folder = _socket_folder_in_use(self.data) or _socket_folder(self.root)
        return make_conninfo(host=str(folder), port=PORT, user=user, dbname=dbname)


def server_in(home: Home) -> Server:
    """The server of a home, with its folders made and its user able to reach them."""
    root = home.postgres
    root.mkdir(mode=0o711, exist_ok=True)
    if root.stat().st_uid == os.geteuid():
        root.chmod(0o711 if os.geteuid() == 0 else 0o700)
    user = let_through(server_user(root / "data"), root)
    (root / "conf").mkdir(mode=0o755, exist_ok=True)
    (root / "conf").chmod(0o755)
    user.owns(root / "log")
    return Server(root, user, reachable_programs(find_programs(), user, root))


def server_beside(server: Server) -> Server:
    """A second server of the same user and settings, in a folder of its own below the first one's.

    A restore makes a database there, and it takes the first one's place when it is whole.
    """
    root = server.root / RESTORING
    root.mkdir(mode=0o711, exist_ok=True)
    (root / "conf").mkdir(mode=0o755, exist_ok=True)
    (root / "conf").chmod(0o755)
    own = server.configuration / "local.conf"
    if own.exists():
        shutil.copyfile(own, root / "conf" / "local.conf")
        (root / "conf" / "local.conf").chmod(0o644)
    server.user.owns(root / "log")
    return Server(root, server.user, server.programs)


def ensure_running(
    server: Server, *, ephemeral: bool = False, longest_start_seconds: int = _LONGEST_START_SECONDS
) -> None:
    """Make the data directory if there is none, start the server unless it runs, and wait until it answers.

    Raises UserFacing (database unavailable, or no room on disk) with the end of the server's log.
    """
    if not _answers(server, longest_start_seconds):
        if not (server.data / "PG_VERSION").exists():
            _refuse_after_half_a_restore(server)
            _make_data(server, ephemeral=ephemeral)
        _check_version(server)
        _start(server, ephemeral=ephemeral, longest_seconds=longest_start_seconds)
        if not _answers(server, longest_start_seconds):
            raise _unavailable("The database server stopped again at once.", server, _log_from(server.log, 0))
    _make_role_and_database(server)


def stop(server: Server) -> None:
    """Stop the server, letting no session finish its work first; what was committed stays."""
    command = [
        server.programs.folder / "pg_ctl",
        "stop",
        "-s",
        "-w",
        "-m",
        "fast",
        "-t",
        "300",
        "-D",
        server.data,
    ]
    server.user.run(command)


def _answers(server: Server, longest_seconds: int) -> bool:
    """Whether the server accepts connections; waits while it is still starting or stopping."""
    deadline = time.monotonic() + longest_seconds
    dsn = server.dsn(user="postgres", dbname="postgres")
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=30).close()
        except CannotConnectNow:
            time.sleep(0.05)
        except psycopg.OperationalError as problem:
            if not any(words in str(problem) for words in _NOT_YET):
                return _refuses_for_good(server, problem)
            time.sleep(0.05)
        else:
            return True
        if time.monotonic() > deadline:
            raise _unavailable("The database server does not become ready.", server)


def _refuses_for_good(server: Server, problem: psycopg.OperationalError) -> bool:
    """False when nobody listens on the socket; a server that listens and refuses us is an error."""
    folder = _socket_folder_in_use(server.data)
    if folder is None:
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(folder / _SOCKET))
        except OSError:
            return False
    raise UserFacing(
        "The database server runs but does not let Kalends in.",
        where=str(folder),
        value=str(problem).strip(),
        remedy="Run Kalends as the user that started it, or stop it and try again.",
        exit_code=ExitCode.DATABASE_UNAVAILABLE,
    ) from problem


def _refuse_after_half_a_restore(server: Server) -> None:
    """Whoever restores has lost enough: an empty database is not put where a restore was ended on its way."""
    if (server.root / RESTORING / "data" / "PG_VERSION").exists():
        raise UserFacing(
            "A restore into this installation was ended before it was done; there is no database yet.",
            where=str(server.root),
            remedy="Give the same `kalends restore` again. What was moved aside is still there, as data-before-....",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )


def _make_data(server: Server, *, ephemeral: bool) -> None:
    """initdb beside the data's place and rename, so that a data directory is whole or is not there."""
    draft = server.root / "data-draft"
    shutil.rmtree(draft, ignore_errors=True)
    server.user.owns(draft)
    collation = ["--encoding=UTF8", "--locale=C"]
    if server.programs.major >= 17:
        collation += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [
        server.programs.folder / "initdb",
        *("-D", str(draft), "-U", "postgres", "--auth=peer", "--data-checksums", "--no-instructions"),
        *collation,
    ]
    result = server.user.run([*command, "--no-sync"] if ephemeral else command)
    if result.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise _unavailable("The database could not be made.", server, result.stdout)
    if server.data.exists():
        server.data.rmdir()
    os.rename(draft, server.data)


def _check_version(server: Server) -> None:
    written_by = (server.data / "PG_VERSION").read_text().strip()
    if written_by != str(server.programs.major):
        raise UserFacing(
            f"The database was written by PostgreSQL {written_by}; the server here is {server.programs.version}.",
            where=str(server.data),
            value=written_by,
            remedy=f"Dump it with PostgreSQL {written_by}'s pg_dump, move the folder away, and restore the dump.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )


def _remove_dead_pid_files(*files: Path) -> None:
    """Remove a file whose first line names a process that is dead but not yet buried, or another program by now.

    PostgreSQL itself would give up on seeing such a number in use. Processes of the old server that still live
    it finds all the same, by their shared memory.
    """
    for file in files:
        try:
            pid = int(file.read_text().split("\n", 1)[0])
            state = Path(f"/proc/{pid}/stat").read_text()
        except (OSError, ValueError):
            continue
        program, _, rest = state.partition("(")[2].rpartition(")")
        if program != "postgres" or rest.split()[0] in "ZX":
            file.unlink(missing_ok=True)


def _start(server: Server, *, ephemeral: bool, longest_seconds: int) -> None:
    socket_folder = _socket_folder(server.root)
    server.user.owns(socket_folder)
    settings = server_settings(
        socket_folder=socket_folder, memory_bytes=machine_memory(), ephemeral=ephemeral
    )
    own_name = pwd.getpwuid(os.geteuid()).pw_name
    configuration = write_configuration(server.configuration, settings, {own_name, server.user.name})
    if server.log.exists() and server.log.stat().st_size > _LARGEST_LOG_BYTES:
        os.replace(server.log, server.log.with_suffix(".log.1"))
    options = ["-s", "-w", "-t", longest_seconds, "-D", server.data, "-l", server.log]
    configured = "-c config_file=" + shlex.quote(str(configuration))
    command = [server.programs.folder / "pg_ctl", "start", *map(str, options), "-o", configured]
    deadline = time.monotonic() + _LONGEST_WAIT_FOR_OLD_PROCESSES_SECONDS
    while True:
        _remove_dead_pid_files(server.data / "postmaster.pid", socket_folder / f"{_SOCKET}.lock")
        log_start = server.log.stat().st_size if server.log.exists() else 0
        result = server.user.run(command, timeout=longest_seconds + 60)
        if result.returncode == 0:
            return
        said = result.stdout + _log_from(server.log, log_start)
        dying = "still in use" in said or "already exists" in said
        if not dying or time.monotonic() > deadline:
            raise _unavailable("The database server did not start.", server, said)
        time.sleep(0.2)  # the last processes of a killed server are still going away


def _make_role_and_database(server: Server) -> None:
    """Kalends owns its database but is no superuser: it cannot read the machine's files or skip its own walls.

    The application's role logs in by itself: a connection of its own cannot become the owner by laying a role down.
    """
    with psycopg.connect(server.dsn(user="postgres", dbname="postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'kalends'").fetchone() is None:
            connection.execute("CREATE ROLE kalends LOGIN CREATEDB CREATEROLE")
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'kalends'").fetchone() is None:
            connection.execute("CREATE DATABASE kalends OWNER kalends")
        found = connection.execute(
            "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'kalends_app'"
        ).fetchone()
        if found is None:
            connection.execute("CREATE ROLE kalends_app LOGIN NOBYPASSRLS")
            connection.execute("GRANT kalends_app TO kalends WITH ADMIN OPTION")
        elif not found[0]:
            connection.execute("ALTER ROLE kalends_app LOGIN")


def _socket_folder(root: Path) -> Path:
    """The folder for the socket; a short private one in the temporary folder where the home's path is too long."""
    own = root / "run"
    if _fits(own):
        return own
    digest = hashlib.sha256(str(root).encode()).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"kalends-{digest}"
    return short if _fits(short) else Path("/tmp") / short.name  # noqa: S108  (private, and its owner is checked)


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / _SOCKET)) <= _LONGEST_SOCKET_PATH


def _socket_folder_in_use(data: Path) -> Path | None:
    """What the running server wrote into postmaster.pid: its fifth line is the socket's folder."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _log_from(log: Path, start: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _unavailable(message: str, server: Server, said: str = "") -> UserFacing:
    lines = [line for line in said.strip().splitlines() if line.strip()]
    full = "No space left on device" in said
    return UserFacing(
        message,
        where=str(server.root),
        value="\n         ".join(lines[-6:]),
        remedy="Free some space on this disk." if full else f"The server's log is {server.log}.",
        exit_code=ExitCode.NO_ROOM if full else ExitCode.DATABASE_UNAVAILABLE,
    )
