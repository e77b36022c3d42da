"""Which version of Kalends this is."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"


@cache
def version() -> str:
    """The version as it was released, such as ``0.1.0``: told beside the sources, or by the installed package.

    >>> version().count(".") >= 1
    True
    """
    if _PROJECT.is_file():
        return str(tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"])
    return metadata.version("kalends")
