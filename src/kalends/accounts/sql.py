"""SQL lives in files beside the code that runs it, and rows move as arrays.

``arrays`` turns rows into one array literal per column, for ``unnest``: a block of thousands of rows goes to the
server in one statement, and a block of one is the same statement. Where such a statement meets a table, it names the
keys once more as ``id = ANY(...)``: that lets the planner look them up, however little it knows of the account. And
where it joins them, it reads ``ROWS FROM (unnest(...), string_to_table('', ''))``: the second function gives no row
(its column is called ``many``), but the planner expects a thousand of it, and so hashes the block instead of walking
all of it again for every row, which it does with the ten rows it expects of an array. None of this needs a temporary
table, and unlike ``COPY`` it works on tables with row-level security (docs/decisions/0003-blocks-as-arrays.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, cast

from psycopg import Connection

Row = tuple[Any, ...]


@cache
def load(package: str, name: str) -> LiteralString:
    """The text of ``sql/{name}.sql`` in ``package``."""
    return cast("LiteralString", files(package).joinpath("sql", f"{name}.sql").read_text("utf-8"))


_PLAIN = frozenset({int, date, Decimal})


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def array(values: Sequence[Any]) -> str:
    """A PostgreSQL array literal of numbers, dates, booleans, strings or NULLs; the statement casts it.

    Columns of numbers or dates need no look at each element, and in the others each distinct value is quoted once.
    """
    if _PLAIN.issuperset(map(type, values)):
        return "{" + ",".join(map(str, values)) + "}"
    elements = {value: _element(value) for value in set(values)}
    return "{" + ",".join(map(elements.__getitem__, values)) + "}"


def integers(values: Iterable[int]) -> str:
    """``array`` for columns of integers only, without looking at each element's type."""
    return "{" + ",".join(map(str, values)) + "}"


def arrays(names: Sequence[str], rows: Sequence[Row]) -> dict[str, str]:
    """One array literal per column of ``rows``, by name, ready to be parameters of a statement."""
    if not rows:
        return dict.fromkeys(names, "{}")
    return dict(zip(names, map(array, zip(*rows, strict=True)), strict=True))


def enter_account(db: Connection[Any], account_id: int) -> None:
    """Let ``db`` see the rows of one account, and of no other, from here on."""
    db.execute("SELECT set_config('kalends.account_id', %s, false)", [str(account_id)])


def fetch(db: Connection[Any], query: LiteralString, params: Mapping[str, Any]) -> list[Row]:
    """All rows of a query."""
    return db.execute(query, params).fetchall()


def take_ids(db: Connection[Any], count: int) -> list[int]:
    """``count`` fresh record ids, in ascending order."""
    rows = db.execute("SELECT nextval('record_id') FROM generate_series(1, %s)", [count]).fetchall()
    return [row[0] for row in rows]
