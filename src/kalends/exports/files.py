"""Files as they come: plain while they are small, in a ZIP archive when there are several or a CSV file is large.

Nothing is held in memory beyond the first two megabytes, and nothing is written twice: what is archived is packed while
it is written. A file gets its own name only when it is complete.
"""

from __future__ import annotations

import os
import zipfile
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

ZIPPED_FROM = 2_000_000
"""From how many bytes on a CSV file is packed."""
_PACKING = 1
"""The quickest of nine ways to pack: of a list of records it leaves a quarter, the slowest a fifth."""


class Made(NamedTuple):
    """What was made: the name to give it when it is fetched, its size in bytes, and how many files of records it is."""

    file_name: str
    size: int
    files: int


class Target(NamedTuple):
    """Where a file goes: its folder, its unguessable name there, its name for people without an ending, the moment."""

    folder: Path
    key: str
    name: str
    at: datetime

    @property
    def draft(self) -> Path:
        """Where it is written until it is complete."""
        return self.folder / f"{self.key}.part"

    @property
    def complete(self) -> Path:
        """Where it lies then."""
        return self.folder / self.key

    def part_name(self, number: int, suffix: str, *, only: bool) -> str:
        """What a file of several is called: ``contacts-2.csv``."""
        return f"{self.name}.{suffix}" if only else f"{self.name}-{number}.{suffix}"

    def entry(self, name: str) -> zipfile.ZipInfo:
        """A file of the archive; its time is that of the export, whatever the clock of the machine says."""
        at = max(self.at, datetime(1980, 1, 1, tzinfo=self.at.tzinfo))
        info = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
        info.external_attr = 0o600 << 16
        return info


def private_file(path: Path) -> IO[bytes]:
    """An empty file that nobody else may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


class TextFiles:
    """CSV files, each beginning with the same bytes; use it in a ``with`` block, which closes what is open."""

    def __init__(self, target: Target, head: bytes) -> None:
        self.target, self.head = target, head
        self.files = 0
        self._held: list[bytes | bytearray] | None = []
        self._held_bytes = 0
        self._disk: IO[bytes] | None = None
        self._archive: zipfile.ZipFile | None = None
        self._entry: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        if kind is not None and self._disk is not None:
            self._disk.close()  # an archive that was left in the middle cannot be ended

    def begin(self) -> None:
        """Begin a file."""
        self.files += 1
        if self.files > 1:
            self._pack()
            assert self._archive is not None
            self._end_entry()
            self._entry = self._open(self.files, only=False)
        self.write(self.head)

    def write(self, data: bytes | bytearray) -> None:
        """Write some lines into the file at hand. It may be kept: a bytearray is not to be changed afterwards."""
        if self._held is None:
            assert self._entry is not None
            self._entry.write(data)
            return
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > ZIPPED_FROM:
            self._pack()

    def _pack(self) -> None:
        """Go on in an archive. Whether the first file stays the only one is not known yet, so it is named as one."""
        if self._held is None:
            return
        self._disk = private_file(self.target.draft)
        self._archive = zipfile.ZipFile(self._disk, "w", zipfile.ZIP_DEFLATED, compresslevel=_PACKING)
        self._entry = self._open(1, only=True)
        self._entry.write(b"".join(self._held))
        self._held = None

    def _open(self, number: int, *, only: bool) -> IO[bytes]:
        assert self._archive is not None
        info = self.target.entry(self.target.part_name(number, "csv", only=only))
        info.compress_type = zipfile.ZIP_DEFLATED
        return self._archive.open(info, "w", force_zip64=True)

    def _end_entry(self) -> None:
        if self._entry is not None:
            self._entry.close()
            self._entry = None

    def end(self) -> Made:
        """Complete the file, under its own name."""
        if self._held is not None:
            with private_file(self.target.draft) as file:
                file.write(b"".join(self._held))
            return _completed(self.target, "csv", self.files)
        assert self._archive is not None
        assert self._disk is not None
        self._end_entry()
        self._archive.close()
        self._disk.close()
        return _completed(self.target, "zip", self.files)


def one_or_packed(target: Target, parts: list[Path], suffix: str) -> Made:
    """The only file as it is, or several put together in an archive: they are packed in themselves."""
    if len(parts) == 1:
        parts[0].replace(target.draft)
        return _completed(target, suffix, 1)
    with private_file(target.draft) as disk, zipfile.ZipFile(disk, "w", zipfile.ZIP_STORED) as archive:
        for number, part in enumerate(parts, 1):
            info = target.entry(target.part_name(number, suffix, only=False))
            with part.open("rb") as source, archive.open(info, "w", force_zip64=True) as entry:
                while block := source.read(1 << 20):
                    entry.write(block)
            part.unlink()
    return _completed(target, "zip", len(parts))


def _completed(target: Target, suffix: str, files: int) -> Made:
    size = target.draft.stat().st_size
    target.draft.replace(target.complete)
    return Made(f"{target.name}.{suffix}", size, files)
