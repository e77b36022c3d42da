"""What is wrong with an archive, in the words of Python's ``zipfile``: it says so in many ways."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

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
