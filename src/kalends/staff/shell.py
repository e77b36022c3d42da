"""What surrounds every page of an account: navigation, the sandbox's clock, the user's menu."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from kalends.catalog import OBJECTS
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.cells import initials
from kalends.staff.queries.subscriptions import count
from kalends.staff.subscription_list import UNPAID
from kalends.staff.visit import Visit

THEME_COOKIE = "kalends_theme"
_NATIVE_NAMES = {"en": "English", "nb": "Norsk bokmål", "fi": "Suomi"}


def appearance(request: HttpRequest) -> dict[str, Any]:
    """Language and theme, and what there is to choose from: on every page, signed in or not."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "language": translation.get_language(),
        "theme": theme if theme in ("light", "dark") else "",
        "languages": [(code, _NATIVE_NAMES[code]) for code, _name in settings.LANGUAGES],
        "themes": [
            ("", _("Like the system"), "sun-moon"),
            ("light", _("Light"), "sun"),
            ("dark", _("Dark"), "moon"),
        ],
        "here": request.get_full_path(),
    }


def shell(cursor: Cursor, visit: Visit, request: HttpRequest, current: str) -> dict[str, Any]:
    """The context of a page inside an account; ``current`` names its place in the navigation."""
    subscriptions = OBJECTS["subscription"]
    unpaid = count(cursor, subscriptions, UNPAID, visit.asking)
    return {
        **appearance(request),
        "visit": visit,
        "account": visit.ctx,
        "home": reverse("subscriptions", args=[visit.ctx.id]),
        "navigation": [
            {
                "label": subscriptions.plural_label.in_language(visit.language),
                "link": reverse("subscriptions", args=[visit.ctx.id]),
                "icon": "repeat",
                "current": current == "subscriptions",
                "alert": unpaid,
            }
        ],
        "user_initials": initials(visit.user.name),
        "clock": formatting.instant(visit.ctx.now, visit.ctx.time_zone) if visit.ctx.is_sandbox else "",
    }
