"""A small book whose exports are looked at, and a folder for them."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Place
from kalends.exports.files import Made, Target
from kalends.exports.make import make_file
from kalends.exports.request import Progress, Request

Rows = list[list[str]]


class Exported(NamedTuple):
    """A file, and how often its maker told of it."""

    made: Made
    rows: int
    path: Path
    told: list[Progress]

    def parts(self) -> dict[str, bytes]:
        """The files by their names: of an archive those that are in it."""
        if not self.made.file_name.endswith(".zip"):
            return {self.made.file_name: self.path.read_bytes()}
        with zipfile.ZipFile(self.path) as archive:
            return {each: archive.read(each) for each in archive.namelist()}

    def lines(self) -> Rows:
        """The lines of the only CSV file."""
        (data,) = self.parts().values()
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))

    def columns(self) -> dict[str, list[str]]:
        """The values below each header."""
        head, *rows = self.lines()
        return dict(zip(head, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}


Export = Callable[..., Exported]


@pytest.fixture
def export(db: Connection[Any], account: AccountContext, tmp_path: Path) -> Export:
    """Makes the file of a request, as the worker does."""

    serial = itertools.count(1)

    def make(asked: Request, viewer: Place | None = None) -> Exported:
        told: list[Progress] = []
        target = Target(tmp_path, f"key{next(serial)}", f"{asked.object}s", account.now)
        written = make_file(db, account, asked, target, told.append, viewer=viewer)
        return Exported(written.made, written.rows, target.complete, told)

    return make
