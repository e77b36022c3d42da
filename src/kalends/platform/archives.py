"""Archives of strangers: how many parts they have, and what Python's ``zipfile`` says of those that are wrong."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,  # a place before the beginning of the file, or a broken stream of bzip2
    RuntimeError,  # a password is needed, or a way of packing that Python does not know (NotImplementedError)
    ValueError,  # names that are no UTF-8, a place that is negative
    OverflowError,
)
"""What reading an archive raises when its bytes are not those that were written."""

_PART = b"PK\x01\x02"
_READ_AT_ONCE = 1 << 20


def parts_in(path: Path) -> int:
    """How many parts an archive says that it has, or a few more: what begins each line of its list is counted.

    ``zipfile`` keeps that list in memory whole, however long it is: who takes archives of strangers asks here first.
    """
    found, before = 0, b""
    with path.open("rb") as file:
        while part := file.read(_READ_AT_ONCE):
            text = before + part
            found += text.count(_PART)
            before = text[1 - len(_PART) :]
    return found
