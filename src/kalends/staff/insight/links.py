"""Where the figures of reports lead: to a list with a filter, or to the page of what stands behind them."""

from __future__ import annotations

from urllib.parse import quote

from django.urls import reverse

from kalends.catalog import get_object
from kalends.insight import Behind
from kalends.query import to_json
from kalends.staff.insight.state import Asking
from kalends.staff.segments.pages import list_link
from kalends.staff.visit import Visit

_OF_PAYMENTS = ("settled", "failed", "recovered")


def object_of(behind: Behind) -> str:
    """Whose records stand behind a figure."""
    if behind.kind == "listed":
        return behind.object
    return "payment" if behind.kind in _OF_PAYMENTS else "subscription"


class Links:
    """Links from the figures of one report, as a question about it asks."""

    def __init__(self, visit: Visit, name: str, asking: Asking) -> None:
        self.visit, self.asking = visit, asking
        self.base = reverse("report-records", args=[visit.ctx.id, name])

    def __call__(self, behind: Behind | None) -> str:
        """The address of the records; empty where there are none, or where the user may not see any."""
        if behind is None or not self.visit.may("view", object_of(behind)):
            return ""
        if behind.kind == "listed":
            groups = to_json(get_object(behind.object), behind.filter)["groups"]
            return list_link(self.visit, behind.object, groups)
        joint = "&" if self.asking.query() else "?"
        return f"{self.base}{self.asking.query()}{joint}behind={quote(behind.to_text(), safe=',:')}"
