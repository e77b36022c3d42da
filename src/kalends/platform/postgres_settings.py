"""The embedded server's configuration, chosen for billing in blocks on the machine it finds itself on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_MEBIBYTE = 1024 * 1024

PORT = 5432
"""Only names the socket's file: the server never listens on the network."""


def server_settings(*, socket_folder: Path, memory_bytes: int, ephemeral: bool) -> dict[str, str]:
    """Every setting that differs from PostgreSQL's own default.

    ``ephemeral`` gives up durability for speed: for tests, whose database is thrown away.

    >>> chosen = server_settings(socket_folder=Path("/run"), memory_bytes=4 << 30, ephemeral=False)
    >>> chosen["shared_buffers"], chosen["effective_cache_size"], "fsync" in chosen
    ('512MB', '2048MB', False)
    """
    shared_buffers = min(max(memory_bytes // 8, 128 * _MEBIBYTE), 1024 * _MEBIBYTE)
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": _megabytes(shared_buffers),
        "effective_cache_size": _megabytes(max(memory_bytes // 2, shared_buffers)),
        "work_mem": "16MB",
        "maintenance_work_mem": _megabytes(min(memory_bytes // 16, 512 * _MEBIBYTE)),
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "pglz",
        "random_page_cost": "1.1",
        "jit": "off",
        # A fresh book grows to thousands of rows in seconds; plans made for empty tables would stay for a minute.
        "autovacuum_naptime": "5s",
        "autovacuum_analyze_scale_factor": "0.05",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        # Nothing is archived before somebody asks for it; but then it takes no restart.
        "archive_mode": "off" if ephemeral else "on",
        "archive_command": "/bin/true",
    }
    if _shared_memory_is_small():
        settings["dynamic_shared_memory_type"] = "mmap"
    if ephemeral:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        # Several processes of tests at once, of which some open dozens of connections on purpose.
        settings["max_connections"] = "400"
    return settings


def machine_memory() -> int:
    """Bytes of memory this process may count on: the machine's, or its control group's limit if that is less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return memory
    return min(memory, int(limit)) if limit.isdigit() else memory


def write_configuration(folder: Path, settings: Mapping[str, str], trusted_users: Iterable[str]) -> Path:
    """Write the three files the server reads and return the first; ``local.conf`` beside it has the last word.

    The folder belongs to us, not to the server's user, which therefore cannot change its own rules.
    """
    configuration = folder / "postgresql.conf"
    lines = ["# Written at each start. Put your own settings into local.conf in this folder."]
    own_files = {"hba_file": str(folder / "hba.conf"), "ident_file": str(folder / "ident.conf")}
    lines += [f"{name} = {_quoted(value)}" for name, value in {**settings, **own_files}.items()]
    lines += ["include 'archive.conf'", "include 'local.conf'"]
    _write(configuration, lines)
    if not (folder / "archive.conf").exists():
        (folder / "archive.conf").touch(mode=0o644)
    own_settings = folder / "local.conf"
    if not own_settings.exists():
        _write(own_settings, ["# Your own settings; they win. Kalends does not touch this file again."])
    _write(
        folder / "hba.conf", ["local all all peer map=kalends", "local replication postgres peer map=kalends"]
    )
    _write(
        folder / "ident.conf",
        [
            f'kalends "{user}" {role}'
            for user in sorted(set(trusted_users))
            for role in ("kalends", "kalends_app", "postgres")
        ],
    )
    return configuration


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o644)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _megabytes(size: int) -> str:
    return f"{size // _MEBIBYTE}MB"


def _shared_memory_is_small() -> bool:
    """Containers often have 64 MB of /dev/shm, which one parallel query can fill."""
    try:
        state = os.statvfs("/dev/shm")  # noqa: S108  (asked for its size only)
    except OSError:
        return True
    return state.f_frsize * state.f_blocks < 256 * _MEBIBYTE
