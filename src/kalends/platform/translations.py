"""Compile the translations (.po) into what gettext reads (.mo), with Babel: no system tool is needed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCES = Path(__file__).resolve().parent.parent / "locale"
ELSEWHERE = Path(sys.prefix) / "share" / "kalends" / "locale"
"""Where they are compiled to when the checkout may not be written: inside the Python environment."""


def compile_translations(sources: Path = SOURCES, elsewhere: Path = ELSEWHERE) -> int:
    """Compile each .po that is newer than its .mo; return how many were. Fuzzy entries are left out."""
    target_root = sources if os.access(sources, os.W_OK) else elsewhere
    compiled = 0
    for source in sorted(sources.glob("*/LC_MESSAGES/*.po")):
        target = (target_root / source.relative_to(sources)).with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        _compile(source, target)
        compiled += 1
    return compiled


def _compile(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        catalog = read_po(file, locale=source.parent.parent.name, domain=source.stem)
    handle, draft = tempfile.mkstemp(dir=target.parent, suffix=".draft")
    with os.fdopen(handle, "wb") as file:
        write_mo(file, catalog)
    os.chmod(draft, 0o644)
    os.replace(draft, target)


if __name__ == "__main__":
    compile_translations()
