"""An archive among the exports that a worker makes and the pages hand out, signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.exports.files import Made, Target
from kalends.exports.make import Written
from kalends.exports.request import Progress
from kalends.portability.export import export_account


def make_archive(
    db: Connection[Any],
    ctx: AccountContext,
    target: Target,
    report: Callable[[Progress], None],
    *,
    now: datetime,
) -> Written:
    """Write the account that ``db`` has entered where the file of an export lies. Raises whatever ``report`` raises."""
    target.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.complete.unlink(missing_ok=True)  # of a worker that ended before it could say so

    def tell(rows: int, table: str) -> None:  # noqa: ARG001
        report(Progress(rows, None))

    done = export_account(db, ctx, target.complete, now=now, progress=tell)
    return Written(Made(f"{target.name}.zip", done.size, 1), done.rows)
