"""The tabs over an index page: which views, in which order, for each user; administrators set what others begin with.

A tab is a key: a standard view's name, or a saved view's number in digits. Tabs whose view is gone are left out
wherever they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.views.saved import Viewer, ViewRefused

Db = Connection[Any]
TABS_MAX = 50
_EVERYBODY = 0


def open_tabs(db: Db, ctx: AccountContext, object_name: str, user_id: int) -> list[str] | None:
    """The user's own tabs, else the account's; ``None`` where nobody has changed those of the product."""
    rows = dict(
        db.execute(
            "SELECT user_id, keys FROM open_tabs WHERE account_id = %s AND object = %s AND user_id = ANY(%s)",
            [ctx.id, object_name, [user_id, _EVERYBODY]],
        ).fetchall()
    )
    return rows.get(user_id, rows.get(_EVERYBODY))


def default_tabs(db: Db, ctx: AccountContext, object_name: str) -> list[str] | None:
    """What users begin with; ``None`` where no administrator has said."""
    return open_tabs(db, ctx, object_name, _EVERYBODY)


def set_tabs(db: Db, ctx: AccountContext, object_name: str, user_id: int, keys: Iterable[str]) -> list[str]:
    """Keep a user's tabs, each once; returns them. Raises :class:`ViewRefused` when there are too many."""
    wanted = list(dict.fromkeys(keys))
    if len(wanted) > TABS_MAX:
        raise ViewRefused("too_many", f"At most {TABS_MAX} tabs can be open: close one first.")
    db.execute(
        "INSERT INTO open_tabs (account_id, object, user_id, keys) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT ON CONSTRAINT open_tabs_once DO UPDATE SET keys = excluded.keys",
        [ctx.id, object_name, user_id, wanted],
    )
    return wanted


def set_default_tabs(
    db: Db,
    ctx: AccountContext,
    object_name: str,
    viewer: Viewer,
    keys: Sequence[str],
    eligible: Iterable[str],
) -> list[str]:
    """Say which tabs new users, and those who never changed theirs, begin with.

    ``eligible`` are the keys of standard views and of views shared with everyone: no others can stand there. Raises
    :class:`ViewRefused` for who is no administrator.
    """
    if not viewer.is_administrator:
        raise ViewRefused("not_yours", "Only administrators set the tabs that others begin with.")
    known = set(eligible)
    return set_tabs(db, ctx, object_name, _EVERYBODY, [key for key in keys if key in known])
