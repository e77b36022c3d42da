"""The line items of a deal or a quote, all at once: what somebody arranged takes the place of what was there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.crm.records import Who, lock
from kalends.events import journal
from kalends.sales.link_lines import LinkLine, prepare_lines, take_lines_away, write_lines

Db = Connection[Any]


class NoSuchParent(LookupError):
    """There is no such deal or quote in this account."""


def set_lines(
    db: Db,
    ctx: AccountContext,
    parent: str,
    parent_id: int,
    currency: str,
    lines: Sequence[LinkLine],
    *,
    actor: str = "system",
) -> list[int]:
    """Give a deal or a quote these lines, in this order; returns their numbers, which are new ones.

    A copy (``CLONE``) may be of one of its present lines. Raises ``Refused`` with everything that is wrong, and
    :class:`NoSuchParent`; nothing is changed then.
    """
    with db.transaction():
        if parent_id not in lock(db, ctx, get_object(parent), [parent_id]):
            raise NoSuchParent(f"There is no {parent} {parent_id} in this account.")
        drafts = prepare_lines(db, ctx, parent, currency, lines) if lines else []
        take_lines_away(db, ctx, parent, parent_id)
        ids = write_lines(db, ctx, parent_id, drafts, Who(actor, "CRM_UI")) if drafts else []
        event = journal.NewEvent(
            f"{parent}.lines_changed", parent, parent_id, None, {"lines": len(ids), "currency": currency}
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return ids
