"""The tables of an archive in words: what ``kalends account describe`` writes for docs/portability.md."""

from __future__ import annotations

from collections.abc import Iterator

from kalends.portability.restore import ACCOUNT_CHANGED, CHANGED
from kalends.portability.tables import LEFT_BEHIND, Table, account_table, people_table, tables

BEGIN = "<!-- The rest of this page is written by `./kalends account describe`. -->"


def description() -> str:
    """What an archive has, table by table, what stays behind, and what an import changes; in Markdown."""
    return "\n".join([BEGIN, "", *_left(), "", *_changed(), "", "## Tables", "", *_every()]).rstrip() + "\n"


def _left() -> Iterator[str]:
    yield "## What stays behind"
    yield ""
    yield "| table | because it | in the new installation |"
    yield "|---|---|---|"
    for name, left in LEFT_BEHIND.items():
        yield f"| `{name}` | {left.why} | {left.again} |"


def _changed() -> Iterator[str]:
    yield "## What an import changes"
    yield ""
    yield "| table | column | how |"
    yield "|---|---|---|"
    for column, words in ACCOUNT_CHANGED.items():
        yield f"| `account` | `{column}` | {words} |"
    for (table, column), (_, words) in CHANGED.items():
        yield f"| `{table}` | `{column}` | {words} |"


def _every() -> Iterator[str]:
    for table in (account_table(), people_table(), *tables()):
        yield f"### `{table.name}`"
        yield ""
        if table.about:
            yield table.about
            yield ""
        yield ", ".join(_columns(table)) + "."
        yield ""


def _columns(table: Table) -> Iterator[str]:
    for column in table.columns:
        yield f"`{column.name}` ({column.form}{', may be null' if column.nullable else ''})"
