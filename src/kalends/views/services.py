"""What changes saved views. Each call is one transaction of its caller's, and each change stands in the journal."""

from __future__ import annotations

from typing import Any, cast

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.catalog.model import ObjectType
from kalends.events import journal
from kalends.query import FilterError, parse
from kalends.views.content import Content
from kalends.views.saved import SHARINGS, SavedView, Sharing, Viewer, ViewRefused, views_of

Db = Connection[Any]
NAME_LENGTH_MAX = 100
VIEWS_MAX = 250
"""How many views of one object a user may have made."""


def save_view(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    viewer: Viewer,
    *,
    name: str,
    content: Content,
    sharing: Sharing = "private",
    actor: str = "system",
) -> int:
    """Keep a new view, private unless said otherwise; returns its number.

    Raises :class:`ViewRefused` for a name that is missing, too long or taken by another view of the same maker, for a
    filter that does not hold for the object, and when the maker has too many.
    """
    name = _fitting_name(name)
    _check(obj, viewer, content, sharing)
    mine = [each for each in views_of(db, ctx, obj, viewer) if each.owner_id == viewer.user_id]
    if len(mine) >= VIEWS_MAX:
        raise ViewRefused("too_many", f"You have {VIEWS_MAX} views of {obj.plural}: delete one first.")
    id_ = take_ids(db, 1)[0]
    taken = db.execute(
        "INSERT INTO saved_view (account_id, id, object, name, owner_id, sharing, content, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT ON CONSTRAINT saved_view_once DO NOTHING",
        [ctx.id, id_, obj.name, name, viewer.user_id, sharing, Jsonb(content.stored()), ctx.now, ctx.now],
    )
    if taken.rowcount == 0:
        raise _name_taken(name)
    _tell(db, ctx, id_, "created", {"name": name, "object": obj.name, "sharing": sharing}, actor)
    return id_


def overwrite_view(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    viewer: Viewer,
    id_: int,
    content: Content,
    actor: str = "system",
) -> None:
    """Let a view show something else from now on. Raises :class:`ViewRefused`."""
    view = _changeable(db, ctx, obj, viewer, id_)
    _check(obj, viewer, content, "private")
    _update(db, ctx, id_, "content", Jsonb(content.stored()))
    changes = {"content": [view.content.stored(), content.stored()]}
    _tell(db, ctx, id_, "updated", {"name": view.name, "object": obj.name, "changes": changes}, actor)


def rename_view(
    db: Db, ctx: AccountContext, obj: ObjectType, viewer: Viewer, id_: int, name: str, actor: str = "system"
) -> None:
    """Give a view another name. Raises :class:`ViewRefused`."""
    view, name = _changeable(db, ctx, obj, viewer, id_), _fitting_name(name)
    taken = db.execute(
        "SELECT 1 FROM saved_view WHERE account_id = %s AND object = %s AND owner_id = %s AND name = %s AND id <> %s",
        [ctx.id, obj.name, view.owner_id, name, id_],
    )
    if taken.fetchone():
        raise _name_taken(name)
    _update(db, ctx, id_, "name", name)
    _tell(db, ctx, id_, "updated", {"object": obj.name, **journal.changed(name=(view.name, name))}, actor)


def share_view(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    viewer: Viewer,
    id_: int,
    sharing: str,
    actor: str = "system",
) -> None:
    """Say who sees a view: its maker, the maker's team, or everyone in the account. Raises :class:`ViewRefused`."""
    view = _changeable(db, ctx, obj, viewer, id_)
    _check(obj, viewer, Content(), sharing)
    _update(db, ctx, id_, "sharing", sharing)
    data = {"name": view.name, "object": obj.name, **journal.changed(sharing=(view.sharing, sharing))}
    _tell(db, ctx, id_, "updated", data, actor)


def clone_view(
    db: Db, ctx: AccountContext, obj: ObjectType, viewer: Viewer, id_: int, name: str, actor: str = "system"
) -> int:
    """A private copy of a view that the viewer may see, under another name. Raises :class:`ViewRefused`."""
    view = _visible(db, ctx, obj, viewer, id_)
    return save_view(db, ctx, obj, viewer, name=name, content=view.content, actor=actor)


def delete_view(
    db: Db, ctx: AccountContext, obj: ObjectType, viewer: Viewer, id_: int, actor: str = "system"
) -> SavedView:
    """Delete a view for everybody who saw it; returns what it was. Raises :class:`ViewRefused`."""
    view = _changeable(db, ctx, obj, viewer, id_)
    db.execute("DELETE FROM saved_view WHERE account_id = %s AND id = %s", [ctx.id, id_])
    _tell(
        db, ctx, id_, "deleted", {"name": view.name, "object": obj.name, "was": view.content.stored()}, actor
    )
    return view


def _visible(db: Db, ctx: AccountContext, obj: ObjectType, viewer: Viewer, id_: int) -> SavedView:
    found = next((each for each in views_of(db, ctx, obj, viewer) if each.id == id_), None)
    if found is None:
        raise ViewRefused("gone", f"There is no view {id_} of {obj.plural} that you can see.")
    return found


def _changeable(db: Db, ctx: AccountContext, obj: ObjectType, viewer: Viewer, id_: int) -> SavedView:
    db.execute("SELECT 1 FROM saved_view WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, id_])
    view = _visible(db, ctx, obj, viewer, id_)
    if not view.may_change:
        raise ViewRefused(
            "not_yours", f"The view {view.name!r} is {view.owner}'s: save what you see as a view of your own."
        )
    return view


def _fitting_name(name: str) -> str:
    tidy = " ".join(name.replace("\x00", "").split())
    if not tidy:
        raise ViewRefused("name_missing", "Give the view a name.")
    if len(tidy) > NAME_LENGTH_MAX:
        raise ViewRefused("name_long", f"A view's name has at most {NAME_LENGTH_MAX} characters.")
    return tidy


def _name_taken(name: str) -> ViewRefused:
    return ViewRefused("name_taken", f"There is a view {name!r} already: choose another name.")


def _check(obj: ObjectType, viewer: Viewer, content: Content, sharing: str) -> None:
    if sharing not in SHARINGS:
        raise ViewRefused("sharing", f"{sharing!r}: a view is private, or shared with team or everyone.")
    if sharing != "private" and not viewer.may_share:
        raise ViewRefused(
            "sharing", "Your role does not let you share views: an administrator can change that."
        )
    try:
        parse(obj, {"groups": list(content.groups)})
    except FilterError as problem:
        raise ViewRefused("filter", str(problem)) from problem


def _update(db: Db, ctx: AccountContext, id_: int, column: str, value: object) -> None:
    statements = {
        "content": "UPDATE saved_view SET content = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        "name": "UPDATE saved_view SET name = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        "sharing": "UPDATE saved_view SET sharing = %s, updated_at = %s WHERE account_id = %s AND id = %s",
    }
    db.execute(cast("Any", statements[column]), [value, ctx.now, ctx.id, id_])


def _tell(db: Db, ctx: AccountContext, id_: int, what: str, data: dict[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"saved_view.{what}", "saved_view", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
