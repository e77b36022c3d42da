"""KALENDS_HOME: the one folder that holds everything an installation keeps."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kalends.platform.errors import ExitCode, UserFacing

UNFIT = frozenset('"$`\\\n')
_OWN_FOLDERS = ("files", "keys", "logs", "mail")


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one installation, and the names inside it."""

    path: Path

    @property
    def files(self) -> Path:
        """Uploaded and produced files."""
        return self.path / "files"

    @property
    def keys(self) -> Path:
        """Secrets; readable by nobody else."""
        return self.path / "keys"

    @property
    def logs(self) -> Path:
        """What Kalends and its database server log."""
        return self.path / "logs"

    @property
    def mail(self) -> Path:
        """Letters, when no mail server is set: one file each."""
        return self.path / "mail"

    @property
    def postgres(self) -> Path:
        """The embedded database server: data, socket, log. Belongs to the server's operating-system user."""
        return self.path / "postgres"

    def secret_key(self) -> str:
        """The installation's signing key, made once and kept in ``keys/signing-key`` (mode 0600)."""
        return _made_once(self.keys / "signing-key")

    def sealing_keys(self) -> str:
        """What secrets in the database are sealed with: ``keys/sealing-keys``, a key on each line, made once.

        The first line seals; the others still open what they once sealed.
        """
        return _made_once(self.keys / "sealing-keys")

    def files_mark(self) -> str:
        """What the folder for files is known by: a file in it, so that two machines can tell if they share it."""
        return _made_once(self.files / ".folder")

    def setup_code(self) -> str:
        """What the first start asks for: ``keys/setup-code``, such as ``k7mq-3xhd-p9wt``, made once."""
        return _made_once(self.keys / "setup-code", _setup_code)

    def forget_setup_code(self) -> None:
        """The first start is over."""
        (self.keys / "setup-code").unlink(missing_ok=True)


def home_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the installation lies: ``KALENDS_HOME``, else a usual place for this user.

    >>> home_path({"KALENDS_HOME": "/srv/kalends"})
    PosixPath('/srv/kalends')
    """
    chosen = environ.get("KALENDS_HOME", "")
    if chosen:
        return Path(os.path.abspath(os.path.expanduser(chosen)))
    if os.geteuid() == 0:
        return Path("/var/lib/kalends")
    data_home = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data_home) / "kalends"


def open_home(path: Path | None = None) -> Home:
    """The installation's folder, made with tight permissions where it is missing.

    Raises UserFacing (bad input, or no room on disk) when it cannot be made or written.
    """
    home = Home(path or home_path())
    if unfit := sorted(UNFIT.intersection(str(home.path))):
        raise UserFacing(
            "The name of Kalends's folder has a character that PostgreSQL's programs do not take.",
            where="KALENDS_HOME",
            value=f"{home.path} has {' '.join(map(repr, unfit))}",
            remedy="Set KALENDS_HOME to a folder without it.",
        )
    try:
        _make_root(home.path)
        for name in _OWN_FOLDERS:
            (home.path / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise _explained(problem, home.path) from problem
    return home


def _make_root(path: Path) -> None:
    """Root's home may be passed through (0711), so that the database server's user reaches its own folder."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        names = {entry.name for entry in path.iterdir()}
        ours = not names or "keys" in names
        if not ours or path.stat().st_uid != os.geteuid():
            return
    path.chmod(mode)


def _explained(problem: OSError, path: Path) -> UserFacing:
    full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
    return UserFacing(
        "Kalends cannot write its folder.",
        where=str(problem.filename or path),
        value=problem.strerror or str(problem),
        remedy="Free some space." if full else "Set KALENDS_HOME to a folder that this user may write.",
        exit_code=ExitCode.NO_ROOM if full else ExitCode.BAD_INPUT,
    )


def _key() -> str:
    return secrets.token_urlsafe(64)


def _setup_code() -> str:
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def _made_once(path: Path, make: Callable[[], str] = _key) -> str:
    """The text of a secret file; of two processes that make it at once, the second reads the first's."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(make())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        except OSError as problem:
            raise _explained(problem, path) from problem
        finally:
            os.unlink(draft)
    return path.read_text().strip()
