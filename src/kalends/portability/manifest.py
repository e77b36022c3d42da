"""``manifest.json``: what an archive says of itself, and how it is read by whom it may not trust."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from kalends.platform.errors import UserFacing

FORMAT, FORMAT_VERSION = "kalends-account", 1
NAME = "manifest.json"
HIGHEST_NUMBER = 2**53
"""No number of a record is higher: programs that read JSON keep numbers exactly up to here."""


class Entry(NamedTuple):
    """A file of the archive: its bytes unpacked, and their SHA-256."""

    file: str
    bytes: int
    sha256: str


class TableEntry(NamedTuple):
    """The file of a table: a line for each row, with these columns."""

    table: str
    columns: tuple[tuple[str, str], ...]
    rows: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in an archive.

    ``schema`` names the last migration of each part of the product: a file fits tables of the same schema only.
    ``highest`` is how far the sequences of record ids and of events had come, so that no number is given twice.
    """

    product_version: str
    schema: Mapping[str, str]
    account: Mapping[str, Any]
    made_at: str
    highest: Mapping[str, int]
    tables: Sequence[TableEntry]
    files: Sequence[Entry]
    left_behind: Sequence[Mapping[str, str]]

    def written(self) -> bytes:
        """The file."""
        document = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "product_version": self.product_version,
            "made_at": self.made_at,
            "account": dict(self.account),
            "schema": dict(self.schema),
            "highest": dict(self.highest),
            "tables": [
                {
                    "table": each.table,
                    **each.entry._asdict(),
                    "rows": each.rows,
                    "columns": [{"name": name, "form": form} for name, form in each.columns],
                }
                for each in self.tables
            ],
            "files": [each._asdict() for each in self.files],
            "left_behind": [dict(each) for each in self.left_behind],
        }
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()

    def document(self) -> dict[str, Any]:
        """As one JSON document, for ``--json``."""
        return asdict(self)


def refused(message: str, *, where: str, value: object = "", remedy: str = "") -> UserFacing:
    """An archive cannot be taken in; nothing was changed."""
    return UserFacing(
        message,
        where=where,
        value=str(value)[:200],
        remedy=remedy or "Nothing was imported. Export the account again and copy the file anew.",
    )


def read_manifest(data: bytes, archive: str) -> Manifest:
    """The manifest of an archive. Raises ``UserFacing`` for anything that is none, or of another format."""
    where = f"{archive}, {NAME}"
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise refused("The archive's manifest cannot be read.", where=where, value=problem) from problem
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise refused(
            "This is no archive of an account.",
            where=where,
            remedy="Give a file that `kalends account export` made.",
        )
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise refused(
            "The archive has a format that this version of Kalends does not read.",
            where=f"{where}, format_version",
            value=version,
            remedy=f"This version reads format {FORMAT_VERSION}. Bring both installations to the same version of "
            "Kalends and export the account again.",
        )
    try:
        return _read(document)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise refused("The archive's manifest is not complete.", where=where, value=problem) from problem


def _read(document: dict[str, Any]) -> Manifest:
    highest = {name: _count(document["highest"][name]) for name in ("record_id", "event_id")}
    return Manifest(
        product_version=_text(document["product_version"]),
        schema={_text(app): _text(name) for app, name in document["schema"].items()},
        account={
            **document["account"],
            "id": _count(document["account"]["id"]),
            "name": _text(document["account"]["name"]),
        },
        made_at=_text(document["made_at"]),
        highest=highest,
        tables=[_table(each) for each in document["tables"]],
        files=[_entry(each) for each in document["files"]],
        left_behind=document["left_behind"],
    )


def _table(each: dict[str, Any]) -> TableEntry:
    columns = tuple((_text(column["name"]), _text(column["form"])) for column in each["columns"])
    return TableEntry(_text(each["table"]), columns, _count(each["rows"]), _entry(each))


def _entry(each: dict[str, Any]) -> Entry:
    return Entry(_text(each["file"]), _count(each["bytes"]), _text(each["sha256"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HIGHEST_NUMBER:
        raise ValueError(f"{value!r} is no number from 0 to {HIGHEST_NUMBER}")
    return value
