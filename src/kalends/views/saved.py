"""Saved views as a person may see them."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import integers, load
from kalends.catalog.model import ObjectType
from kalends.views.content import Content

Db = Connection[Any]
Sharing = Literal["private", "team", "everyone"]
SHARINGS: tuple[Sharing, ...] = ("private", "team", "everyone")

Reason = Literal[
    "name_missing", "name_long", "name_taken", "too_many", "not_yours", "gone", "filter", "sharing"
]


class ViewRefused(ValueError):
    """Something that cannot be done to a view; ``reason`` is for pages that say it in the reader's language."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Viewer(NamedTuple):
    """Who looks. An administrator sees every view, and may change those of others.

    ``team`` are the users with whom the viewer shares a team; ``may_share`` says whether views of theirs may be seen
    by others.
    """

    user_id: int
    is_administrator: bool = False
    team: tuple[int, ...] = ()
    may_share: bool = True


class SavedView(NamedTuple):
    """A view that somebody saved. ``may_change`` says whether the viewer may: its maker, or an administrator."""

    id: int
    object: str
    name: str
    owner_id: int
    owner: str
    sharing: Sharing
    content: Content
    may_change: bool

    @property
    def key(self) -> str:
        """The view's word in addresses and among tabs."""
        return str(self.id)


def views_of(db: Db, ctx: AccountContext, obj: ObjectType, viewer: Viewer) -> list[SavedView]:
    """The views of an object that the viewer may see, by name: their own, shared ones, for administrators all.

    A view shared with a team is seen by whoever is in a team of its maker.
    """
    rows = visible(db, ctx, viewer, "saved_view", "content::text", object_name=obj.name)
    return [
        SavedView(
            id_,
            obj.name,
            name,
            owner_id,
            owner,
            sharing,
            Content.read(json.loads(content)),
            viewer.is_administrator or owner_id == viewer.user_id,
        )
        for id_, name, owner_id, owner, sharing, content in rows
    ]


def visible(
    db: Db,
    ctx: AccountContext,
    viewer: Viewer,
    table: str,
    columns: str,
    *,
    id_: int | None = None,
    object_name: str = "",
) -> list[tuple[Any, ...]]:
    """What people keep in a table (views, reports, dashboards), as far as the viewer may see it, by name.

    A row holds the number, the name, the owner's number and name, the sharing, and then ``columns``. ``id_`` asks for
    one of them, ``object_name`` for those of an object.
    """
    params = {
        "account_id": ctx.id,
        "id": id_,
        "object": object_name,
        "user_id": viewer.user_id,
        "team": integers(viewer.team),
        "all": viewer.is_administrator,
    }
    of_object = "r.object = %(object)s" if object_name else "TRUE"
    statement = load("kalends.views", "visible").format(table=table, columns=columns, of_object=of_object)
    return db.execute(statement, params).fetchall()  # type: ignore[call-overload]
