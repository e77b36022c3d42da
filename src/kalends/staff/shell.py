"""What surrounds every page of an account: navigation, accounts to change to, the sandbox's clock, the user's menu."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.accounts.people import accounts_of
from kalends.catalog import ObjectType
from kalends.query import Filter, compile_filter
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.account.noticed import unread
from kalends.staff.cells import initials
from kalends.staff.navigation import ACCOUNT, TOOLS, WORK, Page
from kalends.staff.objects import PAGES
from kalends.staff.visit import Visit

THEME_COOKIE = f"{settings.COOKIE_PREFIX}kalends_theme"
THEMES = (
    ("", gettext_lazy("Like the system")),
    ("light", gettext_lazy("Light")),
    ("dark", gettext_lazy("Dark")),
)
_THEME_ICONS = {"": "sun-moon", "light": "sun", "dark": "moon"}
_ALERTS_MAX = 99
_NATIVE_NAMES = {"en": "English", "nb": "Norsk bokmål", "fi": "Suomi"}


def appearance(request: HttpRequest) -> dict[str, Any]:
    """Language and theme, and what there is to choose from: on every page, signed in or not."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "language": translation.get_language(),
        "theme": theme if theme in ("light", "dark") else "",
        "languages": [(code, _NATIVE_NAMES[code]) for code, _name in settings.LANGUAGES],
        "themes": [(value, label, _THEME_ICONS[value]) for value, label in THEMES],
        "here": request.get_full_path(),
    }


class Entry(NamedTuple):
    """A link of the navigation. ``key`` is what a page calls itself; ``alert`` counts what wants attention."""

    key: str
    label: str
    link: str
    icon: str
    alert: str = ""


class Group(NamedTuple):
    """Links under a heading; the first group has none."""

    label: str
    entries: list[Entry]


def shell(cursor: Cursor, visit: Visit, request: HttpRequest, current: str) -> dict[str, Any]:
    """The context of a page inside an account; ``current`` is the key of its place in the navigation."""
    return {
        **appearance(request),
        "visit": visit,
        "account": visit.ctx,
        "home": home(visit),
        "current": current,
        "navigation": [group for group in _navigation(cursor, visit) if group.entries],
        "account_pages": list(_pages(visit, ACCOUNT)),
        "accounts": accounts_of(cursor, visit.user.id),
        "unread_notices": unread(cursor, visit),
        "user_initials": initials(visit.user.name),
        "clock": formatting.instant(visit.ctx.now, visit.ctx.time_zone) if visit.ctx.is_sandbox else "",
        "may_move_clock": visit.ctx.is_sandbox and visit.may("settings"),
    }


def home(visit: Visit) -> str:
    """Where somebody begins: the first list that they may see, else the page that says that there is none."""
    for each in PAGES.values():
        if visit.may("view", each.name):
            return reverse(each.index, args=[visit.ctx.id])
    return reverse("nothing-here", args=[visit.ctx.id])


def _navigation(cursor: Cursor, visit: Visit) -> Iterator[Group]:
    yield Group("", list(_pages(visit, WORK)))
    for key, label in (("commerce", _("Commerce")), ("customers", _("Customers"))):
        yield Group(label, list(_objects(cursor, visit, key)))
    yield Group(_("Tools"), list(_pages(visit, TOOLS)))


def _objects(cursor: Cursor, visit: Visit, group: str) -> Iterator[Entry]:
    for each in PAGES.values():
        if each.group == group and visit.may("view", each.name):
            yield Entry(
                key=each.object.plural,
                label=each.object.plural_label.in_language(visit.language),
                link=reverse(each.index, args=[visit.ctx.id]),
                icon=each.icon,
                alert=_alert(cursor, visit, each.object, each.alert) if each.alert else "",
            )


def _alert(cursor: Cursor, visit: Visit, obj: ObjectType, wanted: Filter) -> str:
    """How many records want attention; counting stops where the number says no more."""
    sql = compile_filter(obj, wanted, visit.asking)
    cursor.execute(f"SELECT FROM {obj.table} t WHERE {sql.text} LIMIT {_ALERTS_MAX + 1}", sql.params)
    found = len(cursor.fetchall())
    return f"{_ALERTS_MAX}+" if found > _ALERTS_MAX else str(found or "")


def _pages(visit: Visit, pages: tuple[Page, ...]) -> Iterator[Entry]:
    for each in pages:
        enough = each.any_of or ((each.needs,) if each.needs else ())
        if not enough or any(map(visit.may, enough)):
            yield Entry(each.key, each.label(), reverse(each.address, args=[visit.ctx.id]), each.icon)
