"""Dashboards: saved and ready-made reports beside each other, in an order and a width. Changes stand in the journal.

Whoever sees a dashboard sees in it the reports that are shared with them, each with the records that they may see.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.events import journal
from kalends.insight.ask import REPORTS
from kalends.insight.saved import ReportRefused, find_report, fitting_name, fitting_sharing
from kalends.views.saved import Sharing, Viewer, visible

Db = Connection[Any]
WIDTHS = (4, 6, 8, 12)
"""In twelfths of the page."""
TILES_MAX, DASHBOARDS_MAX = 20, 100


@dataclass(frozen=True, slots=True)
class Tile:
    """A report on a dashboard: a saved one by its number, or a ready-made one by its name."""

    saved: int = 0
    ready: str = ""
    width: int = 6

    def stored(self) -> dict[str, Any]:
        """The JSON form."""
        return {"saved": self.saved, "ready": self.ready, "width": self.width}

    @property
    def word(self) -> str:
        """As a form says it: ``saved:4711`` or ``ready:mrr``."""
        return f"saved:{self.saved}" if self.saved else f"ready:{self.ready}"


class Dashboard(NamedTuple):
    """A dashboard. ``may_change`` says whether the viewer may: its maker, or an administrator."""

    id: int
    name: str
    owner_id: int
    owner: str
    sharing: Sharing
    tiles: tuple[Tile, ...]
    updated_at: datetime
    may_change: bool


def dashboards_of(db: Db, ctx: AccountContext, viewer: Viewer, *, id_: int | None = None) -> list[Dashboard]:
    """The dashboards that the viewer may see, by name: their own, shared ones, for administrators all."""
    rows = visible(db, ctx, viewer, "dashboard", "tiles::text, updated_at", id_=id_)
    return [
        Dashboard(
            number,
            name,
            owner_id,
            owner,
            sharing,
            tuple(Tile(**each) for each in json.loads(tiles)),
            updated_at,
            viewer.is_administrator or owner_id == viewer.user_id,
        )
        for number, name, owner_id, owner, sharing, tiles, updated_at in rows
    ]


def find_dashboard(db: Db, ctx: AccountContext, viewer: Viewer, id_: int) -> Dashboard:
    """A dashboard that the viewer may see. Raises :class:`ReportRefused`."""
    found = dashboards_of(db, ctx, viewer, id_=id_)
    if not found:
        raise ReportRefused("gone", f"There is no dashboard {id_} that you can see.")
    return found[0]


def create_dashboard(
    db: Db, ctx: AccountContext, viewer: Viewer, *, name: str, sharing: str = "private", actor: str = "system"
) -> int:
    """Make an empty dashboard; returns its number. Raises :class:`ReportRefused`."""
    name, sharing = fitting_name(name), fitting_sharing(viewer, sharing)
    mine = [each for each in dashboards_of(db, ctx, viewer) if each.owner_id == viewer.user_id]
    if len(mine) >= DASHBOARDS_MAX:
        raise ReportRefused("too_many", f"You have {DASHBOARDS_MAX} dashboards: delete one first.")
    id_ = take_ids(db, 1)[0]
    made = db.execute(
        "INSERT INTO dashboard (account_id, id, name, owner_id, sharing, tiles, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, '[]', %s, %s) ON CONFLICT ON CONSTRAINT dashboard_once DO NOTHING",
        [ctx.id, id_, name, viewer.user_id, sharing, ctx.now, ctx.now],
    )
    if made.rowcount == 0:
        raise ReportRefused("name_taken", f"You have a dashboard called {name!r}: choose another name.")
    _tell(db, ctx, id_, "created", {"name": name, "sharing": sharing}, actor)
    return id_


def change_dashboard(
    db: Db, ctx: AccountContext, viewer: Viewer, id_: int, *, name: str, sharing: str, actor: str = "system"
) -> None:
    """Give a dashboard another name, or say who sees it. Raises :class:`ReportRefused`."""
    dashboard, name = _changeable(db, ctx, viewer, id_), fitting_name(name)
    sharing = sharing if sharing == dashboard.sharing else fitting_sharing(viewer, sharing)
    taken = db.execute(
        "SELECT 1 FROM dashboard WHERE account_id = %s AND owner_id = %s AND name = %s AND id <> %s",
        [ctx.id, dashboard.owner_id, name, id_],
    )
    if taken.fetchone():
        raise ReportRefused("name_taken", f"There is a dashboard called {name!r}: choose another name.")
    db.execute(
        "UPDATE dashboard SET name = %s, sharing = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [name, sharing, ctx.now, ctx.id, id_],
    )
    told = journal.changed(name=(dashboard.name, name), sharing=(dashboard.sharing, sharing))
    _tell(db, ctx, id_, "updated", {"name": name, **told}, actor)


def add_tile(db: Db, ctx: AccountContext, viewer: Viewer, id_: int, word: str, actor: str = "system") -> int:
    """Put a report at the end of a dashboard, as ``saved:4711`` or ``ready:mrr``; returns how many there are then.

    Raises :class:`ReportRefused` for a report that the viewer may not see, and where there is no room.
    """
    dashboard = _changeable(db, ctx, viewer, id_)
    kind, _, which = word.partition(":")
    if kind == "saved" and which.isascii() and which.isdigit() and len(which) < 19:
        tile = Tile(saved=find_report(db, ctx, viewer, int(which)).id)
    elif kind == "ready" and which in REPORTS:
        tile = Tile(ready=which)
    else:
        raise ReportRefused("gone", f"There is no report {word!r}. Choose one of the list.")
    if len(dashboard.tiles) >= TILES_MAX:
        raise ReportRefused("too_many", f"A dashboard has at most {TILES_MAX} reports: remove one first.")
    _arrange(db, ctx, dashboard, [*dashboard.tiles, tile], actor)
    return len(dashboard.tiles) + 1


def move_tile(
    db: Db, ctx: AccountContext, viewer: Viewer, id_: int, place: int, by: int, actor: str = "system"
) -> int:
    """Let a report change places with the one before it (``by`` -1) or after it (1); returns where it stands then."""
    dashboard = _changeable(db, ctx, viewer, id_)
    tiles = list(dashboard.tiles)
    to = place + by
    if 0 <= place < len(tiles) and 0 <= to < len(tiles):
        tiles[place], tiles[to] = tiles[to], tiles[place]
        _arrange(db, ctx, dashboard, tiles, actor)
        return to
    return place


def resize_tile(
    db: Db, ctx: AccountContext, viewer: Viewer, id_: int, place: int, by: int, actor: str = "system"
) -> int:
    """Make a report wider (``by`` 1) or narrower (-1) by a step of :data:`WIDTHS`."""
    dashboard = _changeable(db, ctx, viewer, id_)
    tiles = list(dashboard.tiles)
    if 0 <= place < len(tiles):
        step = WIDTHS.index(tiles[place].width) + by
        if 0 <= step < len(WIDTHS):
            tiles[place] = replace(tiles[place], width=WIDTHS[step])
            _arrange(db, ctx, dashboard, tiles, actor)
    return place


def remove_tile(
    db: Db, ctx: AccountContext, viewer: Viewer, id_: int, place: int, actor: str = "system"
) -> int:
    """Take a report off a dashboard; the report itself stays."""
    dashboard = _changeable(db, ctx, viewer, id_)
    if 0 <= place < len(dashboard.tiles):
        kept = [each for at, each in enumerate(dashboard.tiles) if at != place]
        _arrange(db, ctx, dashboard, kept, actor)
    return max(0, place - 1)


def delete_dashboard(db: Db, ctx: AccountContext, viewer: Viewer, id_: int, actor: str = "system") -> None:
    """Delete a dashboard for everybody who saw it, and its emails; its reports stay. Raises :class:`ReportRefused`."""
    dashboard = _changeable(db, ctx, viewer, id_)
    db.execute("DELETE FROM dashboard_mail WHERE account_id = %s AND dashboard_id = %s", [ctx.id, id_])
    db.execute("DELETE FROM dashboard WHERE account_id = %s AND id = %s", [ctx.id, id_])
    was = [each.stored() for each in dashboard.tiles]
    _tell(db, ctx, id_, "deleted", {"name": dashboard.name, "was": was}, actor)


def _changeable(db: Db, ctx: AccountContext, viewer: Viewer, id_: int) -> Dashboard:
    db.execute("SELECT 1 FROM dashboard WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, id_])
    dashboard = find_dashboard(db, ctx, viewer, id_)
    if not dashboard.may_change:
        raise ReportRefused("not_yours", f"The dashboard {dashboard.name!r} is {dashboard.owner}'s.")
    return dashboard


def _arrange(db: Db, ctx: AccountContext, dashboard: Dashboard, tiles: Sequence[Tile], actor: str) -> None:
    before, after = ([each.stored() for each in some] for some in (dashboard.tiles, tiles))
    db.execute(
        "UPDATE dashboard SET tiles = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [Jsonb(after), ctx.now, ctx.id, dashboard.id],
    )
    _tell(
        db,
        ctx,
        dashboard.id,
        "updated",
        {"name": dashboard.name, "changes": {"tiles": [before, after]}},
        actor,
    )


def _tell(db: Db, ctx: AccountContext, id_: int, what: str, data: dict[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"dashboard.{what}", "dashboard", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
