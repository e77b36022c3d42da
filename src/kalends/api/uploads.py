"""Bodies of the type ``multipart/form-data``: fields and files in one request."""

from __future__ import annotations

import io
import re
from typing import Any, NamedTuple

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from kalends.api.errors import invalid

_KIND = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)


class Form(NamedTuple):
    """The fields of a body, of one that comes several times the last, and its files by the fields' names."""

    fields: dict[str, str]
    files: dict[str, list[Any]]


def is_form(content_type: str) -> bool:
    """Whether a body is fields and files."""
    return content_type.partition(";")[0].strip().lower() == _KIND


def read_form(raw: bytes, content_type: str) -> Form:
    """The fields and files of a body. Raises ``ApiError`` for what is none."""
    if not is_form(content_type):
        raise invalid(f"The body is to be {_KIND}.")
    about = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(raw))}
    try:
        parser = MultiPartParser(about, io.BytesIO(raw), [TemporaryFileUploadHandler()], "utf-8")
        given, files = parser.parse()
    except (MultiPartParserError, SuspiciousOperation, ValueError, LookupError) as problem:
        raise invalid(f"The body is no {_KIND}: {str(problem)[:200] or type(problem).__name__}.") from problem
    fields = {str(name): str(given[name]) for name in given if given.getlist(name)}
    return Form(fields, {str(name): list(files.getlist(name)) for name in files})


def without_boundary(raw: bytes, content_type: str) -> bytes:
    """What a body says, by which the same request is known: every try has another line between its parts.

    >>> [without_boundary(b"--%d-x" % each, f"multipart/form-data; boundary={each}") for each in (7, 8)]
    [b'---x', b'---x']
    """
    found = _BOUNDARY.search(content_type) if is_form(content_type) else None
    return raw.replace(b"--" + found.group(1).encode("utf-8", "replace"), b"--") if found else raw
