"""Pages of the navigation that are no object's list. What is not here, or not permitted, is not shown.

A page is an entry here and an address of that name, which takes the account's number; nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.utils.translation import gettext as _


class Page(NamedTuple):
    """A place in the navigation: what a page gives as ``current``, its label, and the ability that it needs.

    ``any_of`` are abilities of which one is enough.
    """

    key: str
    label: Callable[[], str]
    icon: str
    address: str
    needs: str = ""
    any_of: tuple[str, ...] = ()


WORK: tuple[Page, ...] = (
    Page("billing", lambda: _("Billing"), "calendar-days", "billing", "run_billing"),
    Page("tasks", lambda: _("Tasks"), "clipboard-check", "tasks"),
    Page("analytics", lambda: _("Analytics"), "chart-column", "analytics", "reports"),
)
"""Above the objects: what people do every day, such as billing."""

TOOLS: tuple[Page, ...] = (
    Page("segments", lambda: _("Segments"), "list-filter", "segments", "segments"),
    Page("mailings", lambda: _("Emails to segments"), "mail", "mailings", "mailings"),
    Page("workflows", lambda: _("Workflows"), "workflow", "workflows", "workflows"),
)
"""Below the objects: what works on any of them."""

ACCOUNT: tuple[Page, ...] = (
    Page("status", lambda: _("Status"), "monitor", "status", "settings"),
    Page(
        "settings",
        lambda: _("Settings"),
        "settings",
        "settings",
        any_of=("settings", "users", "edit_property_settings", "tokens"),
    ),
)
"""At the foot: what is set up once, such as settings, and how all of it is doing."""
