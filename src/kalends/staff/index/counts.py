"""How many records a list has, and what they come to: exactly where that is cheap, else as an estimate that says so.

Small tables are counted. In a large one, up to 10,000 records are counted within a moment; what is more, or takes
longer, is estimated from a sample of the table's pages. The planner's own guess is of no use here: it knows nothing of
accounts (see :func:`kalends.accounts.walls.wall_around`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from kalends.catalog import ObjectType
from kalends.query import Context, Filter, Sql, Words, compile_count, compile_filter, compile_select
from kalends.query.context import Cursor
from kalends.staff import formatting

LARGE = 200_000
"""From how many rows on a table is too large to be counted whenever somebody looks."""
NEWEST = 10_000
"""In how many records of a large table words are looked for; the others are found by what has an index."""
EXACT_MAX = 10_000
"""How many records of a large table are counted, and summed, exactly."""
PATIENCE_MS = 30
"""How long counting in a large table may take."""
SAMPLE_ROWS = 20_000
"""How many rows an estimate looks at."""


class Count(NamedTuple):
    """A number of records, and whether it was counted."""

    number: int
    is_exact: bool = True

    @property
    def text(self) -> str:
        """``1,204``, or ``about 14,000``."""
        number = formatting.number(Decimal(self.number))
        return number if self.is_exact else _("about %(count)s") % {"count": number}


def is_large(rows: int) -> bool:
    """Whether a table with so many rows is too large to be counted for a page."""
    return rows >= LARGE


def rows_of(cursor: Cursor, obj: ObjectType) -> int:
    """How many rows the object's table has, of all accounts, as the server last counted them."""
    cursor.execute(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [obj.table]
    )
    return int(cursor.fetchall()[0][0])


def count(
    cursor: Cursor,
    obj: ObjectType,
    filter: Filter,  # noqa: A002 - the domain's word
    ctx: Context,
    words: Words | None = None,
    *,
    rows: int,
) -> Count:
    """How many records pass, of a table with so many ``rows``. Where words were found is few enough to be counted."""
    if not is_large(rows) or words:
        return Count(_number(cursor, compile_count(obj, filter, ctx, search=words)))
    passing = compile_filter(obj, filter, ctx)
    counted = _counted(cursor, obj, passing)
    if counted is not None and counted <= EXACT_MAX:
        return Count(counted)
    share = min(100.0, 100.0 * SAMPLE_ROWS / rows)
    sampled = Sql(
        f"SELECT count(*) FROM {obj.table} t TABLESAMPLE SYSTEM ({share:.6f}) REPEATABLE (1) WHERE {passing.text}",
        passing.params,
    )
    estimate = _two_digits(round(_number(cursor, sampled) * 100 / share))
    return Count(max(estimate, EXACT_MAX) if counted is not None else estimate, is_exact=False)


def _counted(cursor: Cursor, obj: ObjectType, passing: Sql) -> int | None:
    """How many records pass, one more than :data:`EXACT_MAX` at most; ``None`` when that takes too long."""
    capped = Sql(
        f"SELECT count(*) FROM (SELECT 1 FROM {obj.table} t WHERE {passing.text} LIMIT {EXACT_MAX + 1}) AS capped",
        passing.params,
    )
    cursor.execute("SELECT current_setting('statement_timeout')")
    usual = cursor.fetchall()[0][0]
    try:
        with transaction.atomic():
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            found = _number(cursor, capped)
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
    except OperationalError:
        return None
    return found


def _number(cursor: Cursor, sql: Sql) -> int:
    cursor.execute(sql.text, sql.params)
    return int(cursor.fetchall()[0][0])


def _two_digits(number: int) -> int:
    """An estimate with as many digits as it deserves.

    >>> _two_digits(1_234_567), _two_digits(87)
    (1200000, 87)
    """
    scale = 10 ** max(len(str(number)) - 2, 0)
    return round(number / scale) * scale


def sums(
    cursor: Cursor,
    obj: ObjectType,
    amount: str,
    filter: Filter,  # noqa: A002
    ctx: Context,
    words: Words | None,
) -> list[formatting.Money]:
    """What an amount of all records of a list comes to, a sum for each currency, the largest first."""
    sql = compile_select(obj, (amount,), filter, None, ctx, limit=EXACT_MAX, search=words)
    cursor.execute(
        f"SELECT s.c2, sum(s.c1) FROM ({sql.text}) AS s WHERE s.c1 IS NOT NULL GROUP BY s.c2 ORDER BY 2 DESC",
        sql.params,
    )
    return [formatting.money(Decimal(total), currency) for currency, total in cursor.fetchall()]
