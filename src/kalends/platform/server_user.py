"""The operating-system user that the embedded database server runs as.

PostgreSQL refuses to run as root. Started by root it runs as an unprivileged user; started by anyone else it
runs as that user. Folders that are not ours are never opened to others: where a closed parent folder lies
above the installation, the server is given the one capability that lets it pass through, and nothing more.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kalends.platform.errors import ExitCode, UserFacing

_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2

_PR_CAPBSET_READ = 23
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522

_CLEAN_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who the server runs as. ``capability`` is kept over the change of user, where one is needed."""

    name: str
    uid: int
    gid: int
    changes: bool
    """True when this process is another user (root) and has to become it."""
    capability: int | None = None

    def run(self, command: Sequence[str | Path], *, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, in a clean environment, away from our terminal and folder."""
        become: Callable[[], None] | None = None
        if self.changes:
            libc = ctypes.CDLL(None, use_errno=True)
            become = lambda: _become(libc, self)  # noqa: E731  (needs the library loaded before the fork)
        return subprocess.run(
            [str(part) for part in command],
            preexec_fn=become,
            env=_CLEAN_ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether this user may enter the folder. Asked of the system, so that every kind of right counts."""
        try:
            return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0
        except (PermissionError, subprocess.SubprocessError):
            return False

    def reads(self, file: Path) -> bool:
        """Whether this user may read the file."""
        try:
            return self.run(["/bin/sh", "-c", '[ -r "$1" ]', "sh", file]).returncode == 0
        except (PermissionError, subprocess.SubprocessError):
            return False

    def owns(self, folder: Path) -> None:
        """Make a folder of the server's own (0700), or check that an existing one is."""
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if state.st_uid == os.geteuid() and self.changes:
            os.chown(folder, self.uid, self.gid)
        elif state.st_uid != self.uid or folder.is_symlink():
            raise UserFacing(
                "A folder of the database server belongs to somebody else.",
                where=str(folder),
                value=f"owner {_name_of(state.st_uid)}",
                remedy=f"Give it to {self.name}, or set KALENDS_HOME to another folder.",
                exit_code=ExitCode.DATABASE_UNAVAILABLE,
            )
        folder.chmod(0o700)


def server_user(data: Path) -> ServerUser:
    """The user for a data folder: its owner where it exists; else ourselves, or, for root, postgres or nobody."""
    if os.geteuid() != 0:
        account = _account(os.geteuid())
        return ServerUser(account.pw_name, account.pw_uid, account.pw_gid, changes=False)
    if data.exists() and (owner := data.stat().st_uid) != 0:
        account = _account(owner)
    else:
        account = _unprivileged_account()
    return ServerUser(account.pw_name, account.pw_uid, account.pw_gid, changes=True)


def let_through(user: ServerUser, home: Path) -> ServerUser:
    """The same user, able to reach ``home``: as it is, or with a capability to pass closed parent folders.

    Raises UserFacing, naming the folder that is closed, when the system grants no such capability.
    """
    if not user.changes or user.reaches(home):
        return user
    for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        capable = replace(user, capability=capability)
        if capable.reaches(home):
            return capable
    closed = next(folder for folder in [*reversed(home.parents), home] if not user.reaches(folder))
    raise UserFacing(
        f"The database server runs as {user.name}, which may not pass through a folder above its data.",
        where=str(home),
        value=f"{closed} is closed to others",
        remedy="Set KALENDS_HOME to a folder that others can pass through, such as /var/lib/kalends.",
        exit_code=ExitCode.DATABASE_UNAVAILABLE,
    )


def _become(libc: ctypes.CDLL, user: ServerUser) -> None:
    """In the forked child: drop from root to the user, keeping at most its one capability.

    The secure bit makes access(2), which PostgreSQL asks about its own programs, count the capability too.
    """
    capability = user.capability
    if capability is not None:
        if libc.prctl(_PR_CAPBSET_READ, capability, 0, 0, 0) != 1:
            raise PermissionError("this capability is not ours to give")
        if libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0:
            raise PermissionError("prctl(PR_SET_SECUREBITS) was refused")
    os.setgroups([])
    os.setgid(user.gid)
    os.setuid(user.uid)
    if capability is not None:
        bit = 1 << capability
        header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
        data = (_CapabilityData * 2)(_CapabilityData(bit, bit, bit), _CapabilityData(0, 0, 0))
        if libc.capset(ctypes.byref(header), data) != 0:
            raise PermissionError("capset was refused")
        if libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0:
            raise PermissionError("prctl(PR_CAP_AMBIENT) was refused")
    os.umask(0o077)


def _unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return account
    raise UserFacing(
        "The database server must not run as root, and there is no other user to run it as.",
        value="neither a user postgres nor a user nobody",
        remedy="Run Kalends as an ordinary user, or add a system user named postgres.",
        exit_code=ExitCode.DATABASE_UNAVAILABLE,
    )


def _account(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise UserFacing(
            "PostgreSQL needs to know the name of the user it runs as.",
            value=f"user id {uid} has no entry in the system's list of users",
            remedy="Add one, or set DATABASE_URL to a PostgreSQL server that runs elsewhere.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        ) from None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"
