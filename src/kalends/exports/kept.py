"""The files of exports that are kept, and links that open one of them for a few minutes without a sign-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from django.core import signing

from kalends.exports.exports import Export
from kalends.exports.work import folder_of

LINK_LASTS = timedelta(minutes=5)
"""For how long a link of a program opens a file."""
CONTENT_TYPES = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "zip": "application/zip",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xls": "application/vnd.ms-excel",
    }
)
_LONGEST = 200


class Kept(NamedTuple):
    """A file as it is handed out; whoever takes it closes it."""

    file: BinaryIO
    name: str
    content_type: str


def open_kept(files: Path, account_id: int, export: Export, now: datetime) -> Kept | None:
    """The file of an export, if it is there. ``files`` is the installation's folder for files."""
    path = folder_of(files, account_id) / export.key
    if not export.can_be_fetched(now) or not path.is_file():
        return None
    return Kept(path.open("rb"), export.file_name, CONTENT_TYPES[export.file_name.rpartition(".")[2]])


def link_token(account_id: int, export_id: int, now: datetime) -> str:
    """What opens a file from ``now`` on for five minutes, to whoever has it."""
    expires = int((now + LINK_LASTS).timestamp())
    return _signer().sign_object([account_id, export_id, expires])


def read_link(text: str, now: datetime) -> tuple[int, int] | None:
    """The account and the export of a token; None when it is not ours, or over."""
    if len(text) > _LONGEST:
        return None
    try:
        account_id, export_id, expires = _signer().unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (account_id, export_id) if now < datetime.fromtimestamp(expires, UTC) else None


def _signer() -> signing.Signer:
    return signing.Signer(salt="kalends.exports.kept", sep=".")
