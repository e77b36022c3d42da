"""An archive as it is read by whom it may not trust: nothing is unpacked to disk, and nothing is read without a bound.

All of it is checked before the first row is written: what is in it, how long each file is, what its digest is and how
many lines it has. What is read again afterwards is compared with the same digests once more.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from kalends.platform.archives import DAMAGED
from kalends.portability.manifest import NAME, Entry, Manifest, TableEntry, read_manifest, refused
from kalends.portability.tables import Table, account_table, people_table, tables

LINE_BYTES_MAX = 64_000_000
MANIFEST_BYTES_MAX = 64_000_000
SWELLS_MAX = 250
"""How many times its own size an archive may unpack to. Records pack into a tenth, sometimes a fiftieth."""
_SMALL = 10_000_000
_NAMES = re.compile(r"manifest\.json|tables/[a-z_]+\.jsonl|files/[a-z_]+/[a-z_0-9]+/[0-9]+\.[a-z]{3}")

Progress = Callable[[int, str], None]


class Archive:
    """An archive that is open for reading. :meth:`check` comes first."""

    def __init__(self, packed: zipfile.ZipFile, path: Path) -> None:
        self._zip, self._path = packed, path
        self._infos = self._entries()
        self.manifest: Manifest = read_manifest(self._manifest_bytes(), path.name)
        self.tables = {each.table: each for each in self.manifest.tables}
        self._files = {each.file: each for each in self.manifest.files}
        self._check_list()

    def _entries(self) -> dict[str, zipfile.ZipInfo]:
        """What is in the archive; every name is one that an export gives."""
        found: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if not _NAMES.fullmatch(info.orig_filename) or info.filename in found or info.flag_bits & 1:
                raise refused(
                    "The archive holds a file that no export makes.",
                    where=self._path.name,
                    value=info.orig_filename,
                    remedy="Nothing was unpacked or imported. Give a file that `kalends account export` made.",
                )
            found[info.filename] = info
        unpacked = sum(info.file_size for info in found.values())
        size = self._path.stat().st_size
        if unpacked > max(_SMALL, size * SWELLS_MAX):
            raise refused(
                "The archive would unpack to more than any account's records do.",
                where=self._path.name,
                value=f"{unpacked:,} bytes out of {size:,}",
                remedy="Nothing was unpacked or imported. Give a file that `kalends account export` made.",
            )
        return found

    def _manifest_bytes(self) -> bytes:
        info = self._infos.get(NAME)
        if info is None:
            raise refused("The archive has no manifest.", where=self._path.name, value=NAME)
        if info.file_size > MANIFEST_BYTES_MAX:
            raise refused(
                "The archive's manifest is too long.",
                where=self._path.name,
                value=f"{info.file_size:,} bytes",
            )
        with self._opened(NAME) as file:
            return file.read()

    def _check_list(self) -> None:
        """What is there is what the manifest names, once."""
        named = [*(each.entry.file for each in self.manifest.tables), *self._files]
        wrong = sorted(set(named) ^ (self._infos.keys() - {NAME}))
        if wrong or len(named) != len(set(named)) or len(self.tables) != len(self.manifest.tables):
            raise refused(
                "What is in the archive is not what its manifest names.",
                where=self._path.name,
                value=", ".join(wrong[:5]) or "a file is named twice",
            )

    def check_shape(self, schema: dict[str, str]) -> None:
        """The tables and columns are those of this installation, as ``schema`` names them. Raises ``UserFacing``."""
        theirs = dict(self.manifest.schema)
        if theirs != schema:
            differing = sorted(app for app in theirs | schema if theirs.get(app) != schema.get(app))
            shown = "; ".join(
                f"{app}: {theirs.get(app)} there, {schema.get(app)} here" for app in differing[:3]
            )
            raise refused(
                "The archive comes from an installation with other tables than this one.",
                where=f"{self._path.name}, schema (made by Kalends {self.manifest.product_version})",
                value=shown,
                remedy="Bring both installations to the same version of Kalends and export the account again.",
            )
        for table in self.every_table():
            entry = self.tables.pop(table.name, None)
            columns = tuple((each.name, each.form) for each in table.columns)
            if entry is None or entry.columns != columns or entry.entry.file != f"tables/{table.name}.jsonl":
                raise refused(
                    "The archive lacks a table, or columns of one.", where=f"{self._path.name}, {table.name}"
                )
            self.tables[table.name] = entry
        unknown = self.tables.keys() - {table.name for table in self.every_table()}
        if unknown:
            raise refused(
                "The archive has a table that this version does not know.",
                where=self._path.name,
                value=", ".join(sorted(unknown)),
            )

    @staticmethod
    def every_table() -> list[Table]:
        """All tables that an archive has."""
        return [account_table(), people_table(), *tables()]

    def check(self, progress: Progress) -> None:
        """Read all of it once: lengths, digests, numbers of rows. Raises ``UserFacing``."""
        rows = 0
        for table in self.tables.values():
            for _ in self.lines(table):
                rows += 1
                progress(rows, table.table)
        for entry in self._files.values():
            self._content(entry)

    def lines(self, table: TableEntry) -> Iterator[bytes]:
        """The lines of a table, without their ends; what they come to is checked when the last one was given."""
        digest, rows, size = hashlib.sha256(), 0, 0
        with self._opened(table.entry.file) as file:
            while line := file.readline(LINE_BYTES_MAX):
                rows, size = rows + 1, size + len(line)
                digest.update(line)
                if not line.endswith(b"\n"):
                    raise refused(
                        "A line has no end.", where=f"{self._path.name}, {table.entry.file}, line {rows}"
                    )
                yield line[:-1]
        self._compare(table.entry, size, digest.hexdigest())
        if rows != table.rows:
            raise refused(
                "A table has another number of rows than the manifest says.",
                where=f"{self._path.name}, {table.entry.file}",
                value=f"{rows:,} instead of {table.rows:,}",
            )

    def content(self, name: str) -> bytes:
        """A file that a row names. Raises ``UserFacing``."""
        entry = self._files.get(name)
        if entry is None:
            raise refused("A row names a file that is not there.", where=self._path.name, value=name)
        return self._content(entry)

    def _content(self, entry: Entry) -> bytes:
        if self._infos[entry.file].file_size > LINE_BYTES_MAX:
            raise refused("A file is too long.", where=f"{self._path.name}, {entry.file}")
        with self._opened(entry.file) as file:
            content = file.read()
        self._compare(entry, len(content), hashlib.sha256(content).hexdigest())
        return content

    def _compare(self, entry: Entry, size: int, digest: str) -> None:
        if (size, digest) != (entry.bytes, entry.sha256):
            raise refused(
                "A file of the archive is not as it was written.",
                where=f"{self._path.name}, {entry.file}",
                value=f"{size:,} bytes, SHA-256 {digest[:16]}… instead of {entry.bytes:,} bytes, "
                f"{entry.sha256[:16]}…",
            )

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        with _explained(self._path, name), self._zip.open(self._infos[name]) as file:
            yield file


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive in a file. Raises ``UserFacing`` when it is none."""
    with path.open("rb") as disk, ExitStack() as stack:
        with _explained(path, ""):
            archive = Archive(stack.enter_context(zipfile.ZipFile(disk)), path)
        yield archive


@contextmanager
def _explained(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as problem:
        raise refused(
            "The archive is damaged, or was copied in part.",
            where=f"{path.name}, {name}" if name else path.name,
            value=problem,
        ) from problem
