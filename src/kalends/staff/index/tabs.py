"""The tabs above a list: standard views and saved ones that the user keeps open, and all others that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kalends.catalog import ObjectType
from kalends.staff.objects import ObjectPage
from kalends.staff.visit import Visit
from kalends.views import Content, SavedView, Viewer, open_tabs, views_of


class Tab(NamedTuple):
    """A view as a tab: ``saved`` is ``None`` for a standard one."""

    key: str
    label: str
    content: Content
    saved: SavedView | None = None


@dataclass(frozen=True, slots=True)
class Tabs:
    """Every view that the user may see, and which of them stand as tabs, in their order."""

    every: Mapping[str, Tab]
    open: tuple[str, ...]

    @property
    def first(self) -> str:
        """The tab that opens by default."""
        return self.open[0]

    def shown(self, current: str) -> list[Tab]:
        """The open tabs; the one that is looked at stands among them, wherever it came from."""
        keys = self.open if current in self.open else (*self.open, current)
        return [self.every[key] for key in keys]

    def others(self, current: str) -> list[Tab]:
        """The views that can be added as tabs."""
        shown = {*self.open, current}
        return [tab for key, tab in self.every.items() if key not in shown]


def tabs_of(visit: Visit, page: ObjectPage, obj: ObjectType) -> Tabs:
    """The tabs of a user on a page."""
    db = visit.psycopg()
    every = {each.key: Tab(each.key, str(each.label), each.content) for each in page.views}
    standard = tuple(every)
    for saved in views_of(db, visit.ctx, obj, viewer_of(visit)):
        every[saved.key] = Tab(saved.key, saved.name, saved.content, saved)
    kept = open_tabs(db, visit.ctx, obj.name, visit.user.id)
    chosen = tuple(key for key in kept if key in every) if kept is not None else standard
    return Tabs(every, chosen or standard[:1])


def viewer_of(visit: Visit) -> Viewer:
    """The user as the views know them."""
    place = visit.place
    return Viewer(place.user_id, place.is_administrator, place.team, place.grants.allows("share_views"))
