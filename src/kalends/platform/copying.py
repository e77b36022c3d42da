"""Copying folders of any size: told as it goes, and a disk that is full is named by the place that had no room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from kalends.platform.errors import ExitCode, UserFacing

Copied = Callable[[int], None]
"""Hears how many bytes were copied so far."""
_MEGABYTE = 1_000_000


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder. One that goes away meanwhile counts nothing."""
    return sum(_size(path) for path in _files(folder))


def copy_tree(source: Path, target: Path, copied: Copied = lambda bytes_: None) -> None:
    """Copy a folder with all that is in it into ``target``, which is made; what is there is written over.

    A file that goes away while it is copied is left out: the original is alive. Raises OSError, whose file is the one
    that could not be written, or read.
    """
    done = 0
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in _entries(source):
        place = target / path.relative_to(source)
        if path.is_dir() and not path.is_symlink():
            place.mkdir(mode=0o700, exist_ok=True)
            continue
        try:
            shutil.copy2(path, place, follow_symlinks=False)
        except FileNotFoundError:
            if path.exists():
                raise
            continue
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror, str(place)) from problem
        done += _size(place)
        copied(done)


def refuse_without_room(
    folder: Path, needed: int, otherwise: str = "choose a folder on another disk"
) -> None:
    """Raises ``UserFacing`` (exit code 5) where a folder's disk has less room than that, in bytes.

    ``otherwise`` says what else may be done than to free some space.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserFacing(
            "There is no room for this on the disk.",
            where=str(folder),
            value=f"{free / _MEGABYTE:,.0f} MB are free, and {needed / _MEGABYTE:,.0f} MB are needed",
            remedy=f"Free some space, or {otherwise}. Nothing was begun.",
            exit_code=ExitCode.NO_ROOM,
        )


def _entries(folder: Path) -> Iterator[Path]:
    for inside, folders, files in os.walk(folder):
        yield from (Path(inside) / name for name in sorted((*folders, *files)))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in _entries(folder) if path.is_symlink() or not path.is_dir())


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
