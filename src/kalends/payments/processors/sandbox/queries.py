"""The SQL of the sandbox's book: one statement a file, in ``sql/``."""

from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_FOLDER = Path(__file__).parent / "sql"


@cache
def sql(name: str) -> LiteralString:
    """The statement in ``sql/<name>.sql``. Its text is ours alone: values travel as parameters."""
    return cast("LiteralString", (_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
